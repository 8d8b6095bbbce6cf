"""Water that rises fast: an early warning before a stage is reached. A derived rate at or above a set point for some samples, while there is water.

Ordinary values: 10 to 20 mm/min for 3 samples while the depth is above 30 mm. The depth keeps splashes and things that are put under the sensor on a
dry road from counting. A rise that quality control calls suspect, because water seldom comes so fast, is judged like any other: a flash
flood looks like that. Clears strictly below 80 % of the set point, and late.

    [[alarm]]
    name = "rising"
    kind = "rise"
    series = "rise"
    a1 = 15.0
    depth = "depth"
    stage = 150.0
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import msgspec

from gateway.derivation.outcome import LENGTHS
from gateway.model import Reading, SeriesInfo, Table
from gateway.problems import Mistake
from gateway.rules.kinds.threshold import Count
from gateway.rules.rule import Demand, Origin, Point, Rule, Usual
from gateway.rules.single import STALE, Tally, info_of, place_of
from gateway.rules.steps import ON_PURPOSE, Steps, judged, steps

Positive = Annotated[float, msgspec.Meta(gt=0)]
PER_MINUTE = {"mm/min": 1.0, "mm/h": 1 / 60, "m/h": 1000 / 60}
"""Millimetres per minute in the units that a rate may have."""


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """series: the rate of rise. a1, a2: set points in its unit, a2 above a1, or none. depth: series of the depth. deeper_than: in the depth's unit;
    at or below it nothing counts. samples: so many in a row have to be there. hysteresis_share: 0.2 clears strictly below 80 % of the set point.
    stage: depth, in its unit, that the word of the alarm gives a time for; 0 for none."""

    series: str
    a1: Positive
    a2: Positive | None = None
    depth: str
    deeper_than: float = 30.0
    samples: Count = 3
    hysteresis_share: Annotated[float, msgspec.Meta(ge=0, lt=1)] = 0.2
    stage: Annotated[float, msgspec.Meta(ge=0)] = 0.0

    @property
    def usual(self) -> Usual:
        """A rate that fluctuates does not clear at once, and has no value while its window fills."""
        return Usual(off_delay=300.0, fault_after=600.0)

    def steps(self) -> Steps:
        """The set points with their clear levels."""
        return steps((self.a1,) if self.a2 is None else (self.a1, self.a2), share=self.hysteresis_share)

    def mistakes(self) -> Iterator[Mistake]:
        """Set points in the wrong order."""
        if self.a2 is not None and self.a2 <= self.a1:
            yield Mistake("a2", "thresholds crossed", f"write a value above a1 ({self.a1:g})")

    def looks_at(self) -> dict[str, str]:
        """The rate, and the depth beside it."""
        return {"series": self.series, "depth": self.depth}

    def levels(self) -> int:
        """One per set point."""
        return len(self.steps().sets)

    def points(self, infos: Mapping[str, SeriesInfo]) -> tuple[Point, ...]:
        """The set points."""
        return tuple(Point(f"a{step}", self.series, step, value) for step, value in enumerate(self.steps().sets, 1))

    def unfit(self, infos: Mapping[str, SeriesInfo], origins: Mapping[str, frozenset[Origin]]) -> Iterator[Mistake]:
        """A rate that is none, a depth that is none, limits that cannot be reached."""
        rate, depth = infos[self.series], infos[self.depth]
        if rate.unit not in PER_MINUTE:
            remedy = f"name a derived series of kind rate, in {', '.join(PER_MINUTE)}"
            yield Mistake("series", f"measured in {rate.unit}, which is no rate of rise", remedy)
        if depth.unit not in LENGTHS or depth.quantity == "distance":
            yield Mistake("depth", f"a {depth.quantity} in {depth.unit}, which is no depth", "name a derived depth or level")
        for key, value, info in (("a1", self.a1, rate), ("a2", self.a2, rate), ("deeper_than", self.deeper_than, depth)):
            if value is not None and not info.low <= value <= info.high:
                yield Mistake(key, "outside what the series can show", f"write a value from {info.low:g} to {info.high:g} {info.unit}")


class Condition:
    """One rate of rise, with the depth beside it."""

    def __init__(self, rule: Rule, table: Table) -> None:
        options: Options = rule.options
        self._options = options
        self._steps = options.steps()
        self._rate, self._info = info_of(table, options.series), info_of(table, options.depth)
        self._place = place_of(table, options.depth)
        self._tally = Tally(options.samples, options.samples, self._rate.period)
        self._depth: Reading | None = None

    def feed(self, reading: Reading, level: int) -> Demand | None:
        """A depth is noted; a rate is judged with the newest depth, and it alone decides: no time runs on with an old rate."""
        if reading.series == self._place:
            self._depth = reading
            return None
        return self._judged(reading, level)

    def _judged(self, reading: Reading, level: int) -> Demand:
        demand = judged(reading, self._steps, level)
        if demand.level is None:
            return demand
        depth = self._depth
        if depth is None or abs(reading.ms - depth.ms) > STALE * max(self._info.period, self._rate.period) * 1000:
            return self._missing()
        if depth.flags & ON_PURPOSE:
            return Demand(None, inhibited=True)
        if depth.value is None:
            return self._missing()
        asked = demand.level if depth.value > self._options.deeper_than else 0
        wanted = self._tally.level(reading.ms, asked, level)
        return Demand(wanted, quality=max(reading.quality, depth.quality), note=self._ahead(reading, depth.value) if wanted else "")

    def _missing(self) -> Demand:
        return Demand(None, fault=True, note=f"{self._options.depth} is missing")

    def _ahead(self, reading: Reading, depth: float) -> str:
        """How long until the stage at this rate."""
        left = (self._options.stage - depth) * LENGTHS.get(self._info.unit, 1.0)
        rate = (reading.value or 0.0) * PER_MINUTE.get(self._rate.unit, 1.0)
        return f"{self._options.stage:g} {self._info.unit} in {left / rate:.1f} min at this rate" if left > 0 and rate > 0 else ""

    def keep(self) -> Any:
        """Nothing: the samples in a row begin anew, and the state of the alarm stays."""
        return None

    def restore(self, kept: Any) -> None:
        """Nothing was kept."""
