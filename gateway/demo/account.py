"""The account: what the world produced against what the hub holds, read by read.

Every simulated chip writes each completed read to a file outside the node; the hub's rows are matched to them one to one, by series, raw code
and time. A read without a row must lie in a hole that a gap event declares, else it is lost. A read in two rows is duplicated; a row without a
read is a value out of thin air. Lost = sampled - delivered - declared.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

DEATHS = ("crash", "power", "stop")
EXACT = 0.002
"""Seconds: instants of a node's own stamps are equal to the millisecond."""


class Read(NamedTuple):
    """One completed read of a chip: which series it belongs to, the raw code, scenario seconds."""

    series: str
    raw: int
    at: float


class Row(NamedTuple):
    """One row at the hub, in the hub's order of (epoch, seq, position): scenario seconds computed from its boot."""

    series: str
    raw: int
    at: float


class Hole(NamedTuple):
    """A declared gap in scenario seconds; begin is None where nothing was journalled before."""

    cause: str
    begin: float | None
    end: float | None


@dataclass
class Account:
    """The result. overdeclared: reads that a kill declared beyond one per series; unexplained: rows that no read stands behind."""

    sampled: int = 0
    delivered: int = 0
    declared: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    duplicated: int = 0
    out_of_order: int = 0
    unexplained: int = 0
    overdeclared: int = 0

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.lost or self.duplicated or self.out_of_order or self.unexplained or self.overdeclared)


def settle(reads: Iterable[Read], rows: Iterable[Row], holes: Sequence[Hole], tolerance: Mapping[str, float]) -> Account:
    """Match rows to reads. tolerance: per series, how far a row's time may be from its read's, seconds (half a period)."""
    account = Account()
    reads_of: dict[str, list[Read]] = defaultdict(list)
    for read in reads:
        reads_of[read.series].append(read)
    rows_of: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        rows_of[row.series].append(row)
    for series in sorted(reads_of.keys() | rows_of.keys()):
        _settle_series(account, reads_of[series], rows_of[series], holes, tolerance.get(series, 0.5))
    return account


def _settle_series(account: Account, reads: list[Read], rows: list[Row], holes: Sequence[Hole], tolerance: float) -> None:
    account.sampled += len(reads)
    account.out_of_order += sum(1 for a, b in pairwise(rows) if b.at < a.at)
    waiting: dict[int, deque[int]] = defaultdict(deque)
    for index, read in enumerate(reads):
        waiting[read.raw].append(index)
    taken: set[int] = set()
    spent: dict[int, list[float]] = defaultdict(list)
    for row in rows:
        found = _take(reads, waiting[row.raw], row.at, tolerance)
        if found is not None:
            taken.add(found)
            spent[row.raw].append(row.at)
        elif any(abs(at - row.at) <= 1e-3 for at in spent[row.raw]):
            account.duplicated += 1
        else:
            account.unexplained += 1
    account.delivered += len(taken)
    _declare(account, [read for index, read in enumerate(reads) if index not in taken], sorted(row.at for row in rows), holes, tolerance)


def _take(reads: list[Read], queue: deque[int], at: float, tolerance: float) -> int | None:
    """The earliest read with this raw code that is near enough in time; takes it out of the queue."""
    for place, index in enumerate(queue):
        if abs(reads[index].at - at) <= tolerance:
            del queue[place]
            return index
        if reads[index].at > at + tolerance:
            return None
    return None


def _declare(account: Account, missing: list[Read], times: list[float], holes: Sequence[Hole], tolerance: float) -> None:
    """Every missing read lies in a declared hole or is lost. A hole of a series reaches from its own last row before to its first row after."""
    per_hole: Counter[int] = Counter()
    for read in missing:
        before = times[bisect_left(times, read.at) - 1] if times and times[0] < read.at else float("-inf")
        after = times[bisect_right(times, read.at)] if times and times[-1] > read.at else float("inf")
        place = next((i for i, hole in enumerate(holes) if _covers(hole, read.at, before, after, tolerance)), None)
        if place is None:
            account.lost += 1
        else:
            per_hole[place] += 1
            account.declared[holes[place].cause] += 1
            if holes[place].cause == "crash" and per_hole[place] > 1:
                account.overdeclared += 1


def _covers(hole: Hole, at: float, before: float, after: float, tolerance: float) -> bool:
    """Whether the hole speaks of a read at `at` between the series' rows at `before` and `after`.

    A hole left by a death (crash, power, stop) is told by the newest and the first new reading of any series: for one series it reaches from its
    own last row before to its own first row after, so those two must lie around it. Any other hole means the time it names.
    """
    begin = float("-inf") if hole.begin is None else hole.begin
    end = float("inf") if hole.end is None else hole.end
    if hole.cause in DEATHS:
        return before <= begin + EXACT and after >= end - EXACT and at <= end + tolerance
    return begin - tolerance <= at <= end + tolerance
