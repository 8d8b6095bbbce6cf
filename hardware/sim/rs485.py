"""A simulated RS-485 line with several Modbus devices on it, from the Modbus specifications; byte by byte, and as strict as a device may be.

A device answers a question only after 3.5 characters of silence, only with its own address and a right CRC; a register it does not have, and a hole
between two that it has, is exception 2. It knows nothing of the maps a driver reads by: a scenario says which register holds what.
"""

from __future__ import annotations

import struct
from collections import deque
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from hardware.errors import Refused
from hardware.sim.faults import ON_SIGNALS, Failed, Fault, Garbage, Hang, Inhibited, Intermittent, Off, Slow, Unplugged
from hardware.sim.signals import chance

if TYPE_CHECKING:
    from hardware.sim.world import World

BITS, SILENCE = 10, 3.5
"""Bits per byte as the simulated port counts them; characters of silence that begin a frame."""
PACK = {"u16": ">H", "i16": ">h", "u32": ">I", "i32": ">i", "f32": ">f"}
LIMITS = {"u16": (0, 0xFFFF), "i16": (-0x8000, 0x7FFF), "u32": (0, 0xFFFFFFFF), "i32": (-0x80000000, 0x7FFFFFFF)}
PENDING = 64
"""Answers that may be on their way at once."""


