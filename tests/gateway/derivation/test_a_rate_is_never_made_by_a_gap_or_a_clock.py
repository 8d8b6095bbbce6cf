"""Promise: a rate of rise is the slope of what was measured in its window: none across a gap, none from noise, none from a clock or maintenance."""

import random

import pytest

from gateway.model import ChannelState, Flag, Quality, SeriesInfo
from hardware.sample import Reason
from tests.gateway.appraising import Bench, flags

DEPTH = SeriesInfo("depth", "depth", "mm", 1, -100, 2500, 1.0, 0.1)
TEXT = '[[derived]]\nname = "rise"\nkind = "rate"\nfrom = "depth"\nwindow = "60 s"'


def test_it_is_not_there_before_half_a_window_and_partial_before_a_whole_one() -> None:
    bench = Bench([DEPTH], TEXT)
    found = [bench.feed("depth", second, second * 0.3)["rise"] for second in range(70)]
    assert all((r.value, r.quality, r.reason) == (None, Quality.BAD, Reason.WARM_UP) for r in found[:30])
    assert all((r.value, r.quality, flags(r)) == (18.0, Quality.UNCERTAIN, Flag.PARTIAL) for r in found[30:59])
    assert all((r.value, r.quality, r.flags) == (18.0, Quality.GOOD, 0) for r in found[59:])


def test_a_step_across_a_gap_makes_no_rate() -> None:
    bench = Bench([DEPTH], TEXT)
    for second in range(70):
        bench.feed("depth", second, 0.0)
    bench.feed("depth", 70, Reason.TIMEOUT)
    after = [bench.feed("depth", 200 + second, 500.0)["rise"] for second in range(70)]
    assert {r.value for r in after} == {None, 0.0}
    assert after[0].reason == Reason.WARM_UP
    assert bench.states["rise"] is ChannelState.NORMAL


def test_a_gap_shorter_than_the_window_begins_it_anew_too() -> None:
    bench = Bench([DEPTH], TEXT)
    for second in range(70):
        bench.feed("depth", second, 0.0)
    assert bench.feed("depth", 72, 0.0)["rise"].value == 0.0, "three periods are no gap yet"
    after = [bench.feed("depth", 80 + second, 500.0)["rise"].value for second in range(70)]
    assert after[:30] == [None] * 30
    assert set(after[30:]) == {0.0}


def test_one_failed_read_costs_one_rate() -> None:
    bench = Bench([DEPTH], TEXT)
    for second in range(70):
        bench.feed("depth", second, second * 0.3)
    failed = bench.feed("depth", 70, Reason.CHECKSUM)["rise"]
    assert (failed.value, failed.reason, flags(failed)) == (None, Reason.CHECKSUM, Flag.SYNTAX)
    assert bench.feed("depth", 71, 71 * 0.3)["rise"].value == pytest.approx(18.0, abs=0.05)


def test_noise_of_a_still_surface_stays_far_below_the_early_warning() -> None:
    seed = 42
    rng = random.Random(seed)
    bench = Bench([DEPTH], TEXT.replace("60 s", "5 min"))
    rates = [bench.feed("depth", second, 50 + rng.gauss(0, 2))["rise"].value for second in range(1200)]
    assert max(abs(rate) for rate in rates if rate is not None) < 2.0, seed


def test_a_time_that_goes_back_begins_anew() -> None:
    bench = Bench([DEPTH], TEXT)
    for second in range(100, 170):
        bench.feed("depth", second, 0.0)
    after = [bench.feed("depth", 50 + second, 900.0)["rise"].value for second in range(70)]
    assert after[:30] == [None] * 30
    assert set(after[30:]) == {0.0}


def test_what_a_person_pours_in_maintenance_is_no_flood_afterwards() -> None:
    bench = Bench([DEPTH], TEXT)
    for second in range(70):
        bench.feed("depth", second, 0.0)
    bench.appraiser.maintain("depth", 100_000)
    during = [bench.feed("depth", second, 300.0)["rise"] for second in range(70, 100)]
    assert all(r.value is None and flags(r) & Flag.MAINTENANCE for r in during)
    after = [bench.feed("depth", second, 0.0)["rise"] for second in range(100, 170)]
    assert {r.value for r in after} == {None, 0.0}
    assert not any(r.flags & Flag.MAINTENANCE for r in after)


def test_a_doubt_stays_as_long_as_its_reading_is_in_the_window() -> None:
    bench = Bench([DEPTH], TEXT)
    found = [bench.feed("depth", second, 0.0, Reason.WEAK_SIGNAL if second == 70 else None)["rise"] for second in range(200)]
    doubted = [second for second, r in enumerate(found) if flags(r) & Flag.SENSOR_FAULT]
    assert doubted == list(range(70, 131))


def test_memory_does_not_grow_with_the_rate_of_sampling() -> None:
    fast = SeriesInfo("depth", "depth", "mm", 1, -100, 2500, 0.02, 0.1)
    bench = Bench([fast], TEXT)
    for tick in range(5000):
        bench.feed("depth", tick * 0.02, 0.0)
    (step,) = bench.appraiser._after["depth"]
    assert len(step.work._parts) <= 62  # type: ignore[attr-defined]
