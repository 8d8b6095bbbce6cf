"""One sensor in somebody's hands: its readings since, and whether they stand still. Pure: time comes with the readings.

Decision: the node itself looks whether a reading is stable and usable, and remembers the points; a client that is wrong, slow or dead can neither
make a calibration of noise nor keep the channel in maintenance.

Stable means: over the newest window (20 s; 60 s where the reference is gas; at least `LEAST` readings) and the one before it every reading is
usable, the raw numbers stay within 2 % of the measuring range (or three steps of the raw number), and neither the halves of the newest window
nor the two windows differ by more than the noise, or 1 % of the way from the value before to the reference: a slow sensor that still
rises looks quiet for 20 s, and would be calibrated to read too much.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

from gateway.contract.care import Point
from gateway.model import ChannelState, Flag, Quality, Reading, SeriesInfo

WINDOW, LONG_WINDOW = 20.0, 60.0
"""Seconds of readings that are compared with as many before them: at zero, and where gas is applied, which comes slowly to a slow sensor."""
NEAR_ZERO = 0.02
"""Share of the measuring range about 0, or its lower end, within which a reference is a zero."""
LEAST = 5
"""Readings that are needed, however slow the sensor is: its window is so much longer."""
KEPT = 20_000
"""Readings of a session at most, however fast the sensor is."""
SPREAD, LEAST_DRIFT = 0.02, 0.0005
"""Shares of the measuring range: how far readings may lie apart, and a drift that is none, however quiet the sensor is."""
DRIFT = 0.01
"""Share of the way from the value before to the reference that two windows may differ by."""
STALE, LEAST_STALE = 3.0, 5.0
"""Periods, and at least seconds, after which a newest reading tells nothing of now."""
UNUSABLE = (
    Flag.BUS_FAULT | Flag.SENSOR_FAULT | Flag.SYNTAX | Flag.OVER_RANGE | Flag.UNDER_RANGE | Flag.AFTER_OVER_RANGE | Flag.SATURATED
    | Flag.WARM_UP | Flag.HELD | Flag.INHIBITED | Flag.TIMING
)  # fmt: skip
"""What a reading must not have; a value outside the measuring range or flagged for its line is just what a calibration is for."""
READY = (ChannelState.NORMAL, ChannelState.MAINTENANCE)


class Taken(NamedTuple):
    """A reading with the raw number of the sensor itself (a curve's series holds another), and what the channel was doing."""

    reading: Reading
    raw: int | None
    state: ChannelState


class Still(NamedTuple):
    """What the newest readings say. why: what is missing for a point, empty where nothing is. raw: their mean."""

    why: str
    raw: float = 0.0
    spread: float = 0.0
    readings: int = 0


class Work(Protocol):
    """Something that goes on in a channel's maintenance."""

    def feed(self, taken: Taken) -> None:
        """A new reading."""

    def look(self, ms: int) -> bool:
        """The time, in milliseconds; True when it is over."""

    def break_off(self, ms: int, now: bool) -> bool:
        """It is ended before it is over; True where it goes on until the gas has gone, which it does not where it has to end now."""

    def told(self) -> dict[str, Any]:
        """How it is, for who watches."""


class Session:
    """A channel in maintenance. base: the series as the configuration has it; until: monotonic milliseconds at which it ends by itself; who: the
    person; token: who has it may go on with it. before: the value as it began. points: what was taken, by reference; applied: whether a reference
    was begun; work: what goes on in it; heard: real seconds at which its client was last heard of."""

    def __init__(self, base: SeriesInfo, who: str, token: str, began: int, until: int, before: float = 0.0, heard: float = 0.0) -> None:
        self.base = base
        self.who = who
        self.token = token
        self.before = before
        self.heard = heard
        self.applied = False
        self.began = began
        self.until = until
        self.points: dict[float, Point] = {}
        self.work: Work | None = None
        self._since = began
        self._reference = 0.0
        self._taken: deque[Taken] = deque(maxlen=min(KEPT, round(2 * self._least(LONG_WINDOW) / base.period) + 10))

    def take(self, taken: Taken) -> bool:
        """Note a reading; whether it was a new one."""
        new = taken.reading.ms >= self._since and (not self._taken or taken.reading.ms > self._taken[-1].reading.ms)
        if new:
            self._taken.append(taken)
        return new

    def begin(self, ms: int, reference: float) -> None:
        """A reference is applied now: earlier readings do not count."""
        self.points.pop(reference, None)
        self.applied = True
        self._reference = reference
        self._since = ms
        self._taken.clear()

    def still(self) -> Still:
        """Whether the newest readings make a point, and if not, why."""
        if not self._taken:
            return Still("no reading yet")
        seconds = self._least(WINDOW if near_zero(self.base, self._reference) else LONG_WINDOW)
        both = self._newest(2 * seconds)
        found = [(taken.reading.ms, taken.raw) for taken in both if taken.raw is not None]
        for taken in both:
            if why := unusable(taken):
                return Still(f"a reading {why}", readings=len(both))
        if len(found) < len(both):
            return Still("the sensor gives no raw number: it cannot be calibrated here", readings=len(both))
        covered = (found[-1][0] - self._since) / 1000
        if len(found) < 2 * LEAST or covered < 2 * seconds - self.base.period:
            return Still(f"{covered:.0f} s of {2 * seconds:.0f} s of readings", readings=len(found))
        middle = found[-1][0] - round(seconds * 1000)
        return self._judge([raw for ms, raw in found if ms < middle], [raw for ms, raw in found if ms >= middle])

    def _least(self, window: float) -> float:
        return max(window, LEAST * self.base.period)

    def _newest(self, seconds: float) -> list[Taken]:
        oldest = self._taken[-1].reading.ms - round(seconds * 1000)
        return [taken for taken in self._taken if taken.reading.ms >= oldest]

    def _judge(self, before: list[int], raws: list[int]) -> Still:
        step = abs(self.base.slope)
        share = self.base.high - self.base.low
        half = len(raws) // 2
        earlier, mean, first, second = (sum(part) / len(part) for part in (before, raws, raws[:half], raws[half:]))
        spread = max(raws) - min(raws)
        drift = max(second - first, mean - earlier, key=abs) * self.base.slope
        limit = max(noise(raws) * step, step, LEAST_DRIFT * share, DRIFT * abs(self._reference - self.before))
        why = ""
        if spread * step > max(SPREAD * share, 3 * step):
            why = f"not stable: the readings spread over {spread * step:.3g} {self.base.unit}"
        elif abs(drift) > limit:
            why = f"not stable: still drifting, {drift:+.3g} {self.base.unit} (limit {limit:.3g})"
        return Still(why, mean, float(spread), len(raws))


def near_zero(info: SeriesInfo, value: float) -> bool:
    """Whether a value is about 0, or about the lower end of the measuring range."""
    return min(abs(value), abs(value - info.low)) <= NEAR_ZERO * (info.high - info.low)


def noise(raws: Sequence[int]) -> float:
    """The standard deviation of readings about their own course, from the differences between neighbours: a drift makes it no larger."""
    return math.sqrt(sum((after - raw) ** 2 for raw, after in pairwise(raws)) / (2 * max(1, len(raws) - 1)))


def stale(info: SeriesInfo, ms: int, now: int) -> bool:
    """Whether a reading is so old that it tells nothing of now."""
    return (now - ms) / 1000 > max(STALE * info.period, LEAST_STALE)


def unusable(taken: Taken) -> str:
    """Why a reading is of no use for a calibration; empty where it is."""
    reading = taken.reading
    if taken.state not in READY:
        return f"is of a channel in state {taken.state}"
    if reading.quality == Quality.BAD or reading.value is None:
        return f"is bad ({reading.reason})"
    if reading.flags & UNUSABLE:
        names = ", ".join(str(flag.name).lower() for flag in Flag if flag & UNUSABLE & reading.flags)
        return f"is flagged {names}"
    return ""
