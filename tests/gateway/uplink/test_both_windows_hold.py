"""Promise: never more without PUBACK than the broker takes, never more without receipt than the hub's window; an alarm always finds a place."""

import pytest

from gateway.model import Lane
from gateway.uplink.ports import Connected
from gateway.uplink.settings import KIB
from tests.gateway.uplink.rig import NODE, SITE, Rig, Settings, sizes


def backlog(rig: Rig, blocks: int = 4000) -> None:
    for _ in range(blocks):
        rig.store.block(pad=40)


def test_the_hub_window_stops_batches_and_a_receipt_opens_it() -> None:
    rig = Rig()
    backlog(rig)
    rig.go(5.5)
    assert 192 * KIB < sizes(rig.of("batch")) <= 256 * KIB
    sent = len(rig.of("batch"))
    rig.receipt(batch=rig.seqs()[-1])
    rig.step()
    assert len(rig.of("batch")) > sent


def test_a_puback_frees_a_slot_and_nothing_else() -> None:
    rig = Rig(auto=None)
    rig.store.block()
    rig.go(5.5)
    for token in list(rig.link.owed):
        rig.link.ack(token)
    rig.go(0.1)
    assert rig.store.marks == {}
    rig.link.lose()
    rig.go(10.0)
    assert rig.seqs() == [1, 1]


@pytest.mark.parametrize("limit", [1, 2, 5, 65535])
def test_receive_maximum_is_obeyed(limit: int) -> None:
    rig = Rig(Connected(receive_maximum=limit), auto=None)
    backlog(rig)
    for _ in range(10):
        rig.store.post(Lane.ALARM)
    for _ in range(100):
        rig.go(0.2)
        for token in list(rig.link.owed)[:1]:
            rig.link.ack(token)
    assert rig.link.most <= limit
    assert rig.link.most == min(limit, 11)  # the birth and ten alarms, before any batch may go
    assert rig.seqs("alarm")[:10] == list(range(1, 11))
    assert rig.seqs()


def test_batches_leave_two_places_for_alarms() -> None:
    rig = Rig(auto=None, message=1 * KIB)
    backlog(rig)
    rig.go(5.5)
    assert len(rig.link.owed) == 14
    rig.store.post(Lane.ALARM)
    rig.step()
    assert rig.seqs("alarm") == [1]


def test_a_full_hub_window_does_not_stop_alarms() -> None:
    rig = Rig()
    backlog(rig)
    rig.go(5.5)
    rig.store.post(Lane.ALARM)
    rig.step()
    assert rig.seqs("alarm") == [1]


def test_a_congested_socket_takes_an_alarm_and_no_batch() -> None:
    rig = Rig()
    rig.go(6.0)
    rig.link.congested = True
    rig.store.block()
    rig.store.post(Lane.ALARM)
    rig.step()
    assert rig.classes() == ["state", "alarm"]


def test_a_slow_link_has_sixteen_kilobytes_at_most_on_the_way() -> None:
    slow = Settings.slow(SITE, NODE)
    rig = Rig(message=slow.message, hub_window=slow.hub_window, mqtt_window=slow.mqtt_window)
    backlog(rig)
    rig.go(5.5)
    assert 12 * KIB < sizes(rig.of("batch")) <= 16 * KIB
    assert max(len(message.payload) for message in rig.of("batch")) <= 4 * KIB


def test_many_blocks_ride_in_one_message_of_64_kib_at_most() -> None:
    rig = Rig()
    backlog(rig)
    rig.go(5.5)
    assert all(len(message.payload) <= 64 * KIB for message in rig.of("batch"))
    assert len(rig.of("batch")[0].payload) > 60 * KIB
    assert rig.seqs() == list(range(1, len(rig.seqs()) + 1))


def test_maximum_packet_size_is_obeyed() -> None:
    rig = Rig(Connected(maximum_packet_size=5000))
    backlog(rig, 100)
    rig.go(5.5)
    assert max(message.size for message in rig.of("batch")) <= 5000
    assert rig.lost == []


def test_a_block_larger_than_the_broker_takes_is_parked_with_a_gap_and_the_queue_moves_on() -> None:
    rig = Rig(Connected(maximum_packet_size=5000))
    rig.store.block()
    rig.store.block(pad=3000)
    rig.store.block()
    rig.go(5.5)
    assert rig.seqs() == [1, 3]
    assert [(lost.cause, lost.first, lost.last, lost.readings) for lost in rig.lost] == [("rejected", 2, 2, 3000)]


def test_a_broker_whose_limit_is_absurd_is_left_alone_for_minutes() -> None:
    rig = Rig(Connected(maximum_packet_size=100))
    rig.go(500.0)
    assert rig.link.tries == 1
    assert rig.lost == []
    assert "100 bytes" in rig.notices[0]


def test_no_puback_for_two_minutes_gives_the_connection_up_and_not_earlier() -> None:
    rig = Rig(auto=None)
    rig.store.block()
    rig.go(110.0)
    assert rig.seqs() == [1]
    rig.go(30.0)
    assert rig.link.tries == 2
