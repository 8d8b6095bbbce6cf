"""Every number that a driver takes from a data sheet, written out once more: a slip of the finger in a table turns this file red.

Sources: TI data sheets of the converters; Alphasense application notes AAN 803-02 and 803-04; the coefficients published with MQSensorsLib; Winsen's
list of gases for the ZE03; DFRobot's page of SEN0465 to SEN0476; IEC 60079-20-1 and the tables common in America for the limits.
"""

from __future__ import annotations

import math

import pytest

from hardware import gases
from hardware.drivers import _ads1115, _alphasense_tables, _mq_tables, _winsen, dfrobot_multigas, mh_z, winsen_ze
from hardware.drivers.gas_cell import DRIFT, NOISE

# Type | recommended algorithm: factors | alternatives, from -30 to 50 degrees in steps of ten.
FACTORS = """
CO-A4    | 1: 1,1,1,1,-0.2,-0.9,-1.5,-1.5,-1.5             | 4: 13,12,16,11,4,0,-15,-18,-36
H2S-A4   | 2: -1.5,-1.5,-1.5,-0.5,0.5,1,0.8,0.5,0.3        | 1: 3,3,3,1,-1,-2,-1.5,-1,-0.5
NO-A4    | 3: 0.7,0.7,0.7,0.7,0.8,1,1.2,1.4,1.6            | 4: -25,-25,-25,-25,-16,0,56,200,615
NO2-A43F | 1: 0.8,0.8,1,1.2,1.6,1.8,1.9,2.5,3.6            | 3: 0.2,0.2,0.2,0.2,0.7,1,1.3,2.1,3.5
OX-A431  | 3: 0.1,0.1,0.2,0.3,0.7,1,1.7,3,4                | 1: 1,1.2,1.2,1.6,1.7,2,2.1,3.4,4.6
SO2-A4   | 4: 0,0,0,0,0,0,5,25,45                          | 1: 1.3,1.3,1.3,1.2,0.9,0.4,0.4,0.4,0.4
CO-B4    | 1: 0.7,0.7,0.7,0.7,1,3,3.5,4,4.5                | 2: 0.2,0.2,0.2,0.2,0.3,1,1.2,1.3,1.5
H2S-B4   | 1: -0.6,-0.6,0.1,0.8,-0.7,-2.5,-2.5,-2.2,-1.8   | 2: 0.2,0.2,0,-0.3,0.3,1,1,0.9,0.7
NO-B4    | 2: 1.8,1.8,1.4,1.1,1.1,1,0.9,0.9,0.8            | 3: 0.8,0.8,0.8,0.8,0.9,1,1.1,1.2,1.3
NO2-B43F | 1: 1.3,1.3,1.3,1.3,1,0.6,0.4,0.2,-1.5           | 3: 1,1,1,1,1,1,0.4,-0.1,-4
OX-B431  | 1: 0.9,0.9,1,1.3,1.5,1.7,2,2.5,3.7              | 3: 0.5,0.5,0.5,0.6,0.6,1,2.8,5,5.3
SO2-B4   | 4: -4,-4,-4,-4,-4,0,20,140,450                  | 1: 1.6,1.6,1.6,1.6,1.6,1.6,1.9,3,5.8 | 2: 1,1,1,1,1,1,1.2,1.9,3.6
"""
SERIALS = "132 CO-A4, 133 H2S-A4, 130 NO-A4, 212 NO2-A43F, 214 OX-A431, 134 SO2-A4, 162 CO-B4, 202 NO2-B43F, 204 OX-B431, 164 SO2-B4"
MEASURES = {
    "CO": "carbon_monoxide",
    "H2S": "hydrogen_sulfide",
    "NO": "nitric_oxide",
    "NO2": "nitrogen_dioxide",
    "OX": "ozone",
    "SO2": "sulfur_dioxide",
}
# Model | ratio in clean air | gas a, b; ...
CURVES = """
MQ-2    | 9.83 | hydrogen 987.99, -2.162; lpg 574.25, -2.222; carbon_monoxide 36974, -3.109; alcohol 3616.1, -2.675; propane 658.71, -2.168
MQ-3    | 60   | lpg 44771, -3.245; methane 2e31, 19.01; carbon_monoxide 521853, -3.821; alcohol 0.3934, -1.504; benzene 4.8387, -2.68; hexane 7585.3, -2.849
MQ-4    | 4.4  | lpg 3811.9, -3.113; methane 1012.7, -2.786; carbon_monoxide 2e14, -19.05; alcohol 6e10, -14.01; smoke 3e7, -8.308
MQ-5    | 6.5  | hydrogen 1163.8, -3.874; lpg 80.897, -2.431; methane 177.65, -2.56; carbon_monoxide 491204, -5.826; alcohol 97124, -4.918
MQ-6    | 10   | hydrogen 88158, -3.597; lpg 1009.2, -2.35; methane 2127.2, -2.526; carbon_monoxide 1e15, -13.5; alcohol 5e7, -6.017
MQ-7    | 27.5 | hydrogen 69.014, -1.374; lpg 7e8, -7.703; methane 6e13, -10.54; carbon_monoxide 99.042, -1.518; alcohol 4e16, -12.35
MQ-8    | 70   | hydrogen 976.97, -0.688; lpg 1e7, -3.123; methane 8e13, -6.666; carbon_monoxide 2e18, -8.074; alcohol 76101, -1.86
MQ-9    | 9.6  | lpg 1000.5, -2.186; methane 4269.6, -2.648; carbon_monoxide 599.65, -2.244
MQ-131  | 15   | nox -462.43, -2.204; chlorine 47.209, -1.186; ozone 23.943, -1.11
MQ-135  | 3.6  | carbon_monoxide 605.18, -3.937; alcohol 77.255, -3.18; carbon_dioxide 110.47, -2.862; toluene 44.947, -3.445; ammonia 102.2, -2.473; acetone 34.668, -3.369
MQ-136  | 3.6  | hydrogen_sulfide 36.737, -3.536; ammonia 98.551, -2.475; carbon_monoxide 503.34, -3.774
MQ-137  |      |
MQ-303A | 1    | isobutane 6.2144, -2.894; hydrogen 4.1487, -2.716; ethanol 3.4916, -2.432
MQ-309A | 11   | hydrogen 1532.9, -1.951; methane 980.24, -1.68; carbon_monoxide 1e6, -4.01; alcohol 473622, -3.647
"""  # noqa: E501
RANGES = {
    ("MQ-5", "lpg"): (200, 10000),
    ("MQ-5", "methane"): (200, 10000),
    ("MQ-7", "carbon_monoxide"): (20, 2000),
    ("MQ-135", "ammonia"): (10, 300),
    ("MQ-135", "alcohol"): (10, 300),
}
"""Ranges that a data sheet names."""
CODES = "02 nh3, 03 h2s, 04 co, 05 o2, 06 h2, 08 c2hx, 17 ch2o, 2A o3, 2B so2, 2C no2, 2E hcl, 31 cl2, 33 hf, 34 eto, 45 ph3"
MULTI = "o2 25 0.1, co 1000 1, h2s 100 1, cl2 20 0.1, nh3 100 1, so2 20 0.1, no2 20 0.1, o3 10 0.1, h2 1000 1, hcl 10 0.1, hf 10 0.1, ph3 1000 0.1"


