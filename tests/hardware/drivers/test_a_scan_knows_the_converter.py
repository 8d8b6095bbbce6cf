"""What answers at 0x48 to 0x4b is called this converter only by its registers, and nothing that asks changes them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hardware.driver import load
from hardware.drivers._ads1115 import ADDRESSES, Converter
from hardware.scout import Guess, OnI2C

SCENE = '[chips."i2c-1:{:#04x}"]\nkind = "ads1115"\nmodel = "{}"\n'


def ask(bus: Any, address: int, clock: Any) -> Guess | None:
    (signature,) = load("adc_voltage").signatures
    assert isinstance(signature, OnI2C)
    assert signature.addresses == ADDRESSES
    return signature.ask(bus, address, clock)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("model", ["ads1115", "ads1015"])
def test_a_chip_as_after_power_on_is_sure_and_left_as_it_was(simulate: Any, clock: Any, address: int, model: str) -> None:
    buses = simulate(SCENE.format(address, model))
    before = dict(buses.world.chips[f"i2c-1:{address:#04x}"].registers)
    guess = ask(buses.i2c(1), address, clock)
    assert guess is not None
    assert guess.sure
    assert buses.world.chips[f"i2c-1:{address:#04x}"].registers == before
    options = msgspec.convert({"address": address, **guess.options}, load("adc_voltage").options)
    assert load("adc_voltage").open(options, buses, clock).read()[0].value == 0.0, "what the scan found is what the node reads"


@pytest.mark.parametrize(("chip", "rate", "pin"), [("ads1115", 860, "A2"), ("ads1015", 3300, "A0-A3"), ("ads1115", 8, "A3")])
def test_a_chip_that_this_gateway_has_used_is_a_guess(simulate: Any, clock: Any, chip: Any, rate: Any, pin: Any) -> None:
    buses = simulate(SCENE.format(0x49, chip))
    converter = Converter(buses.i2c(1), 0x49, 16, rate, clock, chip)
    assert ask(buses.i2c(1), 0x49, clock) is not None
    converter.read(pin)
    guess = ask(buses.i2c(1), 0x49, clock)
    assert guess is not None
    assert not guess.sure


@pytest.mark.parametrize(
    "registers",
    [
        {1: 0x60A0, 2: 0x4B00, 3: 0x5000},  # a TMP102 as after power-on
        {1: 0xFFFF, 2: 0xFFFF, 3: 0xFFFF},  # a chip that sends nothing
        {1: 0x8583, 2: 0x8583, 3: 0x8583},  # a chip without registers
        {1: 0x8583, 2: 0x8000, 3: 0x7000},  # this chip, but somebody uses its comparator
        {1: 0x0483, 2: 0x8000, 3: 0x7FFF},  # this chip, but somebody lets it convert without end
        {1: 0x8580, 2: 0x8000, 3: 0x7FFF},
    ],
)
def test_anything_else_is_not_this_chip(simulate: Any, clock: Any, mocker: Any, registers: dict[int, int]) -> None:
    buses = simulate(SCENE.format(0x48, "ads1115"))
    mocker.patch.object(buses.world.chips["i2c-1:0x48"], "transfer", lambda out, count: registers[out[0]].to_bytes(2)[:count])
    assert ask(buses.i2c(1), 0x48, clock) is None
