"""Promise: where no hub sends receipts, 0x00 frees a message, 0x10 does not, and a restart goes on behind what was freed."""

import random

from gateway.model import Lane
from tests.gateway.uplink.rig import EPOCH, Rig


def test_batches_do_not_wait_for_a_receipt_and_are_freed_in_order() -> None:
    rig = Rig(auto=None, delivered="puback")
    rig.store.block()
    rig.go(0.1)
    rig.store.block()
    rig.go(0.1)
    assert rig.seqs() == [1, 2]
    tokens = [token for token, message in rig.link.sent if message.topic.endswith("batch")]
    rig.link.ack(tokens[1])
    rig.go(0.1)
    assert rig.store.marks == {}
    rig.link.ack(tokens[0])
    rig.go(0.1)
    assert rig.store.marks == {(EPOCH, Lane.BATCH): 2}


def test_no_subscribers_frees_nothing_and_is_probed_within_half_a_minute_until_somebody_listens() -> None:
    rig = Rig(auto=0x10, delivered="puback")
    for _ in range(3):
        rig.store.block()
        rig.go(0.1)
    rig.go(300.0)
    assert rig.store.marks == {}
    assert 8 <= rig.forwarder.status()["probes"] <= 60
    rig.link.auto = 0
    rig.go(31.0)
    assert rig.store.marks == {(EPOCH, Lane.BATCH): 3}


def test_a_taken_message_behind_one_that_nobody_took_frees_neither() -> None:
    rig = Rig(auto=None, delivered="puback")
    for _ in range(2):
        rig.store.block()
        rig.go(0.1)
    for token, code in zip([token for token, message in rig.link.sent if message.topic.endswith("batch")], (0x10, 0)):
        rig.link.ack(token, code)
    rig.go(0.1)
    assert rig.store.marks == {}
    rig.link.auto = 0
    rig.go(31.0)
    assert rig.store.marks == {(EPOCH, Lane.BATCH): 2}


def test_a_restart_does_not_send_again_what_was_freed() -> None:
    rig = Rig(delivered="puback")
    rig.store.block()
    rig.go(0.1)
    rig.forwarder = rig.make(8)
    rig.link.lose()
    rig.store.block()
    rig.go(10.0)
    assert rig.seqs() == [1, 2]
    assert random.Random(8).random() != random.Random(7).random()


def test_hours_without_receipts_do_not_stop_it() -> None:
    rig = Rig(delivered="puback")
    for _ in range(50):
        rig.store.block()
        rig.go(60.0)
    assert rig.seqs() == list(range(1, 51))
    assert rig.forwarder.listening()
