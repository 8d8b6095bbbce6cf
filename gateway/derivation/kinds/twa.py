"""Area exposure over a working day, in one of two ways that differ and are named apart.

`rolling`: the mean over the last 8 hours, as fixed instruments reckon it. `shift`: the 8-hour equivalent of 29 CFR 1910.1000(d), the dose of the last
`shift` hours through 8: 30 ppm for 10 hours are 37.5 ppm, where the rolling mean says 30. Both describe the place, not a person, and are never
the first alarm. A value counts until the next reading, at most `hold`; less than 75 per cent of the window makes no value (PARTIAL): the
`lower_bound` stands from the first minute. Told once a minute. Never from a metal-oxide sensor: an indicative reading gives no value. What is read
in maintenance, under test or in warm-up is not counted.

    [[derived]]
    name = "co.twa"
    kind = "twa"
    from = "co"
    rule = "rolling"
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from gateway.derivation import dose
from gateway.derivation.outcome import Outcome
from gateway.exposure import Kept
from gateway.model import Reading, SeriesInfo
from gateway.problems import Mistake
from hardware.quantities import Seconds

DAY = 8 * 3600.0
"""Seconds of a working day, by which limits are set."""


class Options(dose.Dose, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """rule: `rolling`, the mean over 8 h, or `shift`, the 8-hour equivalent of a longer or shorter shift. shift: how long that is, in whole minutes.
    hold: how long a value counts while no newer comes, three periods of the source where not given. give: which figure the series is: `mean`,
    `lower_bound`, `so_far`, `projected` or `coverage`."""

    rule: Literal["rolling", "shift"] = "rolling"
    shift: Seconds = Seconds(DAY)

    def mistakes(self) -> Iterator[Mistake]:
        """A shift that is none, or that the rule does not look at."""
        if not 3600 <= self.shift <= 86400 or self.shift % 60:
            yield Mistake("shift", "out of range", 'write 1 h to 24 h, in whole minutes, for example "10 h"')
        elif self.rule == "rolling" and self.shift != DAY:
            yield Mistake("shift", "a rolling mean has no shift: it is over 8 h", 'write rule = "shift", or leave shift out')

    def unfit(self, source: SeriesInfo, partners: Mapping[str, SeriesInfo]) -> Iterator[Mistake]:
        """A source that nobody is exposed to, a hold that makes up time."""
        yield from dose.unfit(self, source, self.shift)

    def ready(self) -> float:
        """Seconds after a start until there is a figure."""
        return dose.ready(self, self.shift)

    def series(self, name: str, source: SeriesInfo) -> SeriesInfo:
        """The source's unit, labelled as area exposure and by its rule."""
        if self.rule == "shift":
            words = f"8-hour equivalent of a shift of {self.shift / 3600:g} h (29 CFR 1910.1000)"
            return dose.series(self, name, source, "_twa_8h_equivalent", words, self.shift / DAY)
        return dose.series(self, name, source, "_twa", "rolling mean over 8 h, weighted by time")


class Derivation:
    """One exposure over a working day."""

    def __init__(self, options: Options, source: SeriesInfo, partners: Mapping[str, SeriesInfo]) -> None:
        self._work = dose.Worker(options, source, round(options.shift / 60), options.shift / DAY)

    def take(self, reading: Reading, partners: Mapping[str, Reading]) -> Outcome:
        """The figure of the window of whole minutes before this reading."""
        return self._work.take(reading)

    def keep(self) -> Kept | None:
        """The ring, for a restart of the process in this boot."""
        return self._work.keep()

    def restore(self, kept: Kept | None) -> None:
        """Go on with a ring that was kept in this boot."""
        self._work.restore(kept)
