"""From a raw number to a value, and how a calibration changes that. Pure.

A calibration is a fact about a channel; applying it means putting its line into the series table, so that node and hub compute the same value
from the same raw number, and raw numbers can be judged again when a calibration turns out wrong. A straight line (zero, span) stands in the table
as it is. A curve (multi-point, power law) cannot: its series then codes the value itself, and a companion series `NAME.raw` keeps the raw number.
A calibration is made upon the line that the configuration gave; where the configuration has changed that line since, it is not used.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import msgspec

from gateway.contract.care import CalibrationFact
from gateway.model import SeriesInfo, Table

COMPANION = ".raw"
"""What is put behind the name of a series for the raw number of a curve."""
SLACK = 0.02
"""Share of what was calibrated that a raw number may lie beyond its end before its value counts as extrapolated: clean air is noisy."""


class Curve(NamedTuple):
    """A calibration that is no straight line. base: slope and intercept to the uncorrected value; points: (raw, value) with growing raw, or none and
    then value = factor * uncorrected ^ exponent. floor, ceiling: no value leaves these (a power law has no end). ends: the smallest and the
    largest raw number that was calibrated."""

    base: tuple[float, float]
    points: tuple[tuple[float, float], ...]
    factor: float
    exponent: float
    floor: float
    ceiling: float
    ends: tuple[float, float] = (-math.inf, math.inf)

    def beyond(self, raw: float) -> bool:
        """Whether a raw number lies outside what was calibrated, by more than SLACK of it: its value is extrapolated."""
        slack = SLACK * (self.ends[1] - self.ends[0]) if math.isfinite(self.ends[0]) else 0.0
        return not self.ends[0] - slack <= raw <= self.ends[1] + slack

    def value(self, raw: float) -> float:
        """The value of a raw number."""
        value = self._between(raw) if self.points else self._power(raw * self.base[0] + self.base[1])
        return min(max(value, self.floor), self.ceiling)

    def _between(self, raw: float) -> float:
        place = min(max(bisect_right(self.points, (raw, math.inf)), 1), len(self.points) - 1)
        (x0, y0), (x1, y1) = self.points[place - 1], self.points[place]
        return y0 + (raw - x0) * (y1 - y0) / (x1 - x0)

    def _power(self, uncorrected: float) -> float:
        """Towards zero it is what the law tends to: 0, or beyond every number."""
        if uncorrected <= 0:
            return 0.0 if self.exponent > 0 else math.inf
        try:
            return float(self.factor * uncorrected**self.exponent)
        except OverflowError:
            return math.inf


def calibrated(info: SeriesInfo, raw: int | None, reported: float, curve: Curve | None = None) -> float:
    """The value of a sample in the series' unit: from its raw number by the curve, else by the line of the table in force; what the driver reported
    where there is no raw number."""
    if raw is None:
        return reported
    return raw * info.slope + info.intercept if curve is None else curve.value(raw)


def raw_of(info: SeriesInfo, value: float) -> int:
    """The integer that stands for a value of a driver that has no raw number: the nearest on the series' line."""
    return round((value - info.intercept) / info.slope)


def straight(fact: CalibrationFact) -> bool:
    """Whether a calibration is a line, which the table itself can hold."""
    return fact.kind in ("zero", "span")


def curve_of(fact: CalibrationFact, info: SeriesInfo) -> Curve | None:
    """The curve of a calibration; None for a line. A value may go one measuring range beyond either end of the range."""
    if straight(fact):
        return None
    span = info.high - info.low
    points = tuple(sorted((point.raw, point.reference) for point in fact.points)) if fact.kind == "multipoint" else ()
    raws = [point.raw for point in fact.points]
    ends = (min(raws), max(raws)) if raws else (-math.inf, math.inf)
    return Curve(fact.base, points, fact.factor or 0.0, fact.exponent or 0.0, info.low - span, info.high + span, ends)


def fits(fact: CalibrationFact, info: SeriesInfo) -> bool:
    """Whether a calibration was made upon the line and in the unit that the configuration gives."""
    return fact.base == (info.slope, info.intercept) and fact.unit == info.unit


