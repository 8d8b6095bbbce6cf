from __future__ import annotations

from pathlib import Path

from tests.gateway.contract.examples import level, message
from tests.gateway.hub.desk import BOOT, EPOCH, UTC, Desk, alarm, birth, encode


def answer(desk: Desk, held: dict[str, dict[str, tuple[int, int]]], retained: bool = False) -> dict[str, object]:
    before = len(desk.receipts)
    desk.hub.receive("edge/v1/city/n1/up/state", encode(birth(held)), retained)
    desk.hub.step()  # at once: no time passes
    (receipt,) = desk.receipts[before:]
    assert receipt["birth"] is True
    assert receipt["re"] == [BOOT, 3.0]
    return dict(receipt["epochs"])


def test_an_epoch_it_never_saw_is_wanted_from_the_start(desk: Desk) -> None:
    assert answer(desk, {EPOCH: {"batch": (501, 900), "alarm": (3, 3)}}) == {
        EPOCH: {"alarm": {"upto": 0, "missing": [[1, 3]]}, "batch": {"upto": 0, "missing": [[1, 900]]}}
    }


def test_it_names_what_it_lacks_of_what_is_held(desk: Desk) -> None:
    desk.hear("batch", message([level(1), level(2), level(5)]))
    desk.hear("alarm", encode(alarm(1)))
    assert answer(desk, {EPOCH: {"batch": (2, 9)}}) == {EPOCH: {"alarm": {"upto": 1}, "batch": {"upto": 2, "missing": [[3, 4], [6, 9]]}}}


def test_a_mark_above_what_the_node_holds_is_told(desk: Desk) -> None:
    desk.hear("batch", message([level(1), level(2), level(3)]))
    assert answer(desk, {EPOCH: {"batch": (1, 2)}}) == {EPOCH: {"batch": {"upto": 3}}}


def test_older_epochs_that_are_still_held_are_answered_too(desk: Desk) -> None:
    desk.hear("batch", message([level(1)], epoch="0000"))
    assert answer(desk, {"0000": {"batch": (1, 2)}}) == {EPOCH: {}, "0000": {"batch": {"upto": 1, "missing": [[2, 2]]}}}


def test_a_retained_birth_is_answered_when_the_hub_comes_back(desk: Desk) -> None:
    assert answer(desk, {EPOCH: {"batch": (1, 4)}}, retained=True) == {EPOCH: {"batch": {"upto": 0, "missing": [[1, 4]]}}}
    assert desk.rows("SELECT up, heard FROM nodes") == [(1, None)]


def test_its_stamp_is_the_births_even_where_something_newer_came_with_it(desk: Desk) -> None:
    desk.hub.receive("edge/v1/city/n1/up/batch", message([level(1)], sent=99.0))
    desk.work()
    assert desk.receipts[-1]["re"] == [BOOT, 99.0]
    answer(desk, {})


def test_an_answer_that_the_broker_did_not_take_is_still_owed(desk: Desk) -> None:
    desk.deaf = True
    desk.hear("state", encode(birth({})))
    assert desk.receipts == []
    desk.deaf = False
    desk.work()
    assert [receipt["birth"] for receipt in desk.receipts] == [True]


def test_a_death_is_noted_and_not_answered(desk: Desk) -> None:
    desk.hear("state", encode(birth({})))
    desk.hear("state", encode({"v": 1, "up": False, "node": "n1", "epoch": EPOCH, "boot": BOOT}))
    assert len(desk.receipts) == 1
    assert desk.rows("SELECT node, site, up, name, software FROM nodes") == [("n1", "city", 0, "Underpass", "0.1")]


def test_a_receipt_tells_the_hubs_time(desk: Desk) -> None:
    desk.hear("state", encode(birth({})))
    assert abs(desk.receipts[0]["at"] - (UTC + 1000.0)) < 0.001
    assert desk.receipts[0]["error"] == 0.05


def test_a_hub_restored_from_an_older_copy_says_so(tmp_path: Path) -> None:
    old, new = Desk(tmp_path / "old.db"), Desk(tmp_path / "new.db")
    old.hear("batch", message([level(1)]))
    new.hear("batch", message([level(1)]), message([level(2)]), message([level(3)]))
    assert answer(new, {EPOCH: {"batch": (1, 3)}})[EPOCH] == {"batch": {"upto": 3}}
    assert answer(old, {EPOCH: {"batch": (1, 3)}})[EPOCH] == {"batch": {"upto": 1, "missing": [[2, 3]]}}
    for desk in (old, new):
        desk.close()
