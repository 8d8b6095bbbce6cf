"""Promise: a connection opens with the birth; alarms do not wait for the hub; batches wait for its first receipt, at most five seconds."""

import msgspec

from gateway.contract.messages import Birth, Death, decode
from gateway.model import Lane
from tests.gateway.uplink.rig import BOOT, EPOCH, RECEIPT, Rig


def test_the_birth_is_first_and_retained_and_the_will_is_a_death() -> None:
    rig = Rig()
    rig.store.block()
    rig.go(0.1)
    _, first = rig.link.sent[0]
    assert first.retain
    assert decode(Birth, first.payload).epoch == EPOCH
    assert rig.link.hello is not None
    assert rig.link.hello.subscribe == (RECEIPT,)
    assert decode(Death, rig.link.hello.will).up is False


def test_batches_wait_for_the_first_receipt() -> None:
    rig = Rig()
    rig.store.block()
    rig.store.post(Lane.ALARM)
    rig.go(1.0)
    assert rig.classes() == ["state", "alarm"]
    rig.receipt(birth=True, batch=0, alarm=0)
    rig.go(0.1)
    assert rig.classes() == ["state", "alarm", "batch"]


def test_batches_wait_five_seconds_at_most() -> None:
    rig = Rig()
    rig.store.block()
    rig.go(4.9)
    assert rig.seqs() == []
    rig.go(0.3)
    assert rig.seqs() == [1]


def test_a_receipt_that_waited_at_the_broker_since_an_earlier_connection_does_not_open_the_way() -> None:
    rig = Rig()
    rig.store.block()
    rig.go(0.1)
    rig.receipt(birth=True, re=rig.now - 100.0, batch=0)
    rig.go(1.0)
    assert rig.seqs() == []


def test_alarms_then_events_then_batches_oldest_epoch_first() -> None:
    rig = Rig()
    old = "0000-aaaaaaaaaaaa"
    for epoch in (old, EPOCH):
        rig.store.block(epoch=epoch)
        rig.store.post(Lane.EVENT, epoch=epoch, kind="notice")
        rig.store.post(Lane.ALARM, epoch=epoch)
    rig.go(5.5)
    assert rig.classes() == ["state", "alarm", "alarm", "event", "event", "batch", "batch"]
    assert [msgspec.json.decode(message.payload)["epoch"] for message in rig.of("alarm")] == [old, EPOCH]


def test_an_alarm_overtakes_a_backlog_at_the_next_step() -> None:
    rig = Rig()
    for _ in range(2000):
        rig.store.block(pad=40)
    rig.go(5.5)
    batches = len(rig.of("batch"))
    assert batches > 0
    rig.store.post(Lane.ALARM)
    rig.step()
    assert rig.seqs("alarm") == [1]
    assert len(rig.of("batch")) == batches


def test_the_birth_names_the_boot_and_a_change_is_announced_again() -> None:
    rig = Rig()
    rig.go(0.1)
    rig.forwarder.announce()
    rig.go(0.1)
    assert [decode(Birth, message.payload).boot for message in rig.of("state")] == [BOOT, BOOT]
