"""A whole node on simulated chips without its threads: each worker steps when it is due or woken, on a clock that waits for nobody."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gateway.app import App, Machine
from gateway.config import load
from gateway.contract.messages import Alarm
from gateway.machine import broker_of
from gateway.model import Reading
from gateway.outbox import RealDisk
from gateway.uplink import MqttLink
from hardware.sim.buses import SimBuses
from hardware.sim.clock import BOOT_OFFSET, SteppedClock
from hardware.sim.scenario import parse
from hardware.sim.world import World

WAKING = 1e-6
"""Seconds that a thread takes to wake up: none is ever exactly in time."""


class Node:
    """One life of a node. readings, alarms, notices: what guard and the workers handed on so far; times are scenario seconds. aside: workers that
    never step: their seat is woken and nobody comes."""

    def __init__(self, folder: Path, config: str, scene: str, clock: SteppedClock, aside: Sequence[str] = ()) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        text = f'[node]\nsite = "daegu"\nname = "n1"\nstate = "{folder}/state"\nruntime = "{folder}/run"\n{config}'
        (folder / "gateway.toml").write_text(text)
        made = load(folder / "gateway.toml")
        buses = SimBuses(World(parse(tomllib.loads(scene)), clock))
        disks = RealDisk(folder / "state"), RealDisk(folder / "run")
        self.clock = clock
        self.app = App(made, Machine("m", clock, buses, *disks, lambda: MqttLink(broker_of(made), "n"), simulated=True))
        names = ["guard", *(sampler.bus for sampler in self.app.samplers), "blackbox", "recall"]
        self._due = {name: 0.0 for name in names if name not in aside}
        self.readings: list[Reading] = []
        self.alarms: list[Alarm] = []
        self.notices: list[tuple[str, str, str]] = []

    def until(self, second: float) -> None:
        """Live up to a moment of the scenario."""
        while self.clock.scenario() < second:
            if sum(self._stepped(name) for name in self._due) == 0:
                upcoming = min(*self._due.values(), BOOT_OFFSET + second)
                self.clock.advance(max(0.0, upcoming - self.clock.monotonic()) + WAKING)
            self._drain()

    def _stepped(self, name: str) -> bool:
        """Step a worker where it is due or woken."""
        seat = self.app.supervisor.seats[name]
        if not seat.wake.is_set() and self._due[name] > self.clock.monotonic():
            return False
        seat.wake.clear()
        self._due[name] = seat.worker.step(self.clock.monotonic())
        return True

    def _drain(self) -> None:
        self.readings += [labelled.reading for labelled in self.app.readings.drain()]
        self.alarms += self.app.alarms.drain()
        said: list[Any] = [fact for fact in self.app.facts.drain() if hasattr(fact, "what")]
        self.notices += [(fact.what, fact.where, fact.detail) for fact in said]

    def read(self, series: str) -> list[float]:
        """When a series was read, scenario seconds."""
        place = next(index for index, info in enumerate(self.app.care.table.series) if info.name == series)
        return [round(reading.ms / 1000 - BOOT_OFFSET, 3) for reading in self.readings if reading.series == place]

    def changes(self) -> list[tuple[str, str, float]]:
        """Rule, what happened, when."""
        return [(alarm.rule, alarm.change, round(alarm.mono - BOOT_OFFSET, 3)) for alarm in self.alarms]
