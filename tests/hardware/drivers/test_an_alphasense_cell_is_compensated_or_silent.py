"""A four-electrode cell: the golden rows, the four algorithms, a real recording; what is missing or beyond the tables is said, never guessed."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.driver import load
from hardware.drivers._alphasense_tables import POINTS, TYPES, factor
from hardware.drivers.alphasense_isb import Cell, corrected
from hardware.quantities import convert
from hardware.sample import Quality, Reason, Sample

FAMILY = load("alphasense_isb")
Vectors = Callable[[str], list[dict[str, Any]]]
BOARD = """
[chips."i2c-1:0x48"]
kind = "ads1115"
vdd = 5.0
"""
SO2 = {"type": "SO2-B4", "serial": "164200206", "we_electronic": 350.4, "we_sensor": 19.0, "sensitivity": 0.301, "working": "A0", "auxiliary": "A1"}
NO2 = {
    "type": "NO2-A43F",
    "serial": "212070552",
    "we_electronic": 288,
    "ae_electronic": 302,
    "sensitivity": 0.271,
    "working": "A0",
    "auxiliary": "A1",
}
OX = {"type": "OX-A431", "we_electronic": 400, "ae_electronic": 390, "we_sensor": 3, "ae_sensor": 1, "sensitivity": 0.3, "no2_cross": 0.28}
PT1000 = {"channel": "A2", "v20": 0.3, "t20": 20.0}


def wired(**volts: float | str) -> str:
    """A scenario that puts steady volts (or, as text, the points of steps) on the inputs."""
    scene = BOARD
    for pin, level in volts.items():
        kind = f'kind = "constant"\nvalue = {level}' if isinstance(level, float) else f'kind = "steps"\nsteps = {level}'
        scene += f'[chips."i2c-1:0x48".inputs.{pin}]\nkind = "volts"\nsignal = "{pin}"\n[signals.{pin}]\n{kind}\n'
    return scene


def opened(buses: Any, clock: Any, *cells: dict[str, Any], **more: Any) -> Any:
    options = {"cells": cells, "temperature": PT1000, "warm_up": "0 s"} | more
    return FAMILY.open(msgspec.convert(options, FAMILY.options, dec_hook=convert), buses, clock)


def told(driver: Any) -> dict[str, Sample]:
    return {sample.channel: sample for sample in driver.read()}


def test_every_golden_row(vectors: Vectors, simulate: Any, clock: Any) -> None:
    met = 0
    rows = vectors("alphasense_isb")
    for row in rows[:3]:
        numbers = {name: float(value) for name, value in re.findall(r"(WE|AE) ([0-9.]+)", row["input"])}
        degrees = float(re.findall(r"([0-9.]+) °C", row["input"])[0])
        cell = NO2 if "NO2" in row["params"] else SO2
        volts = {"A0": numbers["WE"] / 1000, "A1": numbers.get("AE", 340.0) / 1000, "A2": 0.3 + (degrees - 20) / 1000}
        found = told(opened(simulate(wired(**volts)), clock, cell))
        gas = found[TYPES[str(cell["type"])].quantity]
        assert gas.value == pytest.approx(float(re.findall(r"(-?[0-9.]+) ppb", row["expect"])[0]), abs=0.006), row
        assert found["temperature"].value == pytest.approx(degrees)
        assert gas.reason is (Reason.EXTRAPOLATED if "OUT_OF_COMP_RANGE" in row["expect"] else None), row
        met += 1
    missing, fault = rows[3:]
    assert "NO_COMPENSATION" in missing["expect"]
    found = told(opened(simulate(wired(A0=0.4, A1=0.34)), clock, SO2, temperature=None))
    assert found["sulfur_dioxide"] == Sample("sulfur_dioxide", None, None, Quality.BAD, Reason.NO_COMPENSATION)
    assert (found["sulfur_dioxide_we"].value, found["sulfur_dioxide_ae"].value) == (400.0, 340.0)
    assert "SENSOR_FAULT" in fault["expect"]
    for level in (0.0, 3.25, 3.3, 5.0):
        found = told(opened(simulate(wired(A0=level, A1=0.34, A2=0.3)), clock, SO2))
        assert [found[name].reason for name in ("sulfur_dioxide", "sulfur_dioxide_we")] == [Reason.SENSOR_FAULT] * 2, level
        assert found["sulfur_dioxide_we"].raw is not None
    assert (met, len(rows)) == (3, 5)


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [  # NO-B4-like numbers by hand: WE 320, AE 310, WEe 300, AEe 295, WEo 12, AEo 8, factor 1.5
        (1, 20 - 1.5 * 15),
        (2, 20 - 1.5 * (12 / 8) * 15),
        (3, 20 - (12 - 8) - 1.5 * 15),
        (4, 20 - 12 - 1.5),
    ],
)
def test_the_four_algorithms_by_hand(algorithm: int, expected: float) -> None:
    kind = {1: "NO2-A43F", 2: "NO-B4", 3: "NO-A4", 4: "SO2-B4"}[algorithm]
    sheet = {"we_electronic": 300, "ae_electronic": 295, "we_sensor": 12, "ae_sensor": 8, "sensitivity": 0.3, "working": "A0", "auxiliary": "A1"}
    cell = msgspec.convert({"type": kind, "algorithm": algorithm} | sheet, Cell)
    assert corrected(cell, 1.5, 320, 310) == pytest.approx(expected)


@given(st.sampled_from(sorted(TYPES)), st.floats(-80, 120))
def test_a_factor_lies_between_its_neighbours_and_holds_the_ends(kind: str, temperature: float) -> None:
    for algorithm, row in TYPES[kind].factors.items():
        found = factor(kind, algorithm, temperature)
        place = min(max(int((temperature + 30) // 10), 0), 7)
        low, high = sorted(row[place : place + 2])
        assert low - 1e-9 <= found <= high + 1e-9
        if temperature <= POINTS[0] or temperature >= POINTS[-1]:
            assert found == (row[0] if temperature <= POINTS[0] else row[-1])


def test_the_factors_of_the_note_where_a_polynomial_through_them_fails() -> None:
    """Published: eight degrees through nine points give +0.35 for SO2-B4 at -25 degrees, and 0.583 for NO2-A43F."""
    assert factor("SO2-B4", 4, -25) == -4.0
    assert factor("NO2-A43F", 1, -25) == pytest.approx(0.8)
    assert factor("SO2-B4", 4, 45) == 295.0


@pytest.mark.parametrize(("degrees", "reason"), [(-31, Reason.EXTRAPOLATED), (-30, None), (50, None), (51, Reason.EXTRAPOLATED)])
def test_beyond_the_note_the_value_is_kept_and_marked(simulate: Any, clock: Any, degrees: float, reason: Any) -> None:
    found = told(opened(simulate(wired(A0=0.95, A1=0.34, A2=0.32 + degrees / 1000)), clock, SO2, temperature=PT1000 | {"v20": 0.34}))
    assert found["sulfur_dioxide"].reason is reason
    assert found["sulfur_dioxide"].value is not None


def test_the_thermometer_by_its_sheet(simulate: Any, clock: Any) -> None:
    """v20 was read at t20: there the board says t20, and 1 mV more is 1 degree more."""
    sheet = {"channel": "A2", "v20": 0.32, "t20": 22.5}
    for volts, degrees in ((0.32, 22.5), (0.33, 32.5)):
        assert told(opened(simulate(wired(A0=0.4, A1=0.34, A2=volts)), clock, SO2, temperature=sheet))["temperature"].value == pytest.approx(degrees)


@pytest.mark.parametrize("volts", [0.0, 0.1, 0.6, 3.3])
def test_a_broken_thermometer_leaves_the_millivolts(simulate: Any, clock: Any, volts: float) -> None:
    found = told(opened(simulate(wired(A0=0.4, A1=0.34, A2=volts)), clock, SO2))
    assert found["temperature"].reason is Reason.SENSOR_FAULT
    assert found["sulfur_dioxide"].reason is Reason.NO_COMPENSATION
    assert found["sulfur_dioxide_we"].value == 400.0


def test_the_auxiliary_electrode_counts_only_where_it_is_used(simulate: Any, clock: Any) -> None:
    assert told(opened(simulate(wired(A0=0.4, A1=0.0, A2=0.3)), clock, SO2))["sulfur_dioxide"].value is not None
    found = told(opened(simulate(wired(A0=0.4, A1=0.0, A2=0.3)), clock, NO2))
    assert (found["nitrogen_dioxide"].reason, found["nitrogen_dioxide_we"].value) == (Reason.SENSOR_FAULT, 400.0)


@pytest.mark.parametrize(
    ("over_zero", "quality", "reason"),
    [
        (30.0, Quality.GOOD, None),
        (-2.5, Quality.GOOD, None),
        (-10.0, Quality.UNCERTAIN, Reason.UNDER_ZERO),
        (-16.0, Quality.UNCERTAIN, Reason.EXTRAPOLATED),
    ],
)
def test_below_zero_is_noise_then_drift_then_a_correction_that_does_not_fit(
    simulate: Any, clock: Any, over_zero: float, quality: Quality, reason: Any
) -> None:
    found = told(opened(simulate(wired(A0=(350.4 + 19 + over_zero) / 1000, A1=0.34, A2=0.3)), clock, SO2))["sulfur_dioxide"]
    assert (found.quality, found.reason) == (quality, reason)
    assert found.value == pytest.approx(over_zero / 0.301, abs=0.5)


def test_ozone_is_what_is_left_without_the_nitrogen_dioxide(simulate: Any, clock: Any) -> None:
    """Both cells on one chip at 20 degrees, all factors 1 or 1.8: by hand."""
    volts = {"A0": 0.430, "A1": 0.392, "A2": 0.310, "A3": 0.304}
    scene = wired(**volts) + wired(A0=0.3).replace("0x48", "0x49").replace("signals.A0", "signals.T").replace('signal = "A0"', 'signal = "T"')
    cells = [OX | {"working": "A0", "auxiliary": "A1"}, NO2 | {"working": "A2", "auxiliary": "A3"}]
    driver = opened(simulate(scene), clock, *cells, temperature=PT1000 | {"channel": "A0", "address": 0x49})
    found = told(driver)
    no2 = (22 - 1.8 * 2) / 0.271
    assert found["nitrogen_dioxide"].value == pytest.approx(no2, abs=0.006)
    assert found["ozone"].value == pytest.approx((30 - (3 - 1) - 1.0 * 2 - no2 * 0.28) / 0.3, abs=0.02)
    assert [sample.channel for sample in driver.read()] == [channel.name for channel in driver.channels]


def test_without_nitrogen_dioxide_there_is_no_ozone(simulate: Any, clock: Any) -> None:
    scene = wired(A0=0.43, A1=0.392, A2=0.0, A3=0.304) + wired(A0=0.3).replace("0x48", "0x49").replace("signals.A0", "signals.T").replace(
        '"A0"', '"T"'
    )
    cells = [OX | {"working": "A0", "auxiliary": "A1"}, NO2 | {"working": "A2", "auxiliary": "A3"}]
    found = told(opened(simulate(scene), clock, *cells, temperature=PT1000 | {"channel": "A0", "address": 0x49}))
    assert (found["nitrogen_dioxide"].reason, found["ozone"].reason) == (Reason.SENSOR_FAULT, Reason.NO_COMPENSATION)


def test_a_cell_settles_and_settles_anew_after_a_loss_of_supply(simulate: Any, clock: Any) -> None:
    driver = opened(simulate(wired(A0="[[0, 0.4], [200, 0.0], [210, 0.4]]", A1=0.34, A2=0.3)), clock, SO2, warm_up="1 min")
    reasons = []
    for at in (1, 59, 61, 201, 211, 260, 262):
        clock.advance(at - clock.scenario())
        reasons.append(told(driver)["sulfur_dioxide"].reason)
    assert reasons == [Reason.WARM_UP, Reason.WARM_UP, None, Reason.SENSOR_FAULT, Reason.WARM_UP, Reason.WARM_UP, None]


def test_warm_up_hides_nothing_that_is_worse(simulate: Any, clock: Any) -> None:
    for over_zero, reason in ((-16.0, Reason.EXTRAPOLATED), (-10.0, Reason.UNDER_ZERO), (30.0, Reason.WARM_UP)):
        scene = wired(A0=(350.4 + 19 + over_zero) / 1000, A1=0.34, A2=0.3)
        assert told(opened(simulate(scene), clock, SO2, warm_up="6 h"))["sulfur_dioxide"].reason is reason


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"address": 0x50}, "use 0x48"),
        ({"v20": 297.0}, r"v20 of 297 V is none of a PT1000 board's; write it in volts"),
        ({"v20": 0.0}, "write it in volts"),
        ({"v20": float("nan")}, "v20 = nan is no number"),
        ({"t20": 300.0}, "no temperature of a bench"),
    ],
)
def test_a_thermometer_that_cannot_be_right_is_refused(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=why):
        msgspec.convert({"cells": [SO2], "temperature": PT1000 | wrong}, FAMILY.options, dec_hook=convert)


def test_an_unplugged_cell_looks_like_a_steady_zero(simulate: Any, clock: Any) -> None:
    """Nothing in the volts tells it: it stands here so that nobody believes otherwise. Test gas finds it."""
    scene = (Path(__file__).parents[1] / "examples" / "alphasense_isb.toml").read_text(encoding="utf-8")
    found = told(opened(simulate(scene + '[[faults]]\nkind = "open"\non = "i2c-1:0x48/A0"\n'), clock, SO2))["sulfur_dioxide"]
    assert found.value is not None


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"serial": "162200206"}, r"serial number 162200206 is that of a CO-B4, and type says SO2-B4"),
        ({"type": "SO2-B5"}, "use one of CO-A4"),
        ({"algorithm": 3}, r"algorithm 3 has no factors for SO2-B4; use one of 4, 1, 2 \(the first is recommended\)"),
        ({"algorithm": 1}, "needs ae_electronic from the cell's calibration sheet, in mV"),
        ({"algorithm": 2, "ae_electronic": 300, "ae_sensor": 0}, "ae_sensor is 0 on this sheet, and algorithm 2 divides by it"),
        ({"sensitivity": 380}, "none in mV per ppb"),
        ({"we_sensor": 1e308}, "we_sensor = .* is no number"),
        ({"we_sensor": 20000.0}, "we_sensor of 20000 is more than a board gives; write it in mV"),
        ({"algorithm": 2, "ae_electronic": 300, "ae_sensor": 1e-320}, "ae_sensor = .* is no number"),
        ({"algorithm": 2, "ae_electronic": 300, "ae_sensor": 0.01}, "ae_sensor is 0.01 on this sheet"),
        ({"sensitivity": -0.3}, "above 0 for every cell"),
        ({"we_electronic": 0.35}, "write it in mV"),
        ({"address": 0x50}, "use 0x48"),
        ({"no2_cross": 0.3}, "belongs to an OX cell"),
        ({"auxiliary": "A0"}, "two electrodes are on one input"),
        ({"auxiliary": "A2"}, "the PT1000 an input of its own"),
        ({"serial": 164200206}, "serial"),
    ],
)
def test_a_sheet_that_cannot_be_right_is_refused_with_the_remedy(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=why):
        msgspec.convert({"cells": [SO2 | wrong], "temperature": PT1000}, FAMILY.options, dec_hook=convert)


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ([], "name one cell or more"),
        ([SO2, SO2 | {"working": "A2", "auxiliary": "A3"}], "each of another gas"),
        ([OX | {"working": "A0", "auxiliary": "A1"}], "name the NO2 cell beside it"),
    ],
)
def test_a_board_that_cannot_be_read_is_refused(cells: list[dict[str, Any]], why: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=why):
        msgspec.convert({"cells": cells}, FAMILY.options, dec_hook=convert)


def test_a_recorded_hour_in_quiet_air(recordings: Path, simulate: Any, clock: Any) -> None:
    """A station's volts and temperature, every 10 s (South Coast Science, MIT). Its sheet is not published, so the zeros here are made up; the
    arithmetic is held against one written for this test alone, and the values must stay as quiet as the volts were."""
    with (recordings / "gas_alphasense_scs" / "gases.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    scene = BOARD
    for pin, column, scale, offset in (("A0", "val.CO.weV", 1, 0), ("A1", "val.CO.aeV", 1, 0), ("A2", "val.sht.tmp", 0.001, 0.28)):
        scene += f'[chips."i2c-1:0x48".inputs.{pin}]\nkind = "volts"\nsignal = "{pin}"\n[signals.{pin}]\nkind = "csv"\n'
        scene += f'file = "gas_alphasense_scs/gases.csv"\ncolumn = "{column}"\nevery = 10\nscale = {scale}\noffset = {offset}\n'
    cell = {"type": "CO-A4", "we_electronic": 280, "ae_electronic": 275, "sensitivity": 0.25, "working": "A0", "auxiliary": "A1"}
    driver = opened(simulate(scene), clock, cell)
    values = []
    for index, row in enumerate(rows):
        clock.advance(10 * index + 1 - clock.scenario())
        found = told(driver)
        assert found["carbon_monoxide"].quality is Quality.GOOD
        values.append(found["carbon_monoxide"].value or 0.0)
        we, ae = (round(float(row[column]) / 0.000125) * 0.125 for column in ("val.CO.weV", "val.CO.aeV"))
        degrees = round((0.28 + float(row["val.sht.tmp"]) / 1000) / 0.000125) * 0.125 - 300 + 20
        share = (degrees - 20) / 10  # the table of CO-A4, algorithm 1, has -0.9 at 20 and -1.5 at 30 degrees
        assert values[-1] == pytest.approx(((we - 280) - (-0.9 * (1 - share) - 1.5 * share) * (ae - 275)) / 0.25, abs=0.006)
    assert len(values) == 420
    assert max(values) - min(values) < 60
