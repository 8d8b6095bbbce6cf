"""MQ-7 and MQ-9: 60 s at 5 V, 90 s at 1.4 V, one value at the end; nothing in between, nothing of a phase that was overslept."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import msgspec
import pytest

from hardware.driver import load
from hardware.errors import PortGone
from hardware.quantities import convert
from hardware.sample import Quality, Reason

FAMILY = load("mq")
OPTIONS = {"model": "MQ-7", "gas": "carbon_monoxide", "heater_pin": 18, "load": 15000, "divider": [10000, 20000], "r0": 10000, "warm_up": "0 s"}
SCENE = """
[chips."i2c-1:0x48"]
kind = "ads1115"
[chips."i2c-1:0x48".inputs.A0]
kind = "metal_oxide"
signal = "ohms"
load = 15000
top = 10000
bottom = 20000
[signals.ohms]
kind = "steps"
steps = {}
"""
STEADY = "[[0, 10000]]"


def opened(buses: Any, clock: Any, **more: Any) -> Any:
    return FAMILY.open(msgspec.convert(OPTIONS | more, FAMILY.options, dec_hook=convert), buses, clock)


def level(buses: Any) -> int:
    """The pin of the heater."""
    return int(buses.pin(18, "MQ heater on GPIO18").pin(18).state)


def told(driver: Any) -> dict[str, Any]:
    return {sample.channel: sample for sample in driver.read()}


def second_by_second(driver: Any, clock: Any, buses: Any, seconds: int) -> list[tuple[int, int, Any]]:
    """(second, level of the pin after the reading, the gas) for every second."""
    seen = []
    begun = clock.scenario()
    for second in range(seconds):
        clock.advance(begun + second - clock.scenario())
        gas = told(driver)["carbon_monoxide"]
        seen.append((second, level(buses), gas))
    return seen


def test_the_phases_and_the_one_value_at_their_end(simulate: Any, clock: Any) -> None:
    buses = simulate(SCENE.format(STEADY))
    driver = opened(buses, clock)
    seen = second_by_second(driver, clock, buses, 460)
    fresh = [second for second, _, gas in seen if gas.value is not None]
    assert len(fresh) == 3
    for first, later in pairwise(fresh):
        assert later - first == pytest.approx(150, abs=2)
    assert fresh[0] == pytest.approx(150, abs=2)
    assert {gas.reason for _, _, gas in seen if gas.value is None} == {Reason.WARM_UP}
    low: list[Any] = [second for second, pin, _ in seen if not pin and second < 160]
    assert [low[0], len(low)] == pytest.approx([60, 90], abs=1)
    assert all(pin for second, pin, _ in seen if second < 59)


def test_it_measures_the_end_of_the_low_phase_and_not_the_hot_one(simulate: Any, clock: Any) -> None:
    """100 ohms while hot and while cooling, 10 kilo-ohms, which are 99 ppm, in the last seconds."""
    buses = simulate(SCENE.format("[[0, 100], [144, 10000], [152, 100]]"))
    [gas] = [gas for _, _, gas in second_by_second(opened(buses, clock), clock, buses, 170) if gas.value is not None]
    assert (gas.value, gas.quality, gas.reason) == (pytest.approx(99.0, rel=5e-3), Quality.UNCERTAIN, Reason.INDICATIVE)


def test_volts_are_given_all_the_time(simulate: Any, clock: Any) -> None:
    buses = simulate(SCENE.format(STEADY))
    driver = opened(buses, clock)
    for _ in range(40):
        found = told(driver)
        assert (found["volts"].quality, found["volts"].value) == (Quality.GOOD, pytest.approx(5 / 2 * 2 / 3, abs=1e-3))
        clock.advance(5)


@pytest.mark.parametrize("slept", [91.5, 120.0, 4000.0])
def test_an_overslept_phase_gives_no_value(simulate: Any, clock: Any, slept: float) -> None:
    buses = simulate(SCENE.format(STEADY))
    driver = opened(buses, clock)
    driver.read()
    clock.advance(60)
    driver.read()
    assert level(buses) == 0
    clock.advance(slept)
    assert told(driver)["carbon_monoxide"].reason is Reason.STALE
    assert level(buses) == 1, "the cycle begins anew, with a clean sensor"
    clock.advance(60)
    assert told(driver)["carbon_monoxide"].reason is Reason.STALE, "until there is a value again"
    clock.advance(90)
    assert told(driver)["carbon_monoxide"].value is not None
    clock.advance(1)
    assert told(driver)["carbon_monoxide"].reason is Reason.WARM_UP


def test_a_sensor_that_is_read_too_rarely_says_so_at_every_cycle(simulate: Any, clock: Any) -> None:
    driver = opened(simulate(SCENE.format(STEADY)), clock)
    seen = []
    for minute in range(1, 30):
        clock.advance(60 * minute - clock.scenario())
        seen.append(told(driver)["carbon_monoxide"].reason)
    assert seen[:2] == [Reason.WARM_UP, Reason.WARM_UP]
    assert set(seen[3:]) == {Reason.STALE}


@pytest.mark.parametrize(("hot", "at_rest"), [("high", 1), ("low", 0)])
def test_the_heater_is_at_five_volts_at_the_start_and_after_closing(simulate: Any, clock: Any, hot: str, at_rest: int) -> None:
    buses = simulate(SCENE.format(STEADY))
    driver = opened(buses, clock, heater_hot=hot)
    assert level(buses) == at_rest
    driver.read()
    clock.advance(60)
    driver.read()
    assert level(buses) == 1 - at_rest
    driver.close()
    driver.close()
    assert level(buses) == at_rest
    assert buses.pin(18, "MQ heater on GPIO18").pin(18).function == "output", "closing leaves it driven"


def test_a_heater_that_cannot_be_switched_is_an_error_of_the_bus(simulate: Any, clock: Any) -> None:
    buses = simulate(
        SCENE.format(STEADY)
        + '[[faults]]\nkind = "unplugged"\non = "gpio"\nfrom = 50\n[chips.gpio-5]\nkind = "contact"\nsignal = "ohms"\nlevel = 1\n'
    )
    driver = opened(buses, clock)
    driver.read()
    clock.advance(60)
    with pytest.raises(PortGone):
        driver.read()
    driver.close()


def test_the_heater_goes_on_while_the_converter_is_away(simulate: Any, clock: Any) -> None:
    """A low phase must not last as long as a broken wire does."""
    buses = simulate(SCENE.format(STEADY) + '[[faults]]\nkind = "nak"\non = "i2c-1:0x48"\nfrom = 70\nto = 200\n')
    driver = opened(buses, clock)
    levels = {}
    for second in range(0, 260, 2):
        clock.advance(second - clock.scenario())
        try:
            driver.read()
        except OSError:
            assert 70 <= clock.scenario() < 201
        levels[second] = level(buses)
    assert (levels[100], levels[154], levels[210], levels[230]) == (0, 1, 1, 0)


def test_without_the_cycle_there_is_the_ratio_and_no_gas(simulate: Any, clock: Any) -> None:
    driver = opened(simulate(SCENE.format(STEADY)), clock, heater_pin=None, gas=None)
    assert {name: sample.quality for name, sample in told(driver).items()} == dict.fromkeys(("ratio", "resistance", "volts"), Quality.GOOD)


def test_the_pin_is_claimed() -> None:
    assert msgspec.convert(OPTIONS, FAMILY.options, dec_hook=convert).claims() == ("i2c-1:0x48/A0", "gpio-18")
