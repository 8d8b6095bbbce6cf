"""What simulated sensors that talk on their own have in common: the moments at which they send, and the faults that silence them.

The moments depend on seed and time alone, so that a node that was killed and starts anew meets the same sensor. A slow one keeps to none of its
sheet's promises: its frames are `factor` times the sheet's slowest interval apart, whatever its interval was before.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hardware.sim.faults import Fault, Hang, Intermittent, Off, Slow
from hardware.sim.signals import chance

if TYPE_CHECKING:
    from hardware.sim.world import World

MOST = 1100
"""Frames told at once at most: more than the kernel's buffer holds are lost anyway."""
SILENCING: tuple[type[Fault], ...] = (Off, Hang, Intermittent, Slow)
"""The faults that this file applies."""


class Ticks:
    """When a sensor that talks on its own sends. name: of the chip. period: seconds between frames. slowest: the longest that its sheet allows. most:
    frames told at once at most."""

    def __init__(self, name: str, period: float, slowest: float, world: World, most: int = MOST) -> None:
        self._name = name
        self._most = most
        self._period = period
        self._slowest = max(period, slowest)
        self._world = world
        self._phase = chance(world.seed, name, "phase").uniform(0.0, period)
        self._since = -math.inf

    def until(self, now: float) -> list[float]:
        """The moments since the last call and up to `now`, without those at which it is silent."""
        since, self._since = self._since, now
        steps = {self._step(max(since, 0.0)), self._step(now)}
        if len(steps) == 1 and since != -math.inf and self._tick(since, *steps) == self._tick(now, *steps):
            return []
        return sorted(
            at for step in steps for at in self._grid(since, now, step) if self._step(at) == step and not silent(self._world, self._name, at)
        )

    def quiet_until(self, now: float) -> float:
        """The next moment at which it sends; now, where a fault may have changed that."""
        return self._phase + (self._tick(now, self._period) + 1) * self._period if self._world.faultless else now

    def _grid(self, since: float, now: float, step: float) -> list[float]:
        last = self._tick(now, step)
        oldest = max(0, last - self._most + 1)
        first = oldest if since == -math.inf else max(oldest, self._tick(since, step) + 1)
        return [self._phase + tick * step for tick in range(first, last + 1)]

    def _tick(self, at: float, step: float) -> int:
        return math.floor((at - self._phase) / step)

    def _step(self, at: float) -> float:
        slow = self._world.fault(self._name, Slow, at)
        return self._slowest * slow.factor if slow else self._period


def silent(world: World, name: str, at: float) -> bool:
    """Whether the sensor says nothing at that scenario time: no supply, hanging, a loose contact."""
    loose = world.fault(name, Intermittent, at)
    shaken = loose is not None and chance(world.seed, name, int(at // loose.period)).random() < loose.share
    return shaken or world.fault(name, Off, at) is not None or world.fault(name, Hang, at) is not None


def late(world: World, name: str, at: float, seconds: float) -> float:
    """When a sensor that is asked answers, which takes `seconds` where it is well."""
    slow = world.fault(name, Slow, at)
    return at + seconds * (slow.factor if slow else 1.0)
