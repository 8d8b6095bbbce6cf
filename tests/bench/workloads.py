"""The readings that are measured with, from a seed: the two batches of 300 and the sixteen series of a long outage.

Raw numbers walk and are noisy by a few codes, as a converter's are: step and noise are Gaussian with a sigma of 3 codes, times `rough`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

from gateway.contract.messages import ClockFix
from gateway.model import Reading, SeriesInfo, Table

BOOT = "5c1a09b2e4f7"
NODE, SITE = "dn-lienchieu-0017", "danang"
EPOCH = "0001-9f3a2b1c44d0"
FIX = ClockFix(12.345, 1_780_000_000.123, "ntp", 0.05)
SIX = (("ch4", "%{LEL}", 1), ("co", "[ppm]", 2), ("h2s", "[ppm]", 3), ("level", "mm", 0), ("temperature", "Cel", 2), ("humidity", "%", 1))
TABLE = Table(tuple(SeriesInfo(name, name, unit, decimals, 0, 5000, 1.0, 10.0**-decimals) for name, unit, decimals in SIX))
SIXTEEN = Table(
    tuple(
        SeriesInfo(f"{name}-{place}", name, unit, decimals, 0, 5000, 1.0, 10.0**-decimals)
        for place, (name, unit, decimals) in enumerate((*SIX, *SIX, *SIX[:4]))
    )
)
ROUNDS = 50


class Point(NamedTuple):
    """A reading as anybody may tell it: series name, UTC in milliseconds, value."""

    series: str
    at: int
    value: float


class Walk:
    """Raw numbers of one series."""

    def __init__(self, rng: random.Random, place: int, rough: float) -> None:
        self._rng, self._rough = rng, rough
        self._level = 1000.0 * (place + 1)

    def next(self) -> int:
        """The next raw number."""
        self._level += self._rng.gauss(0, 3 * self._rough)
        return round(self._level + self._rng.gauss(0, 3 * self._rough))


def batch(seed: int, own_times: bool, rough: float = 1.0) -> list[Reading]:
    """300 readings of six series at 1 Hz, 8 ms of jitter: sampled in one round, or each series at times of its own."""
    rng = random.Random(seed)
    walks = [Walk(rng, place, rough) for place in range(len(SIX))]
    start = 8_640_000 + rng.randrange(1000)
    readings = []
    for row in range(ROUNDS):
        shared = rng.randint(-8, 8)
        for place, walk in enumerate(walks):
            jitter = 10 * place + rng.randint(-8, 8) if own_times else shared
            readings.append(_reading(TABLE, place, start + 1000 * row + jitter, walk.next()))
    return readings


def sixteen(seed: int, seconds: int, start: int = 0) -> Iterator[Reading]:
    """Sixteen readings a second, each series at times of its own."""
    rng = random.Random(seed)
    walks = [Walk(rng, place, 1.0) for place in range(len(SIXTEEN.series))]
    for second in range(start, start + seconds):
        for place, walk in enumerate(walks):
            yield _reading(SIXTEEN, place, 20_000 + 1000 * second + 10 * place + rng.randint(-8, 8), walk.next())


def _reading(table: Table, place: int, ms: int, raw: int) -> Reading:
    return Reading(place, ms, raw, table.series[place].value(raw))


def points(readings: list[Reading]) -> list[Point]:
    """What these readings say, in UTC by the anchor of the workload."""
    origin = round((FIX.utc - FIX.mono) * 1000)
    return [Point(TABLE.series[r.series].name, origin + r.ms, TABLE.series[r.series].value(r.raw or 0)) for r in readings]
