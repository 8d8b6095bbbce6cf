"""Promise: nothing is deleted wrongly by a receipt, nothing it covers is sent again, and what it misses is."""

import msgspec

from gateway.contract.messages import Mark
from gateway.model import Lane
from gateway.uplink.ports import Received
from gateway.uplink.stream import Stream
from tests.gateway.uplink.rig import BOOT, EPOCH, RECEIPT, Rig


def running(blocks: int = 5) -> Rig:
    """A node whose blocks left in one message each and are not receipted yet."""
    rig = Rig()
    rig.go(0.1)
    rig.receipt(birth=True)
    for _ in range(blocks):
        rig.store.block()
        rig.go(0.1)
    assert rig.seqs() == list(range(1, blocks + 1))
    return rig


def test_the_mark_is_told_to_the_outbox_and_covered_numbers_are_not_sent_again() -> None:
    rig = running()
    rig.receipt(batch=3)
    rig.go(0.1)
    assert rig.store.marks == {(EPOCH, Lane.BATCH): 3}
    rig.link.lose()
    rig.go(8.0)
    assert rig.seqs(since=5) == [4, 5]


def test_what_the_hub_has_already_is_not_sent_at_all() -> None:
    rig = Rig()
    for _ in range(5):
        rig.store.block()
    rig.go(0.1)
    rig.receipt(birth=True, batch=Mark(3, [(4, 5)]))
    rig.go(1.0)
    assert rig.seqs() == [4, 5]


def test_a_mark_never_goes_back_but_by_a_rewind() -> None:
    stream = Stream(EPOCH, Lane.BATCH)
    assert stream.covered(5)
    assert not stream.covered(3)
    assert stream.mark == 5
    stream.rewind(2)
    assert (stream.mark, stream.cursor) == (2, 2)


def test_each_message_of_its_own_number_is_resent_alone() -> None:
    rig = running()
    rig.receipt(batch=Mark(1, [(2, 2), (4, 4)]))
    rig.go(0.1)
    assert rig.seqs(since=5) == [2, 4]


def test_a_hole_named_again_and_again_is_filled_once_in_five_seconds() -> None:
    rig = running()
    for _ in range(20):
        rig.receipt(batch=Mark(1, [(2, 2)]))
        rig.go(0.1)
    assert rig.seqs(since=5) == [2]
    rig.go(3.0)
    rig.receipt(batch=Mark(1, [(2, 2)]))
    rig.go(0.1)
    assert rig.seqs(since=5) == [2, 2]


def test_a_lower_mark_that_answers_no_birth_is_stale_and_changes_nothing() -> None:
    rig = running()
    rig.receipt(batch=5)
    rig.receipt(batch=2)
    rig.receipt(birth=True, batch=1, re=900.0)
    rig.go(1.0)
    assert rig.store.marks[EPOCH, Lane.BATCH] == 5
    assert rig.seqs(since=5) == []


def test_a_restored_hub_gets_what_is_still_held_again_and_a_gap_for_the_rest() -> None:
    rig = running(9)
    rig.receipt(batch=9)
    rig.go(0.1)
    rig.store.evict(Lane.BATCH, 6)
    rig.receipt(birth=True, batch=Mark(3, [(4, 9)]))
    rig.go(0.5)
    assert rig.seqs(since=9) == [7, 8, 9]
    assert [(lost.cause, lost.first, lost.last) for lost in rig.lost] == [("evicted", 4, 6)]
    assert rig.forwarder.status()["restored"] == 1
    assert rig.store.marks[EPOCH, Lane.BATCH] == 9


def test_the_gap_is_declared_once_however_often_it_is_asked_for() -> None:
    rig = running(9)
    rig.store.evict(Lane.BATCH, 4)
    for _ in range(5):
        rig.receipt(batch=Mark(1, [(2, 4)]))
        rig.go(2.0)
    assert [(lost.first, lost.last) for lost in rig.lost] == [(2, 4)]


def test_nothing_is_declared_while_a_gap_event_may_be_on_its_way() -> None:
    rig = running(9)
    rig.store.evict(Lane.BATCH, 4)
    rig.store.post(Lane.EVENT, kind="gap")
    rig.go(0.1)
    rig.receipt(batch=Mark(1, [(2, 4)]))
    rig.go(1.0)
    assert rig.lost == []
    rig.receipt(event=1, batch=9)
    rig.go(1.0)
    assert rig.lost == []


def test_a_mark_above_what_was_ever_numbered_gives_the_epoch_up_and_deletes_nothing() -> None:
    rig = running()
    rig.receipt(birth=True, batch=100)
    rig.go(0.5)
    assert rig.store.disowned == [EPOCH]
    assert rig.store.marks == {}
    assert rig.seqs(since=5) == [1, 2, 3, 4, 5]  # once more: the hub's numbers may be somebody else's data


def test_a_mark_over_skipped_numbers_is_believed() -> None:
    rig = running()
    rig.store.numbered[EPOCH, Lane.BATCH] = 1005
    rig.receipt(batch=1005)
    rig.go(0.1)
    assert rig.store.disowned == []
    rig.store.block()
    rig.go(0.1)
    assert rig.seqs(since=5) == [1006]


def test_an_epoch_nobody_knows_is_ignored() -> None:
    rig = running()
    rig.receipt(epochs={"0009-ffffffffffff": {"batch": Mark(7, [(1, 3)])}})
    rig.go(0.5)
    assert rig.store.marks == {}
    assert rig.lost == []
    assert rig.seqs(since=5) == []


def test_a_receipt_that_is_none_is_counted_and_harms_nobody() -> None:
    rig = running()
    wrong = {"v": 1, "at": 1, "error": 0, "re": [BOOT, 1], "epochs": {EPOCH: {"batch": -4}}}
    nested, no_text = b'{"v":1,"extra":' + b"[" * 100_000, b'{"v":1,"at":1,"error":0,"re":["\xff",1],"epochs":{}}'
    for payload in (b"", b"{", b"[]", b'{"v":1}', msgspec.json.encode(wrong), nested, no_text):
        rig.link.events.append(Received(RECEIPT, payload))
    rig.go(0.5)
    assert rig.forwarder.status()["bad_receipts"] == 7
    assert rig.link.tries == 1


def test_an_alarm_sent_right_after_the_birth_is_not_sent_twice_because_the_birth_named_it() -> None:
    rig = Rig()
    rig.store.post(Lane.ALARM)
    rig.go(0.1)
    rig.receipt(birth=True, alarm=Mark(0, [(1, 1)]))
    rig.go(1.0)
    assert rig.seqs("alarm") == [1]


def test_numbers_skipped_on_purpose_are_passed_over() -> None:
    rig = running()
    rig.store.block(seq=1006)
    rig.go(0.1)
    assert rig.seqs(since=5) == [1006]
