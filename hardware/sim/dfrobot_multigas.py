"""A simulated DFRobot gas module (SEN0465 to SEN0476), on I2C or on a serial line by the name it is given, from the maker's page and libraries.

On I2C nine bytes written to register 0 are a question, and some time later the register holds the answer, until the next one: a module that hangs
keeps showing the last. A reading is completed when the node holds the whole of a reply to the question for the concentration, once.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Literal

import msgspec

from hardware.sim.faults import ON_SIGNALS, Garbage, Hang, Intermittent, Nak, Off, Slow
from hardware.sim.signals import chance
from hardware.sim.winsen import ACTIVE, QUERY, Hex, Module, closed, total

if TYPE_CHECKING:
    from hardware.sim.world import World


class Wiring(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """signal: gas in ppm (oxygen: %vol). gas: its code (4 carbon monoxide, 5 oxygen). decimals: of its number. adc: code of the thermistor. covers:
    last byte that the sum covers. mode: after power-on. period: seconds between frames in active mode. script, echo: see hardware/sim/winsen.py.
    """

    signal: str
    gas: int = 0x04
    decimals: int = 0
    adc: int = 0x0210
    covers: Literal[6, 7] = 6
    mode: Literal["query", "active"] = "active"
    period: float = 1.0
    script: tuple[Hex, ...] | None = None
    echo: bool = False


class Chip(Module):
    """One module. name: `i2c-<bus>:0x<address>` or `serial:<port>`."""

    def __init__(self, name: str, wiring: Wiring, world: World) -> None:
        super().__init__(name, world, wiring.signal, wiring.mode, wiring.period, wiring.script, wiring.echo)
        if name.startswith("i2c-"):
            self.faults = {name: (Nak, Off, Hang, Garbage, Slow, Intermittent, *ON_SIGNALS)}
        self._wiring = wiring
        self._register = bytes(9)
        self._fresh = False  # nobody has read the answer in the register yet

    def switch(self, code: int) -> str:
        """4 passive, 3 active."""
        return {0x04: QUERY, 0x03: ACTIVE}.get(code, "")

    def answer(self, question: bytes, at: float) -> bytes:
        """What it replies: an acknowledgement, the concentration, the temperature; nothing to a question it does not know."""
        if question[2] == 0x78:
            return closed(0xFF, 0x78, 1)
        if question[2] == 0x87:
            return closed(0xFF, 0x87, *divmod(self._wiring.adc, 256))
        return self._reply(0x86, at) if question[2] == 0x86 else b""

    def spoken(self, at: float) -> bytes:
        """The concentration unasked."""
        return self._reply(0x88, at)

    def _reply(self, kind: int, at: float) -> bytes:
        wiring = self._wiring
        count = max(0, min(0xFFFF, round(self.level(at) * 10.0**wiring.decimals)))
        return closed(0xFF, kind, *divmod(count, 256), wiring.gas, wiring.decimals, *divmod(wiring.adc, 256), end=wiring.covers + 1)

    def raw(self, frame: bytes) -> int | None:
        """The number of a reply, in hundredths."""
        sound = len(frame) == 9 and frame[8] in (total(frame[:8]), total(frame[:8], 7))
        return (frame[2] << 8 | frame[3]) * 10 ** max(0, 2 - frame[5]) if sound and frame[1] == 0x86 else None

    def transfer(self, out: bytes, count: int) -> bytes:
        """Register 0: nine bytes in are a question, nine bytes out the newest answer; OSError as the kernel gives it where nobody acknowledges."""
        now = self.world.now()
        self.wake()
        if self._deaf(now):
            raise OSError(errno.EREMOTEIO, "Remote I/O error")
        if len(out) > 1:
            self.heard(out[1:], now)
        for _, answer in self.say(now):
            self._register, self._fresh = answer, answer[1] == 0x86
        if not count:
            return b""
        if self.world.fault(self.name, Garbage):
            return self.garbled(now, self._register)
        if self._fresh and count == len(self._register):
            self._fresh = False
            self.taken(self._register)
        return self._register[:count].ljust(count, b"\xff")

    def wake(self) -> None:
        """Begin anew, with an empty register."""
        powered = self.powered
        super().wake()
        if self.powered != powered:
            self._register, self._fresh = bytes(9), False

    def _deaf(self, now: float) -> bool:
        loose = self.world.fault(self.name, Intermittent)
        away = loose and chance(self.world.seed, self.name, int(now // loose.period)).random() < loose.share
        return bool(away or self.world.fault(self.name, Nak) or self.world.fault(self.name, Off))
