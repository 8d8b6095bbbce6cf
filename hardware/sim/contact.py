"""A simulated contact on a pin: a float switch, a door, a relay of a panel. It changes at a level of a signal, at once and without bouncing: what
bounces or chatters is a signal that does.

It gives what a pin sees: tied to ground or to 3.3 V while it is closed, and left to the pin's pull while it is open. A pin without a pull then
has no level of its own, so a driver that forgot the pull reads noise here as it would on the pole.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from hardware.sim.faults import ON_SIGNALS, Fault, Open
from hardware.sim.signals import chance

if TYPE_CHECKING:
    from hardware.sim.world import World

MOST = 100_000
"""Moments at which the contact is looked at for edges at one time; what happened before them is forgotten, as in a kernel's queue."""
EXACT = 1e-7
"""Seconds to which the moment of an edge is found."""


class Wiring(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """signal: name of what it follows. level: the contact acts where the signal is at or above it. acts: what it does then, `close` or `open`.
    to: what it ties the pin to. grid: seconds within which it changes once at most: a shorter closure may go unseen."""

    signal: str
    level: float
    acts: Literal["close", "open"] = "close"
    to: Literal["ground", "supply"] = "ground"
    grid: Annotated[float, msgspec.Meta(ge=0.0005)] = 0.05


class Chip:
    """One contact. name: `gpio-<BCM number>`."""

    def __init__(self, name: str, wiring: Wiring, world: World) -> None:
        self.faults: dict[str, tuple[type[Fault], ...]] = {name: (Open, *ON_SIGNALS)}
        self._name = name
        self._wiring = wiring
        self._world = world
        world.signal(wiring.signal, 0.0)  # a name that is not there is refused now, not at the first read

    def taken(self, level: int, at: float, edge: bool) -> None:
        """A completed read."""
        self._world.completed(self._name, level, at)

    def level(self, pull: str, at: float) -> int:
        """The pin's level at a scenario time."""
        wiring = self._wiring
        acting = self._world.sensed(self._name, wiring.signal, at) >= wiring.level
        closed = acting == (wiring.acts == "close") and not self._world.fault(self._name, Open, at)
        if closed:
            return int(wiring.to == "supply")
        return {"up": 1, "down": 0}.get(pull, chance(self._world.seed, self._name, at).randrange(2))

    def edges(self, pull: str, since: float, until: float) -> list[tuple[float, int]]:
        """The changes between two scenario times, looked for on a grid of absolute time, so that they do not depend on who looks when."""
        grid, found = self._wiring.grid, []
        first = max(math.floor(since / grid) + 1, math.ceil(until / grid) - MOST)
        before, level = since, self.level(pull, since)
        for moment in [step * grid for step in range(first, math.ceil(until / grid))] + [until]:
            if (new := self.level(pull, moment)) != level:
                at = self._crossing(pull, before, moment, level)
                if at < until:
                    found.append((at, new))
                level = new
            before = moment
        return found

    def _crossing(self, pull: str, low: float, high: float, level: int) -> float:
        """When the pin left `level`, between two moments."""
        while high - low > EXACT:
            middle = (low + high) / 2
            low, high = (middle, high) if self.level(pull, middle) == level else (low, middle)
        return round(high, 6)
