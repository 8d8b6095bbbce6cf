"""A simulated Winsen MH-Z19B on a serial line, from the maker's manual and a recorded module.

It answers only when asked. From power-on until it measures it repeats one number, or all zeros, as such modules were seen to do. Beyond its range
it tells the range. Commands that would calibrate it, or change its range, are noted in `ruined`: no driver may ever send one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from hardware.sim.winsen import QUERY, Hex, Module, closed, total

if TYPE_CHECKING:
    from hardware.sim.world import World


class Wiring(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """signal: CO2 in ppm. range: end of its range, ppm. inside: its temperature, Celsius; None where its model leaves that byte empty. warming: what
    it says for `warm_up` seconds from power-on: all `zeros`, or `fixed`. script, echo: see hardware/sim/winsen.py.
    """

    signal: str
    range: int = 5000
    inside: int | None = 26
    warming: Literal["zeros", "fixed"] = "fixed"
    warm_up: float = 0.0
    script: tuple[Hex, ...] | None = None
    echo: bool = False


class Chip(Module):
    """One module. name: `serial:<port>`."""

    def __init__(self, name: str, wiring: Wiring, world: World) -> None:
        super().__init__(name, world, wiring.signal, QUERY, 1.0, wiring.script, wiring.echo)
        self.ruined: list[int] = []
        self._wiring = wiring

    def switch(self, code: int) -> str:
        """It has one mode."""
        return ""

    def answer(self, question: bytes, at: float) -> bytes:
        """CO2 and its temperature."""
        if question[2] != 0x86:
            self.ruined.append(question[2])
            return b""
        warming = at - self.powered < self._wiring.warm_up
        if warming and self._wiring.warming == "zeros":
            return closed(0xFF, 0x86)
        ppm = 410 if warming else max(0, min(self._wiring.range, round(self.level(at))))
        return closed(0xFF, 0x86, *divmod(ppm, 256), 0 if self._wiring.inside is None else self._wiring.inside + 40)

    def spoken(self, at: float) -> bytes:
        """It says nothing on its own."""
        return b""

    def raw(self, frame: bytes) -> int | None:
        """The ppm of a reply."""
        sound = len(frame) == 9 and frame[1] == 0x86 and total(frame[:8]) == frame[8]
        return frame[2] << 8 | frame[3] if sound else None
