"""What a bad line makes of what it carries, whatever is behind it: bytes, the files of a computer, the level of a pin.

Decision: these faults lie at the bus and not in the chips, so that every chip, and one that somebody adds, suffers them alike. All of it depends on
the seed and on scenario time alone. A `flipped` bit is the plausible one: what it makes looks like what the sensor says.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from hardware.sim.faults import Garbled, Repeated
from hardware.sim.signals import chance

if TYPE_CHECKING:
    from hardware.sim.world import World

KEPT = 64
"""Questions of which the last answer is remembered."""
GRID, MOST = 0.005, 20_000
"""Seconds for which a spoiled pin keeps a level, and how many of them are made up for at one look."""
GLITCH = 1.0
"""Seconds from one glitch, or one burst, of a pin to the next."""
BURST = 0.1
"""Seconds a burst lasts; a glitch lasts one GRID."""


Edges = Callable[[str, float, float], list[tuple[float, int]]]
"""What a pin does, with this pull, between two scenario times."""


def spoiled(data: bytes, shape: str, dice: Random) -> bytes:
    """What is left of some bytes. A cut leaves at least one; a text file on a computer is bytes too."""
    if not data:
        return data
    if shape == "zeros":
        return bytes(len(data))
    if shape == "ones":
        return b"\xff" * len(data)
    if shape == "cut":
        return data[: dice.randrange(1, max(2, len(data)))]
    if shape == "flipped":
        place = dice.randrange(len(data))
        return data[:place] + bytes([data[place] ^ 1 << dice.randrange(8)]) + data[place + 1 :]
    return dice.randbytes(len(data))


class Carrier:
    """The way between one chip and the node. name: of the chip."""

    def __init__(self, name: str, world: World) -> None:
        self._name = name
        self._world = world
        self._said: dict[bytes, bytes] = {}

    def carry(self, data: bytes, at: float, question: bytes = b"") -> bytes:
        """What arrives of what the chip says at a scenario time: the same object where nothing spoils it. question: what it answers, empty where it
        speaks on its own."""
        if self._world.fault(self._name, Repeated, at):
            data = self._said.get(question, data)
        elif len(self._said) < KEPT or question in self._said:
            self._said[question] = data
        garbled = self._world.fault(self._name, Garbled, at)
        if garbled is None or not question.startswith(bytes.fromhex(garbled.only)):
            return data
        dice = chance(self._world.seed, self._name, "garbled", at)
        return spoiled(data, garbled.shape, dice) if dice.random() < garbled.share else data


class SpoiledPin:
    """What is wired to a pin, seen through a bad wire (the door is hardware/sim/pins.py's WiredChip). random: its level is a coin's, anew every
    GRID; zeros, ones: it is held; flipped: for one GRID in each GLITCH it has the other level; cut: for a BURST in each GLITCH it is a coin's."""

    def __init__(
        self, name: str, level: Callable[[str, float], int], edges: Callable[[str, float, float], list[tuple[float, int]]], world: World
    ) -> None:
        self._name = name
        self._level = level
        self._edges = edges
        self._world = world

    def level(self, pull: str, at: float) -> int:
        """The pin's level at a scenario time."""
        own = self._level(pull, at)
        garbled = self._world.fault(self._name, Garbled, at)
        if garbled is None:
            return own
        if garbled.shape in ("zeros", "ones"):
            return int(garbled.shape == "ones")
        since = at % GLITCH
        coin = chance(self._world.seed, self._name, "garbled", math.floor(at / GRID)).randrange(2)
        if garbled.shape == "flipped":
            return 1 - own if since < GRID else own
        return coin if garbled.shape == "random" or since < BURST else own

    def edges(self, pull: str, since: float, until: float) -> list[tuple[float, int]]:
        """What the pin does between two scenario times."""
        if not self._world.suffered(self._name, Garbled, since):
            return self._edges(pull, since, until)
        first = max(math.floor(since / GRID) + 1, math.ceil(until / GRID) - MOST)
        moments = [step * GRID for step in range(first, math.ceil(until / GRID))]
        found, level = [], self.level(pull, since)
        for moment in moments:
            if since < moment < until and (new := self.level(pull, moment + GRID / 2)) != level:
                found.append((moment, new))
                level = new
        return found
