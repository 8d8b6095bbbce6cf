"""A sensor nobody has heard of is sampled, and tested, after its driver and its simulated chip were dropped into place; no other file is touched.

The house is copied, so that what is dropped is really the only difference; the commands are then run as a person would run them. For the tests of the
house an example is dropped beside the others, in which the sensor reads well: they find it by its name, as they find the driver by its own.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.clock import real
from tests.house.source import ROOT

DRIVER = '''"""A TMP102 temperature sensor on I2C: twelve bits, left-aligned, 1/16 degree (Texas Instruments SBOS397).

    [[sensor]]
    name = "air"
    driver = "tmp102"
    address = 0x49
"""

from __future__ import annotations

import msgspec

from hardware.sample import Channel, Sample


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """i2c: number of the bus. address: 0x48 to 0x4b."""

    i2c: int = 1
    address: int = 0x48

    def bus(self) -> str:
        """The physical bus."""
        return f"i2c-{self.i2c}"

    def claims(self) -> tuple[str, ...]:
        """The whole chip."""
        return (f"i2c-{self.i2c}:0x{self.address:02x}",)

    def channels(self) -> tuple[Channel, ...]:
        """The temperature; raw counts sixteenths of a degree."""
        return (Channel("temperature", "temperature", "Cel", 2, -40.0, 125.0, 0.0625),)


class Driver:
    """One sensor."""

    def __init__(self, options, buses, clock) -> None:
        self.channels = options.channels()
        self._bus, self._address = buses.i2c(options.i2c), options.address

    def read(self) -> list[Sample]:
        """The register, now."""
        raw = int.from_bytes(self._bus.transfer(self._address, b"\\x00", 2), "big", signed=True) >> 4
        return [Sample("temperature", raw, self.channels[0].value(raw))]

    def close(self) -> None:
        """Nothing of its own."""
'''
CHIP = '''"""A simulated TMP102, from its data sheet: the temperature register, big-endian, the upper twelve bits."""

from __future__ import annotations

import errno

import msgspec

from hardware.sim.faults import ON_SIGNALS, Nak, Off


class Wiring(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """signal: degrees Celsius."""

    signal: str


class Chip:
    """One sensor."""

    def __init__(self, name, wiring, world) -> None:
        self.faults = {name: (Off, Nak, *ON_SIGNALS)}
        self._name, self._wiring, self._world = name, wiring, world

    def transfer(self, out: bytes, count: int) -> bytes:
        """Any read gives the temperature; nobody acknowledges where it has no supply."""
        if self._world.fault(self._name, Nak) or self._world.fault(self._name, Off):
            raise OSError(errno.EREMOTEIO, "no acknowledge")
        raw = round(self._world.sensed(self._name, self._wiring.signal, self._world.now()) * 16)
        self._world.completed(self._name, raw)
        return (raw << 4 & 0xFFFF).to_bytes(2)[:count]
'''
EXAMPLE = """
[options]
address = 0x49
[signals.air]
kind = "constant"
value = -5.25
[chips."i2c-1:0x49"]
kind = "tmp102_chip"
signal = "air"
"""
SCENARIO = """
title = "A new sensor"
lasts = "60 s"
config = "new.gateway.toml"
[signals.air]
kind = "constant"
value = -5.25
[chips."i2c-1:0x49"]
kind = "tmp102_chip"
signal = "air"
"""
CONFIG = """
[node]
site = "a"
name = "b"
[[sensor]]
name = "air"
driver = "tmp102"
address = 0x49
[[alarm]]
name = "frost"
series = "air"
direction = "falling"
a1 = 0.0
"""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    for package in ("hardware", "gateway"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "hardware/drivers/tmp102.py").write_text(DRIVER)
    (tmp_path / "hardware/sim/tmp102_chip.py").write_text(CHIP)
    (tmp_path / "new.toml").write_text(SCENARIO)
    (tmp_path / "new.gateway.toml").write_text(CONFIG)
    return tmp_path


@pytest.fixture
def tested(house: Path) -> Path:
    """The house with its tests, and the example beside those of the others."""
    shutil.copytree(ROOT / "tests", house / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", house)
    (house / "tests/hardware/examples/tmp102.toml").write_text(EXAMPLE)
    return house


def edge_gateway(house: Path, *words: str) -> str:
    done = subprocess.run([sys.executable, "-m", "gateway", *words], cwd=house, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_is_listed_explained_configured_and_read(house: Path) -> None:
    assert "tmp102" in edge_gateway(house, "drivers")
    assert "sixteenths" not in edge_gateway(house, "drivers", "loop_4_20ma")
    assert "SBOS397" in edge_gateway(house, "drivers", "tmp102")
    assert "air: temperature in Cel, -40 to 125" in edge_gateway(house, "check", "new.gateway.toml")
    line = edge_gateway(house, "read", "--sim", "new.toml")
    assert "-5.25 Cel" in line
    assert "raw -84" in line
    assert "good" in line


def test_a_node_samples_it(house: Path) -> None:
    """`run --sim` with the whole node, and what `status` tells of it."""
    command = [sys.executable, "-m", "gateway", "run", "--sim", "new.toml", "--state", "own"]
    with (house / "log").open("wb") as log:
        node = subprocess.Popen(command, cwd=house, stdout=log, stderr=log)
    try:
        end = real() + 30
        while "-5.25 Cel" not in (told := _status(house)) and real() < end and node.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                node.wait(0.1)
        assert "air" in told, (house / "log").read_text()
        assert "-5.25 Cel" in told, told
    finally:
        node.send_signal(signal.SIGTERM)
        assert node.wait(20) == 0, (house / "log").read_text()


def _status(house: Path) -> str:
    """Its exit code is 1 here: the frost alarm stands."""
    words = [sys.executable, "-m", "gateway", "status", "--runtime", "own/run"]
    return subprocess.run(words, cwd=house, capture_output=True, text=True, timeout=60, check=False).stdout


CONTRACT, PARSERS, FAULTS = (
    "tests/hardware/test_every_driver_keeps_the_contract.py",
    "tests/hardware/drivers/test_every_parser_finds_its_frames_in_any_bytes.py",
    "tests/hardware/test_each_driver_sees_the_faults_it_claims.py",
)


@pytest.mark.parametrize(
    ("file", "chosen", "least"),
    [(CONTRACT, "tmp102", 9), (PARSERS, "example", 2), (FAULTS, "tmp102 or bench", 4)],
    ids=["contract", "parsers", "faults"],
)
def test_the_tests_of_the_house_take_it_in(tested: Path, file: str, chosen: str, least: int) -> None:
    """Without a line for it anywhere. least: so many tests at least were for it."""
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", file, "-k", chosen]
    done = subprocess.run(words, cwd=tested, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert int(re.findall(r"(\d+) passed", done.stdout)[0]) >= least


def test_rounds_on_a_clock_nobody_waits_for(house: Path) -> None:
    """The sampler, not the command: many rounds, on a clock that nobody waits for."""
    script = """
import json, tomllib
from pathlib import Path
from gateway import config
from gateway.sampler import Sampler, Sensor
from hardware import driver
from hardware.sim.buses import SimBuses
from hardware.sim.clock import SteppedClock
from hardware.sim.scenario import parse
from hardware.sim.world import World
found = config.load(Path("new.gateway.toml"))
mounted = found.sensors[0]
clock, rounds = SteppedClock(), []
buses = SimBuses(World(parse(tomllib.loads(Path("new.toml").read_text())), clock, 1))
sensor = Sensor("air", driver.load(mounted.sensor.driver), mounted.options, 1.0, {"temperature": 0})
sampler = Sampler("i2c-1", [sensor], buses, clock, rounds.append)
for _ in range(20):
    clock.advance(sampler.step(clock.monotonic()) - clock.monotonic())
print(json.dumps([[s.sample.value for s in round_] for round_ in rounds]))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=house, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [[-5.25]] * 20
