"""The rows of the published vectors for the converter and the current loop, read through driver, library and simulated chip."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from hardware.driver import load
from hardware.drivers._ads1115 import Converter, Gain, config_word, lsb
from hardware.errors import Nak, Timeout
from hardware.sample import Quality, Reason, Sample

Vectors = Callable[[str], list[dict[str, Any]]]
CODE = """
[signals.x]
kind = "constant"
value = {}
[chips."i2c-1:0x48"]
kind = "ads1115"
vdd = 5.0
[chips."i2c-1:0x48".inputs.A0]
kind = "{}"
signal = "x"
"""
WORDS: list[tuple[int, Gain]] = [(4, 1), (5, 1), (6, 1), (7, 1), (4, "2/3")]


def test_every_code(vectors: Vectors, simulate: Any, clock: Any) -> None:
    for row in vectors("ads1115.code"):
        register = int(row["input"].split()[-1], 16)
        code = register - 0x10000 if register & 0x8000 else register
        gain: Any = "2/3" if "6.144" in row["params"] else 1
        conversion = Converter(simulate(CODE.format(code, "code")).i2c(1), 0x48, gain, 128, clock).read("A0")
        if "OVER_RANGE" in row["expect"]:
            assert conversion == (code, Reason.OVER_RANGE), row
        else:
            assert conversion.reason is None
            assert conversion.code * lsb(gain) == pytest.approx(float(row["expect"].split()[0])), row


def test_every_code_through_a_driver(vectors: Vectors, simulate: Any, clock: Any) -> None:
    family = load("adc_voltage")
    for row in vectors("ads1115.code"):
        register = int(row["input"].split()[-1], 16)
        code = register - 0x10000 if register & 0x8000 else register
        told = {"channel": "A0", "gain": "2/3" if "6.144" in row["params"] else 1, "supply": 5.0}
        (sample,) = family.open(msgspec.convert(told, family.options), simulate(CODE.format(code, "code")), clock).read()
        assert sample.raw == code
        if "OVER_RANGE" in row["expect"]:
            assert (sample.value, sample.reason) == (None, Reason.OVER_RANGE), row
        else:
            assert (sample.value, sample.quality) == (pytest.approx(float(row["expect"].split()[0])), Quality.GOOD), row


@pytest.mark.parametrize(
    ("told", "written"),
    [({}, "01c383"), ({"channel": "A1"}, "01d383"), ({"channel": "A2"}, "01e383"), ({"channel": "A3"}, "01f383"), ({"gain": "2/3"}, "01c183")],
)
def test_what_a_driver_writes_to_start_a_conversion(simulate: Any, clock: Any, mocker: Any, told: dict[str, Any], written: str) -> None:
    """The words of the published row, seen on the wire."""
    family, buses = load("adc_voltage"), simulate(CODE.format(1.0, "volts"))
    driver = family.open(msgspec.convert(told, family.options), buses, clock)
    spy = mocker.spy(buses.i2c(1), "transfer")
    driver.read()
    assert [call.args[1].hex() for call in spy.call_args_list if len(call.args[1]) > 1] == [written]


def test_every_configuration(vectors: Vectors, simulate: Any) -> None:
    word, reset = vectors("ads1115.config")
    assert re.findall(r"[0-9A-F]{4}", word["expect"].replace("01 C3 83", "C383")) == [f"{config_word(mux, gain, 128):04X}" for mux, gain in WORDS]
    assert simulate(CODE.format(0, "volts")).i2c(1).transfer(0x48, b"\x01", 2) == bytes.fromhex(reset["expect"][2:6])


def test_every_fault(vectors: Vectors, simulate: Any, clock: Any) -> None:
    nak, never, pointer = (row["expect"] for row in vectors("ads1115.fault"))
    assert "OSError errno 121" in nak
    with pytest.raises(Nak) as caught:
        simulate("").i2c(1).transfer(0x48, b"\x01", 2)
    assert isinstance(caught.value, OSError)
    assert caught.value.errno == 121
    assert "TIMEOUT after 2/DR" in never
    hanging = Converter(simulate(CODE.format(1, "volts") + '[[faults]]\nkind = "hang"\non = "i2c-1:0x48"\n').i2c(1), 0x48, 1, 128, clock)
    with pytest.raises(Timeout):
        hanging.read("A0")
    assert "POINTER" in pointer
    for word in (0x4283, 0x42E3, 0x0483):  # a true code that equals a configuration word is a value here: the pointer is always written
        assert Converter(simulate(CODE.format(word, "code")).i2c(1), 0x48, 1, 128, clock).read("A0") == (word, None)


EXPECTED = {
    "20.000": (Quality.GOOD, None, 100.0),
    "3.900": (Quality.UNCERTAIN, Reason.UNDER_ZERO, -0.625),
    "3.800": (Quality.UNCERTAIN, Reason.UNDER_ZERO, -1.25),
    "0.000": (Quality.BAD, Reason.SENSOR_FAULT, None),
    "20.350": (Quality.UNCERTAIN, Reason.OVER_RANGE, 102.1875),
    "22.000": (Quality.BAD, Reason.SENSOR_FAULT, None),  # at and beyond 21.0 mA NE 43 has a failure; bad data clears no alarm, so it stays
    "12.000": (Quality.GOOD, None, 2.5),
    "17.400": (Quality.UNCERTAIN, Reason.AMBIGUOUS, 20.9375),
}


def test_every_loop_current(vectors: Vectors, simulate: Any, clock: Any) -> None:
    family = load("loop_4_20ma")
    seen = set()
    for row in vectors("loop420"):
        volts = float(row["input"].split()[0])
        current = f"{volts / 150 * 1000:.3f}"
        options: dict[str, Any] = {"quantity": "methane", "unit": "%{LEL}", "lel": 4.4, "low": 0, "high": 100}
        if "mH2O" in row["params"]:
            options = {"quantity": "level", "unit": "m", "low": 0, "high": 5}
        if "O2" in row["params"] and "RKI" in row["params"]:
            options = {"quantity": "oxygen", "unit": "%", "low": 0, "high": 25, "profile": "rki_m2"}

        def read(volts: float = volts, **more: Any) -> Sample:
            buses = simulate(CODE.format(volts, "volts"))
            return family.open(msgspec.convert(options | more, family.options), buses, clock).read()[0]  # noqa: B023

        if current == "3.400":
            assert read(profile="draeger_polytron_8000").reason is Reason.INHIBIT
            assert read().reason is Reason.SENSOR_FAULT
            continue
        sample = read()
        quality, reason, value = EXPECTED[current]
        assert (sample.quality, sample.reason) == (quality, reason), row
        assert sample.value == (None if value is None else pytest.approx(value, abs=0.003)), row
        assert sample.raw == round(volts / lsb(1))
        seen.add(current)
    assert seen == set(EXPECTED)
