"""Promise: what one reading, and the last M of them, ask for is exact: at the set point, at the clear level, at the end of their age."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import Flag, Quality, Reading, Reason
from gateway.rules.rule import Demand
from gateway.rules.single import Tally
from gateway.rules.steps import Steps, judged, neat, recalled, steps
from tests.gateway.rules.playing import Play

RISING = steps((30.0, 100.0), hysteresis=5.0)
FALLING = steps((19.5, 18.0), hysteresis=0.2, rising=False)


def reading(value: float | None, flags: int = 0, reason: str = "", quality: int = Quality.GOOD) -> Reading:
    return Reading(0, 0, None, value, Quality.BAD if value is None else quality, flags, reason)


def test_clear_levels_lie_inside_by_an_amount_or_a_share_or_not_at_all() -> None:
    assert steps((1.0, 2.0)) == Steps((1.0, 2.0), (1.0, 2.0), True)
    assert (RISING.sets, RISING.clears, RISING.rising) == ((30.0, 100.0), (25.0, 95.0), True)
    assert (FALLING.sets, FALLING.clears, FALLING.rising) == ((19.5, 18.0), (19.7, 18.2), False)
    assert steps((10.0, -10.0), share=0.2) == Steps((10.0, -10.0), (8.0, -12.0), True)
    assert (RISING.top, steps((1.0,)).top) == (2, 1)
    assert neat(30.1 - 30.1 * 0.2) == 24.08


@pytest.mark.parametrize(
    ("by", "value", "at", "expected"),
    [
        (RISING, 29.9, 0, 0), (RISING, 30.0, 0, 1), (RISING, 99.9, 1, 1), (RISING, 100.0, 0, 2), (RISING, 95.0, 2, 2), (RISING, 94.9, 2, 1),
        (RISING, 95.0, 1, 1), (RISING, 25.0, 1, 1), (RISING, 24.9, 2, 0), (RISING, 25.0, 2, 1), (RISING, 25.0, 0, 0),
        (FALLING, 19.6, 0, 0), (FALLING, 19.5, 0, 1), (FALLING, 18.1, 0, 1), (FALLING, 18.0, 0, 2), (FALLING, 18.2, 2, 2), (FALLING, 18.3, 2, 1),
        (FALLING, 19.7, 1, 1), (FALLING, 19.8, 2, 0),
    ],
)  # fmt: skip
def test_a_level_is_set_at_its_point_and_held_to_its_clear_level(by: Steps, value: float, at: int, expected: int) -> None:
    assert by.level(value, at) == expected
    assert judged(reading(value), by, at) == Demand(expected)
    assert judged(reading(value, Flag.SPIKE, "spike", Quality.UNCERTAIN), by, at) == Demand(expected, quality=Quality.UNCERTAIN)


@pytest.mark.parametrize(
    "bad", [reading(None), reading(50.0, quality=Quality.BAD), reading(float("nan")), reading(float("inf")), reading(None, reason="timeout")]
)
def test_what_is_no_number_asks_for_nothing(bad: Reading) -> None:
    assert judged(bad, RISING, 1) == Demand(None, quality=Quality.BAD)


@pytest.mark.parametrize(
    ("flags", "reason"), [(Flag.MAINTENANCE, ""), (Flag.TEST, ""), (Flag.INHIBITED, ""), (0, Reason.INHIBIT), (Flag.TEST, Reason.OVER_RANGE)]
)
def test_what_is_done_on_purpose_is_not_judged(flags: int, reason: str) -> None:
    assert judged(reading(500.0, int(flags), reason, Quality.UNCERTAIN), RISING, 0, 100.0) == Demand(None, inhibited=True, quality=Quality.UNCERTAIN)


@pytest.mark.parametrize(
    ("found", "latch_at", "expected"),
    [
        (reading(99.9), 100.0, Demand(1)),
        (reading(100.0), 100.0, Demand(2, over_range=True, quality=Quality.UNCERTAIN)),
        (reading(105.0, quality=Quality.BAD), 100.0, Demand(2, over_range=True, quality=Quality.BAD)),
        (reading(50.0, 0, Reason.OVER_RANGE), None, Demand(2, quality=Quality.UNCERTAIN)),
        (reading(50.0, 0, Reason.OVER_RANGE), 100.0, Demand(2, over_range=True, quality=Quality.UNCERTAIN)),
        (reading(None, 0, Reason.OVER_RANGE), None, Demand(2, quality=Quality.BAD)),
        (reading(None, 0, Reason.TIMEOUT), 100.0, Demand(None, quality=Quality.BAD)),
    ],
)
def test_an_over_range_is_beyond_every_set_point_and_in_doubt(found: Reading, latch_at: float | None, expected: Demand) -> None:
    assert judged(found, steps((30.0, 110.0)), 0, latch_at) == expected


def test_what_was_kept_has_its_type_or_is_nothing() -> None:
    assert (recalled([1, 2], list[int]), recalled([1, "x"], list[int]), recalled(None, list[int])) == ([1, 2], None, None)


def test_a_sample_is_forgotten_after_three_times_the_time_of_all() -> None:
    """Two of three every second: nine seconds."""
    for second, expected in ((9000, 1), (9001, 0)):
        tally = Tally(2, 3, 1.0)
        assert [tally.level(0, 1, 0), tally.level(second, 1, 0)] == [0, expected]
    third = Tally(2, 3, 1.0)
    assert [third.level(second, asked, 0) for second, asked in ((0, 1), (5000, 0), (9001, 1))] == [0, 0, 0], "the oldest alone is too old"
    back = Tally(2, 3, 1.0)
    assert [back.level(5000, 1, 0), back.level(4999, 1, 0)] == [0, 0], "a time that goes back is another boot"
    still = Tally(2, 3, 1.0)
    assert [still.level(5000, 1, 0), still.level(5000, 1, 0)] == [0, 1]


def plain(asked: list[int], n: int, m: int, at: int) -> int:
    """By counting: a level is reached where N of the last M ask for it, kept where N of M still could."""
    last = asked[-m:]
    top = max([*asked, at, 0])
    reached = max((level for level in range(top + 1) if sum(one >= level for one in last) >= n), default=0)
    kept = max((level for level in range(at + 1) if sum(one < level for one in last) <= m - n), default=0)
    return max(reached, kept)


@given(st.integers(1, 4), st.integers(0, 3), st.lists(st.integers(0, 3), min_size=1, max_size=12))
def test_n_of_m_is_counted_as_one_would(n: int, more: int, asked: list[int]) -> None:
    tally, at = Tally(n, n + more, 1.0), 0
    for count in range(len(asked)):
        expected = plain(asked[: count + 1], n, n + more, at)
        at = tally.level(count * 1000, asked[count], at)
        assert at == expected


def test_a_condition_of_one_series_tells_an_over_range_at_once_and_the_rest_by_the_tally() -> None:
    play: Any = Play(series="lel", a1=20.0, n=2, m=3)
    feed = play.watch.condition.feed
    place = 0
    assert feed(Reading(place, 0, 1, 30.0, Quality.UNCERTAIN), 0) == Demand(0, quality=Quality.UNCERTAIN)
    assert feed(Reading(place, 1000, 1, None, Quality.BAD), 0) == Demand(None, quality=Quality.BAD)
    assert feed(Reading(place, 2000, 1, 30.0), 0) == Demand(1)
    assert feed(Reading(place, 3000, 1, 100.0), 0) == Demand(1, over_range=True, quality=Quality.UNCERTAIN)
    assert play.watch.condition.keep() is None
