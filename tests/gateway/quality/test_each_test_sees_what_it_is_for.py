"""Promise: each test speaks with its own bit about what it is for, and is silent about what is healthy."""

import random

import pytest

from gateway.calibration import Curve, companion
from gateway.model import ChannelState, Flag, Qartod, Quality, SeriesInfo
from gateway.quality.attenuation import PARTS, Attenuation
from gateway.quality.points import FlatLine
from hardware.sample import Reason, Sample
from tests.gateway.appraising import DISTANCE, FLOAT, Bench, flags

CO = SeriesInfo("co", "carbon_monoxide", "[ppm]", 1, 0, 500, 1.0, 0.1)
TWIN = SeriesInfo("twin", "distance", "mm", 0, 30, 5000, 1.0)
DAY = 86_400


def test_a_spike_is_suspected_at_once_and_the_level_after_it_is_not() -> None:
    readings = Bench([DISTANCE], '[[quality]]\nseries = "distance"\nspike = 10.0').row("distance", [100, 101, 180, 100, 101, 100, 101])
    assert [bool(flags(r) & Flag.SPIKE) for r in readings] == [False, False, True, True, True, False, False]
    assert all(r.quality == Quality.UNCERTAIN for r in readings[2:5])


def test_what_is_far_away_in_time_is_no_neighbour_of_a_spike() -> None:
    bench = Bench([DISTANCE], '[[quality]]\nseries = "distance"\nspike = 10.0\nlate = 0.0')
    bench.row("distance", [100, 100, 100])
    assert not bench.feed("distance", 600, 300)["distance"].flags
    bench.feed("distance", 601, Reason.TIMEOUT)
    assert not bench.feed("distance", 602, 301)["distance"].flags


def test_a_stuck_sensor_is_told_by_its_raw_codes_also_across_failed_reads() -> None:
    bench = Bench([DISTANCE], '[[quality]]\nseries = "distance"\nflat_suspect = 4\nflat_tolerance = 1.0')
    readings = bench.row("distance", [2500, 2501, Reason.TIMEOUT, 2500, 2501, 2499])
    assert [bool(flags(r) & Flag.FLAT_LINE) for r in readings] == [False, False, False, False, True, False]


