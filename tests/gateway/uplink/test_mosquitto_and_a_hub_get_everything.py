"""Promise: over a real broker everything arrives, in order, through kills of the broker and absences of the hub, and idling costs nothing."""

from __future__ import annotations

import resource
from collections.abc import Callable

import msgspec

from gateway.clock import real
from gateway.contract.batch import decode_message
from gateway.contract.messages import Birth, Mark, Receipt, decode
from gateway.contract.topics import EVERY_NODE
from gateway.model import Lane
from gateway.uplink import Broker, MqttLink
from gateway.uplink.ports import Hello, Lost, Message, Received
from tests.gateway.uplink.conftest import Mosquitto
from tests.gateway.uplink.rig import BOOT, EPOCH, NODE, RECEIPT, Rig


class Hub:
    """The least a hub can be: remembers numbers, answers births and batches."""

    def __init__(self, port: int) -> None:
        self.link = MqttLink(Broker("127.0.0.1", port), "hub")
        self.seen: dict[str, list[int]] = {"alarm": [], "event": [], "batch": []}
        self.states: list[bytes] = []
        self.re = (BOOT, 0.0)
        self.connect()

    def connect(self) -> None:
        self.link.connect(Hello("edge/hub", b"", (EVERY_NODE,)))

    def pump(self) -> None:
        for event in self.link.poll(0.002):
            if isinstance(event, Lost):
                self.connect()
            elif isinstance(event, Received):
                self.take(event.topic.rsplit("/", 1)[1], event.payload)

    def take(self, cls: str, payload: bytes) -> None:
        if cls == "state":
            self.states.append(payload)
            if b'"up":true' in payload:
                birth = decode(Birth, payload)
                self.re = (birth.boot, birth.mono)
                self.answer(True)
        elif cls == "batch":
            batch = decode_message(payload)
            self.re = batch.sent
            self.seen["batch"] += [block.seq for block in batch.blocks]
            self.answer(False)
        elif cls in self.seen:
            self.seen[cls].append(msgspec.json.decode(payload)["seq"])
            self.answer(False)

    def answer(self, birth: bool) -> None:
        marks = {lane: Mark(self.upto(lane)) for lane in self.seen}
        receipt = Receipt(1, 1_800_000_000.0, 0.01, self.re, {EPOCH: marks}, birth)
        self.link.publish(Message(RECEIPT, msgspec.json.encode(receipt), "application/json"))

    def upto(self, lane: str) -> int:
        have, upto = set(self.seen[lane]), 0
        while upto + 1 in have:
            upto += 1
        return upto


class Pair:
    """Node and hub on one Mosquitto, both driven by the test."""

    def __init__(self, broker: Mosquitto) -> None:
        self.broker = broker
        self.link = MqttLink(Broker("127.0.0.1", broker.port), NODE)
        self.rig = Rig(link=self.link, reconnect=0.05)
        self.hub: Hub | None = None

    def until(self, done: Callable[[], bool], seconds: float = 20.0) -> None:
        end = real() + seconds
        while not done():
            assert real() < end, f"not within {seconds} s: {self.rig.forwarder.status()}"
            self.rig.clock.now = real()
            self.rig.forwarder.step(real())
            self.rig.forwarder.wait(0.002)
            if self.hub is not None:
                self.hub.pump()

    def close(self) -> None:
        self.link.close()
        if self.hub is not None:
            self.hub.link.close()


def test_everything_arrives_once_and_in_order(mosquitto: Callable[..., Mosquitto]) -> None:
    pair = Pair(mosquitto())
    pair.hub = hub = Hub(pair.broker.port)
    for _ in range(3000):
        pair.rig.store.block(pad=40)
    pair.rig.store.post(Lane.ALARM)
    pair.rig.store.post(Lane.EVENT, kind="notice")
    pair.until(lambda: hub.upto("batch") == 3000 and pair.rig.store.mark(EPOCH, Lane.BATCH) == 3000)
    assert hub.seen == {"alarm": [1], "event": [1], "batch": list(range(1, 3001))}
    assert pair.rig.fixes
    pair.close()


def test_six_kills_of_the_broker_lose_nothing(mosquitto: Callable[..., Mosquitto]) -> None:
    pair = Pair(mosquitto())
    pair.hub = hub = Hub(pair.broker.port)
    for round_ in range(1, 7):
        for _ in range(300):
            pair.rig.store.block(pad=40)
        pair.until(lambda: hub.upto("batch") > 300 * (round_ - 1) + 50)  # noqa: B023
        pair.broker.kill()
        pair.broker.start()
    pair.until(lambda: hub.upto("batch") == 1800, 60.0)
    assert pair.rig.lost == []
    pair.close()


def test_the_return_of_the_hub_is_noticed_by_the_retained_birth(mosquitto: Callable[..., Mosquitto]) -> None:
    pair = Pair(mosquitto())
    for _ in range(20):
        pair.rig.store.block()
    pair.rig.store.post(Lane.ALARM)
    pair.until(lambda: bool(pair.rig.forwarder.status()["silent"]))
    pair.hub = hub = Hub(pair.broker.port)
    began = real()
    pair.until(lambda: hub.upto("batch") == 20 and hub.upto("alarm") == 1)
    assert real() - began < 5.0
    pair.close()


def test_a_wake_sends_an_alarm_at_once(mosquitto: Callable[..., Mosquitto]) -> None:
    pair = Pair(mosquitto())
    pair.hub = hub = Hub(pair.broker.port)
    pair.until(lambda: pair.rig.forwarder.listening())
    pair.rig.store.post(Lane.ALARM)
    pair.rig.forwarder.wake()
    began = real()
    pair.rig.forwarder.wait(10.0)
    pair.rig.forwarder.step(real())
    assert real() - began < 1.0
    pair.until(lambda: hub.seen["alarm"] == [1])
    pair.close()


def test_an_idle_connection_costs_almost_no_processor(mosquitto: Callable[..., Mosquitto]) -> None:
    pair = Pair(mosquitto())
    pair.hub = hub = Hub(pair.broker.port)
    pair.until(lambda: pair.rig.forwarder.listening())
    hub.link.close()
    pair.hub = None
    began, used = real(), resource.getrusage(resource.RUSAGE_SELF)
    steps = 0
    while real() - began < 2.0:
        upcoming = pair.rig.forwarder.step(real())
        pair.rig.forwarder.wait(min(upcoming, began + 2.0) - real())
        steps += 1
    after = resource.getrusage(resource.RUSAGE_SELF)
    assert steps <= 12
    assert after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime < 0.05
    pair.close()


def test_a_clean_close_leaves_a_retained_death(mosquitto: Callable[..., Mosquitto]) -> None:
    pair = Pair(mosquitto())
    pair.until(lambda: pair.rig.forwarder.status()["connected"])
    pair.rig.forwarder.close()
    pair.hub = hub = Hub(pair.broker.port)
    pair.until(lambda: bool(hub.states))
    assert b'"up":false' in hub.states[0]
    pair.close()
