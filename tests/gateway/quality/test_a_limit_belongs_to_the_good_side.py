"""Promise: what is exactly at a limit passes and what is a millisecond or a hair beyond it is told: values, rates, ages, lateness, spans."""

from __future__ import annotations

import pytest

from gateway.calibration import Curve
from gateway.checks import Checks
from gateway.model import ChannelState, Flag, Qartod, Quality, Reading, Sampled, SeriesInfo
from gateway.quality import Examiner, gross_range, judge, state_of
from gateway.quality.points import FlatLine, RateOfChange, Spike, SpikeBefore, Timing
from hardware.sample import Reason, Sample
from tests.gateway.appraising import DISTANCE, Bench, flags

TWIN = SeriesInfo("twin", "distance", "mm", 0, 30, 5000, 1.0)
LEVEL = SeriesInfo("gas", "gas", "[ppm]", 1, -100, 100, 1.0, 0.1)
"""From -100 to 100: with 4 % of the range at either end, -108 to 108."""


def test_a_rate_at_its_limit_passes() -> None:
    assert [RateOfChange(60.0).take(0, 0.0), RateOfChange(60.0).take(5, 9e9)] == [Qartod.NOT_EVALUATED] * 2
    for limit, expected in ((60.0, Qartod.PASS), (59.9995, Qartod.SUSPECT)):
        test = RateOfChange(limit)
        test.take(5000, 9000.0)
        assert test.take(6000, 9001.0) is expected


def test_between_two_points_of_one_moment_there_is_no_rate() -> None:
    test = RateOfChange(60.0)
    test.take(1000, 0.0)
    assert [test.take(1000, 5.0), test.take(999, 5.0), test.take(61_000, 5.0)] == [Qartod.NOT_EVALUATED, Qartod.NOT_EVALUATED, Qartod.PASS]


def test_equal_codes_are_equal_where_no_tolerance_is_given() -> None:
    test = FlatLine(3, 5)
    assert [test.take(code) for code in (5, 5, 6, 6, 6)] == [Qartod.PASS] * 4 + [Qartod.SUSPECT]


@pytest.mark.parametrize(("value", "expected"), [(10.0, Qartod.PASS), (10.5, Qartod.SUSPECT), (-10.5, Qartod.SUSPECT)])
def test_a_point_at_the_limit_of_a_spike_passes(value: float, expected: Qartod) -> None:
    test = Spike(10.0)
    assert [test.take(0.0), test.take(0.0), test.take(value)] == [Qartod.NOT_EVALUATED, Qartod.NOT_EVALUATED, expected]


@pytest.mark.parametrize(("value", "expected"), [(10.0, Qartod.PASS), (10.5, Qartod.SUSPECT), (25.0, Qartod.SUSPECT), (25.5, Qartod.FAIL)])
def test_the_published_rule_says_greater_than(value: float, expected: Qartod) -> None:
    test = SpikeBefore(10.0, 25.0)
    assert [test.take(0.0), test.take(value), test.take(0.0)] == [Qartod.NOT_EVALUATED, Qartod.NOT_EVALUATED, expected]


@pytest.mark.parametrize(("after", "expected"), [(3000, Qartod.PASS), (3001, Qartod.SUSPECT), (-1000, Qartod.PASS), (-1001, Qartod.SUSPECT)])
def test_a_reading_is_late_or_early_by_more_than_its_limit(after: int, expected: Qartod) -> None:
    test = Timing(1.0, 3.0, None)
    assert [test.take(10_000), test.take(10_000 + after)] == [Qartod.NOT_EVALUATED, expected]


@pytest.mark.parametrize(("after", "expected"), [(65_000, Qartod.PASS), (65_001, Qartod.SUSPECT), (55_000, Qartod.PASS), (54_999, Qartod.SUSPECT)])
def test_jitter_is_what_differs_from_the_period_by_more(after: int, expected: Qartod) -> None:
    test = Timing(60.0, 180.0, 5.0)
    test.take(0)
    assert test.take(after) is expected


def test_a_fast_series_is_late_only_after_a_second() -> None:
    fast = SeriesInfo("distance", "distance", "mm", 0, 30, 5000, 0.1)
    bench = Bench([fast])
    assert [flags(bench.feed("distance", at, 2000)["distance"]) for at in (0, 1.0, 2.0, 3.001)] == [Flag(0)] * 3 + [Flag.TIMING]


