"""One serial sensor's line: a question, or patience, and then the next whole frame, or an error that says why there is none.

Sensors that talk on their own fill the kernel's buffer while nobody reads, and a frame carries no time: what lies there may be minutes old. So
every reading forgets it first, waits for a quiet line, and takes what comes then. There is no such thing as the last value: without a new frame
there is none. Every wait ends.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, TypeVar

from hardware.errors import HardwareError, ProtocolError, Timeout
from hardware.sample import Reason

if TYPE_CHECKING:
    from hardware.buses.serial import SharedSerial
    from hardware.driver import Clock
    from hardware.drivers._frames import Parser

F = TypeVar("F")
PATIENCE = 0.1
"""Seconds after which the port gives what it has, so that the deadline is looked at: the time-out to open a port with."""
GAP, ROUNDS = 3, 8
"""The line is quiet when nothing came for so many bytes' time; after so many looks it never is, and the search finds the frames."""
MOST = 64
"""Bytes in which a frame must come once the line was quiet: an echo, a banner, a frame cut by noise, and then a whole one."""
BITS = 10
"""Bits on the line per byte: start, eight, stop."""


class Line:
    """port: opened with the time-out PATIENCE. baud: bits per second. where: which sensor on which port, for messages."""

    def __init__(self, port: SharedSerial, clock: Clock, baud: int, where: str) -> None:
        self.port = port
        self.where = where
        self._clock = clock
        self._baud = baud

    def forget(self) -> None:
        """Throw away what lies in the buffer, up to the end of a frame that is just coming: its rest must not be taken for a beginning."""
        for _ in range(ROUNDS):
            self.port.reset_input_buffer()
            self._clock.sleep(GAP * BITS / self._baud)
            if not self.port.in_waiting:
                return

    def next(self, parser: Parser[F], wait: float, most: int = MOST) -> F:
        """The next frame, within `wait` seconds and `most` bytes (three frames at least); Timeout where the line is silent, ProtocolError where
        nothing on it is a frame.

        The bound on bytes is what keeps a line of noise from being searched until some of it passes for a frame: one byte of sum lets one window in
        65,536 pass, and a minute of noise at 9600 baud holds that many.
        """
        deadline = self._clock.monotonic() + wait
        left = max(most, 3 * parser.missing)
        while left > 0 and self._clock.monotonic() < deadline:
            data = self.port.read(parser.missing)
            left -= len(data)
            if found := parser.feed(data):
                return found[0]
        raise self.failure(parser.fault, wait)

    def failure(self, fault: Reason, wait: float) -> HardwareError:
        """The error for a line on which there was no frame."""
        if fault is Reason.TIMEOUT:
            return Timeout(errno.ETIMEDOUT, f"{self.where}: silent for {wait:.1f} s; check its supply and the wire to RX")
        return ProtocolError(fault, f"{self.where}: no readable frame in {wait:.1f} s ({fault}); check the model, the ground wire and the levels")
