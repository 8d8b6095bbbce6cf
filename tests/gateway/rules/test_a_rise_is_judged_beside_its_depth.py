"""Promise: a rate of rise counts with a depth that is young, measured and deep enough; what it says of the time left is true in every unit."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.model import Flag, Quality, Reading, SeriesInfo, Table
from gateway.rules.kinds import rise
from gateway.rules.rule import Demand, Rule
from tests.gateway.rules.playing import Play, told

MADE = int(Flag.MAINTENANCE | Flag.TEST)


class Beside:
    """A rise alone, on two series of any units and periods; the rate is read every 2 s, the depth every 5 s."""

    def __init__(self, rate: str = "mm/min", depth: str = "mm", **keys: Any) -> None:
        table = Table((SeriesInfo("r", "rate_of_depth", rate, 2, -500, 500, 2.0), SeriesInfo("d", "depth", depth, 0, 0, 2500, 5.0)))
        options = rise.Options(series="r", depth="d", **{"a1": 15.0, "samples": 1, **keys})
        self._condition = rise.Condition(Rule("x", "rise", ("r", "d"), options=options), table)

    def depth(self, second: float, value: float | None, flags: int = 0, quality: int = Quality.GOOD) -> Demand:
        return self._feed(1, second, value, flags, quality)

    def rate(self, second: float, value: float | None, flags: int = 0, quality: int = Quality.GOOD, at: int = 0) -> Demand:
        return self._feed(0, second, value, flags, quality, at)

    def _feed(self, place: int, second: float, value: float | None, flags: int, quality: int, at: int = 0) -> Demand | None:
        quality = Quality.BAD if value is None else quality
        return self._condition.feed(Reading(place, round(second * 1000), None, value, quality, flags), at)


MISSING = Demand(None, fault=True, note="d is missing")


def test_a_depth_decides_nothing_by_itself() -> None:
    both = Beside()
    assert both.depth(0, 100.0) is None
    assert both.rate(1, 20.0) == Demand(1)
    assert both.depth(2, 0.0) is None
    assert both.rate(3, 20.0) == Demand(0)


@pytest.mark.parametrize(("second", "expected"), [(15.0, Demand(1)), (15.001, MISSING), (-15.0, Demand(1)), (-15.001, MISSING)])
def test_a_depth_counts_for_three_periods_of_the_slower(second: float, expected: Demand) -> None:
    both = Beside()
    both.depth(100, 100.0)
    assert both.rate(100 + second, 20.0) == expected


def test_a_depth_without_a_value_is_missing() -> None:
    both = Beside()
    assert both.rate(0, 20.0) == MISSING
    both.depth(1, None)
    assert both.rate(1, 20.0) == MISSING
    assert both.rate(2, None) == Demand(None, quality=Quality.BAD), "its own failure comes first"


def test_a_depth_in_maintenance_is_no_fault() -> None:
    both = Beside()
    both.depth(0, 100.0, MADE, Quality.UNCERTAIN)
    assert both.rate(1, 20.0) == Demand(None, inhibited=True)
    assert both.rate(15.001, 20.0) == MISSING, "but one of long ago is"
    both.depth(20, None, int(Flag.INHIBITED))
    assert both.rate(21, 20.0) == Demand(None, inhibited=True)
    both.depth(22, 100.0)
    assert both.rate(23, 20.0) == Demand(1)


@pytest.mark.parametrize(
    ("depth", "keys", "level"), [(30.0, {}, 0), (30.5, {}, 1), (50.0, {"deeper_than": 50.0}, 0), (50.5, {"deeper_than": 50.0}, 1)]
)
def test_only_deep_enough_counts(depth: float, keys: dict[str, Any], level: int) -> None:
    both = Beside(**keys)
    both.depth(0, depth)
    assert both.rate(1, 20.0).level == level


def test_the_worse_of_the_two_is_told() -> None:
    both = Beside()
    both.depth(0, 100.0, int(Flag.SPIKE), Quality.UNCERTAIN)
    assert both.rate(1, 20.0) == Demand(1, quality=Quality.UNCERTAIN)
    both.depth(2, 100.0)
    assert both.rate(3, 20.0, int(Flag.RATE_OF_CHANGE), Quality.UNCERTAIN) == Demand(1, quality=Quality.UNCERTAIN)
    assert both.rate(4, 20.0) == Demand(1)


def test_two_set_points_and_what_clears_them() -> None:
    both = Beside(a1=10.0, a2=20.0)
    both.depth(0, 100.0)
    assert [both.rate(1, rate, at=at).level for rate, at in ((10.0, 0), (20.0, 0), (16.0, 2), (15.9, 2), (8.0, 1), (7.9, 1))] == [1, 2, 2, 1, 1, 0]
    half = Beside(a1=10.0, hysteresis_share=0.5)
    half.depth(0, 100.0)
    assert [half.rate(1, rate, at=1).level for rate in (5.0, 4.9)] == [1, 0]


@pytest.mark.parametrize(
    ("rate_unit", "rate", "depth_unit", "depth", "stage", "note"),
    [
        ("mm/min", 20.0, "mm", 100.0, 150.0, "150 mm in 2.5 min at this rate"),
        ("mm/h", 1200.0, "mm", 100.0, 150.0, "150 mm in 2.5 min at this rate"),
        ("m/h", 1.2, "mm", 100.0, 150.0, "150 mm in 2.5 min at this rate"),
        ("mm/h", 60.0, "mm", 100.0, 1100.0, "1100 mm in 1000.0 min at this rate"),
        ("m/h", 0.06, "mm", 100.0, 1100.0, "1100 mm in 1000.0 min at this rate"),
        ("m/h", 0.5, "mm", 150.0, 150.5, "150.5 mm in 0.1 min at this rate"),
        ("mm/min", 0.5, "mm", 100.0, 150.0, "150 mm in 100.0 min at this rate"),
        ("mm/min", 20.0, "cm", 40.0, 45.0, "45 cm in 2.5 min at this rate"),
        ("m/h", 0.9, "m", 31.0, 31.15, "31.15 m in 10.0 min at this rate"),
        ("mm/min", 20.0, "mm", 150.0, 150.0, ""),
        ("mm/min", 20.0, "mm", 100.0, 0.0, ""),
    ],
)
def test_the_time_left_is_what_is_left_through_the_rate(rate_unit: str, rate: float, depth_unit: str, depth: float, stage: float, note: str) -> None:
    """15 mm/min are 0.9 m/h."""
    both = Beside(rate_unit, depth_unit, a1=0.01, stage=stage)
    both.depth(0, depth)
    assert both.rate(1, rate) == Demand(1, note=note)


def test_a_rate_above_its_range_without_a_number_gives_no_time() -> None:
    table = Table((SeriesInfo("r", "rate_of_depth", "mm/min", 2, -500, 500, 2.0), SeriesInfo("d", "depth", "mm", 0, 0, 2500, 5.0)))
    condition = rise.Condition(Rule("x", "rise", ("r", "d"), options=rise.Options(series="r", depth="d", a1=15.0, samples=1, stage=150.0)), table)
    condition.feed(Reading(1, 0, None, 100.0), 0)
    assert condition.feed(Reading(0, 1000, None, None, Quality.BAD, 0, "over_range"), 0) == Demand(1, quality=Quality.BAD)
    assert condition.keep() is None


def test_so_many_samples_in_a_row() -> None:
    play = Play(kind="rise", series="rise", a1=15.0, depth="depth", samples=2, off_delay="0 s")
    levels = []
    for second, rate in enumerate((20.0, 0.0, 20.0, 20.0)):
        play.feed(100.0, second, "depth")
        levels.append(play.feed(rate, second, "rise"))
    assert levels == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"a1": 15.0, "a2": 15.0}, "x.a2 = 15.0: thresholds crossed; write a value above a1 (15)"),
        ({"series": "gone"}, 'x.series = "gone": no such series'),
        ({"depth": "gone"}, 'x.depth = "gone": no such series'),
        ({"a1": 0.0}, "x.a1 = 0.0: "),
        ({"series": "co"}, 'x.series = "co": measured in [ppm], which is no rate of rise'),
        ({"depth": "co"}, 'x.depth = "co": a carbon_monoxide in [ppm], which is no depth'),
        ({"depth": "distance", "deeper_than": 400.0}, 'x.depth = "distance": a distance in mm, which is no depth'),
        ({"a1": 501.0}, "x.a1 = 501.0: outside what the series can show; write a value from -500 to 500 mm/min"),
        ({"a2": 501.0}, "x.a2 = 501.0: outside what the series can show"),
        ({"deeper_than": -101.0}, "x.deeper_than = -101.0: outside what the series can show; write a value from -100 to 2500 mm"),
        ({"deeper_than": 2501.0}, "x.deeper_than = 2501.0: outside what the series can show"),
    ],
)
def test_what_cannot_be_is_told_at_its_key(keys: dict[str, Any], expected: str) -> None:
    (line,) = told(kind="rise", **{"series": "rise", "depth": "depth", "a1": 15.0, **keys})
    assert line.startswith(f"alarm[0] {expected}")


def test_the_ends_of_what_can_be_are_taken() -> None:
    assert Play(kind="rise", series="rise", depth="depth", a1=15.0, a2=500.0, deeper_than=2500.0)
    assert Play(kind="rise", series="rise", depth="depth", a1=0.5, deeper_than=-100.0)
