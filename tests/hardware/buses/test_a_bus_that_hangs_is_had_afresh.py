"""Promise: a thread that hangs on a bus keeps its lock and its port for itself: whoever asks after it was forgotten gets the bus at once."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from hardware.buses.linux import LinuxBuses
from hardware.buses.serial import SerialPorts
from hardware.sim.buses import SimBuses
from hardware.sim.clock import SteppedClock
from hardware.sim.scenario import Scenario
from hardware.sim.world import World


@pytest.mark.parametrize("kind", ["sim", "linux"])
def test_an_i2c_bus_held_by_another_thread_is_free_again(kind: str, tmp_path: Path) -> None:
    buses: Any = SimBuses(World(Scenario(), SteppedClock())) if kind == "sim" else LinuxBuses(tmp_path, tmp_path)
    held, go = threading.Event(), threading.Event()
    bus = buses.i2c(1)

    def hang() -> None:
        with bus.claimed():
            held.set()
            go.wait(10)

    thread = threading.Thread(target=hang, daemon=True)
    thread.start()
    assert held.wait(10)
    assert not buses.i2c(1).try_lock(), "the thread that hangs has it"
    buses.forget("i2c-1")
    buses.forget("i2c-7")
    afresh = buses.i2c(1)
    assert afresh is not bus
    assert afresh.try_lock()
    afresh.unlock()
    go.set()
    thread.join(10)


def test_a_serial_port_can_be_opened_again_while_the_first_one_is_open() -> None:
    class Port:
        """One that pyserial opened."""

        in_waiting = 0
        exclusive = True

        def close(self) -> None:
            """Nobody closes it: that might hang as well."""
            raise AssertionError

    opened: list[Port] = []

    def connect(url: str, settings: dict[str, Any]) -> Any:
        assert not any(port.exclusive for port in opened), "the kernel refuses a second one"
        opened.append(Port())
        return opened[-1]

    ports = SerialPorts(connect)
    first = ports.get("/dev/ttyUSB0", {})
    assert first.in_waiting == 0
    ports.forget("/dev/ttyUSB0")
    ports.forget("/dev/ttyUSB9")
    second = ports.get("/dev/ttyUSB0", {"baudrate": 19200})
    assert second is not first
    assert second.in_waiting == 0
    assert len(opened) == 2
