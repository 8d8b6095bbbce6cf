"""A distance by sound, corrected for the air's real temperature: the speed of sound grows with the square root of the absolute temperature.

An ultrasonic sensor measures a time and reckons with one temperature; 15 degrees of error are 63 mm at 2.5 m. Not for a sensor that measures the
temperature itself (it would be corrected twice), nor for radar or light. A sensor in the sun is warmer than the air below it: mount it in shade.
Where the temperature is missing, old or in maintenance, the value is the uncorrected one and says so.

    [[derived]]
    name = "distance.corrected"
    kind = "temperature_corrected"
    from = "distance"
    temperature = "air"
    assumed = 20.0
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Annotated

import msgspec

from gateway.derivation.outcome import Outcome, bad, fresh, line, no_length, of, risen
from gateway.model import Flag, Reading, Reason, SeriesInfo
from gateway.problems import Mistake
from hardware.quantities import Seconds

KELVIN = 273.15
COLDEST, HOTTEST = -40.0, 85.0
"""Degrees Celsius that the air at a sensor can have; outside, the thermometer is not believed."""


def corrected(distance: float, assumed: float, temperature: float) -> float:
    """The true distance, in the unit of `distance`: measured as if the air had `assumed` degrees Celsius while it has `temperature`."""
    return distance * math.sqrt((temperature + KELVIN) / (assumed + KELVIN))


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """temperature: series of the air's temperature, in Cel. assumed: temperature in degrees Celsius that the sensor reckons with, from its data
    sheet. max_age: a temperature older than this is not used.
    """

    temperature: str
    assumed: Annotated[float, msgspec.Meta(ge=-40, le=85)]
    max_age: Seconds = Seconds(300)

    def partners(self) -> dict[str, str]:
        """The temperature."""
        return {"temperature": self.temperature}

    def unfit(self, source: SeriesInfo, partners: Mapping[str, SeriesInfo]) -> Iterator[Mistake]:
        """A source that is no length, a temperature that is none."""
        yield from no_length(source)
        if partners["temperature"].unit != "Cel":
            yield Mistake("temperature", f"measured in {partners['temperature'].unit}", "name a series in Cel")

    def series(self, name: str, source: SeriesInfo) -> SeriesInfo:
        """The source's quantity and unit, in mm with one decimal more, over what any air can make of its range."""
        span = corrected(source.low, self.assumed, COLDEST), corrected(source.high, self.assumed, HOTTEST)
        return line(name, source, source.quantity, source.unit, max(source.decimals, 1), span)


class Derivation:
    """One corrected distance."""

    def __init__(self, options: Options, source: SeriesInfo, partners: Mapping[str, SeriesInfo]) -> None:
        self._options = options

    def take(self, reading: Reading, partners: Mapping[str, Reading]) -> Outcome:
        """The corrected distance, or the uncorrected with UNCOMPENSATED where the temperature cannot be believed."""
        if reading.value is None:
            return risen(bad(reading), reading)
        air = partners.get("temperature")
        if air is None or air.value is None or not fresh(reading, air, self._options.max_age) or not COLDEST <= air.value <= HOTTEST:
            return risen(of(reading.value, [reading], Flag.UNCOMPENSATED, Reason.NO_COMPENSATION), reading)
        return risen(of(corrected(reading.value, self._options.assumed, air.value), [reading, air]), reading)
