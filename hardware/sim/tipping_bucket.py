"""A simulated tipping-bucket rain gauge on a pin: rain fills a bucket, the bucket tips, a magnet closes a reed for a moment.

What falls while the bucket moves is lost, which is why a real gauge tells too little in heavy rain: `undercatch`. The reed may bounce. A blocked
funnel is the fault `wrong` with factor 0, a cable that is cut the fault `open`.
"""

from __future__ import annotations

import math
from collections import deque
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from hardware.sim.faults import ON_SIGNALS, Fault, Open

if TYPE_CHECKING:
    from hardware.sim.world import World

CELL = 0.1
"""Seconds over which the rain is taken as steady."""
MOST = 1_000_000
"""Cells that are made up for at one look: a day. What fell before is forgotten."""
KEPT, LONG = 10_000, 2.0
"""Tips that can be told at one look, and seconds after which one is over."""
BOUNCE = 0.001
"""Seconds between the edges of a reed that bounces."""


class Wiring(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """signal: rain in mm/h. mm_per_tip: rain that tips the bucket. undercatch: share of the rain that is lost, per mm/h. closure: seconds for which
    the reed is closed. bounces: how often it opens again while it closes. to: what it ties the pin to."""

    signal: str
    mm_per_tip: Annotated[float, msgspec.Meta(gt=0)] = 0.2
    undercatch: float = 0.0
    closure: Annotated[float, msgspec.Meta(ge=0.02, le=1.0)] = 0.08
    bounces: Annotated[int, msgspec.Meta(ge=0, le=5)] = 0
    to: Literal["ground", "supply"] = "ground"


class Chip:
    """One gauge. name: `gpio-<BCM number>`. A completed read tells how often it has tipped since the world began."""

    def __init__(self, name: str, wiring: Wiring, world: World) -> None:
        self.faults: dict[str, tuple[type[Fault], ...]] = {name: (Open, *ON_SIGNALS)}
        self._name = name
        self._wiring = wiring
        self._world = world
        self._cell = math.floor(world.now() / CELL)
        self._water = 0.0
        self._tips: deque[float] = deque(maxlen=KEPT)
        self._over = 0  # tips that are forgotten
        world.signal(wiring.signal, 0.0)  # a name that is not there is refused now, not at the first read

    def taken(self, level: int, at: float, edge: bool) -> None:
        """A completed read: of every look, and of each tip, whether its edge told it or a look at that very moment."""
        for _ in range(int(not edge) + int(at in self._tips)):
            self._world.completed(self._name, self._over + sum(1 for tip in self._tips if tip <= at), at)

    def level(self, pull: str, at: float) -> int:
        """The pin's level at a scenario time; what was over long before is forgotten."""
        self._fill(at)
        while self._tips and self._tips[0] < at - LONG:
            self._tips.popleft()
            self._over += 1
        rest = 1 if pull == "up" else 0
        return [rest, *(level for moment, level in self._moves(rest) if moment <= at)][-1]

    def edges(self, pull: str, since: float, until: float) -> list[tuple[float, int]]:
        """What the reed did between two scenario times."""
        self._fill(until)
        return [(at, level) for at, level in self._moves(1 if pull == "up" else 0) if since < at < until]

    def _moves(self, rest: int) -> list[tuple[float, int]]:
        """Every move of the reed that is kept."""
        closed, wiring, moves = int(self._wiring.to == "supply"), self._wiring, []
        for tip in self._tips:
            moves += [(tip + n * BOUNCE, rest if n % 2 else closed) for n in range(2 * wiring.bounces + 1)]
            moves.append((tip + wiring.closure, rest))
        return moves if all(a[0] <= b[0] for a, b in pairwise(moves)) else sorted(moves)

    def _fill(self, until: float) -> None:
        """Let it rain to the end of the cell that a scenario time is in."""
        last = math.floor(until / CELL) + 1
        self._cell = max(self._cell, last - MOST)
        while self._cell < last:
            begin = self._cell * CELL
            self._cell += 1
            self._rain(begin)

    def _rain(self, begin: float) -> None:
        """One cell of rain, from its first second on."""
        rate = max(0.0, self._world.sensed(self._name, self._wiring.signal, begin))
        caught = max(0.0, rate * (1.0 - self._wiring.undercatch * rate)) / 3600.0
        before, self._water = self._water, self._water + caught * CELL
        tips = 0
        while self._water >= self._wiring.mm_per_tip - 1e-12:
            tips += 1
            at = begin + (tips * self._wiring.mm_per_tip - before) / caught
            self._water -= self._wiring.mm_per_tip
            if not self._world.fault(self._name, Open, at):
                self._tips.append(round(at, 6))
