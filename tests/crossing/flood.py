"""`python -m tests.crossing.flood PORT SITE NODE SEED`: a thousand messages of garbage a second on a node's own topics, until it is ended.

What is sent: random bytes; JSON of a wrong shape; JSON that is huge, or nested beyond reason; and receipts that are whole and lie: with marks far
above and far below all that the node ever numbered, for the epochs that its birth names. QoS 0, so that the broker stores none of it for a node that
is away.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Iterator
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from gateway.clock import real
from gateway.contract.topics import DOWN, topic

RATE = 1000
HUGE = 200_000
"""Bytes of a huge message: below what the node takes at most."""
WRONG = (
    "null",
    "[]",
    "{}",
    "12345678901234567890",
    '"text"',
    "[[[[1]]]]",
    '{"v": "one"}',
    '{"v":1,"at":"now","error":[],"re":{},"epochs":[]}',
    "{",
    "\x00",
    '{"v":1,"at":0,"error":0,"re":["\udcff",0],"epochs":{}}',
)


class Babble:
    """Makes the messages, from a seed and the node's newest birth."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self.birth: dict[str, Any] = {}

    def next(self) -> tuple[str, bytes]:
        """Class and payload of the next message."""
        makes: list[Callable[[], bytes]] = [self._noise, self._wrong, self._huge, self._lie]
        make = self._chance.choices(makes, weights=(400, 295, 5, 300))[0]
        return ("receipt" if make == self._lie else self._chance.choice(DOWN)), make()

    def _noise(self) -> bytes:
        return self._chance.randbytes(self._chance.randint(0, 1500))

    def _wrong(self) -> bytes:
        return self._chance.choice(WRONG).encode(errors="surrogateescape")

    def _huge(self) -> bytes:
        if self._chance.random() < 0.2:
            return b'{"v":1,"extra":' + b"[" * HUGE
        rows = [[self._chance.getrandbits(53), None, "x" * 20] for _ in range(HUGE // 50)]
        return json.dumps({"v": 1, "at": 0, "error": 0, "re": ["", 0], "epochs": {}, "extra": rows}).encode()[: HUGE + 50_000]

    def _lie(self) -> bytes:
        upto = self._chance.choice([0, 1, 2**31, 2**32, 2**53, -1, 1e300, self._chance.randint(0, 5000)])
        first = self._chance.randint(0, 10_000)
        missing = self._chance.choice([[], [[first, first + 10]], [[2**40, 1]], [[1, 2**53]], [[n, n] for n in range(200)]])
        lanes = {lane: {"upto": upto, "missing": missing} for lane in ("alarm", "event", "batch")}
        epochs = {str(self.birth.get("epoch", "none")), *(str(held.get("epoch")) for held in self.birth.get("held", ())), "v-000000000000"}
        re = [self.birth.get("boot", ""), self.birth.get("mono", 0.0)]
        said = {"v": 1, "at": self._chance.choice([0, 1.8e9, -1e18, 1e18]), "error": self._chance.choice([0, 0.01, 1e9]), "re": re}
        return json.dumps({**said, "epochs": dict.fromkeys(sorted(epochs), lanes), "birth": self._chance.random() < 0.5}).encode()


def due(began: float, until: float) -> Iterator[None]:
    """One for each message that is due between two moments."""
    for _ in range(int(until * RATE) - int(began * RATE)):
        yield None


def main(port: str, site: str, node: str, seed: str) -> None:
    babble = Babble(int(seed))
    client = Client(CallbackAPIVersion.VERSION2, "flood", protocol=MQTTProtocolVersion.MQTTv5)

    def born(_client: Client, _user: Any, message: MQTTMessage) -> None:
        found = json.loads(message.payload)
        if found.get("up"):
            babble.birth = found

    client.on_message = born
    client.connect("127.0.0.1", int(port))
    client.subscribe(topic(site, node, "state"), 1)
    before = real()
    while True:
        now = real()
        for _ in due(before, now):
            cls, payload = babble.next()
            client.publish(topic(site, node, cls), payload, 0)
        before = now
        client.loop(0.005)


if __name__ == "__main__":
    main(*sys.argv[1:])
