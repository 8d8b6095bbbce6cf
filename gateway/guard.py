"""The safety core: what the samples mean, decided in memory, before the disk and before the network.

Order of judgement: device state, validity, over-range, scaling, quality control, thresholds, outputs. Guard touches neither disk nor network and
waits for nobody: what it hands on goes into bounded inboxes that drop their oldest and say so. The state of the alarms is left in the runtime
directory (memory) before a change is told, so that a restart neither silences nor repeats anything.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from gateway.alarms import Change, Watch, outputs_of
from gateway.containment import contained
from gateway.contract.messages import Alarm
from gateway.inbox import Inbox
from gateway.model import ChannelState, Reading, Sampled, SeriesInfo
from gateway.quality import judge, state_of
from hardware.errors import HardwareError
from hardware.output import Output

log = logging.getLogger("gateway")
IDLE = 0.5
"""Seconds after which guard steps even when nothing comes, so that its heartbeat is seen."""
BEFORE = 10
"""Readings told with a change of an alarm: those up to it."""


class Memory(Protocol):
    """Where the alarms' state survives the process."""

    def save(self, watches: Sequence[Watch], about_to_tell: Sequence[Alarm]) -> None:
        """Leave the state and the words, before a change is told; never raises."""


class Ears(Protocol):
    """Who hears of what goes wrong in guard itself; neither waits."""

    def output(self, name: str, error: str) -> None:
        """An output fails, or works again (no error)."""

    def lost(self, count: int, first: Sequence[Sampled], last: Sequence[Sampled]) -> None:
        """Rounds were dropped before guard saw them: how many samples, the first and the last round."""


class Guard:
    """Drains samples, hands on readings, tells alarms, drives outputs.

    series: in the order of the table. record: takes a reading; phrase: makes the message of a change, with the readings
    before it and the outputs then on; tell: takes it. watches:
    the alarms, with the state they start from; outputs: each opens an output showing a level. newest: last reading and state of every series,
    for the status. ears: hear of failing outputs and lost rounds.
    """

    def __init__(
        self,
        series: Sequence[SeriesInfo],
        inbox: Inbox[list[Sampled]],
        record: Callable[[Reading], None],
        phrase: Callable[[Change, Sequence[Reading], Sequence[str]], Alarm],
        tell: Callable[[Alarm], None],
        watches: Sequence[Watch] = (),
        outputs: Mapping[str, Callable[[int], Output]] | None = None,
        memory: Memory | None = None,
        ears: Ears | None = None,
    ) -> None:
        self._series = series
        self._inbox = inbox
        self._record = record
        self._phrase = phrase
        self._tell = tell
        self._memory = memory
        self._ears = ears
        self._openers = dict(outputs or {})
        self._outputs: dict[str, Output] = {}
        self.watches = list(watches)
        self.shown = outputs_of(self.watches)
        self.failing: dict[str, str] = {}
        for name in self._openers:
            self._show(name, self.shown.get(name, 0))
        place = {info.name: index for index, info in enumerate(series)}
        self._watching = {index: [w for w in self.watches if place[w.rule.series] == index] for index in range(len(series))}
        self._before: dict[int, deque[Reading]] = {index: deque(maxlen=BEFORE) for index, found in self._watching.items() if found}
        self.newest: dict[int, tuple[Reading, ChannelState]] = {}

    def step(self, now: float) -> float:
        """Judge what came; gives the time of the next look at the latest."""
        count, ends = self._inbox.lost()
        if count and self._ears is not None:
            self._ears.lost(count, ends[0], ends[-1])
        for round_ in self._inbox.drain():
            for sampled in round_:
                contained("guard", lambda s=sampled: self._take(s), lambda error: None)  # type: ignore[misc]
        self._drive()
        return now + IDLE

    def _take(self, sampled: Sampled) -> None:
        reading = judge(self._series[sampled.series], sampled)
        self.newest[sampled.series] = (reading, state_of(sampled.sample))
        self._watch(reading)
        self._record(reading)

    def _watch(self, reading: Reading) -> None:
        """Feed the alarms of a series; outputs first, then the memory, then the word."""
        if reading.series not in self._before:
            return
        before = self._before[reading.series]
        before.append(reading)
        changes = [change for watch in self._watching[reading.series] for change in watch.feed(reading)]
        if not changes:
            return
        self._drive()
        shown = [[name for name in change.rule.outputs if self.shown.get(name)] for change in changes]
        alarms = [self._phrase(change, tuple(before), on) for change, on in zip(changes, shown, strict=True)]
        if self._memory is not None:
            self._memory.save(self.watches, alarms)
        for alarm in alarms:
            self._tell(alarm)

    def _drive(self) -> None:
        """Make the outputs show what the alarms ask for; one that fails is tried again at every step and stands in the status."""
        wanted = outputs_of(self.watches)
        if wanted == self.shown and not self.failing:
            return
        for name in self._openers:
            level = wanted.get(name, 0)
            if level == self.shown.get(name, 0) and name not in self.failing:
                continue
            self._show(name, level)
        self.shown = wanted

    def _show(self, name: str, level: int) -> None:
        """Open an output in the state it is to have, or change it; whatever it raises is told and tried again, and stops nothing else."""
        error = contained(f"output {name}", lambda: self._set(name, level), lambda error: f"{type(error).__name__}: {error}")
        if error == self.failing.get(name, ""):
            return
        if error:
            log.error("output %s: %s", name, error)
            self.failing[name] = error
        else:
            self.failing.pop(name, None)
        if self._ears is not None:
            self._ears.output(name, error)

    def _set(self, name: str, level: int) -> str:
        try:
            if name in self._outputs:
                self._outputs[name].set(level)
            else:
                self._outputs[name] = self._openers[name](level)
        except HardwareError as error:
            return str(error)
        return ""
