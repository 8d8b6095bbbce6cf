"""A simulated Winsen ZE module with an electrochemical cell, from the makers' manuals; and what all simulated modules of nine-byte frames share.

It starts in the mode it was built with (`active` for most), and is in that mode again after it lost its supply. In active mode it sends a frame at
every tick of its period, whether anybody reads or not, and answers nothing; in query mode it answers `FF 01 86`. It changes its mode by the
command of its own model and ignores that of another, silently. A reading is completed when the node holds the whole of a frame that it asked
for, or, where the node has chosen active mode, of any.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from hardware.sim.faults import ON_SIGNALS, Fault, Garbage, Hang, Intermittent, Off, Slow, Unplugged
from hardware.sim.signals import chance

if TYPE_CHECKING:
    from hardware.sim.world import World

MOST = 500
"""Frames told at once at most: more than the kernel's buffer holds are lost anyway."""
LATENCY = 0.05
"""Seconds from a question to its answer."""
QUERY, ACTIVE = "query", "active"
MASS = 1.3125
"""ug/m3 per ppb of formaldehyde, as the ZE07-CH2O manual's example has it (42 for 32)."""
Hex = Annotated[str, msgspec.Meta(pattern="^([0-9A-Fa-f]{2} ?)+$")]


def total(frame: bytes, end: int = 8) -> int:
    """The sum that a frame of eight bytes is closed with: over the bytes from 1 up to `end`."""
    return (0x100 - sum(frame[1:end])) % 0x100


def closed(*frame: int, end: int = 8) -> bytes:
    """A frame of eight bytes, zeros where fewer are given, with its sum."""
    whole = bytes(frame).ljust(8, b"\x00")
    return whole + bytes([total(whole, end)])


