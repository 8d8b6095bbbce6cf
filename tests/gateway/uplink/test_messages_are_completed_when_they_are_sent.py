"""Promise: what is stored is not touched; a message leaves with the identity and the time that are known when it is sent."""

import msgspec

from gateway.contract.batch import decode_message
from gateway.contract.messages import ClockFix
from gateway.model import Lane
from tests.gateway.uplink.rig import BOOT, EPOCH, NODE, TABLE, Rig

VOLATILE = "v001-ffffffffffff"


def test_an_alarm_from_before_the_clock_was_set_leaves_with_the_right_time() -> None:
    rig = Rig()
    rig.store.post(Lane.ALARM, mono=50.0, rule="co-high")
    rig.go(0.1)
    rig.store.clocks.offer(BOOT, ClockFix(100.0, 1_800_000_100.0, "ntp", 0.05))
    rig.link.lose()
    rig.go(3.0)
    free, known = (msgspec.json.decode(message.payload) for message in rig.of("alarm"))
    assert (free["utc"], free["clock"], free["clock_error"]) == (None, "free", None)
    assert (known["utc"], known["clock"]) == (1_800_000_050.0, "ntp")
    assert (known["epoch"], known["seq"], known["rule"]) == (EPOCH, 1, "co-high")


def test_a_volatile_alarm_says_so_and_is_sent_like_any_other() -> None:
    rig = Rig()
    rig.store.post(Lane.ALARM, epoch=VOLATILE, volatile=True)
    rig.go(0.1)
    body = msgspec.json.decode(rig.of("alarm")[0].payload)
    assert (body["volatile"], body["epoch"], body["seq"]) == (True, VOLATILE, 1)


def test_an_event_of_a_kind_nobody_knows_here_passes() -> None:
    rig = Rig()
    rig.store.post(Lane.EVENT, kind="of a later version", more={"a": [1, 2.5, None]})
    rig.go(0.1)
    assert msgspec.json.decode(rig.of("event")[0].payload)["more"] == {"a": [1, 2.5, None]}


def test_a_batch_explains_itself_and_carries_the_blocks_as_sealed() -> None:
    rig = Rig(simulated=True)
    rig.store.clocks.offer(BOOT, ClockFix(100.0, 1_800_000_100.0, "ntp", 0.05))
    for _ in range(3):
        rig.store.block()
    rig.go(5.5)
    batch = decode_message(rig.of("batch")[0].payload)
    assert (batch.node, batch.epoch, batch.simulated) == (NODE, EPOCH, True)
    assert batch.sent[0] == BOOT
    assert batch.clocks == {BOOT: ClockFix(100.0, 1_800_000_100.0, "ntp", 0.05)}
    assert batch.blocks[0].columns[0].series.name == TABLE.series[0].name
    assert batch.sealed == [frame.payload for frame in rig.store.frames[EPOCH, Lane.BATCH]]


def test_health_comes_every_minute_and_more_often_while_a_backlog_drains() -> None:
    rig = Rig(health=True)
    rig.go(121.5)
    assert len(rig.of("health")) == 3
    for _ in range(4000):
        rig.store.block(pad=40)
    for _ in range(600):
        rig.go(0.1)
        sent = rig.seqs(since=len(rig.of("batch")) - 1)
        rig.receipt(batch=min(sent[-1], 4000 - 1)) if sent and rig.now % 5 < 0.2 else None
    assert len(rig.of("health")) >= 4