def test_a_clogged_well_is_told_after_its_window_and_a_moving_one_is_not() -> None:
    stanza = '[[quality]]\nseries = "{}"\nattenuated_suspect = 20.0\nattenuated_fail = 5.0\nattenuated_window = "48 min"\n'
    bench = Bench([DISTANCE, TWIN], stanza.format("distance") + stanza.format("twin"))
    for second in range(3000):
        clogged = flags(bench.feed("distance", second, 1000 + second % 4)["distance"])
        moving = flags(bench.feed("twin", second, 1000 + second // 60)["twin"])
        assert not moving
        assert bool(clogged) == (second >= 2880)
    assert clogged == Flag.ATTENUATED | Flag.FAILED


def test_attenuation_by_standard_deviation_is_that_of_all_points() -> None:
    seed = 20260512
    rng = random.Random(seed)
    test = Attenuation(10.0, 5.0, PARTS, "sd")  # parts of one second
    verdicts = [test.take(ms, rng.gauss(0, 7)) for ms in range(0, 60_000, 20)]
    assert verdicts[0] is Qartod.NOT_EVALUATED
    assert verdicts[-1] is Qartod.SUSPECT, seed
    assert len(test._parts) <= PARTS


def test_neighbours_that_differ_are_both_only_suspected() -> None:
    text = '[[quality]]\nseries = "distance"\nneighbour = "twin"\nneighbour_limit = 50.0\nage = "5 s"'
    bench = Bench([DISTANCE, TWIN], text)
    assert not bench.feed("distance", 0, 2000)["distance"].flags
    bench.feed("twin", 1, 2000)
    assert not bench.feed("distance", 1, 2050)["distance"].flags
    reading = bench.feed("distance", 2, 2051)["distance"]
    assert (flags(reading), reading.quality, reading.value) == (Flag.NEIGHBOUR, Quality.UNCERTAIN, 2051.0)
    assert not flags(bench.feed("distance", 6.5, 2051)["distance"]) & Flag.NEIGHBOUR, "an old neighbour is not asked"
    bench.feed("twin", 7, Reason.TIMEOUT)
    assert not flags(bench.feed("distance", 7, 3000)["distance"]) & Flag.NEIGHBOUR, "a silent neighbour does not disagree"


@pytest.mark.parametrize(("wet", "value", "suspected"), [(1, 2340, False), (1, 2400, True), (0, 2400, False), (0, 2200, True)])
def test_a_float_switch_is_a_witness(wet: int, value: float, suspected: bool) -> None:
    bench = Bench([DISTANCE, FLOAT], '[[quality]]\nseries = "distance"\nwitness = "float"\non_high = 2350.0\noff_low = 2300.0')
    bench.feed("float", 0, wet)
    assert flags(bench.feed("distance", 1, value)["distance"]) == (Flag.MULTIVARIATE if suspected else Flag(0))


def test_a_late_and_a_jittering_reading_say_so() -> None:
    bench = Bench([DISTANCE], '[[quality]]\nseries = "distance"\njitter = "200 ms"')
    times = [0.0, 1.0, 2.15, 3.0, 4.4, 5.4, 9.0]
    assert [bool(flags(bench.feed("distance", at, 2000 + at)["distance"]) & Flag.TIMING) for at in times] == [False] * 4 + [True, False, True]


def test_without_a_table_only_a_missed_beat_is_told() -> None:
    bench = Bench([DISTANCE])
    assert [flags(bench.feed("distance", at, 2000)["distance"]) for at in (0, 1, 3.9, 7, 8)] == [Flag(0)] * 3 + [Flag.TIMING, Flag(0)]


def test_a_reading_from_before_the_last_one_says_so_and_an_edge_a_little_before_does_not() -> None:
    bench = Bench([DISTANCE])
    assert [flags(bench.feed("distance", at, 2000)["distance"]) for at in (10, 9.2, 10.2, 5)] == [Flag(0)] * 3 + [Flag.TIMING]


def test_a_late_failure_is_still_a_failure() -> None:
    bench = Bench([DISTANCE])
    bench.feed("distance", 0, 2000)
    reading = bench.feed("distance", 10, Reason.TIMEOUT)["distance"]
    assert (reading.quality, reading.value, reading.reason, flags(reading)) == (Quality.BAD, None, Reason.TIMEOUT, Flag.BUS_FAULT | Flag.TIMING)


def test_what_is_done_on_purpose_is_not_tested_and_not_remembered() -> None:
    bench = Bench([CO], '[[quality]]\nseries = "co"\nspike = 5.0\nrate = 100.0\nrecovery = "10 s"')
    bench.row("co", [0.0, 0.0, 0.0])
    bench.appraiser.maintain("co", 5_000)
    during = [bench.feed("co", at, 50.0)["co"] for at in (3, 4)]
    assert {flags(r) for r in during} == {Flag.MAINTENANCE | Flag.TEST}
    assert not bench.feed("co", 5, 0.0)["co"].flags


def test_an_over_range_in_a_bump_test_floods_the_cell_all_the_same() -> None:
    bench = Bench([CO], '[[quality]]\nseries = "co"\nrecovery = "10 s"')
    bench.appraiser.maintain("co", 1_000)
    bench.feed("co", 0, Reason.OVER_RANGE)
    assert flags(bench.feed("co", 1, 20.0)["co"]) == Flag.AFTER_OVER_RANGE


def test_after_an_over_range_values_are_uncertain_until_the_cell_recovered() -> None:
    bench = Bench([CO], '[[quality]]\nseries = "co"\nrecovery = "10 s"')
    assert bench.take("co", 0, Sample("co", 6000, 600.0, Quality.UNCERTAIN, Reason.OVER_RANGE))["co"].value == 600.0
    assert bench.states["co"] is ChannelState.OVER_RANGE
    bench.feed("co", 1, Reason.OVER_RANGE)
    found = [bench.feed("co", second, 20.0)["co"] for second in range(2, 13)]
    assert [bool(flags(r) & Flag.AFTER_OVER_RANGE) for r in found] == [True] * 9 + [False] * 2
    assert (found[0].value, found[0].quality, found[0].reason) == (20.0, Quality.UNCERTAIN, "after_over_range")


@pytest.mark.parametrize(
    ("reason", "flag"),
    [
        (Reason.WARM_UP, Flag.WARM_UP),
        (Reason.EXTRAPOLATED, Flag.EXTRAPOLATED),
        (Reason.SATURATED, Flag.SATURATED),
        (Reason.INDICATIVE, Flag.INDICATIVE),
        (Reason.NO_COMPENSATION, Flag.UNCOMPENSATED),
        (Reason.UNDER_ZERO, Flag.UNDER_ZERO),
    ],
)
def test_what_a_driver_says_has_its_bit(reason: Reason, flag: Flag) -> None:
    reading = Bench([CO]).feed("co", 0, 20.0, reason)["co"]
    assert (flags(reading), reading.value, reading.quality) == (flag, 20.0, Quality.UNCERTAIN)


def test_an_expired_calibration_is_told_and_still_measures() -> None:
    bench = Bench([CO])
    bench.appraiser.expire("co", True)
    reading = bench.feed("co", 0, 20.0)["co"]
    assert (flags(reading), reading.value, reading.quality, reading.reason) == (
        Flag.CALIBRATION_EXPIRED,
        20.0,
        Quality.UNCERTAIN,
        "calibration_expired",
    )
    bench.appraiser.expire("co", False)
    assert not bench.feed("co", 1, 20.0)["co"].flags


def test_a_healthy_day_speaks_up_not_once() -> None:
    """Every minute of a day: a tide, a ripple of some millimetres, jitter of the sampling."""
    seed = 7
    rng = random.Random(seed)
    minute = SeriesInfo("distance", "distance", "mm", 0, 30, 5000, 60.0)
    text = """
[[quality]]
series = "distance"
low = 300.0
high = 4900.0
spike = 50.0
rate = 254.0
flat_suspect = 20
flat_fail = 60
attenuated_suspect = 20.0
attenuated_fail = 10.0
jitter = "5 s"
"""
    bench = Bench([minute], text)
    level, told = 2000.0, 0
    for at in range(0, DAY, 60):
        level += 1.0 if (at // 21_600) % 2 else -1.0
        told |= bench.feed("distance", at + rng.uniform(-1, 1), level + rng.gauss(0, 4))["distance"].flags
    assert not told, seed


CLOCKWORK = '[[quality]]\nseries = "distance"\nlate = 0.0\n'


@pytest.mark.parametrize("step", [8, -8, 30, 300])
def test_a_steady_rise_is_no_spike(step: float) -> None:
    readings = Bench([DISTANCE], CLOCKWORK + "spike = 10.0").row("distance", [2500 - step * k for k in range(8)])
    assert not any(flags(r) & Flag.SPIKE for r in readings)


def test_the_published_rule_tells_of_the_reading_before() -> None:
    bench = Bench([DISTANCE], CLOCKWORK + "spike_low = 10.0\nspike_high = 25.0")
    readings = bench.row("distance", [100, 100, 400, 100, 100, 100])
    assert [r.reason for r in readings] == ["", "", "spike_before_fail", "spike_before_fail", "spike_before_fail", ""]
    assert not any(flags(r) & Flag.FAILED for r in readings), "the reading that tells of it has not failed"
    mild = Bench([DISTANCE], CLOCKWORK + "spike_low = 10.0\nspike_high = 25.0").row("distance", [100, 100, 120, 100, 100, 100])
    assert [r.reason for r in mild] == ["", "", "", "spike_before_suspect", "", ""]


def test_a_flat_line_under_a_curve_is_that_of_what_was_read() -> None:
    gas = SeriesInfo("co", "carbon_monoxide", "[ppm]", 0, 0, 500, 1.0, 0.01)
    bench = Bench([gas], '[[quality]]\nseries = "co"\nflat_suspect = 5\nflat_fail = 10')
    coded = SeriesInfo("co", "carbon_monoxide", "[ppm]", 0, 0, 500, 1.0, 1.0, 0.0, "cal-2")
    curve = Curve((0.01, 0.0), ((0.0, 0.0), (10_000.0, 100.0), (50_000.0, 501.0)), 0.0, 0.0, -1000, 100_000)
    bench.appraiser.use([coded, companion(gas, "cal-2")], {"co": curve})
    for second in range(40):
        found = bench.take("co", second, Sample("co", 2000 + second % 7, 20.0))["co"]
        assert (found.raw, found.flags) == (20, 0)
    frozen = [bench.take("co", 40 + second, Sample("co", 2000, 20.0)) for second in range(10)]
    assert flags(frozen[-1]["co"]) == Flag.FLAT_LINE | Flag.FAILED
    assert flags(frozen[-1]["co.raw"]) == Flag.FLAT_LINE | Flag.FAILED


@pytest.mark.parametrize(
    ("values", "tolerance", "expected"),
    [
        ([0, 1, 2, 2, 1, 2], 1, "111344"),
        ([10, 11, 11, 11, 11, 11], 0.5, "111334"),
        ([10, 9, 10, 11, 10, 11, 10], 1, "1131434"),
        ([0, 1, 0, 1, 2, 1, 2, 1, 2], 1, "113314344"),
        ([5, 5, 5, 6, 6, 6], 0, "113113"),
    ],
)
def test_equal_means_near_the_newest(values: list[float], tolerance: float, expected: str) -> None:
    test = FlatLine(3, 5, tolerance)
    digit = {Qartod.PASS: "1", Qartod.SUSPECT: "3", Qartod.FAIL: "4"}
    assert "".join(digit[test.take(value)] for value in values) == expected


@pytest.mark.parametrize(("period", "window"), [(60, 24), (600, 48), (1800, 24), (900, 100)])
def test_an_attenuation_of_few_readings_is_judged_too(period: int, window: int) -> None:
    slow = SeriesInfo("distance", "distance", "mm", 0, 30, 5000, float(period))
    text = f'[[quality]]\nseries = "distance"\nattenuated_suspect = 5.0\nattenuated_window = "{period * window} s"'
    readings = Bench([slow], text).row("distance", [1000] * (2 * window), period)
    assert flags(readings[-1]) == Flag.ATTENUATED


def test_partners_that_are_read_seldom_are_asked() -> None:
    slow = [SeriesInfo(name, "distance", "mm", 0, 30, 5000, 60.0) for name in ("a", "b")]
    bench = Bench(slow, '[[quality]]\nseries = "a"\nneighbour = "b"\nneighbour_limit = 50.0')
    bench.feed("b", 30, 1000)
    assert flags(bench.feed("a", 60, 3000)["a"]) == Flag.NEIGHBOUR
    assert not flags(bench.feed("a", 151, 3000)["a"]) & Flag.NEIGHBOUR


@pytest.mark.parametrize(("value", "doubt"), [(9000.0, None), (1000.0, Reason.OVER_RANGE), (1000.0, Reason.GUARD_BAND), (1000.0, Reason.INHIBIT)])
def test_a_partner_that_is_no_witness_is_not_asked(value: float, doubt: Reason | None) -> None:
    bench = Bench([DISTANCE, TWIN], '[[quality]]\nseries = "distance"\nneighbour = "twin"\nneighbour_limit = 50.0')
    bench.feed("twin", 0, value, doubt)
    assert not bench.feed("distance", 0, 2000)["distance"].flags


def test_from_where_on_a_witness_says_yes_can_be_told() -> None:
    text = '[[quality]]\nseries = "distance"\nwitness = "twin"\nwitness_on = 2000.0\non_high = 100.0'
    bench = Bench([DISTANCE, TWIN], text)
    bench.feed("twin", 0, 1999)
    assert not bench.feed("distance", 0, 500)["distance"].flags
    bench.feed("twin", 1, 2000)
    assert flags(bench.feed("distance", 1, 500)["distance"]) == Flag.MULTIVARIATE


@pytest.mark.parametrize(("unit", "seconds"), [("[ppm]", 599), ("%{LEL}", 100_000)])
def test_a_flooded_cell_is_doubted_without_any_table(unit: str, seconds: int) -> None:
    bench = Bench([SeriesInfo("gas", "gas", unit, 1, 0, 100, 1.0, 0.1)], '[[quality]]\nseries = "gas"\nlate = 0.0')
    bench.feed("gas", 0, 130.0)  # by its number alone
    assert flags(bench.feed("gas", seconds, 5.0)["gas"]) == Flag.AFTER_OVER_RANGE
    if unit == "[ppm]":
        assert not bench.feed("gas", seconds + 1, 5.0)["gas"].flags
    else:
        bench.appraiser.recovered("gas")
        assert not bench.feed("gas", seconds + 1, 5.0)["gas"].flags
