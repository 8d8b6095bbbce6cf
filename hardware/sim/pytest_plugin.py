"""Fixtures to test a driver on simulated copper, in this repository or in another: `pytest_plugins = ["hardware.sim.pytest_plugin"]`.

Time is stepped: nothing waits, and a hanging chip costs a test no second.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hardware.sim.buses import SimBuses
from hardware.sim.clock import SteppedClock
from hardware.sim.scenario import parse
from hardware.sim.world import World


@pytest.fixture
def clock() -> SteppedClock:
    """A clock that moves only when something waits."""
    return SteppedClock()


@pytest.fixture
def reads(tmp_path: Path) -> Path:
    """The account file of the simulated world: one line per completed read."""
    return tmp_path / "reads.jsonl"


@pytest.fixture
def simulate(clock: SteppedClock, reads: Path, tmp_path: Path) -> Iterator[Callable[..., SimBuses]]:
    """Build a world from the text of a scenario: `buses = simulate('''[signals.x] ...''', seed=1)`; its world is `buses.world`."""
    built: list[SimBuses] = []

    def build(scenario: str, seed: int = 0) -> SimBuses:
        built.append(SimBuses(World(parse(tomllib.loads(scenario), tmp_path), clock, seed, reads)))
        return built[-1]

    yield build
    for buses in built:
        buses.close()


@pytest.fixture
def pins(simulate: Callable[..., SimBuses]) -> Any:
    """gpiozero's mock pins: `pins.pin('GPIO17').drive_high()`."""
    return simulate("").pin(27, "the fixture `pins`")