def test_the_ends_of_a_span_belong_to_it() -> None:
    assert [gross_range(value, (30, 4999), (300, 4900)) for value in (30, 300, 4900, 4999)] == [
        Qartod.SUSPECT, Qartod.PASS, Qartod.PASS, Qartod.SUSPECT,
    ]  # fmt: skip
    assert [gross_range(value, (-10, 10)) for value in (-10, 10, -10.1, 10.1)] == [Qartod.PASS] * 2 + [Qartod.FAIL] * 2
    assert gross_range(None, (-10, 10)) is Qartod.MISSING


def judged(value: float | None, reason: Reason | None = None, raw: int | None = None, curve: Curve | None = None) -> Reading:
    quality = Quality.BAD if value is None else Quality.UNCERTAIN if reason else Quality.GOOD
    sampled = Sampled(3, 7000, Sample("gas", raw, value, quality, reason))
    return judge(LEVEL, sampled) if curve is None else judge(LEVEL, sampled, curve)


@pytest.mark.parametrize("value", [-108.0, 0.0, 108.0])
def test_a_value_a_little_beyond_the_range_is_good(value: float) -> None:
    assert judged(value) == Reading(3, 7000, round(value * 10), value, Quality.GOOD, 0, "")


@pytest.mark.parametrize("value", [-108.1, 108.1])
def test_a_value_beyond_four_hundredths_of_the_range_fails_and_stays(value: float) -> None:
    failed = int(Flag.GROSS_RANGE | Flag.FAILED)
    assert judged(value) == Reading(3, 7000, round(value * 10), value, Quality.UNCERTAIN, failed, "range")
    assert judged(value, Reason.UNDER_ZERO).reason == "under_zero"
    assert judged(value, Reason.UNDER_ZERO).flags == failed | Flag.UNDER_ZERO


def test_the_raw_number_is_the_driver_s_where_it_has_one() -> None:
    assert (judged(5.0).raw, judged(5.04, raw=50).raw, judged(5.0, raw=50).value) == (50, 50, 5.0)


@pytest.mark.parametrize(("raw", "beyond"), [(-2, False), (102, False), (-3, True), (103, True)])
def test_beyond_what_was_calibrated_a_value_is_extrapolated(raw: int, beyond: bool) -> None:
    """Two hundredths of what was calibrated is room for noise; the line of the curve: 0 to 50 for 0 to 100."""
    curve = Curve((1.0, 0.0), ((0.0, 0.0), (100.0, 50.0)), 0.0, 0.0, -300.0, 300.0, (0.0, 100.0))
    reading = judged(1.0, raw=raw, curve=curve)
    assert (reading.value, reading.raw) == (raw / 2, round(raw * 5))
    assert (reading.flags, reading.quality, reading.reason) == (
        (Flag.EXTRAPOLATED, Quality.UNCERTAIN, "extrapolated") if beyond else (0, Quality.GOOD, "")
    )
    assert judged(1.0, Reason.WARM_UP, raw=raw, curve=curve).reason == "warm_up"
    assert judged(7.0, curve=curve).flags == 0, "without a raw number nothing was extrapolated"


def test_a_channel_is_at_fault_where_its_sample_has_no_value() -> None:
    assert state_of(Sample("gas", None, None, Quality.BAD, Reason.TIMEOUT)) is ChannelState.FAULT
    assert state_of(Sample("gas", 5, 0.5, Quality.UNCERTAIN, Reason.SATURATED)) is ChannelState.NORMAL
    assert state_of(Sample("gas", 5, 0.5)) is ChannelState.NORMAL


NEAR = '[[quality]]\nseries = "distance"\nneighbour = "twin"\nneighbour_limit = 50.0\n'


@pytest.mark.parametrize(
    ("period", "more", "age", "asked"),
    [
        (1.0, "", 10.0, True), (1.0, "", 10.5, False), (60.0, "", 120.0, True), (60.0, "", 120.5, False),
        (1.0, 'age = "100 s"\n', 100.0, True), (1.0, 'age = "100 s"\n', 100.05, False), (60.0, 'age = "100 s"\n', 100.05, False),
    ],
)  # fmt: skip
def test_a_partner_is_asked_for_so_long(period: float, more: str, age: float, asked: bool) -> None:
    """Ten seconds, two of its periods where those are longer, or what the table says."""
    bench = Bench([DISTANCE, SeriesInfo("twin", "distance", "mm", 0, 30, 5000, period)], NEAR + more)
    bench.feed("twin", 500, 1000)
    assert bool(flags(bench.feed("distance", 500 + age, 2000)["distance"]) & Flag.NEIGHBOUR) is asked


