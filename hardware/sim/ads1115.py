"""A simulated ADS1115 or ADS1015, register by register from the Texas Instruments data sheet.

The pointer register is sticky: a read without a pointer byte reads whatever register was addressed last. A write of OS=1 starts a conversion
only when the chip is idle; OS reads 0 while it converts, and always in continuous mode. The pin clips at the supply, the code at the range.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from hardware.sim.faults import Fault, Garbage, Hang, Intermittent, Nak, Off, Slow
from hardware.sim.inputs import AnyInput, Code, faults_of, signals_of
from hardware.sim.signals import chance

if TYPE_CHECKING:
    from hardware.sim.world import World

CONVERSION, CONFIG, LOW, HIGH = range(4)
RESET = {CONVERSION: 0x0000, CONFIG: 0x8583, LOW: 0x8000, HIGH: 0x7FFF}
OS, SINGLE = 0x8000, 0x0100
PAIRS = ("A0-A1", "A0-A3", "A1-A3", "A2-A3", "A0", "A1", "A2", "A3")
"""Inputs by MUX code."""
RANGES = (6.144, 4.096, 2.048, 1.024, 0.512, 0.256, 0.256, 0.256)
"""Full scale in volts by PGA code."""
RATES = {"ads1115": (8, 16, 32, 64, 128, 250, 475, 860), "ads1015": (128, 250, 490, 920, 1600, 2400, 3300, 3300)}
"""Conversions per second by DR code."""
DIODE = 0.3
"""Volts beyond supply or ground at which a pin's protection conducts."""


class Wiring(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the chip is built in.

    model: `ads1015` has twelve bits, left-aligned. vdd: supply in volts. oscillator: its clock against nominal, 0.9 to 1.1; drawn by the seed
    where it is not given. inputs: what is wired to A0 to A3; nothing is 0 V.
    """

    model: Literal["ads1115", "ads1015"] = "ads1115"
    vdd: float = 3.3
    oscillator: Annotated[float, msgspec.Meta(ge=0.9, le=1.1)] | None = None
    inputs: dict[Literal["A0", "A1", "A2", "A3"], AnyInput] = {}


class Chip:
    """One converter on an I2C bus."""

    def __init__(self, name: str, wiring: Wiring, world: World) -> None:
        self.faults: dict[str, tuple[type[Fault], ...]] = {name: (Nak, Off, Hang, Garbage, Slow, Intermittent)}
        self.faults |= {f"{name}/{pin}": faults_of(wired) for pin, wired in wiring.inputs.items()}
        self.registers = dict(RESET)
        self.pointer = CONVERSION
        self._name = name
        self._wiring = wiring
        self._inputs: dict[str, AnyInput] = dict(wiring.inputs.items())
        self._world = world
        self._oscillator = wiring.oscillator or chance(world.seed, name, "oscillator").uniform(0.9, 1.1)
        self._seen = world.now()
        self._started: float | None = None  # scenario time at which the running conversion, or the first of a continuous row, began
        self._config = RESET[CONFIG]  # the configuration that conversion runs with
        self._done = 0  # conversions of a continuous row that have ended
        self._fresh = ""  # input whose conversion nobody has read yet
        for wired in wiring.inputs.values():
            for signal in signals_of(wired):
                world.signal(signal, 0.0)  # a name that is not there is refused now, not at the first read

    def transfer(self, out: bytes, count: int) -> bytes:
        """Bytes written, bytes read; OSError as the kernel gives it where the chip does not acknowledge."""
        now = self._world.now()
        if self._world.suffered(self._name, Off, self._seen):
            self._reset()
        self._seen = now
        if self._silent(now):
            raise OSError(errno.EREMOTEIO, "Remote I/O error")
        self._convert(now)
        if out:
            self.pointer = out[0] & 0b11
        if len(out) >= 3:
            self._write(int.from_bytes(out[1:3]), now)
        return self._read(now, count) if count else b""

    def _silent(self, now: float) -> bool:
        loose = self._world.fault(self._name, Intermittent)
        if loose and chance(self._world.seed, self._name, int(now // loose.period)).random() < loose.share:
            return True
        return bool(self._world.fault(self._name, Nak) or self._world.fault(self._name, Off))

    def _reset(self) -> None:
        self.registers, self.pointer, self._started, self._config, self._fresh = dict(RESET), CONVERSION, None, RESET[CONFIG], ""

    def _write(self, value: int, now: float) -> None:
        if self.pointer == CONVERSION:
            return  # read only
        if self.pointer == CONFIG:
            continuous = not value & SINGLE
            idle = self._started is None or not self._config & SINGLE
            if idle and (continuous or value & OS):
                self._started, self._config, self._done = now, value, 0
            elif idle:
                self._started = None
            value &= ~OS
        self.registers[self.pointer] = value

    def _read(self, now: float, count: int) -> bytes:
        value = self.registers[self.pointer]
        if self.pointer == CONFIG and self._started is None:
            value |= OS
        if self._world.fault(self._name, Garbage):
            return chance(self._world.seed, self._name, now).randbytes(count)
        if self.pointer == CONVERSION and self._fresh and count >= 2:
            self._world.completed(f"{self._name}/{self._fresh}", value - 0x10000 if value & 0x8000 else value)
            self._fresh = ""
        return value.to_bytes(2)[:count].ljust(count, b"\xff")

    def _convert(self, now: float) -> None:
        """Finish the conversions that have ended by now."""
        if self._started is None:
            return
        slow = self._world.fault(self._name, Slow, self._started)
        lasts = (slow.factor if slow else 1.0) / (RATES[self._wiring.model][self._config >> 5 & 7] * self._oscillator)
        begun = self._started
        if hang := self._world.fault(self._name, Hang, self._started):
            begun = hang.end  # it goes on, from the start, once it can
        done = int((now - begun) / lasts) if now >= begun else 0
        if self._config & SINGLE and done:
            self._finish(begun + lasts)
            self._started = None
        elif done > self._done:
            self._done = done
            self._finish(begun + done * lasts)

    def _finish(self, at: float) -> None:
        self._fresh = PAIRS[self._config >> 12 & 7]
        self.registers[CONVERSION] = self._code(self._fresh, at) & 0xFFFF

    def _code(self, pair: str, at: float) -> int:
        wired = self._inputs.get(pair)
        if isinstance(wired, Code):
            return round(self._world.sensed(f"{self._name}/{pair}", wired.signal, at))
        plus, _, minus = pair.partition("-")
        volts = self._pin(plus, at) - (self._pin(minus, at) if minus else 0.0)
        code = max(-32768, min(32767, round(volts / RANGES[self._config >> 9 & 7] * 32768)))
        return code & ~0xF if self._wiring.model == "ads1015" else code

    def _pin(self, pin: str, at: float) -> float:
        wired = self._inputs.get(pin)
        if wired is None or isinstance(wired, Code):
            return 0.0
        return max(-DIODE, min(self._wiring.vdd + DIODE, wired.volts(f"{self._name}/{pin}", self._world, at)))
