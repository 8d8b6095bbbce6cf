"""Promise: the background of a leak advisory is the named quantile of the means of its window's parts, learned from time that was heard, followed at
the named rate, within its bounds; and the excess over it is judged by the numbers that its text names."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.model import Flag, Quality, Reading, Reason
from gateway.rules.kinds.excess import PARTS, Background, Options
from gateway.rules.rule import Demand
from gateway.rules.steps import Steps
from tests.gateway.rules.playing import PLACE, Play, rule, told

BEGIN = 10**7
"""Milliseconds: a node that has been up for a while."""
HOUR = 3600.0


def options(**keys: Any) -> Options:
    return Options(**{"series": "ch4", "a1": 2.0, "floor": 1.0, "ceiling": 3.0, **keys})


class Air:
    """A background that is fed in seconds."""

    def __init__(self, period: float = 10.0, **keys: Any) -> None:
        self.made = Background(options(**keys), period)

    def add(self, second: float, value: float) -> float:
        self.made.add(BEGIN + round(second * 1000), value)
        return self.made.value

    def steady(self, begin: float, end: float, value: float, step: float = 10.0) -> float:
        """From after `begin` up to and with `end`."""
        second = begin
        while second < end:
            second += step
            found = self.add(second, value)
        return found


@pytest.mark.parametrize("begin", [0, 100 - BEGIN // 1000])
def test_it_is_its_ceiling_until_so_much_was_heard(begin: int) -> None:
    """Also on a node that has just booted."""
    air = Air()
    assert {air.add(begin + second, 2.0) for second in range(0, 300, 10)} == {3.0}
    assert [air.add(begin + second, 2.0) for second in (299.999, 300)] == [3.0, 2.0]


def test_the_end_of_a_part_is_no_shorter_way_to_learn() -> None:
    air = Air(learn=180.1)
    air.add(0, 2.0)
    assert [air.steady(0, 180, 2.0), air.add(180.1, 2.0)] == [3.0, 2.0]


def test_two_readings_of_one_moment_are_of_one_part_and_one_of_before_begins_another() -> None:
    air = Air()
    assert [air.add(0, 1.5), air.add(0, 2.5), air.made.keep()[1]] == [3.0, 3.0, []]
    air.add(-0.001, 2.0)
    assert air.made.keep()[1] == [2.0]


def test_where_it_learns_in_less_than_a_part_it_is_the_mean_so_far() -> None:
    air = Air(learn=60.0)
    assert [air.add(second, 1.5 if second % 20 else 2.5) for second in range(0, 61, 10)][-2:] == [3.0, pytest.approx((4 * 2.5 + 3 * 1.5) / 7)]


@pytest.mark.parametrize(("quantile", "expected"), [(0.0, 1.1), (0.1, 1.2), (0.25, 1.3), (0.5, 1.6)])
def test_it_is_the_quantile_of_the_parts(quantile: float, expected: float) -> None:
    """Eleven parts of half a minute: of an hour, a part is the 120th. The first has one reading more, its begin."""
    air = Air(window=HOUR, quantile=quantile, rate=1e6, learn=30.0)
    found = air.add(0, 2.0)
    for part, value in enumerate([2.0, 1.1, 1.9, 1.3, 1.7, 1.5, 1.6, 1.4, 1.8, 1.2, 2.1]):
        found = air.steady(part * 30, part * 30 + 30, value)
    assert found == pytest.approx(expected)


def test_the_mean_of_a_part_is_that_of_its_readings() -> None:
    air = Air(window=HOUR, quantile=0.0, rate=1e6, learn=30.0)
    air.add(0, 2.0)
    assert [air.add(second, value) for second, value in ((10, 2.2), (20, 1.8), (30, 2.4))] == [3.0, 3.0, pytest.approx(2.1)]
    assert [air.add(second, value) for second, value in ((40, 1.9), (50, 1.6), (60, 1.3))] == [
        pytest.approx(2.1),
        pytest.approx(2.1),
        pytest.approx(1.6),
    ]


def test_it_looks_back_at_its_window_and_not_further() -> None:
    air = Air(window=HOUR, quantile=0.0, rate=1e6, learn=30.0)
    air.add(0, 1.5)
    air.steady(0, 30, 1.5)
    assert air.steady(30, 30 + HOUR - 30, 2.5) == pytest.approx(1.5)
    assert air.steady(HOUR, HOUR + 30, 2.5) == pytest.approx(2.5)
    assert len(air.made.keep()[1]) == PARTS


@pytest.mark.parametrize(("keys", "step"), [({"rate": 0.36}, 0.018), ({}, 2 / 24 * 180 / 3600)])
def test_it_follows_so_much_in_an_hour(keys: dict[str, float], step: float) -> None:
    """0.36 in an hour are 0.018 in a part of three minutes; by default from floor to ceiling in a day."""
    air = Air(quantile=0.5, learn=180.0, **keys)
    air.add(0, 2.0)
    assert air.steady(0, 180, 2.0) == 2.0
    found = [air.steady(begin, begin + 180, 2.9) for begin in range(180, 180 * 5, 180)]
    assert found == pytest.approx([2.0, 2.0 + step, 2.0 + 2 * step, 2.0 + 3 * step])
    down = [air.steady(begin, begin + 180, 1.1) for begin in range(180 * 5, 180 * 12, 180)]
    assert down[-1] == pytest.approx(down[-2] - step)


def test_it_reaches_what_is_near_and_stays_there() -> None:
    air = Air(quantile=0.0, learn=180.0, rate=0.36)
    air.add(0, 2.0)
    air.steady(0, 180, 2.0)
    assert air.steady(180, 360, 1.99) == pytest.approx(1.99)
    assert air.steady(360, 540, 1.99) == pytest.approx(1.99)


@pytest.mark.parametrize(("value", "expected"), [(0.2, 1.0), (2.9999, 2.9999), (7.0, 3.0), (1.0001, 1.0001)])
def test_it_never_leaves_its_bounds(value: float, expected: float) -> None:
    air = Air()
    air.add(0, value)
    assert air.steady(0, 300, value) == pytest.approx(expected)


@pytest.mark.parametrize(("period", "gap"), [(10.0, 180.0), (120.0, 360.0)])
def test_a_hole_is_no_time_that_was_heard(period: float, gap: float) -> None:
    """A hole is longer than a part, and than three periods; 500 s are to be learned from."""
    heard = Air(period, learn=500.0)
    heard.add(0, 2.0)
    assert heard.steady(0, 500 - gap, 2.0) == 3.0 or gap >= 500
    assert heard.add(500, 2.0) == 2.0
    silent = Air(period, learn=500.0)
    silent.add(0, 2.0)
    silent.steady(0, 500 - gap, 2.0)
    assert silent.add(500.001, 2.6) == 3.0
    assert silent.steady(500.001, 500.001 + gap - 10, 2.6) == 3.0
    assert silent.steady(500.001 + gap - 10, 500.001 + gap, 2.6) == pytest.approx(2.0, abs=0.6)


def test_a_part_that_a_hole_ends_counts_with_what_it_had() -> None:
    air = Air(learn=200.0)
    air.add(0, 2.0)
    air.steady(0, 100, 2.0)
    assert air.add(400, 2.6) == 3.0
    assert air.steady(400, 490, 2.6) == 3.0
    assert air.add(500, 2.6) == 2.0, "the low one of two: the part before the hole"
    assert air.made.keep() == (2.0, [2.0])


def test_a_time_that_goes_back_is_no_time_that_was_heard() -> None:
    air = Air(learn=200.0)
    air.add(1000, 2.0)
    air.steady(1000, 1100, 2.0)
    assert air.add(0, 2.6) == 3.0
    assert air.steady(0, 90, 2.6) == 3.0
    assert air.add(100, 2.6) == 2.0


def test_what_is_kept_is_short_and_comes_back_within_the_bounds() -> None:
    air = Air(learn=30.0, window=HOUR)
    air.add(0, 2.0)
    air.steady(0, 30, 2.0)
    air.steady(30, 60, 2.12345678)
    assert air.made.keep() == (2.0, [2.0, 2.123457])
    for learned, expected in ((0.5, 1.0), (9.0, 3.0), (2.5, 2.5), (None, 3.0)):
        again = Air()
        again.made.restore(learned, [1.0] * 200)
        assert again.made.value == expected
        assert again.made.keep()[1] == [1.0] * PARTS
    longer = Air()
    longer.made.restore(2.0, [float(part) for part in range(200)])
    assert longer.made.keep()[1] == [float(part) for part in range(80, 200)], "the newest"


def test_set_points_lie_above_the_background() -> None:
    assert options().steps(2.0) == Steps((4.0,), (3.6,))
    assert options(a2=5.0, hysteresis_share=0.5).steps(1.9) == Steps((3.9, 6.9), (2.9, 4.4))
    assert (options().levels(), options(a2=5.0).levels()) == (1, 2)
    assert (options().most(), options(rate=0.5).most()) == (pytest.approx(2 / 24), 0.5)


def leak(**keys: Any) -> Play:
    return Play(**{"kind": "excess", "series": "ch4", "a1": 2.0, "floor": 1.7, "ceiling": 3.0, **keys})


def feed(play: Play, minute: float, value: float | None, at: int = 0, flags: int = 0, reason: str = "", quality: int = Quality.GOOD) -> Demand:
    quality = Quality.BAD if value is None else quality
    return play.watch.condition.feed(Reading(PLACE["ch4"], round(minute * 60_000), None, value, quality, flags, reason), at)


def test_two_of_three_samples_ask_and_the_note_says_what_stands_above_what() -> None:
    play = leak()
    assert feed(play, 0, 6.0) == Demand(0)
    assert feed(play, 1, 6.5) == Demand(1, note="3.5 above a background of 3")
    over = feed(play, 2, None, reason=Reason.OVER_RANGE)
    assert over == Demand(1, quality=Quality.BAD, note="a background of 3")
    assert feed(play, 3, None) == Demand(None, quality=Quality.BAD)
    assert feed(play, 4, 2.0, flags=int(Flag.TEST)) == Demand(None, inhibited=True)


def test_it_learns_from_nothing_that_stands_in_excess() -> None:
    """Above the set point, between it and the clear level, and below it while the alarm stands."""
    for minutes, value, at in ((30, 5.5, 0), (30, 4.8, 1), (30, 2.0, 1)):
        play = leak(n=1, m=1)
        for minute in range(minutes):
            feed(play, minute, value, at)
        assert play.watch.condition.keep() == [None, []]
    clean = leak(n=1, m=1)
    for minute in range(30):
        feed(clean, minute, 2.0)
    assert clean.watch.condition.keep()[0] == 2.0


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"a1": -0.5}, "a1 = -0.5: "),
        ({"a1": 0.0}, "a1 = 0.0: "),
        ({"rate": 0.0}, "rate = 0.0: "),
        ({"floor": 1000.0, "ceiling": 1001.0}, "a1 = 2.0: over a background at its ceiling it is at 1003, outside"),
        ({"a2": 2.0}, "a2 = 2.0: thresholds crossed; write a value above a1 (2)"),
        ({"ceiling": 1.7}, "ceiling = 1.7: not above floor"),
        ({"window": "3599 s"}, 'window = "3599 s": out of range'),
        ({"window": "172801 s"}, 'window = "172801 s": out of range'),
        ({"learn": "0 s"}, 'learn = "0 s": out of range'),
        ({"learn": "21601 s"}, 'learn = "21601 s": out of range'),
        ({"floor": -0.1}, "floor = -0.1: outside what the sensor can measure; write a value from 0 to 1000 [ppm]"),
        ({"a1": 997.5}, "a1 = 997.5: over a background at its ceiling it is at 1000.5, outside"),
        ({"a2": 997.5}, "a2 = 997.5: over a background at its ceiling it is at 1000.5, outside"),
        ({"n": 4}, "n = 4: more than m (3)"),
    ],
)
def test_what_cannot_be_is_told_at_its_key(keys: dict[str, Any], expected: str) -> None:
    (line,) = told(kind="excess", **{"series": "ch4", "a1": 2.0, "floor": 1.7, "ceiling": 3.0, **keys})
    assert line.startswith(f"alarm[0] x.{expected}")


@pytest.mark.parametrize(
    "keys",
    [
        {"window": "1 h"}, {"window": "48 h"}, {"learn": "6 h"}, {"learn": "1 s"}, {"a1": 0.5},
        {"floor": 0.0}, {"a1": 997.0}, {"a2": 997.0}, {"a2": 2.1}, {"ceiling": 1.8},
        {"floor": 990.0, "ceiling": 998.0},
    ],
)  # fmt: skip
def test_the_ends_of_what_can_be_are_taken(keys: dict[str, Any]) -> None:
    assert rule(kind="excess", **{"series": "ch4", "a1": 2.0, "floor": 1.7, "ceiling": 3.0, **keys})
