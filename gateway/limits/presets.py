"""The set points that a region would give a quantity, each with why; where the data has no number there is no preset, and that is told.

Decision: a preset is what `check` can explain, not what nobody asked for: it is taken only where a configuration asks for it, site overrides stand
above it. What is derived (`..._stel`, `..._twa`) has the limit of its own kind and no second set point; a depth has two stages of the ladder.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from gateway.limits import data
from gateway.limits.data import CAUTION, Gas, Limit, NoNumber, Region, SetPoint, shown
from gateway.limits.units import LEL, UNITS, convert
from hardware import gases

Direction = Literal["rising", "falling"]
DOSES = {"_stel": "STEL", "_twa": "TWA", "_twa_8h_equivalent": "TWA"}
"""Endings of the quantities that are doses, and the kind of limit that holds for them."""
DAILY = ("TWA", "ceiling", "STEL")
"""Kinds of limits that hold on a working day, in the order in which a first set point is held against them."""
SHIFTED = 3
"""Significant digits of a set point that was told in another unit."""


class Preset(NamedTuple):
    """Set points in the asked unit. hysteresis: in the same unit. why: a sentence for each number with its source, and what to do with it."""

    a1: float
    a2: float | None
    hysteresis: float
    direction: Direction
    why: list[str]


def subject(quantity: str) -> tuple[str, str]:
    """What a quantity is about and, of a dose, which kind of limit holds: `carbon_monoxide_stel` is carbon_monoxide, STEL."""
    for ending, kind in sorted(DOSES.items(), key=lambda item: -len(item[0])):
        if quantity.endswith(ending):
            return quantity.removesuffix(ending), kind
    return quantity.removesuffix("_mass"), ""


def is_dose(quantity: str, unit: str) -> bool:
    """Whether a series is area exposure: a mean over minutes or hours, or another figure of one in the unit of what is breathed."""
    return unit in UNITS and any(ending in quantity for ending in DOSES)


def flammable(gas: str, unit: str) -> bool:
    """Whether a series is judged by what burns: %LEL, or %vol of a gas that is not toxic and has a lower explosive limit."""
    return unit == LEL or (unit == "%{vol}" and gas in gases.LEL and not data.gas(gas).toxic)


def preset(region: str, quantity: str, unit: str, direction: Direction | None = None, lel: float | None = None) -> Preset:
    """The set points of a quantity in a region. direction: of the two pairs of oxygen, falling where none is asked for. lel: %vol that is 100 %LEL,
    where the transmitter's certificate has another than the region's table. NoNumber: there is none, and why."""
    found = data.region(region)
    if unit in ("mm", "cm", "m", "mm/min"):
        return _water(quantity, unit, direction)
    gas, kind = subject(quantity)
    if kind:
        return _dose(region, found, gas, kind, unit, direction)
    burns = flammable(gas, unit)
    rules = data.gas("flammable" if burns else gas)
    wanted = direction or ("falling" if gas == "oxygen" else "rising")
    point = next((p for p in found.set_points if p.gas == ("flammable" if burns else gas) and p.direction == wanted), None)
    if point is None:
        raise NoNumber(f"there is no {wanted} set point of {gas} for {region.upper()} in the data; write a1 and a2 from a text that you trust")
    return _gas(found, rules, point, gas, unit, lel)


def _gas(found: Region, rules: Gas, point: SetPoint, gas: str, unit: str, lel: float | None) -> Preset:
    first = _named(rules, point.a1)
    a1 = _told(first, unit, gas, found, lel)
    why = [f"a1 = {a1:g} {shown(unit)}: {first}"]
    a2 = None
    if point.a2:
        second = _named(rules, point.a2)
        a2 = _told(second, unit, gas, found, lel)
        why.append(f"a2 = {a2:g} {shown(unit)}: {second}")
    elif gas != "oxygen":
        times = data.practice().second
        a2 = rounded(times.value * a1)
        why.append(f"a2 = {a2:g} {shown(unit)}: {times.value:g} times a1, {times.note} {times.cited}")
    hysteresis, because = _hysteresis(a1, gas, unit)
    why.append(because)
    if unit != first.unit:
        why.append(_basis(found, gas, unit, first.unit, lel))
    return Preset(a1, a2, hysteresis, point.direction, [*why, CAUTION])


def _dose(region: str, found: Region, gas: str, kind: str, unit: str, direction: Direction | None) -> Preset:
    limit = day_limit(found, data.gas(gas), (kind,))
    if limit is None or direction == "falling":
        raise NoNumber(f"there is no {direction or 'rising'} {kind} of {gas} for {region.upper()} in the data; write a1 from a text that you trust")
    a1 = _told(limit, unit, gas, found, None)
    hysteresis, because = _hysteresis(a1, gas, unit)
    return Preset(a1, None, hysteresis, "rising", [f"a1 = {a1:g} {shown(unit)}: {limit}; area exposure, never the first alarm", because, CAUTION])


def _water(quantity: str, unit: str, direction: Direction | None) -> Preset:
    """Of a depth the stages `advisory` and `close`; of its rate the two that warn early. A level stands above a datum and has none."""
    found = data.water()
    scale = {"mm": 1.0, "cm": 0.1, "m": 0.001, "mm/min": 1.0}[unit]
    rate = unit == "mm/min"
    if direction == "falling" or quantity != ("rate_of_depth" if rate else "depth"):
        raise NoNumber(f"there are set points of a rising depth and its rate, not of {quantity}; write a1 and a2 as the site's survey gives them")
    first, second = found.rise if rate else [s for s in found.stages if s.name in ("advisory", "close")]
    why = [f"{key} = {s.value * scale:g} {unit}: {s.name} {s.cited}{f' ({s.note})' if s.note else ''}" for key, s in (("a1", first), ("a2", second))]
    if rate:
        why += [
            f"for three samples and only above {found.while_above.value:g} mm {found.while_above.cited}",
            "hysteresis = 0: the data has no number",
        ]
        return Preset(first.value, second.value, 0.0, "rising", [*why, CAUTION])
    drop = found.hysteresis
    why.append(f"hysteresis = {drop.value * scale:g} {unit}: {drop.note} {drop.cited}")
    return Preset(first.value * scale, second.value * scale, drop.value * scale, "rising", [*why, CAUTION])


def day_limit(found: Region, gas: Gas, kinds: tuple[str, ...] = DAILY) -> Limit | None:
    """The region's limit of a gas: of the first authority that has one, the first of the kinds that it has."""
    names = [f"{authority} {kind}" for authority in found.authorities for kind in kinds]
    return next((limit for name in names for limit in [gas.limit(name)] if limit is not None), None)


