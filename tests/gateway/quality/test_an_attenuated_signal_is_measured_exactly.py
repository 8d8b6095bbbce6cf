"""Promise: a window is judged by all of its points and no others, when it is full and half of it was measured; the figure is held against a plain
reckoning of the same points."""

from __future__ import annotations

import random
import statistics

import pytest

from gateway.model import Qartod
from gateway.quality.attenuation import PARTS, Attenuation

BEGIN = 10**7
"""Milliseconds: a node that has been up for a while."""
WINDOW = 48.0
"""Seconds, so that each of the 48 parts is one second."""


def told(test: Attenuation, points: list[tuple[float, float]]) -> Qartod:
    """The verdict after the last of some points (seconds, value)."""
    verdict = Qartod.NOT_EVALUATED
    for second, value in points:
        verdict = test.take(BEGIN + round(second * 1000), value)
    return verdict


def uneven(seed: int) -> list[tuple[float, float]]:
    """A window of points around 1000, one to four in each second, and the point that closes it."""
    rng = random.Random(seed)
    points = [(second + part / 8, 1000 + rng.gauss(0, 7)) for second in range(48) for part in range(rng.randint(1, 4))]
    return [*points, (48.0, 1000.0)]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_deviation_is_that_of_all_points(seed: int) -> None:
    points = uneven(seed)
    exact = statistics.pstdev([value for _, value in points[:-1]])
    assert told(Attenuation(exact * 1.0001, 0.0, WINDOW, "sd"), points) is Qartod.SUSPECT
    assert told(Attenuation(exact * 0.9999, 0.0, WINDOW, "sd"), points) is Qartod.PASS
    assert told(Attenuation(exact * 2, exact * 1.0001, WINDOW, "sd"), points) is Qartod.FAIL


@pytest.mark.parametrize("seed", [4, 5, 6])
def test_the_range_is_that_of_all_points(seed: int) -> None:
    points = uneven(seed)
    values = [value for _, value in points[:-1]]
    exact = max(values) - min(values)
    assert told(Attenuation(exact + 0.001, 0.0, WINDOW), points) is Qartod.SUSPECT
    assert told(Attenuation(exact, 0.0, WINDOW), points) is Qartod.PASS, "below it, not at it"


@pytest.mark.parametrize("peak", [0, 10])
@pytest.mark.parametrize("value", [1100.0, 900.0])
def test_a_peak_within_a_second_counts_as_long_as_its_second_is_in_the_window(value: float, peak: int) -> None:
    test = Attenuation(50.0, 20.0, WINDOW)
    points = [(float(second), 1000.0) for second in range(48)]
    points[peak + 1 : peak + 1] = [(peak + 0.25, value), (peak + 0.5, 1000.0)]
    assert told(test, points) is Qartod.NOT_EVALUATED
    last = 48_000 + 1000 * peak
    assert {test.take(BEGIN + ms, 1000.0) for ms in range(48_000, last + 999, 1000)} == {Qartod.PASS}
    assert [test.take(BEGIN + ms, 1000.0) for ms in (last + 999, last + 1000)] == [Qartod.PASS, Qartod.FAIL]


def test_it_is_the_range_where_nobody_says_otherwise() -> None:
    """0 and 10 in turn have a range of 10 and a deviation of 5."""
    points = [(float(second), 10.0 * (second % 2)) for second in range(49)]
    assert told(Attenuation(8.0, 0.0, WINDOW), points) is Qartod.PASS
    assert told(Attenuation(8.0, 0.0, WINDOW, "sd"), points) is Qartod.SUSPECT


def test_a_short_window_has_short_parts() -> None:
    test = Attenuation(5.0, 0.0, 4.8)
    assert {test.take(BEGIN + ms, 0.0) for ms in range(0, 4800, 50)} == {Qartod.NOT_EVALUATED}
    assert test.take(BEGIN + 4800, 0.0) is Qartod.SUSPECT


@pytest.mark.parametrize(("measured", "expected"), [(24, Qartod.FAIL), (23, Qartod.NOT_EVALUATED), (20, Qartod.NOT_EVALUATED)])
def test_half_of_the_window_has_to_be_measured(measured: int, expected: Qartod) -> None:
    points = [(0.0, 0.0), *((48.0 - second, 0.0) for second in range(measured - 1, 0, -1)), (48.0, 0.0)]
    assert told(Attenuation(50.0, 20.0, WINDOW), points) is expected


def test_what_was_before_a_hole_leaves_the_window_like_anything_else() -> None:
    points = [*((float(second), 100.0 * second) for second in range(10)), *((float(second), 0.0) for second in range(40, 71))]
    assert told(Attenuation(50.0, 20.0, WINDOW), points) is Qartod.FAIL


def test_a_sensor_that_is_read_seldom_is_judged_at_the_end_of_its_window_though_it_is_a_little_slow() -> None:
    half_hour, window = 1800.0, 12 * 3600.0
    test = Attenuation(5.0, 0.0, window, period=half_hour)
    assert {test.take(int(1000 * half_hour) * turn, 0.0) for turn in range(24)} == {Qartod.NOT_EVALUATED}
    assert test.take(43_199_999, 0.0) is Qartod.NOT_EVALUATED
    assert test.take(43_200_000, 0.0) is Qartod.SUSPECT
    slow = Attenuation(5.0, 0.0, window, period=half_hour)
    verdicts = [slow.take(round(1050 * half_hour) * turn, 0.0) for turn in range(40)]
    assert verdicts[-1] is Qartod.SUSPECT
    assert len(slow._parts) <= PARTS
