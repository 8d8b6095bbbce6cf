"""A USB serial sensor that is pulled out and plugged in again, under another device name, gives values again within five seconds.

The port is a real one (a pseudo-terminal behind the name that udev would give), opened by the real bus through pyserial, read by the real sampler
on the machine's own clock.
"""

from __future__ import annotations

import os
import pty
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from gateway.clock import SystemClock
from gateway.model import Sampled
from gateway.sampler import Sampler, Sensor
from hardware.buses.linux import LinuxBuses
from hardware.buses.serial import SharedSerial
from hardware.driver import load
from hardware.errors import PortGone
from hardware.sample import Reason

pytestmark = pytest.mark.slow
NAME = "serial/by-id/usb-sonar"
FRAME = bytes.fromhex("FF07A1A7")
EVERY = 0.1
WITHIN = 5.0


class Plug:
    """A sensor in a USB port: talks ten times a second until it is pulled out."""

    def __init__(self, dev: Path) -> None:
        self._link = dev / NAME
        self._link.parent.mkdir(parents=True, exist_ok=True)
        self._master, slave = pty.openpty()
        self.device = os.ttyname(slave)
        self._slave = slave
        self._link.symlink_to(self.device)
        self._pulled = threading.Event()
        self._talker = threading.Thread(target=self._talk, name="sonar")
        self._talker.start()

    def _talk(self) -> None:
        while not self._pulled.wait(EVERY):
            os.write(self._master, FRAME)

    def pull(self) -> None:
        """The device file vanishes, and with it the line."""
        if self._pulled.is_set():
            return
        self._pulled.set()
        self._talker.join(5)
        self._link.unlink()
        os.close(self._slave)
        os.close(self._master)


def test_values_come_again_within_five_seconds(tmp_path: Path) -> None:
    clock = SystemClock()
    family = load("ultrasonic_ff4")
    options = msgspec.convert({"port": f"/dev/{NAME}", "model": "a02yyuw", "pings": 1}, family.options)
    buses = LinuxBuses(tmp_path)
    rounds: list[list[Sampled]] = []
    sampler = Sampler(options.bus(), [Sensor("sonar", family, options, 0.5, {"distance": 0})], buses, clock, rounds.append)
    first = Plug(tmp_path)
    held = [os.open(os.devnull, os.O_RDONLY)]

    def until(good: bool, within: float) -> float:
        """Step until a round is good, or is not; how long that took."""
        begun = clock.monotonic()
        while True:
            clock.sleep(sampler.step(clock.monotonic()) - clock.monotonic())
            took = clock.monotonic() - begun
            if all(sampled.sample.value == 1953.0 for sampled in rounds[-1]) is good:
                return took
            assert took < within, rounds[-1]

    try:
        until(True, WITHIN)
        first.pull()
        until(False, WITHIN)
        for _ in range(6):  # long enough for every later wait to be the longest one
            until(False, WITHIN)
        assert {sampled.sample.reason for round_ in rounds for sampled in round_ if sampled.sample.value is None} == {Reason.PORT_GONE}
        held += os.openpty()  # whatever number the kernel gives next is taken: the name must not matter
        second = Plug(tmp_path)
        try:
            assert second.device != first.device
            assert until(True, WITHIN) < WITHIN
        finally:
            second.pull()
    finally:
        first.pull()
        sampler.close()
        buses.close()
        for file in held:
            os.close(file)


@pytest.mark.parametrize("act", [SharedSerial.reset_input_buffer, SharedSerial.read, lambda port: port.write(b"?"), lambda port: port.in_waiting])
def test_whatever_is_done_to_a_pulled_port_says_that_it_is_gone(tmp_path: Path, act: Callable[[SharedSerial], object]) -> None:
    """pyserial reports some of these by errors that are no OSError."""
    buses, plug = LinuxBuses(tmp_path), Plug(tmp_path)
    try:
        port = buses.serial(f"/dev/{NAME}", baudrate=9600, timeout=0.1)
        port.reset_input_buffer()
        plug.pull()
        with pytest.raises(PortGone):
            act(port)
    finally:
        plug.pull()
        buses.close()
