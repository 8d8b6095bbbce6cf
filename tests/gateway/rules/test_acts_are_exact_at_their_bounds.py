"""Promise: an act's own bounds are exactly those that its refusal names, and what it leaves behind is exactly the state that it promises."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.model import AlarmState, Flag, Reading
from gateway.rules import Act, Actor, Refused, doubted, outputs_of
from gateway.rules.acts import NODE, ended, perform
from tests.gateway.rules.playing import PANEL, PLACE, Play

ACTIVE = AlarmState(active=True, acked=False, level=1, occurrence=1)


def done(state: AlarmState, what: Any, actor: Actor = PANEL, **more: Any) -> AlarmState:
    return perform(state, Act(what, "x", state.occurrence, actor, **more), 5000)


def test_a_name_and_a_reason_have_at_most_200_characters() -> None:
    assert done(ACTIVE, "ack", Actor("k" * 200, "panel"), why="w" * 200).acked
    with pytest.raises(Refused, match="at most 200 characters"):
        done(ACTIVE, "ack", Actor("k" * 201, "panel"))
    with pytest.raises(Refused, match="at most 200 characters"):
        done(ACTIVE, "ack", why="w" * 201)


@pytest.mark.parametrize(("what", "least", "most"), [("silence", 1.0, 600.0), ("shelve", 60.0, 28_800.0)])
def test_a_time_is_between_its_least_and_its_most(what: str, least: float, most: float) -> None:
    for until_s in (least, most):
        state = done(ACTIVE, what, why="painting", until_s=until_s)
        assert {"silence": state.silenced_until, "shelve": state.shelved_until}[what] == 5000 + round(until_s * 1000)
    for until_s in (least - 0.001, most + 0.001):
        with pytest.raises(Refused, match="out of range"):
            done(ACTIVE, what, why="painting", until_s=until_s)


def test_a_silence_lasts_a_minute_where_nothing_is_said() -> None:
    assert done(ACTIVE, "silence").silenced_until == 65_000


def test_an_act_on_the_level_that_was_seen_is_done() -> None:
    assert done(ACTIVE, "ack", level=1).acked
    assert done(ACTIVE, "ack", level=2).acked, "it has eased since"


@pytest.mark.parametrize(("until_ms", "over"), [(None, True), (999, True), (1000, True), (1001, False), (601_000, False), (601_001, True)])
def test_a_time_is_over_when_it_has_come_or_cannot_be(until_ms: int | None, over: bool) -> None:
    assert ended(until_ms, 1000, 600.0) is over


def test_after_a_reset_nothing_is_left_but_the_number_of_the_occurrence() -> None:
    latched = AlarmState(latched=True, latch=2, occurrence=3, silenced=True, silenced_until=9000)
    assert done(latched, "reset") == AlarmState(occurrence=3)
    flooded = AlarmState(
        active=True, level=2, latched=True, latch=2, occurrence=3, over_range=True, returned=True, silenced=True, silenced_until=9000
    )
    assert done(flooded, "reset", why="proved safe") == AlarmState(occurrence=3)


def test_an_over_range_is_not_reset_while_nobody_says_that_the_sensor_is_at_fault() -> None:
    flooded = AlarmState(active=True, level=1, latched=True, latch=1, occurrence=1, over_range=True)
    with pytest.raises(Refused, match="still beyond the set point"):
        done(flooded, "reset", why="proved safe")
    assert perform(flooded, Act("reset", "x", 1, PANEL, "proved safe"), 0, fault=True) == AlarmState(occurrence=1)


def test_a_silence_is_for_what_sounds() -> None:
    for state in (ACTIVE, AlarmState(latched=True, latch=1, occurrence=1)):
        assert done(state, "silence").silenced
    with pytest.raises(Refused, match="does not sound"):
        done(AlarmState(acked=False, occurrence=1), "silence")


def test_a_shelve_is_ended_by_hand_too() -> None:
    shelved = done(ACTIVE, "shelve", why="painting", until_s=600)
    assert done(shelved, "unshelve") == ACTIVE


def test_the_node_speaks_as_itself() -> None:
    assert str(NODE) == "node (node)"


def test_every_alarm_drives_its_outputs_whoever_is_silent_before_it() -> None:
    quiet, shelved, loud = (Play(series="co", a1=30.0, outputs=["siren"]) for _ in range(3))
    shelved.feed(50.0, 0)
    shelved.act("shelve", why="painting", until_s=600)
    loud.feed(50.0, 0)
    assert outputs_of([quiet.watch, shelved.watch, loud.watch]) == {"siren": 1}
    assert outputs_of([quiet.watch, shelved.watch]) == {}


def test_one_of_many_alarms_puts_its_own_series_in_doubt() -> None:
    flooded, other, both = (
        Play(series="lel", a1=20.0),
        Play(series="co", a1=30.0),
        Play(kind="combined", all_of=[{"series": "lel", "a1": 20.0}, {"series": "co", "a1": 30.0}]),
    )
    flooded.over(0)
    both.over(0)
    reading = Reading(PLACE["lel"], 1000, 1, 0.1)
    watches = [other.watch, flooded.watch, both.watch]
    assert doubted(reading, "lel", watches).flags == Flag.AFTER_OVER_RANGE
    assert doubted(reading, "co", watches) is reading
    bad = Reading(PLACE["lel"], 1000, None, None, 2, 0, "timeout")
    assert doubted(bad, "lel", watches) is bad
    known = Reading(PLACE["lel"], 1000, 1, 0.1, 1, int(Flag.SPIKE), "spike")
    assert (doubted(known, "lel", watches).flags, doubted(known, "lel", watches).reason) == (Flag.SPIKE | Flag.AFTER_OVER_RANGE, "spike")