def in_force(table: Table, facts: Mapping[str, CalibrationFact]) -> Table:
    """The configuration's table with calibrations, by name of series, applied; the raw numbers of curves stand behind all others, so that no series
    changes its place. Calibrations that do not fit are not used."""
    series: list[SeriesInfo] = []
    companions: list[SeriesInfo] = []
    for info in table.series:
        fact = facts.get(info.name)
        if fact is None or not fits(fact, info):
            series.append(info)
            continue
        series.append(msgspec.structs.replace(info, slope=fact.slope, intercept=fact.intercept, calibration=fact.id))
        if not straight(fact):
            companions.append(companion(info, fact.id))
    return Table((*series, *companions))


def companion(info: SeriesInfo, calibration: str) -> SeriesInfo:
    """The series of a curve's raw numbers."""
    low, high = sorted((value - info.intercept) / info.slope for value in (info.low, info.high))
    return SeriesInfo(info.name + COMPANION, "raw", "1", 0, low, high, info.period, calibration=calibration)


class Fit(NamedTuple):
    """What a calibration makes of the raw numbers. slope, intercept: for the table; factor, exponent: of a power law."""

    slope: float
    intercept: float
    factor: float | None = None
    exponent: float | None = None


class Unfit(Exception):
    """The points give no calibration: the message says why and what to do."""


def zero(info: SeriesInfo, raw: float, reference: float) -> Fit:
    """The line of `info` moved so that `raw` gives `reference`; its slope stays."""
    return Fit(info.slope, reference - raw * info.slope)


def span(info: SeriesInfo, raw: float, reference: float, pivot: float) -> Fit:
    """The line of `info` turned about the raw number of the value `pivot` (where it was zeroed) so that `raw` gives `reference`. Unfit where the raw
    number does not move from there."""
    fixed = (pivot - info.intercept) / info.slope
    if raw == fixed:
        raise Unfit(f"the raw number is {raw:g}, as at {pivot:g} {info.unit}: no gas reaches the sensor, or it is dead; check the gas and the hose")
    slope = (reference - pivot) / (raw - fixed)
    return Fit(slope, pivot - fixed * slope)


def multipoint(info: SeriesInfo, points: Sequence[tuple[float, float]]) -> Fit:
    """Straight lines between points (raw, reference). Unfit with fewer than three, or where the raw numbers do not grow, or fall, with the
    references as the configuration's line has it."""
    if len(points) < 3:
        raise Unfit(f"{len(points)} points; a multi-point calibration needs three or more (with one: zero; with two: zero, then span)")
    ordered = sorted(points, key=lambda point: point[1])
    sign = math.copysign(1.0, info.slope)
    for (raw, low), (after, high) in pairwise(ordered):
        if high <= low or (after - raw) * sign <= 0:
            raise Unfit(
                f"from {low:g} to {high:g} {info.unit} the raw number goes from {raw:g} to {after:g}: the points do not grow; take them again, "
                "each when it is stable, and check the order of the gases"
            )
    return Fit(10.0**-info.decimals, 0.0)


def power_law(info: SeriesInfo, points: Sequence[tuple[float, float]]) -> Fit:
    """value = factor * uncorrected ^ exponent by least squares of the logarithms, uncorrected by the line of `info`. Unfit with fewer than two
    points, where a number is not above zero, or where the points do not tell a law."""
    if len(points) < 2:
        raise Unfit("a power law needs two points or more")
    pairs = [(raw * info.slope + info.intercept, reference) for raw, reference in points]
    if any(x <= 0 or y <= 0 for x, y in pairs):
        raise Unfit("a power law has no zero: every reference and every uncorrected value must be above 0")
    logs = [(math.log(x), math.log(y)) for x, y in pairs]
    mean_x, mean_y = (math.fsum(column) / len(logs) for column in zip(*logs))
    square = math.fsum((x - mean_x) ** 2 for x, _ in logs)
    exponent = math.fsum((x - mean_x) * (y - mean_y) for x, y in logs) / square if square > 1e-12 else 0.0
    ordered = sorted(logs)
    if not exponent or any((b[1] - a[1]) * exponent <= 0 for a, b in pairwise(ordered)):
        raise Unfit("the points do not grow in one direction: they tell no law; take them again, each when it is stable")
    return Fit(10.0**-info.decimals, 0.0, math.exp(mean_y - exponent * mean_x), exponent)
