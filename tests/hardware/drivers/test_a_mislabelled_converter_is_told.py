"""A twelve-bit die on a board sold with sixteen, and the reverse: told over many different codes, never by an input that stands still; the volts are
right all the same and stay."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hardware.driver import load
from hardware.drivers._ads1115 import ENOUGH, Converter
from hardware.errors import Timeout
from hardware.sample import Quality, Reason, Sample, bad

SCENE = """
[signals.x]
{signal}
[chips."i2c-1:0x48"]
kind = "ads1115"
model = "{model}"
[chips."i2c-1:0x48".inputs.A0]
kind = "volts"
signal = "x"
"""
RAMP = 'kind = "ramps"\npoints = [[0, 0.3], [100, 2.9]]'


def samples(simulate: Any, clock: Any, model: str, signal: str, count: int = 40, **told: Any) -> list[Sample]:
    family = load("adc_voltage")
    driver = family.open(msgspec.convert(told, family.options), simulate(SCENE.format(model=model, signal=signal)), clock)
    found: list[Sample] = []
    for _ in range(count):
        found += driver.read()
        clock.advance(1.0)
    return found


@pytest.mark.parametrize(("model", "told"), [("ads1015", {}), ("ads1115", {"chip": "ads1015", "rate": 3300})])
def test_another_die_makes_every_value_uncertain_and_keeps_it(simulate: Any, clock: Any, model: str, told: dict[str, Any]) -> None:
    found = samples(simulate, clock, model, RAMP, **told)
    first = next(index for index, sample in enumerate(found) if sample.quality is not Quality.GOOD)
    assert first >= ENOUGH - 1
    for sample in found[first:]:
        assert (sample.quality, sample.reason) == (Quality.UNCERTAIN, Reason.WRONG_CHIP)
    for index, sample in enumerate(found):
        assert sample.value == pytest.approx(0.3 + 0.026 * index, abs=0.02), "the volts are right"


@pytest.mark.parametrize(("model", "told"), [("ads1115", {}), ("ads1015", {"chip": "ads1015", "rate": 3300})])
def test_the_die_that_was_ordered_is_never_accused(simulate: Any, clock: Any, model: str, told: dict[str, Any]) -> None:
    assert all(sample.quality is Quality.GOOD for sample in samples(simulate, clock, model, RAMP, 99, **told))


def test_an_input_that_stands_still_or_swings_between_few_codes_is_never_accused(simulate: Any, clock: Any) -> None:
    steps = ", ".join(f"[{second}, {0.5 + 0.002 * (second % (ENOUGH - 1))}]" for second in range(200))
    for signal in ('kind = "constant"\nvalue = 0.5', f'kind = "steps"\nsteps = [{steps}]'):
        found = samples(simulate, clock, "ads1115", signal, 150)
        assert all(sample.raw is not None and sample.raw % 16 == 0 for sample in found), "as a twelve-bit chip would say"
        assert all(sample.quality is Quality.GOOD for sample in found)


def test_one_low_bit_acquits(simulate: Any, clock: Any) -> None:
    """Fifteen codes without low bits, one with, and again fifteen."""
    volts = [0.5 + 0.002 * index for index in range(ENOUGH - 1)]
    codes = [*volts, 0.500125, *(value + 0.1 for value in volts)]
    steps = ", ".join(f"[{second}, {value:.6f}]" for second, value in enumerate(codes))
    found = samples(simulate, clock, "ads1115", f'kind = "steps"\nsteps = [{steps}]', len(codes))
    assert len({sample.raw for sample in found}) == len(codes)
    assert all(sample.quality is Quality.GOOD for sample in found)


def test_what_is_wrong_anyway_keeps_its_own_reason(simulate: Any, clock: Any) -> None:
    found = samples(simulate, clock, "ads1015", RAMP, 60, high=1.5)
    assert found[30].reason is Reason.WRONG_CHIP
    assert {sample.reason for sample in found[50:]} == {Reason.OVER_RANGE}


@pytest.mark.parametrize(
    ("told", "code", "reason"),
    [
        ({}, 0x7FFF, Reason.OVER_RANGE),
        ({}, 0x7FFE, None),
        ({}, 0x7FF0, None),
        ({"chip": "ads1015", "rate": 3300}, 0x7FF0, Reason.OVER_RANGE),
        ({"chip": "ads1015", "rate": 3300}, 0x7FEF, None),
    ],
)
def test_only_the_end_of_the_codes_is_clipped(simulate: Any, clock: Any, told: dict[str, Any], code: int, reason: Reason | None) -> None:
    scene = SCENE.format(model=told.get("chip", "ads1115"), signal=f'kind = "constant"\nvalue = {code}').replace('"volts"', '"code"')
    family = load("adc_voltage")
    (sample,) = family.open(msgspec.convert({"supply": 5.0} | told, family.options), simulate(scene), clock).read()
    assert (sample.raw, sample.reason) == (code, reason)


def test_a_chip_known_to_have_twelve_bits_is_clipped_where_those_end(simulate: Any, clock: Any) -> None:
    steps = ", ".join(f"[{second}, {second * 16}]" for second in range(1, 40)) + f", [40, {0x7FF0}]"
    scene = SCENE.format(model="ads1115", signal=f'kind = "steps"\nsteps = [[0, 0], {steps}]').replace('"volts"', '"code"')
    family = load("adc_voltage")
    driver = family.open(msgspec.convert({"supply": 5.0}, family.options), simulate(scene), clock)
    for _ in range(41):
        (sample,) = driver.read()
        clock.advance(1.0)
    assert (sample.raw, sample.reason) == (0x7FF0, Reason.OVER_RANGE)


def test_a_new_chip_is_judged_anew(simulate: Any, clock: Any) -> None:
    buses = simulate(SCENE.format(model="ads1015", signal=RAMP))
    converter = Converter(buses.i2c(1), 0x48, 1, 128, clock)
    for _ in range(30):
        converter.read("A0")
        clock.advance(1.0)
    assert converter.mislabelled
    for other in (bad("x", Reason.SENSOR_FAULT, 0), Sample("x", 0, 0.0, Quality.UNCERTAIN, Reason.WARM_UP)):
        assert converter.vouch(other) == other
    assert not Converter(buses.i2c(1), 0x48, 1, 128, clock).mislabelled


@pytest.mark.parametrize(("driver", "told"), [
    ("loop_4_20ma", {"quantity": "methane", "unit": "%{LEL}", "lel": 4.4, "low": 0, "high": 100}),
    ("gas_cell", {"quantity": "carbon_monoxide", "high": 500, "sensitivity": 2.44, "resistance": 1e6, "zero": 1.2}),
    ("submersible_pressure", {"high": 10}),
])  # fmt: skip
def test_every_driver_on_the_converter_tells(simulate: Any, clock: Any, driver: str, told: dict[str, Any]) -> None:
    family = load(driver)
    signal = 'kind = "ramps"\npoints = [[4000, 1.3], [4100, 2.3]]'
    opened = family.open(msgspec.convert(told, family.options), simulate(SCENE.format(model="ads1015", signal=signal)), clock)
    clock.advance(4000)  # past any warm-up
    for _ in range(ENOUGH):
        samples = opened.read()
        clock.advance(1.0)
    assert {(sample.quality, sample.reason) for sample in samples} == {(Quality.UNCERTAIN, Reason.WRONG_CHIP)}
    assert all(sample.value is not None for sample in samples)


def test_a_time_out_tells_nothing_of_the_chip(simulate: Any, clock: Any) -> None:
    fault = '[[faults]]\nkind = "hang"\non = "i2c-1:0x48"\nfrom = 1\n'
    converter = Converter(simulate(SCENE.format(model="ads1115", signal=RAMP) + fault).i2c(1), 0x48, 1, 128, clock)
    clock.advance(2)
    with pytest.raises(Timeout):
        converter.read("A0")
    assert not converter.mislabelled
