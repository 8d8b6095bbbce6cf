"""What a number of a configuration means: which limits it equals, which stand next below and above it, each with source and date.

For `check`, which shows every set point with its place among the known limits, so that a person sees 350 where 35 was meant.
"""

from __future__ import annotations

from gateway.limits import data
from gateway.limits.data import CAUTION, Limit, NoNumber, Number, shown
from gateway.limits.presets import DAILY, day_limit, flammable, subject
from gateway.limits.units import UNITS, convert

SAME = 0.005
"""Share by which a number may differ from a limit and still be it: what rounding in another unit leaves."""


def explain(region: str, quantity: str, unit: str, value: float, lel: float | None = None) -> list[str]:
    """Sentences about a number of a quantity in a unit. lel: %vol that is 100 %LEL, where the certificate has one. Where the data has nothing, it
    says so. NoNumber: no such region."""
    gas, kind = subject(quantity)
    known, refusal = _known(region, gas, unit, lel, quantity)
    if kind:
        known = [(number, limit) for number, limit in known if isinstance(limit, Limit) and limit.kind == kind]
    if not known:
        return [refusal or f"there are no limits of {quantity} in {shown(unit)} in the data: have {value:g} {shown(unit)} checked"]
    same = [(number, limit) for number, limit in known if abs(number - value) <= SAME * abs(number)]
    lines = [f"{value:g} {shown(unit)} is {_words(limit)}" for _, limit in same]
    others = sorted((number, index) for index, (number, limit) in enumerate(known) if (number, limit) not in same)
    below = [index for number, index in others if number < value]
    above = [index for number, index in others if number > value]
    lines += [f"next below: {_shown(known[below[-1]], unit)}"] if below else []
    lines += [f"next above: {_shown(known[above[0]], unit)}"] if above else []
    lines += _silence(region, gas, kind, unit)
    return [*lines, CAUTION]


def _silence(region: str, gas: str, kind: str, unit: str) -> list[str]:
    """That the region itself has no limit of this gas in the data."""
    if gas not in data.gases() or gas == "oxygen" or flammable(gas, unit):
        return []
    if day_limit(data.region(region), data.gas(gas), (kind,) if kind else DAILY) is not None:
        return []
    return [f"the data has no {kind or 'limit'} of {gas} of {region.upper()} itself"]


def _known(region: str, gas: str, unit: str, lel: float | None, quantity: str) -> tuple[list[tuple[float, Number]], str]:
    """The limits that can be told in this unit; and why there are none."""
    found = data.region(region)
    if unit in ("mm", "mm/min") and (quantity == "depth" or quantity == "rate_of_depth"):
        return [(stage.value, stage) for stage in (data.water().rise if unit == "mm/min" else data.water().stages)], ""
    name = "flammable" if unit in UNITS and gas not in data.gases() else gas
    if unit not in UNITS or (name == "flammable" and unit != "%{LEL}"):
        return [], ""
    limits = [limit for limit in data.gas(name).limits if limit.kind != "LEL"]
    if name != "flammable" and flammable(gas, unit):
        limits += data.gas("flammable").limits
    try:
        return [(convert(limit.value, limit.unit, unit, gas, found.basis, lel), limit) for limit in limits], ""
    except NoNumber as error:
        return [], str(error)


def _shown(pair: tuple[float, Number], unit: str) -> str:
    number, limit = pair
    told = f", here {number:.3g} {shown(unit)}" if limit.unit != unit else ""
    return _words(limit) + told


def _words(limit: Number) -> str:
    if isinstance(limit, Limit):
        return str(limit)
    return f"stage {getattr(limit, 'name', '')} {limit.value:g} {shown(limit.unit)} {limit.cited}{f' ({limit.note})' if limit.note else ''}"