def lines(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]


def test_the_temperature_factors_of_alphasense() -> None:
    assert _alphasense_tables.POINTS == (-30, -20, -10, 0, 10, 20, 30, 40, 50)
    for name, *rows in lines(FACTORS):
        published = {int(row[0]): tuple(float(number) for number in row[2:].split(",")) for row in rows}
        found = _alphasense_tables.TYPES[name]
        assert list(found.factors) == list(published), "the recommended algorithm first"
        assert {algorithm: tuple(map(float, row)) for algorithm, row in found.factors.items()} == published, name
        assert found.quantity == MEASURES[name.partition("-")[0]]
    assert set(_alphasense_tables.TYPES) == {row[0] for row in lines(FACTORS)}


def test_the_serial_numbers_of_alphasense() -> None:
    assert dict(item.split() for item in SERIALS.split(", ")) == _alphasense_tables.PREFIXES


def test_the_curves_of_the_metal_oxides() -> None:
    for name, clean, row in lines(CURVES):
        model = _mq_tables.MODELS[name]
        assert model.clean == (float(clean) if clean else None), name
        published = {}
        for item in filter(None, row.split("; ")):
            gas, a, b = item.replace(",", "").split()
            published[gas] = (float(a), float(b))
        assert {gas: (curve.a, curve.b) for gas, curve in model.curves.items()} == published, name
        assert model.inverted == (name == "MQ-131")
        for gas, curve in model.curves.items():
            if (name, gas) in RANGES:
                assert (curve.low, curve.high) == RANGES[name, gas]
            assert curve.cycled == (name == "MQ-7" or (name, gas) == ("MQ-9", "carbon_monoxide"))
    assert set(_mq_tables.MODELS) == {row[0] for row in lines(CURVES)}
    assert _mq_tables.MODELS["MQ-3"].curves["alcohol"].unit == "mg/L"


