"""A simulated serial port with pyserial's manners: bytes arrive at the speed of the line, a read ends with its time-out, on scenario time.

A simulated serial sensor is one file with two methods, `heard` and `say`; framing, time on the wire, time-outs and the kernel's buffer are here. One
that talks on its own may have a third, `quiet_until`: then nobody looks a hundred times while it says nothing, and a month is played in seconds.
"""

from __future__ import annotations

import errno
import math
import sys
from collections import deque
from dataclasses import dataclass
from typing import Protocol

from hardware.sim.faults import Late, Speed, Unplugged
from hardware.sim.spoil import Carrier
from hardware.sim.world import World

BUFFER = 4096
"""Bytes the kernel keeps for a reader that does not come; what comes after them is lost, so that reader finds old bytes first."""
BITS = 10
"""Bits on the line per byte: start, eight, stop."""


class SerialChip(Protocol):
    """A simulated sensor's door on a serial line."""

    def heard(self, data: bytes, at: float) -> None:
        """The node sent these bytes."""

    def say(self, until: float) -> list[tuple[float, bytes]]:
        """What it began to send since the last call and up to that scenario time: pairs of time and bytes."""

    def taken(self, data: bytes) -> None:
        """The node holds every byte of this, which the chip said in one go; how a chip knows which of its readings were completed."""


@dataclass
class _Said:
    """What a chip said in one go, on its way. left: bytes the node has not read; a byte that is lost is never read, so it stays above zero."""

    data: bytes
    left: int


class SimulatedPort:
    """The port object a driver's bus holds. baudrate: bits per second; timeout, write_timeout: seconds; others of pyserial's settings are kept."""

    def __init__(self, name: str, chip: SerialChip, world: World, baudrate: int = 9600, timeout: float = 1.0, **settings: object) -> None:
        self.settings = settings
        self._name = name
        self._chip = chip
        self._world = world
        self._baud = baudrate
        self._byte = BITS / baudrate
        self._timeout = timeout
        self._coming: deque[tuple[float, int, _Said]] = deque()  # when a byte has fully arrived, the byte, what it is part of
        self._carrier = Carrier(name, world)
        self._asked = b""
        self._free = world.now()  # when the line is free for the next byte
        self._chip.say(world.now())  # what was sent before the port was open is lost
        self._there()

    @property
    def in_waiting(self) -> int:
        """Bytes that have arrived."""
        now = self._arrive()
        return sum(1 for at, _, _ in self._coming if at <= now)

    def read(self, size: int = 1) -> bytes:
        """Up to `size` bytes; fewer when the time-out ends first."""
        got = bytearray()
        parts: list[_Said] = []
        deadline = self._world.now() + self._timeout
        while True:
            now = self._arrive()
            while self._coming and len(got) < size and self._coming[0][0] <= now:
                _, byte, part = self._coming.popleft()
                got.append(byte)
                parts.append(part)
            if len(got) == size or now >= deadline:
                self._hand_over(parts)
                return bytes(got)
            self._world.sleep(min(self._pause(now, deadline), max(deadline - now, 1e-6)))

    def _pause(self, now: float, deadline: float) -> float:
        """Until the next look: the time of a byte. Where the chip knows that it says nothing for longer, as many of them as that takes."""
        quiet = getattr(self._chip, "quiet_until", None)
        if quiet is None or self._coming:
            return self._byte
        return self._byte * max(1, int((min(quiet(now), deadline) - now) / self._byte))

    def _hand_over(self, parts: list[_Said]) -> None:
        """Tell the chip what the node holds now: only here, because a port that goes away during a read takes the bytes with it."""
        for part in parts:
            part.left -= 1
            if part.left == 0:
                self._chip.taken(part.data)

    def write(self, data: bytes) -> int:
        """Send; takes the time on the line."""
        self._there()
        self._world.sleep(self._byte * len(data))
        now = self._world.now()
        other = self._world.fault(self._name, Speed, now)
        heard = misheard(data, self._baud, other.baud) if other else data
        self._asked = data
        if heard:
            self._chip.heard(heard, now)
        return len(data)

    def reset_input_buffer(self) -> None:
        """Forget what has arrived."""
        now = self._arrive()
        while self._coming and self._coming[0][0] <= now:
            self._coming.popleft()

    def close(self) -> None:
        """Nothing to let go of."""

    def _there(self) -> None:
        if self._world.fault(self._name.partition(":")[0], Unplugged) or self._world.fault(self._name, Unplugged):
            raise OSError(errno.ENODEV, "No such device")

    def _arrive(self) -> float:
        """Put what the chip began to send by now on the line; gives the time."""
        self._there()
        now = self._world.now()
        for begun, data in self._chip.say(now):
            other = self._world.fault(self._name, Speed, begun)
            carried = self._carrier.carry(data, begun, self._asked)
            arrived = carried if other is None else misheard(carried, other.baud, self._baud)
            late = self._world.fault(self._name, Late, begun)
            # What is garbled on the way, or said again, is never held whole: the count stays above zero.
            said = _Said(data, len(data) if arrived is data else sys.maxsize)
            for byte in arrived:
                self._free = max(self._free, begun + (late.seconds if late else 0.0)) + self._byte
                if len(self._coming) < BUFFER:
                    self._coming.append((self._free, byte, said))
        return now


def misheard(data: bytes, sent: int, heard: int) -> bytes:
    """What a receiver at `heard` bits per second makes of bytes sent back to back at `sent`, 8N1: it waits for a falling edge, then looks at the
    middle of each of its own bit times. A byte whose stop bit is missing is given all the same, as the kernel gives it."""
    line = [1] + [bit for byte in data for bit in (0, *(byte >> place & 1 for place in range(8)), 1)] + [1] * BITS
    step = sent / heard  # line bits in one of the receiver's bit times
    got, at = bytearray(), 0.0
    while (start := _falling(line, at)) is not None and start + (BITS - 0.5) * step < len(line):
        got.append(sum(line[int(start + (place + 1.5) * step)] << place for place in range(8)))
        at = start + (BITS - 0.5) * step
    return bytes(got)


def _falling(line: list[int], after: float) -> int | None:
    """The place of the first falling edge at or after a moment, in bits of the line."""
    first = max(1, math.ceil(after))
    return next((place for place in range(first, len(line)) if line[place] == 0 and line[place - 1] == 1), None)
