"""A supervised contact at a converter's input: a pull-up, an end-of-line resistor at the far end of the cable, and a contact with a resistor of its
own, so that a cut or shorted cable is no state of the contact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from hardware.sim.faults import Open, Short

if TYPE_CHECKING:
    from hardware.sim.world import World

CABLE = 20.0
"""Ohms of a cable whose wires touch."""


class Supervised(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="supervised", kw_only=True):
    """signal: name of the signal it follows. level: the contact acts where the signal is at or above it. source: volts behind the pull-up. pull_up,
    end, alarm: ohms of the pull-up, at the end of the line, and of the contact's own. adds: how the acting contact adds its resistor, `parallel` to
    the end-of-line resistor or in `series` with it. leak: ohms of water in the junction box, across the cable; 0 for none."""

    signal: str
    level: float
    source: float = 3.3
    pull_up: float = 10_000.0
    end: float = 10_000.0
    alarm: float = 4_700.0
    adds: Literal["parallel", "series"] = "parallel"
    leak: float = 0.0

    def volts(self, name: str, world: World, at: float) -> float:
        """Voltage at the pin."""
        if world.fault(name, Open, at):
            return self.source
        ohms = CABLE if world.fault(name, Short, at) else self._ohms(world.sensed(name, self.signal, at) >= self.level)
        return self.source * ohms / (ohms + self.pull_up)

    def _ohms(self, acting: bool) -> float:
        ohms = self.end
        if acting:
            ohms = self.end + self.alarm if self.adds == "series" else 1.0 / (1.0 / self.end + 1.0 / self.alarm)
        return ohms if self.leak == 0 else 1.0 / (1.0 / ohms + 1.0 / self.leak)
