"""Promise: a set point that a sensor cannot reach, or that an alarm would never leave, is refused at its key; what just can be is taken."""

from __future__ import annotations

import math
from typing import Any

import pytest

from gateway.model import Flag, Quality, Reading, SeriesInfo
from gateway.rules.limits import Limits
from gateway.rules.rule import Demand
from gateway.rules.section import Site, ruled
from tests.gateway.rules.playing import Play, rule, told

PPM = SeriesInfo("s", "gas", "[ppm]", 1, -10, 100, 1.0, 0.1)
LEL = SeriesInfo("s", "gas", "%{LEL}", 1, 0, 120, 1.0, 0.1)


@pytest.mark.parametrize(
    ("unit", "direction", "said", "expected"),
    [
        (LEL, "rising", None, 100.0), (LEL, "rising", True, 100.0), (LEL, "rising", False, None), (LEL, "falling", None, None),
        (PPM, "rising", None, None), (PPM, "rising", True, math.inf), (PPM, "rising", False, None), (PPM, "falling", True, None),
    ],
)  # fmt: skip
def test_an_over_range_latches_from_100_lel_on_or_where_it_is_asked_for(unit: SeriesInfo, direction: Any, said: bool | None, expected: Any) -> None:
    assert Limits(series="s", a1=20.0, direction=direction, over_range_latch=said).latch_at(unit) == expected


def wrong(**keys: Any) -> list[str]:
    return [mistake.key for mistake in Limits(**{"series": "s", "a1": 30.0, **keys}).wrong()]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"a2": 30.1}, []), ({"a2": 30.0}, ["a2"]), ({"a2": 29.9}, ["a2"]),
        ({"a2": 29.9, "direction": "falling"}, []), ({"a2": 30.0, "direction": "falling"}, ["a2"]), ({"a2": 30.1, "direction": "falling"}, ["a2"]),
        ({"hysteresis": 1.0}, []), ({"hysteresis_share": 0.1}, []), ({"hysteresis": 1.0, "hysteresis_share": 0.1}, ["hysteresis_share"]),
        ({"over_range_latch": True}, []), ({"over_range_latch": True, "direction": "falling"}, ["over_range_latch"]),
        ({"over_range_latch": False, "direction": "falling"}, []),
    ],
)  # fmt: skip
def test_what_is_wrong_whatever_the_series_is(keys: dict[str, Any], expected: list[str]) -> None:
    assert wrong(**keys) == expected


def misfits(**keys: Any) -> list[str]:
    return [f"{mistake.key}: {mistake.remedy}" for mistake in Limits(**{"series": "s", "a1": 30.0, **keys}).misfits(PPM)]


RANGE = "write a value from -10 to 100 [ppm]"


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"a1": 100.0}, []), ({"a1": 100.1}, [f"a1: {RANGE}"]), ({"a1": -10.1}, [f"a1: {RANGE}"]), ({"a1": -9.9}, []),
        ({"a2": 100.0}, []), ({"a2": 100.1}, [f"a2: {RANGE}"]), ({"a1": 101.0, "a2": 102.0}, [f"a1: {RANGE}", f"a2: {RANGE}"]),
        ({"a1": -10.0}, ["a1: write a value inside -10"]), ({"a1": 100.0, "direction": "falling"}, ["a1: write a value inside 100"]),
        ({"a1": -10.0, "direction": "falling"}, []),
        ({"hysteresis": 39.9}, []), ({"hysteresis": 40.0}, ["hysteresis: write less than 40"]),
        ({"hysteresis": 50.0}, ["hysteresis: write less than 40"]),
        ({"a2": 60.0, "hysteresis": 40.0}, ["hysteresis: write less than 40"]),
        ({"direction": "falling", "hysteresis": 69.9}, []), ({"direction": "falling", "hysteresis": 70.0}, ["hysteresis: write less than 70"]),
        ({"a1": 80.0, "hysteresis_share": 0.9}, []), ({"a1": -8.0, "hysteresis_share": 0.25}, ["hysteresis_share: write less than 0.25"]),
        ({"a1": 60.0, "direction": "falling", "hysteresis_share": 0.66}, []),
        ({"a1": 60.0, "direction": "falling", "hysteresis_share": 0.7}, ["hysteresis_share: write less than 0.666667"]),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_sensor(keys: dict[str, Any], expected: list[str]) -> None:
    assert misfits(**keys) == expected


