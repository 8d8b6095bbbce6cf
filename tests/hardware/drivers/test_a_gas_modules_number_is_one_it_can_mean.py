"""A gas module's number is one that the module can mean: within its range and little more, as many decimals as there are, both numbers of a reply of
the same air, and no number of a cell that says it has failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hardware.sample import Quality, Reason
from tests.hardware.gas_modules import CH2O, MULTI, ZE15, refused, sample, saying

MHZ = {"range": 5000, "warm_up": "0 s"}


@pytest.fixture
def said(simulate: Any, clock: Any) -> Callable[..., Any]:
    return saying(simulate, clock)


def frame(text: str) -> str:
    """Eight bytes with their sum."""
    body = bytes.fromhex(text)
    return f"{text} {-sum(body[1:]) & 0xFF:02X}"


@pytest.mark.parametrize(
    ("number", "value", "quality", "reason"),
    [
        ("13 87", 499.9, Quality.GOOD, None),
        ("17 70", 600.0, Quality.UNCERTAIN, Reason.OVER_RANGE),  # 1.2 times full scale
        ("17 71", None, Quality.BAD, Reason.OVER_RANGE),
        ("7F FF", None, Quality.BAD, Reason.OVER_RANGE),
        ("80 05", None, Quality.BAD, Reason.SENSOR_FAULT),  # the highest bit: the cell has failed
        ("FF FF", None, Quality.BAD, Reason.SENSOR_FAULT),
    ],
)
@pytest.mark.parametrize("mode", ["active", "query"])
def test_the_number_of_a_carbon_monoxide_module(
    said: Any, mode: str, number: str, value: float | None, quality: Quality, reason: Reason | None
) -> None:
    told = frame(f"FF 04 03 01 {number} 13 88" if mode == "active" else f"FF 86 {number} 00 00 {number}")
    (found,) = said("winsen_ze", ZE15 | {"mode": mode}, "winsen", told).read()
    assert (found.value, found.quality, found.reason) == (None if value is None else pytest.approx(value), quality, reason)
    assert found.raw == int(number.replace(" ", ""), 16)


def test_the_highest_bit_of_another_gas_is_a_number_beyond_the_range(said: Any) -> None:
    options = ZE15 | {"model": "ze15", "gas": "h2s", "unit": "[ppm]", "decimals": 1, "full_scale": 100, "mode": "active"}
    (found,) = said("winsen_ze", options, "winsen", frame("FF 03 03 01 80 05 03 E8")).read()
    assert (found.value, found.reason, found.raw) == (None, Reason.OVER_RANGE, 0x8005)


@pytest.mark.parametrize(
    ("ppb", "mass", "reasons"),
    [
        (0, 0, [None, None]),
        (1, 1, [None, None]),  # both cut to whole ones
        (5, 5, [None, None]),
        (32, 42, [None, None]),
        (195, 256, [None, None]),
        (1000, 1001, [None, None]),
        (1000, 1400, [None, None]),
        (1000, 1402, None),
        (350, 350, None),  # the number twice: another module
        (32, 65535, None),
        (5000, 32, None),
        (0, 7, None),
        (5000, 6250, [Reason.OVER_RANGE, None]),
        (5700, 7100, [Reason.OVER_RANGE, Reason.OVER_RANGE]),
    ],
)
def test_the_two_numbers_of_formaldehyde_are_of_the_same_air(said: Any, ppb: int, mass: int, reasons: list[Reason | None] | None) -> None:
    driver = said("winsen_ze", CH2O, "winsen", frame(f"FF 86 {mass >> 8:02X} {mass & 255:02X} 00 00 {ppb >> 8:02X} {ppb & 255:02X}"))
    if reasons is None:
        assert refused(driver) is Reason.AMBIGUOUS
    else:
        assert [sample.reason for sample in driver.read()] == reasons


@pytest.mark.parametrize(
    ("ppm", "value", "quality", "reason"),
    [
        (0, None, Quality.BAD, Reason.UNDER_RANGE),
        (10, 10, Quality.UNCERTAIN, Reason.UNDER_RANGE),
        (299, 299, Quality.UNCERTAIN, Reason.UNDER_RANGE),
        (300, 300, Quality.GOOD, None),
        (6000, 6000, Quality.UNCERTAIN, Reason.OVER_RANGE),
        (6001, None, Quality.BAD, Reason.OVER_RANGE),
        (65535, None, Quality.BAD, Reason.OVER_RANGE),
    ],
)
def test_what_no_air_can_have_is_no_good_value(said: Any, ppm: int, value: int | None, quality: Quality, reason: Reason | None) -> None:
    found = sample(said("mh_z", MHZ, "mh_z", frame(f"FF 86 {ppm >> 8:02X} {ppm & 255:02X} 3C 00 00 00")), "co2")
    assert (found.value, found.quality, found.reason, found.raw) == (value, quality, reason, ppm)


@pytest.mark.parametrize(
    ("gas", "told", "value"),
    [
        ("co", "00 C8 04 00", 200.0),
        ("co", "07 D0 04 01", 200.0),
        ("co", "4E 20 04 02", 200.0),
        ("o2", "08 2A 05 02", 20.9),
        ("so2", "00 05 2B 00", 5.0),
    ],
)
def test_a_module_tells_its_own_decimals(said: Any, gas: str, told: str, value: float) -> None:
    driver = said("dfrobot_multigas", MULTI | {"gas": gas}, "dfrobot_multigas", "FF 78 01 00 00 00 00 00 87", frame(f"FF 86 {told} 02 10"))
    found = driver.read()[0]
    assert (found.raw, found.value, found.quality) == (round(value * 100), pytest.approx(value), Quality.GOOD)


@pytest.mark.parametrize("decimals", ["03", "FF"])
def test_decimals_that_there_are_not_are_no_number(said: Any, decimals: str) -> None:
    driver = said("dfrobot_multigas", MULTI, "dfrobot_multigas", "FF 78 01 00 00 00 00 00 87", frame(f"FF 86 00 05 04 {decimals} 02 10"))
    assert refused(driver) is Reason.SYNTAX


def test_a_module_that_does_not_acknowledge_passive_mode_is_read_all_the_same(said: Any) -> None:
    reply = "FF 86 00 C8 04 00 02 10 AC"
    found = said("dfrobot_multigas", MULTI, "dfrobot_multigas", reply, reply).read()[0]
    assert (found.value, found.quality) == (200.0, Quality.GOOD)
