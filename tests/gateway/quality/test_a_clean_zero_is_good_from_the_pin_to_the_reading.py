"""Promise: clean air, an empty road and an input at rest, read a code or two below zero, are good readings: driver, judgement and tests agree."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from gateway import config
from gateway.appraisal import Appraiser
from gateway.model import Flag, Quality, Sampled
from hardware.driver import load

CHIP = """
[signals.x]
kind = "constant"
value = {}
[chips."i2c-1:0x48"]
kind = "ads1115"
[chips."i2c-1:0x48".inputs.A0]
kind = "code"
signal = "x"
"""
LOOP = 'driver = "loop_4_20ma"\nquantity = "methane"\nunit = "%{LEL}"\ngas = "methane"\nbasis = "iec"\nlow = 0\nhigh = 100\n'
CELL = 'driver = "gas_cell"\nquantity = "carbon_monoxide"\nhigh = 500\nsensitivity = 2.44\nresistance = 1e6\nzero = 1.2\nwarm_up = "0 s"\n'
DEPTH = 'driver = "submersible_pressure"\nhigh = 10\n'
VOLTS = 'driver = "adc_voltage"\nchannel = "A0"\n'
FOUR, ZERO = 4800, 9600
"""Codes of 4 mA through 150 ohms, and of 1.2 V, at 125 uV for one."""


def readings(simulate: Any, clock: Any, sensor: str, code: int, quality: str = "") -> list[Any]:
    """What becomes of one conversion: driver, judgement, tests."""
    text = f'[node]\nsite = "a"\nname = "b"\n[[sensor]]\nname = "s"\nperiod = "1 s"\n{sensor}{quality}'
    found = config.build(tomllib.loads(text), Path("gateway.toml"), "")
    mounted = found.sensors[0]
    driver = load(mounted.sensor.driver).open(mounted.options, simulate(CHIP.format(code)), clock)
    appraiser = Appraiser(found.table().series, found.checks)
    places = {info.name: index for index, info in enumerate(found.table().series)}
    return [appraiser.take(Sampled(places[mounted.series[sample.channel]], 1000, sample))[0][0] for sample in driver.read()]


@pytest.mark.parametrize("off", [-2, -1, 0, 1, 2])
@pytest.mark.parametrize(("sensor", "code"), [(LOOP, FOUR), (LOOP, 24000), (CELL, ZERO), (CELL, 19360), (DEPTH, FOUR), (VOLTS, 0)])
def test_a_code_or_two_beside_an_end_of_the_range_is_good(simulate: Any, clock: Any, sensor: str, code: int, off: int) -> None:
    for reading in readings(simulate, clock, sensor, code + off):
        above = sensor == LOOP and code == 24000 and off > 0  # above 20 mA is over-range, by NE 43 itself
        assert Quality(reading.quality) is (Quality.UNCERTAIN if above else Quality.GOOD), reading
        assert not reading.flags & (Flag.GROSS_RANGE | Flag.FAILED), reading


@pytest.mark.parametrize(
    ("sensor", "code", "flag"), [(LOOP, FOUR - 96, Flag.UNDER_ZERO), (LOOP, 24480, Flag.OVER_RANGE), (CELL, 9300, Flag.UNDER_ZERO)]
)
def test_what_the_driver_doubts_is_doubted_and_not_failed(simulate: Any, clock: Any, sensor: str, code: int, flag: Flag) -> None:
    (reading,) = readings(simulate, clock, sensor, code)
    assert (Quality(reading.quality), Flag(reading.flags)) == (Quality.UNCERTAIN, flag)


def test_far_beyond_the_range_a_value_fails_and_stays(simulate: Any, clock: Any) -> None:
    (reading,) = readings(simulate, clock, CELL, ZERO + 19520 // 2 + 900)
    assert reading.value == pytest.approx(546, abs=1)
    assert reading.flags & Flag.FAILED
    assert reading.flags & Flag.GROSS_RANGE


def test_a_span_that_is_written_is_meant_exactly(simulate: Any, clock: Any) -> None:
    span = '[[quality]]\nseries = "s"\nlow = -10.0\nhigh = 400.0\n'
    (below,) = readings(simulate, clock, CELL, ZERO - 1, span)
    assert below.flags & Flag.FAILED
    (inside,) = readings(simulate, clock, CELL, ZERO, span)
    assert inside.quality == Quality.GOOD


def test_what_a_share_of_a_limit_refers_to_travels_with_its_series() -> None:
    text = '[node]\nsite = "a"\nname = "b"\n[[sensor]]\nname = "s"\nperiod = "1 s"\n'
    found = config.build(tomllib.loads(text + LOOP), Path("gateway.toml"), "").table().series
    assert [info.datum for info in found] == ["100 %LEL are 4.4 %vol of methane (iec)"]
    found = config.build(tomllib.loads(text + LOOP.replace('gas = "methane"\nbasis = "iec"', "lel = 5.0")), Path("gateway.toml"), "").table().series
    assert [info.datum for info in found] == ["100 %LEL are 5 %vol"]
    found = config.build(tomllib.loads(text + VOLTS), Path("gateway.toml"), "").table().series
    assert [info.datum for info in found] == [""]
