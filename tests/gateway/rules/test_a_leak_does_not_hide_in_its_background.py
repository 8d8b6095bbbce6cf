"""Promise: the background of a leak advisory is bounded in level and rate, frozen during an excess, kept over a restart, and small."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.kinds.excess import PARTS, Background, Condition, Options
from tests.gateway.rules.playing import Play

MINUTE, HOUR = 60.0, 3600.0


def leak(**keys: Any) -> Play:
    return Play(**{"kind": "excess", "series": "ch4", "a1": 2.0, "floor": 1.7, "ceiling": 3.0, "n": 1, "m": 1, "off_delay": "0 s", **keys})


def background(play: Play) -> float:
    condition = play.watch.condition
    assert isinstance(condition, Condition)
    return condition._background.value


def run(play: Play, begin: float, hours: float, value: float) -> float:
    """So many hours of one value every minute; gives the time after them."""
    for minute in range(round(hours * 60)):
        play.feed(value, begin + minute * MINUTE)
    return begin + hours * HOUR


def test_it_tells_what_stands_above_the_background() -> None:
    play = leak()
    now = run(play, 0, 1, 2.1)
    assert round(background(play), 3) == 2.1
    assert [play.feed(4.09, now), play.feed(4.1, now + 60), play.feed(3.7, now + 120), play.feed(3.69, now + 180)] == [0, 1, 1, 0]
    demand = play.changes[0].demand
    assert demand is not None
    assert demand.note == "2 above a background of 2.1"


def test_nothing_is_known_before_it_has_learned() -> None:
    play = leak()
    assert [play.feed(4.9, 0), play.feed(5.0, 60)] == [0, 1]


def test_it_learns_for_so_long() -> None:
    play = leak()
    for second in range(0, 300, 10):
        play.feed(2.0, second)
    assert background(play) == 3.0
    play.feed(2.0, 300)
    assert background(play) == 2.0


def test_it_is_frozen_during_an_excess() -> None:
    play = leak()
    now = run(play, 0, 2, 2.0)
    before = background(play)
    now = run(play, now, 48, 4.5)
    assert (background(play), play.watch.state.level, play.words) == (before, 1, ["raised"])


def test_a_slow_leak_moves_it_only_so_fast_and_so_far() -> None:
    play = leak(rate=0.1)
    now = run(play, 0, 12, 2.0)
    run(play, now, 6, 3.9)
    assert background(play) <= 2.0 + 6 * 0.1 + 0.01
    run(play, now + 6 * HOUR, 100, 3.9)
    assert background(play) == 3.0


def test_it_never_goes_below_its_floor() -> None:
    play = leak()
    run(play, 0, 30, 0.2)
    assert background(play) == 1.7


def test_plumes_with_clean_air_between_them_do_not_raise_it() -> None:
    play = leak()
    now = run(play, 0, 2, 2.0)
    for _ in range(50):
        now = run(play, now, 0.2, 3.5)
        now = run(play, now, 0.1, 2.0)
    assert background(play) < 2.3


def test_a_hole_and_bad_readings_teach_it_nothing() -> None:
    play = leak()
    now = run(play, 0, 2, 2.0)
    before = background(play)
    for minute in range(600):
        play.feed(None, now + minute * MINUTE)
    play.feed(2.9, now + 100 * HOUR)
    assert background(play) == before


def test_it_survives_a_restart_and_stays_small() -> None:
    play = leak()
    now = run(play, 0, 24, 2.0)
    for tenth in range(100_000):
        play.feed(2.0, now + tenth / 10)
    kept = play.watch.keep()
    assert len(kept.condition[1]) == PARTS
    again = leak()
    again.watch.condition.restore(kept.condition)
    assert background(again) == background(play)
    for nonsense in (None, 5, "x", [1.0, "x"], [None]):
        again.watch.condition.restore(nonsense)
    assert background(again) == background(play)


def test_a_monitor_that_is_read_seldom_learns_too() -> None:
    background = Background(Options(series="ch4", a1=2.0, floor=1.7, ceiling=3.0), HOUR)
    for hour in range(4):
        background.add(hour * 3_600_000, 2.2)
    assert background.value == 2.2


@given(st.lists(st.tuples(st.integers(0, 10**7), st.floats(-1e6, 1e6)), max_size=200))
def test_whatever_comes_it_keeps_its_bounds(values: list[tuple[int, float]]) -> None:
    play = leak()
    ms = 0
    for step, value in values:
        ms += step
        play.feed(value, ms / 1000)
        assert 1.7 <= background(play) <= 3.0
