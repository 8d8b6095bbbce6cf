"""Alarms: what a rule makes of one reading after another. Pure: no clock, no I/O; time comes with the readings.

A rule watches one series against two thresholds (A1, A2), rising or falling, with hysteresis: set at or beyond the threshold, cleared only
strictly inside threshold minus hysteresis. Bad readings neither raise nor clear; they raise the rule's own fault after `fault_after`, and after
WARM_UP_MOST where only the window of a rate is not full enough yet (warm_up and PARTIAL; a sensor that warms up is not protecting, and a fault).
A PARTIAL reading, of which something is missing, raises and never clears: a sum that begins again at 0 does not say that the rain is over.
Over-range is no bad reading but the worst: it counts as beyond every rising threshold, also without a number. The states are independent
booleans, as in ISA-18.2; what is told is every change, each with the whole state after it.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from gateway.checks import WARM_UP_MOST
from gateway.model import AlarmState, Flag, Quality, Reading, Reason, Threshold


class Change(NamedTuple):
    """A change of one rule's state: what happened, the state after it, the reading that decided, and when the condition began (ms)."""

    rule: Threshold
    what: str
    state: AlarmState
    fault: bool
    reading: Reading
    onset: int


class Watch:
    """One rule at work on its series. Feed it every reading of the series in order; it tells the changes."""

    def __init__(self, rule: Threshold, state: AlarmState | None = None, fault: bool = False) -> None:
        self.rule = rule
        self.state = state or AlarmState()
        self.fault = fault
        self._since: dict[str, int] = {}

    def feed(self, reading: Reading) -> list[Change]:
        """Judge one reading; gives the changes it makes, oldest first."""
        beyond = self._beyond(reading)
        if not beyond and (reading.value is None or reading.quality == Quality.BAD):
            return self._bad(reading)
        changes = self._recovered(reading)
        wanted = beyond or self._level(reading.value or 0.0)
        current = self.state.level
        if wanted > current:
            self._since.pop("off", None)
            changes += self._after("on", self.rule.on_delay, reading, wanted, "escalated" if current else "raised")
        elif wanted < current and reading.flags & Flag.PARTIAL:
            self._since.pop("on", None)
            self._since.pop("off", None)
        elif wanted < current:
            self._since.pop("on", None)
            changes += self._after("off", self.rule.off_delay, reading, wanted, "eased" if wanted else "cleared")
        else:
            self._since.pop("on", None)
            self._since.pop("off", None)
        return changes

    def pause(self) -> None:
        """Its series is not to be judged now (maintenance): the state stands still, and what was about to count begins to last anew afterwards."""
        self._since.clear()

    def _beyond(self, reading: Reading) -> int:
        """The highest level for a sensor that is above its range on a rising rule: it gives no number, and there is no safer reading of it."""
        if reading.reason != Reason.OVER_RANGE or self.rule.direction != "rising":
            return 0
        return 1 if self.rule.a2 is None else 2

    def _level(self, value: float) -> int:
        """The level the value asks for, given the level it is at: hysteresis holds a level that is already there."""
        sign = 1.0 if self.rule.direction == "rising" else -1.0
        level = 0
        for step, threshold in ((1, self.rule.a1), (2, self.rule.a2)):
            if threshold is None:
                continue
            held = self.state.level >= step and sign * value >= sign * threshold - self.rule.hysteresis
            if sign * value >= sign * threshold or held:
                level = step
        return level

    def _after(self, side: str, delay: float, reading: Reading, level: int, what: str) -> list[Change]:
        """Make the change once its condition has lasted for the delay."""
        since = self._since.setdefault(side, reading.ms)
        if reading.ms - since < delay * 1000:
            return []
        self._since.pop(side, None)
        state = self.state
        raised = what in ("raised", "escalated")
        self.state = msgspec.structs.replace(
            state,
            active=level > 0,
            acked=False if raised else state.acked,
            silenced=False if raised else state.silenced,
            level=level,
            occurrence=state.occurrence + (what == "raised"),
        )
        return [Change(self.rule, what, self.state, self.fault, reading, since)]

    def _bad(self, reading: Reading) -> list[Change]:
        """A bad reading freezes the decision and, when it goes on, raises the fault."""
        self._since.pop("on", None)
        self._since.pop("off", None)
        since = self._since.setdefault("bad", reading.ms)
        filling = reading.reason == Reason.WARM_UP and reading.flags & Flag.PARTIAL
        patience = max(self.rule.fault_after, WARM_UP_MOST if filling else 0.0)
        if self.fault or reading.ms - since < patience * 1000:
            return []
        self.fault = True
        return [Change(self.rule, "fault", self.state, True, reading, since)]

    def _recovered(self, reading: Reading) -> list[Change]:
        since = self._since.pop("bad", reading.ms)
        if not self.fault:
            return []
        self.fault = False
        return [Change(self.rule, "fault_cleared", self.state, False, reading, since)]


def outputs_of(watches: list[Watch]) -> dict[str, int]:
    """Which outputs are wanted, and at which level: the highest of the active, not shelved alarms that name them."""
    wanted: dict[str, int] = {}
    for watch in watches:
        state = watch.state
        if state.active and not state.shelved and not state.inhibited:
            for output in watch.rule.outputs:
                wanted[output] = max(wanted.get(output, 0), state.level)
    return wanted
