"""How a driver on a GPIO pin is tested: the contact is simulated, gpiozero is the real one, on its own mock pins."""

from hardware.driver import load

SCENARIO = """
[signals.water]                     # mm above the road
kind = "steps"
steps = [[0, 0], [10, 180]]
[chips.gpio-5]
kind = "contact"
signal = "water"
level = 150
"""


def test_it_says_water_from_the_first_reading_on(simulate, clock):
    family = load("float_switch")
    driver = family.open(family.options(pin=5, normal="open"), simulate(SCENARIO), clock)
    assert driver.read()[0].value == 0
    clock.advance(10)
    assert driver.read()[0].value == 1
