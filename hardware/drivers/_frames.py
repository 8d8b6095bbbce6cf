"""Finding frames in a stream of bytes: pure, resumable, bounded. What every serial driver's parser is, and the one that most of them need.

Bytes come in pieces of any size, with noise before and between, cut anywhere; a header also occurs inside a frame. So where a window of bytes is
no frame the search goes on one byte later, never a whole window later. A parser has no port, no clock and no deadline: those are the line's.

Every driver file that reads frames names its parsers in `PARSERS`, what each is for and how to make a fresh one, so that all of them are fuzzed and
fed byte by byte by one test that nobody has to extend.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from hardware.sample import Reason

F = TypeVar("F")


class Parser(Protocol[F]):
    """Bytes in, frames out."""

    def feed(self, data: bytes) -> list[F]:
        """Take bytes, in pieces of any size; gives the frames they complete, in order."""

    @property
    def missing(self) -> int:
        """How many bytes may be read next without taking a part of the frame after: at least 1."""

    @property
    def held(self) -> int:
        """Bytes kept for the frame that may be coming; bounded."""

    @property
    def fault(self) -> Reason:
        """Why there is no frame yet: TIMEOUT where nothing came, SYNTAX where what came is no frame, SHORT, CHECKSUM."""


class Window:
    """Frames of one fixed length that begin with a header.

    header: bytes a frame begins with. length: bytes of a frame. check: why a window with this header is no frame (CHECKSUM, SYNTAX, ...), None
    where it is one.
    """

    def __init__(self, header: bytes, length: int, check: Callable[[bytes], Reason | None]) -> None:
        self._header = header
        self._length = length
        self._check = check
        self._window = bytearray()
        self._fault = Reason.TIMEOUT

    @property
    def missing(self) -> int:
        """Bytes that would complete the window."""
        return self._length - len(self._window)

    @property
    def held(self) -> int:
        """Bytes in the window, always fewer than a frame."""
        return len(self._window)

    @property
    def fault(self) -> Reason:
        """Why there is no frame yet; a wrong checksum says more than stray bytes do."""
        return Reason.SHORT if self._fault is Reason.TIMEOUT and self._window else self._fault

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes; gives the whole frames they complete."""
        found = []
        for byte in data:
            self._window.append(byte)
            if len(self._window) == self._length and self._complete():
                found.append(bytes(self._window))
                self._window.clear()
            while self._window and not self._may_become():
                self._note(Reason.SYNTAX)
                del self._window[0]
        return found

    def _complete(self) -> bool:
        reason = self._check(bytes(self._window)) if self._window.startswith(self._header) else Reason.SYNTAX
        if reason is not None:
            self._note(reason)
            del self._window[0]
        return reason is None

    def _may_become(self) -> bool:
        """Whether the window is a header, or the beginning of one."""
        return self._window[: len(self._header)] == self._header[: len(self._window)]

    def _note(self, fault: Reason) -> None:
        if self._fault in (Reason.TIMEOUT, Reason.SYNTAX):
            self._fault = fault
