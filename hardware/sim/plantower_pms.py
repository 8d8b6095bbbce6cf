"""A simulated Plantower dust sensor, from the makers' data manuals: a frame every 0.8 s, or one for each question in passive mode.

Passive mode is forgotten without supply. `failed` is the error code in its last word (not all models have one); `blind` a laser that counts no
particles while the frame goes on telling dust.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from hardware.sim.faults import ON_SIGNALS, Failed, Fault, Garbage, Off, Unplugged
from hardware.sim.signals import chance
from hardware.sim.talking import SILENCING, Ticks, late, silent

if TYPE_CHECKING:
    from hardware.sim.world import World

SLOWEST, ANSWER, SOON = 2.3, 0.5, 0.05
"""Seconds: between frames at the longest; until an answer at the longest; until the answer of a good one."""
VERSION, ERROR = 0x97, 0x01
"""High byte of the last word of a good frame, and the low byte of one that tells an error."""


class Wiring(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """signal: PM2.5 in ug/m3; PM1 is 0.7 and PM10 1.3 of it. model: which sensor. period: seconds between frames. temperature: degrees. humidity: per
    cent. formaldehyde: mg/m3. blind: whether the laser counts nothing."""

    signal: str
    model: Literal["pms5003", "pms3003", "pms5003t", "pms5003s", "pms5003st"] = "pms5003"
    period: Annotated[float, msgspec.Meta(ge=0.2, le=2.3)] = 0.8
    temperature: float = 21.2
    humidity: float = 40.0
    formaldehyde: float = 0.012
    blind: bool = False


class Chip:
    """One sensor. name: `serial:<port>`."""

    def __init__(self, name: str, wiring: Wiring, world: World) -> None:
        self.faults: dict[str, tuple[type[Fault], ...]] = {name: (*SILENCING, Garbage, Failed, Unplugged, *ON_SIGNALS)}
        self._name = name
        self._wiring = wiring
        self._world = world
        self._ticks = Ticks(name, wiring.period, SLOWEST, world)
        self._passive_since = math.inf
        self._answers: list[float] = []
        world.signal(wiring.signal, 0.0)  # a name that is not there is refused now, not at the first read

    def heard(self, data: bytes, at: float) -> None:
        """Take commands of seven bytes, each with its sum; the PMS3003 takes none."""
        if self._wiring.model == "pms3003" or silent(self._world, self._name, at):
            return
        for start in range(0, len(data), 7):
            command = data[start : start + 7]
            if command[:2] != b"\x42\x4d" or sum(command[:-2]) != int.from_bytes(command[-2:]):
                continue
            if command[2] == 0xE1:
                self._passive_since = math.inf if command[4] else at
            elif command[2] == 0xE2 and self._passive():
                self._answers.append(late(self._world, self._name, at, ANSWER) if self._slow(at) else at + SOON)

    def _slow(self, at: float) -> bool:
        return late(self._world, self._name, at, 1.0) > at + 1.0

    def _passive(self) -> bool:
        if self._passive_since < math.inf and self._world.suffered(self._name, Off, self._passive_since):
            self._passive_since = math.inf
        return self._passive_since < math.inf

    def say(self, until: float) -> list[tuple[float, bytes]]:
        """The frames begun since the last call."""
        ticks = self._ticks.until(until)
        if not self._passive():
            return [(at, self._frame(at)) for at in ticks]
        due = [at for at in self._answers if at <= until]
        self._answers = [at for at in self._answers if at > until]
        return [(at, self._frame(at)) for at in due if not silent(self._world, self._name, at)]

    def _frame(self, at: float) -> bytes:
        words = self._words(at)
        body = b"\x42\x4d" + (2 * len(words) + 2).to_bytes(2) + b"".join((word & 0xFFFF).to_bytes(2) for word in words)
        if self._world.fault(self._name, Garbage, at):
            dice = chance(self._world.seed, self._name, at)
            body = body[:4] + bytes(dice.randrange(0x40) for _ in body[4:])
            return body + ((sum(body) + dice.randrange(1, 500)) & 0xFFFF).to_bytes(2)
        return body + sum(body).to_bytes(2)

    def _words(self, at: float) -> list[int]:
        wired = self._wiring
        fine = max(0.0, self._world.sensed(self._name, wired.signal, at))
        dust = [round(fine * share) for share in (0.7, 1.0, 1.3)]
        counts = [0 if wired.blind else round(min(fine, 400.0) * share) for share in (150, 40, 10, 1.5, 0.5, 0.2)]
        climate = [round(wired.temperature * 10), round(wired.humidity * 10)]
        last = VERSION << 8 | (ERROR if self._world.fault(self._name, Failed, at) else 0)
        formaldehyde = round(wired.formaldehyde * 1000)
        tails = {
            "pms5003": [*counts, last],
            "pms3003": [0, 0, 0x51],
            "pms5003t": [*counts[:4], *climate, last],
            "pms5003s": [*counts, formaldehyde],
            "pms5003st": [*counts, formaldehyde, *climate, 0, last],
        }
        return dust + dust + tails[wired.model]

    def taken(self, data: bytes) -> None:
        """The node holds a whole frame: a completed read, unless it was garbled."""
        if sum(data[:-2]) == int.from_bytes(data[-2:]):
            self._world.completed(self._name, int.from_bytes(data[12:14]))
