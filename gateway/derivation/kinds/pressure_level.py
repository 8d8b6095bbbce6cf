"""Water above a submerged probe that measures absolute pressure: what is left of it without the air's, over density times gravity.

The air's pressure is another series, of a barometer in the open: 1 hPa is 10.2 mm of water, weather moves it by 30 hPa and more. It changes slowly
(about 1 hPa an hour), so an old value, such as the last before somebody worked on the barometer, is better than none and says so: UNCOMPENSATED
beyond `max_age`. Without any there is no level. A probe above its range means water above it. A gauge probe
(vented to the air) needs none of this; one whose vent tube is blocked has become an absolute one.

    [[derived]]
    name = "sewer"
    kind = "pressure_level"
    from = "probe"
    barometer = "air_pressure"
    density = 1000.0
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

import msgspec

from gateway.derivation.outcome import Outcome, bad, fresh, line, of, risen, there
from gateway.model import Flag, Quality, Reading, Reason, SeriesInfo
from gateway.problems import Mistake
from hardware.quantities import Seconds

GRAVITY = 9.80665
"""Standard gravity, m/s2."""
PASCALS = {"Pa": 1.0, "hPa": 100.0}
LEAST_AIR = 50_000.0
"""Pascals at 5500 m above the sea: the thinnest air a node stands in."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """barometer: series of the air's pressure, Pa or hPa. density: of the water in kg/m3: 1000 fresh, about 1025 sea, more with mud. max_age: an air
    pressure older than this is still used, and said to be old.
    """

    barometer: str
    density: Annotated[float, msgspec.Meta(ge=900, le=1400)]
    max_age: Seconds = Seconds(1800)

    def partners(self) -> dict[str, str]:
        """The barometer."""
        return {"barometer": self.barometer}

    def unfit(self, source: SeriesInfo, partners: Mapping[str, SeriesInfo]) -> Iterator[Mistake]:
        """Series that are no pressures."""
        for key, info in {"from": source, **partners}.items():
            if info.unit not in PASCALS:
                yield Mistake(key, f"measured in {info.unit}", f"name a series in {' or '.join(PASCALS)}")

    def series(self, name: str, source: SeriesInfo) -> SeriesInfo:
        """Millimetres above the probe, over what its range leaves in the thinnest air."""
        pascals = PASCALS.get(source.unit, 1.0)
        span = self.water(source.low * pascals - 110_000.0), self.water(source.high * pascals - LEAST_AIR)
        return line(name, source, "level", "mm", 0, span)

    def water(self, pascals: float) -> float:
        """Millimetres of this water that weigh so much."""
        return pascals * 1000 / (self.density * GRAVITY)


class Derivation:
    """One level above a probe."""

    def __init__(self, options: Options, source: SeriesInfo, partners: Mapping[str, SeriesInfo]) -> None:
        self._options = options
        self._pascals = PASCALS[source.unit]
        self._air_pascals = PASCALS[partners["barometer"].unit]
        self._air: Reading | None = None

    def take(self, reading: Reading, partners: Mapping[str, Reading]) -> Outcome:
        """The level in mm by the newest air pressure that there was."""
        air = partners.get("barometer")
        self._air = air if air is not None and there(air) else self._air
        return risen(self._level(reading), reading)

    def _level(self, reading: Reading) -> Outcome:
        if reading.value is None:
            return bad(reading)
        if self._air is None or self._air.value is None:
            return Outcome(None, Quality.BAD, reading.flags | Flag.UNCOMPENSATED, Reason.NO_COMPENSATION)
        level = self._options.water(reading.value * self._pascals - self._air.value * self._air_pascals)
        if fresh(reading, self._air, self._options.max_age):
            return of(level, [reading, self._air])
        return of(level, [reading, self._air], Flag.UNCOMPENSATED, Reason.NO_COMPENSATION)
