"""What has arrived and is not stored yet, sorted by class. Bounded: a full inlet makes the hub stop reading, and TCP holds the broker back.

Alarms, states and events come before batches whatever the order of arrival, which is what lets an alarm overtake a backlog. Of `health` only
the newest of a node is kept: the next one replaces it by definition.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from gateway.contract.topics import Address, parse

MAX_BYTES = 64 * 1024 * 1024
MAX_MESSAGES = 20_000
URGENT = ("alarm", "state", "event")


class Arrival(NamedTuple):
    """One message as it came: whose and which, its bytes, the hub's UTC at its arrival, and whether the broker had kept it as retained."""

    address: Address
    payload: bytes
    at: float
    retained: bool = False


class Inlet:
    """Urgent messages and batches, each in order of arrival."""

    def __init__(self) -> None:
        self.urgent: deque[Arrival] = deque()
        self.batches: deque[Arrival] = deque()
        self.health: dict[str, Arrival] = {}
        self.foreign = 0
        self._bytes = 0

    @property
    def full(self) -> bool:
        """No more should be read from the network now."""
        return self._bytes >= MAX_BYTES or len(self.urgent) + len(self.batches) >= MAX_MESSAGES

    @property
    def backlog(self) -> int:
        """Bytes that wait."""
        return self._bytes

    def put(self, topic: str, payload: bytes, at: float, retained: bool = False) -> None:
        """Sort one message in; what is on none of our topics, or of a class this hub does not serve, is only counted."""
        address = parse(topic)
        if address is None or address.direction != "up":
            self.foreign += 1
            return
        arrival = Arrival(address, payload, at, retained)
        if address.cls in URGENT:
            self.urgent.append(arrival)
        elif address.cls == "batch":
            self.batches.append(arrival)
        elif address.cls == "health" and (address.node in self.health or len(self.health) < MAX_MESSAGES):
            self.health[address.node] = arrival
            return
        else:
            self.foreign += 1
            return
        self._bytes += len(payload)

    def take(self, lane: deque[Arrival]) -> Arrival:
        """Take the oldest of `urgent` or `batches`; IndexError where there is none."""
        arrival = lane.popleft()
        self._bytes -= len(arrival.payload)
        return arrival

    def put_back(self, lane: deque[Arrival], arrivals: list[Arrival]) -> None:
        """Return what could not be stored, in its old order."""
        lane.extendleft(reversed(arrivals))
        self._bytes += sum(len(arrival.payload) for arrival in arrivals)
