"""What the two kinds of area exposure share: which sources they take, which figure of the window they give, how it looks, and the label.

Decision: each figure (the mean, its lower bound, the coverage, ...) is a series of its own, because a series has one unit and one meaning; the
name of its quantity and the datum say which it is and that it is area exposure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Protocol, runtime_checkable

import msgspec

from gateway.derivation.outcome import Outcome, bad, line
from gateway.exposure import ENOUGH, MINUTE, Exposure, Kept, Standing
from gateway.model import Flag, Quality, Reading, Reason, SeriesInfo
from gateway.problems import Mistake
from hardware.quantities import Seconds

Figure = Literal["mean", "lower_bound", "so_far", "projected", "coverage"]
CONCENTRATIONS = ("[ppm]", "[ppb]", "%{vol}", "mg/m3", "ug/m3")
"""Units of what is breathed; %LEL is none."""
HOLD = 3
"""Periods of the source that a value holds where the configuration does not say."""


class Dose(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """hold: how long a value counts while no newer comes, three periods of the source where not given. give: which figure the series is."""

    hold: Seconds | None = None
    give: Figure = "mean"

    def partners(self) -> dict[str, str]:
        """Nobody."""
        return {}


@runtime_checkable
class Exposed(Protocol):
    """The options of a series that has no value right after a start."""

    def ready(self) -> float:
        """Seconds after a start until there is a figure."""


def unfit(options: Dose, source: SeriesInfo, window: float) -> Iterator[Mistake]:
    """A source that nobody is exposed to, a hold that makes up or loses time."""
    if source.unit not in CONCENTRATIONS:
        yield Mistake("from", f"measured in {source.unit}, which is no concentration to breathe", f"name a series in {', '.join(CONCENTRATIONS)}")
    if source.quantity == "oxygen":
        yield Mistake("from", "oxygen is no exposure", "watch oxygen with a falling and a rising alarm")
    if source.period > window / 15:
        yield Mistake(
            "from", f"{source.name} is read every {source.period:g} s, too seldom for a mean over {window / 60:g} min", "read it more often"
        )
    if options.hold is not None and not source.period <= options.hold <= window / 3:
        yield Mistake("hold", "out of range", f'write "{source.period:g} s" to "{window / 3:g} s"')


def ready(options: Dose, window: float) -> float:
    """Seconds after a start until there is a figure. window: seconds. A lower bound and the coverage stand at once, a mean when enough is known."""
    return {"mean": ENOUGH * window, "so_far": MINUTE / 1000, "projected": MINUTE / 1000}.get(options.give, 0.0)


def series(options: Dose, name: str, source: SeriesInfo, ending: str, words: str, times: float = 1.0) -> SeriesInfo:
    """The source's unit with one decimal more, or a share from 0 to 1 for the coverage. ending: of the quantity; words: what it is; times: what the
    figures are multiplied by."""
    label = f"area exposure: {words}; not the dose of a person"
    if options.give == "coverage":
        return line(name, source, f"{source.quantity}{ending}_coverage", "1", 3, (0, 1), label)
    quantity = source.quantity + ending + ("" if options.give == "mean" else f"_{options.give}")
    return line(name, source, quantity, source.unit, source.decimals + 1, (min(0.0, source.low) * times, source.high * times), label)


class Worker:
    """One figure of one window. minutes: of the window; times: what a mean is multiplied by (hours of the shift through 8)."""

    def __init__(self, options: Dose, source: SeriesInfo, minutes: int, times: float = 1.0) -> None:
        hold = HOLD * source.period if options.hold is None else float(options.hold)
        self._give, self._times = options.give, times
        self._exposure = Exposure(minutes, hold, source.high)

    def take(self, reading: Reading) -> Outcome:
        """The figure at this reading. None from a sensor that is only indicative, for a mean over less than 75 per cent of the window (then PARTIAL),
        and for a projection without a newest value; the reading's own failure takes nothing from a mean that stands."""
        if reading.flags & Flag.INDICATIVE or reading.reason == Reason.INDICATIVE:
            self._exposure.take(msgspec.structs.replace(reading, value=None, quality=Quality.BAD))
            return bad(reading, Reason.INDICATIVE)
        standing = self._exposure.take(reading)
        if self._give == "coverage":
            return Outcome(standing.coverage)
        value = self._figure(standing)
        if value is None:
            return Outcome(None, Quality.BAD, standing.flags | reading.flags, reading.reason or standing.reason or "partial")
        return Outcome(value * self._times, standing.quality, standing.flags, standing.reason)

    def keep(self) -> Kept | None:
        """The ring, for a restart of the process in this boot; None where nothing was read."""
        return self._exposure.keep()

    def restore(self, kept: Kept | None) -> None:
        """Go on with a ring that was kept in this boot."""
        self._exposure.restore(kept)

    def _figure(self, standing: Standing) -> float | None:
        if self._give == "lower_bound":
            return standing.lower
        return {"mean": standing.mean, "so_far": standing.so_far, "projected": standing.projected}.get(self._give)
