"""Up to where the hub has everything, per epoch and lane: two slots written in turn, so that a torn write leaves the other.

The cursor is synced lazily: losing its newest state only means that receipted frames are offered again, and the hub drops what it has. Before a
segment is overwritten because a receipt covers it, it is synced.
"""

from __future__ import annotations

import struct
import zlib

import msgspec

from gateway.outbox.disk import Disk

NAME = "cursor"
SLOT = 4096
_SLOT = struct.Struct("<QII")
Marks = dict[str, dict[str, int]]


class Cursor:
    """The receipted marks. `marks[epoch][lane]` is the highest number up to which the hub has everything; synced: the medium has them too."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._turn = 0
        self._written = True
        self.marks: Marks = {}
        self.synced = True
        for turn, marks in sorted(filter(None, (_parse(_slot(disk, place)) for place in (0, SLOT))), key=lambda found: found[0]):
            self._turn, self.marks = turn, marks

    def prepare(self) -> None:
        """Make the file while the disk has room for it: on a full disk the marks must still be kept."""
        if len(self._disk.read(NAME)) < 2 * SLOT:
            self._disk.write(NAME, 0, self._disk.read(NAME).ljust(2 * SLOT, b"\0"))
            self._disk.sync(NAME)

    def mark(self, epoch: str, lane: str) -> int:
        """The mark of a lane; 0 where the hub has nothing."""
        return self.marks.get(epoch, {}).get(lane, 0)

    def advance(self, epoch: str, lane: str, upto: int) -> bool:
        """Raise a mark; False where it was not below."""
        if upto <= self.mark(epoch, lane):
            return False
        self.marks.setdefault(epoch, {})[lane] = upto
        self._written = self.synced = False
        return True

    def forget(self, epochs: set[str]) -> None:
        """Keep only these epochs: nothing is held of the others."""
        self.marks = {epoch: lanes for epoch, lanes in self.marks.items() if epoch in epochs}

    def render(self) -> tuple[int, bytes] | None:
        """The next slot: where it is written, and what; None where the file has it already. Of too many epochs the newest are kept."""
        if self._written:
            return None
        self._turn += 1
        kept = dict(self.marks)
        while len(body := msgspec.msgpack.encode(kept)) > SLOT - _SLOT.size:
            kept.pop(min(kept))
        data = _SLOT.pack(self._turn, len(body), zlib.crc32(body + struct.pack("<Q", self._turn))) + body
        self._written = True
        return SLOT * (self._turn % 2), data.ljust(512, b"\0")

    def refused(self) -> None:
        """The disk did not take what was rendered."""
        self._written = self.synced = False


def _slot(disk: Disk, place: int) -> bytes:
    try:
        return disk.read(NAME, place, SLOT)
    except OSError:
        return b""


def _parse(data: bytes) -> tuple[int, Marks] | None:
    if len(data) < _SLOT.size:
        return None
    turn, length, crc = _SLOT.unpack_from(data)
    body = data[_SLOT.size : _SLOT.size + length]
    if len(body) != length or crc != zlib.crc32(body + struct.pack("<Q", turn)):
        return None
    try:
        return turn, msgspec.msgpack.decode(body, type=Marks)
    except msgspec.DecodeError:
        return None
