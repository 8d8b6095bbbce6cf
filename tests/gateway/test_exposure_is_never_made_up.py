"""Promise: area exposure is the mean of what was measured, weighted by time; what was not measured is missing from the coverage, never filled in."""

from __future__ import annotations

import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.exposure import MINUTE, Exposure, Kept, Standing
from gateway.model import Flag, Quality, Reading, Reason

SECOND = 1000


def at(ms: int, value: float | None, flags: int = 0, reason: str = "") -> Reading:
    quality = Quality.BAD if value is None else Quality.UNCERTAIN if flags or reason else Quality.GOOD
    return Reading(0, ms, None, value, quality, flags, reason or (Reason.TIMEOUT if value is None else ""))


def feed(work: Exposure, begin: int, end: int, value: float | None, flags: int = 0, reason: str = "", step: int = 10) -> Standing:
    """Readings every `step` seconds from `begin` to before `end`, in seconds; then one at `end` that only looks."""
    for second in range(begin, end, step):
        work.take(at(second * SECOND, value, flags, reason))
    return work.take(at(end * SECOND, value, flags, reason))


def test_a_value_counts_until_the_next_and_at_most_for_its_hold() -> None:
    work = Exposure(1, 30)
    work.take(at(0, 10.0))
    work.take(at(10 * SECOND, 40.0))
    standing = work.take(at(60 * SECOND, 0.0))
    assert standing.coverage == pytest.approx(40 / 60)
    assert standing.so_far == pytest.approx((10 * 10 + 30 * 40) / 40)
    assert standing.lower == pytest.approx((10 * 10 + 30 * 40) / 60)
    assert standing.mean is None


def test_a_failure_ends_the_value_before_it() -> None:
    work = Exposure(1, 30)
    work.take(at(0, 60.0))
    work.take(at(20 * SECOND, None))
    assert work.take(at(60 * SECOND, 1.0)).coverage == pytest.approx(20 / 60)


@pytest.mark.parametrize(("seconds", "there"), [(674, False), (675, True)])
def test_three_quarters_of_the_window_make_a_value(seconds: int, there: bool) -> None:
    work = Exposure(15, 10)
    feed(work, 0, seconds, 8.0, step=1)
    work.take(at(seconds * SECOND, None))
    standing = work.take(at(900 * SECOND, None))
    assert (standing.mean is not None) is there
    assert standing.flags == Flag.PARTIAL
    assert standing.quality == Quality.UNCERTAIN


def test_one_failed_read_of_many_is_no_doubt() -> None:
    work = Exposure(15, 3)
    feed(work, 0, 100, 8.0, step=1)
    work.take(at(100 * SECOND, None))
    standing = feed(work, 101, 900, 8.0, step=1)
    assert standing.mean == pytest.approx(8.0)
    assert (standing.flags, standing.quality) == (0, Quality.GOOD)
    assert standing.coverage == pytest.approx(899 / 900)


@pytest.mark.parametrize("flag", [Flag.MAINTENANCE, Flag.TEST, Flag.WARM_UP, Flag.INHIBITED])
def test_test_gas_and_a_sensor_that_is_not_ready_are_not_counted(flag: Flag) -> None:
    work = Exposure(15, 30)
    feed(work, 0, 600, 5.0)
    standing = feed(work, 600, 900, 500.0, flags=flag)
    assert standing.so_far == pytest.approx(5.0)
    assert standing.coverage == pytest.approx(2 / 3)
    assert not standing.flags & flag


def test_a_doubtful_value_counts_and_its_doubt_stays_as_long_as_it_does() -> None:
    work = Exposure(15, 30)
    feed(work, 0, 300, 5.0, flags=Flag.UNCOMPENSATED, reason=Reason.NO_COMPENSATION)
    first = feed(work, 300, 900, 5.0)
    assert (first.mean, first.flags, first.quality, first.reason) == (5.0, Flag.UNCOMPENSATED, Quality.UNCERTAIN, Reason.NO_COMPENSATION)
    last = feed(work, 900, 1260, 5.0)
    assert (last.mean, last.flags, last.quality, last.reason) == (5.0, 0, Quality.GOOD, "")


def test_the_newest_of_equal_doubts_is_the_reason_and_all_their_flags_stay() -> None:
    work = Exposure(1, 30)
    feed(work, 0, 20, 5.0, flags=Flag.WARM_UP)
    feed(work, 20, 30, 5.0, flags=Flag.UNCOMPENSATED, reason=Reason.NO_COMPENSATION)
    standing = feed(work, 30, 60, 5.0, flags=Flag.SATURATED, reason=Reason.SATURATED)
    assert (standing.flags, standing.reason) == (Flag.UNCOMPENSATED | Flag.SATURATED | Flag.PARTIAL, Reason.SATURATED)


def test_ninety_nine_of_a_hundred_are_whole() -> None:
    for known, whole in ((99, True), (98, False)):
        work = Exposure(100, 60)
        for minute in range(100):
            work.take(at(minute * MINUTE, 1.0 if minute < known else None))
        standing = work.take(at(100 * MINUTE, None))
        assert (standing.flags == 0) is whole


