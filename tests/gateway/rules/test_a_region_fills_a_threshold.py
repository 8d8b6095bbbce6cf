"""Promise: a threshold that names a region has its set points, its hysteresis and its direction; what the table says itself stands above them."""

from __future__ import annotations

from typing import Any

import pytest

from gateway import limits
from gateway.problems import Problem
from gateway.rules.section import Site, ruled
from tests.gateway.rules.playing import INFOS, Play, rule, told


def test_the_set_points_are_the_region_s() -> None:
    """United States: 35 and 70 ppm (Industrial Scientific), cleared below 80 % of the first."""
    play = Play(series="co", preset="US")
    assert [point[:4] for point in play.rule.points] == [("a1", "co", 1, 35.0), ("a2", "co", 2, 70.0)]
    assert play.all([34.9, 35.0, 70.0, 28.0, 27.9]) == [0, 1, 2, 1, 0]
    assert [point[1:] for point in rule(series="o2", preset="KR").points] == [("o2", 1, 19.5, False), ("o2", 2, 18.0, False)]


def test_a_direction_chooses_among_those_of_the_region() -> None:
    (only,) = rule(series="o2", preset="US", direction="rising").points
    assert (only.value, only.rising) == (23.5, True)
    (only,) = rule(series="o2", preset="US", direction="falling").points
    assert (only.value, only.rising) == (19.5, False)


@pytest.mark.parametrize(
    ("said", "levels"),
    [
        ({"a1": 40.0}, [0, 1, 2, 1, 1, 0]),
        ({"a2": 75.0}, [1, 1, 1, 1, 1, 1]),
        ({"hysteresis": 3.0}, [1, 1, 2, 1, 1, 0]),
        ({"hysteresis_share": 0.1}, [1, 1, 2, 1, 1, 1]),
    ],
)
def test_what_is_said_stands_above(said: dict[str, Any], levels: list[int]) -> None:
    """Of the region: 35, 70, clears 7 below."""
    assert Play(series="co", preset="US", **said).all([39.9, 40.0, 74.0, 39.0, 33.0, 31.5]) == levels


@pytest.mark.parametrize(
    ("keys", "wrong", "remedy"),
    [
        ({"series": "co", "preset": "XX"}, 'preset = "XX": no such region', "write one of: EU, KR, US, VN"),
        ({"series": "co", "preset": "US", "direction": "falling"}, 'preset = "US": there is no falling set point', "write a1 and a2 yourself"),
        ({"series": "float", "preset": "US"}, 'preset = "US": ', "write a1 and a2 yourself"),
        ({"series": "depth", "preset": "US", "kind": "ladder"}, 'preset = "US": a preset is for the kind threshold', "leave it out"),
        ({"series": "co", "preset": "US", "direction": "up"}, 'direction = "up"', "rising"),
        ({"series": "co", "preset": 7}, "preset = 7: expected str", "a1"),
    ],
)  # fmt: skip
def test_where_there_is_none_one_says_so(keys: dict[str, Any], wrong: str, remedy: str) -> None:
    lines = told(**keys)
    assert lines[0].startswith(f"alarm[0] x.{wrong}")
    assert any(remedy in line for line in lines)


def test_without_a_region_or_a_series_nothing_is_filled() -> None:
    (line,) = told(series="co", preset="")
    assert line.startswith("alarm[0] x.a1: missing")
    (line,) = told(series="gone", preset="US", a1=5.0)
    assert line.startswith('alarm[0] x.series = "gone": no such series; write one of: ')
    problems: list[Problem] = []
    assert ruled({"name": "x", "series": "gone", "preset": "XX", "a1": 5.0}, "alarm[0]", Site({**INFOS, "gone": None}), problems) is None
    assert problems == []


def test_a_mistake_in_an_option_is_not_held_against_the_series_and_shows_its_value() -> None:
    members = [{"series": "lel-a", "a1": 200.0}, {"series": "lel-b", "a1": 20.0, "hysteresis": 20.0}]
    assert [line.partition(": ")[0] for line in told(kind="vote", need=1, policy="degrade", members=members)] == [
        "alarm[0] x.members[0].a1 = 200.0", "alarm[0] x.members[1].hysteresis = 20.0",
    ]  # fmt: skip
    assert [line.partition(": ")[0] for line in told(series="co", a1=700.0, a2=600.0)] == ["alarm[0] x.a2 = 600.0"]
    assert [line.partition(": ")[0] for line in told(series="co", a1=700.0, latching=[2])] == ["alarm[0] x.latching = [2]", "alarm[0] x.a1 = 700.0"]
    assert set(limits.regions()) == {"EU", "KR", "US", "VN"}
