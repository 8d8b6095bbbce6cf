"""Stages of water above the road: the higher, the worse. Set stage by stage, cleared well below each and late.

The default stages, in mm: 10 wet (the noise floor), 50 advisory, 150 close the road (Korean underpass barriers close at 150 mm; water reaches the
bottom of most cars), 300 severe (many cars float), 600 extreme. A site has to confirm them. Each clears 20 %, and at least 5 mm,
below; the off-delay is 10 min, because water comes back. Opening a barrier again is a human act.

Five samples in a row have to be there, because false echoes come in runs: in a month of a street sonar that was never flooded, one reading a minute,
two of three raised 42 times, four of five three times and five of five never; three real floods were told three to four minutes later for it
(measured on recordings, see `make detections`). So read often, ten times a minute or more. Where a reading comes only every five minutes, five are
too many: a gauge in a stilling well has no false echoes, and n = 1, m = 1 suit it.

    [[alarm]]
    name = "water"
    kind = "ladder"
    series = "depth"
    outputs = ["beacon"]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

import msgspec

from gateway.derivation.outcome import LENGTHS
from gateway.model import SeriesInfo, Table
from gateway.problems import Mistake
from gateway.rules.kinds.threshold import Count, n_of_m
from gateway.rules.rule import Origin, Point, Rule, Usual
from gateway.rules.single import Single, info_of
from gateway.rules.steps import Steps, neat

STAGES = (10.0, 50.0, 150.0, 300.0, 600.0)
"""Millimetres above the road (NWS depth meanings; underpass barriers close at 150 mm since 2023, asiatoday 2024-08-22)."""
SHARE, LEAST = 0.2, 5.0
"""How far below its stage a level clears: share of the stage, and at least so many mm."""
MOST = 10


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """series: depth above the road. stages: set points of level 1, 2, ... in its unit, each above the one before; by default 10, 50, 150, 300 and
    600 mm. clears: strictly below which each level ends, in the same unit; by default 20 %, and at least 5 mm, below the stage. n, m: so many of the
    last so many samples have to be there."""

    series: str
    stages: tuple[float, ...] = ()
    clears: tuple[float, ...] = ()
    n: Count = 5
    m: Count = 5

    @property
    def usual(self) -> Usual:
        """A long off-delay."""
        return Usual(off_delay=600.0)

    def steps(self, info: SeriesInfo) -> Steps:
        """The stages and clear levels in the series' unit."""
        scale = LENGTHS.get(info.unit, 1.0)
        sets = self.stages or tuple(neat(stage / scale) for stage in STAGES)
        return Steps(sets, self.clears or tuple(neat(stage - max(stage * SHARE, LEAST / scale)) for stage in sets))

    def mistakes(self) -> Iterator[Mistake]:
        """Stages out of order, clear levels that are none."""
        if len(self.stages) > MOST:
            yield Mistake("stages", "too many", f"write at most {MOST}")
        if any(after <= before for before, after in pairwise(self.stages)):
            yield Mistake("stages", "thresholds crossed", "write each stage above the one before")
        if self.clears and len(self.clears) != self.levels():
            yield Mistake("clears", "not one for each stage", f"write {self.levels()} values")
        elif any(clear >= stage for clear, stage in zip(self.clears, self.stages or STAGES)):
            yield Mistake("clears", "a clear level that is not below its stage", "write each below its stage")
        yield from n_of_m(self.n, self.m)

    def looks_at(self) -> dict[str, str]:
        """The one series."""
        return {"series": self.series}

    def levels(self) -> int:
        """One per stage."""
        return len(self.stages or STAGES)

    def points(self, infos: Mapping[str, SeriesInfo]) -> tuple[Point, ...]:
        """The stages in the series' unit."""
        sets = self.steps(infos[self.series]).sets
        return tuple(Point(f"stages[{step - 1}]", self.series, step, stage) for step, stage in enumerate(sets, 1))

    def unfit(self, infos: Mapping[str, SeriesInfo], origins: Mapping[str, frozenset[Origin]]) -> Iterator[Mistake]:
        """A series that is no depth, stages that it cannot reach, a first stage that it never leaves again."""
        info = infos[self.series]
        if info.unit not in LENGTHS:
            yield Mistake("series", f"measured in {info.unit}, which is no length", f"name a series in {', '.join(LENGTHS)}")
            return
        if info.quantity == "distance":
            yield Mistake("series", "a distance falls when the water rises", "derive a depth or a level first and name that")
        steps = self.steps(info)
        beyond = [stage for stage in steps.sets if not info.low <= stage <= info.high]
        if beyond:
            remedy = f"write stages from {info.low:g} to {info.high:g} {info.unit}"
            yield Mistake("stages", f"{', '.join(f'{stage:g}' for stage in beyond)} outside what the sensor can measure", remedy)
        if steps.clears[0] <= info.low:
            yield Mistake("clears", "the alarm would never clear: the sensor measures nothing below", f"write a first value above {info.low:g}")


class Condition(Single):
    """One depth against its stages. An over-range counts as the highest stage and does not latch: water that falls is measured again."""

    def __init__(self, rule: Rule, table: Table) -> None:
        options: Options = rule.options
        info = info_of(table, options.series)
        super().__init__(options.steps(info), None, options.n, options.m, info)
