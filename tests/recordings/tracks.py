"""A recording as a track: the numbers that were really recorded, each at its own time, and nothing in between.

Decision: only what was recorded is played. A packet that the radio lost, a blank cell and a number that stands for "missing" are no reading: what the
sensor saw then nobody knows, and a held value would make one false echo two. Defects that are data (codes for no echo, spikes) stay as they are.
"""

from __future__ import annotations

import csv
import gzip
import statistics
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

DAY = 86_400.0


class Track(NamedTuple):
    """times: UTC seconds, growing. values: in the unit of the recording. rows: of the file, those without a number too."""

    times: tuple[float, ...]
    values: tuple[float, ...]
    rows: int

    def within(self, begin: float = float("-inf"), end: float = float("inf")) -> Track:
        """The part from one UTC moment up to another."""
        kept = [(at, value) for at, value in zip(self.times, self.values) if begin <= at < end]
        return Track(tuple(at for at, _ in kept), tuple(value for _, value in kept), self.rows)

    def scaled(self, factor: float, offset: float = 0.0) -> Track:
        """The same in another unit."""
        return self._replace(values=tuple(value * factor + offset for value in self.values))


def utc(text: str) -> float:
    """Seconds of an ISO time; one without a zone is taken as UTC."""
    when = datetime.fromisoformat(text)
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def lines(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file, plain or packed, without the comments above its head."""
    with gzip.open(path, "rt", encoding="utf-8-sig") if path.suffix == ".gz" else path.open(encoding="utf-8-sig") as file:
        return list(csv.DictReader((line for line in file if not line.startswith("#")), skipinitialspace=True))


def track(rows: Iterable[dict[str, str]], column: str, when: Callable[[dict[str, str]], float], missing: frozenset[str] = frozenset({""})) -> Track:
    """One column in the order of time; of two rows of one moment the first. missing: what stands for no number."""
    told = list(rows)
    found: dict[float, float] = {}
    for row in told:
        if row[column].strip() not in missing:
            found.setdefault(when(row), float(row[column]))
    times = tuple(sorted(found))
    return Track(times, tuple(found[at] for at in times), len(told))


def dry(found: Track, days: float = 3.0, low: float = 300.0, high: float = 5000.0) -> float:
    """What a surveyor's tape would say of a street: the median of the first days' distances, the codes at the ends of the range left out."""
    until = found.times[0] + days * DAY
    return statistics.median(value for at, value in zip(found.times, found.values) if at < until and low < value < high)


def highest(found: Track, days: int = 28) -> float:
    """Mean of the nearest distances of the first whole days: where mean higher high water stands below a tide gauge."""
    by_day: dict[int, list[float]] = {}
    for at, value in zip(found.times, found.values):
        by_day.setdefault(int(at // DAY), []).append(value)
    return statistics.mean(min(by_day[day]) for day in sorted(by_day)[1 : days + 1])
