"""Alarms and events that the disk has not taken within a second: they go out all the same, in an epoch that lives in memory only.

Their durable twins follow under their own identity when the disk is back; the hub counts an alarm's twins once, by what they say.
"""

from __future__ import annotations

from collections.abc import Callable
from secrets import token_hex
from typing import NamedTuple

from gateway.model import Lane
from gateway.outbox.ring import Ring
from gateway.outbox.words import Offer

PATIENCE = 1.0
"""Real seconds an alarm waits for its sync."""
MOST = 256
"""Messages kept in memory per lane; the oldest goes."""


class Waiting(NamedTuple):
    """A posted message whose sync has not returned."""

    epoch: str
    lane: Lane
    seq: int
    payload: bytes
    since: float


class Unsynced:
    """What waits for its sync, and what was offered without it. epoch: of this process's memory."""

    def __init__(self, time: Callable[[], float]) -> None:
        self.epoch = f"v-{token_hex(6)}"
        self._time = time
        self._waiting: list[Waiting] = []
        self._offered: dict[Lane, list[tuple[Offer, Waiting]]] = {Lane.ALARM: [], Lane.EVENT: []}
        self._next = {Lane.ALARM: 1, Lane.EVENT: 1}

    def add(self, epoch: str, lane: Lane, seq: int, payload: bytes) -> None:
        """A message was posted."""
        same = [waiting for waiting in self._waiting if waiting.lane is lane]
        if len(same) >= MOST:
            self._waiting.remove(same[0])
        self._waiting.append(Waiting(epoch, lane, seq, payload, self._time()))

    def synced(self, rings: dict[Lane, Ring]) -> None:
        """Forget what is durable by now."""
        self._waiting = [waiting for waiting in self._waiting if not _durable(rings[waiting.lane], waiting)]

    def held(self) -> list[tuple[str, Lane, int, int]]:
        """What may be sent in this epoch; whoever has waited too long joins now."""
        now = self._time()
        for waiting in [waiting for waiting in self._waiting if now - waiting.since >= PATIENCE]:
            self._waiting.remove(waiting)
            number = self._next[waiting.lane]
            self._next[waiting.lane] = number + 1
            offered = self._offered[waiting.lane]
            offered.append((Offer(self.epoch, waiting.lane, number, waiting.payload, volatile=True), waiting))
            del offered[:-MOST]
        return [(self.epoch, lane, offered[0][0].seq, offered[-1][0].seq) for lane, offered in self._offered.items() if offered]

    def read(self, lane: Lane, after: int) -> list[Offer]:
        """What was offered above a number."""
        return [offer for offer, _ in self._offered.get(lane, []) if offer.seq > after]

    def receipted(self, lane: Lane, upto: int) -> list[Waiting]:
        """The hub has it; gives what that was, under its durable identity."""
        offered = self._offered.get(lane, [])
        self._offered[lane] = [(offer, own) for offer, own in offered if offer.seq > upto]
        return [own for offer, own in offered if offer.seq <= upto]


def _durable(ring: Ring, waiting: Waiting) -> bool:
    """Whether a message is on the medium, or was given up."""
    for segment in reversed(ring.segments):
        if segment.epoch == waiting.epoch and segment.first <= waiting.seq <= segment.last:
            return segment.image is None or (segment.durable() > 0 and segment.frames[segment.durable() - 1].seq >= waiting.seq)
    return True
