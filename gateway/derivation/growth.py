"""How much a counter that only grows has grown since it was last believed, and what is no growth: a reset, noise, a leap that nothing can make.

Decision: a total that leaps is not believed on its own word, because one wrong number would stay in a sum of 12 h; the next reading settles it. What
is then taken is no more than the physics allow, so that a defect makes at most a hard rain of itself.
"""

from __future__ import annotations

import math
from typing import NamedTuple

FEW = 5
"""Steps of the counter (tips of a bucket) that may come at once, and that noise and a fresh start stay below."""


class Step(NamedTuple):
    """What one reading adds. refused: it is not believed yet. lost: what else grew since the last one is not known. doubt: the amount is
    doubtful. back: the reset before this was none, so nothing was lost."""

    grown: float = 0.0
    refused: bool = False
    lost: bool = False
    doubt: bool = False
    back: bool = False


class Meter:
    """One counter. few: how much may come at once; most: how much may come per millisecond, infinite for any."""

    def __init__(self, few: float, most: float) -> None:
        self._few, self._most = few, most
        self.last: float | None = None
        self._before: float | None = None
        self._odd: float | None = None

    def move(self, total: float) -> None:
        """The counter stands here now, whatever it grew."""
        self.last, self._before, self._odd = total, None, None

    def take(self, total: float, since: float) -> Step:
        """Judge a total, `since` ms after the last that was believed."""
        last, before = self.last, self._before
        if last is None:
            self.move(total)
            return Step()
        bounded = math.isfinite(self._most)
        allowed = self._few + self._most * max(0.0, since) if bounded else math.inf
        near = allowed if bounded else self._few
        if 0 <= total - last <= allowed:
            self.move(total)
            return Step(total - last)
        if self._few < total < last <= total + self._few:
            return Step(doubt=True)  # noise: the higher total stays, so that its return is no growth
        if total < last and total <= near:
            self.move(total)
            self._before = last
            return Step(total, lost=True)
        if before is not None and 0 <= total - before <= allowed:
            self.move(total)  # the reset was none: the counter is back where it was
            return Step(total - before, doubt=True, back=True)
        if self._odd is not None and 0 <= total - self._odd <= allowed:
            self.move(total)
            return Step(min(max(total - last, 0.0), allowed), lost=True, doubt=True)
        self._odd = total
        return Step(refused=True)
