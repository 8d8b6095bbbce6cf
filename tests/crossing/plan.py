"""When the gas crosses the threshold: two raises a second, each with its own clear, at moments that a seed gives.

Decision: the time from one raise to the next is drawn anew each time (0.45 to 0.55 s), and the gas stays above for half of it. So every crossing
meets the sampling at another phase, all phases come up equally often, and both halves last longer than two sampling periods: nothing that samples in
time can miss one.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

GAP = (0.45, 0.55)
"""Seconds from one raise to the next, at least and at most."""


class Crossing(NamedTuple):
    """The signal is above the threshold from `up` until `down`, scenario seconds."""

    up: float
    down: float


def planned(count: int, seed: int, begin: float) -> list[Crossing]:
    """So many crossings, the first at `begin`."""
    chance = random.Random(seed)
    found, at = [], begin
    for _ in range(count):
        gap = chance.uniform(*GAP)
        found.append(Crossing(round(at, 6), round(at + gap / 2, 6)))
        at += gap
    return found


def steps(crossings: Sequence[Crossing], low: float, high: float) -> list[list[float]]:
    """The same as points of a signal of steps."""
    return [[0.0, low], *([at, value] for crossing in crossings for at, value in ((crossing.up, high), (crossing.down, low)))]
