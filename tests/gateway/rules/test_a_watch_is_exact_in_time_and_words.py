"""Promise: delays and patience end at their millisecond and not before, on a node that has been up for long; every change says what, who, why, since
when and by which reading; who hears and who looks closer is told rightly."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.model import AlarmState, Flag, Quality, Reason
from gateway.rules import Kept
from gateway.rules.rule import Demand
from tests.gateway.rules.playing import HUB, PANEL, Play

UP = 10_000.0
"""Seconds since the boot."""
MADE = int(Flag.MAINTENANCE | Flag.TEST)


def fed(play: Play, *points: tuple[float, float | None]) -> list[str]:
    """What is told of readings at times after UP."""
    told = len(play.changes)
    for second, value in points:
        play.feed(value, UP + second)
    return play.words[told:]


def test_an_on_delay_ends_at_its_millisecond() -> None:
    play = Play(series="co", a1=30.0, on_delay="10 s")
    assert fed(play, (0, 31), (9.999, 31)) == []
    assert fed(play, (10, 31)) == ["raised"]
    assert (play.changes[0].onset, play.changes[0].ms) == (10_000_000, 10_010_000)


def test_an_off_delay_ends_at_its_millisecond() -> None:
    play = Play(series="co", a1=30.0, off_delay="10 s")
    assert fed(play, (0, 31), (1, 0), (10.999, 0)) == ["raised"]
    assert fed(play, (11, 0)) == ["cleared"]
    assert (play.changes[-1].onset, play.changes[-1].ms) == (10_001_000, 10_011_000)


def test_the_second_level_has_the_on_delay_too() -> None:
    play = Play(series="co", a1=30.0, a2=100.0, on_delay="3 s")
    assert fed(play, (0, 50), (3, 50), (4, 110), (6.999, 110)) == ["raised"]
    assert fed(play, (7, 110)) == ["escalated"]
    assert play.changes[-1].onset == 10_004_000


def test_patience_with_bad_readings_ends_at_its_millisecond() -> None:
    play = Play(series="co", a1=30.0, fault_after="10 s")
    assert fed(play, (0, None), (9.999, None)) == []
    assert fed(play, (10, None), (11, None), (12, 1)) == ["fault", "fault_cleared"]
    assert [(change.onset, change.ms) for change in play.changes] == [(10_000_000, 10_010_000), (10_000_000, 10_012_000)]


def test_maintenance_begins_the_patience_anew() -> None:
    play = Play(series="co", a1=30.0, fault_after="10 s")
    fed(play, (0, None), (9, None))
    play.feed(1.0, UP + 9.5, flags=MADE)
    assert fed(play, (10, None), (19.999, None)) == ["uninhibited"]
    assert fed(play, (20, None)) == ["fault"]


@pytest.mark.parametrize(
    ("reason", "flags", "patience"),
    [(Reason.WARM_UP, Flag.PARTIAL, 1800.0), (Reason.WARM_UP, 0, 10.0), (Reason.STALE, Flag.PARTIAL, 10.0), (Reason.TIMEOUT, 0, 10.0)],
)
def test_a_window_that_fills_has_half_an_hour(reason: Reason, flags: int, patience: float) -> None:
    play = Play(series="co", a1=30.0, fault_after="10 s")
    for second in (0.0, patience - 0.001):
        play.feed(None, UP + second, "", int(flags), reason)
    assert play.words == []
    play.feed(None, UP + patience, "", int(flags), reason)
    assert play.words == ["fault"]


def test_what_is_partial_raises_and_never_eases() -> None:
    play = Play(series="co", a1=30.0, a2=100.0)
    levels = [play.feed(value, UP + second, "", int(flags)) for second, (value, flags) in enumerate([
        (50.0, Flag.PARTIAL), (0.0, Flag.PARTIAL), (150.0, Flag.PARTIAL), (50.0, Flag.PARTIAL), (None, Flag.PARTIAL), (50.0, 0), (0.0, 0),
    ])]  # fmt: skip
    assert levels == [1, 1, 2, 2, 2, 1, 0]


def test_an_inhibit_is_a_fault_after_an_hour_also_of_what_was_inhibited_before_a_restart() -> None:
    play = Play(series="co", a1=30.0)
    play.feed(1.0, UP, flags=MADE)
    assert not play.watch.expire(13_599_999)
    (change,) = play.watch.expire(13_600_000)
    assert (change.what, change.onset, change.ms, change.actor, change.why) == (
        "fault",
        10_000_000,
        13_600_000,
        "node (node)",
        "inhibited for 60 min",
    )
    assert change.demand is None
    again = Play(Kept(AlarmState(inhibited=True)), series="co", a1=30.0)
    assert not again.watch.expire(20_000_000)
    assert not again.watch.expire(23_599_999)
    assert [change.what for change in again.watch.expire(23_600_000)] == ["fault"]


@pytest.mark.parametrize(
    ("what", "word", "state"),
    [
        ("ack", "acked", AlarmState(active=True, acked=False, level=1, occurrence=1)),
        ("silence", "silenced", AlarmState(active=True, acked=False, level=1, occurrence=1)),
        ("reset", "reset", AlarmState(latched=True, latch=1, occurrence=1)),
        ("shelve", "shelved", AlarmState()),
        ("unshelve", "unshelved", AlarmState(shelved=True, shelved_until=10**9)),
    ],
)
def test_an_act_is_told_with_who_and_why(what: str, word: str, state: AlarmState) -> None:
    play = Play(Kept(state), series="co", a1=30.0)
    play.act(what, HUB, UP, why="because", until_s=60.0)
    (change,) = play.changes
    assert (change.what, change.actor, change.why, change.onset, change.ms) == (word, "desk (hub)", "because", 10_000_000, 10_000_000)
    assert change.demand is None
    assert change.reading is None


def test_what_readings_make_is_told_with_the_reading_and_nobody() -> None:
    play = Play(series="co", a1=30.0)
    fed(play, (0, 50), (1, 0))
    assert [(change.actor, change.why, change.demand) for change in play.changes] == [("", "", Demand(1)), ("", "", Demand(0))]
    assert [change.reading.value for change in play.changes if change.reading] == [50.0, 0.0]
    plain = type(play.changes[0])(play.rule, "raised", AlarmState(), False, None, 0, 0)
    assert (plain.actor, plain.why, plain.demand) == ("", "", None)
    assert Kept() == Kept(AlarmState(), False, None)


def test_what_ends_by_itself_is_told_by_the_node() -> None:
    play = Play(series="co", a1=30.0)
    play.feed(50.0, UP)
    play.act("silence", PANEL, UP)
    play.act("shelve", PANEL, UP, why="painting", until_s=60.0)
    changes = play.watch.expire(10_060_000)
    assert [(change.what, change.actor, change.why, change.onset, change.ms) for change in changes] == [
        (word, "node (node)", "its time is over", 10_060_000, 10_060_000) for word in ("unsilenced", "unshelved")
    ]
    assert {change.demand for change in changes} == {None}
    assert (play.watch.state.silenced_until, play.watch.state.shelved_until) == (None, None)


def test_a_silence_ends_with_the_alarm_and_not_before() -> None:
    play = Play(series="co", a1=30.0, a2=100.0)
    play.feed(150.0, UP)
    play.act("silence", PANEL, UP, until_s=600.0)
    fed(play, (1, 50))
    assert (play.words[-1], play.watch.state.silenced) == ("eased", True)
    fed(play, (2, 0))
    assert (play.words[-1], play.watch.state.silenced, play.watch.state.silenced_until) == ("cleared", False, None)
    held = Play(series="co", a1=30.0, latching=[1])
    held.feed(50.0, UP)
    held.act("silence", PANEL, UP, until_s=600.0)
    fed(held, (1, 0))
    assert (held.words[-1], held.watch.state.silenced, held.watch.state.silenced_until) == ("cleared", True, 10_600_000)


def test_an_over_range_puts_what_comes_after_it_in_doubt() -> None:
    play = Play(series="lel", a1=20.0, a2=40.0)
    play.feed(25.0, UP)
    play.over(UP + 1, 105.0)
    fed(play, (2, 0), (3, 25))
    play.feed(1.0, UP + 4, quality=Quality.BAD)
    qualities = [(change.what, change.demand.quality) for change in play.changes if change.demand is not None]
    assert qualities[0] == ("raised", Quality.GOOD)
    assert qualities[1] == ("escalated", Quality.UNCERTAIN)
    assert qualities[-1] == ("raised", Quality.UNCERTAIN)
    broken = Play(Kept(play.watch.state), series="lel", a1=20.0, a2=40.0, fault_after="0 s")
    broken.feed(None, UP + 5)
    assert [(change.what, change.demand.quality) for change in broken.changes if change.demand] == [("fault", Quality.BAD)]


def test_what_is_beyond_a_set_point_deserves_a_closer_look() -> None:
    play = Play(series="lel", a1=20.0, on_delay="3 s")
    looks: list[bool] = [play.watch.stirring]
    for second, value in enumerate((25.0, 25.0, 25.0, 25.0, 0.0)):
        fed(play, (second, value))
        looks.append(play.watch.stirring)
    assert looks == [False, True, True, True, True, False]
    play.over(UP + 10)
    assert play.watch.stirring
    fed(play, (11, 0.0))
    assert (play.watch.state.active, play.watch.stirring) == (True, False), "held by the over-range alone"


def heard(state: AlarmState, overdue: bool) -> tuple[bool, list[tuple[Any, ...]]]:
    play = Play(Kept(state), series="co", a1=30.0, escalate_after="30 s", escalate_to=["horn"])
    changes = play.watch.hear(overdue, 10_000_000)
    assert {change.demand for change in changes} <= {None}
    return play.watch.state.unheard, [(change.what, change.actor, change.why, change.onset, change.ms) for change in changes]


@pytest.mark.parametrize(
    ("keys", "overdue", "expected"),
    [
        ({"active": True, "acked": False, "level": 1}, True, "unheard"),
        ({"latched": True, "acked": False, "latch": 1}, True, "unheard"),
        ({"active": True, "acked": False, "level": 1}, False, ""),
        ({"active": True, "acked": True, "level": 1}, True, ""),
        ({"acked": False}, True, ""),
        ({"active": True, "acked": False, "level": 1, "unheard": True}, True, ""),
        ({"active": True, "acked": False, "level": 1, "unheard": True}, False, "heard"),
        ({"active": True, "acked": True, "level": 1, "unheard": True}, True, "heard"),
        ({"acked": False, "unheard": True}, True, ""),
        ({"acked": False, "unheard": True}, False, "heard"),
    ],
)
def test_an_alarm_escalates_while_nobody_answers(keys: dict[str, Any], overdue: bool, expected: str) -> None:
    state = AlarmState(occurrence=1, **keys)
    why = {"unheard": "no receipt for 30 s", "heard": "answered or acknowledged"}
    unheard, changes = heard(state, overdue)
    assert changes == ([(expected, "node (node)", why[expected], 10_000_000, 10_000_000)] if expected else [])
    assert unheard is (state.unheard if not expected else expected == "unheard")


def test_one_that_gets_worse_goes_on_escalating() -> None:
    play = Play(Kept(AlarmState(active=True, acked=False, level=1, occurrence=1, unheard=True)), series="co", a1=30.0, a2=100.0)
    fed(play, (0, 150.0))
    assert (play.words, play.watch.state.unheard) == (["escalated"], True)
