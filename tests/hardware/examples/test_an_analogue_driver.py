"""How a driver on an I2C converter is tested: the published library talks to a simulated ADS1115, and what is wired to it is one table."""

import pytest

from hardware.driver import load
from hardware.quantities import Seconds
from hardware.sample import Reason

SCENARIO = """
[signals.gas]
kind = "constant"
value = 35.0                        # ppm
[chips."i2c-1:0x48"]
kind = "ads1115"
inputs.A0 = { kind = "cell", signal = "gas", sensitivity = 2.44, resistance = 1e6, bias = 1.2 }
[[faults]]
kind = "off"                        # the amplifier loses its supply
on = "i2c-1:0x48/A0"
from = 60
"""


def test_it_smells_the_gas_and_tells_a_dead_amplifier(simulate, clock):
    family = load("gas_cell")
    options = family.options(quantity="carbon_monoxide", high=500.0, sensitivity=2.44, resistance=1e6, zero=1.2, warm_up=Seconds(0))
    driver = family.open(options, simulate(SCENARIO), clock)
    assert driver.read()[0].value == pytest.approx(35, abs=0.1)
    clock.advance(60)
    assert (driver.read()[0].value, driver.read()[0].reason) == (None, Reason.SENSOR_FAULT)
