"""A simulated ultrasonic sensor of the `FF high low sum` family on a serial line, from the makers' pages.

It sends a frame at every tick of its own period whether anybody reads or not (the sen0627 only when its RX line falls). Nearer than it can
measure it shows the nearest distance; with nothing in range it shows its code for that. A reading is completed when the node holds the whole
of a frame: one that was forgotten in the buffer, cut, or garbled is none.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from hardware.sim.faults import ON_SIGNALS, Fault, Garbage, Unplugged
from hardware.sim.signals import chance
from hardware.sim.talking import SILENCING, Ticks, late, silent

if TYPE_CHECKING:
    from hardware.sim.world import World

SLOWEST = {"jsn_sr04t": 0.2, "aj_sr04m": 0.2, "sen0754": 0.1}
"""The longest interval between frames by the sheet, seconds, where it is not 0.3."""
ANSWER, PAUSE = 0.8, 2.5
"""Seconds until the asked kind answers, and for which it then ignores questions."""


class Wiring(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """signal: distance to the surface in mm. model: which relative. near, far: mm between which it measures. period: seconds between frames."""

    signal: str
    model: Literal["a02yyuw", "a01nyub", "me007ys", "jsn_sr04t", "aj_sr04m", "sen0627", "sen0754"] = "a02yyuw"
    near: float = 30.0
    far: float = 4500.0
    period: Annotated[float, msgspec.Meta(ge=0.02)] = 0.1


class Chip:
    """One sensor. name: `serial:<port>`."""

    def __init__(self, name: str, wiring: Wiring, world: World) -> None:
        self.faults: dict[str, tuple[type[Fault], ...]] = {name: (*SILENCING, Garbage, Unplugged, *ON_SIGNALS)}
        self._name = name
        self._wiring = wiring
        self._world = world
        self._asked = wiring.model == "sen0627"
        self._answers: list[float] = []
        self._deaf = -math.inf
        self._ticks = Ticks(name, wiring.period, SLOWEST.get(wiring.model, 0.3), world)
        world.signal(wiring.signal, 0.0)  # a name that is not there is refused now, not at the first read

    def heard(self, data: bytes, at: float) -> None:
        """Any byte makes the line fall; the asked kind then measures, unless it has just done so."""
        if self._asked and at >= self._deaf:
            self._deaf = at + PAUSE
            self._answers.append(late(self._world, self._name, at, ANSWER))

    def say(self, until: float) -> list[tuple[float, bytes]]:
        """The frames begun since the last call."""
        return [(at, self._frame(at)) for at in self._moments(until)]

    def _moments(self, until: float) -> list[float]:
        if self._asked:
            due = [at for at in self._answers if at <= until]
            self._answers = [at for at in self._answers if at > until]
            return [at for at in due if not silent(self._world, self._name, at)]
        return self._ticks.until(until)

    def _frame(self, at: float) -> bytes:
        if self._world.fault(self._name, Garbage, at):
            return self._garbled(at)
        high, low = divmod(self._number(at), 256)
        return bytes([0xFF, high, low, self._sum(high, low)])

    def _sum(self, high: int, low: int) -> int:
        return (high + low + (0 if self._wiring.model == "aj_sr04m" else 0xFF)) % 256

    def _garbled(self, at: float) -> bytes:
        """A frame of random bytes that is wrong wherever one begins to read: a wrong sum, and no second header."""
        dice = chance(self._world.seed, self._name, at)
        high, low = dice.randrange(255), dice.randrange(255)
        return bytes([0xFF, high, low, (self._sum(high, low) + 1) % 255])

    def _number(self, at: float) -> int:
        distance = self._world.sensed(self._name, self._wiring.signal, at)
        if distance > self._wiring.far:
            return 0xFFFD if self._wiring.model == "sen0754" else 0
        return round(max(distance, self._wiring.near) / (10 if self._wiring.model == "sen0627" else 1))

    def taken(self, data: bytes) -> None:
        """The node holds a whole frame: a completed read, unless it was garbled."""
        _, high, low, total = data
        if total == self._sum(high, low):
            self._world.completed(self._name, high * 256 + low)