class Module:
    """A module of nine-byte frames on a serial line: power, faults, questions, a script.

    A kind of module gives `answer`, `spoken` (a frame on its own), `raw` (what a frame tells, None where it is no reading) and `switch`.
    script: bytes in hexadecimal said instead of its own, one entry for each thing it would have said; after the last it is silent.
    """

    def __init__(self, name: str, world: World, signal: str, mode: str, period: float, script: tuple[str, ...] | None, echo: bool) -> None:
        self.faults: dict[str, tuple[type[Fault], ...]] = {name: (Off, Hang, Garbage, Slow, Intermittent, Unplugged, *ON_SIGNALS)}
        self.name = name
        self.world = world
        self.powered = world.now()
        self.chosen = ""  # the mode that the node has set last
        self._mode = self._first = mode
        self._signal = signal
        self._period = period
        self._script = None if script is None else [bytes.fromhex(item) for item in script]
        self._echo = echo
        self._input = b""
        self._queue: list[tuple[float, bytes]] = []  # questions, and when they are to be answered
        self._echoes: list[tuple[float, bytes]] = []
        self._tick = world.now() + chance(world.seed, name, "phase").uniform(0.0, period)
        self._seen = world.now()
        world.signal(signal, 0.0)  # a name that is not there is refused now, not at the first read

    def answer(self, question: bytes, at: float) -> bytes:
        """What it replies to a sound question of nine bytes; nothing where it is silent."""
        raise NotImplementedError

    def spoken(self, at: float) -> bytes:
        """What it says on its own."""
        raise NotImplementedError

    def raw(self, frame: bytes) -> int | None:
        """The number in one of its own frames; None where the frame is no reading."""
        raise NotImplementedError

    def switch(self, code: int) -> str:
        """The mode that a byte of the mode command stands for; nothing where this model does not know it."""
        raise NotImplementedError

    def level(self, at: float) -> float:
        """What it senses."""
        return self.world.sensed(self.name, self._signal, at)

    def heard(self, data: bytes, at: float) -> None:
        """Bytes from the node: sound commands are taken, an echo is put on the line."""
        self.wake()
        if self._echo:
            self._echoes.append((at, data))
        if self.world.fault(self.name, Off, at) or self.world.fault(self.name, Hang, at):
            return
        self._input += data
        while len(self._input) >= 9:
            if self._input.startswith(b"\xff\x01") and total(self._input[:8]) == self._input[8]:
                self._take(self._input[:9], at)
                self._input = self._input[9:]
            else:
                self._input = self._input[1:]

    def _take(self, question: bytes, at: float) -> None:
        if question[2] == 0x78 and (mode := self.switch(question[3])):
            self._mode = self.chosen = mode
            self._tick = at + self._gap(at)
        slow = self.world.fault(self.name, Slow, at)
        self._queue.append((at + LATENCY * (slow.factor if slow else 1.0), question))

    def say(self, until: float) -> list[tuple[float, bytes]]:
        """What it began to send since the last call."""
        self.wake()
        due = sorted(item for item in self._queue if item[0] <= until)
        self._queue = [item for item in self._queue if item[0] > until]
        echoes, self._echoes = self._echoes, []
        said = [(at, self._scripted(at, question)) for at, question in due] + [(at, self._scripted(at)) for at in self._ticks(until)]
        return sorted(echoes + [(at, data) for at, frame in said if (data := self.through(frame, at))])

    def _scripted(self, at: float, question: bytes = b"") -> bytes:
        """The next entry of the script where there is one; else its own words."""
        own = self.answer(question, at) if question else self.spoken(at)
        if self._script is None or not own:
            return own
        return self._script.pop(0) if self._script else b""

    def _ticks(self, until: float) -> list[float]:
        ticks: list[float] = []
        while self._tick <= until:
            if self._mode == ACTIVE and len(ticks) < MOST:
                ticks.append(self._tick)
            behind = math.floor((until - self._tick) / self._period) if len(ticks) >= MOST or self._mode != ACTIVE else 0
            self._tick += max(self._gap(self._tick), behind * self._period)
        return ticks

    def _gap(self, at: float) -> float:
        """Seconds from one of its frames to the next."""
        slow = self.world.fault(self.name, Slow, at)
        return self._period * max(1.0, slow.factor if slow else 1.0)

    def through(self, frame: bytes, at: float) -> bytes:
        """What reaches the line of a frame."""
        loose = self.world.fault(self.name, Intermittent, at)
        if self.world.fault(self.name, Off, at) or self.world.fault(self.name, Hang, at):
            return b""
        if loose and chance(self.world.seed, self.name, int(at // loose.period)).random() < loose.share:
            return b""
        return self.garbled(at, frame) if frame and self.world.fault(self.name, Garbage, at) else frame

    def garbled(self, at: float, frame: bytes) -> bytes:
        """A frame of the same kind with random content, wrong wherever one begins to read: a wrong sum by any coverage, no second header."""
        dice = chance(self.world.seed, self.name, at)
        body = bytes([*frame[:2], *(dice.randrange(255) for _ in range(6))])
        right = {total(body), total(body, 7)}
        return body + bytes([dice.choice([wrong for wrong in range(255) if wrong not in right])])

    def wake(self) -> None:
        """Begin anew where the supply was lost since the last look."""
        now = self.world.now()
        if self.world.suffered(self.name, Off, self._seen):
            self._mode, self._input, self._queue, self.powered = self._first, b"", [], now
        self._seen = now

    def taken(self, data: bytes) -> None:
        """The node holds a whole frame: a completed reading, where it is one."""
        raw = self.raw(data)
        if raw is not None:
            self.world.completed(self.name, raw)


class Wiring(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """signal: gas in the module's unit. model: which relative. gas: its code in a frame (4 carbon monoxide, 0x17 formaldehyde). unit: 3 ppm, 4 ppb.
    decimals: of the number. full_scale: in `unit`. mode: after power-on. period: seconds between frames. script: see Module. echo: whether the line
    gives back what the node sends.
    """

    signal: str
    model: Literal["ze03", "ze07", "ze08", "ze12", "ze15"] = "ze15"
    gas: int = 0x04
    unit: int = 0x03
    decimals: int = 1
    full_scale: float = 500.0
    mode: Literal["query", "active"] = "active"
    period: Annotated[float, msgspec.Meta(ge=0.02)] = 1.0
    script: tuple[Hex, ...] | None = None
    echo: bool = False


class Chip(Module):
    """One ZE module. name: `serial:<port>`."""

    def __init__(self, name: str, wiring: Wiring, world: World) -> None:
        super().__init__(name, world, wiring.signal, wiring.mode, wiring.period, wiring.script, wiring.echo)
        self._wiring = wiring

    def switch(self, code: int) -> str:
        """0x41 and 0x40; the ZE03 has 0x04 and 0x03."""
        codes = {0x04: QUERY, 0x03: ACTIVE} if self._wiring.model == "ze03" else {0x41: QUERY, 0x40: ACTIVE}
        return codes.get(code, "")

    def answer(self, question: bytes, at: float) -> bytes:
        """The concentration, in query mode only; a ZE03 acknowledges a change of mode, the others do so silently."""
        if question[2] == 0x78 and self._wiring.model == "ze03":
            return closed(0xFF, 0x78, 0x01)
        if question[2] != 0x86 or self._mode != QUERY:
            return b""
        count = self._count(at)
        if self._wiring.model == "ze03":
            return closed(0xFF, 0x86, *divmod(count, 256))
        first = round(count * MASS) if self._wiring.gas == 0x17 else count
        return closed(0xFF, 0x86, *divmod(first, 256), 0, 0, *divmod(count, 256))

    def spoken(self, at: float) -> bytes:
        """A frame that describes itself; that of the ZE03 has the number and the gas only."""
        wiring, count = self._wiring, self._count(at)
        if wiring.model == "ze03":
            return closed(0xFF, 0x86, *divmod(count, 256), wiring.gas)
        span = round(wiring.full_scale * 10.0**wiring.decimals)
        return closed(0xFF, wiring.gas, wiring.unit, wiring.decimals, *divmod(count, 256), *divmod(span, 256))

    def _count(self, at: float) -> int:
        span = round(self._wiring.full_scale * 10.0**self._wiring.decimals)
        return max(0, min(span, round(self.level(at) * 10.0**self._wiring.decimals)))

    def raw(self, frame: bytes) -> int | None:
        """A reply's number, or that of a frame of its own where the node has chosen active mode."""
        if len(frame) != 9 or total(frame[:8]) != frame[8]:
            return None
        if frame[1] == 0x86 and (self.chosen != ACTIVE or self._wiring.model == "ze03"):
            return frame[6] << 8 | frame[7] if self._wiring.gas == 0x17 else frame[2] << 8 | frame[3]
        own = frame[1] == self._wiring.gas and (self.chosen == ACTIVE or self._wiring.model == "ze12")
        return frame[4] << 8 | frame[5] if own else None
