"""A siren opens at the level it is to have and keeps it: over stop, crash, garbage collection and restart; every change is noted outside."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hardware.buses.linux import LinuxBuses
from hardware.errors import BusError, HardwareError, PortGone
from hardware.output import load
from hardware.sim.buses import SimBuses
from hardware.sim.clock import SteppedClock
from hardware.sim.scenario import Scenario
from hardware.sim.world import World

siren = load("siren")


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return tmp_path / "trace.jsonl"


@pytest.fixture
def buses(trace: Path) -> Iterator[SimBuses]:
    buses = SimBuses(World(Scenario(), SteppedClock()), trace)
    yield buses
    buses.close()


def opened(buses: Any, level: int, **options: Any) -> Any:
    return siren.open(siren.options(**({"pin": 17} | options)), buses, level)


def pin_of(buses: SimBuses) -> Any:
    return buses._pins._factory.pin(17)


def noted(trace: Path) -> list[list[Any]]:
    return [json.loads(line) for line in trace.read_text().splitlines()]


@pytest.mark.parametrize(("active", "sounding"), [("high", 1), ("low", 0)])
def test_it_sounds_for_any_level_and_rests_at_none(buses: SimBuses, active: str, sounding: int) -> None:
    device = opened(buses, 0, active=active)
    shown = []
    for level in (0, 1, 2, 0):
        device.set(level)
        shown.append(int(pin_of(buses).state))
    assert shown == [1 - sounding, sounding, sounding, 1 - sounding]


@pytest.mark.parametrize("active", ["high", "low"])
@pytest.mark.parametrize("level", [0, 1])
def test_it_opens_at_the_restored_level_and_passes_through_no_other(buses: SimBuses, trace: Path, active: str, level: int) -> None:
    opened(buses, level, active=active)
    wanted = int((level > 0) == (active == "high"))
    assert (pin_of(buses).function, int(pin_of(buses).state)) == ("output", wanted)
    assert [line[2] for line in noted(trace)] == [1] * wanted, "a mock pin starts low: the only change there may be is the one to the level"


@pytest.mark.parametrize("end", ["close", "closed twice", "garbage", "closed buses"])
def test_however_it_ends_the_pin_stays_an_output_at_its_level(buses: SimBuses, trace: Path, end: str) -> None:
    device = opened(buses, 1)
    pin = pin_of(buses)
    if end.startswith("close"):
        device.close()
        device.close() if end == "closed twice" else None
    if end == "closed buses":
        buses.close()
    del device
    gc.collect()
    assert (pin.function, int(pin.state)) == ("output", 1)
    assert len(noted(trace)) == 1


@pytest.mark.parametrize("end", ["", "raise SystemExit(1)", "raise RuntimeError('crash')"])
def test_it_goes_on_when_the_process_ends(end: str) -> None:
    """The look is registered before gpiozero is imported, so it runs after gpiozero's own handler."""
    code = f"""
import atexit
atexit.register(lambda: print(pin.function, int(pin.state)))
from gpiozero import Device
from hardware.output import load
from hardware.sim.buses import SimBuses
from hardware.sim.clock import SteppedClock
from hardware.sim.scenario import Scenario
from hardware.sim.world import World
buses, kind = SimBuses(World(Scenario(), SteppedClock())), load("siren")
device = kind.open(kind.options(pin=17), buses, 1)
Device.pin_factory = buses._pins._factory
pin = Device.pin_factory.pin(17)
{end}
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["output", "1"], done.stderr


def test_it_may_be_opened_again_on_the_same_buses_and_goes_on(buses: SimBuses, trace: Path) -> None:
    opened(buses, 1).close()
    device = opened(buses, 1)
    assert len(noted(trace)) == 1, "no gap between the two"
    device.set(0)
    assert [line[:3] for line in noted(trace)] == [["output", "gpio-17", 1], ["output", "gpio-17", 0]]


def test_each_change_is_noted_once_with_the_machines_own_time(buses: SimBuses, trace: Path) -> None:
    device = opened(buses, 0)
    for level in (0, 1, 1, 2, 0, 0):
        device.set(level)
    lines = noted(trace)
    assert [line[:3] for line in lines] == [["output", "gpio-17", 1], ["output", "gpio-17", 0]]
    assert 0 < lines[0][3] <= lines[1][3]


def test_a_pin_that_cannot_be_written_is_an_error_that_says_which(simulate: Any, clock: Any, mocker: Any) -> None:
    buses = simulate(
        '[signals.x]\nkind="constant"\nvalue=1\n[chips.gpio-5]\nkind="contact"\nsignal="x"\nlevel=1\n[[faults]]\nkind="unplugged"\non="gpio"'
    )
    with pytest.raises(PortGone, match="siren on GPIO17: not there"):
        opened(buses, 1)
    healthy = opened(simulate(""), 0)
    mocker.patch.object(healthy._device.pin, "_set_state", side_effect=OSError(5, "Input/output error"))
    with pytest.raises(HardwareError, match="siren on GPIO17"):
        healthy.set(1)


class RecordingLgpio(ModuleType):
    """Enough of lgpio to be imported by gpiozero's own factory; it writes down what is asked of the kernel."""

    class error(Exception):
        """As lgpio's: no OSError."""

    def __init__(self) -> None:
        super().__init__("lgpio")
        self.calls: list[tuple[Any, ...]] = []
        self.level: dict[int, int] = {}
        self.SET_PULL_NONE, self.SET_PULL_UP, self.SET_PULL_DOWN = range(3)
        self.RISING_EDGE, self.FALLING_EDGE, self.BOTH_EDGES = range(1, 4)

    def gpiochip_open(self, chip: int) -> int:
        return 7

    def gpiochip_close(self, handle: int) -> None:
        self.calls.append(("close",))

    def gpio_claim_input(self, handle: int, pin: int, flags: int = 0) -> None:
        self.level.pop(pin, None)
        self.calls.append(("input", pin))

    def gpio_claim_output(self, handle: int, pin: int, level: int = 0) -> None:
        self.level[pin] = level
        self.calls.append(("output", pin, level))

    def gpio_get_mode(self, handle: int, pin: int) -> int:
        return 2 if pin in self.level else 0

    def gpio_write(self, handle: int, pin: int, level: int) -> None:
        if pin not in self.level:
            raise self.error("GPIO not allocated")
        self.level[pin] = level
        self.calls.append(("write", pin, int(level)))


