"""Reading what is durable: by epoch, lane and number, from memory where it is recent and from the segment files where it is old."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from typing import NamedTuple

from gateway.model import GapCause, Instant, Lane
from gateway.outbox.frames import Frame, Kind
from gateway.outbox.recovery import load
from gateway.outbox.ring import Ring, Segment
from gateway.outbox.shelf import Shelf, epoch_number
from gateway.outbox.words import GapFact, Offer

KEPT = 2
"""Old segments whose frames stay in memory: the one being drained, and one more."""


class Shelved(NamedTuple):
    """The numbered frames of one segment that are durable, and up to which number it ought to hold them."""

    first: int
    last: int
    frames: list[Frame]


class Library:
    """Serves the uplink. Old segments are read without the lock; one that was overwritten meanwhile gives nothing."""

    def __init__(self, shelf: Shelf, lock: threading.RLock) -> None:
        self._shelf = shelf
        self._lock = lock
        self._old: OrderedDict[tuple[str, int], list[Frame]] = OrderedDict()

    def held(self) -> list[tuple[str, Lane, int, int]]:
        """Epoch, lane, first and last number of what may be sent; oldest epoch first, the current one always last."""
        ranges: dict[tuple[str, Lane], tuple[int, int]] = {}
        for lane, ring in self._shelf.rings.items():
            for segment in ring.segments:
                last = segment.last if segment.image is None else _last_durable(segment)
                if last >= segment.first:
                    first = ranges.get((segment.epoch, lane), (segment.first, 0))[0]
                    ranges[segment.epoch, lane] = (first, last)
        return [(epoch, lane, *ends) for (epoch, lane), ends in sorted(ranges.items(), key=lambda item: epoch_number(item[0][0]))]

    def read(self, epoch: str, lane: Lane, after: int, max_bytes: int) -> tuple[list[Offer], list[GapFact]]:
        """Frames above `after`, and the holes met on the way to the last of them."""
        ring = self._shelf.rings[lane]
        with self._lock:
            segments = [segment for segment in ring.segments if segment.epoch == epoch and segment.last > after]
        offers: list[Offer] = []
        holes: list[GapFact] = []
        size, expected = 0, after + 1
        for segment in segments:
            shelved = self._shelved(ring, segment)
            if shelved is None:
                continue
            expected = max(expected, shelved.first)
            for place in range(bisect_right(shelved.frames, after, key=lambda frame: frame.seq), len(shelved.frames)):
                frame = shelved.frames[place]
                begins = frame.first if frame.kind is Kind.SKIP else frame.seq
                if offers and size + len(frame.payload) > max_bytes:
                    return offers, holes
                if begins > expected:
                    holes.append(_hole(epoch, lane, expected, begins - 1, shelved.frames[place - 1] if place else None, frame))
                expected = frame.seq + 1
                if frame.kind is not Kind.SKIP:
                    size += len(frame.payload)
                    offers.append(Offer(epoch, lane, frame.seq, frame.payload, frame.table, frame.boot, frame.readings))
            if expected <= shelved.last:
                holes.append(_hole(epoch, lane, expected, shelved.last, shelved.frames[-1] if shelved.frames else None, None))
                expected = shelved.last + 1
        return offers, holes

    def _shelved(self, ring: Ring, segment: Segment) -> Shelved | None:
        """None where the segment was let go meanwhile."""
        key = (segment.name, segment.header.salt)
        with self._lock:
            if segment.image is not None:
                count = segment.durable()
                return Shelved(segment.first, segment.frames[count - 1].seq if count else 0, segment.frames[:count])
            if key in self._old:
                self._old.move_to_end(key)
                return Shelved(segment.first, segment.last, self._old[key])
        found = load(self._shelf.disk, ring, segment)
        with self._lock:
            if segment not in ring.segments:
                return None
            for item in found:
                if item.frame.kind is Kind.NOTE and ring.lane is Lane.BATCH:
                    self._shelf.notes.learn(item.frame.payload)
            self._old[key] = [item.frame for item in found if item.frame.kind is not Kind.NOTE]
            while len(self._old) > KEPT:
                self._old.popitem(last=False)
            return Shelved(segment.first, segment.last, self._old[key])


def _hole(epoch: str, lane: Lane, first: int, last: int, before: Frame | None, behind: Frame | None) -> GapFact:
    """Numbers that ought to be there, with the moments and the count that the Blocks around them tell."""
    begin = Instant(before.boot, before.newest) if before is not None and before.kind is Kind.BLOCK else None
    end = Instant(behind.boot, behind.oldest) if behind is not None and behind.kind is Kind.BLOCK else None
    readings = None
    if before is not None and behind is not None and begin is not None and end is not None and begin.boot == end.boot:
        readings = behind.first - before.first - before.readings
    return GapFact(epoch, lane, GapCause.CORRUPT, first, last, begin, end, readings)


def _last_durable(segment: Segment) -> int:
    """Highest number of a real frame of a segment in memory that is durable; first - 1 where there is none."""
    for place in range(segment.durable() - 1, -1, -1):
        if segment.frames[place].kind is not Kind.SKIP:
            return segment.frames[place].seq
    return segment.first - 1
