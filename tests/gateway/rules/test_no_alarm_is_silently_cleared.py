"""Promise: in any sequence of readings, acts, restarts and time, no alarm ends unless it is told, a late act touches nothing newer, everything ends
by itself or is listed, and a copy made from what was kept behaves the same."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gateway import rules
from gateway.model import AlarmState, Flag, Quality, Reading, Reason
from gateway.rules import Act, Actor, Change, Kept, Refused, Watch
from gateway.rules.acts import SHELVE_MOST
from tests.gateway.rules.playing import PLACE, TABLE, Play
from tests.gateway.rules.playing import rule as ruled

PLAIN: dict[str, Any] = {"series": "lel", "a1": 20.0, "a2": 40.0, "hysteresis": 4.0, "fault_after": "0 s"}
SORTS: list[dict[str, Any]] = [
    PLAIN,
    {**PLAIN, "over_range_latch": False},
    {**PLAIN, "latching": [2]},
    {**PLAIN, "latching": [1, 2], "over_range_latch": False},
    {**PLAIN, "latching": [1], "on_delay": "3 s", "off_delay": "5 s", "fault_after": "4 s", "n": 2, "m": 3},
]
ACTORS = st.builds(Actor, st.just("kim"), st.sampled_from(["panel", "cli", "hub"]))
SHOWN = ("active", "acked", "latched", "silenced", "shelved", "inhibited", "level", "occurrence", "over_range")


class Node(RuleBasedStateMachine):
    """One alarm on a node that people use and that restarts."""

    @initialize(sort=st.sampled_from(SORTS))
    def begin(self, sort: dict[str, Any]) -> None:
        self.delays = "on_delay" in sort
        self.rule = ruled(**sort)
        self.watch = self.made(None)
        self.ms = 0
        self.told: AlarmState = AlarmState()
        self.told_fault = False

    def made(self, kept: Kept | None) -> Watch:
        return Watch(self.rule, rules.condition(self.rule, TABLE), kept)

    def note(self, changes: list[Change], before: AlarmState) -> None:
        """What holds of every step: the changes tell all of the difference, one after the other."""
        for change in changes:
            assert change.rule is self.rule
            assert change.onset <= change.ms == self.ms
            ended = (self.told.active and not change.state.active) or (self.told.latched and not change.state.latched)
            assert not ended or change.what in ("cleared", "reset")
            assert change.state.acked <= self.told.acked or change.what == "acked"
            assert change.state.occurrence - self.told.occurrence == (change.what == "raised")
            assert self.told.over_range <= change.state.over_range or change.what == "reset"
            self.told, self.told_fault = change.state, change.fault
        for name in SHOWN:
            assert getattr(self.told, name) == getattr(self.watch.state, name), name
        assert self.told_fault == self.watch.fault
        assert changes or before.occurrence == self.watch.state.occurrence

    def feed(self, reading: Reading) -> list[Change]:
        before = self.watch.state
        copy = self.made(self.watch.keep())
        changes = self.watch.feed(reading)
        if not self.delays:
            twin = copy.feed(reading)
            assert (copy.keep(), [c.what for c in twin]) == (self.watch.keep(), [c.what for c in changes])
        self.note(changes, before)
        return changes

    @rule(value=st.sampled_from([0.0, 15.9, 16.0, 19.9, 20.0, 36.0, 40.0, 99.9, 100.0, 120.0]), step=st.integers(1, 9000))
    def good(self, value: float, step: int) -> None:
        self.ms += step
        before = self.watch.state
        changes = self.feed(Reading(PLACE["lel"], self.ms, round(value * 10), value))
        state = self.watch.state
        if value >= 16.0:
            assert not any(change.what == "cleared" for change in changes)
        if not self.delays:
            assert state.active >= (value >= 20.0)
            assert state.level >= (2 if value >= 40.0 else 0)
            assert not self.watch.fault
        if not before.active and state.active:
            assert not state.acked
            assert not state.silenced

    @rule(step=st.integers(1, 9000), reason=st.sampled_from([Reason.TIMEOUT, Reason.NAK, Reason.CHECKSUM]))
    def bad(self, step: int, reason: Reason) -> None:
        self.ms += step
        before = self.watch.state
        self.feed(Reading(PLACE["lel"], self.ms, None, None, Quality.BAD, int(Flag.BUS_FAULT), reason))
        same = ("active", "acked", "latched", "level", "occurrence", "over_range", "returned")
        assert [getattr(before, name) for name in same] == [getattr(self.watch.state, name) for name in same]
        assert self.watch.fault or self.delays

    @rule(step=st.integers(1, 9000), value=st.sampled_from([0.0, 50.0, 150.0]))
    def maintenance(self, step: int, value: float) -> None:
        self.ms += step
        before = self.watch.state
        self.feed(Reading(PLACE["lel"], self.ms, 1, value, Quality.UNCERTAIN, int(Flag.MAINTENANCE | Flag.TEST)))
        assert self.watch.state.inhibited
        assert (before.active, before.level, before.acked) == (self.watch.state.active, self.watch.state.level, self.watch.state.acked)

    @rule(step=st.integers(1, 9000))
    def over_range(self, step: int) -> None:
        self.ms += step
        self.feed(Reading(PLACE["lel"], self.ms, 32767, None, Quality.BAD, int(Flag.OVER_RANGE), Reason.OVER_RANGE))
        assert self.delays or self.watch.state.level == 2

    @rule(
        what=st.sampled_from(["ack", "silence", "reset", "shelve", "unshelve"]),
        actor=ACTORS,
        late=st.booleans(),
        why=st.sampled_from(["", "proved safe"]),
        until_s=st.none() | st.floats(-1, 50_000),
    )
    def act(self, what: Any, actor: Actor, late: bool, why: str, until_s: float | None) -> None:
        before = self.watch.state
        act = Act(what, "x", before.occurrence - late, actor, why, until_s)
        try:
            changes = rules.act([self.watch], act, self.ms)
        except Refused:
            assert self.watch.state is before
            return
        self.note(changes, before)
        assert not late or what in ("shelve", "unshelve")
        assert [change.actor for change in changes] == [str(actor)]
        if what == "reset":
            assert before.acked
            assert not before.active or (before.over_range and actor.via != "hub" and why)
        if what == "shelve":
            assert why

    @rule(step=st.integers(0, 10_000_000))
    def time(self, step: int) -> None:
        self.ms += step
        before = self.watch.state
        self.note(self.watch.expire(self.ms), before)
        assert not self.watch.expire(self.ms)

    @rule()
    def much_time(self) -> None:
        self.time(0)
        self.time(round(SHELVE_MOST * 1000))
        assert not self.watch.state.silenced
        assert not self.watch.state.shelved
        assert self.watch.fault or not self.watch.state.inhibited

    @rule()
    def restart(self) -> None:
        self.watch = self.made(self.watch.keep())

    @rule()
    def another_boot(self) -> None:
        kept = self.watch.keep()
        self.ms = 0
        self.watch = self.made(Kept(rules.carried(kept.state, None), kept.fault, kept.condition))
        self.time(0)
        assert not self.watch.state.silenced
        assert not self.watch.state.shelved

    @precondition(lambda self: self.watch.state.over_range)
    @rule()
    def made_safe(self) -> None:
        """There is a way out: acknowledged, the readings back, a person on the spot with a reason."""
        if not self.watch.state.acked:
            self.act("ack", Actor("kim", "panel"), False, "", None)
        for _ in range(5):
            self.good(0.0, 9000)
        self.act("reset", Actor("kim", "panel"), False, "proved safe", None)
        assert not self.watch.state.active
        assert not self.watch.state.latched

    @invariant()
    def the_states_make_sense(self) -> None:
        if not hasattr(self, "watch"):
            return
        state = self.watch.state
        assert state.active == (state.level > 0)
        assert state.latched == (state.latch > 0)
        assert not state.over_range or (state.active and state.latched)
        assert not state.returned or state.over_range
        assert state.silenced == (state.silenced_until is not None)
        assert state.shelved == (state.shelved_until is not None)
        listed = state.active or state.latched or not state.acked or state.silenced or state.shelved or state.inhibited
        assert state.normal != listed


Node.TestCase.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
TestNode = Node.TestCase


def test_one_failed_reading_while_a_window_fills_is_no_fault() -> None:
    play = Play(kind="rise", series="rise", depth="depth", a1=15.0, fault_after="5 s")
    partial = int(Flag.PARTIAL | Flag.WARM_UP)
    for second in range(480):
        play.feed(None, second, "rise", partial, Reason.WARM_UP)
    play.feed(None, 480, "rise", 0, Reason.TIMEOUT)
    assert play.words == []
    for second in range(481, 487):
        play.feed(None, second, "rise", 0, Reason.TIMEOUT)
    assert play.words == ["fault"], "one that goes on is"
