"""One or two set points on one series, rising or falling: the ordinary alarm of a gas or a level.

Set at or beyond a set point, cleared strictly inside it less the hysteresis. In %LEL an over-range latches: above 100 %LEL gas displaces the air that
a catalytic bead needs, and the number can fall while the danger rises (MSA S5000 manual, p. 72).

    [[alarm]]
    name = "methane"
    series = "lel"
    a1 = 20.0
    a2 = 40.0
    hysteresis_share = 0.2
    outputs = ["siren", "beacon"]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

import msgspec

from gateway.model import SeriesInfo, Table
from gateway.problems import Mistake
from gateway.rules.limits import Limits
from gateway.rules.rule import Origin, Point, Rule, Usual
from gateway.rules.single import Single, info_of

Count = Annotated[int, msgspec.Meta(ge=1, le=100)]


class Options(Limits, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """series: which. a1, a2: set points in its unit, a2 beyond a1, or none. direction: `rising` or `falling`. hysteresis: in the same unit;
    hysteresis_share: as a share of each set point instead: 0.2 clears strictly below 80 % of it. n, m: so many of the last so many samples have to be
    beyond. over_range_latch: whether an over-range holds the alarm until a person on the spot resets it with a reason; by default where a
    series in %LEL rises, and there from 100 %LEL on; it waits neither for n of m nor for the on-delay."""

    n: Count = 1
    m: Count = 1

    @property
    def usual(self) -> Usual:
        """No delays."""
        return Usual()

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong whatever the series is."""
        yield from self.wrong()
        yield from n_of_m(self.n, self.m)

    def looks_at(self) -> dict[str, str]:
        """The one series."""
        return {"series": self.series}

    def levels(self) -> int:
        """One per set point."""
        return len(self.sets())

    def points(self, infos: Mapping[str, SeriesInfo]) -> tuple[Point, ...]:
        """The set points."""
        return self.set_points()

    def unfit(self, infos: Mapping[str, SeriesInfo], origins: Mapping[str, frozenset[Origin]]) -> Iterator[Mistake]:
        """Thresholds that the sensor cannot reach, or never leaves again."""
        yield from self.misfits(infos[self.series])


class Condition(Single):
    """One series against its set points."""

    def __init__(self, rule: Rule, table: Table) -> None:
        options: Options = rule.options
        info = info_of(table, options.series)
        super().__init__(options.steps(), options.latch_at(info), options.n, options.m, info)


def n_of_m(n: int, m: int) -> Iterator[Mistake]:
    """More samples wanted than are looked at."""
    if n > m:
        yield Mistake("n", f"more than m ({m})", f"write 1 to {m}, or a larger m")
