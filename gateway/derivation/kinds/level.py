"""Elevation of the water's surface in a vertical datum, from the distance down to it: elevation of the sensor's face less distance.

The datum's name travels with the series, because an elevation without it is no measurement.

    [[derived]]
    name = "level"
    kind = "level"
    from = "distance"
    elevation = 12.345
    datum = "Incheon mean sea level"
    survey_date = 2026-05-12
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

import msgspec

from gateway.derivation.mounting import Survey
from gateway.derivation.outcome import LENGTHS, Outcome, bad, fallen, line, no_length, of
from gateway.model import Reading, SeriesInfo
from gateway.problems import Mistake

HIGHEST, LOWEST = 9000.0, -500.0
"""Metres: of any ground in any vertical datum."""


class Options(Survey, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """elevation: of the sensor's face, metres in the datum. datum: name of the vertical datum. survey_date, surveyed_by: when and by whom it was
    measured, method: how (`tape`, `laser`, `level`, `gnss`, `total_station`, `drawing`, `other`). tilt: degrees the beam leans from the plumb line.
    """

    elevation: Annotated[float, msgspec.Meta(ge=LOWEST, le=HIGHEST)]
    datum: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]

    def partners(self) -> dict[str, str]:
        """Nobody."""
        return {}

    def unfit(self, source: SeriesInfo, partners: Mapping[str, SeriesInfo]) -> Iterator[Mistake]:
        """A source that is no length."""
        return no_length(source)

    def series(self, name: str, source: SeriesInfo) -> SeriesInfo:
        """Metres in the datum, over what the sensor's range leaves."""
        metres = LENGTHS.get(source.unit, 1.0) / 1000
        span = self.elevation - self.down(source.high * metres), self.elevation - self.down(source.low * metres)
        return line(name, source, "level", "m", 3, span, f"{self.datum}, sensor at {self.elevation:g} m, {self.words()}")


class Derivation:
    """One elevation."""

    def __init__(self, options: Options, source: SeriesInfo, partners: Mapping[str, SeriesInfo]) -> None:
        self._options = options
        self._metres = LENGTHS[source.unit] / 1000

    def take(self, reading: Reading, partners: Mapping[str, Reading]) -> Outcome:
        """The elevation in metres; UNDER_RANGE where the distance is beyond what the sensor measures."""
        reading = fallen(reading)
        if reading.value is None:
            return bad(reading)
        return of(self._options.elevation - self._options.down(reading.value * self._metres), [reading])
