"""The safety core: what the samples mean, decided in memory, before the disk and before the network.

Order of judgement: device state, validity, over-range, scaling, quality control, derivation (all of it the appraiser's), thresholds, outputs. Guard
touches neither disk nor network and waits for nobody: what it hands on goes into bounded inboxes that drop their oldest and say so. The state of the
alarms is left in the runtime directory (memory) before a change is told, so that a restart neither silences nor repeats anything. While a channel is
in maintenance its alarms stand still: gas that a person brings neither raises nor clears. What people do to alarms comes in as orders between
two samples, from wherever it is asked for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from gateway.actuators import Actuators
from gateway.appraisal import Appraiser
from gateway.containment import contained
from gateway.contract.messages import Alarm
from gateway.hearing import Hearing
from gateway.inbox import Inbox
from gateway.model import ChannelState, Reading, Sampled
from gateway.rules import Act, Change, Watch, act, doubted, outputs_of
from hardware.output import Output

IDLE = 0.5
"""Seconds after which guard steps even when nothing comes, so that its heartbeat is seen."""
BEFORE = 10
"""Readings told with a change of an alarm: those up to it."""
SAVE_EVERY = 60.0
"""Seconds between two savings of what the rules have learned; a change saves at once."""
NEWS = ("raised", "escalated", "fault", "unsilenced", "unshelved", "unheard")
"""The changes at which an output that has stopped by itself begins anew."""


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
    the alarms, with the state they start from; outputs: each opens an output showing a level; sounders: those that a silence is for. hearing:
    knows which alarms no receipt has answered. newest: last reading and state of every series, for the status. ears: hear of
    failing outputs and lost rounds. look: is shown the alarms after every step, with the time, and must not wait. pressed: is shown every
    reading, after the alarms were fed, and may act on this guard: the buttons on the spot.
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
        sounders: Collection[str] = (),
        hearing: Hearing | None = None,
        look: Callable[[Sequence[Watch], float], None] = lambda watches, now: None,
        pressed: Callable[[Reading, Guard], None] = lambda reading, guard: None,
    ) -> None:
        self._appraiser = appraiser
        self._orders = orders
        self._inbox = inbox
        self._record = record
        self._phrase = phrase
        self._tell = tell
        self._memory = memory
        self._ears = ears
        self._sounders, self._hearing, self._look, self._pressed = sounders, hearing, look, pressed
        self._saved = float("-inf")
        self.watches = list(watches)
        self._actuators = Actuators(outputs or {}, outputs_of(self.watches, sounders), self._heard)
        self._spent: dict[str, bool] = self._actuators.spent()
        self._watching = {index: [w for w in self.watches if info.name in w.rule.series] for index, info in enumerate(appraiser.series)}
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
        ms = round(now * 1000)
        for watch in self.watches:
            contained(f"alarm {watch.rule.name}", lambda w=watch: self._changed(self._looked(w, ms), ms), lambda error: None)  # type: ignore[misc]
        self._show(ms)
        due = self._actuators.step(now)
        contained("looking at the alarms", lambda: self._look(self.watches, now), lambda error: None)
        self._remember(now)
        return min(now + IDLE, due)

    def _looked(self, watch: Watch, now_ms: int) -> list[Change]:
        """What time alone changes of an alarm: what ends by itself, and an answer that does not come."""
        changes = watch.expire(now_ms)
        if self._hearing is not None and watch.rule.escalate_after:
            changes += watch.hear(self._hearing.overdue(watch.rule.name, watch.rule.escalate_after, now_ms), now_ms)
        return changes

    def do(self, what: Act, now_ms: int) -> list[Change]:
        """Do what a person asks for; gives the changes. Refused where it is not allowed. On guard's own thread, from an order."""
        held = {watch.rule.name for watch in self.watches if watch.state.over_range}
        changes = act(self.watches, what, now_ms)
        for series in [name for change in changes if change.what == "reset" and change.rule.name in held for name in change.rule.series]:
            self._appraiser.recovered(series)
        self._changed(changes, now_ms)
        return changes

    def test(self, output: str) -> str:
        """Have an output show itself shortly; gives why it does not, empty where it does. On guard's own thread, from an order."""
        return self._actuators.test(output)

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

    def _remember(self, now: float) -> None:
        """Leave for the next start which outputs have stopped by themselves, and now and then what the rules have learned."""
        self._keep_spent()
        if self._memory is not None and self.watches and now - self._saved >= SAVE_EVERY:
            self._saved = now
            self._memory.save(self.watches, ())

    def _keep_spent(self) -> None:
        spent = self._actuators.spent()
        if spent != self._spent and self._memory is not None:
            self._memory.keep_spent([name for name, over in spent.items() if over])
        self._spent = spent

    def _show(self, now_ms: int, new: Collection[str] = ()) -> None:
        """Make the outputs show what the alarms ask for at this moment."""
        self._actuators.show(outputs_of(self.watches, self._sounders), new)

    def _take(self, sampled: Sampled) -> None:
        for made, state in self._appraiser.take(sampled):
            watching = self._watching.get(made.series, ())
            reading = doubted(made, self._appraiser.series[made.series].name, watching)
            self.newest[reading.series] = (reading, state)
            if watching:
                self._before[reading.series].append(reading)
                self._changed([change for watch in watching for change in self._fed(watch, reading)], reading.ms)
            contained("a button", lambda r=reading: self._pressed(r, self), lambda error: None)  # type: ignore[misc]
            self._record(reading)

    def _fed(self, watch: Watch, reading: Reading) -> list[Change]:
        """What a reading changes of one alarm; a rule that fails by a defect of its own costs only itself."""
        return contained(f"alarm {watch.rule.name}", lambda: watch.feed(reading), lambda error: [])

    def _changed(self, changes: Sequence[Change], now_ms: int) -> None:
        """What follows from changes: outputs first, then the memory, then the word."""
        if not changes:
            return
        self._show(now_ms, {name for change in changes for name in _again(change)})
        alarms = [self._phrase(change, self._led(change), [name for name in change.rule.drives if self.shown.get(name)]) for change in changes]
        if self._memory is not None:
            self._keep_spent()  # before the state: a siren that is to sound anew must not be found silent beside it
            self._memory.save(self.watches, alarms)
        for alarm in alarms:
            if self._hearing is not None:
                self._hearing.told(alarm, now_ms)
            self._tell(alarm)

    def _led(self, change: Change) -> tuple[Reading, ...]:
        """The readings before a change, of the series that decided."""
        return () if change.reading is None else tuple(self._before[change.reading.series])


def _again(change: Change) -> tuple[str, ...]:
    """The outputs at which something new has happened."""
    special = {"fault": change.rule.fault_to, "unheard": change.rule.escalate_to}
    return special.get(change.what, change.rule.drives) if change.what in NEWS else ()
