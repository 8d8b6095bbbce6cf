"""Promise: on a line at the wrong speed, or full of noise without end, no serial sensor gives a value, and no reading spins or waits for ever.

The sensors are those of the drivers' own examples. The noise is random bytes back to back at the speed of the line, from a fixed seed.
"""

from __future__ import annotations

import random
from contextlib import suppress
from typing import Any

import pytest

from hardware.errors import HardwareError
from hardware.sample import Sample
from hardware.sim.serial_port import BITS, SimulatedPort
from tests.hardware.test_every_driver_keeps_the_contract import Example, examples, opened, world

SERIAL = [name for name in examples() if Example(name).options.bus().startswith("serial")]
SEED = 20261122
"""A sum of one byte lets one window in 65,536 pass, with a header of two bytes one in 16 million: one seed, and nothing left to luck."""
SPEEDS = (1200, 2400, 4800, 19200, 38400, 57600)
READINGS = 30
LOOKS = 3000
"""Looks at the port that one reading may take: the longest waits some seconds, a tenth of a second at a time, and looks at each byte meanwhile."""
LONGEST = 20.0
"""Seconds that one reading may last."""


class Noise:
    """What talks instead of the sensor: random bytes, without a pause, for ever."""

    def __init__(self, seed: int, baud: int) -> None:
        self._dice = random.Random(seed)
        self._byte = BITS / baud
        self._said = 0.0

    def heard(self, data: bytes, at: float) -> None:
        """Noise listens to nobody."""

    def taken(self, data: bytes) -> None:
        """No reading of anything."""

    def say(self, until: float) -> list[tuple[float, bytes]]:
        """Bytes up to now; those that nobody could have kept are not even made."""
        self._said = max(self._said, until - 8192 * self._byte)
        count = int((until - self._said) / self._byte)
        begun, self._said = self._said, self._said + count * self._byte
        return [(begun, self._dice.randbytes(count))] if count else []


def readings(driver: Any, clock: Any, looks: list[int]) -> list[Sample]:
    """Everything it says in READINGS readings, each of which ends soon and without spinning."""
    said: list[Sample] = []
    for _ in range(READINGS):
        looks.clear()
        begun = clock.scenario()
        with suppress(HardwareError):
            said += driver.read()
        assert clock.scenario() - begun <= LONGEST
        assert len(looks) <= LOOKS
        clock.advance(1.0)
    return said


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each look at a port."""
    noted: list[int] = []
    read = SimulatedPort.read
    monkeypatch.setattr(SimulatedPort, "read", lambda self, size=1: noted.append(size) or read(self, size))
    return noted


def quiet(name: str) -> Example:
    """The example; what belongs to a moment (a settling time) has no place here."""
    sensor = Example(name)
    sensor.settle = 0.0
    return sensor


@pytest.mark.parametrize("baud", SPEEDS)
@pytest.mark.parametrize("name", SERIAL)
def test_at_the_wrong_speed(name: str, baud: int, simulate: Any, clock: Any, looks: list[int]) -> None:
    sensor = quiet(name)
    port = sensor.options.bus()
    try:
        buses = world(simulate, sensor, f'[[faults]]\nkind = "speed"\non = "{port}"\nbaud = {baud}\n')
        driver = opened(sensor, buses, clock)
    except HardwareError:
        return  # one that asks while it is opened has found out already
    if buses._serial._ports[port.removeprefix("serial:")][1]["baudrate"] == baud:
        pytest.skip("its own speed")
    assert [sample for sample in readings(driver, clock, looks) if sample.value is not None] == []


@pytest.mark.parametrize("name", SERIAL)
def test_in_noise_without_end(name: str, simulate: Any, clock: Any, looks: list[int]) -> None:
    sensor = quiet(name)
    buses = world(simulate, sensor)
    port = sensor.options.bus()
    buses.world.chips[port] = Noise(SEED, 9600)
    try:
        driver = opened(sensor, buses, clock)
    except HardwareError:
        return
    assert [sample for sample in readings(driver, clock, looks) if sample.value is not None] == []
