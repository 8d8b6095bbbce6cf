"""How fast a level rises, over a sliding window: the slope of the straight line that fits its values best (least squares).

A line through all of them, because the difference of two values is mostly noise: 1 mm of jitter between two readings a second apart is 60 mm/min.
The times are the readings' own monotonic ones, so a clock step makes no rate; a gap longer than three periods begins the window anew, so none is
drawn across it; what is read in maintenance is left out. Until half of the window has passed since the start or the last gap, the value is missing
(warm_up); until all of it has, PARTIAL. The window is kept as at most 60 means, so memory does not grow with the sampling rate, and survives a
restart of the process that is no gap.

    [[derived]]
    name = "rise"
    kind = "rate"
    from = "depth"
    window = "5 min"
    unit = "mm/min"
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from gateway.derivation.outcome import LENGTHS, Outcome, bad, line, no_length, of
from gateway.model import Flag, Quality, Reading, Reason, SeriesInfo
from gateway.problems import Mistake
from hardware.quantities import Seconds

PARTS = 60
PER_MS = {"mm/min": 60_000.0, "mm/h": 3_600_000.0, "m/h": 3_600.0}
"""What a slope in mm per millisecond is multiplied by."""
DECIMALS = {"mm/min": 2, "mm/h": 1, "m/h": 3}
GAP = 3
"""Periods without a value after which the window begins anew."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """window: how far back the line is fitted. unit: `mm/min`, `mm/h` or `m/h`."""

    window: Seconds = Seconds(300)
    unit: Literal["mm/min", "mm/h", "m/h"] = "mm/min"

    def mistakes(self) -> Iterator[Mistake]:
        """A window that tells nothing."""
        if not 1 <= self.window <= 86400:
            yield Mistake("window", "out of range", "write 1 s to 1 d")

    def partners(self) -> dict[str, str]:
        """Nobody."""
        return {}

    def unfit(self, source: SeriesInfo, partners: Mapping[str, SeriesInfo]) -> Iterator[Mistake]:
        """A source that is no level, a window of too few readings."""
        yield from no_length(source)
        if source.quantity == "distance":
            yield Mistake("from", "a distance falls when the water rises", "derive a depth or a level first and name that")
        if self.window < 4 * source.period:
            yield Mistake("window", f"holds fewer than four readings of {source.name}", f'write at least "{4 * source.period:g} s"')

    def series(self, name: str, source: SeriesInfo) -> SeriesInfo:
        """Up to three times the whole range in a window, which is more than any line fits."""
        most = 3 * (source.high - source.low) * LENGTHS.get(source.unit, 1.0) * PER_MS[self.unit] / (self.window * 1000)
        return line(name, source, f"rate_of_{source.quantity}", self.unit, DECIMALS[self.unit], (-most, most))


class _Part:
    """The mean time and value of a stretch of the window, and the doubts of its readings."""

    __slots__ = ("count", "doubt", "ms", "sum_ms", "sum_value")

    def __init__(self, ms: int, count: int = 0, sum_ms: float = 0.0, sum_value: float = 0.0, doubt: Reading | None = None) -> None:
        self.ms, self.count, self.sum_ms, self.sum_value, self.doubt = ms, count, sum_ms, sum_value, doubt

    def add(self, reading: Reading, value: float) -> None:
        """One reading more; times count from the part's first, which keeps them small and exact."""
        self.count += 1
        self.sum_ms += reading.ms - self.ms
        self.sum_value += value
        if reading.flags or reading.quality:
            self.doubt = reading


class Kept(msgspec.Struct, frozen=True):
    """A window as it is kept over a restart of the process. window: ms; since: time of the first reading after the last gap; last: of the newest;
    parts: time of the first reading, count, sum of times from there, sum of values, doubt."""

    window: int
    since: int
    last: int
    parts: list[tuple[int, int, float, float, Reading | None]]


class Derivation:
    """One rate of rise."""

    def __init__(self, options: Options, source: SeriesInfo, partners: Mapping[str, SeriesInfo]) -> None:
        self._scale = LENGTHS[source.unit] * PER_MS[options.unit]
        self._window = round(options.window * 1000)
        self._width = max(1, self._window // PARTS)
        self._gap = GAP * source.period * 1000
        self._parts: deque[_Part] = deque(maxlen=PARTS + 2)
        self._since = self._last = 0

    def take(self, reading: Reading, partners: Mapping[str, Reading]) -> Outcome:
        """The slope at the newest reading."""
        if reading.value is None:
            return bad(reading)
        if reading.flags & (Flag.MAINTENANCE | Flag.TEST):
            return bad(reading)  # left out of the window: a gap like any other
        self._add(reading, reading.value)
        covered = reading.ms - self._since
        if covered < self._window / 2:
            return Outcome(None, Quality.BAD, int(reading.flags | Flag.WARM_UP | Flag.PARTIAL), Reason.WARM_UP)
        doubts = [part.doubt for part in self._parts if part.doubt is not None]
        whole = covered >= self._window - self._width
        return of(self._slope() * self._scale, [reading, *doubts], 0 if whole else Flag.PARTIAL, "" if whole else "partial")

    def _add(self, reading: Reading, value: float) -> None:
        """Into the window; a gap, and a time that goes back, begin it anew."""
        if self._parts and not 0 <= reading.ms - self._last <= self._gap:
            self._parts.clear()
        if not self._parts:
            self._since = reading.ms
        self._last = reading.ms
        if not self._parts or reading.ms - self._parts[-1].ms >= self._width:
            self._parts.append(_Part(reading.ms))
        self._parts[-1].add(reading, value)
        while reading.ms - self._parts[0].ms > self._window:
            self._parts.popleft()

    def recalibrated(self, source: SeriesInfo) -> None:
        """Values by another line are no measure for those to come: the window begins anew."""
        self._parts.clear()

    def keep(self) -> Kept | None:
        """The window, for a restart of the process in this boot; None where it is empty."""
        if not self._parts:
            return None
        return Kept(self._window, self._since, self._last, [(p.ms, p.count, p.sum_ms, p.sum_value, p.doubt) for p in self._parts])

    def restore(self, kept: Kept) -> None:
        """Go on with a window that was kept in this boot; ValueError where it was another one's. Where the restart took longer than a gap may, it
        begins anew with the next reading."""
        if kept.window != self._window or not kept.parts or any(count < 1 for _, count, *_ in kept.parts):
            raise ValueError(f"a window of {kept.window} ms is not one of {self._window} ms")
        self._since, self._last = kept.since, kept.last
        self._parts.extend(_Part(*part) for part in kept.parts)

    def _slope(self) -> float:
        """Least squares over the parts, each as heavy as it has readings; per millisecond, in the source's unit."""
        first = self._parts[0].ms
        points = [(part.ms - first + part.sum_ms / part.count, part.sum_value / part.count, part.count) for part in self._parts]
        weight = sum(count for _, _, count in points)
        mean_t = sum(t * count for t, _, count in points) / weight
        mean_v = sum(v * count for _, v, count in points) / weight
        above = sum((t - mean_t) * (v - mean_v) * count for t, v, count in points)
        below = sum((t - mean_t) ** 2 * count for t, _, count in points)
        return above / below if below else 0.0
