"""What was surveyed at a mount: when, by whom, and how far the sensor leans. A level without these is a number that nobody can check."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from gateway.problems import Mistake

STEEP = 30.0
"""Degrees; beyond, an echo does not come back from water."""
Text = Annotated[str, msgspec.Meta(max_length=100)]


EARLIEST, LATEST = datetime.date(2000, 1, 1), datetime.date(2099, 12, 31)
"""Between which a node is surveyed. No clock is asked: a Pi's may be years behind when it starts, and the node must start all the same."""
Method = Literal["tape", "laser", "level", "gnss", "total_station", "drawing", "other"]
"""How a mount is surveyed: with a tape or a laser from the sensor's face down, by levelling from a bench mark, by satellites, from a drawing."""


class Survey(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """survey_date: day of the survey. surveyed_by: who. method: how. tilt: degrees between the beam and the plumb line, as surveyed: a bent
    pole of 10 degrees makes 2700 mm look like 2742."""

    survey_date: datetime.date
    surveyed_by: Text = ""
    method: Method | None = None
    tilt: float = 0.0

    def mistakes(self) -> Iterator[Mistake]:
        """A tilt that no echo survives, a survey that cannot have been."""
        if not EARLIEST <= self.survey_date <= LATEST:
            yield Mistake("survey_date", "out of range", f"write the day of the survey, from {EARLIEST} to {LATEST}")
        if not 0 <= self.tilt <= STEEP:
            yield Mistake("tilt", "out of range", f"write 0 to {STEEP:g} degrees; mend a mount that leans more")

    def down(self, distance: float) -> float:
        """The part of a distance that leads straight down."""
        return distance * math.cos(math.radians(self.tilt))

    def words(self) -> str:
        """The survey in words, for the datum of the series."""
        by = f" by {self.surveyed_by}" if self.surveyed_by else ""
        return f"surveyed {self.survey_date.isoformat()}{by}{f' ({self.method})' if self.method else ''}"
