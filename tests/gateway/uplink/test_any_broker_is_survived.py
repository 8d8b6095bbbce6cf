"""Promise: whatever a broker does (silence, garbage, resets, odd limits, odd codes), the node obeys the protocol, comes back and loses nothing."""

import socket
import struct

import pytest

from gateway.model import Lane
from gateway.uplink import MqttLink
from gateway.uplink.ports import Lost
from tests.gateway.uplink.broker import CONNACK, CONNECT, DISCONNECT, PINGREQ, PUBLISH, SUBSCRIBE, connack, packet
from tests.gateway.uplink.conftest import Bench


def waiting(bench: Bench, batches: int = 3) -> None:
    for _ in range(batches):
        bench.rig.store.block()


def test_the_session_is_kept_and_the_subscription_precedes_the_birth(bench: Bench) -> None:
    bench.go(0.5)
    head = bench.broker.connects[0]
    assert head[:7] == b"\x00\x04MQTT\x05"
    assert not head[7] & 0x02  # clean start
    assert struct.pack("!BI", 0x11, 7 * 86400) in head  # session expiry
    assert struct.pack("!BI", 0x18, 20) in head  # will delay
    assert bench.broker.kinds[:3] == [CONNECT, SUBSCRIBE, PUBLISH]
    assert bench.broker.published[0].retain


