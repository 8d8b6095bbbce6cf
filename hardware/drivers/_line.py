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
SLACK, DELAY = 1.15, 0.03
"""How late a frame may be after the one before: so many times the sheet's slowest, and seconds that an adapter may hold it back."""
FULL = 4000
"""Bytes from which on the kernel's buffer (4096) may have been full, so that nothing is known of what was said meanwhile."""
BITS = 10
"""Bits on the line per byte: start, eight, stop."""


def rare(after: float, gone: int, length: int, slowest: float) -> bool:
    """Whether frames come further apart than they may. after: seconds from the last frame that was heard to this one. gone: bytes forgotten in
    between, which tell by the length of a frame how many there were. slowest: seconds from frame to frame by the sheet."""
    return gone < FULL and after > (round(gone / length) + 1) * SLACK * slowest + DELAY


class Line:
    """port: opened with the time-out PATIENCE. baud: bits per second. where: which sensor on which port, for messages. at: when the last bytes were
    read. stood: for how many seconds of the last wait this process stood still, at least: a read that took longer than its time-out."""

    def __init__(self, port: SharedSerial, clock: Clock, baud: int, where: str) -> None:
        self.port = port
        self.where = where
        self.at = clock.monotonic()
        self.stood = 0.0
        self._clock = clock
        self._baud = baud

    def forget(self) -> int:
        """Throw away what lies in the buffer, up to the end of a frame that is just coming: its rest must not be taken for a beginning. Gives how
        many bytes that were."""
        gone = 0
        waiting = self.port.in_waiting
        for _ in range(ROUNDS):
            gone += waiting
            self.port.reset_input_buffer()
            self._clock.sleep(GAP * BITS / self._baud)
            if not (waiting := self.port.in_waiting):
                break
        return gone

    def next(self, parser: Parser[F], wait: float, most: int = MOST) -> F:
        """The next frame, within `wait` seconds and `most` bytes (three frames at least); Timeout where the line is silent, ProtocolError where
        nothing on it is a frame.

        The bound on bytes is what keeps a line of noise from being searched until some of it passes for a frame: one byte of sum lets one window in
        65,536 pass, and a minute of noise at 9600 baud holds that many. A frame that waits when the time is over still counts: it came while this
        process stood still.
        """
        self.at, self.stood = self._clock.monotonic(), 0.0
        deadline = self.at + wait
        left = max(most, 3 * parser.missing)
        while left > 0 and (self.at < deadline or self.port.in_waiting >= parser.missing):
            data = self.port.read(parser.missing)
            begun, self.at = self.at, self._clock.monotonic()
            self.stood += max(0.0, self.at - begun - PATIENCE)
            left -= len(data)
            if found := parser.feed(data):
                return found[0]
        raise self.failure(parser.fault, wait)

    def failure(self, fault: Reason, wait: float) -> HardwareError:
        """The error for a line on which there was no frame."""
        if fault is Reason.TIMEOUT:
            return Timeout(errno.ETIMEDOUT, f"{self.where}: silent for {wait:.1f} s; check its supply and the wire to RX")
        return ProtocolError(fault, f"{self.where}: no readable frame in {wait:.1f} s ({fault}); check the model, the ground wire and the levels")
