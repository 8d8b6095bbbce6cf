"""The note of the last run, in two files written in turn: which boot and epoch it was, how it ended, which files it had.

It tells a crash from a power cut and a clean stop, and it is how a lost newest segment is noticed. Where one file cannot be written, the other is.
"""

from __future__ import annotations

import struct
import zlib

import msgspec

from gateway.outbox.disk import Disk

NAMES = ("last-0", "last-1")
SIZE = 1024
_HEAD = struct.Struct("<QHI")


class LastRun(msgspec.Struct, frozen=True):
    """Written at start and again at a clean stop. boot, epoch: of that run; clean: whether it ended cleanly, and then the next number of every
    lane and the next ordinal. generations: of the newest segment of every lane, so that a lost file is noticed."""

    boot: str
    epoch: str
    generations: dict[str, int] = {}
    clean: bool = False
    next: dict[str, int] = {}
    ordinal: int = 0


class Ledger:
    """Reads and writes the note. found: that of the last run; None where there was none, or both copies are damaged."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._turn, self.found = max((_read(disk, name) for name in NAMES), key=lambda copy: copy[0])

    def write(self, run: LastRun) -> None:
        """Leave the note, synced. OSError where neither file takes it."""
        self._turn += 1
        body = msgspec.json.encode(run)
        data = (_HEAD.pack(self._turn, len(body), zlib.crc32(body, self._turn & 0xFFFFFFFF)) + body).ljust(SIZE, b"\0")
        try:
            self._put(NAMES[self._turn % 2], data)
        except OSError:
            self._put(NAMES[1 - self._turn % 2], data)

    def _put(self, name: str, data: bytes) -> None:
        self._disk.write(name, 0, data)
        self._disk.sync(name)


def _read(disk: Disk, name: str) -> tuple[int, LastRun | None]:
    try:
        data = disk.read(name, 0, SIZE)
        turn, length, crc = _HEAD.unpack_from(data.ljust(_HEAD.size, b"\0"))
        body = data[_HEAD.size : _HEAD.size + length]
        if not length or zlib.crc32(body, turn & 0xFFFFFFFF) != crc:
            return 0, None
        return turn, msgspec.json.decode(body, type=LastRun)
    except (OSError, msgspec.DecodeError):
        return 0, None
