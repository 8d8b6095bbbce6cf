"""Named signals: what is physically there, as functions of scenario time.

The same seed and time give the same value, whatever was asked before and by whom: a drill can be replayed, and two processes see one world.
Only a counter depends on something else, the number of reads that its input has completed: each read then has a code of its own and can be
found again one by one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import pairwise
from random import Random
from typing import Literal

import msgspec

from hardware.errors import Refused

Value = Callable[[float, int], float]
"""A signal ready to be asked: (scenario seconds, completed reads of the input that asks) to a value."""
Points = tuple[tuple[float, float], ...]
"""Pairs of scenario seconds and value, in the order of time."""


class Signal(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", kw_only=True):
    """Base of every kind of signal."""


class Constant(Signal, frozen=True, tag="constant"):
    """Always `value`."""

    value: float


class Steps(Signal, frozen=True, tag="steps"):
    """Each value holds from its second on; the first one also before."""

    steps: Points


class Ramps(Signal, frozen=True, tag="ramps"):
    """Straight lines between the points; level before the first and after the last."""

    points: Points


class Noise(Signal, frozen=True, tag="noise"):
    """Gaussian noise around zero, a new value every `period` seconds."""

    sigma: float
    period: float = 1.0


class Sum(Signal, frozen=True, tag="sum"):
    """The sum of other signals."""

    of: tuple[str, ...]


class Counter(Signal, frozen=True, tag="counter"):
    """`start` at the first read and one more at each read completed, back to `start` after `stop`."""

    start: int = 5000
    stop: int = 24000


class Csv(Signal, frozen=True, tag="csv"):
    """A recording; scenario time 0 is the start of the range.

    file: relative to the scenario, or to the folder of recordings. column: name of the column of values; rows where it is empty are skipped.
    time: name of the column of times. time_format: `iso` (ISO 8601), `seconds`, or a pattern of strptime. every: seconds between rows, instead
    of `time`, for a plain grid. from, to: range, written like the times of the file (seconds on a plain grid). value = number * scale +
    offset. between: `hold` or `linear`.
    """

    file: str
    column: str
    time: str = ""
    time_format: str = "iso"
    every: float = 0.0
    begin: str | int | float | None = msgspec.field(name="from", default=None)
    end: str | int | float | None = msgspec.field(name="to", default=None)
    scale: float = 1.0
    offset: float = 0.0
    between: Literal["hold", "linear"] = "hold"

    def moment(self, text: str | float) -> float:
        """Seconds of a time of this file; only differences between them mean anything. A time without a zone is taken as UTC."""
        if not isinstance(text, str) or self.time_format == "seconds" or self.every:
            return float(text)
        when = datetime.fromisoformat(text) if self.time_format == "iso" else datetime.strptime(text, self.time_format)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


AnySignal = Constant | Steps | Ramps | Noise | Sum | Counter | Csv


def chance(*key: object) -> Random:
    """A random generator that depends on the key alone: seed, who asks, when."""
    return Random(blake2b(repr(key).encode(), digest_size=8).digest())


def steps(points: Points) -> Value:
    """Hold each value until the next."""
    times, values = _sorted(points)
    return lambda at, count: values[max(0, bisect_right(times, at) - 1)]


def ramps(points: Points) -> Value:
    """Straight lines between points."""
    times, values = _sorted(points)

    def value(at: float, count: int) -> float:
        after = bisect_right(times, at)
        if after == 0 or after == len(times):
            return values[max(0, after - 1)]
        before = after - 1
        share = (at - times[before]) / (times[after] - times[before])
        return values[before] + share * (values[after] - values[before])

    return value


def _sorted(points: Points) -> tuple[list[float], list[float]]:
    times = [point[0] for point in points]
    if not times or any(later <= earlier for earlier, later in pairwise(times)):
        raise Refused(f"a signal needs at least one point, and times that only grow; got {points[:5]}")
    return times, [point[1] for point in points]


def noise(signal: Noise, key: tuple[object, ...]) -> Value:
    """A value per period, from the key and the period's number."""
    return lambda at, count: chance(*key, int(at // signal.period)).gauss(0.0, signal.sigma)


def counter(signal: Counter) -> Value:
    """The next code of the input that asks."""
    return lambda at, count: float(signal.start + count % (signal.stop - signal.start + 1))


def total(parts: list[Value]) -> Value:
    """The sum of values."""
    return lambda at, count: sum(part(at, count) for part in parts)


def build(declared: Mapping[str, AnySignal], seed: int, recording: Callable[[Csv], Points]) -> dict[str, Value]:
    """Every declared signal ready to be asked; Refused where a sum names one that is not there, or itself. recording: reads a file's points."""
    ready: dict[str, Value] = {}

    def make(name: str, path: tuple[str, ...]) -> Value:
        if name in path or name not in declared:
            why = "contains itself" if name in path else f"is not declared; there are: {', '.join(sorted(declared))}"
            raise Refused(f"signal {name!r} {why} (asked for by {' > '.join(path) or 'a chip'})")
        if name not in ready:
            ready[name] = _make(declared[name], (seed, name), recording, lambda part: make(part, (*path, name)))
        return ready[name]

    for name in declared:
        make(name, ())
    return ready


def _make(signal: AnySignal, key: tuple[object, ...], recording: Callable[[Csv], Points], other: Callable[[str], Value]) -> Value:
    match signal:
        case Constant(value=level):
            return lambda at, count: level
        case Steps(steps=points):
            return steps(points)
        case Ramps(points=points):
            return ramps(points)
        case Noise():
            return noise(signal, key)
        case Counter():
            return counter(signal)
        case Sum(of=parts):
            return total([other(part) for part in parts])
        case Csv():
            points = recording(signal)
            return ramps(points) if signal.between == "linear" else steps(points)
