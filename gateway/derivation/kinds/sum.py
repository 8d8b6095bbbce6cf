"""How much a counter that only grows, such as the millimetres of a rain gauge, grew within a rolling window (not within clock hours).

Resolution: the window is kept as 720 equal parts (5 s of 1 h, 15 s of 3 h, 1 min of 12 h; longer where the source is read less often). The sum spans
the window and up to one part more, never less, so a threshold is reached no later than in truth.

What grew while nothing was read is known when the counter is heard again, because it does not forget; when it fell is not known: it is spread evenly
over that time, and what lies before the window is dropped. The sum is PARTIAL, and true or too small, while something in its window is not
known: the time before the start, a silence longer than a tenth of the window, and whatever grew between the last value and a reset.

A fall to nearly zero is a reset (what the counter shows then has grown since); any smaller fall is noise. Growth faster than `most` is counted no
faster, and only when the next reading confirms it. A reading that failed a test is left out; a doubtful one is counted and its doubt stays as
long as its growth is in the window. What grows in maintenance is no rain. A restart of the process keeps the window; a power cut begins it
anew, PARTIAL.

    [[derived]]
    name = "rain.1h"
    kind = "sum"
    from = "rain"
    window = "1 h"
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Annotated

import msgspec

from gateway.derivation import ring
from gateway.derivation.growth import FEW, Meter, Step
from gateway.derivation.outcome import LENGTHS, ON_PURPOSE, Outcome, bad, line, of
from gateway.model import Flag, Quality, Reading, SeriesInfo
from gateway.problems import Mistake
from hardware.quantities import Seconds

PARTS = 720
SHORT = 0.1
"""Share of the window up to which a silence that the counter outlived is no hole."""
MOST_RAIN = 600.0
"""mm/h: beyond what any cloudburst holds for minutes."""
TOTALS, ENDINGS = ("rain", "rainfall"), ("_total", "_count")
"""Quantities that are totals which only grow, and how the names of others end."""


def counts(quantity: str) -> bool:
    """Whether a quantity is a total that only grows."""
    return quantity in TOTALS or quantity.endswith(ENDINGS)


def span(window: float) -> str:
    """A window in words, for the name of a quantity: 3600 s is `1h`."""
    return f"{window / 3600:g}h" if window % 3600 == 0 else f"{window / 60:g}min" if window % 60 == 0 else f"{window:g}s"


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """window: how far back is summed: `1 h`, `3 h` and `12 h` are what rain warnings are made of. most: fastest growth that is believed, in the
    source's unit per hour; 600 mm/h where not given and the source is a length, else any.
    """

    window: Seconds
    most: Annotated[float, msgspec.Meta(gt=0)] | None = None

    def mistakes(self) -> Iterator[Mistake]:
        """A window out of range."""
        if not 60 <= self.window <= 30 * 86400:
            yield Mistake("window", "out of range", "write 1 min to 30 d")

    def partners(self) -> dict[str, str]:
        """Nobody."""
        return {}

    def unfit(self, source: SeriesInfo, partners: Mapping[str, SeriesInfo]) -> Iterator[Mistake]:
        """A source that is no counter, a window of too few readings."""
        if not counts(source.quantity) or source.low < 0:
            wrong = f"measures {source.quantity}, which is no total that only grows"
            yield Mistake(
                "from", wrong, f"name one, such as a rain gauge's: quantity {' or '.join(TOTALS)}, or one that ends in {' or '.join(ENDINGS)}"
            )
        if self.window < 10 * source.period:
            yield Mistake("window", f"holds fewer than ten readings of {source.name}", f'write at least "{10 * source.period:g} s"')

    def series(self, name: str, source: SeriesInfo) -> SeriesInfo:
        """The source's unit; no more than the counter can show."""
        return line(name, source, f"{source.quantity}_sum_{span(self.window)}", source.unit, source.decimals, (0.0, source.high))


class Kept(msgspec.Struct, frozen=True):
    """What survives a restart of the process: the window, where the counter stood and when, and by which line that was."""

    parts: ring.Kept
    total: float
    ms: int
    slope: float
    intercept: float


