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
    """The receipted marks. `marks[epoch][lane]` is the highest number up to which the hub has everything."""

    def __init__(self, disk: Disk) -> None:
        self._turn = 0
        self.marks: Marks = {}
        self.dirty = False
        for turn, marks in sorted(filter(None, (_parse(disk.read(NAME, place, SLOT)) for place in (0, SLOT))), key=lambda found: found[0]):
            self._turn, self.marks = turn, marks

    def mark(self, epoch: str, lane: str) -> int:
        """The mark of a lane; 0 where the hub has nothing."""
        return self.marks.get(epoch, {}).get(lane, 0)

    def advance(self, epoch: str, lane: str, upto: int) -> bool:
        """Raise a mark; False where it was not below."""
        if upto <= self.mark(epoch, lane):
            return False
        self.marks.setdefault(epoch, {})[lane] = upto
        self.dirty = True
        return True

    def forget(self, epochs: set[str]) -> None:
        """Keep only these epochs: nothing is held of the others."""
        self.marks = {epoch: lanes for epoch, lanes in self.marks.items() if epoch in epochs}

    def render(self) -> tuple[int, bytes]:
        """The next slot: where it is written, and what."""
        self._turn += 1
        body = msgspec.msgpack.encode(self.marks)
        data = _SLOT.pack(self._turn, len(body), zlib.crc32(body + struct.pack("<Q", self._turn))) + body
        self.dirty = False
        return SLOT * (self._turn % 2), data.ljust(512, b"\0")


def _parse(data: bytes) -> tuple[int, Marks] | None:
    if len(data) < _SLOT.size:
        return None
    turn, length, crc = _SLOT.unpack_from(data)
    body = data[_SLOT.size : _SLOT.size + length]
    if len(body) != length or crc != zlib.crc32(body + struct.pack("<Q", turn)):
        return None
    return turn, msgspec.msgpack.decode(body, type=Marks)
