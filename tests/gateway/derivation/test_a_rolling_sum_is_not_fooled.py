"""Promise: a gap, a glitch, a failed or a doubtful reading makes no cloudburst of a rolling sum; it is PARTIAL only while something is not known."""

import pytest

from gateway.model import Flag, Quality, Reading
from hardware.sample import Reason
from tests.gateway.appraising import RAIN, Bench, flags

HOUR = '[[derived]]\nname = "h1"\nkind = "sum"\nfrom = "rain"\nwindow = "1 h"\n'
ALL = HOUR + HOUR.replace("h1", "h3").replace('"1 h"', '"3 h"') + HOUR.replace("h1", "h12").replace('"1 h"', '"12 h"')
CLASS = '[[derived]]\nname = "class"\nkind = "rain_class"\nfrom = "h12"\none_hour = "h1"\nthree_hours = "h3"\n'


def dry(bench: Bench, until: int, total: float = 5.0) -> dict[str, Reading]:
    for at in range(0, until, 10):
        found = bench.feed("rain", at, total)
    return found


def test_what_fell_in_a_gap_is_spread_over_it() -> None:
    bench = Bench([RAIN], ALL + CLASS)
    dry(bench, 13 * 3600)
    found = bench.feed("rain", 33 * 3600, 85.0)
    assert found["h1"].value == pytest.approx(4.0, abs=0.2)
    assert found["h3"].value == pytest.approx(12.0, abs=0.2)
    assert found["h12"].value == pytest.approx(48.0, abs=0.2)
    assert found["class"].value == 0
    assert all(flags(found[name]) & Flag.PARTIAL for name in ("h1", "h3", "h12", "class"))


def test_a_short_silence_that_the_counter_outlives_is_no_hole() -> None:
    bench = Bench([RAIN], ALL)
    dry(bench, 13 * 3600)
    for at in range(13 * 3600, 13 * 3600 + 140, 10):
        bench.feed("rain", at, Reason.TIMEOUT)
    back = bench.feed("rain", 13 * 3600 + 140, 6.0)
    assert back["h1"].value == 1.0
    assert not any(flags(back[name]) & Flag.PARTIAL for name in ("h1", "h3", "h12"))


def test_it_is_partial_while_a_silence_leaves_the_window() -> None:
    """Whether the rain of the silence fell before the window began is not known."""
    bench = Bench([RAIN], HOUR)
    dry(bench, 3700)
    for at in range(4000, 7700, 10):
        found = bench.feed("rain", at, 6.0)["h1"]
        leaving = 3700 < at - 3600 < 3980
        assert not (found.flags & Flag.PARTIAL) or 3680 <= at - 3600 <= 4020, at
        assert bool(found.flags & Flag.PARTIAL) or not leaving, at


def test_a_reset_loses_what_fell_before_it_and_says_so() -> None:
    bench = Bench([RAIN], HOUR)
    dry(bench, 3700)
    found = bench.feed("rain", 3700, 0.2)["h1"]
    assert (found.value, flags(found)) == (0.2, Flag.PARTIAL)
    for at in range(3710, 7400, 10):
        found = bench.feed("rain", at, 0.2)["h1"]
    assert not found.flags


def test_a_failed_reading_is_left_out() -> None:
    bench = Bench([RAIN], HOUR)
    dry(bench, 3700)
    failed = bench.feed("rain", 3700, 2e6)["h1"]
    assert (failed.value, bool(failed.flags & Flag.FAILED)) == (0.0, True)
    after = bench.feed("rain", 3710, 5.2)["h1"]
    assert (after.value, after.quality) == (0.2, Quality.GOOD)


def test_a_doubt_stays_as_long_as_its_rain() -> None:
    bench = Bench([RAIN], HOUR)
    dry(bench, 3700)
    bench.feed("rain", 3700, 5.6, Reason.BOUNCE)
    doubted = [bool(flags(bench.feed("rain", at, 5.6)["h1"]) & Flag.SENSOR_FAULT) for at in range(3710, 8000, 10)]
    assert doubted.count(True) == pytest.approx(360, abs=4)
    assert doubted == sorted(doubted, reverse=True)


@pytest.mark.parametrize("glitch", [0.0, 5.2, 400.0, 900.0])
def test_a_counter_that_glitches_and_comes_back_has_not_grown(glitch: float) -> None:
    bench = Bench([RAIN], HOUR)
    dry(bench, 3700, 800.0)
    bench.feed("rain", 3700, glitch)
    found = bench.feed("rain", 3710, 800.0)["h1"]
    assert found.value == 0.0
    assert not any(flags(bench.feed("rain", at, 800.0)["h1"]) & Flag.PARTIAL for at in range(3720, 3800, 10)), "nothing is missing"


def test_a_total_one_count_lower_is_noise() -> None:
    bench = Bench([RAIN], HOUR)
    dry(bench, 3700, 800.0)
    noise = bench.feed("rain", 3700, 799.8)["h1"]
    assert (noise.value, noise.quality) == (0.0, Quality.UNCERTAIN)
    assert bench.feed("rain", 3710, 800.0)["h1"].value == 0.0
    assert bench.feed("rain", 3720, 800.2)["h1"].value == 0.2


def test_a_leap_is_believed_when_it_is_confirmed_and_no_faster_than_rain_can_fall() -> None:
    bench = Bench([RAIN], HOUR)
    dry(bench, 3700)
    first = bench.feed("rain", 3700, 90.0)["h1"]
    assert (first.value, flags(first) & Flag.RATE_OF_CHANGE) == (0.0, Flag.RATE_OF_CHANGE)
    second = bench.feed("rain", 3710, 90.2)["h1"]
    assert second.value == pytest.approx(1.0 + 600 / 180, abs=0.1)
    assert flags(second) & Flag.RATE_OF_CHANGE
    assert bench.feed("rain", 3720, 90.4)["h1"].value == pytest.approx((second.value or 0) + 0.2)


def test_the_heaviest_rain_on_record_is_counted_whole_in_time() -> None:
    """A minute of 31 mm (Unionville, 1956), a tip every 0.39 s: single tips are never a leap."""
    bench = Bench([RAIN], HOUR)
    dry(bench, 3700)
    for tip in range(155):
        found = bench.feed("rain", 3700 + tip * 0.39, 5.2 + 0.2 * tip)["h1"]
    assert found.value == pytest.approx(31.0)


def test_another_most_can_be_told() -> None:
    bench = Bench([RAIN], HOUR + "most = 100000.0\n")
    dry(bench, 3700)
    assert bench.feed("rain", 3700, 90.0)["h1"].value == 85.0
