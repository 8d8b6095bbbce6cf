"""One series against its set points, N of M samples: what the threshold and the ladder share."""

from __future__ import annotations

from collections import deque
from typing import Any

from gateway.model import Reading, SeriesInfo, Table
from gateway.rules.rule import Demand
from gateway.rules.steps import Steps, judged

STALE = 3
"""A sample is forgotten when it is older than so many times the time that all M should take."""


class Tally:
    """The levels that the last M samples asked for. A level is asked for when N of them do, and left when so many do not that N cannot: where too few
    samples are known (after a start, after a hole), the alarm stays where it is."""

    def __init__(self, n: int, m: int, period: float) -> None:
        self._n = n
        self._age = STALE * m * period * 1000
        self._asked: deque[tuple[int, int]] = deque(maxlen=m)
        self._spare = m - n

    def level(self, ms: int, asked: int, at: int) -> int:
        """The level after one more sample, where the alarm stands at `at`."""
        while self._asked and not 0 <= ms - self._asked[0][0] <= self._age:
            self._asked.popleft()
        self._asked.append((ms, asked))
        best = sorted((level for _, level in self._asked), reverse=True)
        reached = best[self._n - 1] if len(best) >= self._n else 0
        worst = best[::-1]
        possible = worst[self._spare] if len(worst) > self._spare else at
        return max(reached, min(at, possible))


class Single:
    """The Condition of one series."""

    def __init__(self, steps: Steps, latch_at: float | None, n: int, m: int, info: SeriesInfo) -> None:
        self._steps = steps
        self._latch_at = latch_at
        self._tally = Tally(n, m, info.period)

    def feed(self, reading: Reading, level: int) -> Demand:
        """One reading; an over-range that latches waits for no second sample."""
        demand = judged(reading, self._steps, level, self._latch_at)
        if demand.level is None:
            return demand
        tallied = self._tally.level(reading.ms, demand.level, level)
        return demand if demand.over_range else demand._replace(level=tallied)

    def keep(self) -> Any:
        """Nothing: the state of the alarm is enough."""
        return None

    def restore(self, kept: Any) -> None:
        """Nothing was kept."""


def info_of(table: Table, name: str) -> SeriesInfo:
    """The series of a name."""
    return next(info for info in table.series if info.name == name)


def place_of(table: Table, name: str) -> int:
    """The place of a series, by which its readings are known."""
    return next(place for place, info in enumerate(table.series) if info.name == name)
