"""Promise: where the survey says how deep water can stand, a number above it is something in the beam: no depth, no flood, a fault of its own."""

from __future__ import annotations

import pytest

from gateway.model import Flag, Quality
from tests.gateway.appraising import DISTANCE, Bench

SURVEY = '[[derived]]\nname = "depth"\nkind = "depth"\nfrom = "distance"\nmount_height = 2500.0\nsurvey_date = 2026-05-12\n'
RATE = '[[derived]]\nname = "rise"\nkind = "rate"\nfrom = "depth"\nwindow = "10 s"\n'


def test_beyond_it_something_is_in_the_way() -> None:
    bench = Bench([DISTANCE], SURVEY + "deepest = 1000.0\n")
    assert bench.feed("distance", 0, 1500)["depth"].value == 1000
    found = bench.feed("distance", 1, 1499)
    assert (found["depth"].value, found["depth"].quality, found["depth"].reason) == (None, Quality.BAD, "obstructed")
    assert found["depth"].flags & Flag.SENSOR_FAULT
    assert (found["distance"].value, found["distance"].quality) == (1499, Quality.GOOD)


def test_it_makes_no_rise() -> None:
    bench = Bench([DISTANCE], SURVEY + "deepest = 1000.0\n" + RATE)
    for second in range(20):
        made = bench.feed("distance", second, 400 if second == 12 else 2500)
    assert made["rise"].value == 0


@pytest.mark.parametrize(("line", "high"), [("deepest = 1000.0\n", 1000), ("deepest = 9000.0\n", 2470), ("", 2470)])
def test_the_series_ends_there(line: str, high: float) -> None:
    assert Bench([DISTANCE], SURVEY + line).info("depth").high == high


def test_without_it_every_number_is_a_depth() -> None:
    assert Bench([DISTANCE], SURVEY).feed("distance", 0, 40)["depth"].value == 2460