@pytest.fixture
def lgpio(monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordingLgpio]:
    from gpiozero.pins import local

    fake = RecordingLgpio()
    monkeypatch.setitem(sys.modules, "lgpio", fake)
    monkeypatch.setattr(local, "get_pi_revision", lambda: 0xC03111)
    yield fake
    sys.modules.pop("gpiozero.pins.lgpio", None)  # it holds on to the fake


def test_on_the_real_pin_library_it_is_claimed_at_its_level_and_never_released(lgpio: RecordingLgpio) -> None:
    buses = LinuxBuses()
    for active in ("low", "high"):
        device = opened(buses, 1, active=active)
        device.set(1)
        device.close()
    buses.close()
    del device
    gc.collect()
    assert lgpio.calls == [("input", 17), ("output", 17, 0), ("write", 17, 0), ("output", 17, 1), ("write", 17, 1), ("close",)]


def test_an_error_of_the_real_pin_library_is_one_of_our_tree(lgpio: RecordingLgpio, mocker: Any) -> None:
    buses = LinuxBuses()
    device = opened(buses, 0)
    mocker.patch.object(lgpio, "gpio_write", side_effect=lgpio.error("GPIO busy"))
    with pytest.raises(BusError, match=r"siren on GPIO17: the pin cannot be used \(GPIO busy\)"):
        device.set(1)
    buses.close()
