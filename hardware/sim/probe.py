"""A submersible pressure probe on a 4-20 mA loop: what stands on its diaphragm, in pascals, and the current it makes of it.

Kept apart from the plain loop because two things press on it, the water and the air, and because a clogged vent tube is a state of its own: the
air that was in it when it closed goes on pressing from behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from hardware.sim.faults import Failed, Open

if TYPE_CHECKING:
    from hardware.sim.world import World

GRAVITY = 9.80665
"""Metres per second squared, the standard one."""


class Probe(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="probe", kw_only=True):
    """signal: name of the signal it sees, the depth of water above the diaphragm, metres.

    air: name of the signal of the air pressure, hPa. behind: what is behind the diaphragm: `vent` an open tube, `vacuum` nothing, `sealed` air of
    `sealed_at` hPa, which is also a vent tube that clogged at that pressure. density: of the water, kg/m3. urv: metres of water (1000 kg/m3) at
    20 mA; 4 mA is none. shunt: ohms. floor, ceiling: mA at which it stops following. failed: mA in that state.
    """

    signal: str
    air: str
    urv: float
    behind: Literal["vent", "vacuum", "sealed"] = "vent"
    sealed_at: float = 1013.25
    density: float = 1000.0
    shunt: float = 150.0
    floor: float = 3.8
    ceiling: float = 20.5
    failed: float = 1.0

    def volts(self, name: str, world: World, at: float) -> float:
        """Voltage across the shunt."""
        if world.fault(name, Open, at):
            return 0.0
        current = self.failed if world.fault(name, Failed, at) else self._current(name, world, at)
        return current * self.shunt / 1000.0

    def _current(self, name: str, world: World, at: float) -> float:
        outside = world.signal(self.air, at) * 100.0
        behind = {"vent": outside, "vacuum": 0.0, "sealed": self.sealed_at * 100.0}[self.behind]
        pascals = world.sensed(name, self.signal, at) * self.density * GRAVITY + outside - behind
        return min(self.ceiling, max(self.floor, 4.0 + 16.0 * pascals / (1000.0 * GRAVITY * self.urv)))
