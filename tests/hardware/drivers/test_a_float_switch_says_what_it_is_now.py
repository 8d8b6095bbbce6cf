"""A float switch: the level of the pin at each reading, from the first one on, for every way to wire it; a fault gives no number."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hardware.driver import load
from hardware.errors import BusError, PortGone, Refused
from hardware.sample import Quality, Sample

FAMILY = load("float_switch")
SCENE = """
[signals.level]
kind = "steps"
steps = [[0, 0], [10, 150], [20, 0]]
[chips.gpio-5]
kind = "contact"
signal = "level"
level = 100
"""


def opened(buses: Any, clock: Any, **options: Any) -> Any:
    return FAMILY.open(msgspec.convert({"pin": 5, "normal": "open"} | options, FAMILY.options), buses, clock)


def value(driver: Any) -> float | None:
    *_, sample = driver.read()
    assert sample.quality is Quality.GOOD
    result: float | None = sample.value
    return result


WIRINGS = [("open", "up", "ground", 0), ("open", "down", "supply", 1), ("closed", "up", "ground", 1), ("closed", "down", "supply", 0)]


@pytest.mark.parametrize(("normal", "pull", "to", "wet"), WIRINGS)
def test_it_says_water_however_it_is_wired(simulate: Any, clock: Any, normal: str, pull: str, to: str, wet: int) -> None:
    acts = "close" if normal == "open" else "open"
    driver = opened(simulate(f'{SCENE}to = "{to}"\nacts = "{acts}"\n'), clock, normal=normal, pull=pull)
    assert driver.read() == [Sample("water", 1 - wet, 0.0)]
    clock.advance(10)
    assert driver.read() == [Sample("water", wet, 1.0)]
    clock.advance(10)
    assert driver.read() == [Sample("water", 1 - wet, 0.0)]


def test_water_that_is_there_at_the_start_is_told_by_the_first_reading(simulate: Any, clock: Any) -> None:
    clock.advance(15)
    assert value(opened(simulate(SCENE), clock)) == 1


@pytest.mark.parametrize(("normal", "acts", "told"), [("open", "close", 0), ("closed", "open", 1)])
def test_a_broken_wire_says_dry_or_water_by_the_kind_of_switch(simulate: Any, clock: Any, normal: str, acts: str, told: int) -> None:
    driver = opened(simulate(f'{SCENE}acts = "{acts}"\n[[faults]]\nkind = "open"\non = "gpio-5"\n'), clock, normal=normal)
    for _ in range(3):
        assert value(driver) == told
        clock.advance(10)


@pytest.mark.parametrize(("fault", "told"), [('kind = "stuck"\nfrom = 5', [0, 0, 0]), ('kind = "delayed"\nseconds = 5', [0, 0, 1])])
def test_a_float_that_sticks_or_lags_is_read_as_it_stands(simulate: Any, clock: Any, fault: str, told: list[int]) -> None:
    driver, seen = opened(simulate(f'{SCENE}[[faults]]\non = "gpio-5"\n{fault}\n'), clock), []
    for at in (0, 12, 18):
        clock.advance(at - clock.scenario())
        seen.append(value(driver))
    assert seen == told


def test_a_pin_that_is_gone_is_no_number_and_comes_back(simulate: Any, clock: Any) -> None:
    driver = opened(simulate(SCENE + '[[faults]]\nkind = "unplugged"\non = "gpio"\nfrom = 5\nto = 12\n'), clock)
    assert value(driver) == 0
    clock.advance(5)
    for _ in range(3):
        with pytest.raises(PortGone, match="float switch on GPIO5"):
            driver.read()
    clock.advance(7)
    assert value(driver) == 1


def test_it_may_be_opened_again_after_a_failure(simulate: Any, clock: Any) -> None:
    buses = simulate(SCENE)
    opened(buses, clock).close()
    assert value(opened(buses, clock)) == 0


def test_a_pin_that_something_else_holds_is_refused_by_name(simulate: Any, clock: Any) -> None:
    from gpiozero import InputDevice

    buses = simulate(SCENE)
    buses.pin(5, "siren on GPIO5")
    with pytest.raises(Refused, match="taken by siren on GPIO5"):
        opened(buses, clock)
    other = InputDevice(6, pin_factory=buses.pin(6, "float switch on GPIO6"))
    with pytest.raises(BusError, match="float switch on GPIO6: the pin cannot be used"):
        opened(buses, clock, pin=6)
    other.close()


def test_without_a_pull_an_open_contact_is_noise(simulate: Any, clock: Any) -> None:
    """The simulated contact is honest about it, so a driver that forgets the pull is found out here."""
    from gpiozero import InputDevice

    buses, seen = simulate(SCENE), set()
    floating = InputDevice(5, pull_up=None, active_state=True, pin_factory=buses.pin(5, "a careless driver"))
    for _ in range(40):
        seen.add(floating.value)
        clock.advance(0.1)
    assert seen == {0, 1}


def test_each_look_at_the_pin_is_one_completed_read(simulate: Any, clock: Any, reads: Path) -> None:
    driver, got = opened(simulate(SCENE), clock), []
    for _ in range(25):
        got.append(driver.read()[0].raw)
        clock.advance(1)
    lines = [json.loads(line) for line in reads.read_text().splitlines()]
    assert [line[:3] for line in lines] == [["gpio-5", "", raw] for raw in got]
    assert set(got) == {0, 1}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [({"pin": 28}, "27"), ({"normal": "dry"}, "normal"), ({"pull": "none"}, "pull"), ({"pin": 2, "pull": "down"}, "GPIO2 is pulled up on the board")],
)
def test_options_that_cannot_work_are_refused(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=told):
        msgspec.convert({"pin": 5, "normal": "open"} | wrong, FAMILY.options)
