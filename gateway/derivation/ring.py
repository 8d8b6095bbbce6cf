"""The parts of a rolling window: how much each grew, whether all of it is known, and which doubts its growth has.

Decision: parts that were heard and did not grow are kept over a restart as a run of such parts, so that a window of half a dry day is a few bytes.
"""

from __future__ import annotations

import math

import msgspec

from gateway.model import Flag, Reading

UNSAID = ~(Flag.TIMING | Flag.MAINTENANCE | Flag.TEST)
"""Flags that are doubts about an amount: that it came late is none."""


class Trace(msgspec.Struct, array_like=True):
    """One part. grown: in it; spread: when it grew is not known, only that it did; lost: something is missing; quality, flags, reason: the worst
    doubt about its growth."""

    grown: float = 0.0
    spread: bool = False
    lost: bool = False
    quality: int = 0
    flags: int = 0
    reason: str = ""


class Kept(msgspec.Struct, frozen=True):
    """A ring as it is kept: the newest place, the number of places, runs of plain parts (first, how many), the others by their place."""

    newest: int
    count: int
    plain: list[tuple[int, int]]
    others: dict[int, Trace]


PLAIN = Trace()


class Ring:
    """`count` parts, the newest of them at `newest`; places only grow."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.newest: int | None = None
        self._traces: dict[int, Trace] = {}
        self._told: tuple[float, bool, Reading | None] | None = None

    def advance(self, place: int) -> None:
        """Go on to a place and forget what fell out of the window; one that lies back stays in the newest."""
        if self.newest is not None and place <= self.newest:
            return
        self.newest, self._told = place, None
        for old in [index for index in self._traces if index <= place - self.count]:
            del self._traces[old]

    def hear(self, place: int) -> Trace | None:
        """Something was heard in this part; its trace, None where it is out of the window."""
        if self.newest is None or not self.newest - self.count < place <= self.newest:
            return None
        if place not in self._traces:
            self._traces[place] = Trace()
            self._told = None
        return self._traces[place]

    def grow(self, place: int, grown: float, by: Reading, *, spread: bool = False, lost: bool = False) -> None:
        """Something grew in this part, as a reading told. spread, lost: as in Trace."""
        trace = self.hear(place)
        if trace is None or not (grown or spread or lost):
            return
        self._told = None
        trace.grown += grown
        trace.spread, trace.lost = trace.spread or spread, trace.lost or lost
        flags = int(by.flags & UNSAID)
        if grown and flags:
            trace.flags |= flags
            if by.quality >= trace.quality:
                trace.quality, trace.reason = int(by.quality), by.reason

    def find(self, places: range) -> None:
        """What these parts lost was not lost."""
        self._told = None
        for trace in [self._traces[place] for place in places if place in self._traces]:
            trace.lost = False

    def sum(self) -> tuple[float, bool, Reading | None]:
        """What all parts grew, whether that is the whole truth, and the doubts about it as one reading."""
        if self._told is None:
            oldest = None if self.newest is None else self._traces.get(self.newest - self.count + 1)
            straddles = oldest is not None and oldest.spread and oldest.grown > 0  # how much of it lies before the window is not known
            whole = len(self._traces) == self.count and not straddles and not any(trace.lost for trace in self._traces.values())
            self._told = math.fsum(trace.grown for trace in self._traces.values()), whole, self._doubt()
        return self._told

    def _doubt(self) -> Reading | None:
        found = [trace for trace in self._traces.values() if trace.flags]
        if not found:
            return None
        flags = 0
        for trace in found:
            flags |= trace.flags
        worst = max(found, key=lambda trace: trace.quality)
        return Reading(0, 0, None, 0.0, worst.quality, flags, worst.reason)

    def keep(self) -> Kept | None:
        """All of it, small; None before anything was heard."""
        if self.newest is None:
            return None
        runs: list[tuple[int, int]] = []
        for place in sorted(place for place, trace in self._traces.items() if trace == PLAIN):
            first, many = runs[-1] if runs else (0, 0)
            if runs and place == first + many:
                runs[-1] = first, many + 1
            else:
                runs.append((place, 1))
        others = {place: msgspec.structs.replace(trace) for place, trace in self._traces.items() if trace != PLAIN}
        return Kept(self.newest, self.count, runs, others)

    def restore(self, kept: Kept) -> None:
        """Go on from what was kept of a ring of as many parts; ValueError where it was of another."""
        if kept.count != self.count:
            raise ValueError(f"a window of {kept.count} parts is not one of {self.count}")
        inside = range(kept.newest - self.count + 1, kept.newest + 1)
        plain = {place: Trace() for first, many in kept.plain for place in range(max(first, inside.start), min(first + many, inside.stop))}
        self.newest, self._told = kept.newest, None
        self._traces = plain | {place: trace for place, trace in kept.others.items() if place in inside}
