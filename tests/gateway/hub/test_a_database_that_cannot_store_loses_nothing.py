from __future__ import annotations

from itertools import pairwise

import pytest

from gateway.hub.sinks import Refused, SinkDown
from tests.gateway.contract.examples import level, message
from tests.gateway.hub.desk import Desk, alarm, encode


def test_on_a_full_disk_nothing_is_receipted_and_all_is_stored_later(desk: Desk) -> None:
    pages = desk.sink._db.execute("PRAGMA page_count").fetchone()[0]
    desk.sink._db.execute(f"PRAGMA max_page_count = {pages}")
    for seq in range(1, 5):
        desk.hub.receive("edge/v1/city/n1/up/batch", message([level(seq, count=500)]))
    desk.hear("alarm", encode(alarm(1, before=[(1.0, 2.0)] * 500)))
    assert desk.receipts == []
    assert desk.rows("SELECT count(*) FROM rows") == [0]
    desk.sink._db.execute("PRAGMA max_page_count = 100000")
    desk.work(3.0)
    assert desk.mark("alarm") == {"upto": 1}
    assert desk.mark("batch") == {"upto": 4}
    assert desk.rows("SELECT count(*) FROM rows") == [4000]


def test_a_locked_database_is_asked_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    store, calls = desk.sink.store, []

    def locked(entries: object) -> object:
        calls.append(desk.time)
        if len(calls) < 3:
            raise SinkDown("database is locked")
        return store(entries)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.sink, "store", locked)
    desk.hear("alarm", encode(alarm(1)))
    desk.work(3.0)
    assert desk.mark("alarm") == {"upto": 1}
    assert [round(later - earlier) for earlier, later in pairwise(calls)] == [1, 1]


def test_one_message_that_a_defect_cannot_store_does_not_hold_up_the_others(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    store = desk.sink.store

    def defective(entries: object) -> object:
        for entry in entries:  # type: ignore[attr-defined]
            if not isinstance(entry.said, Refused) and getattr(entry.said, "seq", 0) == 2:
                raise KeyError("a defect")
        return store(entries)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.sink, "store", defective)
    desk.hear("alarm", *(encode(alarm(seq)) for seq in (1, 2, 3)))
    assert desk.mark("alarm") == {"upto": 1, "missing": [[2, 2]]}
    assert desk.rows("SELECT reason FROM quarantine") == ["it cannot be stored: a defect of this hub"]
