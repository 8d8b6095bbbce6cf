"""How a driver on a serial line is tested: a world in a few lines of TOML, the real driver, a clock that nobody waits for."""

import pytest

from hardware.driver import load
from hardware.errors import Timeout

SCENARIO = """
[signals.distance]                  # mm down to the water
kind = "ramps"
points = [[0, 2500], [60, 2200]]
[chips."serial:/dev/serial0"]
kind = "ultrasonic"
signal = "distance"
[[faults]]
kind = "off"
on = "serial:/dev/serial0"
from = 60
"""


def test_it_follows_the_water_and_says_when_it_cannot(simulate, clock):
    family = load("ultrasonic_ff4")
    driver = family.open(family.options(port="/dev/serial0", model="a02yyuw"), simulate(SCENARIO), clock)
    clock.advance(30)
    distance, jitter = driver.read()  # the middle of five pings, and how far they lie apart
    assert distance.value == pytest.approx(2350, abs=5)
    assert jitter.value <= 2
    clock.advance(30)
    with pytest.raises(Timeout):
        driver.read()
