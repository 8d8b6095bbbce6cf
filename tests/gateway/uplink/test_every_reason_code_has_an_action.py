"""Promise: each reason code of MQTT 5 has an action, and each action is what happens."""

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from gateway.uplink.ports import Lost, Source
from gateway.uplink.reasons import CODES, TOLD, WAIT, Action, action
from tests.gateway.uplink.rig import Rig

PACKETS = {Source.CONNACK: PacketTypes.CONNACK, Source.PUBACK: PacketTypes.PUBACK, Source.SUBACK: PacketTypes.SUBACK,
           Source.DISCONNECT: PacketTypes.DISCONNECT}  # fmt: skip


@pytest.mark.parametrize("source", PACKETS)
def test_the_table_is_complete_and_has_nothing_else(source: Source) -> None:
    standard = {code for code, names in ReasonCode.names.items() if any(PACKETS[source] in packets for packets in names.values())}
    if source is Source.CONNACK:
        standard.add(0x99)  # in the standard (3.2.2.2), not in paho's list
    assert set(CODES[source]) == standard


def test_an_unknown_code_is_a_back_off_above_0x80_and_a_success_below() -> None:
    assert action(Source.PUBACK, 0xEE) is Action.RETRY
    assert action(Source.PUBACK, 0x11) is Action.GO_ON
    assert action(Source.DISCONNECT, 0x11) is Action.RETRY
    assert action(Source.TRANSPORT, None) is Action.RETRY


@pytest.mark.parametrize("code", [code for code in CODES[Source.CONNACK] if code >= 0x80])
def test_a_refused_connection_waits_as_long_as_its_code_asks(code: int) -> None:
    rig = Rig()
    rig.link.refuse = Lost("no", code, Source.CONNACK)
    rig.go(250.0)
    todo = action(Source.CONNACK, code)
    if todo in WAIT:
        assert rig.link.tries <= 1 + 250 / WAIT[todo][0]
    assert rig.link.tries <= 16
    assert len(rig.notices) == (1 if todo in TOLD else 0)


@pytest.mark.parametrize("code", list(CODES[Source.DISCONNECT]))
def test_a_closed_connection_comes_back_when_its_code_allows(code: int) -> None:
    rig = Rig()
    rig.go(0.5)
    rig.link.lose(Lost("bye", code, Source.DISCONNECT))
    low, high = WAIT.get(action(Source.DISCONNECT, code), (0.0, 1.0))
    rig.go(low * 0.99)
    assert rig.link.tries == (1 if low else rig.link.tries)
    rig.go(high - low * 0.99 + 1.0)
    assert rig.link.tries == 2


def test_a_session_taken_over_waits_a_minute_and_tells_the_operator() -> None:
    rig = Rig()
    for _ in range(3):
        rig.go(0.5)
        rig.link.lose(Lost("session taken over", 0x8E, Source.DISCONNECT))
        tries = rig.link.tries
        rig.go(59.0)
        assert rig.link.tries == tries
        rig.go(62.0)
        assert rig.link.tries == tries + 1
    assert rig.notices == ["session taken over: somebody else uses our name: a notice, and at least a minute"]


@pytest.mark.parametrize("code", [code for code in CODES[Source.PUBACK] if code >= 0x80])
def test_a_refused_message_is_kept_and_sent_again_later(code: int) -> None:
    rig = Rig(auto=None)
    rig.store.block()
    rig.go(5.5)
    todo = action(Source.PUBACK, code)
    refused = 0
    for _ in range(1300):
        for token in list(rig.link.owed):
            batch = next(message for sent, message in rig.link.sent if sent == token).topic.endswith("batch")
            refused += batch
            rig.link.ack(token, code if batch and refused == 1 else 0)
        rig.go(1.0)
    assert rig.lost == []
    assert rig.seqs().count(1) >= 2
    assert rig.store.marks == {}
    assert bool(rig.notices) == (todo in TOLD)


def test_quota_exceeded_halves_the_window() -> None:
    rig = Rig(auto=None, message=1024)
    for _ in range(400):
        rig.store.block(pad=40)
    rig.go(5.5)
    for token in list(rig.link.owed):
        rig.link.ack(token, 0x97)
    rig.go(1.0)
    paused = len(rig.of("batch"))
    rig.go(20.0)
    assert len(rig.of("batch")) == paused
    rig.go(100.0)
    assert 0 < len(rig.link.owed) <= 7


def test_receive_maximum_exceeded_halves_the_window_of_the_next_connection() -> None:
    rig = Rig(auto=None, message=1024)
    for _ in range(400):
        rig.store.block(pad=40)
    rig.go(5.5)
    assert len(rig.link.owed) == 14
    rig.link.lose(Lost("too many", 0x93, Source.DISCONNECT))
    rig.go(8.0)
    assert 0 < len(rig.link.owed) <= 8
