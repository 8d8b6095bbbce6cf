"""Simulated pins: gpiozero's mock pins with something wired to them, and with a witness.

An input that a scenario wires (`chips."gpio-5"`) has the level its contact gives at that moment; every look at it is a completed read. What it did
since the look before is delivered at the look, as gpiozero's edges with scenario time as their ticks: no thread, and the same at every speed. Every
change of an output's level is noted with real time, because that is what a demonstration measures: from the chip to the siren.
"""

from __future__ import annotations

import errno
import json
import os
from collections import deque
from pathlib import Path
from typing import Any, Protocol

from gpiozero.pins.mock import MockFactory, MockPin, PinState

from hardware.sim.clock import real
from hardware.sim.faults import Unplugged
from hardware.sim.spoil import SpoiledPin
from hardware.sim.world import World

STATES = 1000
"""Past states that a pin keeps for gpiozero's own assertions; gpiozero's mock keeps all, without a bound."""


class WiredChip(Protocol):
    """A simulated part's door on a pin."""

    def level(self, pull: str, at: float) -> int:
        """The pin's level at a scenario time, 0 or 1, with gpiozero's `up`, `down` or `floating`."""

    def edges(self, pull: str, since: float, until: float) -> list[tuple[float, int]]:
        """What the pin does between two scenario times, both excluded: bounded, oldest first, each with the level from then on."""

    def taken(self, level: int, at: float, edge: bool) -> None:
        """The node holds this level: of a look, or of an edge between looks."""


class Trace:
    """Notes of outputs: one line of JSON per change, ["output", "gpio-17", level of the pin 0 or 1, real monotonic time], each in one write."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def output(self, name: str, level: int) -> None:
        """An output has changed to `level`."""
        os.write(self._file, json.dumps(["output", name, level, round(real(), 6)]).encode() + b"\n")

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


class SimulatedPin(MockPin):  # type: ignore[misc]  # gpiozero has no types
    """A mock pin in a world; `drive_high` and `drive_low` are still there for a pin that nothing is wired to."""

    factory: SimulatedFactory

    def __init__(self, factory: SimulatedFactory, info: Any) -> None:
        self._watched: float | None = None  # scenario time up to which its edges were delivered, None while nobody wants them
        self._edge_at: float | None = None
        super().__init__(factory, info)

    def clear_states(self) -> None:
        """Forget the past states."""
        super().clear_states()
        self.states = deque([PinState(0.0, self._state)], maxlen=STATES)

    @property
    def _chip(self) -> WiredChip | None:
        chip: WiredChip | None = self.factory.world.chips.get(f"gpio-{self._number}")
        return chip if self.function == "input" else None

    def _wire(self, chip: WiredChip) -> SpoiledPin:
        """What is wired to it, at the end of its wire."""
        return SpoiledPin(f"gpio-{self._number}", chip.level, chip.edges, self.factory.world)

    def _get_state(self) -> Any:
        self._there()
        chip, now = self._chip, self.factory.world.now()
        if chip is not None:
            self._deliver(chip, now)
            level = self._wire(chip).level(self.pull, now)
            self._change_state(bool(level))  # a look is no edge
            chip.taken(level, now, edge=False)
        return super()._get_state()

    def _deliver(self, chip: WiredChip, now: float) -> None:
        """Tell whoever watches what happened since the last look."""
        if self._watched is not None:
            since, self._watched = self._watched, now
            for at, level in self._wire(chip).edges(self.pull, since, now):
                if bool(level) != self._state:
                    self._edge_at = at
                    chip.taken(level, at, edge=True)
                    self.drive_high() if level else self.drive_low()
            self._edge_at = None

    def _enable_event_detect(self) -> None:
        self._watched = self.factory.world.now()
        if self._chip is not None:
            self._change_state(bool(self._wire(self._chip).level(self.pull, self._watched)))

    def _disable_event_detect(self) -> None:
        self._watched = None

    def _call_when_changed(self) -> None:
        at = self.factory.world.now() if self._edge_at is None else self._edge_at
        super(MockPin, self)._call_when_changed(at, int(self._state))

    def _set_state(self, value: Any) -> None:
        self._there()
        super()._set_state(value)

    def _change_state(self, value: Any) -> bool:
        changed: bool = super()._change_state(value)
        if changed and self.function == "output" and self.factory.trace is not None:
            self.factory.trace.output(f"gpio-{self._number}", int(value))
        return changed

    def _there(self) -> None:
        if self.factory.world.fault("gpio", Unplugged):
            self._watched = None if self._watched is None else self.factory.world.now()  # what it does meanwhile nobody hears
            raise OSError(errno.ENODEV, "No such device")


class SimulatedFactory(MockFactory):  # type: ignore[misc]  # gpiozero has no types
    """Gives simulated pins. trace: where changes of outputs are noted, or None."""

    def __init__(self, world: World, trace: Trace | None) -> None:
        super().__init__(pin_class=SimulatedPin)
        self.world = world
        self.trace = trace

    def ticks(self) -> float:
        """Scenario time, seconds."""
        return self.world.now()

    @staticmethod
    def ticks_diff(later: float, earlier: float) -> float:
        """Seconds between two ticks."""
        return later - earlier
