"""When a calibration is nonsense. Pure.

Decision: two kinds of objection. Some things no calibration can be made of (points that do not grow, a slope that turns round, a reference that the
sensor cannot measure): they are refused, always. Others are beyond what a healthy sensor does, and mostly a wrong bottle, a closed valve or a worn
cell: they are refused too, unless the person gives a reason, which then stands in the fact. Limits hold against the line in force and against
the line of the configuration, so that many small steps cannot go where one large step may not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from gateway.calibration import COMPANION, Fit
from gateway.contract.care import Kind, Point
from gateway.contract.topics import NAME
from gateway.control.clearing import Mark, beyond, limits
from gateway.control.session import NEAR_ZERO, near_zero
from gateway.model import SeriesInfo

ZERO_SHIFT = 0.10
"""Share of the measuring range that one zero may move. Instruments refuse a zero of 10 to 20 % of full scale."""
ZERO_TOTAL = 0.20
"""Share of the measuring range that all zeros together may have moved from the configuration's line."""
SENSITIVITY = (0.5, 2.0)
"""How much less or more sensitive than before, and than configured, a sensor may be found; cells are replaced below half of their sensitivity."""
LEAST_SPAN = 0.10
"""Share of the measuring range between zero and span: nearer, noise at the point is a large error at full scale."""
LEAST_RATIO = 2.0
"""The largest reference of a power law is at least so many times the smallest."""
RESIDUE = 0.25
"""Share of the reference by which a power law may miss one of its points."""
NEAREST = 3
"""A zero may move by one part in so many of the distance to the nearest alarm threshold: a leak that is there while it is zeroed stays hidden."""
MOST_POINTS = 16


class Objection(NamedTuple):
    """Why a calibration is refused. final: no reason overrides it."""

    text: str
    final: bool


class Case(NamedTuple):
    """A calibration to be judged. base: the series as configured; before: as the table in force has it; curved: whether a curve is in force; pivot:
    value that a span keeps; rules: the alarms on the series."""

    kind: Kind
    base: SeriesInfo
    before: SeriesInfo
    curved: bool
    points: Sequence[Point]
    fit: Fit
    pivot: float = 0.0
    rules: Sequence[Mark] = ()


def objections(case: Case) -> list[Objection]:
    """All that is wrong with a calibration."""
    by_kind = {"zero": _zero, "span": _span, "multipoint": _multipoint, "power_law": _power_law}[case.kind]
    return [*_common(case), *by_kind(case)]


def _common(case: Case) -> Iterator[Objection]:
    base = case.base
    for point in case.points:
        if not base.low <= point.reference <= base.high:
            yield Objection(
                f"the reference {point.reference:g} {base.unit} is outside the measuring range {base.low:g} to {base.high:g} {base.unit}; "
                "use another gas or correct the number",
                True,
            )
    if len({point.reference for point in case.points}) < len(case.points):
        yield Objection("a reference was taken twice; take it once", True)
    if case.kind in ("multipoint", "power_law") and not NAME.fullmatch(base.name + COMPANION):
        yield Objection(f"{base.name + COMPANION} would be longer than a name may be; give the series a shorter name in the configuration", True)
    if case.kind == "span" and case.curved:
        yield Objection("a curve is in force; a span needs the straight line: zero first (which replaces the curve), then span", True)
    if case.kind == "zero" and case.curved:
        yield Objection("a curve is in force; a zero replaces it by the configuration's straight line; take multipoint again instead", False)


def _zero(case: Case) -> Iterator[Objection]:
    (point,) = case.points
    share = case.base.high - case.base.low
    if not near_zero(case.base, point.reference):
        yield Objection(
            f"the zero's reference {point.reference:g} {case.base.unit} is more than {NEAR_ZERO:.0%} of the measuring range from zero; "
            "use span, or clean air",
            False,
        )
    yield from _hidden(case, point)
    configured = point.raw * case.base.slope + case.base.intercept
    for what, limit, found in (("the line in force", ZERO_SHIFT, point.as_found), ("the configuration", ZERO_TOTAL, configured)):
        moved = point.reference - found
        if abs(moved) > limit * share:
            yield Objection(
                f"the zero would move by {moved:g} {case.base.unit} against {what}, {abs(moved) / share:.0%} of the measuring range "
                f"(limit {limit:.0%}); is the air clean, is the sensor worn?",
                False,
            )


