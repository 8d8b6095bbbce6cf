"""A scenario as a machine to run on: the same App on simulated copper. App cannot tell it from a Pi but by the mark `simulated`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import msgspec

from gateway.app import Machine
from gateway.clock import real
from gateway.config import Config
from gateway.demo import handover
from gateway.demo.scenario import BadScenario, Plan
from gateway.demo.scenario import load as load_scenario
from gateway.machine import simulated
from hardware.buses import OpenBuses
from hardware.errors import Refused
from hardware.sim import scenario
from hardware.sim.buses import SimBuses
from hardware.sim.clock import BOOT_OFFSET, ScaledClock, SteppedClock
from hardware.sim.world import World


class Simulation:
    """A scenario ready to be run on: its configuration file, and its machine once the configuration is read."""

    def __init__(self, path: Path, plan: Plan, note: handover.Handover) -> None:
        self.config = path.parent / plan.config
        self._path = path
        self._plan = plan
        self._note = note

    def settle(self, config: Config) -> Config:
        """The configuration with the places and the broker of this run."""
        note = self._note
        replace = msgspec.structs.replace
        node = replace(config.node, state=note.state or config.node.state, runtime=note.runtime or config.node.runtime)
        hub = replace(config.hub, url=note.broker) if note.broker else config.hub
        return replace(config, node=node, hub=hub)

    def machine(self, config: Config) -> Machine:
        """The simulated machine; BadScenario where the scenario's copper is wrong."""
        note = self._note
        clock = ScaledClock(note.origin, note.speed, note.boot, note.booted, self._wall())
        try:
            world = World(scenario.load(self._path), clock, note.seed, Path(note.reads) if note.reads else None)
        except Refused as error:
            raise BadScenario(f"{self._path}: {error}") from error
        begin, end = (at - note.booted + BOOT_OFFSET for at in (0.0, note.until))
        trace = Path(note.trace) if note.trace else None
        return simulated(config, clock, SimBuses(world, trace), (begin, end), trace, note.card)

    def _wall(self) -> Callable[[float], tuple[float, str]]:
        plan, booted = self._plan.clock, self._note.booted

        def wall(scenario: float) -> tuple[float, str]:
            if plan.ntp and scenario - booted >= plan.ntp_after:
                return plan.utc + scenario, "ntp"
            return plan.free_utc + scenario - booted, "free"

        return wall


def simulation(path: Path, speed: float, seed: int, note: Path | None) -> Simulation:
    """Read a scenario to run on; without a note of a conductor the run starts now, on one boot, with the scenario's own places."""
    plan, _ = load_scenario(path)
    if note is not None:
        return Simulation(path, plan, handover.load(note))
    boot = hashlib.blake2b(f"{path}/{seed}/{real()}".encode(), digest_size=6).hexdigest()
    own = handover.Handover(
        origin=real(), speed=speed, seed=seed, boot=boot, booted=0.0, until=float("inf"), state="", runtime="", broker="", reads="", trace=""
    )
    return Simulation(path, plan, own)


def copper(path: Path) -> tuple[Path, Callable[[], OpenBuses], SteppedClock]:
    """A scenario's configuration file, what opens its buses from scenario time 0 on, and a clock that nobody waits for: to read its chips by hand."""
    plan, _ = load_scenario(path)
    clock = SteppedClock()
    world = World(scenario.load(path), clock)
    return path.parent / plan.config, lambda: SimBuses(world), clock
