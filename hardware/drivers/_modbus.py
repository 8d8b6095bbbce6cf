"""Modbus RTU as bytes: checksum, question, and two parsers that find frames by their length, never by silence. Pure.

Silence does not frame reliably: a USB adapter hands bytes over in lumps, and devices answer sooner than the standard's 3.5 characters (seen in
recordings). So a frame is what a header allows, as long as the header says, with a right CRC; where that is none the search goes on one byte later.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from hardware.sample import Reason

HOLDING, INPUT = 3, 4
"""Functions that read registers; nothing else is ever sent."""
MOST = 125
"""Registers that one question may ask for (Modbus application protocol 1.1b3, 6.3)."""
DEVICES = range(1, 248)
"""Addresses a device may have; 0 is everybody, whom nobody answers."""
SHORTEST, ASKED, OVERHEAD, LONGEST = 5, 8, 5, 256
"""Bytes: of an exception, of a question, of an answer beside its data, of the longest frame."""
ERROR = 0x80
"""The bit in the function byte that makes an answer an exception."""
CODES = {
    1: "illegal function: it reads its registers by the other function, 3 or 4",
    2: "illegal data address: it has no such register; manuals often print the address plus one, plus 40001 or plus 30001",
    3: "illegal data value: it does not give so many registers at once",
    4: "device failure",
    6: "busy",
}
"""What an exception says (same, chapter 7)."""


def _table() -> tuple[int, ...]:
    rows = []
    for row in range(256):
        for _ in range(8):
            row = row >> 1 ^ (0xA001 if row & 1 else 0)
        rows.append(row)
    return tuple(rows)


_TABLE = _table()


def crc(data: bytes | bytearray) -> int:
    """CRC-16: polynomial 0x8005 reflected, begun with 0xFFFF."""
    value = 0xFFFF
    for byte in data:
        value = value >> 8 ^ _TABLE[(value ^ byte) & 0xFF]
    return value


def sealed(body: bytes) -> bytes:
    """A frame: the body and its CRC, low byte first."""
    return body + crc(body).to_bytes(2, "little")


class Question(NamedTuple):
    """Read `span` registers of a device from `address` on: the number on the wire, 0 to 65535. function: HOLDING or INPUT."""

    device: int
    function: int
    address: int
    span: int

    def frame(self) -> bytes:
        """The bytes to send."""
        return sealed(bytes([self.device, self.function]) + self.address.to_bytes(2, "big") + self.span.to_bytes(2, "big"))

    @property
    def answer(self) -> int:
        """Bytes of the answer."""
        return OVERHEAD + 2 * self.span


class Frames:
    """Frames of any length in a stream (the Parser of hardware/drivers/_frames.py).

    lengths: for the bytes a window begins with, the lengths that a frame may have which begins so, shortest first; none where no frame does.
    """

    def __init__(self, lengths: Callable[[bytearray], tuple[int, ...]]) -> None:
        self._lengths = lengths
        self._window = bytearray()
        self._fault = Reason.TIMEOUT

    @property
    def missing(self) -> int:
        """Bytes that would complete the shortest frame the window may become."""
        have = len(self._window)
        return min((length for length in self._lengths(self._window) if length > have), default=have + 1) - have

    @property
    def held(self) -> int:
        """Bytes in the window, always fewer than the longest frame."""
        return len(self._window)

    @property
    def fault(self) -> Reason:
        """Why there is no frame yet; a wrong CRC says more than stray bytes do."""
        return Reason.SHORT if self._fault is Reason.TIMEOUT and self._window else self._fault

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes; gives the whole frames they complete."""
        found = []
        self._window += data
        while self._window:
            lengths = self._lengths(self._window)
            length = next((n for n in lengths if n <= len(self._window) and not crc(self._window[:n])), 0)  # the CRC over a frame and its CRC is 0
            if length:
                found.append(bytes(self._window[:length]))
                del self._window[:length]
            elif any(n > len(self._window) for n in lengths):
                break
            else:
                self._note(Reason.CHECKSUM if lengths else Reason.SYNTAX)
                del self._window[0]
        return found

    def _note(self, fault: Reason) -> None:
        if self._fault in (Reason.TIMEOUT, Reason.SYNTAX):
            self._fault = fault


class Traffic(Frames):
    """Every question and answer on a line, whoever asks whom: functions 1 to 6, 15 and 16, and exceptions."""

    def __init__(self) -> None:
        super().__init__(_anyones)


def _anyones(window: bytearray) -> tuple[int, ...]:
    """The lengths of a question and of an answer that begin so."""
    have = len(window)
    if have and window[0] >= DEVICES.stop:
        return ()
    function = window[1] if have > 1 else ERROR
    count = window[2] if have > 2 else 0
    if function & ERROR:
        return (SHORTEST,)
    if 1 <= function <= INPUT:
        answer = (OVERHEAD + count,) if 0 < count <= 2 * MOST else ()
        return tuple(sorted({ASKED, *answer})) if have > 2 else (SHORTEST + 1,)
    if function in (5, 6):
        return (ASKED,)
    if function in (15, 16):
        return (ASKED, 9 + window[6]) if have > 6 and window[6] <= LONGEST - 10 else (ASKED,)
    return ()


class Answers(Frames):
    """The answer to one question: the right device, function and length, or its exception. What others say is passed over, so a late answer of
    another is never taken; a local echo of the question (many adapters hear themselves) is dropped."""

    def __init__(self, question: Question) -> None:
        self._asked = question.frame()
        self._question = question
        super().__init__(self._ours)

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes; gives the whole answers they complete."""
        return [frame for frame in super().feed(data) if frame != self._asked]

    def _ours(self, window: bytearray) -> tuple[int, ...]:
        """An answer that equals the beginning of the question byte by byte stays an echo: a missing value rather than a false one."""
        if not window:
            return (SHORTEST,)
        if window[:ASKED] == self._asked[: len(window)]:
            return (ASKED,)
        device, function, _, span = self._question
        header = bytes([device, function, 2 * span])
        if window[:3] == header[: len(window)]:
            return (self._question.answer,)
        return (SHORTEST,) if window[:2] == bytes([device, function | ERROR])[: len(window)] else ()
