"""The keys of two thresholds on one series, as a person writes them: used by the threshold rule and by each member of a vote or a combination."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from gateway.model import SeriesInfo
from gateway.problems import Mistake
from gateway.rules.rule import Point
from gateway.rules.steps import Steps, steps

LEL = "%{LEL}"
FULL_LEL = 100.0
"""From here on the gas displaces the air that a catalytic bead needs, and the reading can fall while the danger rises (MSA S5000 manual)."""


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """series: which. a1, a2: set points in its unit, a2 beyond a1, or none. direction: `rising` or `falling`. hysteresis: in the same unit;
    hysteresis_share: as a share of each set point instead: 0.2 clears strictly below 80 % of it. over_range_latch: whether an over-range holds
    the alarm until a person on the spot resets it with a reason; by default where a series in %LEL rises, and there from 100 %LEL on."""

    series: str
    a1: float
    a2: float | None = None
    direction: Literal["rising", "falling"] = "rising"
    hysteresis: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    hysteresis_share: Annotated[float, msgspec.Meta(ge=0, lt=1)] = 0.0
    over_range_latch: bool | None = None

    def sets(self) -> tuple[float, ...]:
        """The set points by level."""
        return (self.a1,) if self.a2 is None else (self.a1, self.a2)

    def set_points(self, prefix: str = "") -> tuple[Point, ...]:
        """The set points as a rule tells them. prefix: what stands before their keys."""
        rising = self.direction == "rising"
        return tuple(Point(f"{prefix}a{level}", self.series, level, value, rising) for level, value in enumerate(self.sets(), 1))

    def steps(self) -> Steps:
        """The set points with their clear levels."""
        return steps(self.sets(), self.hysteresis, self.hysteresis_share, self.direction == "rising")

    def latch_at(self, info: SeriesInfo) -> float | None:
        """From which number on an over-range latches; infinite where only the device can say so, None where nothing latches."""
        wanted = self.over_range_latch if self.over_range_latch is not None else info.unit == LEL
        if not wanted or self.direction != "rising":
            return None
        return FULL_LEL if info.unit == LEL else math.inf

    def wrong(self) -> Iterator[Mistake]:
        """What is wrong whatever the series is."""
        rising = self.direction == "rising"
        if self.a2 is not None and (self.a2 <= self.a1 if rising else self.a2 >= self.a1):
            beyond = "above" if rising else "below"
            yield Mistake("a2", "thresholds crossed", f"write a value {beyond} a1 ({self.a1:g}), because the alarm is {self.direction}; or swap them")
        if self.hysteresis and self.hysteresis_share:
            yield Mistake("hysteresis_share", "given twice", "write either hysteresis or hysteresis_share")
        if self.over_range_latch and not rising:
            yield Mistake("over_range_latch", "an over-range says nothing to a falling alarm", "leave it out")

    def misfits(self, info: SeriesInfo) -> Iterator[Mistake]:
        """Thresholds that the sensor cannot reach, or never leaves again."""
        outside = [key for key, limit in (("a1", self.a1), ("a2", self.a2)) if limit is not None and not info.low <= limit <= info.high]
        for key in outside:
            yield Mistake(key, "outside what the sensor can measure", f"write a value from {info.low:g} to {info.high:g} {info.unit}")
        if not outside:
            yield from self._stuck(info)

    def _stuck(self, info: SeriesInfo) -> Iterator[Mistake]:
        """An alarm clears only strictly inside its threshold less the hysteresis."""
        rising = self.direction == "rising"
        end, room = (info.low, self.a1 - info.low) if rising else (info.high, info.high - self.a1)
        clear = self.steps().clears[0]
        if room <= 0:
            yield Mistake("a1", "the alarm would never clear: the sensor measures nothing beyond", f"write a value inside {end:g}")
        elif clear <= end if rising else clear >= end:
            key = "hysteresis_share" if self.hysteresis_share else "hysteresis"
            wrong = f"the alarm would never clear: {self.a1:g} less the hysteresis is at or beyond the end of the range, {end:g}"
            most = room / abs(self.a1) if self.hysteresis_share else room
            yield Mistake(key, wrong, f"write less than {most:g}")
