"""Reading what is durable: by epoch, lane and number, from memory where it is recent and from the segment files where it is old."""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from typing import NamedTuple

from gateway.model import Lane
from gateway.outbox.frames import Frame, Kind
from gateway.outbox.recovery import load
from gateway.outbox.ring import Ring, Segment
from gateway.outbox.shelf import Shelf
from gateway.outbox.words import Offer

KEPT = 2
"""Old segments whose frames stay in memory: the one being drained, and one more."""
Hole = tuple[int, int]


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
        return [(epoch, lane, *ends) for (epoch, lane), ends in sorted(ranges.items(), key=lambda item: item[0][0])]

    def read(self, epoch: str, lane: Lane, after: int, max_bytes: int) -> tuple[list[Offer], list[Hole]]:
        """Frames above `after`, and the holes met on the way to the last of them."""
        ring = self._shelf.rings[lane]
        with self._lock:
            segments = [segment for segment in ring.segments if segment.epoch == epoch and segment.last > after]
        offers: list[Offer] = []
        holes: list[Hole] = []
        size, expected = 0, after + 1
        for segment in segments:
            shelved = self._shelved(ring, segment)
            expected = max(expected, shelved.first)
            for frame in shelved.frames[bisect_right(shelved.frames, after, key=lambda frame: frame.seq) :]:
                begins = frame.first if frame.kind is Kind.SKIP else frame.seq
                if offers and size + len(frame.payload) > max_bytes:
                    return offers, holes
                if begins > expected:
                    holes.append((expected, begins - 1))
                expected = frame.seq + 1
                if frame.kind is not Kind.SKIP:
                    size += len(frame.payload)
                    offers.append(Offer(epoch, lane, frame.seq, frame.payload, frame.table, frame.boot, frame.readings))
            if expected <= shelved.last:
                holes.append((expected, shelved.last))
                expected = shelved.last + 1
        return offers, holes

    def _shelved(self, ring: Ring, segment: Segment) -> Shelved:
        with self._lock:
            if segment.image is not None:
                count = bisect_right(segment.ends, segment.synced)
                return Shelved(segment.first, segment.frames[count - 1].seq if count else 0, segment.frames[:count])
        key = (segment.name, segment.header.salt)
        frames = self._old.get(key)
        if frames is None:
            frames = self._read_old(ring, segment)
            self._old[key] = frames
            while len(self._old) > KEPT:
                self._old.popitem(last=False)
        self._old.move_to_end(key)
        return Shelved(segment.first, segment.last, frames)

    def _read_old(self, ring: Ring, segment: Segment) -> list[Frame]:
        """The numbered frames of a segment on the disk; its notes are learnt."""
        try:
            found = load(self._shelf.disk, ring, segment)
        except OSError:
            return []
        with self._lock:
            for item in found:
                if item.frame.kind is Kind.NOTE and ring.lane is Lane.BATCH:
                    self._shelf.notes.learn(item.frame.payload)
        return [item.frame for item in found if item.frame.kind is not Kind.NOTE]


def _last_durable(segment: Segment) -> int:
    """Highest number of a real frame of a segment in memory that is durable; first - 1 where there is none."""
    for place in range(bisect_left(segment.ends, segment.synced + 1) - 1, -1, -1):
        if segment.frames[place].kind is not Kind.SKIP:
            return segment.frames[place].seq
    return segment.first - 1
