"""Where the sending of one stream (an epoch's lane) stands: what the hub has, what is under way, what to send again.

Decision: nothing here remembers a message for ever. The truth is the outbox (what is held) and the hub (its mark); everything else is forgotten
at a loss of the connection and starts again behind the mark. Sending twice is a duplicate that the hub drops; forgetting would be a loss.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.model import Lane
from gateway.uplink.ports import Token

Ranges = list[tuple[int, int]]


def add(ranges: Ranges, first: int, last: int) -> None:
    """Put [first, last] into sorted, disjoint ranges."""
    merged: Ranges = []
    for low, high in ranges:
        if high + 1 < first or last + 1 < low:
            merged.append((low, high))
        else:
            first, last = min(first, low), max(last, high)
    merged.append((first, last))
    ranges[:] = sorted(merged)


def cut(ranges: Ranges, upto: int) -> None:
    """Take everything up to `upto` out."""
    ranges[:] = [(max(low, upto + 1), high) for low, high in ranges if high > upto]


def has(ranges: Ranges, number: int) -> bool:
    """Whether a number is in one of the ranges."""
    return any(low <= number <= high for low, high in ranges)


@dataclass(slots=True)
class Sent:
    """One message under way: it left, and no receipt covers it yet. acked: the broker took it; at: real time of that, until then
    of the sending; again: it is a resend; nobody: taken for nobody (0x10)."""

    first: int
    last: int
    frames: int
    readings: int
    size: int
    at: float
    token: Token
    acked: bool = False
    again: bool = False
    nobody: bool = False


@dataclass(slots=True)
class Stream:
    """One epoch's lane. first, last: what the outbox holds. mark: the hub has everything up to here. cursor: sent up to here.

    wanted: to be sent again; asked: the hub asks and we do not have it; declared: told so already; parked: refused for good.
    by_puback: no receipt can be believed for it (the epoch was disowned, or the node is told to go by PUBACKs).
    """

    epoch: str
    lane: Lane
    first: int = 0
    last: int = 0
    mark: int = 0
    cursor: int = 0
    by_puback: bool = False
    wanted: Ranges = field(default_factory=list)
    asked: Ranges = field(default_factory=list)
    declared: Ranges = field(default_factory=list)
    parked: Ranges = field(default_factory=list)
    flight: list[Sent] = field(default_factory=list)

    @property
    def used(self) -> int:
        """Bytes under way."""
        return sum(sent.size for sent in self.flight)

    def due(self) -> tuple[int, int] | None:
        """What to read next as (after, up to and including); None where there is nothing to send."""
        cut(self.wanted, self.mark)
        if self.wanted:
            first, last = self.wanted[0]
            return first - 1, last
        return (self.cursor, self.last) if self.cursor < self.last else None

    def passed(self, upto: int) -> None:
        """Everything up to here of what `due` named was sent, or is not to be sent."""
        if self.wanted:
            cut(self.wanted, upto)
        else:
            self.cursor = max(self.cursor, upto)

    def covered(self, upto: int) -> bool:
        """The hub has everything up to here; says whether that is news."""
        news = upto > self.mark
        self.mark = max(self.mark, upto)
        self.cursor = max(self.cursor, self.mark)
        self.flight = [sent for sent in self.flight if sent.last > self.mark]
        for ranges in (self.wanted, self.asked, self.declared, self.parked):
            cut(ranges, self.mark)
        return news

    def again(self, first: int, last: int) -> None:
        """Send this range once more: the messages in it are not under way any longer."""
        self.flight = [sent for sent in self.flight if sent.last < first or sent.first > last]
        if first <= self.cursor:
            add(self.wanted, first, min(last, self.cursor))

    def confirmed(self) -> int | None:
        """Go by PUBACKs: take what the broker took in order off the front; the new mark, None where nothing moved."""
        moved = None
        while self.flight and self.flight[0].acked and not self.flight[0].nobody:
            moved = self.flight.pop(0).last
        if moved is None:
            return None
        self.covered(moved)
        return self.mark

    def rewind(self, mark: int | None = None) -> None:
        """Forget what is under way and start behind the mark; a lower one is that of a hub that lost data."""
        if mark is not None:
            self.mark = mark
            self.declared.clear()
            self.asked.clear()
        self.cursor = self.mark
        self.wanted.clear()
        self.flight.clear()
