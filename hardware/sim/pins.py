"""Simulated pins: gpiozero's mock pins with something wired to them, and with a witness.

An input that a scenario wires (`chips."gpio-5"`) has the level its contact gives at that moment; every look at it is a completed read. Every
change of an output's level is noted with real time, because that is what a demonstration measures: from the chip to the siren.
"""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any, Protocol

from gpiozero.pins.mock import MockFactory, MockPin

from hardware.sim.clock import real
from hardware.sim.faults import Unplugged
from hardware.sim.world import World


class WiredChip(Protocol):
    """A simulated part's door on a pin."""

    def level(self, pull: str) -> int:
        """The pin's level now, 0 or 1, with gpiozero's `up`, `down` or `floating`; called once for each read of the pin."""


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

    def _get_state(self) -> Any:
        self._there()
        chip: WiredChip | None = self.factory.world.chips.get(f"gpio-{self._number}")
        if chip is not None and self.function == "input":
            self.drive_high() if chip.level(self.pull) else self.drive_low()
        return super()._get_state()

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
            raise OSError(errno.ENODEV, "No such device")


class SimulatedFactory(MockFactory):  # type: ignore[misc]  # gpiozero has no types
    """Gives simulated pins. trace: where changes of outputs are noted, or None."""

    def __init__(self, world: World, trace: Trace | None) -> None:
        super().__init__(pin_class=SimulatedPin)
        self.world = world
        self.trace = trace
