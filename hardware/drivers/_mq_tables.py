"""Curves of the MQ metal oxides, `gas = a * ratio ** b`, and which of them are worth offering: data, and the two formulas around it.

Source: the coefficients published with MQSensorsLib, digitised from the Hanwei and Winsen data sheets; the ranges from those sheets themselves,
where one was at hand (none means that the person reads it off theirs). Checked against a second published table, which lists MQ-5's carbon
monoxide (491204, -5.826) under MQ-7: at a ratio of 0.2 that says 5.8e9 ppm instead of 1140. The library's own example for MQ-9 labels its
lines of methane and carbon monoxide as LPG.
"""

from __future__ import annotations

from typing import NamedTuple

STEEPEST = 4.0
"""Largest |b| on offer: beyond it 10 % of the ratio are more than half of the value, and the gas is one the sensor hardly answers to."""


class Curve(NamedTuple):
    """a, b: of the curve. low, high: range on the data sheet, in `unit`; None where none was at hand. unit: UCUM; none where publications disagree.
    cycled: whether it holds only at the end of the low phase of a cycled heater."""

    a: float
    b: float
    low: float | None = None
    high: float | None = None
    unit: str | None = "[ppm]"
    cycled: bool = False


class Model(NamedTuple):
    """clean: Rs/R0 in clean air (R0 is what is divided by it), None where no source has one. curves: by gas. inverted: the curve is over R0/Rs, as
    its resistance rises with the gas."""

    clean: float | None
    curves: dict[str, Curve]
    inverted: bool = False


CO, CO2, H2, H2S, NH3, CH4 = "carbon_monoxide", "carbon_dioxide", "hydrogen", "hydrogen_sulfide", "ammonia", "methane"

MODELS: dict[str, Model] = {
    "MQ-2": Model(
        9.83,
        {
            H2: Curve(987.99, -2.162),
            "lpg": Curve(574.25, -2.222),
            CO: Curve(36974, -3.109),
            "alcohol": Curve(3616.1, -2.675),
            "propane": Curve(658.71, -2.168),
        },
    ),
    "MQ-3": Model(
        60,
        {
            "lpg": Curve(44771, -3.245),
            CH4: Curve(2e31, 19.01),
            CO: Curve(521853, -3.821),
            "alcohol": Curve(0.3934, -1.504, unit="mg/L"),
            "benzene": Curve(4.8387, -2.68, unit=None),
            "hexane": Curve(7585.3, -2.849),
        },
    ),
    "MQ-4": Model(
        4.4,
        {
            "lpg": Curve(3811.9, -3.113),
            CH4: Curve(1012.7, -2.786),
            CO: Curve(2e14, -19.05),
            "alcohol": Curve(6e10, -14.01),
            "smoke": Curve(3e7, -8.308),
        },
    ),
    "MQ-5": Model(
        6.5,  # another published table has 5.5
        {
            H2: Curve(1163.8, -3.874),
            "lpg": Curve(80.897, -2.431, 200, 10000),
            CH4: Curve(177.65, -2.56, 200, 10000),
            CO: Curve(491204, -5.826),
            "alcohol": Curve(97124, -4.918),
        },
    ),
    "MQ-6": Model(
        10,
        {
            H2: Curve(88158, -3.597),
            "lpg": Curve(1009.2, -2.35, 200, 10000),
            CH4: Curve(2127.2, -2.526),
            CO: Curve(1e15, -13.5),
            "alcohol": Curve(5e7, -6.017),
        },
    ),
    "MQ-7": Model(
        27.5,
        {
            H2: Curve(69.014, -1.374, cycled=True),
            "lpg": Curve(7e8, -7.703, cycled=True),
            CH4: Curve(6e13, -10.54, cycled=True),
            CO: Curve(99.042, -1.518, 20, 2000, cycled=True),
            "alcohol": Curve(4e16, -12.35, cycled=True),
        },
    ),
    "MQ-8": Model(
        70, {H2: Curve(976.97, -0.688), "lpg": Curve(1e7, -3.123), CH4: Curve(8e13, -6.666), CO: Curve(2e18, -8.074), "alcohol": Curve(76101, -1.86)}
    ),
    "MQ-9": Model(
        9.6, {"lpg": Curve(1000.5, -2.186, 500, 10000), CH4: Curve(4269.6, -2.648, 500, 10000), CO: Curve(599.65, -2.244, 20, 2000, cycled=True)}
    ),
    # Over R0/Rs. The publications of these two print ppm and ppb for the same numbers, and the part is sold in two ranges: the person says which.
    "MQ-131": Model(
        15,
        {"nox": Curve(-462.43, -2.204, unit=None), "chlorine": Curve(47.209, -1.186, unit=None), "ozone": Curve(23.943, -1.11, unit=None)},
        inverted=True,
    ),
    "MQ-135": Model(
        3.6,
        {
            CO: Curve(605.18, -3.937),
            "alcohol": Curve(77.255, -3.18, 10, 300),
            CO2: Curve(110.47, -2.862),
            "toluene": Curve(44.947, -3.445),
            NH3: Curve(102.2, -2.473, 10, 300),  # the sheet of the newer version 1.4 no longer supports it
            "acetone": Curve(34.668, -3.369),
        },
    ),
    "MQ-136": Model(3.6, {H2S: Curve(36.737, -3.536), NH3: Curve(98.551, -2.475), CO: Curve(503.34, -3.774)}),
    "MQ-137": Model(None, {}),  # no coefficients were found that name their source
    "MQ-303A": Model(1, {"isobutane": Curve(6.2144, -2.894), H2: Curve(4.1487, -2.716), "ethanol": Curve(3.4916, -2.432)}),
    "MQ-309A": Model(11, {H2: Curve(1532.9, -1.951), CH4: Curve(980.24, -1.68), CO: Curve(1e6, -4.01), "alcohol": Curve(473622, -3.647)}),
}
"""Every model, with every published curve, also those that are refused."""


def refusal(curve: Curve) -> str | None:
    """Why a curve is not offered as a measurement; None where it is."""
    if curve.b >= 0:
        return f"its published curve says less gas where the sensor smells more (b = {curve.b:g}): b is negative on every sheet, write its sign"
    if curve.a <= 0:
        return f"its published curve gives negative values (a = {curve.a:g})"
    if abs(curve.b) > STEEPEST:
        return f"its published curve is nearly flat (b = {curve.b:g}): the sensor hardly answers to it, and small errors become large numbers"
    return None


def concentration(a: float, b: float, ratio: float) -> float:
    """`a * ratio ** b`, in the curve's unit; infinity where a float ends. ratio: above 0."""
    try:
        return float(a * ratio**b)
    except OverflowError:
        return float("inf")


def climate(temperature: float, humidity: float) -> float:
    """By how much Rs of an MQ-135 differs from that at 20 degrees and 33 %: Rs is to be DIVIDED by it. temperature: degrees Celsius; humidity: %.
    Published by G. Krocker; other published programs add it to the ratio, which is wrong. No driver uses it: a metal oxide has no thermometer of
    its own, and a fixed climate corrects nothing; it is here for whoever has both series."""
    return 0.00035 * temperature**2 - 0.02718 * temperature + 1.39538 - (humidity - 33.0) * 0.0018
