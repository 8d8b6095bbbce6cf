"""A simulated contact on a pin: a float switch, a door, a relay of a panel. It changes at a level of a signal, at once and without bouncing.

It gives what a pin sees: tied to ground or to 3.3 V while it is closed, and left to the pin's pull while it is open. A pin without a pull then
has no level of its own, so a driver that forgot the pull reads noise here as it would on the pole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from hardware.sim.faults import ON_SIGNALS, Fault, Open
from hardware.sim.signals import chance

if TYPE_CHECKING:
    from hardware.sim.world import World


class Wiring(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """signal: name of what it follows. level: the contact acts where the signal is at or above it. acts: what it does then, `close` or `open`.
    to: what it ties the pin to."""

    signal: str
    level: float
    acts: Literal["close", "open"] = "close"
    to: Literal["ground", "supply"] = "ground"


class Chip:
    """One contact. name: `gpio-<BCM number>`."""

    def __init__(self, name: str, wiring: Wiring, world: World) -> None:
        self.faults: dict[str, tuple[type[Fault], ...]] = {name: (Open, *ON_SIGNALS)}
        self._name = name
        self._wiring = wiring
        self._world = world
        world.signal(wiring.signal, 0.0)  # a name that is not there is refused now, not at the first read

    def level(self, pull: str) -> int:
        """The pin's level now; a completed read."""
        level = self._level(pull, self._world.now())
        self._world.completed(self._name, level)
        return level

    def _level(self, pull: str, at: float) -> int:
        wiring = self._wiring
        acting = self._world.sensed(self._name, wiring.signal, at) >= wiring.level
        closed = acting == (wiring.acts == "close") and not self._world.fault(self._name, Open, at)
        if closed:
            return int(wiring.to == "supply")
        return {"up": 1, "down": 0}.get(pull, chance(self._world.seed, self._name, at).randrange(2))
