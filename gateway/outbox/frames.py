"""Frames and segments as bytes.

A segment file is a header sector and then frames, eight-byte aligned. A frame's header has a CRC of its own, so that a rotten payload can be
stepped over by its length; where the header is rotten too, the next frame is found by looking at every eighth byte. Both CRCs are seeded with
the segment's salt: what an earlier life of a recycled file has left behind never validates. The chain (the header CRC of the frame before)
keeps a lost tail from coming back behind newer frames.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from gateway.model import Instant

SECTOR = 512
COPY = SECTOR // 2
MAGIC = b"EDGESEG1"
MARK = 0xED6E
_MARK = struct.pack("<H", MARK)
_HEADER = struct.Struct("<HBxIIIQQQ4s6sxxIIII")
_SEGMENT = struct.Struct("<8sB3xIQQQ8s24s6sQ6sQII")
OVERHEAD = _HEADER.size
ALIGN = 8


class Kind(IntEnum):
    """What a frame holds: a Block of readings, an alarm or event, a note (a table, a clock's anchor, an alarm's state), or nothing: numbers
    from `first` to `seq` that are skipped on purpose."""

    BLOCK = 1
    MESSAGE = 2
    NOTE = 3
    SKIP = 4


_KINDS = frozenset(Kind)


class Span(NamedTuple):
    """What the Blocks of a segment hold together, so that its loss can be told: from when to when, and how many readings."""

    begin: Instant
    end: Instant
    readings: int


class SegmentHeader(NamedTuple):
    """Identity of one life of a segment file.

    generation: orders the lives of all files of a lane, 256 apart; the low byte counts how often this life was moved to another file. first:
    lowest number it may hold; before: highest number of the segment before it; span: what that one holds. machine: eight bytes of the computer's
    identity.
    """

    lane: int
    salt: int
    generation: int
    first: int
    before: int
    machine: bytes
    epoch: str
    span: Span | None = None

    def pack(self) -> bytes:
        """One sector, which says it twice: a rotten bit must not cost a whole segment."""
        begin, end, readings = self.span or (Instant("", 0), Instant("", 0), 0)
        span = (bytes.fromhex(begin.boot), begin.ms, bytes.fromhex(end.boot), end.ms, readings)
        names = (self.machine, self.epoch.encode())
        body = _SEGMENT.pack(MAGIC, self.lane, self.salt, self.generation, self.first, self.before, *names, *span, 0)[:-4]
        return (body + struct.pack("<I", zlib.crc32(body))).ljust(COPY, b"\0") * 2


def segment_header(data: bytes) -> SegmentHeader | None:
    """The header of a segment's first sector; None where it is none, or not whole."""
    for copy in (data[:COPY], data[COPY:SECTOR]):
        if len(copy) < _SEGMENT.size:
            continue
        magic, lane, salt, generation, first, before, machine, epoch, *told, readings, crc = _SEGMENT.unpack_from(copy)
        if magic == MAGIC and crc == zlib.crc32(copy[: _SEGMENT.size - 4]):
            span = Span(Instant(told[0].hex(), told[1]), Instant(told[2].hex(), told[3]), readings) if readings else None
            return SegmentHeader(lane, salt, generation, first, before, machine, epoch.rstrip(b"\0").decode(), span)
    return None


class Frame(NamedTuple):
    """A frame as it stands in a segment. first, readings: ordinal of a Block's first reading and how many; table, boot: of a Block,
    else empty; oldest, newest: milliseconds of its earliest and latest reading."""

    kind: Kind
    seq: int
    payload: bytes
    first: int = 0
    readings: int = 0
    table: str = ""
    boot: str = ""
    oldest: int = 0
    newest: int = 0

    def pack(self, salt: int, chain: int, proof: int = 0) -> tuple[bytes, int]:
        """Aligned bytes, and the header CRC that the next frame's chain needs. proof: bytes of the segment known to be on the medium by now."""
        crc = zlib.crc32(self.payload, salt)
        names = bytes.fromhex(self.table), bytes.fromhex(self.boot)
        fields = (MARK, self.kind, len(self.payload), self.seq, self.readings, self.first, self.oldest, self.newest, *names, proof, crc, chain)
        body = _HEADER.pack(*fields, 0)[:-4]
        own = zlib.crc32(body, salt)
        whole = body + struct.pack("<I", own) + self.payload
        return whole + bytes(-len(whole) % ALIGN), own


class Found(NamedTuple):
    """A frame found in a segment; end: where the next begins; damaged: something rotten was stepped over just before it; proof: up to where
    the segment was on the medium when the frame was made."""

    frame: Frame
    end: int
    own: int
    damaged: bool
    proof: int


def scan(image: bytes | bytearray, salt: int, start: int = SECTOR) -> Iterator[Found]:
    """Every whole frame of a segment in order, stepping around damage.

    A frame is taken when its CRCs hold and it continues the chain; behind damage, where the chain is broken, when its number is above all before.
    """
    offset, chain, damaged, newest = start, salt, False, 0
    while offset + OVERHEAD <= len(image):
        mark, kind, length, seq, count, first, oldest, latest, table, boot, proof, crc, before, own = _HEADER.unpack_from(image, offset)
        end = offset + OVERHEAD + length
        if mark != MARK or end > len(image) or own != zlib.crc32(image[offset : offset + OVERHEAD - 4], salt):
            following = _next_mark(image, offset + 1)
            if following is None:
                return
            offset, damaged = following, True
            continue
        if not damaged and before != chain:
            return
        payload = bytes(image[offset + OVERHEAD : end])
        offset, chain = end + -end % ALIGN, own
        if zlib.crc32(payload, salt) != crc or kind not in _KINDS:
            damaged = True
        elif not damaged or seq > newest or kind == Kind.NOTE:
            newest = max(newest, seq)
            names = (table.hex(), boot.hex()) if kind == Kind.BLOCK else ("", "")
            frame = Frame(Kind(kind), seq, payload, first, count, names[0], names[1], oldest, latest)
            yield Found(frame, offset, own, damaged, proof)
            damaged = False


def _next_mark(image: bytes | bytearray, start: int) -> int | None:
    """The next aligned place where a frame may begin; None where there is none."""
    place = image.find(_MARK, start)
    while place >= 0:
        if place % ALIGN == 0:
            return place
        place = image.find(_MARK, place + 1)
    return None
