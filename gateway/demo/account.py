"""The account: what the world produced against what the hub holds, read by read.

Every simulated chip writes each completed read to a file outside the node; the hub's rows are matched to them one to one, by series, raw code
and time. A read without a row must lie in a hole that a gap event declares, else it is lost. A read in two rows is duplicated; a row without a
read is a value out of thin air; a row whose value is not what its raw code means is wrong. Lost = sampled - delivered - declared.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from gateway.demo.holes import Hole, Holes, Missing, Terms
from gateway.model import SeriesInfo, senml_unit

INFINITE = float("inf")


class Read(NamedTuple):
    """One completed read of a chip: which series it belongs to, the raw code, scenario seconds."""

    series: str
    raw: int
    at: float


class Row(NamedTuple):
    """One row at the hub, in the hub's order of (epoch, seq, position): scenario seconds computed from its boot. raw is None where a read
    failed: such a row stands for no read, but the series spoke then. value, unit, quality: as the hub tells them."""

    series: str
    raw: int | None
    at: float
    value: float | None
    unit: str
    quality: str


@dataclass
class Account:
    """The result. overdeclared: reads that a crash or a stop declared beyond one per series; unexplained: rows that no read stands behind; wrong:
    rows whose value, unit or quality is not what their raw code means. bad: reads delivered without a value, as a driver or guard judged them: no
    fault of the way."""

    sampled: int = 0
    delivered: int = 0
    declared: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    duplicated: int = 0
    out_of_order: int = 0
    unexplained: int = 0
    overdeclared: int = 0
    wrong: int = 0
    bad: int = 0

    @property
    def clean(self) -> bool:
        """Whether something was read, and nothing is wrong."""
        faults = self.lost or self.duplicated or self.out_of_order or self.unexplained or self.overdeclared or self.wrong
        return self.sampled > 0 and not faults


def settle(reads: Iterable[Read], rows: Iterable[Row], holes: Sequence[Hole], terms: Terms) -> Account:
    """Match rows to reads, within half a period in time; what is missing must be excused by a hole."""
    account, excuses = Account(), Holes(holes, terms)
    reads_of: dict[str, list[Read]] = defaultdict(list)
    for read in reads:
        reads_of[read.series].append(read)
    rows_of: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        rows_of[row.series].append(row)
    for series in sorted(rows_of.keys() - terms.series.keys()):
        account.unexplained += len(rows_of[series])
    for series, info in terms.series.items():
        _settle_series(account, info, reads_of[series], rows_of[series], excuses)
    return account


def _settle_series(account: Account, info: SeriesInfo, reads: list[Read], rows: list[Row], excuses: Holes) -> None:
    account.sampled += len(reads)
    account.out_of_order += sum(1 for a, b in pairwise(rows) if b.at < a.at)
    account.wrong += sum(1 for row in rows if not _right(info, row))
    waiting: dict[int, deque[int]] = defaultdict(deque)
    for index, read in enumerate(reads):
        waiting[read.raw].append(index)
    taken: set[int] = set()
    spent: dict[int, list[float]] = defaultdict(list)
    for row in rows:
        if row.raw is None:
            continue
        found = _take(reads, waiting[row.raw], row.at, info.period / 2)
        if found is not None:
            taken.add(found)
            spent[row.raw].append(row.at)
            account.bad += row.value is None
        elif any(abs(at - row.at) <= 1e-3 for at in spent[row.raw]):
            account.duplicated += 1
        else:
            account.unexplained += 1
    account.delivered += len(taken)
    _excuse(account, [read for index, read in enumerate(reads) if index not in taken], sorted(row.at for row in rows), excuses)


def _right(info: SeriesInfo, row: Row) -> bool:
    """Whether a row says what its raw code means by the configuration: the value to half of the last decimal, the unit, and bad without a value."""
    if row.value is None or row.raw is None:
        return row.value is None and row.quality == "bad"
    near = 0.5 * 10.0**-info.decimals + 1e-9
    return (
        row.quality in ("good", "uncertain")
        and row.unit == senml_unit(info.unit)
        and abs(row.value - (row.raw * info.slope + info.intercept)) <= near
    )


def _take(reads: list[Read], queue: deque[int], at: float, tolerance: float) -> int | None:
    """The earliest read with this raw code that is near enough in time; takes it out of the queue."""
    for place, index in enumerate(queue):
        if abs(reads[index].at - at) <= tolerance:
            del queue[place]
            return index
        if reads[index].at > at + tolerance:
            return None
    return None


def _excuse(account: Account, missing: list[Read], times: list[float], excuses: Holes) -> None:
    """Every missing read is excused by a hole or is lost. times: of the series' own rows."""
    for read in missing:
        before = times[bisect_left(times, read.at) - 1] if times and times[0] < read.at else -INFINITE
        after = times[bisect_right(times, read.at)] if times and times[-1] > read.at else INFINITE
        excuse = excuses.excuse(Missing(read.series, read.at, before, after))
        if excuse is None:
            account.lost += 1
        else:
            account.declared[excuse.cause] += 1
            account.overdeclared += excuse.beyond