def _hidden(case: Case, point: Point) -> Iterator[Objection]:
    """Where a zero could make a leak invisible. point: the lowest."""
    unit = case.base.unit
    wrong = set(beyond(case.rules, point.as_found)) - set(beyond(case.rules, point.reference))
    for name, level, limit in sorted(wrong):
        why = f"it shows {point.as_found:g} {unit}, at or beyond A{level} ({limit:g}) of alarm {name}: is there a leak? Look before you zero it"
        yield Objection(why, False)
    distances = [abs(limit - point.reference) for _, _, limit in limits(case.rules)]
    moved = abs(point.reference - point.as_found)
    if distances and not wrong and moved > min(distances) / NEAREST:
        yield Objection(
            f"the zero would move by {moved:g} {unit}, more than a third of the {min(distances):g} {unit} to the nearest alarm threshold: "
            "is there a leak, is the air clean?",
            False,
        )


def _span(case: Case) -> Iterator[Objection]:
    (point,) = case.points
    base = case.base
    if point.reference <= case.pivot:
        yield Objection(f"the span reference {point.reference:g} {base.unit} is not above zero, which was set at {case.pivot:g} {base.unit}", True)
    elif point.reference - case.pivot < LEAST_SPAN * (base.high - base.low):
        yield Objection(f"the span reference is nearer than {LEAST_SPAN:.0%} of the measuring range to zero; use more gas", False)
    yield from _slope(case.fit.slope, case.before.slope, "the line in force", base)
    if case.before.slope != base.slope:
        yield from _slope(case.fit.slope, base.slope, "the configuration", base)


def _slope(slope: float, before: float, what: str, base: SeriesInfo) -> Iterator[Objection]:
    """Sensitivity is raw per value, so twice the slope is half the sensitivity."""
    if slope == 0 or before / slope <= 0:
        yield Objection(f"the signal goes the wrong way against {what}: with gas it must move as the configuration says; check gas and wiring", True)
    elif not SENSITIVITY[0] <= before / slope <= SENSITIVITY[1]:
        yield Objection(
            f"the sensor would be at {before / slope:.0%} of its sensitivity by {what} (limits {SENSITIVITY[0]:.0%} and {SENSITIVITY[1]:.0%}); "
            f"check the gas, the flow and the reference {base.unit}, or replace the sensor",
            False,
        )


def _multipoint(case: Case) -> Iterator[Objection]:
    ordered = sorted(case.points, key=lambda point: point.reference)
    yield from _many(case)
    for low, high in pairwise(ordered):
        if high.raw != low.raw:
            yield from _slope((high.reference - low.reference) / (high.raw - low.raw), case.base.slope, "the configuration", case.base)
    first = ordered[0]
    yield from _hidden(case, first)
    moved = first.reference - (first.raw * case.base.slope + case.base.intercept)
    if abs(moved) > ZERO_TOTAL * (case.base.high - case.base.low):
        yield Objection(
            f"the lowest point would move by {moved:g} {case.base.unit} against the configuration (limit {ZERO_TOTAL:.0%} of the range)", False
        )


def _power_law(case: Case) -> Iterator[Objection]:
    references = [point.reference for point in case.points]
    yield from _many(case)
    if max(references) < LEAST_RATIO * min(references):
        yield Objection(f"the largest reference is less than {LEAST_RATIO:g} times the smallest: a law cannot be told from so narrow a range", False)
    for point in case.points:
        if abs(point.as_left - point.reference) > RESIDUE * point.reference:
            yield Objection(
                f"the law gives {point.as_left:g} where the reference was {point.reference:g} {case.base.unit} (limit {RESIDUE:.0%}); "
                "take the points again, or use multipoint",
                False,
            )


def _many(case: Case) -> Iterator[Objection]:
    if len(case.points) > MOST_POINTS:
        yield Objection(f"{len(case.points)} points; at most {MOST_POINTS}", True)