def test_the_codes_and_digits_of_winsen() -> None:
    assert {f"{code:02X}": gas.key for code, gas in _winsen.GASES.items()} == dict(item.split() for item in CODES.split(", "))
    for gas in _winsen.CODES:
        unit, decimals, _ = winsen_ze._known("ze03", gas)
        assert (unit, decimals) == ("%{vol}" if gas == "o2" else "[ppm]", 0 if gas in ("nh3", "h2s", "co", "h2") else 1)
    for model in ("ze07", "ze15"):
        assert winsen_ze._known(model, "co") == ("[ppm]", 1, 500.0)
    assert (winsen_ze._known("ze07", "ch2o"), winsen_ze._known("ze12", "co")) == (("[ppb]", 0, None), (None, None, None))
    assert (mh_z.WARMING, mh_z.COLD, _winsen.READ.hex(" ").upper()) == ((410, 436), 40, "FF 01 86 00 00 00 00 00 79")


def test_the_ranges_and_digits_of_dfrobot() -> None:
    published = {gas: (float(high), {"1": 0, "0.1": 1}[digit]) for gas, high, digit in (item.split() for item in MULTI.split(", "))}
    assert {gas: (float(high), digits) for gas, (high, digits) in dfrobot_multigas.RANGES.items()} == published
    assert dfrobot_multigas.celsius(512) == pytest.approx(25.0)
    assert dfrobot_multigas.celsius(0x0210) == pytest.approx(23.36, abs=0.005)


def test_the_explosive_limits() -> None:
    assert gases.LEL == {
        "methane": {"iec": 4.4, "us": 5.0},
        "propane": {"iec": 1.7, "us": 2.1},
        "n_butane": {"iec": 1.4},
        "hydrogen": {"iec": 4.0, "us": 4.0},
        "ammonia": {"iec": 15.0, "us": 15.0},
        "carbon_monoxide": {"iec": 10.9},
        "hydrogen_sulfide": {"iec": 4.0, "us": 4.3},
    }


def test_the_registers_of_the_converter() -> None:
    steps = {gain: pytest.approx(_ads1115.lsb(gain) * 1e6) for gain in _ads1115.FULL_SCALE}
    assert steps == {"2/3": 187.5, 1: 125, 2: 62.5, 4: 31.25, 8: 15.625, 16: 7.8125}
    assert _ads1115.RATES == {"ads1115": (8, 16, 32, 64, 128, 250, 475, 860), "ads1015": (128, 250, 490, 920, 1600, 2400, 3300)}
    assert _ads1115.PINS == ("A0-A1", "A0-A3", "A1-A3", "A2-A3", "A0", "A1", "A2", "A3")
    assert (_ads1115.ADDRESSES, _ads1115.OFFSET, _ads1115.DIODE) == ((0x48, 0x49, 0x4A, 0x4B), 3, 0.3)


def test_what_an_electrochemical_cell_may_drift() -> None:
    assert (DRIFT, NOISE) == (0.10, 0.02)
    assert math.isclose(winsen_ze.USUAL, 30.03 / 24.45, rel_tol=0.005), "formaldehyde at 25 degrees, g/mol in l/mol"
