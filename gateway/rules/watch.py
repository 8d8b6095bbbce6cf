"""One rule at work: what its condition asks for becomes states, and every change is told. Pure: no clock, no I/O; time comes with the readings.

Delays: an on-delay runs from the first crossing, a worse level does not begin it anew; each level has an off-delay of its own, so a level is left
only after it was gone that long. A dip, and bad data, begin both anew. Bad data neither raises nor clears and becomes the rule's own fault.
What is PARTIAL, of which something is missing, raises and never eases: a sum that begins again at 0 does not say that the rain is over.
A latching level holds what it drives until a reset; an over-range holds the whole alarm. A new occurrence, and a second level, alarm anew whatever
was acknowledged or silenced before. The states are independent booleans, as in ISA-18.2 and OPC UA Part 9.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from gateway.checks import WARM_UP_MOST
from gateway.model import AlarmState, Flag, Quality, Reading, Reason
from gateway.rules.acts import NODE, SHELVE_MOST, SILENCE_MOST, Act, ended, perform
from gateway.rules.rule import Condition, Demand, Rule

INHIBIT_MOST = 3600.0
"""Seconds after which an input that is still inhibited is a fault: a detector's own inhibit ends after 60 min (Draeger Pulsar)."""
TOLD = {"ack": "acked", "silence": "silenced", "reset": "reset", "shelve": "shelved", "unshelve": "unshelved"}
"""What is told of an act."""


class Change(NamedTuple):
    """A change of one rule's state: what happened, and the state after it.

    what: raised, escalated, eased, cleared, returned, fault, fault_cleared, inhibited, uninhibited by readings; acked, silenced, unsilenced, reset,
    shelved, unshelved by an act or by its time; unheard, heard by a receipt that is late, or came. reading: the one that decided, or the newest where
    none did (None where none came yet). onset: when the condition began, ms. ms: when it happened, ms. actor, why: of an act. demand: what the
    readings asked for, None where no reading decided.
    """

    rule: Rule
    what: str
    state: AlarmState
    fault: bool
    reading: Reading | None
    onset: int
    ms: int
    actor: str = ""
    why: str = ""
    demand: Demand | None = None


class Kept(msgspec.Struct, frozen=True):
    """What of one rule survives a restart; condition: what its Condition keeps."""

    state: AlarmState = AlarmState()
    fault: bool = False
    condition: Any = None


