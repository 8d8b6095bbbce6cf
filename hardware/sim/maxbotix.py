"""A simulated MaxBotix HRXL, HRUSB or XL in free run, from the HRXL-MaxSonar-WR data sheet.

A line of text at every tick of its own period. Nearer than `near` it tells `near`; with nothing up to `far` it tells `far`; a broken transducer
tells 0 (`failed`). When its supply comes back it first sends a page of text. Garbage is of both kinds: bytes that are no line, and wrong digits.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from hardware.sim.faults import ON_SIGNALS, Failed, Fault, Garbage, Off, Unplugged
from hardware.sim.signals import chance
from hardware.sim.talking import MOST, SILENCING, Ticks

if TYPE_CHECKING:
    from hardware.sim.world import World

BANNER = b"\xffHRXL-MaxSonar-WR\rPN:MB7389\rCopyright 2011-2013\rMaxBotix Inc.\rRoHS 1.8b090  0713\rTempI\r"
"""What it says when it gets its supply."""
KEPT = 64
"""Garbled lines remembered until the node has read them."""


class Wiring(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """signal: distance to the target in mm. near, far: mm between which it measures. period: seconds between lines. form: of the line.
    kept: lines that wait for a reader who does not come, as the kernel's buffer has them; a small adapter keeps fewer."""

    signal: str
    near: float = 300.0
    far: float = 5000.0
    period: Annotated[float, msgspec.Meta(ge=0.05)] = 0.148
    form: Literal["hrxl", "hrusb", "xl"] = "hrxl"
    kept: Annotated[int, msgspec.Meta(ge=1, le=MOST)] = MOST


class Chip:
    """One sensor. name: `serial:<port>`."""

    def __init__(self, name: str, wiring: Wiring, world: World) -> None:
        self.faults: dict[str, tuple[type[Fault], ...]] = {name: (*SILENCING, Garbage, Failed, Unplugged, *ON_SIGNALS)}
        self._name = name
        self._wiring = wiring
        self._world = world
        self._ticks = Ticks(name, wiring.period, wiring.period, world, wiring.kept)
        self._garbled: deque[bytes] = deque(maxlen=KEPT)
        world.signal(wiring.signal, 0.0)  # a name that is not there is refused now, not at the first read

    def heard(self, data: bytes, at: float) -> None:
        """It has no ears: its pin 4 is no serial input."""

    def quiet_until(self, now: float) -> float:
        """Up to when it says nothing."""
        return self._ticks.quiet_until(now)

    def say(self, until: float) -> list[tuple[float, bytes]]:
        """The lines begun since the last call."""
        return [(at, self._line(at)) for at in self._ticks.until(until)]

    def _line(self, at: float) -> bytes:
        if self._world.fault(self._name, Off, at - self._wiring.period):
            return BANNER
        if self._world.fault(self._name, Garbage, at):
            return self._garble(at)
        return self._written(self._number(at))

    def _written(self, number: int) -> bytes:
        return {"hrxl": f"R{number:04d}\r", "hrusb": f"R{number:04d} \r", "xl": f"R{number:03d}\r"}[self._wiring.form].encode()

    def _garble(self, at: float) -> bytes:
        dice = chance(self._world.seed, self._name, at)
        if dice.random() < 0.5:
            return bytes(dice.choice(b"\x00\x13RRR57\xfe\r") for _ in range(5)) + b"\x00"
        self._garbled.append(self._written(dice.randrange(1000 if self._wiring.form == "xl" else 10000)))
        return self._garbled[-1]

    def _number(self, at: float) -> int:
        if self._world.fault(self._name, Failed, at):
            return 0
        distance = min(max(self._world.sensed(self._name, self._wiring.signal, at), self._wiring.near), self._wiring.far)
        return round(distance / (10 if self._wiring.form == "xl" else 1))

    def taken(self, data: bytes) -> None:
        """The node holds a whole line: a completed read, unless it was garbled."""
        if data in self._garbled:
            self._garbled.remove(data)
        elif data[:1] == b"R" and data[1:].strip().isdigit():
            self._world.completed(self._name, int(data[1:]))