def test_a_resolver_slower_than_the_keepalive_costs_only_its_time(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    found = socket.getaddrinfo("127.0.0.1", bench.broker.port, 0, socket.SOCK_STREAM)

    def slow(*_: object) -> object:
        bench.rig.clock.now += 45.0
        return found

    monkeypatch.setattr("socket.getaddrinfo", slow)
    waiting(bench)
    bench.go(50.0)
    assert len(bench.broker.connects) == 1
    assert bench.broker.of("state")
    assert bench.rig.forwarder.status()["connected"]


@pytest.mark.parametrize("limit", [1, 3])
def test_receive_maximum_is_obeyed_on_the_wire(bench: Bench, limit: int) -> None:
    held: list[int] = []
    bench.broker.connack = connack(receive_maximum=limit)
    bench.broker.puback = lambda published: held.append(published.mid)
    waiting(bench, 20)
    for _ in range(8):
        bench.rig.store.post(Lane.ALARM)
    for _ in range(120):
        bench.go(0.1)
        if held:
            bench.broker.ack(held.pop(0))
    assert bench.broker.most == limit
    assert len(bench.broker.of("alarm")) >= 8
    assert bench.broker.of("batch")
    assert len(bench.broker.connects) == 1


def test_maximum_packet_size_is_obeyed_on_the_wire(bench: Bench) -> None:
    bench.broker.connack = connack(packet_size=4096)
    for _ in range(100):
        bench.rig.store.block(pad=40)
    bench.go(6.0)
    assert len(bench.broker.of("batch")) > 1
    assert max(len(published.payload) + len(published.topic) + 20 for published in bench.broker.published) <= 4096


def test_no_connack_is_given_up_after_ten_seconds_and_tried_again(bench: Bench) -> None:
    bench.broker.connack = None
    bench.go(9.0)
    assert len(bench.broker.connects) == 1
    bench.go(20.0, until=lambda: len(bench.broker.connects) >= 2)
    assert "no CONNACK" in bench.rig.forwarder.status()["reason"]


@pytest.mark.parametrize("code", [0x80, 0x87, 0x89, 0x9F, 0x99])
def test_a_refused_connection_is_told_with_its_reason(bench: Bench, code: int) -> None:
    bench.broker.connack = connack(code)
    bench.go(0.3)
    assert not bench.rig.forwarder.status()["connected"]
    assert "refused" in bench.rig.forwarder.status()["reason"] or code == 0x99


def test_a_withheld_puback_is_not_answered_by_sending_again(bench: Bench) -> None:
    bench.broker.puback = lambda published: None if published.topic.endswith("batch") else 0
    waiting(bench, 1)
    bench.go(60.0)
    assert len(bench.broker.of("batch")) == 1
    assert len(bench.broker.connects) == 1


def test_a_reset_in_the_middle_sends_the_same_numbers_again_without_dup(bench: Bench) -> None:
    bench.broker.puback = lambda published: None if published.topic.endswith("batch") else 0
    waiting(bench)
    bench.go(10.0, until=lambda: bool(bench.broker.of("batch")))
    bench.broker.reset()
    bench.broker.puback = lambda published: 0
    bench.go(30.0, until=lambda: len(bench.broker.of("batch")) == 2)
    first, second = bench.broker.of("batch")
    assert first.payload[-60:] == second.payload[-60:]
    assert not second.dup
    assert bench.rig.store.marks == {}


@pytest.mark.parametrize("code", [0x8B, 0x8D, 0x93, 0x95, 0x97, 0x98, 0x99, 0x9D, 0xA0])
def test_a_disconnect_is_told_with_its_reason_and_nothing_is_lost(bench: Bench, code: int) -> None:
    waiting(bench)
    bench.go(6.0)
    bench.broker.disconnect(code)
    bench.go(0.2)
    assert "closed the connection" in bench.rig.forwarder.status()["reason"]
    bench.go(2500.0, until=lambda: len(bench.broker.of("batch")) >= 2)
    assert bench.rig.lost == []


GARBAGE = {
    "http": b"HTTP/1.1 302 Found\r\nLocation: http://portal/\r\n\r\n" * 10,
    "zeros": bytes(64),
    "ones": b"\xff" * 64,
    "short connack": packet(CONNACK, b"\x00"),
    "bad property": packet(CONNACK, b"\x00\x00\x02\x7f\x01"),
    "publish without topic": packet(PUBLISH, b"\x00\x09ab"),
    "topic that is no text": packet(PUBLISH, b"\x00\x02\xff\xfe\x00"),
    "length of five bytes": b"\x30\xff\xff\xff\xff\xff",
    "huge": b"\x30\xff\xff\xff\x7f" + bytes(1000),
}


@pytest.mark.parametrize("name", GARBAGE)
@pytest.mark.parametrize("late", [False, True])
def test_garbage_ends_the_connection_and_nothing_else(bench: Bench, name: str, late: bool) -> None:
    if late:
        bench.go(0.3)
        bench.broker.send(GARBAGE[name])
    else:
        bench.broker.connack = GARBAGE[name]
    bench.go(11.0)
    bench.broker.connack = connack()
    bench.go(60.0, until=lambda: bench.rig.forwarder.status()["connected"])
    assert len(bench.broker.connects) >= 2


def test_a_half_open_connection_is_noticed_within_one_and_a_half_keepalives(bench: Bench) -> None:
    bench.go(1.0)
    bench.broker.pings = False
    bench.go(44.0)
    assert bench.rig.forwarder.status()["connected"]
    assert PINGREQ in bench.broker.kinds
    bench.go(5.0, until=lambda: not bench.rig.forwarder.status()["connected"])
    assert "silent" in bench.rig.forwarder.status()["reason"]


def test_pings_keep_an_idle_connection(bench: Bench) -> None:
    bench.go(300.0)
    assert len(bench.broker.connects) == 1
    assert bench.broker.kinds.count(PINGREQ) >= 8


def test_the_servers_keepalive_rules(bench: Bench) -> None:
    bench.broker.connack = connack(keep_alive=10)
    bench.go(100.0)
    assert bench.broker.kinds.count(PINGREQ) >= 8


def test_a_refused_subscription_ends_the_connection_with_its_reason(bench: Bench) -> None:
    bench.broker.suback = 0x87
    bench.go(0.5)
    assert "subscription" in bench.rig.forwarder.status()["reason"]


def test_a_late_puback_of_an_earlier_connection_frees_nothing(bench: Bench) -> None:
    bench.broker.puback = lambda published: None
    waiting(bench, 1)
    bench.go(6.0)
    mid = bench.broker.of("batch")[0].mid
    bench.broker.reset()
    bench.go(10.0, until=lambda: len(bench.broker.connects) == 2)
    bench.go(0.2)
    before = bench.rig.forwarder.status()["in_flight"]
    bench.broker.ack(mid + 40)
    bench.go(0.2)
    assert bench.rig.forwarder.status()["in_flight"] == before


def test_a_clean_close_leaves_a_retained_death_and_says_disconnect(bench: Bench) -> None:
    bench.go(0.5)
    bench.broker.puback = lambda published: 0
    link: MqttLink = bench.link
    original = link.poll

    def poll(timeout: float) -> list[object]:
        bench.broker.pump()
        return list(original(0.0))

    link.poll = poll  # type: ignore[assignment, method-assign]
    bench.rig.forwarder.close()
    bench.broker.pump()
    death = bench.broker.of("state")[-1]
    assert death.retain
    assert b'"up":false' in death.payload
    assert bench.broker.kinds[-1] == DISCONNECT


def test_one_loss_is_told_once(bench: Bench) -> None:
    bench.go(0.5)
    bench.broker.reset()
    events = [event for _ in range(20) for event in bench.link.poll(0.0)]
    assert [type(event) for event in events] == [Lost]
