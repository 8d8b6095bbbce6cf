"""The two windows: the broker's (without PUBACK) and the hub's (without receipt).

Decision: both count bytes, because the wait of an alarm is the bytes ahead of it divided by the speed of the link. A PUBACK frees a place in the
first and nothing else. Alarms and events have places of their own in both. One message always fits an empty window, whatever its size.
"""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

from gateway.model import Lane
from gateway.uplink.ports import Token
from gateway.uplink.settings import Settings

RESERVED = 2
"""Places that only alarms and events may take, where there are at least four."""
HEAL_S = 600.0
"""After this long without trouble a window or a message size that was halved doubles again."""
SMALLEST = 16
"""A window is never cut to less than this fraction."""

T = TypeVar("T")


class _Flying(NamedTuple, Generic[T]):
    size: int
    at: float
    what: T


class BrokerWindow(Generic[T]):
    """PUBLISHes without a PUBACK, with a note of what each one was."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._most = settings.messages
        self._flying: dict[Token, _Flying[T]] = {}
        self._bytes = 0
        self._divisor = 1
        self._healed = 0.0

    def __len__(self) -> int:
        return len(self._flying)

    @property
    def most(self) -> int:
        """How many PUBLISHes may be without a PUBACK now."""
        return max(1, self._most // self._divisor)

    def open(self, receive_maximum: int) -> None:
        """A new connection: nothing is in flight, and its broker takes this many."""
        self._flying.clear()
        self._bytes = 0
        self._most = max(1, min(self._settings.messages, receive_maximum))

    def room(self, size: int, urgent: bool) -> bool:
        """Whether a PUBLISH of this size may go out."""
        reserved = 0 if urgent or self.most < 4 else RESERVED
        if len(self._flying) + reserved >= self.most:
            return False
        return urgent or not self._flying or self._bytes + size <= self._settings.mqtt_window // self._divisor

    def take(self, token: Token, size: int, at: float, what: T) -> None:
        """It went out."""
        self._flying[token] = _Flying(size, at, what)
        self._bytes += size

    def free(self, token: Token) -> T | None:
        """Its PUBACK came: what it was. None for a token of another connection, or one already answered."""
        flying = self._flying.pop(token, None)
        if flying is None:
            return None
        self._bytes -= flying.size
        return flying.what

    def oldest(self) -> tuple[float, T] | None:
        """When the oldest PUBLISH without PUBACK went out, and what it was."""
        first = next(iter(self._flying.values()), None)
        return (first.at, first.what) if first else None

    def shrink(self, now: float) -> None:
        """The broker complained: half as much at once, for ten minutes at least."""
        self._divisor = min(SMALLEST, self._divisor * 2)
        self._healed = now

    def heal(self, now: float) -> None:
        """Double again after a while without complaints."""
        if self._divisor > 1 and now - self._healed >= HEAL_S:
            self._divisor //= 2
            self._healed = now


class Ceiling:
    """The largest payload: what we want, what the broker announces, and half of what failed until it has not failed for a while."""

    def __init__(self, settings: Settings) -> None:
        self._wanted = settings.message
        self._learned = settings.message
        self._announced = settings.message
        self._healed = 0.0

    def open(self, packet: int, envelope: int) -> None:
        """A new connection: its broker takes packets of this many bytes, of which `envelope` are not payload."""
        self._announced = packet - envelope

    @property
    def bytes(self) -> int:
        """Payload bytes of a message now."""
        return max(1, min(self._wanted, self._learned, self._announced))

    @property
    def hard(self) -> int:
        """Payload bytes the broker takes at most: more than this can never be sent."""
        return self._announced

    def halve(self, failed: int, now: float) -> None:
        """A message of this size failed."""
        self._learned = max(1, min(self._learned, failed) // 2)
        self._healed = now

    def heal(self, now: float) -> None:
        """Try larger ones again after a while."""
        if self._learned < self._wanted and now - self._healed >= HEAL_S:
            self._learned = min(self._wanted, self._learned * 2)
            self._healed = now


def hub_room(settings: Settings, lane: Lane, used: int) -> int:
    """Payload bytes a lane may still send without a receipt; 0 where what is left is too little to be worth a message."""
    capacity = settings.hub_window if lane is Lane.BATCH else settings.urgent_window
    if used == 0:
        return capacity
    left = capacity - used
    return left if left >= min(capacity, settings.message) // 4 else 0
