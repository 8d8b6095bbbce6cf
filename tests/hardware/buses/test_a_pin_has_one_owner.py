"""Pins are reserved by name, the pin library is the one that was named, and gpiozero's exit handler does not silence a siren."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType
from typing import Any

import pytest

from hardware.buses.gpio import Pins
from hardware.buses.linux import LinuxBuses
from hardware.errors import Refused


def test_the_second_owner_is_refused_and_told_who_holds_it(simulate: Any) -> None:
    buses = simulate("")
    factory = buses.pin(17, "float switch north")
    assert buses.pin(17, "float switch north") is factory, "the holder may ask again after a failure"
    with pytest.raises(Refused, match="siren: pin GPIO17 is taken by float switch north"):
        buses.pin(17, "siren")
    assert buses.pin(18, "siren") is factory


@pytest.mark.parametrize("number", [-1, 28, 40])
def test_a_pin_that_is_not_there_is_refused(number: int) -> None:
    with pytest.raises(Refused, match=f"there is no pin GPIO{number}"):
        Pins(lambda: None).reserve(number, "siren")


def test_a_missing_pin_library_is_an_error_and_nothing_else_takes_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lgpio", None)
    with pytest.raises(Refused, match=r"lgpio is not installed; install .*python3-lgpio"):
        LinuxBuses().pin(17, "siren")


def test_the_empty_stub_of_the_package_index_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    stub = ModuleType("lgpio")
    stub.__file__ = "/somewhere/lgpio.py"
    monkeypatch.setitem(sys.modules, "lgpio", stub)
    with pytest.raises(Refused, match="empty stub"):
        LinuxBuses().pin(17, "siren")


def test_gpiozeros_exit_handler_leaves_an_output_as_it_is() -> None:
    """The look is registered before gpiozero's handler, so it runs after it."""
    code = """
import atexit
atexit.register(lambda: print(pin.function, int(pin.state)))
from gpiozero import Device, OutputDevice
from gpiozero.pins.mock import MockFactory
from hardware.buses.gpio import disarm
Device.pin_factory = MockFactory()
disarm()
siren = OutputDevice(17, initial_value=True)
pin = siren.pin
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["output", "1"]


def test_mock_pins_are_a_fixture(pins: Any) -> None:
    from gpiozero import DigitalInputDevice

    with DigitalInputDevice(17, pull_up=True, pin_factory=pins) as switch:
        assert switch.value == 0
        pins.pin("GPIO17").drive_low()
        assert switch.value == 1
