"""An output on simulated pins and a stepped clock, with the witness that notes every change of a pin."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from hardware.output import Output, load
from hardware.quantities import convert
from hardware.sim.buses import SimBuses
from hardware.sim.clock import SteppedClock
from hardware.sim.scenario import Scenario
from hardware.sim.world import World

PIN = 17


class Bench:
    """One simulated computer; `open` builds outputs on it, `run` steps one as guard does: at the moment it asked for."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace
        self.clock = SteppedClock()
        self.buses = SimBuses(World(Scenario(), self.clock), trace)

    def open(self, kind: str, level: int = 0, spent: bool = False, **options: Any) -> Output:
        """An output of a kind on PIN, with options as they are written in a configuration."""
        door = load(kind)
        return door.open(msgspec.convert({"pin": PIN} | options, door.options, dec_hook=convert), self.buses, level, spent)

    def pin(self, number: int = PIN) -> Any:
        """The simulated pin."""
        return self.buses._pins._factory.pin(number)

    def level(self, number: int = PIN) -> int:
        """What the pin shows."""
        assert self.pin(number).function == "output"
        return int(self.pin(number).state)

    def noted(self) -> list[int]:
        """Levels of every change that the witness saw, over all pins."""
        return [json.loads(line)[2] for line in self.trace.read_text().splitlines()]

    def run(self, output: Output, seconds: float, number: int = PIN) -> Iterator[tuple[float, int]]:
        """Step until so many seconds have passed; gives the changes of the pin, with the time from the start of the run."""
        began, shown = self.clock.monotonic(), self.level(number)
        while True:
            due = output.step(self.clock.monotonic())
            if self.level(number) != shown:
                shown = self.level(number)
                yield round(self.clock.monotonic() - began, 3), shown
            wait = min(due, began + seconds) - self.clock.monotonic()
            if wait <= 0 or math.isinf(wait):
                return
            self.clock.advance(wait)
