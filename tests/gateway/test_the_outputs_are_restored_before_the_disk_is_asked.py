"""Promise: what the runtime directory tells of the alarms is shown by the outputs before anything is asked of the disk; guard takes them over as they
are; one that cannot be opened yet is guard's to try again."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
import pytest

from gateway.config import Config, build
from gateway.early import restored
from gateway.remembrance import RuntimeMemory, watches
from gateway.rules import Kept, Watch
from hardware.errors import HardwareError
from hardware.sim.buses import SimBuses
from hardware.sim.clock import SteppedClock
from hardware.sim.scenario import parse
from hardware.sim.world import World

BOOT = "0123456789ab"
CONFIG = """
[node]
site = "daegu"
name = "n1"
state = "{0}/state"
runtime = "{0}"
[[sensor]]
name = "float"
driver = "float_switch"
period = "1 s"
pin = 5
normal = "open"
[[alarm]]
name = "flood"
series = "float"
a1 = 1.0
outputs = ["siren"]
[[output]]
name = "siren"
kind = "siren"
pin = 17
"""


class Copper(SimBuses):
    """Buses whose pins remember that they were asked for, and may be missing."""

    def __init__(self) -> None:
        super().__init__(World(parse({}), SteppedClock()))
        self.missing = False
        self.asked = 0

    def pin(self, number: int, owner: str) -> object:
        self.asked += 1
        if self.missing:
            raise HardwareError(f"GPIO {number} is busy")
        return super().pin(number, owner)

    def level(self) -> int:
        return int(super().pin(17, "siren on GPIO17").pin(17).state)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return build(tomllib.loads(CONFIG.format(tmp_path)), tmp_path / "gateway.toml", "00000000")


def alarmed(config: Config, runtime: Path) -> None:
    """What a process left in which the alarm stood."""
    memory = RuntimeMemory(runtime, BOOT)
    (watch,) = watches(config.alarms, config.table(), memory, [])
    state = msgspec.structs.replace(watch.state, active=True, acked=False, level=1, occurrence=1)
    memory.save([Watch(watch.rule, watch.condition, Kept(state))])


def test_they_show_what_they_showed(config: Config, tmp_path: Path) -> None:
    alarmed(config, tmp_path)
    buses = Copper()
    openers = restored(config, buses, BOOT)
    assert buses.level() == 1
    siren = openers["siren"](1)
    assert (buses.level(), buses.asked) == (1, 1), "guard has the one that is open"
    siren.set(0)
    assert buses.level() == 0


def test_guard_knows_better_by_then(config: Config, tmp_path: Path) -> None:
    alarmed(config, tmp_path)
    buses = Copper()
    restored(config, buses, BOOT)["siren"](0)
    assert buses.level() == 0


def test_without_a_memory_nothing_is_opened_before_the_lane_is_read(config: Config) -> None:
    buses = Copper()
    openers = restored(config, buses, BOOT)
    assert buses.asked == 0
    openers["siren"](1)
    assert buses.level() == 1


def test_one_that_cannot_be_opened_yet_is_tried_again(config: Config, tmp_path: Path) -> None:
    alarmed(config, tmp_path)
    buses = Copper()
    buses.missing = True
    openers = restored(config, buses, BOOT)
    with pytest.raises(HardwareError):
        openers["siren"](1)
    buses.missing = False
    openers["siren"](1)
    assert buses.level() == 1
