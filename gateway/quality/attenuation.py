"""Attenuated signal (QARTOD test 10): a river or sewer that hardly moves for half a day has a clogged well or a buried sensor.

Decision: the window is kept as 48 parts with count, mean, squares, smallest and largest, so that its memory does not grow with the sampling rate;
it is exact to one part (a quarter of an hour of 12 h), and a part is never shorter than the time between two readings. Nothing is said before the
window is full.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Literal

from gateway.model import Qartod

PARTS = 48


class _Part:
    """What is kept of a stretch of the window."""

    __slots__ = ("count", "high", "index", "low", "mean", "squares")

    def __init__(self, index: int, value: float) -> None:
        self.index, self.count, self.mean, self.squares, self.low, self.high = index, 1, value, 0.0, value, value

    def add(self, value: float) -> None:
        """One value more (Welford's update)."""
        self.count += 1
        away = value - self.mean
        self.mean += away / self.count
        self.squares += away * (value - self.mean)
        self.low, self.high = min(self.low, value), max(self.high, value)


class Attenuation:
    """suspect, fail: the range (largest less smallest) or the standard deviation of the window below which a point is suspect, fails; 0 for never.
    window: seconds. measure: which of the two. period: seconds between two readings."""

    def __init__(self, suspect: float, fail: float, window: float, measure: Literal["range", "sd"] = "range", period: float = 0.0) -> None:
        self._suspect, self._fail = suspect, fail
        self._width = max(1, round(window * 1000 / PARTS), round(period * 1000))
        self._count = max(1, round(window * 1000 / self._width))
        self._measure = measure
        self._parts: deque[_Part] = deque(maxlen=self._count)
        self._since: int | None = None
        self._verdict = Qartod.NOT_EVALUATED

    def take(self, ms: int, value: float) -> Qartod:
        """Judge the window that ends here; its verdict is made anew with every part, not with every point."""
        index = ms // self._width
        if self._parts and self._parts[-1].index >= index:
            self._parts[-1].add(value)
            return self._verdict
        self._since = index if self._since is None else self._since
        while self._parts and self._parts[0].index < index - self._count:
            self._parts.popleft()
        if index - self._since >= self._count:
            self._verdict = self._judge()
        self._parts.append(_Part(index, value))
        return self._verdict

    def _judge(self) -> Qartod:
        if len(self._parts) < self._count // 2:
            return Qartod.NOT_EVALUATED  # too little of the window was measured to say that nothing moved
        moved = max(part.high for part in self._parts) - min(part.low for part in self._parts) if self._measure == "range" else self._deviation()
        if moved < self._fail:
            return Qartod.FAIL
        return Qartod.SUSPECT if moved < self._suspect else Qartod.PASS

    def _deviation(self) -> float:
        """Standard deviation of all points of the window (the parts' squares and the spread of their means)."""
        count = sum(part.count for part in self._parts)
        mean = sum(part.mean * part.count for part in self._parts) / count
        squares = sum(part.squares + part.count * (part.mean - mean) ** 2 for part in self._parts)
        return math.sqrt(squares / count)