def _named(gas: Gas, name: str) -> Limit:
    limit = gas.limit(name)
    if limit is None:
        raise NoNumber(f"the data of {gas.text} has no {name}")
    return limit


def _told(limit: Limit, unit: str, gas: str, found: Region, lel: float | None) -> float:
    """A limit in the asked unit; rounded only where it had to be converted."""
    value = convert(limit.value, limit.unit, unit, gas, found.basis, lel)
    return value if unit == limit.unit else rounded(value)


def rounded(value: float) -> float:
    """A set point to three digits that mean something, down where they do not suffice: an alarm comes rather early than late."""
    if value <= 0:
        return value
    digits = SHIFTED - 1 - math.floor(math.log10(value))
    step = 10.0**-digits
    return round(math.floor(value / step + 1e-6) * step, max(digits, 0))


def _hysteresis(a1: float, gas: str, unit: str) -> tuple[float, str]:
    common = data.practice()
    if gas == "oxygen":
        drop = common.oxygen_hysteresis
        value = convert(drop.value, drop.unit, unit, gas)
        return value, f"hysteresis = {value:g} {shown(unit)}: {drop.note or 'deadband of oxygen'} {drop.cited}"
    share = common.gas_hysteresis
    value = rounded(share.value * a1)
    return value, f"hysteresis = {value:g} {shown(unit)}: {share.note} {share.cited}"


def _basis(found: Region, gas: str, unit: str, other: str, lel: float | None) -> str:
    if LEL in (unit, other):
        given = "as given" if lel is not None else f"by the table {found.basis}"
        return f"100 %LEL of {gas} is {convert(100, LEL, '%{vol}', gas, found.basis, lel):g} %vol {given}"
    volume = data.practice().molar_volume
    return (
        f"told in {shown(unit)} with {volume.value:g} {volume.unit}, {volume.note}"
        if "m3" in unit + other
        else f"{shown(other)} told in {shown(unit)}"
    )
