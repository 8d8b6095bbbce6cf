"""The acts on alarms: list, acknowledge, silence, reset, shelve, unshelve, history, and the self-test of an output.

Decision: what may be done stands in gateway/rules/acts.py alone, the same for command line, button and hub; here it is only asked for, by guard
between two samples. Whoever acts sends the occurrence and the level that he was shown, so that an act that comes late does not touch what came since.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Annotated, Any, Protocol

import msgspec

from gateway import rules
from gateway.control.changes import KEPT, Changes, Entry
from gateway.control.desk import Desk
from gateway.control.ordering import Orders, ordered
from gateway.control.requests import Act, Actor, Ask, Name, Refusal, Text, Who
from gateway.model import Instant, Quality
from gateway.rules import Change, Watch
from gateway.rules.acts import SHELVE_MOST, What
from gateway.rules.watch import INHIBIT_MOST

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class Alarms(Ask, frozen=True):
    """How the alarms stand; of one rule where it is named."""

    rule: Annotated[str, msgspec.Meta(max_length=64)] = ""


class AlarmAct(Ask, frozen=True, kw_only=True):
    """Do something to an alarm. occurrence, level: as who acts was shown them; without them it is about what stands when guard does it. seconds: that
    a silence or a shelve lasts."""

    what: What
    rule: Name
    who: Who
    why: Text = ""
    occurrence: Count | None = None
    level: Annotated[int, msgspec.Meta(ge=0, le=10)] | None = None
    seconds: Annotated[float, msgspec.Meta(gt=0, le=SHELVE_MOST)] | None = None


class AlarmHistory(Ask, frozen=True, kw_only=True):
    """The newest changes, newest last; of one rule where it is named."""

    rule: Annotated[str, msgspec.Meta(max_length=64)] = ""
    last: Annotated[int, msgspec.Meta(ge=1, le=KEPT)] = 50


class OutputTest(Ask, frozen=True, kw_only=True):
    """Have an output show itself shortly."""

    output: Name
    who: Who


class Guarding(Protocol):
    """What is needed of guard. `do` and `test` on its own thread only."""

    def do(self, what: rules.Act, now_ms: int) -> list[Change]:
        """Do an act; rules.Refused where it is not allowed."""

    def test(self, output: str) -> str:
        """Have an output show itself; why it does not, empty where it does."""

    @property
    def shown(self) -> dict[str, int]:
        """The level each output shows."""

    @property
    def failing(self) -> dict[str, str]:
        """Why an output cannot show its level."""


class AlarmDesk:
    """The acts on alarms. desk: what all acts share; orders: of guard; outputs: names of all; sounders: of those that a silence is for."""

    def __init__(self, desk: Desk, guard: Guarding, orders: Orders, changes: Changes, outputs: Sequence[str], sounders: Collection[str] = ()) -> None:
        self._desk, self._guard, self._orders, self._changes = desk, guard, orders, changes
        self._outputs, self._sounders = list(outputs), sorted(sounders)

    def acts(self) -> dict[str, Act]:
        """What may be asked for."""
        return {
            "alarms": Act(Alarms, self.alarms),
            "alarm": Act(AlarmAct, self.alarm),
            "alarm_history": Act(AlarmHistory, self.history),
            "test_output": Act(OutputTest, self.test),
        }

    def alarms(self, actor: Actor, ask: Alarms) -> dict[str, Any]:
        """Every alarm, in the configuration's order, and what the outputs show."""
        found = [self._watch(ask.rule)] if ask.rule else self._desk.parts.judge.watches
        shown, failing = self._guard.shown, self._guard.failing
        outputs = {name: {"level": shown.get(name, 0), "fails": failing.get(name, ""), "sounder": name in self._sounders} for name in self._outputs}
        return {"mono": self._desk.now() / 1000, "alarms": [self._told(watch) for watch in found], "outputs": outputs}

    def alarm(self, actor: Actor, ask: AlarmAct) -> dict[str, Any]:
        """Do it; gives the alarm after it. Refusal where it is not allowed, with what to do instead."""
        act = rules.Act(ask.what, ask.rule, ask.occurrence, _person(ask.who, actor), ask.why, ask.seconds, ask.level)
        changes = ordered(self._orders, lambda: self._guard.do(act, self._desk.now()))
        return {"done": [change.what for change in changes], "alarm": self._told(self._watch(ask.rule))}

    def history(self, actor: Actor, ask: AlarmHistory) -> dict[str, Any]:
        """What happened, newest last; `at` is when, as far as the node knows."""
        if ask.rule and self._changes.newest(ask.rule) is None:
            self._watch(ask.rule)  # a rule that is configured and never changed has an empty history
        found = self._changes.last(ask.last, ask.rule)
        return {"changes": [{**msgspec.to_builtins(entry), "at": self._moment(entry, entry.mono)} for entry in found]}

    def test(self, actor: Actor, ask: OutputTest) -> dict[str, Any]:
        """Have an output show itself; Refusal where it does not. Both are told."""
        wrong = ordered(self._orders, lambda: self._guard.test(ask.output))
        self._desk.notice("output_test", ask.output, f"by {_person(ask.who, actor)}: {wrong or 'it shows itself'}")
        if wrong:
            raise Refusal(wrong)
        return {"output": ask.output}

    def _watch(self, name: str) -> Watch:
        """The alarm of a rule; Refusal where there is none."""
        found = {watch.rule.name: watch for watch in self._desk.parts.judge.watches}
        if name not in found:
            raise Refusal(f"there is no alarm {name!r}; there are: {', '.join(sorted(found)) or 'none'}")
        return found[name]

    def _told(self, watch: Watch) -> dict[str, Any]:
        """One alarm as whoever asks is shown it. Times that end are seconds from now."""
        rule, state = watch.rule, watch.state  # the state is replaced as a whole: all of it is of one moment
        level = max(state.level, state.latch)
        newest = self._changes.newest(rule.name)
        raised = self._changes.newest(rule.name, "raised")
        told: dict[str, Any] = {"rule": rule.name, "kind": rule.kind, "series": list(rule.series), "state": state.name, "fault": watch.fault}
        told |= {key: getattr(state, key) for key in ("level", "occurrence", "active", "acked", "latched", "latch", "over_range", "returned")}
        told |= self._value(rule.series[0]) | {"limit": rule.limit(max(level, 1))} | self._judged(watch, max(level, 1))
        told |= {key: self._left(getattr(state, key), getattr(state, f"{key}_until")) for key in ("silenced", "shelved")}
        told["inhibited"] = self._inhibited(watch) if state.inhibited else None
        told["since"] = None if newest is None else self._moment(newest, newest.mono)
        told["onset"] = None if raised is None or raised.occurrence != state.occurrence else self._moment(raised, raised.onset)
        return told | {"drives": list(rule.drives), "outputs": rules.outputs_of([watch], self._sounders)}

    def _judged(self, watch: Watch, level: int) -> dict[str, Any]:
        """What the newest readings led to: what a person should know besides, whether it judges on with some of its inputs missing, and of several
        inputs how each stands."""
        rule, demand = watch.rule, watch.demand
        members = [{"series": name, **self._value(name), "limit": rule.limit(level, name)} for name in rule.series] if len(rule.series) > 1 else []
        decided = demand is not None and demand.level is not None
        return {"note": "" if demand is None else demand.note, "degraded": watch.fault and decided, "members": members}

    def _value(self, series: str) -> dict[str, Any]:
        """The newest value of a series."""
        info, taken = self._desk.info(series), self._desk.newest(series)
        value = None if taken is None or taken.reading.value is None else round(taken.reading.value, info.decimals)
        quality = "missing" if taken is None else Quality(taken.reading.quality).name.lower()
        return {"value": value, "unit": info.unit, "quality": quality, "reason": "" if taken is None else taken.reading.reason}

    def _left(self, holds: bool, until_ms: int | None) -> float | None:
        """Seconds that something still lasts; None where it is not."""
        return max(0.0, ((until_ms or 0) - self._desk.now()) / 1000) if holds else None

    def _inhibited(self, watch: Watch) -> float:
        """Seconds that an input still is inhibited: for as long as its maintenance lasts, else until the node takes it for a fault."""
        sessions = [self._desk.sessions[name].until for name in watch.rule.series if name in self._desk.sessions]
        newest = self._changes.newest(watch.rule.name, "inhibited")
        begun = self._desk.now() if newest is None or newest.boot != self._desk.parts.voice.clock.boot else newest.mono * 1000
        until = max(sessions) if sessions else begun + INHIBIT_MOST * 1000
        return max(0.0, (until - self._desk.now()) / 1000)

    def _moment(self, entry: Entry, mono: float) -> dict[str, Any]:
        """When it was: UTC where the node knows it, seconds ago where that can be said."""
        utc = self._desk.parts.utc(Instant(entry.boot, round(mono * 1000)))[0]
        here, now = entry.boot == self._desk.parts.voice.clock.boot, self._desk.utc()[0]
        ago = self._desk.now() / 1000 - mono if here else None if utc is None or now is None else now - utc
        return {"boot": entry.boot, "mono": mono, "utc": utc, "ago": ago}


def _person(who: str, actor: Actor) -> rules.Actor:
    """Who acts, by the name that was said and the login that the kernel knows, so that a name alone hides nobody: `kim, uid 1000 (cli)`."""
    return rules.Actor(who if actor.uid is None else f"{who}, uid {actor.uid}", "cli")
