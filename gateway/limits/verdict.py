"""What a region says to an alarm's set points: remarks that refuse or warn, each with the number, its source and what to write instead.

Decision: a profile refuses only what its own text marks so (a first flammable alarm above 25 %LEL in KR); all else is a warning, because the numbers
are at second hand and the person in charge may know better. Where the data has no number, nothing is said here: `explain` tells that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import msgspec

from gateway.limits import data
from gateway.limits.data import Bound, Gas, Limit, NoNumber, Region, Severity, shown
from gateway.limits.presets import day_limit, flammable, rounded, subject
from gateway.limits.units import LEL, UNITS, convert
from hardware import gases


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm as a region looks at it. quantity, unit, low, high: of its series. a1, a2: set points in that unit. on_delay: seconds; samples,
    sampling: how many samples have to be beyond, and the seconds from the first to the last of them; response: seconds the sensor takes to
    90 per cent, where known. indoors: of the place. lel: %vol that is 100 %LEL, where the certificate has one. first: no other alarm on the
    same series comes before it: what a region says of a first set point is said of no second one."""

    quantity: str
    unit: str
    low: float
    high: float
    a1: float
    a2: float | None = None
    direction: Literal["rising", "falling"] = "rising"
    on_delay: float = 0.0
    samples: int = 1
    sampling: float = 0.0
    response: float = 0.0
    indoors: bool = False
    lel: float | None = None
    first: bool = True


class Remark(NamedTuple):
    """What is to be said. severity: refuse or warn. key: of the alarm it is about. wrong: with the number and its source. remedy: what to do."""

    severity: Severity
    key: str
    wrong: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.key}: {self.wrong}; {self.remedy}"


def judge(region: str, facts: Facts) -> list[Remark]:
    """Everything a region says to an alarm; nothing where it has nothing to say, such as of a unit that is no concentration. NoNumber: no such
    region."""
    found = data.region(region)
    gas, dose = subject(facts.quantity)
    if facts.unit not in UNITS:
        return []
    if dose:
        return []
    if gas == "oxygen":
        return list(_oxygen(found, facts)) if facts.first else []
    if gas in data.gases() and not flammable(gas, facts.unit):
        return [*_toxic(found, gas, facts), *_response(found, gas, facts)]
    if facts.unit == LEL or gas in gases.LEL:
        return [*_flammable(found, gas, facts), *_response(found, gas, facts)]
    return []


def _number(bound: Bound) -> str:
    return f"{bound.note} {bound.cited}"


def _flammable(found: Region, gas: str, facts: Facts) -> Iterator[Remark]:
    """The first set point, the scale, and that what burns may poison long before."""
    most = found.first_flammable
    try:
        one = convert(1.0, facts.unit, LEL, gas, found.basis, facts.lel)
    except NoNumber as error:
        yield Remark("warn", "a1", f"its share of the lower explosive limit cannot be told: {error}", "give the limit, or measure in %LEL")
        return
    first = facts.a1 * one
    if facts.first and facts.direction == "rising" and first > most.value * (1 + 1e-9):
        wrong = f"{first:.4g} %LEL is above {most.value:g} %LEL: {_number(most)}"
        yield Remark(most.severity, "a1", wrong, f"write {rounded(most.value / one):g} {shown(facts.unit)} or less")
    scale = found.flammable_scale
    if scale is not None and abs(facts.high * one - scale.value) > 0.01 * scale.value:
        wrong = f"the scale ends at {facts.high * one:.4g} %LEL, not at {scale.value:g}: {_number(scale)}"
        yield Remark(scale.severity, "high", wrong, "take a sensor of that scale, or ask who inspects it")
    if gas in data.gases() and data.gas(gas).toxic and gas in gases.LEL:
        yield _poison(found, gas, first, facts)


def _poison(found: Region, gas: str, first: float, facts: Facts) -> Remark:
    ppm = convert(first, LEL, "[ppm]", gas, found.basis, facts.lel)
    deadly = data.gas(gas).limit("NIOSH IDLH")
    times = f", {ppm / deadly.value:.2g} times {deadly}" if deadly is not None else ""
    rule = f"; a gas that is flammable and toxic is judged by the toxic basis {data.cited(found.toxic_basis)}" if found.toxic_basis else ""
    return Remark(
        "warn", "a1", f"{first:.4g} %LEL of {gas} is {ppm:.4g} ppm{times}: it poisons long before it burns{rule}", "add a toxic sensor in ppm"
    )


