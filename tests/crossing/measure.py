"""What the notes of a run say: pure, from the planned crossings, the changes of the pin and the reads of the chip.

Decision: a raise is answered by the first time the pin goes on between it and the next raise, a clear by the first time it goes off between it and
the next clear. A crossing that is not answered is missed and counts in the distribution as an answer that never comes; a change of the pin that
answers nothing is false. A crossing fell into a restart where it happened between the end of a process and the first read of the next: the last read
before the one is where that begins, because nobody samples while a process stops.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from tests.crossing.plan import Crossing


class Read(NamedTuple):
    """One completed read of the gas: real time, and whether it is beyond the threshold."""

    at: float
    above: bool


class Answer(NamedTuple):
    """One crossing, raise or clear, in real time. sampled: first read that saw it; pin: when the pin answered; None where neither did. restart:
    whether it happened between the end of a process and the first read of the next."""

    crossed: float
    sampled: float | None
    pin: float | None
    restart: bool

    @property
    def whole(self) -> float:
        """Seconds from the crossing to the pin; infinite where it never answered."""
        return math.inf if self.pin is None else self.pin - self.crossed

    @property
    def own(self) -> float:
        """Seconds from the first sample to the pin: the node's own part. Infinite where the pin never answered."""
        return math.inf if self.pin is None or self.sampled is None else self.pin - self.sampled


class Measured(NamedTuple):
    """All answers to raises and to clears, and how often the pin went on and off for nothing. gaps: seconds between samples."""

    raises: list[Answer]
    clears: list[Answer]
    false_on: list[float]
    false_off: list[float]
    gaps: list[float]


def measured(
    crossings: Sequence[Crossing], origin: float, pins: Iterable[tuple[float, int]], reads: Sequence[Read], deaths: Sequence[float]
) -> Measured:
    """Put it together. origin: real time of scenario time 0. pins: level of the pin and since when, repeated levels allowed. deaths: when a process
    ended."""
    changes = _changes(pins)
    dark = _dark(deaths, [read.at for read in reads])
    raises, false_on = _answers([origin + c.up for c in crossings], [at for at, level in changes if level], [r.at for r in reads if r.above], dark)
    clears, false_off = _answers(
        [origin + c.down for c in crossings], [at for at, level in changes if not level], [r.at for r in reads if not r.above], dark
    )
    begin, end = origin + crossings[0].up, origin + crossings[-1].down
    times = [read.at for read in reads if begin <= read.at <= end]
    return Measured(raises, clears, false_on, false_off, [later - earlier for earlier, later in pairwise(times)])


def _changes(pins: Iterable[tuple[float, int]]) -> list[tuple[float, int]]:
    """Where the level really changed; at rest before the first."""
    found, level = [], 0
    for at, new in pins:
        if new != level:
            found.append((at, new))
            level = new
    return found


def _dark(deaths: Sequence[float], reads: Sequence[float]) -> list[tuple[float, float]]:
    """When nobody sampled because no process was there, or none that was ready: from the last read before a death to the first after it."""
    found = []
    for death in deaths:
        place = bisect_left(reads, death)
        found.append((reads[place - 1] if place else death, reads[place] if place < len(reads) else math.inf))
    return found


def _answers(
    crossed: Sequence[float], answers: Sequence[float], seen: Sequence[float], dark: Sequence[tuple[float, float]]
) -> tuple[list[Answer], list[float]]:
    """Every crossing with its answer, and the answers that answer none."""
    found, used = [], set()
    for at, upcoming in zip(crossed, [*crossed[1:], math.inf], strict=True):
        place = bisect_left(answers, at)
        pin = answers[place] if place < len(answers) and answers[place] < upcoming else None
        if pin is not None:
            used.add(place)
        sample = bisect_left(seen, at)
        sampled = seen[sample] if sample < len(seen) and seen[sample] < upcoming else None
        found.append(Answer(at, sampled, pin, any(begin <= at < end for begin, end in dark)))
    return found, [answer for place, answer in enumerate(answers) if place not in used]


def quantile(values: Sequence[float], share: float) -> float:
    """The nearest-rank quantile: of 100 values, 0.99 is the second largest."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered) - 1e-9) - 1)]


def pins_of(trace: Path, pin: str) -> list[tuple[float, int]]:
    """Changes of one pin from the notes of the simulated pins."""
    rows = [json.loads(line) for line in trace.read_text().splitlines()]
    return [(at, level) for kind, name, level, at in (row for row in rows if row[0] == "output") if name == pin]


def reads_of(account: Path, chip: str, code: int) -> list[Read]:
    """Reads of a chip's only input; above: at or beyond a code."""
    rows = (json.loads(line) for line in account.read_text().splitlines())
    return [Read(real, raw >= code) for name, _, raw, _, real in rows if name == chip]
