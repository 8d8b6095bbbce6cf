"""The safety core: what the samples mean, decided in memory, before the disk and before the network.

Order of judgement: device state, validity, over-range, scaling, quality control, thresholds. Guard touches neither disk nor network and waits
for nobody: what it hands on goes into bounded inboxes that drop their oldest and say so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gateway.calibration import calibrated
from gateway.inbox import Inbox
from gateway.model import ChannelState, Quality, Reading, Reason, Sampled, SeriesInfo
from gateway.quality import flags_of, gross_range, state_of

IDLE = 1.0
"""Seconds after which guard steps even when nothing comes, so that its heartbeat is seen."""


def judge(info: SeriesInfo, sampled: Sampled) -> Reading:
    """A sample as a Reading of its series: calibrated and qualified."""
    sample = sampled.sample
    flags = flags_of(sample)
    reason = sample.reason or ""
    if sample.value is None:
        return Reading(sampled.series, sampled.ms, sample.raw, None, Quality.BAD, int(flags), reason)
    value = calibrated(info, sample.raw, sample.value)
    outside = gross_range(info, value)
    quality = max(sample.quality, Quality.UNCERTAIN if outside else Quality.GOOD)
    return Reading(sampled.series, sampled.ms, sample.raw, value, quality, int(flags | outside), reason or (Reason.RANGE if outside else ""))


class Guard:
    """Drains samples, hands on readings. table: the series in their order; newest: the last reading and state of every series, for the status."""

    def __init__(self, series: Sequence[SeriesInfo], inbox: Inbox[list[Sampled]], record: Callable[[Reading], None]) -> None:
        self._series = series
        self._inbox = inbox
        self._record = record
        self.newest: dict[int, tuple[Reading, ChannelState]] = {}

    def step(self, now: float) -> float:
        """Judge what came; gives the time of the next look at the latest."""
        for round_ in self._inbox.drain():
            for sampled in round_:
                reading = judge(self._series[sampled.series], sampled)
                self.newest[sampled.series] = (reading, state_of(sampled.sample))
                self._record(reading)
        return now + IDLE
