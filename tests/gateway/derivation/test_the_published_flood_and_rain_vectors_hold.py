"""Promise: depth, level, rate of rise, tilt, speed of sound and the classes of rain are what the published tables say."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from gateway.derivation.kinds.depth import shown
from gateway.derivation.kinds.rain_class import RainClass, rain_class
from gateway.model import Flag, Quality, Reason, SeriesInfo
from hardware.sample import bad
from tests.gateway.appraising import AIR, DISTANCE, Bench, flags

Rows = Callable[[str], list[dict[str, Any]]]
SURVEYED = "survey_date = 2026-05-12"


def rows(safety: Rows, section: str, word: str) -> list[tuple[str, str]]:
    found = [(row["input"], row["expected"]) for row in safety(section) if word in row["input"]]
    assert found
    return found


def numbers(text: str) -> list[float]:
    return [float(found.replace("−", "-")) for found in re.findall(r"[-−]?\d+(?:\.\d+)?", text)]


def test_depth_of_distances(safety: Rows) -> None:
    ((given, expected),) = rows(safety, "flood", "MB7389")
    mount, *distances = numbers(given.replace("MB7389", ""))
    bench = Bench([DISTANCE], f'[[derived]]\nname = "depth"\nkind = "depth"\nfrom = "distance"\nmount_height = {mount}\n{SURVEYED}')
    sentinels = {300: Reason.OBSTRUCTED, 5000: Reason.NO_TARGET}
    for at, (distance, words) in enumerate(zip(distances, expected.split(";"), strict=True)):
        if distance in sentinels:
            depth = bench.take("distance", at, bad("distance", sentinels[int(distance)], int(distance)))["depth"]
            assert (depth.value, depth.quality, depth.reason) == (None, Quality.BAD, words.strip().lower())
            continue
        depth = bench.feed("distance", at, distance)["depth"]
        assert depth.value == numbers(words.replace("depth", ""))[0]
        assert ("shown as 0" in words) == (shown(depth.value) == 0.0)
        assert ("watch the offset" in words) == bool(flags(depth) & Flag.UNDER_ZERO)


def test_elevation_in_its_datum(safety: Rows) -> None:
    ((given, expected),) = rows(safety, "flood", "elevation")
    elevation, distance = numbers(given)
    text = f'[[derived]]\nname = "level"\nkind = "level"\nfrom = "distance"\nelevation = {elevation}\ndatum = "EVRF2019"\n{SURVEYED}'
    bench = Bench([DISTANCE], text)
    assert bench.feed("distance", 0, distance * 1000)["level"].value == numbers(expected)[0]
    assert bench.info("level").datum.startswith("EVRF2019")
    assert bench.info("level").unit == "m"


@pytest.mark.parametrize(("unit", "place"), [("mm/min", 0), ("m/h", 1)])
def test_rate_of_rise(safety: Rows, unit: str, place: int) -> None:
    ((given, expected),) = rows(safety, "flood", "in 10 min")
    low, high, minutes = numbers(given)
    depth = SeriesInfo("depth", "depth", "mm", 1, -100, 2500, 1.0, 0.1)
    bench = Bench([depth], f'[[derived]]\nname = "rise"\nkind = "rate"\nfrom = "depth"\nwindow = "10 min"\nunit = "{unit}"')
    seconds = int(minutes * 60)
    for second in range(seconds + 1):
        rise = bench.feed("depth", second, low + (high - low) * second / seconds)["rise"]
    assert rise.value == pytest.approx(numbers(expected)[place], abs=0.005)
    assert rise.quality == Quality.GOOD


def test_classes_of_rain(safety: Rows) -> None:
    found = rows(safety, "rain", "rain")
    assert len(found) == 5
    for given, expected in found:
        assert rain_class(*numbers(given.split("=")[1])).name == expected, given


@pytest.mark.parametrize(
    ("sums", "expected"),
    [
        ((0, 60, 60), RainClass.ADVISORY),
        ((0, 0, 110), RainClass.ADVISORY),
        ((0, 90, 90), RainClass.WARNING),
        ((50, 89.9, 90), RainClass.ADVISORY),
        ((71.9, 89, 90), RainClass.ADVISORY),
        ((50, 90, 90), RainClass.EXTREME),
    ],
)
def test_a_threshold_belongs_to_its_class(sums: tuple[float, float, float], expected: RainClass) -> None:
    assert rain_class(*sums) is expected


def test_speed_of_sound_by_the_real_temperature(vectors: Rows) -> None:
    checked = 0
    for row in vectors("sound_speed"):
        if "assuming" not in row["input"]:
            continue
        distance, assumed, air = numbers(row["input"])
        text = f'[[derived]]\nname = "true"\nkind = "temperature_corrected"\nfrom = "distance"\ntemperature = "air"\nassumed = {assumed}'
        bench = Bench([DISTANCE, AIR], text)
        bench.feed("air", 0, air)
        reading = bench.feed("distance", 1, distance)["true"]
        assert reading.value == numbers(row["expect"])[0]
        assert reading.quality == Quality.GOOD
        checked += 1
    assert checked == 2


def test_a_tilted_mount(vectors: Rows) -> None:
    ((mount, tilt, apparent),) = [(*numbers(row["input"]), numbers(row["expect"])[0]) for row in vectors("sound_speed") if "tilted" in row["input"]]
    fine = SeriesInfo("distance", "distance", "mm", 2, 30, 5000, 1.0, 0.01)
    text = f'[[derived]]\nname = "{{}}"\nkind = "depth"\nfrom = "distance"\nmount_height = {mount}\n{SURVEYED}\ntilt = {{}}\n'
    bench = Bench([fine], text.format("upright", 0.0) + text.format("leaning", tilt))
    found = bench.feed("distance", 0, mount + apparent)
    assert found["upright"].value == pytest.approx(-apparent, abs=0.06)
    assert flags(found["upright"]) & Flag.UNDER_ZERO
    assert found["leaning"].value == pytest.approx(0.0, abs=0.05)


def test_a_blocked_vent_tube_and_a_barometer() -> None:
    """Published: 1 hPa is 10.197 mm of water, so +30 hPa of weather is +306 mm that are not there."""
    probe = SeriesInfo("probe", "pressure", "hPa", 2, 500, 3000, 1.0, 0.01)
    air = SeriesInfo("air_pressure", "pressure", "hPa", 1, 300, 1100, 1.0, 0.1)
    text = '[[derived]]\nname = "sewer"\nkind = "pressure_level"\nfrom = "probe"\nbarometer = "air_pressure"\ndensity = 1000.0\nmax_age = "2 s"'
    bench = Bench([probe, air], text)
    assert bench.feed("probe", 0, 1200.0)["sewer"].reason == Reason.NO_COMPENSATION
    bench.feed("air_pressure", 0, 1000.0)
    calm = bench.feed("probe", 1, 1200.0)["sewer"]
    uncompensated = bench.feed("probe", 2, 1230.0)["sewer"]
    assert (uncompensated.value or 0) - (calm.value or 0) == 306
    bench.feed("air_pressure", 3, 1030.0)
    assert bench.feed("probe", 4, 1230.0)["sewer"].value == calm.value
    bench.feed("probe", 5, 1230.0)
    old = bench.feed("probe", 6, 1230.0)["sewer"]
    assert (old.value, old.quality, old.reason) == (calm.value, Quality.UNCERTAIN, Reason.NO_COMPENSATION)
    assert flags(old) & Flag.UNCOMPENSATED
