"""Bytes per reading on the wire: whole MQTT 5 PUBLISH packets as the node's own link writes them into a socket of the loopback.

Taken from the socket: a scripted broker in this process reads what `MqttLink` wrote and the size of every PUBLISH is the sum of its fixed header,
its length and its body. The rivals' payloads go through the same link, on the topics their users give them.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import mean

from gateway.contract.batch import encode_block, encode_message
from gateway.contract.topics import topic
from gateway.model import Reading
from gateway.uplink import Broker, MqttLink
from gateway.uplink.envelope import CBOR
from gateway.uplink.ports import Connected, Hello, Message
from tests.bench.figures import Figure, at_most, plain
from tests.bench.rivals import senml, thingsboard
from tests.bench.setting import NotMeasured, Setting, rest
from tests.bench.workloads import BOOT, EPOCH, FIX, NODE, SITE, TABLE, batch, points
from tests.gateway.uplink.broker import PUBLISH, ScriptedBroker, packet

BATCHES = 40
TITLE = f"bytes per reading on the wire: whole PUBLISH packets read from a loopback socket, 300 readings each, mean of {BATCHES} batches"
SHARED, OWN = 2.3, 3.2
TRIES = 2000


class CountingBroker(ScriptedBroker):
    """Notes the size of every PUBLISH."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    def _take(self, flags: int, body: bytes) -> None:
        self.sizes.append(len(packet(PUBLISH, body, flags)))
        super()._take(flags, body)


class Wire:
    """A link and its broker; `size` sends one message and tells how many bytes its packet had."""

    def __init__(self) -> None:
        self._broker = CountingBroker()
        self._link = MqttLink(Broker("127.0.0.1", self._broker.port), NODE)
        self._link.connect(Hello(topic(SITE, NODE, "state"), b"{}", ()))
        self._until(lambda: any(isinstance(event, Connected) for event in self._link.poll(0.0)), "a connection")

    def size(self, message: Message) -> int:
        """Bytes of the packet; NotMeasured where it does not arrive."""
        seen = len(self._broker.sizes)
        self._link.publish(message)
        self._until(lambda: bool(self._link.poll(0.0)), "a PUBACK")
        if len(self._broker.sizes) != seen + 1:
            raise NotMeasured(f"{len(self._broker.sizes) - seen} packets arrived instead of one")
        return self._broker.sizes[-1]

    def _until(self, done: Callable[[], bool], what: str) -> None:
        for _ in range(TRIES):
            self._broker.pump()
            if done():
                return
            rest(0.001)
        raise NotMeasured(f"{what} did not come over the loopback")

    def close(self) -> None:
        """Close both ends."""
        self._link.close()
        self._broker.close()


def ours(readings: list[Reading]) -> Message:
    """The message the node makes of these readings, sealed into one Block."""
    block = encode_block(4711, TABLE.id, BOOT, readings)
    payload = encode_message(NODE, EPOCH, (BOOT, 8700.123), {TABLE.id: TABLE}, {BOOT: FIX}, [block])
    return Message(topic(SITE, NODE, "batch"), payload, CBOR)


def of_thingsboard(readings: list[Reading]) -> Message:
    """The same for ThingsBoard's gateway API."""
    return Message("v1/gateway/telemetry", thingsboard(points(readings)), "")


def of_senml(readings: list[Reading]) -> Message:
    """The same in SenML, on the node's topic."""
    return Message(topic(SITE, NODE, "batch"), senml(points(readings)), "application/senml+json")


def parts(readings: list[Reading], per_reading: float) -> str:
    """Where the bytes of a packet go."""
    message, block = ours(readings), encode_block(4711, TABLE.id, BOOT, readings)
    packet_size = round(per_reading * len(readings))
    envelope, head = packet_size - len(message.payload), len(message.payload) - len(block)
    return (
        f"of {packet_size} B, {len(block)} are the Block, {head} the head (epoch, boot, anchor, series table) and {envelope} MQTT's envelope, "
        f"{len(message.topic)} of them the topic and {len(message.content_type)} the content type, said again in every packet"
    )


def measure(setting: Setting) -> list[Figure]:
    """Mean over batches that no constant was chosen by."""
    wire = Wire()
    try:
        figures = []
        for own, words, limit in ((False, "six series in one round", SHARED), (True, "six series, own times", OWN)):
            made = [batch(setting.seed + number, own) for number in range(BATCHES)]
            rough = [batch(setting.seed + number, own, rough=10) for number in range(BATCHES)]
            sizes = [wire.size(ours(readings)) / len(readings) for readings in made]
            figures.append(at_most(f"{words}: this node", mean(sizes), limit, "B", parts(made[0], sizes[0]), note=f" (worst {max(sizes):.2f})"))
            figures.append(plain(f"{words}: this node, payload alone", mean(len(ours(readings).payload) / 300 for readings in made), "B"))
            figures.append(plain(f"{words}: ThingsBoard JSON", mean(wire.size(of_thingsboard(readings)) / 300 for readings in made), "B"))
            figures.append(plain(f"{words}: SenML JSON", mean(wire.size(of_senml(readings)) / 300 for readings in made), "B"))
            figures.append(plain(f"{words}, ten times as noisy: this node", mean(wire.size(ours(readings)) / 300 for readings in rough), "B"))
        return figures
    finally:
        wire.close()
