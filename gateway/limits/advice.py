"""What is said to alarms in every region and in none, because it makes them late, restless or blind wherever they hang.

Decision: advice is a warning, never a refusal, and names the number that practice has where there is one, with its source.
"""

from __future__ import annotations

from gateway.limits import data
from gateway.limits.data import NoNumber, Number, shown
from gateway.limits.presets import subject
from gateway.limits.units import UNITS, convert
from gateway.limits.verdict import Remark

LENGTHS = {"mm": 1.0, "cm": 0.1, "m": 0.001}
"""One millimetre in the units that a length may have."""


def late() -> Remark:
    """A dose without an alarm on what it is a dose of."""
    wrong = "a mean over minutes or hours tells late: area exposure is never the first alarm, and its source has no alarm of its own"
    return Remark("warn", "series", wrong, "add an alarm on the measured values themselves")


def alone(series: str) -> Remark:
    """An excess over the background without a threshold."""
    wrong = f"an excess over the background is a leak advisory, never in place of a threshold, and {series} has none"
    return Remark("warn", "series", wrong, f"add an alarm of kind threshold on {series}")


def unheld(series: str) -> Remark:
    """A member in %LEL whose over-range nothing holds."""
    wrong = f"no alarm of its own holds an over-range of {series}: above 100 %LEL a reading can fall while the danger rises, and this vote with it"
    return Remark("warn", "series", wrong, f"add an alarm of kind threshold on {series}: in %LEL it holds an over-range until a person resets it")


def restless(quantity: str, unit: str) -> Remark:
    """A threshold without hysteresis or delay."""
    wrong = "it clears where it sets and at once: around the set point it will chatter"
    return Remark("warn", "hysteresis", wrong, _calming(quantity, unit))


def _calming(quantity: str, unit: str) -> str:
    """What to write, with its source where practice has a number."""
    common, gas = data.practice(), subject(quantity)[0]
    if gas == "oxygen" and unit in UNITS:
        drop = common.oxygen_hysteresis
        try:
            return _written(convert(drop.value, drop.unit, unit, gas), unit, drop)
        except NoNumber:
            return "write a hysteresis wider than the noise of its readings"
    if unit in UNITS:
        share = common.gas_hysteresis
        return f"write hysteresis_share = {share.value:g}, {share.note} {share.cited}"
    if unit in LENGTHS:
        drop = data.water().hysteresis
        return _written(drop.value * LENGTHS[unit], unit, drop)
    return "write a hysteresis wider than the noise of its readings, or an off_delay"


def _written(value: float, unit: str, number: Number) -> str:
    return f"write hysteresis = {value:g} ({shown(unit)}){f', {number.note}' if number.note else ''} {number.cited}"
