"""Promise: what breaks the link is sent alone, then smaller, then parked with a gap; a bad network alone parks nothing."""

from gateway.contract.batch import decode_message
from gateway.model import Lane
from gateway.uplink.ports import Lost, Message, Source
from tests.gateway.uplink.rig import Rig

POISON = 3


def play(rig: Rig, seconds: float, lost: Lost | None = None, age: float = 0.0) -> None:
    """A broker that takes everything but breaks the connection `age` seconds after a message with the poison block came."""
    end = rig.now + seconds
    while rig.now < end:
        before = len(rig.of("batch"))
        rig.go(0.5)
        fresh = rig.seqs(since=before)
        if POISON in fresh and rig.link.up:
            rig.go(age)
            rig.link.lose(lost)
        for token, message in rig.link.sent:
            if token in rig.link.owed and not (message.topic.endswith("batch") and POISON in fresh):
                rig.link.ack(token)


def test_a_block_that_always_breaks_the_link_is_halved_out_and_parked() -> None:
    rig = Rig(auto=None)
    for _ in range(8):
        rig.store.block()
    play(rig, 2400.0)
    assert [(lost.cause, lost.first, lost.last) for lost in rig.lost] == [("rejected", POISON, POISON)]
    assert set(rig.seqs()) == set(range(1, 9))
    tries = [batch for batch in rig.of("batch") if POISON in _seqs(batch)]
    assert len(tries) <= 20


def test_a_slow_death_of_the_line_blames_nobody() -> None:
    rig = Rig(auto=None)
    rig.store.block(seq=POISON)
    play(rig, 3600.0, age=15.0)
    assert rig.link.tries > 8
    assert rig.lost == []


def test_a_restart_of_the_broker_blames_nobody() -> None:
    rig = Rig(auto=None)
    for _ in range(3):
        rig.store.block()
    play(rig, 3600.0, Lost("shutting down", 0x8B, Source.DISCONNECT))
    assert rig.lost == []


def test_packet_too_large_sends_less_at_once() -> None:
    rig = Rig(auto=None)
    for _ in range(400):
        rig.store.block(pad=40)
    rig.go(5.5)
    largest = max(len(message.payload) for message in rig.of("batch"))
    rig.link.ack(rig.link.sent[0][0])
    rig.go(0.1)
    rig.link.auto = 0
    rig.link.lose(Lost("too large", 0x95, Source.DISCONNECT))
    before = len(rig.of("batch"))
    rig.go(10.0)
    assert max(len(message.payload) for message in rig.of("batch")[before:]) <= largest // 2


def test_a_payload_refused_three_times_is_parked_without_losing_the_link() -> None:
    rig = Rig(auto=None)
    rig.store.post(Lane.ALARM)
    rig.store.post(Lane.ALARM)
    for _ in range(100):
        rig.go(1.0)
        for token, message in rig.link.sent:
            if token in rig.link.owed:
                rig.link.ack(token, 0x99 if b'"seq":1,' in message.payload and message.topic.endswith("alarm") else 0)
    assert [(lost.lane, lost.cause, lost.first) for lost in rig.lost] == [("alarm", "rejected", 1)]
    assert rig.seqs("alarm").count(1) == 3
    assert 2 in rig.seqs("alarm")
    assert rig.link.tries == 1


def test_a_block_whose_table_is_gone_is_declared_corrupt() -> None:
    rig = Rig()
    rig.store.block()
    rig.store.block()
    frames = rig.store.frames[next(iter(rig.store.frames))]
    frames[0] = frames[0]._replace(table="00000000")
    rig.go(5.5)
    assert rig.seqs() == [2]
    assert [(lost.cause, lost.first) for lost in rig.lost] == [("corrupt", 1)]


def _seqs(message: Message) -> list[int]:
    return [block.seq for block in decode_message(message.payload).blocks]