def _toxic(found: Region, gas: str, facts: Facts) -> Iterator[Remark]:
    """The first set point against the limit of a working day, the second against what is deadly, the scale."""
    if facts.direction != "rising":
        return
    rules = data.gas(gas)
    try:
        one = convert(1.0, facts.unit, "[ppm]", gas, found.basis, facts.lel)
    except NoNumber as error:
        yield Remark("warn", "a1", f"it cannot be held against limits: {error}", "have the set points checked by hand")
        return
    limit = day_limit(found, rules)
    if limit is not None:
        yield from _daily(found, gas, limit, one, facts)
    yield from _deadly(rules, one, facts)


def _daily(found: Region, gas: str, limit: Limit, one: float, facts: Facts) -> Iterator[Remark]:
    inside = found.indoors.get(gas) if facts.indoors else None
    allowed = found.toxic.value * convert(limit.value, limit.unit, "[ppm]", gas, found.basis)
    most, why = (inside.set_point.value, _number(inside.set_point)) if inside else (allowed, f"{limit}; {_number(found.toxic)}")
    if facts.first and facts.a1 * one > most * (1 + 1e-9):
        wrong = f"{facts.a1:g} {shown(facts.unit)} is above {most / one:.4g} {shown(facts.unit)}: {why}"
        yield Remark(found.toxic.severity, "a1", wrong, f"write {rounded(most / one):g} {shown(facts.unit)} or less")
    scale = found.toxic_scale
    if scale is None or limit.kind != "TWA":
        return
    end, words = (inside.scale.value, _number(inside.scale)) if inside else (scale.value * allowed, f"{_number(scale)}, {limit}")
    if abs(facts.high * one - end) > 0.01 * end:
        wrong = f"the scale ends at {facts.high:g} {shown(facts.unit)}, not at {end / one:.3g}: {words}"
        yield Remark(scale.severity, "high", wrong, "take a sensor of that scale, or ask who inspects it")


def _deadly(rules: Gas, one: float, facts: Facts) -> Iterator[Remark]:
    deadly = rules.limit("NIOSH IDLH")
    for key, value in (("a1", facts.a1), ("a2", facts.a2)):
        if deadly is not None and value is not None and value * one >= deadly.value:
            wrong = f"{value:g} {shown(facts.unit)} is at or above what is immediately dangerous: {deadly}"
            yield Remark("warn", key, wrong, f"write less than {rounded(deadly.value / one):g} {shown(facts.unit)}")


def _oxygen(found: Region, facts: Facts) -> Iterator[Remark]:
    """A falling alarm below, a rising one above what the region holds hazardous."""
    kind, sign = ("high", 1) if facts.direction == "rising" else ("low", -1)
    limit = day_limit(found, data.gas("oxygen"), (kind,))
    if limit is None:
        return
    edge = convert(limit.value, limit.unit, facts.unit, "oxygen")
    if sign * facts.a1 > sign * edge:
        beyond = "above" if sign > 0 else "below"
        wrong = f"{facts.a1:g} {shown(facts.unit)} is {beyond} {edge:g}: the air is hazardous before the alarm, {limit}"
        yield Remark("warn", "a1", wrong, f"write {edge:g} {shown(facts.unit)}, or a value inside it")


def _response(found: Region, gas: str, facts: Facts) -> Iterator[Remark]:
    """From gas to alarm: the delay that is set, the samples that have to agree, and the sensor's own where it is known."""
    bound = found.slow_response if gas in found.slow else found.response
    others = facts.response + facts.sampling
    if bound is not None and facts.on_delay + others > bound.value:
        words = f"on_delay of {facts.on_delay:g} s"
        words += f" and {facts.sampling:g} s for {facts.samples} samples" if facts.sampling else ""
        words += f" and the sensor's {facts.response:g} s" if facts.response else ""
        remedy = f"write {bound.value - others:g} s or less" if others <= bound.value else "have fewer samples agree, or read the sensor more often"
        yield Remark(bound.severity, "on_delay", f"{words} are more than {bound.value:g} s {_number(bound)}", remedy)
