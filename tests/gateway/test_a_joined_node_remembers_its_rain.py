"""Promise: a node that is stopped and started again in the same boot goes on with its rolling sums; after a power cut it begins anew and tells it."""

import shutil
import tomllib
from pathlib import Path

from gateway.app import App, Machine
from gateway.config import load
from gateway.machine import broker_of
from gateway.model import Flag
from gateway.outbox import RealDisk
from gateway.recall import FILE
from gateway.uplink import MqttLink
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
name = "gauge"
driver = "tipping_bucket"
period = "1 s"
pin = 6
mm_per_tip = 0.2
[[derived]]
name = "rain.1min"
kind = "sum"
from = "gauge.rain"
window = "1 min"
"""
SCENE = """
[signals.mm_per_h]
kind = "steps"
steps = [[0, 72.0]]
[chips.gpio-6]
kind = "tipping_bucket"
signal = "mm_per_h"
mm_per_tip = 0.2
"""


class Life:
    """One life of a node, stepped."""

    def __init__(self, folder: Path, clock: SteppedClock) -> None:
        (folder / "gateway.toml").write_text(CONFIG.format(folder))
        config = load(folder / "gateway.toml")
        buses = SimBuses(World(parse(tomllib.loads(SCENE)), clock))
        disks = RealDisk(folder / "state"), RealDisk(folder / "run")
        self.clock = clock
        self.app = App(config, Machine("m", clock, buses, *disks, lambda: MqttLink(broker_of(config), "n"), simulated=True))

    def live(self, until: float) -> float:
        """Up to a moment; gives the sum then."""
        (sampler,) = self.app.samplers
        while self.clock.monotonic() < until:
            upcoming = sampler.step(self.clock.monotonic())
            for worker in (self.app.guard, self.app.recall):
                worker.step(self.clock.monotonic())
            self.clock.advance(max(0.0, upcoming - self.clock.monotonic()))
        self.newest = next(reading for reading, _ in self.app.guard.newest.values() if self.app.care.table.series[reading.series].name == "rain.1min")
        assert self.newest.value is not None
        return self.newest.value


def told(life: Life) -> list[str]:
    """What the node has to say."""
    return [getattr(fact, "what", "") for fact in life.app.facts.drain()]


def test_it_goes_on_after_a_restart_and_not_after_a_power_cut(tmp_path: Path) -> None:
    clock = SteppedClock()
    first = Life(tmp_path, clock)
    assert "memory_begins_anew" in told(first)
    before = first.live(90.0)
    assert before >= 1.0
    assert not first.newest.flags & Flag.PARTIAL
    assert (tmp_path / "run" / FILE).exists(), "written while it runs"
    assert first.app.stop()
    second = Life(tmp_path, clock)
    assert "memory_begins_anew" not in told(second)
    after = second.live(95.0)
    assert abs(after - before) <= 0.4
    assert second.newest.flags & Flag.PARTIAL
    second.app.stop()
    shutil.rmtree(tmp_path / "run")
    third = Life(tmp_path, clock)
    assert "memory_begins_anew" in told(third)
    third.app.stop()
