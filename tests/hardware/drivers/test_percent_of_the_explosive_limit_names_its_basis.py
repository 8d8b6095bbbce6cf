"""%LEL and %vol of a gas, on the basis that is named: the published rows through a transmitter that is scaled in one and read out in the other."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from hardware import gases
from hardware.driver import load
from hardware.sample import Quality

SCENE = """
[signals.gas]
kind = "constant"
value = {value}
[chips."i2c-1:0x48"]
kind = "ads1115"
[chips."i2c-1:0x48".inputs.A0]
kind = "loop"
signal = "gas"
lrv = 0
urv = {high}
"""


def told(simulate: Any, clock: Any, value: float, high: float, **options: Any) -> float:
    family = load("loop_4_20ma")
    made = msgspec.convert({"quantity": "gas", "low": 0, "high": high, **options}, family.options)
    (sample,) = family.open(made, simulate(SCENE.format(value=value, high=high)), clock).read()
    assert sample.quality is Quality.GOOD
    assert sample.value is not None
    return sample.value


def test_the_published_rows(safety: Callable[[str], list[dict[str, Any]]], simulate: Any, clock: Any) -> None:
    volume, share = safety("unit")
    methane = {"unit": "%{LEL}", "scaled_in": "%{vol}", "gas": "methane"}
    value = float(volume["input"].split()[0])
    assert "CH4" in volume["input"]
    for text, limit in re.findall(r"([0-9.]+) %LEL on the ([0-9.]+) %vol basis", volume["expected"]):
        basis = {4.4: "iec", 5.0: "us"}[float(limit)]
        assert round(told(simulate, clock, value, 4.0, basis=basis, **methane), 1) == float(text)
        assert round(told(simulate, clock, value, 4.0, unit="%{LEL}", scaled_in="%{vol}", lel=float(limit)), 1) == float(text)
    assert "propane" in share["input"]
    value = float(share["input"].split()[0])
    for text, limit in re.findall(r"([0-9.]+) %vol \(?(?:or )?\(?LEL ([0-9.]+)\)", share["expected"]):
        basis = {1.7: "iec", 2.1: "us"}[float(limit)]
        found = told(simulate, clock, value, 100, unit="%{vol}", scaled_in="%{LEL}", gas="propane", basis=basis, decimals=3)
        assert round(found, 2) == float(text)


def test_every_row_of_the_published_two_was_read(safety: Callable[[str], list[dict[str, Any]]]) -> None:
    volume, share = safety("unit")
    assert len(re.findall(r"%vol basis", volume["expected"])) == 2
    assert len(re.findall(r"LEL [0-9.]+\)", share["expected"])) == 2


def test_a_transmitter_scaled_in_what_is_told_is_not_converted(simulate: Any, clock: Any) -> None:
    assert told(simulate, clock, 25.0, 100, unit="%{LEL}", gas="methane", basis="us") == pytest.approx(25, abs=0.01)
    assert told(simulate, clock, 25.0, 100, unit="%{LEL}", lel=4.4) == pytest.approx(25, abs=0.01)


def test_the_range_is_told_in_the_unit_that_is_told() -> None:
    options = load("loop_4_20ma").options
    made = {"quantity": "methane", "unit": "%{LEL}", "scaled_in": "%{vol}", "low": 0, "high": 2.2, "gas": "methane", "basis": "iec"}
    (channel,) = msgspec.convert(made, options).channels()
    assert (channel.low, channel.unit) == (0, "%{LEL}")
    assert channel.high == pytest.approx(50)


@pytest.mark.parametrize("gas", sorted(gases.LEL))
def test_there_and_back(gas: str) -> None:
    for basis, limit in gases.LEL[gas].items():
        assert gases.lel(gas, basis) == limit
        assert gases.to_lel(limit, limit) == 100
        assert gases.to_volume(gases.to_lel(0.34, limit), limit) == pytest.approx(0.34)


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [
        ({"gas": "kryptonite", "basis": "iec"}, "write one of ammonia, .*, or give `lel` in %vol"),
        ({"gas": "n_butane", "basis": "us"}, "write iec, or give `lel` in %vol"),
        ({}, "write gas and basis as on the transmitter's certificate"),
        ({"gas": "methane"}, "write gas together with basis"),
        ({"basis": "iec"}, "write gas together with basis"),
        ({"gas": "methane", "basis": "iec", "lel": 5}, "or lel alone"),
        ({"gas": "methane", "basis": "din"}, "basis"),
        ({"lel": 0}, "write the %vol that are 100 %LEL"),
        ({"lel": 4.4, "unit": "[ppm]"}, "leave gas, basis and lel away"),
        ({"scaled_in": "%{vol}"}, "write gas and basis, or lel"),
        ({"scaled_in": "%{LEL}", "lel": 4.4}, "reads out in the other"),
        ({"scaled_in": "[ppm]", "lel": 4.4}, "scaled_in"),
    ],
)
def test_a_basis_that_is_not_known_is_refused_with_the_remedy(wrong: dict[str, Any], remedy: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=remedy):
        msgspec.convert({"quantity": "methane", "unit": "%{LEL}", "low": 0, "high": 100} | wrong, load("loop_4_20ma").options)