def test_above_the_range_without_a_number_is_at_least_the_range() -> None:
    work = Exposure(15, 30, full=100.0)
    feed(work, 0, 600, 4.0)
    standing = feed(work, 600, 900, None, reason=Reason.OVER_RANGE)
    assert standing.mean is None
    assert standing.so_far == pytest.approx(4.0)
    assert standing.lower == pytest.approx((600 * 4 + 300 * 100) / 900)
    assert standing.quality == Quality.UNCERTAIN
    assert standing.projected is None
    blind = Exposure(15, 30)
    feed(blind, 0, 600, 4.0)
    assert feed(blind, 600, 900, None, reason=Reason.OVER_RANGE).lower == pytest.approx(600 * 4 / 900)


def test_what_is_told_stands_until_the_next_whole_minute() -> None:
    work = Exposure(15, 30)
    feed(work, 0, 900, 0.0)
    assert {work.take(at(900_000 + ms, 900.0)).mean for ms in range(0, 59_999, 7_000)} == {0.0}
    assert work.take(at(960_000, 900.0)).mean == pytest.approx(60.0, abs=0.001)


def test_before_the_first_minute_there_is_nothing() -> None:
    work = Exposure(15, 30)
    standing = feed(work, 0, 59, 5.0, step=1)
    assert (standing.mean, standing.so_far, standing.coverage, standing.flags) == (None, None, 0.0, Flag.PARTIAL)


def test_a_time_that_goes_back_is_another_boot() -> None:
    work = Exposure(15, 30)
    assert feed(work, 5000, 6000, 50.0).mean == pytest.approx(50.0)
    standing = feed(work, 100, 160, 2.0)
    assert standing.so_far == 2.0
    assert standing.coverage == pytest.approx(1 / 15)


def test_a_long_silence_empties_the_window_and_costs_no_time() -> None:
    work = Exposure(480, 30)
    feed(work, 0, 3600, 50.0)
    standing = work.take(at(10**9 * SECOND, 1.0))
    assert (standing.coverage, standing.lower, standing.so_far) == (0.0, 0.0, None)


def test_memory_is_that_of_the_window() -> None:
    work = Exposure(15, 3)
    feed(work, 0, 7200, 1.0, step=1)
    kept = work.keep()
    assert kept is not None
    assert len(kept.minutes) <= 16
    full = Exposure(480, 30)
    feed(full, 0, 40_000, 1.5, flags=Flag.SATURATED, reason=Reason.SATURATED)
    assert len(msgspec.msgpack.encode(full.keep())) < 25_000


def test_a_restart_of_the_process_keeps_the_ring_and_loses_only_its_own_time() -> None:
    work = Exposure(15, 30)
    feed(work, 7, 607, 30.0)
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(work.keep()), type=Kept)
    again = Exposure(15, 30)
    again.restore(kept)
    feed(work, 617, 907, 30.0)
    standing = feed(again, 667, 907, 30.0)
    assert standing.mean == pytest.approx(30.0)
    assert standing.coverage == pytest.approx((900 - 60) / 900)
    assert standing.flags == Flag.PARTIAL


def test_what_is_kept_is_a_copy() -> None:
    work = Exposure(15, 30)
    feed(work, 0, 90, 30.0)
    kept = work.keep()
    assert kept is not None
    before = msgspec.msgpack.encode(kept)
    feed(work, 90, 120, 90.0)
    again = Exposure(15, 30)
    again.restore(kept)
    feed(again, 90, 120, 90.0)
    assert msgspec.msgpack.encode(kept) == before


def test_a_ring_of_another_window_or_of_nothing_is_not_used() -> None:
    work = Exposure(15, 30)
    assert work.keep() is None
    other = Exposure(480, 30)
    feed(other, 0, 900, 99.0)
    for kept in (None, other.keep()):
        work.restore(kept)
        assert work.keep() is None


def test_a_ring_of_an_earlier_boot_is_not_gone_on_with() -> None:
    work, again = Exposure(15, 30), Exposure(15, 30)
    feed(work, 5000, 6000, 99.0)
    again.restore(work.keep())
    assert feed(again, 60, 120, 1.0).so_far == 1.0


@given(st.lists(st.tuples(st.integers(1, 50_000), st.one_of(st.none(), st.integers(0, 100))), min_size=1, max_size=120), st.integers(1, 40))
def test_it_is_the_sum_over_every_millisecond(steps: list[tuple[int, int | None]], hold: int) -> None:
    """Held against a plain reckoning of the same window, piece by piece."""
    work, window = Exposure(3, hold), 3 * MINUTE
    pieces: list[tuple[int, int, int]] = []
    begin, now, held = 12_345, 12_345, None
    standing = work.take(at(now, None))
    for step, value in steps:
        if held is not None:
            pieces.append((now, min(now + step, now + hold * 1000), held))
        now, held = now + step, value
        standing = work.take(at(now, None if value is None else float(value)))
    end = begin + (now - begin) // MINUTE * MINUTE
    inside = [(max(a, end - window), min(b, end), value) for a, b, value in pieces if a < end and b > end - window]
    known, dose = sum(b - a for a, b, _ in inside), sum((b - a) * value for a, b, value in inside)
    assert standing.coverage == known / window
    assert standing.lower == pytest.approx(dose / window)
    assert standing.so_far == (pytest.approx(dose / known) if known else None)


def test_noise_around_nothing_makes_no_dose() -> None:
    seed = 11
    rng = random.Random(seed)
    work = Exposure(15, 3)
    for second in range(901):
        standing = work.take(at(second * SECOND, rng.gauss(0, 2)))
    assert standing.mean is not None
    assert abs(standing.mean) < 0.3, seed
