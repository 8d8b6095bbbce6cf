"""Whether somebody has been looking: a delay that is counted from reading to reading must not count the time in which nothing was read.

A reading that failed, or one that comes much later than they used to (a hung neighbour on the bus, a process that was stopped), leaves unseen time
behind: what was there before it and is there after it need not have been there all the while. Pure: times are given.
"""

from __future__ import annotations

GRACE, FACTOR = 2.0, 3.0
"""Seconds from one reading to the next that are never a gap, and times the seconds before the last one from which on they are."""


class Looks:
    """The readings of one signal."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._usual = 0.0
        self._lost = False

    def lost(self) -> None:
        """A reading failed."""
        self._lost = True

    def unseen(self, now: float) -> float | None:
        """There is a reading now: since when nobody had looked, where that is a gap; None where one reading followed the other, and at the first."""
        last, self._last = self._last, now
        lost, self._lost = self._lost, False
        if last is None:
            return None
        gap = lost or now - last > max(GRACE, FACTOR * self._usual)
        self._usual = now - last
        return last if gap else None