class Derivation:
    """One rolling sum."""

    def __init__(self, options: Options, source: SeriesInfo, partners: Mapping[str, SeriesInfo]) -> None:
        window = options.window * 1000
        self._width = max(round(window) / PARTS, 2000 * source.period)
        self._ring = ring.Ring(math.ceil(window / self._width) + 1)
        self._short = max(SHORT * window, 2 * self._width)
        usual = MOST_RAIN / LENGTHS[source.unit] if source.unit in LENGTHS else math.inf
        self._most = (usual if options.most is None else options.most) / 3_600_000
        self._line = source.slope, source.intercept
        self._meter = Meter(FEW * abs(source.slope), self._most)
        self._ms = 0
        self._lost = range(0)

    def take(self, reading: Reading, partners: Mapping[str, Reading]) -> Outcome:
        """The sum of the window that ends here."""
        self._ring.advance(self._place(reading.ms))
        if reading.value is None:
            return bad(reading)
        if reading.flags & Flag.FAILED:
            return self._told(reading)
        if reading.flags & ON_PURPOSE:
            self._meter.move(reading.value)
            self._ms = max(self._ms, reading.ms)
            return self._told(reading)
        since = None if self._meter.last is None else reading.ms - self._ms
        step = self._meter.take(reading.value, since or 0)
        if step.refused:
            return self._told(reading, Flag.RATE_OF_CHANGE, "rate_of_change")
        if step.doubt:
            reading = _doubted(reading)
        self._lay(step, reading, since)
        self._ms = max(self._ms, reading.ms)
        return self._told(reading)

    def _lay(self, step: Step, reading: Reading, since: int | None) -> None:
        """Put what grew where it grew."""
        now = max(self._place(reading.ms), self._ring.newest or 0)  # a time that goes back stays in the newest
        if step.back:
            self._ring.find(self._lost)
        if since is not None and step.lost:
            self._lost = self._places(self._ms, now)
            for place in self._lost:
                self._ring.grow(place, 0.0, reading, lost=True)
        if since is None or since <= self._width or step.lost:
            self._ring.grow(now, step.grown, reading)
            return
        begin = self._place(self._ms)
        for place in self._places(self._ms, now):
            inside = min(reading.ms, (place + 1) * self._width) - max(self._ms, place * self._width)
            between = begin < place < now
            long = since > self._short
            self._ring.grow(place, step.grown * inside / since, reading, spread=between and not long, lost=between and long)

    def _places(self, ms: int, now: int) -> range:
        """The parts from a time on, up to the newest, that are in the window."""
        return range(max(self._place(ms), now - self._ring.count + 1), now + 1)

    def _place(self, ms: int) -> int:
        return int(ms // self._width)

    def _told(self, reading: Reading, doubt: int = 0, reason: str = "") -> Outcome:
        total, whole, doubts = self._ring.sum()
        if not whole:
            doubt, reason = doubt | Flag.PARTIAL, reason or "partial"
        return of(total, [reading] if doubts is None else [reading, doubts], doubt, reason)

    def recalibrated(self, source: SeriesInfo) -> None:
        """Another line is in force: what fell has fallen, and the counter's stand is put on the new line."""
        last, before = self._meter.last, self._line
        self._line = source.slope, source.intercept
        self._meter = Meter(FEW * abs(source.slope), self._most)
        if last is not None:
            self._stand(last, before)

    def _stand(self, total: float, line_then: tuple[float, float]) -> None:
        """The counter stood at a total by another line than, perhaps, today's."""
        slope, intercept = self._line
        self._meter.move(total if line_then == self._line else (total - line_then[1]) / line_then[0] * slope + intercept)

    def keep(self) -> Kept | None:
        """The window and the counter's stand, for a restart of the process in this boot; None where nothing was read."""
        parts = self._ring.keep()
        if parts is None or self._meter.last is None:
            return None
        return Kept(parts, self._meter.last, self._ms, *self._line)

    def restore(self, kept: Kept) -> None:
        """Go on from what was kept in this boot; ValueError where it was another window's. What grew since it was kept is lost where the counter
        begins anew with the process, and the sum PARTIAL until that has left the window."""
        self._ring.restore(kept.parts)
        self._stand(kept.total, (kept.slope, kept.intercept))
        self._ms = kept.ms


def _doubted(reading: Reading) -> Reading:
    """The same with the doubt about how much it grew."""
    flags = int(reading.flags | Flag.RATE_OF_CHANGE)
    return msgspec.structs.replace(reading, flags=flags, quality=max(reading.quality, Quality.UNCERTAIN), reason=reading.reason or "rate_of_change")
