"""Promise: a bus whose thread hangs is left out at once, without a restart: its alarms say that they do not protect, somebody is told what to do, the
other buses lose nothing; it is tried again after a minute, from the third hang within an hour on after an hour."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway import app as joined
from gateway.app import App, Machine
from gateway.clock import real
from gateway.config import load
from gateway.machine import broker_of
from gateway.outbox import RealDisk
from gateway.quarantine import AGAIN, HANGS, HOUR, LEFT_BEHIND, Isolated
from gateway.serve import Brake, look
from gateway.status.words import faults, understood
from gateway.uplink import MqttLink
from gateway.watchdog import Watchdog
from hardware.sim.buses import SimBuses
from hardware.sim.clock import SteppedClock
from hardware.sim.scenario import parse
from hardware.sim.world import World

CONFIG = """
[node]
site = "daegu"
name = "n1"
state = "{0}/state"
runtime = "{0}/run"
[[sensor]]
name = "gas"
driver = "loop_4_20ma"
period = "1 s"
quantity = "carbon_monoxide"
unit = "[ppm]"
low = 0.0
high = 500.0
[[sensor]]
name = "float"
driver = "float_switch"
period = "1 s"
pin = 5
normal = "open"
[[alarm]]
name = "co"
series = "gas"
a1 = 30.0
fault_after = "3 s"
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
SCENE = """
[signals.level]
kind = "steps"
steps = [[0, 0.0], [30, 120.0], [60, 0.0]]
[signals.co]
kind = "constant"
value = 20.0
[chips.gpio-5]
kind = "contact"
signal = "level"
level = 100.0
[chips."i2c-1:0x48"]
kind = "ads1115"
[chips."i2c-1:0x48".inputs.A0]
kind = "loop"
signal = "co"
lrv = 0.0
urv = 500.0
"""
Start = Callable[[], "Life"]


class Life:
    """One process of the node, its workers stepped by hand on the scenario's clock; real time is the scenario's, too."""

    def __init__(self, folder: Path, clock: SteppedClock) -> None:
        config = load(folder / "gateway.toml")
        self.clock, self.runtime = clock, folder / "run"
        self.buses = SimBuses(World(parse(tomllib.loads(SCENE)), clock))
        disks = RealDisk(folder / "state"), RealDisk(folder / "run")
        self.app = App(config, Machine("m", clock, self.buses, *disks, lambda: MqttLink(broker_of(config), "n"), simulated=True))
        self.app.supervisor.start = lambda seat: None  # type: ignore[method-assign]

    def live(self, seconds: float) -> None:
        end = self.clock.monotonic() + seconds
        while self.clock.monotonic() < end:
            upcoming = min(sampler.step(self.clock.monotonic()) for sampler in self.app.samplers)
            self.app.guard.step(self.clock.monotonic())
            self.clock.advance(max(0.0, upcoming - self.clock.monotonic()))

    def hang(self, *seats: str) -> bool:
        """These miss their deadline; whether the process goes on."""
        for name, seat in self.app.supervisor.seats.items():
            seat.beat = real() - (1e6 if name in seats else 0.0)
        return look(self.app, Watchdog({}), Brake(self.runtime, "0123456789ab", self.clock.monotonic))

    def die(self) -> None:
        """The process ends."""
        self.app.blame()
        self.app.stop()

    def told(self) -> list[str]:
        return [getattr(fact, "what", "") for fact in self.app.facts.drain()]

    def alarms(self) -> dict[str, str]:
        return {watch.rule.name: watch.state.name + (" FAULT" if watch.fault else "") for watch in self.app.guard.watches}


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    (tmp_path / "gateway.toml").write_text(CONFIG.format(tmp_path))
    clock = SteppedClock()
    monkeypatch.setattr(joined, "real", clock.monotonic)
    lives: list[Life] = []

    def begin() -> Life:
        lives.append(Life(tmp_path, clock))
        return lives[-1]

    yield begin
    for life in lives[-1:]:
        life.app.stop()


def test_it_is_left_out_at_once_and_the_flood_switch_goes_on(start: Start) -> None:
    life = start()
    life.live(3)
    opened = dict(life.buses._i2c)
    life.told()
    assert life.hang("i2c-1"), "no restart"
    assert life.told() == ["bus_hangs"]
    life.live(10)
    assert life.alarms() == {"co": "NORMAL FAULT", "flood": "NORMAL"}
    assert not life.buses._i2c, "what the thread that hangs holds is forgotten, and nothing opened the bus"
    life.live(25)
    assert life.alarms() == {"co": "NORMAL FAULT", "flood": "UNACK"}
    assert life.app.guard.shown == {"siren": 1}
    life.live(30)
    assert life.buses._i2c.keys() == opened.keys(), "a minute later it is tried again"
    assert life.buses._i2c[1] is not opened[1], "afresh: the thread that hangs still holds the first one"
    assert life.told()[-1] == "bus_tried_again"
    assert life.alarms()["co"] == "NORMAL"


def left_out(start: Start) -> Life:
    """A process in which the bus has hung three times."""
    life = start()
    for number in range(HANGS):
        assert "bus_quarantined" not in life.told(), f"after {number} hangs"
        life.live(AGAIN + 5)
        assert life.hang("i2c-1")
    return life


def test_the_third_time_it_is_left_out_for_an_hour_also_by_the_next_process(start: Start) -> None:
    life = left_out(start)
    assert life.told().count("bus_quarantined") == 1
    life.buses._i2c.clear()
    life.live(10 * AGAIN)
    assert not life.buses._i2c
    assert "i2c-1 LEFT OUT" in life.app.line()
    life.die()
    after = start()
    after.live(10)
    assert not after.buses._i2c
    assert after.alarms()["co"] == "NORMAL FAULT"


def test_it_is_told_in_words_with_what_to_do(start: Start) -> None:
    life = left_out(start)
    life.live(1)
    shot = json.loads(json.dumps(life.app.report.snapshot()))
    (fault,) = [fault for fault in faults(understood(shot)) if fault.startswith("i2c-1")]
    assert "left out for 60 min" in fault
    assert "wiring and supply" in fault
    assert life.app.report.health().threads["i2c-1"]["left_out"] == pytest.approx(HOUR, abs=5)


def test_after_an_hour_the_same_process_reads_it_again(start: Start) -> None:
    life = left_out(start)
    life.buses._i2c.clear()
    life.live(HOUR - 10)
    assert not life.buses._i2c
    life.live(20)
    assert life.buses._i2c
    assert life.told()[-1] == "bus_tried_again"
    assert life.alarms()["co"] == "NORMAL"
    life.hang("i2c-1")
    assert life.told() == ["bus_quarantined"], "one hang in its trial puts it back"


def test_when_everything_hangs_no_bus_is_blamed(start: Start) -> None:
    for _ in range(4):
        life = start()
        assert not life.hang("i2c-1", "guard")
        life.die()
    assert not any(isinstance(sampler, Isolated) for sampler in start().app.samplers)


def test_a_process_that_has_left_many_threads_behind_is_started_again(start: Start) -> None:
    life = start()
    assert all(life.hang("i2c-1") for _ in range(LEFT_BEHIND))
    assert not life.hang("i2c-1")
