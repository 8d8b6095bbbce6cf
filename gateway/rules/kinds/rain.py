"""Heavy rain in three levels, as the Korea Meteorological Administration classes it: 1 advisory, 2 warning, 3 extreme.

Advisory: 60 mm in 3 h or 110 mm in 12 h; warning: 90 mm in 3 h or 180 mm in 12 h; extreme: 50 mm in 1 h and 90 mm in 3 h, or 72 mm in 1 h (as
published 2020 to 2024; observed totals in the place of forecast ones). Rolling sums, not clock hours. The rule follows a derived series of kind
`rain_class`, which holds these numbers. A class of sums that are not whole yet (after a start) is true or too low: it raises and
does not clear. The word of the authority alone is a public warning.

    [[alarm]]
    name = "heavy-rain"
    kind = "rain"
    series = "rain.class"
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from gateway.derivation.kinds.rain_class import RainClass
from gateway.model import Flag, Reading, SeriesInfo, Table
from gateway.problems import Mistake
from gateway.rules.rule import Demand, Origin, Point, Rule, Usual
from gateway.rules.steps import judged, steps

TOP = int(RainClass.EXTREME)
STEPS = steps(tuple(float(level) for level in range(1, TOP + 1)))


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """series: the class of rain, a derived series of kind `rain_class` (0 to 3), itself of rolling sums over 1, 3 and 12 h."""

    series: str

    @property
    def usual(self) -> Usual:
        """A shower that begins again is the same rain."""
        return Usual(off_delay=600.0, fault_after=60.0)

    def looks_at(self) -> dict[str, str]:
        """The one series."""
        return {"series": self.series}

    def levels(self) -> int:
        """Advisory, warning, extreme."""
        return TOP

    def points(self, infos: Mapping[str, SeriesInfo]) -> tuple[Point, ...]:
        """The classes."""
        return tuple(Point("series", self.series, step, value) for step, value in enumerate(STEPS.sets, 1))

    def unfit(self, infos: Mapping[str, SeriesInfo], origins: Mapping[str, frozenset[Origin]]) -> Iterator[Mistake]:
        """A series that is no class of rain."""
        info = infos[self.series]
        if info.quantity != "rain_class":
            yield Mistake("series", f"a {info.quantity}, which is no class of rain", "name a derived series of kind rain_class")


class Condition:
    """One class of rain."""

    def __init__(self, rule: Rule, table: Table) -> None:
        """Built as every condition is; the classes are the same for all rules."""

    def feed(self, reading: Reading, level: int) -> Demand:
        """The class; a partial one is no reason to clear."""
        demand = judged(reading, STEPS, level)
        if demand.level is not None and reading.flags & Flag.PARTIAL:
            return demand._replace(level=max(demand.level, level), note="sums are not whole yet")
        return demand

    def keep(self) -> Any:
        """Nothing: the state of the alarm is enough."""
        return None

    def restore(self, kept: Any) -> None:
        """Nothing was kept."""
