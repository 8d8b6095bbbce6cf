"""Promise: what is done to a partner, and what is beyond one sensor's range, neither pauses nor raises the alarm on a series derived from another."""

import pytest

from gateway.model import ChannelState, Flag, Quality, SeriesInfo
from gateway.rules import Watch
from hardware.sample import Reason, Sample, bad
from tests.gateway.appraising import AIR, DISTANCE, Bench, flags
from tests.gateway.watching import threshold
from tests.gateway.watching import watch as watch_of

CHAIN = """
[[derived]]
name = "true"
kind = "temperature_corrected"
from = "distance"
temperature = "air"
assumed = 20.0

[[derived]]
name = "depth"
kind = "depth"
from = "true"
mount_height = 2500.0
survey_date = 2026-05-12

[[derived]]
name = "level"
kind = "level"
from = "distance"
elevation = 12.0
datum = "EVRF2019"
survey_date = 2026-05-12

[[derived]]
name = "rise"
kind = "rate"
from = "depth"
window = "20 s"
"""
PROBE = SeriesInfo("probe", "pressure", "hPa", 2, 500, 3000, 1.0, 0.01)
BAROMETER = SeriesInfo("barometer", "pressure", "hPa", 1, 300, 1100, 1.0, 0.1)
SEWER = '[[derived]]\nname = "sewer"\nkind = "pressure_level"\nfrom = "probe"\nbarometer = "barometer"\ndensity = 1000.0\nmax_age = "60 s"\n'
ON_PURPOSE = Flag.MAINTENANCE | Flag.TEST | Flag.INHIBITED
OVER = Sample("distance", 5100, 5100.0, Quality.UNCERTAIN, Reason.OVER_RANGE)


def flood() -> Watch:
    return watch_of(threshold("flood", "depth", 150.0, 300.0))


def test_a_thermometer_in_maintenance_counts_as_missing() -> None:
    bench = Bench([DISTANCE, AIR], CHAIN)
    bench.appraiser.maintain("air", 10_000_000)
    bench.feed("air", 0, 35.0)
    found = bench.feed("distance", 1, 2200)
    assert (found["true"].value, flags(found["true"]), found["true"].reason) == (2200.0, Flag.UNCOMPENSATED, Reason.NO_COMPENSATION)
    assert not flags(found["depth"]) & ON_PURPOSE
    assert bench.states["depth"] is ChannelState.NORMAL
    assert [change.what for change in flood().feed(found["depth"])] == ["raised"]


def test_an_inhibited_thermometer_too() -> None:
    bench = Bench([DISTANCE, AIR], CHAIN)
    bench.feed("air", 0, 35.0, Reason.INHIBIT)
    assert flags(bench.feed("distance", 1, 2200)["depth"]) == Flag.UNCOMPENSATED


def test_the_source_s_own_maintenance_goes_on_to_everything_derived() -> None:
    bench = Bench([DISTANCE, AIR], CHAIN)
    bench.appraiser.maintain("distance", 10_000_000)
    found = bench.feed("distance", 1, 2200)
    assert all(reading.flags & Flag.MAINTENANCE for reading in found.values())


def test_a_barometer_in_maintenance_leaves_its_last_value_before() -> None:
    bench = Bench([PROBE, BAROMETER], SEWER)
    bench.feed("barometer", 0, 1000.0)
    before = bench.feed("probe", 1, 1200.0)["sewer"]
    bench.appraiser.maintain("barometer", 10_000_000)
    bench.feed("barometer", 2, 400.0)
    during = bench.feed("probe", 3, 1200.0)["sewer"]
    assert (during.value, during.flags, during.quality) == (before.value, 0, Quality.GOOD)
    bench.feed("barometer", 70, 400.0)
    old = bench.feed("probe", 71, 1200.0)["sewer"]
    assert (old.value, flags(old) & Flag.UNCOMPENSATED) == (before.value, Flag.UNCOMPENSATED)


@pytest.mark.parametrize("sample", [OVER, bad("distance", Reason.OVER_RANGE, 5100)])
def test_a_distance_beyond_the_sensor_is_water_below_it_and_no_flood(sample: Sample) -> None:
    bench, watch = Bench([DISTANCE, AIR], CHAIN), flood()
    bench.feed("air", 0, 20.0)
    found = bench.take("distance", 1, sample)
    for name in ("depth", "level"):
        assert (flags(found[name]) & (Flag.OVER_RANGE | Flag.UNDER_RANGE), found[name].reason) == (Flag.UNDER_RANGE, Reason.UNDER_RANGE)
        assert bench.states[name] is not ChannelState.OVER_RANGE
    assert not watch.feed(found["depth"])
    assert not watch.state.level


def test_something_in_front_of_the_sensor_stays_bad_as_it_is() -> None:
    bench = Bench([DISTANCE, AIR], CHAIN)
    for reason in (Reason.OBSTRUCTED, Reason.UNDER_RANGE):
        reading = bench.feed("distance", 1, reason)["depth"]
        assert (reading.value, reading.reason) == (None, reason)


def test_a_thermometer_above_its_range_makes_no_flood() -> None:
    bench, watch = Bench([DISTANCE, AIR], CHAIN), flood()
    bench.feed("air", 0, 80.0, Reason.OVER_RANGE)
    depth = bench.feed("distance", 1, 2400)["depth"]
    assert (flags(depth) & (Flag.OVER_RANGE | Flag.EXTRAPOLATED), depth.reason) == (Flag.EXTRAPOLATED, Reason.EXTRAPOLATED)
    assert not watch.feed(depth)


def test_an_over_range_in_its_window_makes_no_rate() -> None:
    probe_rise = SEWER + '[[derived]]\nname = "rise"\nkind = "rate"\nfrom = "sewer"\nwindow = "20 s"\n'
    bench, watch = Bench([PROBE, BAROMETER], probe_rise), watch_of(threshold("rise", "rise", 15.0))
    for second in range(40):
        bench.feed("barometer", second, 1000.0)
        rise = bench.feed("probe", second, 1200.0, Reason.OVER_RANGE if second == 30 else None)["rise"]
        assert not [change for change in watch.feed(rise) if change.what == "raised"]
        assert rise.reason != Reason.OVER_RANGE
    assert flags(rise) == Flag.EXTRAPOLATED


@pytest.mark.parametrize("value", [3000.0, Reason.OVER_RANGE])
def test_a_probe_above_its_range_is_water_above_every_threshold(value: float | Reason) -> None:
    bench, watch = Bench([PROBE, BAROMETER], SEWER), watch_of(threshold("sewer", "sewer", 1000.0, 30_000.0))
    bench.feed("barometer", 0, 1000.0)
    watch.feed(bench.feed("probe", 1, value, None if isinstance(value, Reason) else Reason.OVER_RANGE)["sewer"])
    assert watch.state.level == 2
