"""What the outbox says and is told: limits, frames handed out, facts about holes."""

from __future__ import annotations

from typing import NamedTuple

from gateway.model import GapCause, Instant, Lane


class Limits(NamedTuple):
    """How much is kept. size: bytes of readings on the disk; segment: of one file; alarms, events: number of `small` files kept for each.

    flush_s: seconds a plain reading may stay unsynced (the flusher's interval). block: most readings in a Block.
    """

    size: int = 128 << 20
    segment: int = 1 << 20
    small: int = 128 << 10
    alarms: int = 8
    events: int = 8
    flush_s: float = 5.0
    block: int = 4096


class GapFact(NamedTuple):
    """A hole to be declared: numbers `first` to `last` of a lane of epoch `of` that will never come, or (both None) readings that never got a
    number, between the moments begin and end."""

    of: str
    lane: Lane
    cause: GapCause
    first: int | None = None
    last: int | None = None
    begin: Instant | None = None
    end: Instant | None = None
    readings: int | None = None


def joined(one: GapFact, other: GapFact) -> GapFact | None:
    """Two holes as one, where the numbers of the second go on where those of the first end; None where they do not."""
    if (one.of, one.lane, one.cause) != (other.of, other.lane, other.cause) or one.last is None or other.first != one.last + 1:
        return None
    readings = None if one.readings is None or other.readings is None else one.readings + other.readings
    return one._replace(last=other.last, end=other.end, readings=readings)


class Offer(NamedTuple):
    """One stored message or Block, as the uplink sees it. table, boot: of a Block; readings: how many; volatile: never was on the disk."""

    epoch: str
    lane: Lane
    seq: int
    payload: bytes
    table: str = ""
    boot: str = ""
    readings: int = 0
    volatile: bool = False
