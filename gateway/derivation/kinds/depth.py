"""Water above the ground, from the distance down to its surface: mount height less distance.

Small negative depths are kept with their sign: they tell that the mount height is wrong or the pole leans. Nothing is re-zeroed by itself; at or
beyond `tolerance` below zero the value says UNDER_ZERO until somebody surveys again. The noise floor is for showing only (`shown`): what is recorded
and what alarms see is the number itself.

A web, a branch or a bird in the beam looks like water almost up to the sensor. How deep water can stand at a place the survey knows: with `deepest`
written, a number above it is no depth but something in the way (OBSTRUCTED), and the distance itself stays as it was measured. Write the height of
what the water would flow over, or the ceiling of an underpass, and rather too much: a flood above it is measured no more, and its alarm stands still.

    [[derived]]
    name = "depth"
    kind = "depth"
    from = "distance"
    mount_height = 2500.0
    survey_date = 2026-05-12
    datum = "lowest point of the road"
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

import msgspec

from gateway.derivation.mounting import Survey, Text
from gateway.derivation.outcome import LENGTHS, Outcome, bad, fallen, line, no_length, of
from gateway.model import Flag, Quality, Reading, Reason, SeriesInfo
from gateway.problems import Mistake

Millimetres = Annotated[float, msgspec.Meta(gt=0)]


def shown(depth: float, floor: float = 10.0) -> float:
    """The depth as a person is shown it, in mm: below the noise floor there is no water to speak of."""
    return depth if depth >= floor else 0.0


class Options(Survey, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """mount_height: mm from the sensor's face straight down to the datum. datum: what the depth is above, in words. survey_date, surveyed_by: when
    and by whom it was measured, method: how (`tape`, `laser`, `level`, `gnss`, `total_station`, `drawing`, `other`). tilt: degrees the
    beam leans from the plumb line. tolerance: mm below zero at which the mount is doubted. deepest: mm above the datum that water never exceeds here,
    by survey; as deep as the sensor can tell where not given.
    """

    mount_height: Millimetres
    datum: Text = "ground below the sensor"
    tolerance: Millimetres = 10.0
    deepest: Millimetres | None = None

    def partners(self) -> dict[str, str]:
        """Nobody."""
        return {}

    def unfit(self, source: SeriesInfo, partners: Mapping[str, SeriesInfo]) -> Iterator[Mistake]:
        """A source that is no length, a height at which the sensor is blind, or from which it does not see the ground."""
        yield from no_length(source)
        if source.unit in LENGTHS:
            nearest = self.down(source.low * LENGTHS[source.unit])
            if self.mount_height <= nearest:
                yield Mistake("mount_height", "the ground would be where the sensor is blind", f"write more than {nearest:g} mm")
            farthest = self.down(source.high * LENGTHS[source.unit])
            if self.mount_height > farthest:
                yield Mistake(
                    "mount_height", "the ground would be beyond what the sensor measures", f"write at most {farthest:g} mm, or mount it lower"
                )

    def series(self, name: str, source: SeriesInfo) -> SeriesInfo:
        """Millimetres above the datum, over what the sensor's range leaves."""
        scale = LENGTHS.get(source.unit, 1.0)
        nearest = self.mount_height - self.down(source.low * scale)
        span = self.mount_height - self.down(source.high * scale), nearest if self.deepest is None else min(nearest, self.deepest)
        datum = f"{self.datum}, {self.mount_height:g} mm below the sensor, {self.words()}"
        fine = 1 if source.unit != "mm" or source.decimals else 0
        return line(name, source, "depth", "mm", fine, span, datum)


class Derivation:
    """One depth."""

    def __init__(self, options: Options, source: SeriesInfo, partners: Mapping[str, SeriesInfo]) -> None:
        self._options = options
        self._scale = LENGTHS[source.unit]

    def take(self, reading: Reading, partners: Mapping[str, Reading]) -> Outcome:
        """The depth in mm; UNDER_ZERO where it is so far below zero that the mount is to be doubted, UNDER_RANGE where the
        distance is beyond what the sensor measures; none, and OBSTRUCTED, where water cannot be."""
        reading = fallen(reading)
        if reading.value is None:
            return bad(reading)
        depth = self._options.mount_height - self._options.down(reading.value * self._scale)
        if self._options.deepest is not None and depth > self._options.deepest:
            return Outcome(None, Quality.BAD, int(reading.flags | Flag.SENSOR_FAULT), Reason.OBSTRUCTED)
        if depth <= -self._options.tolerance:
            return of(depth, [reading], Flag.UNDER_ZERO, Reason.UNDER_ZERO)
        return of(depth, [reading])
