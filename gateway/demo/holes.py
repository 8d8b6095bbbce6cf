"""What a declared gap may excuse: no more than what it says, and never more than its cause can have cost.

A death (crash, power, stop) costs what had not reached the journal: of each series one reading after a crash or a stop, and after a power cut
what was read since the last flush. Any other gap costs the readings it declares, within the moments it names.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gateway.model import SeriesInfo

DEATHS = ("crash", "power", "stop")
EXACT = 0.002
"""Seconds: instants of a node's own stamps are equal to the millisecond."""


class Hole(NamedTuple):
    """A declared gap in scenario seconds: cause, the moments around it (None where the beginning or the end is not known), and how many readings
    were in it, None where nobody can know."""

    cause: str
    begin: float | None
    end: float | None
    readings: int | None = None


class Terms(NamedTuple):
    """What an account is settled by. series: by name. flush: seconds that a power cut may cost. slack: scenario seconds that the scheduling of
    this machine may take (grows with the speed). deaths: scenario times at which the node was killed or stopped, in order."""

    series: Mapping[str, SeriesInfo]
    flush: float = 5.0
    slack: float = 0.0
    deaths: Sequence[float] = ()


class Missing(NamedTuple):
    """A read without a row: its series, its moment, and the series' own rows before and after it (infinite where there is none)."""

    series: str
    at: float
    before: float
    after: float


class Excuse(NamedTuple):
    """A gap speaks of a missing read. beyond: a death excuses a second one of the same series."""

    cause: str
    beyond: bool


class Holes:
    """The declared gaps, and how far each is spent."""

    def __init__(self, holes: Sequence[Hole], terms: Terms) -> None:
        self._holes = holes
        self._terms = terms
        self._spent: Counter[int] = Counter()
        self._spent_of: Counter[tuple[int, str]] = Counter()

    def excuse(self, missing: Missing) -> Excuse | None:
        """The gap that speaks of a missing read; None: it is lost."""
        for place, hole in enumerate(self._holes):
            if hole.cause in DEATHS:
                if not self._died(hole, missing):
                    continue
            elif not self._ranged(hole, missing) or self._spent[place] >= _budget(hole):
                continue
            self._spent[place] += 1
            self._spent_of[place, missing.series] += 1
            return Excuse(hole.cause, hole.cause in ("crash", "stop") and self._spent_of[place, missing.series] > 1)
        return None

    def _died(self, hole: Hole, missing: Missing) -> bool:
        """A death's gap is told by the newest journalled reading of any series and the next start: for one series it reaches from its own last row,
        at most a period earlier, to its own first row after; and only as far back from the death as its cause can have cost."""
        terms = self._terms
        period = terms.series[missing.series].period
        end = float("inf") if hole.end is None else hole.end
        died = terms.deaths[: bisect_right(terms.deaths, end + EXACT)]
        if not died or missing.after < end - EXACT:
            return False
        if missing.before != float("-inf"):
            begin = float("-inf") if hole.begin is None else hole.begin
            if not missing.before - EXACT <= begin <= missing.before + period + terms.slack:
                return False
        cost = period + terms.slack + (terms.flush if hole.cause == "power" else 0.0)
        return died[-1] - cost <= missing.at <= died[-1] + EXACT

    def _ranged(self, hole: Hole, missing: Missing) -> bool:
        near = self._terms.series[missing.series].period / 2
        begin = float("-inf") if hole.begin is None else hole.begin
        end = float("inf") if hole.end is None else hole.end
        return begin - near <= missing.at <= end + near


def _budget(hole: Hole) -> float:
    """How many reads a gap that names numbers or moments may excuse: as many as it declares; damage alone may not know."""
    if hole.cause == "unused":
        return 0
    if hole.readings is None:
        return float("inf") if hole.cause == "corrupt" else 0
    return hole.readings
