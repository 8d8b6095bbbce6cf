from __future__ import annotations

import pytest

from tests.gateway.contract.examples import level, message
from tests.gateway.hub.desk import EPOCH, Desk, alarm, encode, gap


@pytest.mark.parametrize("cause", ["crash", "power", "stop", "overflow", "evicted", "corrupt", "rejected", "unused"])
def test_over_its_range_whatever_its_cause(desk: Desk, cause: str) -> None:
    desk.hear("batch", message([level(1), level(5)]))
    assert desk.mark("batch") == {"upto": 1, "missing": [[2, 4]]}
    desk.hear("event", encode(gap(1, cause=cause, first=2, last=4, readings=24)))
    desk.hear("batch", message([level(6)]))
    assert desk.mark("batch") == {"upto": 6}
    assert desk.rows("SELECT of, lane, cause, first, last, missing, readings FROM gaps") == [(EPOCH, "batch", cause, 2, 4, "[[2, 4]]", 24)]


def test_a_gap_of_another_lane_or_of_an_epoch_never_seen_counts_there(desk: Desk) -> None:
    desk.hear("event", encode(gap(1, lane="alarm", first=1, last=7)), encode(gap(2, of="0000", first=1, last=3)))
    desk.hear("alarm", encode(alarm(8)))
    desk.hear("batch", message([level(4)], epoch="0000"))
    assert desk.mark("alarm") == {"upto": 8}
    assert desk.mark("batch", "0000") == {"upto": 4}


def test_a_gap_without_numbers_moves_nothing(desk: Desk) -> None:
    desk.hear("event", encode(gap(1, cause="power", begin=("b", 1.5), end=("c", 0.25), readings=None, series=["co"])))
    assert desk.mark("batch") is None
    assert desk.rows("SELECT begin_boot, begin_mono, end_boot, end_mono, readings, series FROM gaps") == [("b", 1.5, "c", 0.25, None, '["co"]')]


def test_what_the_hub_already_has_of_the_range_is_not_lost(desk: Desk) -> None:
    desk.hear("batch", message([level(1), level(3)]))
    desk.hear("event", encode(gap(1, first=1, last=4, readings=32)))
    assert desk.rows("SELECT missing, readings, declared FROM gaps") == [("[[2, 2], [4, 4]]", 16, 32)]


def test_data_that_comes_after_all_is_stored_and_the_gap_shrinks(desk: Desk) -> None:
    desk.hear("event", encode(gap(1, first=1, last=4, readings=32)))
    desk.hear("batch", message([level(2)]))
    assert desk.rows("SELECT missing, late, readings FROM gaps") == [("[[1, 1], [3, 4]]", 1, 24)]
    assert desk.rows("SELECT count(*) FROM readings") == [8]
    desk.hear("batch", message([level(2)]), message([level(1), level(3), level(4)]))
    assert desk.rows("SELECT missing, late, readings FROM gaps") == [("[]", 4, 0)]
    assert desk.rows("SELECT count(*) FROM readings") == [32]
    assert desk.mark("batch") == {"upto": 4}


def test_an_alarm_that_was_declared_lost_is_stored_when_it_comes(desk: Desk) -> None:
    desk.hear("event", encode(gap(1, lane="alarm", first=1, last=2)))
    desk.hear("alarm", encode(alarm(2)))
    assert desk.rows("SELECT seq FROM alarms") == [2]
    assert desk.rows("SELECT missing FROM gaps") == ["[[1, 1]]"]


def test_a_range_that_is_none_is_refused(desk: Desk) -> None:
    for wrong in (gap(1, first=5, last=4), gap(1, first=0, last=4), gap(1, first=1), gap(1, first=1, last=2**32)):
        desk.hear("event", encode(wrong))
    assert desk.receipts == []
    assert desk.rows("SELECT count(*) FROM quarantine") == [4]
