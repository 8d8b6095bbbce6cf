"""The numbers that alarms are set by: limits by gas, stages of water, classes of rain and profiles of regions, each number with source and date.

Decision: defaults are data that a person can read and check, not code; a set point is proposed (`preset`), held against a region's profile
(`judge`) and explained (`explain`), never changed. None of it is a primary text: a qualified person checks every number before it protects anybody,
and this project is an additional warning layer, no certified safety function. Pure: files of the package, read once.
"""

from __future__ import annotations

from gateway.limits.data import CAUTION, Gas, Limit, NoNumber, RainClass, Region, Stage, Water, gas, gases, region, regions, shown, sources, water
from gateway.limits.explaining import explain
from gateway.limits.presets import Preset, is_dose, preset
from gateway.limits.units import convert
from gateway.limits.verdict import Facts, Remark, judge

__all__ = [
    "CAUTION",
    "Facts",
    "Gas",
    "Limit",
    "NoNumber",
    "Preset",
    "RainClass",
    "Region",
    "Remark",
    "Stage",
    "Water",
    "convert",
    "explain",
    "gas",
    "gases",
    "is_dose",
    "judge",
    "limits_of",
    "preset",
    "rain_of",
    "region",
    "regions",
    "shown",
    "sources",
    "water",
]


def limits_of(name: str) -> tuple[Limit, ...]:
    """Every limit of a gas, by the name its quantity has on a channel; NoNumber with the names there are."""
    return gas(name).limits


def rain_of(name: str) -> tuple[RainClass, ...]:
    """The classes of heavy rain of a region, the lightest first; NoNumber where the data has none."""
    found = region(name).rain
    if not found:
        raise NoNumber(f"there are no thresholds of rain for {name.upper()} in the data; write those of the weather service in charge")
    return found
