"""Concentrations from one unit into another, where the data allows it; where not, it is said what is missing, never guessed.

ppm, ppb and %vol are shares of the volume. %LEL needs the gas's lower explosive limit, which is not one number: it follows the region's table or the
one that is given. mg/m3 and ug/m3 need the molar mass and hold at 25 degrees Celsius and 1013.25 hPa, the convention of exposure limits.
"""

from __future__ import annotations

from gateway.limits import data
from gateway.limits.data import NoNumber
from hardware import gases
from hardware.gases import Basis

SHARES = {"[ppm]": 1.0, "[ppb]": 1e-3, "%{vol}": 1e4}
"""ppm in the units that are shares of the volume."""
MASSES = {"mg/m3": 1.0, "ug/m3": 1e-3}
"""mg/m3 in the units of mass."""
LEL = "%{LEL}"
UNITS = (*SHARES, *MASSES, LEL)
"""The units that a concentration may have."""


def lel(gas: str, basis: Basis, given: float | None = None) -> float:
    """%vol that is 100 %LEL: the given one (of the transmitter's certificate), else that of the region's table; NoNumber where there is none."""
    if given is not None:
        return given
    try:
        return gases.lel(gas, basis)
    except ValueError as error:
        raise NoNumber(str(error)) from error


def ppm_of(unit: str, gas: str, basis: Basis, given: float | None = None) -> float:
    """How many ppm one of a unit is; NoNumber where the data cannot say."""
    if unit in SHARES:
        return SHARES[unit]
    if unit == LEL:
        return lel(gas, basis, given) / 100 * SHARES["%{vol}"]
    if unit not in MASSES:
        raise NoNumber(f"{unit} is no unit of a concentration; there are {', '.join(UNITS)}")
    mass = data.gas(gas).molar_mass
    if mass is None:
        raise NoNumber(
            f"there is no molar mass of {gas}, so {unit} cannot be told in ppm; have the sensor give ppm, or write the set points yourself"
        )
    return MASSES[unit] * data.practice().molar_volume.value / mass.value


def convert(value: float, unit: str, to: str, gas: str, basis: Basis = "iec", given: float | None = None) -> float:
    """A concentration of a gas in another unit. basis: table of lower explosive limits; given: that limit in %vol. NoNumber where the data cannot."""
    if unit == to:
        return value
    return value * ppm_of(unit, gas, basis, given) / ppm_of(to, gas, basis, given)
