"""Promise: a boot's clock takes the best anchor it is offered and keeps it, a step makes no rate, and a boot that never heard a clock is bounded."""

import pytest

from gateway.clock import ClockTable, agrees, bound
from gateway.contract.messages import ClockFix
from gateway.model import Instant

A, B, C = "aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"


def fix(mono: float, utc: float, source: str = "ntp", error: float = 0.05) -> ClockFix:
    return ClockFix(mono, utc, source, error)


def test_without_an_anchor_nothing_is_claimed() -> None:
    assert ClockTable().utc(Instant(A, 5000)) == (None, "free", None)


def test_a_moment_is_told_from_the_anchor_and_its_error_grows_with_the_distance() -> None:
    table = ClockTable()
    assert table.offer(A, fix(100.0, 1_000_000.0))
    utc, source, error = table.utc(Instant(A, 40_000))
    assert (utc, source) == (999_940.0, "ntp")
    assert error == pytest.approx(0.05 + 60 * 50e-6)


@pytest.mark.parametrize(("first", "second", "taken"), [("hub", "ntp", True), ("ntp", "hub", False), ("bounded", "hub", True), ("gps", "ntp", False)])
def test_a_better_source_replaces_a_worse_one_and_never_the_other_way(first: str, second: str, taken: bool) -> None:
    table = ClockTable()
    table.offer(A, fix(1.0, 1000.0, first))
    assert table.offer(A, fix(2.0, 1001.0, second)) is taken


def test_the_same_source_replaces_itself_when_it_is_tighter_or_when_the_clock_ran_away() -> None:
    table = ClockTable()
    table.offer(A, fix(0.0, 1000.0, "hub", 1.0))
    assert not table.offer(A, fix(10.0, 1010.0, "hub", 0.9))
    assert table.offer(A, fix(20.0, 1020.0, "hub", 0.1))
    assert table.offer(A, fix(30.0, 1032.0, "hub", 0.1)), "two seconds off is beyond both bounds"


def test_a_boot_between_two_that_are_known_is_bounded_by_them() -> None:
    table = ClockTable()
    table.offer(A, fix(0.0, 1000.0))
    table.offer(C, fix(0.0, 2000.0))
    ((boot, bounds),) = bound(table, [(A, 100.0), (B, 300.0), (C, 10.0)])
    assert (boot, bounds.source) == (B, "bounded")
    anchors = bounds.error - 300.0
    assert 0.1 <= anchors < 0.2, "the neighbours' own errors are in it"
    assert bounds.utc - bounds.error + anchors == pytest.approx(1100.0), "it began after A's last moment"
    assert bounds.utc + bounds.error - anchors + 300.0 == pytest.approx(2000.0), "and ended before C began"
    assert bound(table, [(A, 100.0), (B, 300.0), (C, 10.0)]) == [], "once"


def test_neighbours_that_contradict_each_other_make_no_small_error() -> None:
    table = ClockTable()
    table.offer(A, fix(0.0, 1000.0))
    table.offer(C, fix(0.0, 1390.0))
    ((_, bounds),) = bound(table, [(A, 100.0), (B, 300.0), (C, 10.0)])
    assert bounds.error >= 5.0


def test_a_boot_with_only_one_neighbour_is_not_bounded() -> None:
    table = ClockTable()
    table.offer(C, fix(0.0, 2000.0))
    assert bound(table, [(B, 300.0), (C, 10.0)]) == []


def test_two_unknown_boots_share_the_room_of_their_nearest_neighbours() -> None:
    table = ClockTable()
    table.offer(A, fix(0.0, 1000.0))
    table.offer(C, fix(0.0, 2000.0))
    bounded = dict(bound(table, [(A, 100.0), (B, 50.0), ("dddddddddddd", 60.0), (C, 10.0)]))
    assert bounded.keys() == {B, "dddddddddddd"}
    assert all(f.error > 0 for f in bounded.values())


def test_a_renewal_that_agrees_is_no_news() -> None:
    assert agrees(fix(0.0, 1000.0), fix(2000.0, 3000.1))
    assert not agrees(fix(0.0, 1000.0), fix(2000.0, 3001.0)), "a second in 2,000 is beyond the crystal"
    assert not agrees(fix(0.0, 1000.0, "hub"), fix(2000.0, 3000.0, "ntp"))
