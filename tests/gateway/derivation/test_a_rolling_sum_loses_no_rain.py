"""Promise: a rolling sum is what the counter grew in its window, whatever was missed; never negative, and PARTIAL where it may be too small."""

import random
from collections import deque

import pytest

from gateway.model import Flag, Quality
from hardware.sample import Reason
from tests.gateway.appraising import RAIN, Bench, flags

HOUR = '[[derived]]\nname = "h1"\nkind = "sum"\nfrom = "rain"\nwindow = "1 h"\n'
ALL = HOUR + HOUR.replace("h1", "h3").replace('"1 h"', '"3 h"') + HOUR.replace("h1", "h12").replace('"1 h"', '"12 h"')
CLASS = '[[derived]]\nname = "class"\nkind = "rain_class"\nfrom = "h12"\none_hour = "h1"\nthree_hours = "h3"\n'


def test_a_rolling_sum_is_that_of_every_tip_within_its_resolution() -> None:
    seed = 3
    rng = random.Random(seed)
    bench = Bench([RAIN], HOUR)
    tips: deque[tuple[int, int]] = deque()
    total = 0
    for at in range(0, 4 * 3600, 10):
        if rng.random() < 0.1:
            tips.append((at, 1))
            total += 1
        found = bench.feed("rain", at, round(total * 0.2, 1))["h1"]
        window, longer = (sum(n for t, n in tips if t > at - span) * 0.2 for span in (3600, 3600 + 40))
        assert found.value is not None
        assert window - 0.01 <= found.value <= longer + 0.01, (seed, at)
    assert found.quality == Quality.GOOD


def test_until_the_window_is_covered_it_says_partial() -> None:
    bench = Bench([RAIN], HOUR)
    found = [bench.feed("rain", at, 5.0)["h1"] for at in range(0, 3700, 10)]
    assert (flags(found[0]), found[0].quality, found[0].value) == (Flag.PARTIAL, Quality.UNCERTAIN, 0.0)
    whole = next(index for index, r in enumerate(found) if not r.flags)
    assert 3580 <= whole * 10 <= 3640
    assert not any(r.flags for r in found[whole:])


def test_rain_that_fell_while_nothing_was_heard_is_counted_and_the_hole_is_told() -> None:
    bench = Bench([RAIN], HOUR + '[[quality]]\nseries = "rain"\nlate = 0.0\n[[quality]]\nseries = "h1"\nlate = 0.0\n')
    for at in range(0, 3700, 10):
        bench.feed("rain", at, 5.0)
    silent = bench.feed("rain", 3700, Reason.TIMEOUT)["h1"]
    assert (silent.value, silent.reason) == (None, Reason.TIMEOUT)
    back = bench.feed("rain", 4300, 17.0)["h1"]
    assert (back.value, flags(back)) == (12.0, Flag.PARTIAL)
    assert flags(bench.feed("rain", 4310, 17.0)["h1"]) & Flag.PARTIAL


def test_one_failed_read_leaves_no_hole() -> None:
    bench = Bench([RAIN], HOUR)
    for at in range(0, 3700, 10):
        bench.feed("rain", at, 5.0)
    bench.feed("rain", 3700, Reason.TIMEOUT)
    assert not bench.feed("rain", 3710, 5.0)["h1"].flags


def test_a_counter_that_begins_again_adds_what_it_shows_since() -> None:
    bench = Bench([RAIN], HOUR)
    values = [100.0, 100.4, 0.0, 0.2, 0.2, 1.0]
    sums = [bench.feed("rain", index * 10, value)["h1"].value for index, value in enumerate(values)]
    assert sums == [0.0, 0.4, 0.4, 0.6, 0.6, 1.4]


def test_what_is_poured_in_maintenance_is_no_rain() -> None:
    bench = Bench([RAIN], HOUR)
    for at in range(0, 3700, 10):
        bench.feed("rain", at, 5.0)
    bench.appraiser.maintain("rain", 4_000_000)
    poured = bench.feed("rain", 3700, 55.0)["h1"]
    assert (poured.value, bool(flags(poured) & Flag.MAINTENANCE)) == (0.0, True)
    after = bench.feed("rain", 4000, 55.2)["h1"]
    assert after.value == pytest.approx(0.2)
    assert not flags(after) & Flag.MAINTENANCE


@pytest.mark.parametrize("order", [ALL, "".join(f"[[derived]]{part}" for part in reversed(ALL.split("[[derived]]")[1:]))])
def test_the_class_is_made_of_sums_of_the_same_reading(order: str) -> None:
    bench = Bench([RAIN], order + CLASS)
    bench.feed("rain", 0, 0.0)
    found = bench.feed("rain", 600, 72.0)
    assert [found[name].value for name in ("h1", "h3", "h12", "class")] == [72.0, 72.0, 72.0, 3.0]
    assert flags(found["class"]) & Flag.PARTIAL, "a class of sums that may be too small may be too low"


def test_a_class_without_one_of_its_sums_is_none() -> None:
    bench = Bench([RAIN], ALL + CLASS)
    found = bench.feed("rain", 0, Reason.TIMEOUT)["class"]
    assert (found.value, found.quality, found.reason) == (None, Quality.BAD, Reason.TIMEOUT)


def test_its_memory_is_bounded_whatever_the_jump() -> None:
    bench = Bench([RAIN], HOUR)
    bench.feed("rain", 0, 0.0)
    assert bench.feed("rain", 10_000_000, 100.0)["h1"].value == 0.0, "spread over the months of silence"
    assert bench.feed("rain", 10_003_700, 100.0)["h1"].value == 0.0