def test_a_partner_in_maintenance_is_not_asked() -> None:
    bench = Bench([DISTANCE, TWIN], NEAR)
    bench.appraiser.maintain("twin", 100_000)
    bench.feed("twin", 0, 1000)
    assert not bench.feed("distance", 0, 2000)["distance"].flags


@pytest.mark.parametrize(("value", "told"), [(1000, False), (999, True), (2000, False), (2001, True)])
def test_the_ends_of_what_a_witness_allows_are_allowed(value: int, told: bool) -> None:
    bench = Bench([DISTANCE, TWIN], '[[quality]]\nseries = "distance"\nwitness = "twin"\non_low = 1000.0\non_high = 2000.0\n')
    bench.feed("twin", 0, 100)
    assert (flags(bench.feed("distance", 0, value)["distance"]) == Flag.MULTIVARIATE) is told


@pytest.mark.parametrize(("gap", "neighbours"), [(6.0, True), (6.001, False), (2.0, True)])
def test_three_periods_apart_is_still_beside(gap: float, neighbours: bool) -> None:
    slow = SeriesInfo("distance", "distance", "mm", 0, 30, 5000, 2.0)
    bench = Bench([slow], '[[quality]]\nseries = "distance"\nspike = 10.0\nlate = 0.0')
    bench.row("distance", [100, 100, 100], step=2.0)
    assert bool(bench.feed("distance", 4.0 + gap, 300)["distance"].flags) is neighbours


def test_after_a_gap_the_published_rule_has_no_neighbours() -> None:
    bench = Bench([DISTANCE], '[[quality]]\nseries = "distance"\nspike_low = 10.0\nlate = 0.0')
    bench.row("distance", [100, 100, 100])
    assert [bench.feed("distance", at, 300)["distance"].reason for at in (600, 601, 602)] == ["", "", ""]
    assert [bench.feed("distance", at, value)["distance"].reason for at, value in ((603, 350), (604, 300))] == [
        "spike_before_suspect", "spike_before_suspect",
    ]  # fmt: skip


@pytest.mark.parametrize("unit", ["[ppm]", "[ppb]"])
def test_a_flooded_cell_is_doubted_for_ten_minutes(unit: str) -> None:
    for seconds, doubted in ((599.9, True), (600.0, False)):
        bench = Bench([SeriesInfo("gas", "gas", unit, 1, 0, 100, 1.0, 0.1)], '[[quality]]\nseries = "gas"\nlate = 0.0')
        bench.feed("gas", 0, 104.1)
        assert flags(bench.feed("gas", seconds, 5.0)["gas"]) == (Flag.AFTER_OVER_RANGE if doubted else Flag(0))


def test_at_the_end_of_its_span_no_cell_is_flooded_and_other_sensors_recover_at_once() -> None:
    bench = Bench([LEVEL, DISTANCE])
    bench.feed("gas", 0, 108.0)
    assert not bench.feed("gas", 1, 5.0)["gas"].flags
    bench.feed("distance", 0, 9000)
    assert not bench.feed("distance", 0.5, 2000)["distance"].flags


def test_after_maintenance_the_points_before_are_no_measure() -> None:
    bench = Bench([DISTANCE], '[[quality]]\nseries = "distance"\nspike = 5.0\nrate = 100.0')
    bench.row("distance", [1000, 1000, 1000])
    bench.appraiser.maintain("distance", 4_000)
    bench.feed("distance", 3, 4000)
    assert not bench.feed("distance", 4, 4000)["distance"].flags


def test_another_calibration_has_another_span_and_begins_anew() -> None:
    wide = SeriesInfo("gas", "gas", "[ppm]", 1, -300, 300, 1.0, 0.1)
    examiner = Examiner(LEVEL, Checks("gas", spike=10.0, late=0.0))
    assert [examiner.take(Reading(0, ms, 0, value), {}).flags for ms, value in ((0, 0.0), (1000, 0.0), (2000, 50.0))] == [0, 0, Flag.SPIKE]
    examiner.recalibrated(wide)
    assert examiner.take(Reading(0, 3000, 0, 200.0), {}).flags == 0


def test_the_code_of_a_reading_is_its_own_raw_number() -> None:
    examiner = Examiner(LEVEL, Checks("gas", flat_suspect=3))
    assert [examiner.take(Reading(0, 1000 * raw, raw, 5.0), {}).flags for raw in range(5)] == [0] * 5
    assert [examiner.take(Reading(0, 5000 + 1000 * more, 4, 5.0), {}).flags for more in range(2)] == [0, Flag.FLAT_LINE]
