"""Promise: a derived reading has the worst quality of its inputs, carries their flags, and its stored number is its value on node and hub alike."""

import pytest

from gateway.calibration import Curve, companion
from gateway.model import ChannelState, Flag, Quality, SeriesInfo
from hardware.sample import Reason, Sample
from tests.gateway.appraising import AIR, DISTANCE, Bench, flags

CHAIN = """
[[derived]]
name = "true"
kind = "temperature_corrected"
from = "distance"
temperature = "air"
assumed = 20.0
max_age = "60 s"

[[derived]]
name = "depth"
kind = "depth"
from = "true"
mount_height = 2500.0
survey_date = 2026-05-12
surveyed_by = "Kim"
datum = "lowest point of the road"
"""


def test_a_chain_follows_each_sample_with_its_time() -> None:
    bench = Bench([DISTANCE, AIR], CHAIN)
    assert list(bench.feed("air", 0, 20.0)) == ["air"], "a partner triggers nothing"
    found = bench.feed("distance", 1, 2400)
    assert list(found) == ["distance", "true", "depth"]
    assert {r.ms for r in found.values()} == {1000}
    assert (found["depth"].value, found["depth"].quality) == (100.0, Quality.GOOD)


@pytest.mark.parametrize("air", [None, Reason.TIMEOUT, -60.0, 99.0])
def test_without_a_believable_temperature_the_value_is_uncorrected_and_says_so(air: float | Reason | None) -> None:
    bench = Bench([DISTANCE, AIR], CHAIN)
    if air is not None:
        bench.feed("air", 0, air)
    found = bench.feed("distance", 1, 2400)
    assert (found["true"].value, found["true"].quality, found["true"].reason) == (2400.0, Quality.UNCERTAIN, Reason.NO_COMPENSATION)
    assert flags(found["depth"]) == Flag.UNCOMPENSATED
    assert not found["distance"].flags


def test_an_old_temperature_is_not_used() -> None:
    bench = Bench([DISTANCE, AIR], CHAIN)
    bench.feed("air", 0, 35.0)
    assert bench.feed("distance", 60, 2500)["true"].value == 2563.2
    assert bench.feed("distance", 61, 2500)["true"].value == 2500.0


def test_doubts_are_carried_and_failures_keep_their_reason() -> None:
    bench = Bench([DISTANCE, AIR], CHAIN)
    bench.feed("air", 0, 20.0, Reason.WARM_UP)
    doubted = bench.feed("distance", 1, 2400)["depth"]
    assert (doubted.quality, flags(doubted), doubted.reason) == (Quality.UNCERTAIN, Flag.WARM_UP, Reason.WARM_UP)
    failed = bench.feed("distance", 2, Reason.OBSTRUCTED)
    assert {(r.value, r.quality, r.reason) for r in failed.values()} == {(None, Quality.BAD, Reason.OBSTRUCTED)}
    assert bench.states == {"air": ChannelState.WARM_UP, **dict.fromkeys(("distance", "true", "depth"), ChannelState.FAULT)}


def test_a_value_beyond_the_source_s_range_is_derived_and_flagged() -> None:
    found = Bench([DISTANCE, AIR], CHAIN).take("distance", 0, Sample("distance", -300, -300.0))
    assert found["depth"].value == 2800.0
    assert flags(found["depth"]) & (Flag.GROSS_RANGE | Flag.FAILED) == Flag.GROSS_RANGE | Flag.FAILED


def test_the_stored_number_is_the_value() -> None:
    bench = Bench([DISTANCE, AIR], CHAIN)
    bench.feed("air", 0, 31.3)
    for distance in range(100, 4900, 37):
        for name, reading in bench.feed("distance", 1, distance).items():
            assert reading.raw is not None
            assert reading.value == bench.info(name).value(reading.raw)


def test_a_derived_series_says_what_it_refers_to() -> None:
    bench = Bench([DISTANCE, AIR], CHAIN)
    depth = bench.info("depth")
    assert depth.datum == "lowest point of the road, 2500 mm below the sensor, surveyed 2026-05-12 by Kim"
    assert (depth.unit, depth.quantity, depth.period, depth.slope, depth.decimals) == ("mm", "depth", 1.0, 0.1, 1)
    assert depth.low < -2500
    assert depth.high < 2500


def test_another_calibration_of_the_source_begins_the_memory_anew() -> None:
    depth = SeriesInfo("depth", "depth", "mm", 1, -100, 2500, 1.0, 0.1)
    bench = Bench([depth], '[[derived]]\nname = "rise"\nkind = "rate"\nfrom = "depth"\nwindow = "60 s"\n[[quality]]\nseries = "depth"\nspike = 5.0')
    for second in range(70):
        bench.feed("depth", second, 0.0)
    moved = SeriesInfo("depth", "depth", "mm", 1, -100, 2500, 1.0, 0.1, 40.0, "cal-1")
    bench.appraiser.use([moved, bench.info("rise")])
    found = bench.take("depth", 70, Sample("depth", 0, 0.0))
    assert (found["depth"].value, found["depth"].flags) == (40.0, 0)
    assert (found["rise"].value, found["rise"].reason) == (None, Reason.WARM_UP)
    with pytest.raises(ValueError, match="depth, rise in this order"):
        bench.appraiser.use([bench.info("rise"), moved])


def test_a_curve_s_value_is_derived_from_and_its_raw_number_stands_beside_it() -> None:
    bench = Bench([DISTANCE], CHAIN[CHAIN.index('[[derived]]\nname = "depth"') :].replace('"true"', '"distance"'))
    coded = SeriesInfo("distance", "distance", "mm", 0, 30, 5000, 1.0, 1.0, 0.0, "cal-2")
    curve = Curve((1.0, 0.0), ((100.0, 110.0), (1000.0, 1020.0), (4000.0, 4000.0)), 0.0, 0.0, -5000, 10_000)
    bench.appraiser.use([coded, bench.info("depth"), companion(DISTANCE, "cal-2")], {"distance": curve})
    found = bench.take("distance", 0, Sample("distance", 1000, 1000.0))
    assert {name: (r.raw, r.value) for name, r in found.items()} == {
        "distance": (1020, 1020.0),
        "distance.raw": (1000, 1000.0),
        "depth": (1480, 1480.0),
    }
    failed = bench.feed("distance", 1, Reason.NO_ECHO)
    assert {(r.value, r.quality, r.reason) for r in failed.values()} == {(None, Quality.BAD, Reason.NO_ECHO)}
    bench.appraiser.use([DISTANCE, bench.info("depth")])
    assert list(bench.take("distance", 2, Sample("distance", 1000, 1000.0))) == ["distance", "depth"]
