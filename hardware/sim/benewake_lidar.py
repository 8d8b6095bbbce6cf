"""A simulated Benewake lidar, from the makers' manuals: nine bytes at every tick of its own rate, or one frame for each question at rate 0.

The strength of the signal is `strength` where a target is in range; beyond `far` it is too little, and the distance then is the model's code for that
(0 on a TF-Luna, -1 on a TFmini-S or Plus, the end of its range on the first TFmini).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from hardware.sim.faults import ON_SIGNALS, Fault, Garbage, Unplugged
from hardware.sim.signals import chance
from hardware.sim.talking import SILENCING, Ticks, late, silent

if TYPE_CHECKING:
    from hardware.sim.world import World

TRIGGER = b"\x5a\x04\x04\x00"
FAINT, MODE = 40, 0x0007
"""Strength without a target; what the first TFmini has in place of a temperature (long distance)."""


class Wiring(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """signal: distance to the target in mm. model: which lidar. unit: of the frames. near, far: mm between which it measures. rate: frames per
    second, 0 for one frame a question. strength: of the signal from a target. temperature: of the chip, degrees."""

    signal: str
    model: Literal["tfmini", "tfmini_s", "tfmini_plus", "tf_luna"] = "tf_luna"
    unit: Literal["cm", "mm"] = "cm"
    near: float = 200.0
    far: float = 8000.0
    rate: Annotated[float, msgspec.Meta(ge=0, le=1000)] = 100.0
    strength: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 1200
    temperature: float = 25.0


class Chip:
    """One lidar. name: `serial:<port>`."""

    def __init__(self, name: str, wiring: Wiring, world: World) -> None:
        self.faults: dict[str, tuple[type[Fault], ...]] = {name: (*SILENCING, Garbage, Unplugged, *ON_SIGNALS)}
        self._name = name
        self._wiring = wiring
        self._world = world
        self._answers: list[float] = []
        self._ticks = Ticks(name, 1 / wiring.rate, 1 / wiring.rate, world) if wiring.rate else None
        world.signal(wiring.signal, 0.0)  # a name that is not there is refused now, not at the first read

    def heard(self, data: bytes, at: float) -> None:
        """Measure once, where it waits to be asked."""
        if self._ticks is None and data == TRIGGER:
            self._answers.append(late(self._world, self._name, at, 0.01))

    def say(self, until: float) -> list[tuple[float, bytes]]:
        """The frames begun since the last call."""
        if self._ticks is not None:
            return [(at, self._frame(at)) for at in self._ticks.until(until)]
        due = [at for at in self._answers if at <= until]
        self._answers = [at for at in self._answers if at > until]
        return [(at, self._frame(at)) for at in due if not silent(self._world, self._name, at)]

    def _frame(self, at: float) -> bytes:
        if self._world.fault(self._name, Garbage, at):
            return self._garbled(at)
        number, strength = self._measured(at)
        heat = MODE if self._wiring.model == "tfmini" else round((self._wiring.temperature + 256) * 8)
        body = b"\x59\x59" + b"".join(word.to_bytes(2, "little") for word in (number & 0xFFFF, strength, heat))
        return body + bytes([sum(body) & 0xFF])

    def _measured(self, at: float) -> tuple[int, int]:
        wired = self._wiring
        scale = 10 if wired.unit == "cm" else 1
        distance = self._world.sensed(self._name, wired.signal, at)
        if distance <= wired.far:
            return round(max(distance, 0.0) / scale), wired.strength
        codes = {"tfmini": (round(wired.far / scale), 1000), "tf_luna": (0, FAINT)}
        return codes.get(wired.model, (-1, FAINT))

    def _garbled(self, at: float) -> bytes:
        """A frame of random bytes with a wrong sum, and no second header in it."""
        body = b"\x59\x59" + bytes(chance(self._world.seed, self._name, at).randrange(0x59) for _ in range(6))
        return body + bytes([(sum(body) + 1) & 0xFF])

    def taken(self, data: bytes) -> None:
        """The node holds a whole frame: a completed read, unless it was garbled."""
        if sum(data[:-1]) & 0xFF == data[-1]:
            self._world.completed(self._name, int.from_bytes(data[2:4], "little"))
