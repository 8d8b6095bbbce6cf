"""The safety core: what the samples mean, decided in memory, before the disk and before the network.

Order of judgement: device state, validity, over-range, scaling, quality control, derivation (all of it the appraiser's), thresholds, outputs. Guard
touches neither disk nor network and waits for nobody: what it hands on goes into bounded inboxes that drop their oldest and say so. The state of the
alarms is left in the runtime directory (memory) before a change is told, so that a restart neither silences nor repeats anything. While a channel is
in maintenance its alarms stand still: gas that a person brings neither raises nor clears.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from gateway.actuators import Actuators
from gateway.alarms import Change, Watch, outputs_of
from gateway.appraisal import Appraiser
from gateway.containment import contained
from gateway.contract.messages import Alarm
from gateway.inbox import Inbox
from gateway.model import ChannelState, Flag, Reading, Sampled
from hardware.output import Output

IDLE = 0.5
"""Seconds after which guard steps even when nothing comes, so that its heartbeat is seen."""
BEFORE = 10
"""Readings told with a change of an alarm: those up to it."""


class Memory(Protocol):
    """Where the alarms' state survives the process."""

    def save(self, watches: Sequence[Watch], about_to_tell: Sequence[Alarm]) -> None:
        """Leave the state and the words, before a change is told; never raises."""

    def keep_spent(self, names: Sequence[str]) -> None:
        """Leave which outputs have stopped by themselves; never raises."""


class Ears(Protocol):
    """Who hears of what goes wrong in guard itself; neither waits."""

    def output(self, name: str, error: str) -> None:
        """An output fails, or works again (no error)."""

    def lost(self, count: int, first: Sequence[Sampled], last: Sequence[Sampled]) -> None:
        """Rounds were dropped before guard saw them: how many samples, the first and the last round."""


class Guard:
    """Drains samples, hands on readings, tells alarms, drives outputs.

    appraiser: makes readings of samples; nobody else touches it, others send `orders`, each a call that is given it
    between two samples. record: takes a reading; phrase: makes the message of a change, with the readings
    before it and the outputs then on; tell: takes it. watches:
    the alarms, with the state they start from; outputs: each opens an output showing a level. newest: last reading and state of every series,
    for the status. ears: hear of failing outputs and lost rounds.
    """

    def __init__(
        self,
        appraiser: Appraiser,
        inbox: Inbox[list[Sampled]],
        record: Callable[[Reading], None],
        phrase: Callable[[Change, Sequence[Reading], Sequence[str]], Alarm],
        tell: Callable[[Alarm], None],
        watches: Sequence[Watch] = (),
        outputs: Mapping[str, Callable[[int], Output]] | None = None,
        memory: Memory | None = None,
        ears: Ears | None = None,
        orders: Inbox[Callable[[Appraiser], None]] | None = None,
    ) -> None:
        self._appraiser = appraiser
        self._orders = orders
        self._inbox = inbox
        self._record = record
        self._phrase = phrase
        self._tell = tell
        self._memory = memory
        self._ears = ears
        self.watches = list(watches)
        self._actuators = Actuators(outputs or {}, outputs_of(self.watches), self._heard)
        self._spent: dict[str, bool] = self._actuators.spent()
        self._watching = {index: [w for w in self.watches if w.rule.series == info.name] for index, info in enumerate(appraiser.series)}
        self._before: dict[int, deque[Reading]] = {index: deque(maxlen=BEFORE) for index, found in self._watching.items() if found}
        self.newest: dict[int, tuple[Reading, ChannelState]] = {}

    def step(self, now: float) -> float:
        """Follow orders, judge what came; gives the time of the next look at the latest."""
        for order in self._orders.drain() if self._orders is not None else ():
            contained("order to guard", lambda o=order: o(self._appraiser), lambda error: None)  # type: ignore[misc]
        count, ends = self._inbox.lost()
        if count and self._ears is not None:
            self._ears.lost(count, ends[0], ends[-1])
        for round_ in self._inbox.drain():
            for sampled in round_:
                contained("guard", lambda s=sampled: self._take(s), lambda error: None)  # type: ignore[misc]
        self._actuators.show(outputs_of(self.watches))
        due = self._actuators.step(now)
        self._remember_spent()
        return min(now + IDLE, due)

    @property
    def shown(self) -> dict[str, int]:
        """The level each output shows."""
        return self._actuators.shown

    @property
    def failing(self) -> dict[str, str]:
        """Why an output cannot show its level."""
        return self._actuators.failing

    def close(self) -> None:
        """Let go of the outputs; each goes on showing the alarm that stands. After the last step."""
        self._actuators.close()

    def _heard(self, name: str, error: str) -> None:
        if self._ears is not None:
            self._ears.output(name, error)

    def _remember_spent(self) -> None:
        """Leave for the next start which outputs have stopped by themselves."""
        spent = self._actuators.spent()
        if spent != self._spent and self._memory is not None:
            self._memory.keep_spent([name for name, over in spent.items() if over])
        self._spent = spent

    def _take(self, sampled: Sampled) -> None:
        for reading, state in self._appraiser.take(sampled):
            self.newest[reading.series] = (reading, state)
            if reading.flags & Flag.MAINTENANCE:
                for watch in self._watching.get(reading.series, ()):
                    watch.pause()
            else:
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
        new = {name for change in changes if change.what in ("raised", "escalated") for name in change.rule.outputs}
        self._actuators.show(outputs_of(self.watches), new)
        shown = [[name for name in change.rule.outputs if self.shown.get(name)] for change in changes]
        alarms = [self._phrase(change, tuple(before), on) for change, on in zip(changes, shown, strict=True)]
        if self._memory is not None:
            self._memory.save(self.watches, alarms)
        for alarm in alarms:
            self._tell(alarm)