class Watch:
    """One rule with its state. Feed it every reading of its series in order, those in maintenance too; look at the time with `expire`. demand: what
    the newest readings ask for."""

    def __init__(self, rule: Rule, condition: Condition, kept: Kept | None = None) -> None:
        kept = kept or Kept()
        self.rule = rule
        self.condition = condition
        self.state = kept.state
        self.fault = kept.fault
        self.demand: Demand | None = None
        self._newest: Reading | None = None
        self._on: int | None = None
        self._off: dict[int, int] = {}
        self._bad: int | None = None
        self._filling = False
        self._inhibited: int | None = None
        if kept.condition is not None:
            condition.restore(kept.condition)

    def keep(self) -> Kept:
        """What has to survive; delays that were running begin anew after a restart."""
        return Kept(self.state, self.fault, self.condition.keep())

    def feed(self, reading: Reading) -> list[Change]:
        """Judge one reading; gives the changes it makes, oldest first."""
        demand = self.condition.feed(reading, self._at())
        if demand is None:
            return []
        if self.state.over_range:
            demand = demand._replace(quality=max(demand.quality, Quality.UNCERTAIN))
        if reading.flags & Flag.PARTIAL and demand.level is not None:
            demand = demand._replace(level=max(demand.level, self._at()))
        self._newest, self.demand = reading, demand
        filling = reading.reason == Reason.WARM_UP and bool(reading.flags & Flag.PARTIAL)
        changes = self._attended(demand, reading.ms) + self._judged(demand, reading.ms, filling)
        if demand.level is None:
            self._rest()
            return changes
        return changes + self._levels(demand.level, demand, reading.ms)

    def act(self, act: Act, now_ms: int) -> list[Change]:
        """Do what a person asks for; acts.Refused where it is not allowed."""
        blind = self.fault and (self.demand is None or self.demand.level is None)
        self.state = perform(self.state, act, now_ms, blind)
        return [self._told(TOLD[act.what], now_ms, now_ms, None, str(act.actor), act.why)]

    def expire(self, now_ms: int) -> list[Change]:
        """End what ends by itself: a silence, a shelve, and the patience with an inhibited input."""
        changes = []
        if self.state.silenced and ended(self.state.silenced_until, now_ms, SILENCE_MOST):
            self.state = replace(self.state, silenced=False, silenced_until=None)
            changes.append(self._told("unsilenced", now_ms, now_ms, None, str(NODE), "its time is over"))
        if self.state.shelved and ended(self.state.shelved_until, now_ms, SHELVE_MOST):
            self.state = replace(self.state, shelved=False, shelved_until=None)
            changes.append(self._told("unshelved", now_ms, now_ms, None, str(NODE), "its time is over"))
        if self.state.inhibited and not self.fault:
            since = self._inhibited = now_ms if self._inhibited is None else self._inhibited
            if now_ms - since >= INHIBIT_MOST * 1000:
                self.fault = True
                changes.append(self._told("fault", since, now_ms, None, str(NODE), f"inhibited for {INHIBIT_MOST / 60:g} min"))
        return changes

    @property
    def stirring(self) -> bool:
        """Whether the readings are beyond a set point, or have been so for less than the rule's own delays: worth a closer look."""
        return self._on is not None or (self.state.active and not self.state.returned)

    def hear(self, overdue: bool, now_ms: int) -> list[Change]:
        """Escalate where nobody has answered in time, and no longer once somebody has. overdue: a raise has waited too long for its receipt. An
        acknowledged alarm does not escalate: somebody is there. One that is over begins no escalation, and does not end one either: it may be back at
        once."""
        unheard = overdue and not self.state.acked and (self.state.active or self.state.latched or self.state.unheard)
        if unheard == self.state.unheard:
            return []
        self.state = replace(self.state, unheard=unheard)
        why = f"no receipt for {self.rule.escalate_after:g} s" if unheard else "answered or acknowledged"
        return [self._told("unheard" if unheard else "heard", now_ms, now_ms, None, str(NODE), why)]

    def _at(self) -> int:
        """The level that the readings hold, for the hysteresis."""
        return 0 if self.state.returned else self.state.level

    def _rest(self) -> None:
        self._on = None
        self._off.clear()

    def _attended(self, demand: Demand, ms: int) -> list[Change]:
        """Note that the input is inhibited on purpose, or is so no more."""
        if demand.inhibited == self.state.inhibited:
            return []
        self.state = replace(self.state, inhibited=demand.inhibited)
        self._inhibited = ms if demand.inhibited else None
        return [self._told("inhibited" if demand.inhibited else "uninhibited", ms, ms, demand)]

    def _judged(self, demand: Demand, ms: int, filling: bool) -> list[Change]:
        """The rule's own fault: raised when bad data goes on, cleared by the first that can be judged. filling: the window of a rate is not full
        enough yet, which is no fault for as long as that may take."""
        if demand.inhibited:
            self._bad = None
            return []
        if demand.level is None or demand.fault:
            since = self._bad = ms if self._bad is None or (self._filling and not filling) else self._bad
            self._filling = filling
            patience = max(self.rule.fault_after, WARM_UP_MOST if filling else 0.0)
            if self.fault or ms - since < patience * 1000:
                return []
            self.fault = True
            return [self._told("fault", since, ms, demand)]
        since, self._bad = (ms if self._bad is None else self._bad), None
        if not self.fault:
            return []
        self.fault = False
        return [self._told("fault_cleared", since, ms, demand)]

    def _levels(self, wanted: int, demand: Demand, ms: int) -> list[Change]:
        """What the level that is asked for makes of the state."""
        state, at = self.state, self._at()
        if demand.over_range and not state.over_range:  # waits for no delay: the next reading may already be falling
            return self._raise(max(wanted, state.level), demand, ms, ms)
        if wanted > at:
            self._off.clear()
            since = self._on = ms if self._on is None else self._on
            patient = ms - since < self.rule.on_delay * 1000 and not demand.over_range
            return [] if patient else self._raise(max(wanted, state.level), demand, since, ms)
        self._on = None
        for level in range(1, at + 1):
            if wanted < level:
                self._off.setdefault(level, ms)
            else:
                self._off.pop(level, None)
        gone = [level for level, since in self._off.items() if ms - since >= self.rule.off_delay * 1000]
        return self._fall(min(gone) - 1, demand, ms) if gone else []

    def _raise(self, level: int, demand: Demand, since: int, ms: int) -> list[Change]:
        state = self.state
        self._rest()
        new = state.returned or state.level == 0
        held = max([state.latch, level if demand.over_range else 0, *(step for step in self.rule.latching if step <= level)])
        self.state = replace(
            state,
            active=True,
            acked=False,
            silenced=False,
            silenced_until=None,
            level=level,
            occurrence=state.occurrence + new,
            latched=held > 0,
            latch=held,
            over_range=state.over_range or demand.over_range,
            returned=False,
        )
        return [self._told("raised" if new else "escalated", since, ms, demand)]

    def _fall(self, level: int, demand: Demand, ms: int) -> list[Change]:
        """Down to a level; an over-range holds the alarm where it is, and that the readings have gone back is told."""
        since = self._off[level + 1]
        self._off = {step: begun for step, begun in self._off.items() if step <= level}
        if self.state.over_range:
            if level:
                return []
            self.state = replace(self.state, returned=True)
            return [self._told("returned", since, ms, demand)]
        self.state = replace(self.state, active=level > 0, level=level)
        if not (self.state.active or self.state.latched):
            self.state = replace(self.state, silenced=False, silenced_until=None)
        return [self._told("eased" if level else "cleared", since, ms, demand)]

    def _told(self, what: str, onset: int, ms: int, demand: Demand | None, actor: str = "", why: str = "") -> Change:
        return Change(self.rule, what, self.state, self.fault, self._newest, onset, ms, actor, why, demand)