def test_as_many_samples_as_are_looked_at_are_the_most() -> None:
    assert rule(series="co", a1=30.0, n=3, m=3)
    (line,) = told(series="co", a1=30.0, n=4, m=3)
    assert line == "alarm[0] x.n = 4: more than m (3); write 1 to 3, or a larger m"
    for keys in ({"n": 0}, {"m": 101}, {"n": 101, "m": 100}):
        assert told(series="co", a1=30.0, **keys)
    assert rule(series="co", a1=30.0, n=100, m=100)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"stages": [float(stage) for stage in range(10, 21)]}, "stages = "),
        ({"stages": [10.0, 10.0]}, "stages = [10.0, 10.0]: thresholds crossed"),
        ({"stages": [10.0, 2501.0]}, "stages = [10.0, 2501.0]: 2501 outside"),
        ({"stages": [20.0, -101.0]}, "stages = [20.0, -101.0]: thresholds crossed"),
        ({"clears": [5.0, 40.0]}, "clears = [5.0, 40.0]: not one for each stage; write 5 values"),
        ({"clears": [5.0, 40.0, 120.0, 240.0, 600.0]}, "clears = [5.0, 40.0, 120.0, 240.0, 600.0]: a clear level that is not below"),
        ({"stages": [10.0], "clears": [-100.0]}, "clears = [-100.0]: the alarm would never clear"),
        ({"stages": [10.0], "n": 6}, "n = 6: more than m (5)"),
    ],
)  # fmt: skip
def test_a_ladder_that_cannot_be_is_told_at_its_key(keys: dict[str, Any], expected: str) -> None:
    lines = told(kind="ladder", series="depth", **keys)
    assert lines[0].startswith(f"alarm[0] x.{expected}")
    assert len(lines) == 1


def test_a_stage_below_the_range_is_told_beside_the_alarm_that_never_clears() -> None:
    out, stuck = told(kind="ladder", series="depth", stages=[-101.0, 20.0])
    assert "x.stages = [-101.0, 20.0]: -101 outside what the sensor can measure; write stages from -100 to 2500 mm" in out
    assert "x.clears: the alarm would never clear" in stuck
    (stuck,) = told(kind="ladder", series="depth", stages=[-100.0, 20.0])
    assert "x.clears: the alarm would never clear" in stuck


def test_a_ladder_of_ten_stages_up_to_the_end_of_the_range_can_be() -> None:
    stages = [-90.0, *(float(stage) for stage in range(100, 801, 100)), 2500.0]
    made = rule(kind="ladder", series="depth", stages=stages, clears=[-99.0, *(stage - 1 for stage in stages[1:])])
    assert [point.value for point in made.points] == stages
    play = Play(kind="ladder", series="depth", stages=[100.0], clears=[20.0], n=1, m=1, off_delay="0 s")
    assert play.all([100.0, 20.0, 19.0]) == [1, 1, 0]


@pytest.mark.parametrize(("stage", "clear"), [(20.0, 15.0), (25.0, 20.0), (30.0, 24.0), (100.0, 80.0)])
def test_a_stage_clears_a_fifth_and_at_least_5_mm_below(stage: float, clear: float) -> None:
    play = Play(kind="ladder", series="depth", stages=[stage], n=1, m=1, off_delay="0 s")
    assert play.all([stage, clear, clear - 1]) == [1, 1, 0]
    metres = Play(kind="ladder", series="level", stages=[stage / 1000], n=1, m=1, off_delay="0 s")
    assert metres.all([stage / 1000, clear / 1000, (clear - 1) / 1000]) == [1, 1, 0]


def test_a_ladder_on_a_range_that_begins_just_below_its_first_clear_level_clears() -> None:
    for low, fine in ((4.0, True), (5.0, False)):
        infos: dict[str, SeriesInfo | None] = {"d": SeriesInfo("d", "depth", "mm", 0, low, 2500, 1.0)}
        assert (ruled({"name": "x", "kind": "ladder", "series": "d"}, "alarm[0]", Site(infos), []) is not None) is fine


def test_a_class_of_rain_is_told_for_what_it_is() -> None:
    (line,) = told(kind="rain", series="depth")
    assert line.startswith('alarm[0] x.series = "depth": a depth, which is no class of rain; name a derived series of kind rain_class')
    play = Play(kind="rain", series="rain.class", off_delay="0 s")
    assert play.watch.condition.keep() is None
    place = play.watch.rule.series.index("rain.class")
    for level, value, flags, expected in (
        (2, 1.0, Flag.PARTIAL, Demand(2, note="sums are not whole yet")), (2, 3.0, Flag.PARTIAL, Demand(3, note="sums are not whole yet")),
        (2, 1.0, 0, Demand(1)), (2, None, Flag.PARTIAL, Demand(None, quality=Quality.BAD)),
    ):  # fmt: skip
        reading = Reading(place, 0, None, value, Quality.BAD if value is None else Quality.GOOD, int(flags))
        assert play.watch.condition.feed(reading, level) == expected


@pytest.mark.parametrize("kind", ["threshold", "ladder", "rain", "excess"])
def test_a_series_that_is_not_there_is_told_at_its_key(kind: str) -> None:
    keys = {"threshold": {"a1": 30.0}, "excess": {"a1": 2.0, "floor": 1.7, "ceiling": 3.0}}.get(kind, {})
    (line,) = told(kind=kind, series="gone", **keys)
    assert line.startswith('alarm[0] x.series = "gone": no such series')