class Follows(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A register that follows a signal: round(signal * scale), clipped to its type. order: of the words of 32 bits."""

    signal: str
    scale: float = 1.0
    type: Literal["u16", "i16", "u32", "i32", "f32"] = "u16"
    order: Literal["high_first", "low_first"] = "high_first"


class Device(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """holding, input: what the registers of function 3 and 4 hold, by address as on the wire: a number of 16 bits, or what follows a signal. The
    first that follows one is what the account of reads counts.

    turnaround: seconds from question to answer. exception: answers every question with this code. answers_as: the address in its answers, where that
    is wrong. failed, inhibited: what registers hold while it suffers the fault of that name.
    """

    holding: dict[str, int | Follows] = {}
    input: dict[str, int | Follows] = {}
    turnaround: Annotated[float, msgspec.Meta(ge=0)] = 0.005
    exception: int = 0
    answers_as: int = 0
    failed: dict[str, int] = {}
    inhibited: dict[str, int] = {}


class Wiring(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """devices: by address. echo: the adapter hears what it sends. baud: bits per second, for the silence."""

    devices: dict[str, Device]
    echo: bool = False
    baud: int = 9600


@dataclass
class _Answer:
    """An answer on its way: when it begins, its bytes, and the read that is complete once the node holds them."""

    at: float
    data: bytes
    on: str = ""
    raw: int | None = None


class Chip:
    """One line. name: `serial:<port>`; a device on it is `serial:<port>/<address>`."""

    def __init__(self, name: str, wiring: Wiring, world: World) -> None:
        own: tuple[type[Fault], ...] = (Off, Hang, Garbage, Slow, Intermittent, Failed, Inhibited, *ON_SIGNALS)
        self.faults: dict[str, tuple[type[Fault], ...]] = {name: (Off, Unplugged)}
        self.faults |= {f"{name}/{address}": own for address in wiring.devices}
        self._name = name
        self._wiring = wiring
        self._world = world
        self._byte = BITS / wiring.baud
        self._devices = {int(address): device for address, device in wiring.devices.items()}
        self._busy = float("-inf")
        self._coming: deque[_Answer] = deque(maxlen=PENDING)
        self._given: deque[_Answer] = deque(maxlen=PENDING)
        for address, device in self._devices.items():
            for held in (*device.holding.values(), *device.input.values()):
                if isinstance(held, Follows):
                    world.signal(held.signal, 0.0)  # a name that is not there is refused now, not at the first read
                elif not 0 <= held <= 0xFFFF:
                    raise Refused(f"{name}/{address}: a register holds 0 to 65535, not {held}")

    def heard(self, data: bytes, at: float) -> None:
        """The node sent this; it ended at `at`."""
        begun = at - self._byte * len(data)
        quiet = begun - self._busy >= SILENCE * self._byte - 1e-9
        self._busy = max(self._busy, at)
        if self._world.fault(self._name, Off, at):
            return
        if self._wiring.echo:
            self._coming.append(_Answer(begun, data))
        device = self._devices.get(data[0]) if quiet and len(data) == 8 and not checksum(data) else None
        if device is not None:
            self._answer(data, device, at)

    def say(self, until: float) -> list[tuple[float, bytes]]:
        """The answers begun since the last call."""
        due = sorted((answer for answer in self._coming if answer.at <= until), key=lambda answer: answer.at)
        self._coming = deque((answer for answer in self._coming if answer.at > until), PENDING)
        for answer in due:
            self._busy = max(self._busy, answer.at + self._byte * len(answer.data))
            self._given.append(answer)
        return [(answer.at, answer.data) for answer in due]

    def taken(self, data: bytes) -> None:
        """The node holds the whole of an answer: a completed read, where the register that is counted is in it."""
        for answer in self._given:
            if answer.data is data and answer.raw is not None:
                self._world.completed(answer.on, answer.raw)
                answer.raw = None

    def _answer(self, question: bytes, device: Device, at: float) -> None:
        """What the device says to a question with its address and a right CRC, and when."""
        world, on = self._world, f"{self._name}/{question[0]}"
        loose = world.fault(on, Intermittent, at)
        if world.fault(on, Off, at) or world.fault(on, Hang, at):
            return
        if loose and chance(world.seed, on, int(at // loose.period)).random() < loose.share:
            return
        slow = world.fault(on, Slow, at)
        begun = at + device.turnaround * (slow.factor if slow else 1.0)
        data, raw = self._reply(question, device, on, begun)
        if world.fault(on, Garbage, at):
            data, raw = garbled(data, chance(world.seed, on, at)), None
        self._coming.append(_Answer(begun, data, on, raw))

    def _reply(self, question: bytes, device: Device, on: str, at: float) -> tuple[bytes, int | None]:
        address = device.answers_as or question[0]
        function, first, span = question[1], *struct.unpack(">HH", question[2:6])
        code = device.exception or (1 if function not in (3, 4) else 3 if not 1 <= span <= 125 else 0)
        held = self._registers(device, function, on, at)
        if not code and any(place not in held for place in range(first, first + span)):
            code = 2
        if code:
            return sealed(bytes([address, function | 0x80, code])), None
        data = b"".join(held[place] for place in range(first, first + span))
        counted = self._counted(device, function, range(first, first + span), on, at)
        return sealed(bytes([address, function, 2 * span]) + data), counted

    def _registers(self, device: Device, function: int, on: str, at: float) -> dict[int, bytes]:
        """Two bytes by address."""
        found: dict[int, bytes] = {}
        for text, held in (device.holding if function == 3 else device.input).items():
            packed = held.to_bytes(2, "big") if isinstance(held, int) else self._packed(held, on, at)[0]
            found |= {int(text, 0) + place: packed[2 * place : 2 * place + 2] for place in range(len(packed) // 2)}
        for fault, table in ((Failed, device.failed), (Inhibited, device.inhibited)):
            if self._world.fault(on, fault, at):
                found |= {int(text, 0): held.to_bytes(2, "big") for text, held in table.items()}
        return found

    def _packed(self, held: Follows, on: str, at: float) -> tuple[bytes, int]:
        """Bytes of a register that follows a signal, and the number in them (for f32 the value, rounded)."""
        value = self._world.sensed(on, held.signal, at) * held.scale
        if held.type == "f32":
            number: float = value
        else:
            low, high = LIMITS[held.type]
            number = min(high, max(low, round(value)))
        data = struct.pack(PACK[held.type], number)
        return (data if held.order == "high_first" else data[2:] + data[:2]), round(number)

    def _counted(self, device: Device, function: int, asked: range, on: str, at: float) -> int | None:
        """The number of the register that is counted, where it was asked for."""
        for own, table in ((3, device.holding), (4, device.input)):
            for text, held in table.items():
                if isinstance(held, Follows):
                    return self._packed(held, on, at)[1] if own == function and int(text, 0) in asked else None
        return None


def checksum(data: bytes) -> int:
    """CRC-16 of the specification (Modbus over serial line 1.02, 6.2.2), bit by bit; 0 over a frame with its CRC."""
    register = 0xFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            carry = register & 1
            register >>= 1
            if carry:
                register ^= 0xA001
    return register


def sealed(body: bytes) -> bytes:
    """A frame with its CRC, low byte first."""
    return body + struct.pack("<H", checksum(body))


def garbled(data: bytes, dice: Random) -> bytes:
    """An answer as noise leaves it: some bits turned, the end lost, or other bytes altogether; never with a right CRC."""
    kind = dice.randrange(3)
    found = bytearray(dice.randbytes(len(data)) if kind == 0 else data)
    if kind == 1:
        found[dice.randrange(len(found))] ^= 1 << dice.randrange(8)
    if kind == 2:
        del found[dice.randrange(1, len(found)) :]
    return bytes(found) if checksum(bytes(found)) else bytes(found[:-1]) + bytes([found[-1] ^ 0xFF])
