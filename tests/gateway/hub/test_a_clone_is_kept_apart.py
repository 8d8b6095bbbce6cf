"""Two devices that count in one epoch: the second content is neither lost nor mixed with the first."""

from __future__ import annotations

from gateway.contract.batch import decode_message
from tests.gateway.contract.examples import level, message
from tests.gateway.hub.desk import Desk, alarm, encode


def test_another_content_under_a_known_number_goes_to_quarantine_whole(desk: Desk) -> None:
    desk.hear("batch", message([level(1)]))
    before = desk.rows("SELECT * FROM readings")
    desk.hear("batch", message([level(1, start=500), level(2)]))
    assert desk.rows("SELECT * FROM readings WHERE seq = 1") == before
    assert desk.mark("batch") == {"upto": 2}
    ((node, cls, clone, payload),) = desk.rows("SELECT node, class, clone, payload FROM quarantine")
    assert (node, cls, clone) == ("n1", "batch", 1)
    kept = decode_message(payload)
    assert kept.sealed == [level(1, start=500)]
    assert kept.blocks[0].columns[0].raws[0] == 508
    assert desk.rows("SELECT what, node, detail, count FROM notices") == [("clone", "n1", "batch", 1)]


def test_it_is_kept_once_however_often_it_comes(desk: Desk) -> None:
    desk.hear("alarm", encode(alarm(1)))
    for _ in range(3):
        desk.hear("alarm", encode(alarm(1, value=99.0)))
    assert desk.rows("SELECT count, json_extract(payload, '$.value') FROM quarantine") == [(3, 99.0)]
    assert desk.rows("SELECT value FROM alarms") == [61.5]
    assert len(desk.receipts) == 4
