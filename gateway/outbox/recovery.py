"""What is found on the disk at start: never a refusal, always an answer to two questions. Where do the numbers go on, and can that be proven?

The newest segment of each lane is read whole; of the others only the header, their frames are judged when somebody wants them. Two files with
the same salt are one segment that was moved after an error: the higher generation counts.
"""

from __future__ import annotations

import struct
import zlib
from itertools import pairwise
from typing import NamedTuple

import msgspec

from gateway.model import Instant, Lane
from gateway.outbox.disk import Disk
from gateway.outbox.frames import SECTOR, Found, Kind, scan, segment_header
from gateway.outbox.notes import Notes
from gateway.outbox.ring import LANES, Ring, Segment

LAST = "last"


class LastRun(msgspec.Struct, frozen=True):
    """Written at start and again at a clean stop. boot, epoch: of that run; clean: whether it ended cleanly, and then the next number of every
    lane and the next ordinal. generations: of the newest segment of every lane, so that a lost file is noticed."""

    boot: str
    epoch: str
    generations: dict[str, int] = {}
    clean: bool = False
    next: dict[str, int] = {}
    ordinal: int = 0


class Tail(NamedTuple):
    """What the newest segments tell. ordinal: highest in a whole Block; newest: the last moment in it."""

    ordinal: int
    newest: Instant | None


def read_last_run(disk: Disk) -> LastRun | None:
    """The note of the last run; None where there was none, or the note is damaged."""
    data = disk.read(LAST, 0, SECTOR)
    length, crc = struct.unpack_from("<HI", data.ljust(6, b"\0"))
    body = data[6 : 6 + length]
    if not length or zlib.crc32(body) != crc:
        return None
    try:
        return msgspec.json.decode(body, type=LastRun)
    except msgspec.ValidationError:
        return None


def write_last_run(disk: Disk, run: LastRun) -> None:
    """Leave the note, synced."""
    body = msgspec.json.encode(run)
    disk.write(LAST, 0, (struct.pack("<HI", len(body), zlib.crc32(body)) + body).ljust(SECTOR, b"\0"))
    disk.sync(LAST)


def find_segments(disk: Disk, ring: Ring) -> None:
    """Put the segments of a lane that the disk holds into its ring, oldest first; files that are none of ours become free places."""
    found: dict[int, Segment] = {}
    for name in disk.names():
        if not (name.startswith(f"{ring.lane}-") and name.endswith(".seg")):
            continue
        header = segment_header(disk.read(name, 0, SECTOR))
        if header is None or header.lane != LANES.index(ring.lane):
            ring.free.append(name)
            continue
        other = found.get(header.salt)
        if other is None or header.generation > other.header.generation:
            found[header.salt] = Segment(name, header, header.first - 1)
            name = other.name if other else ""
        if name and other is not None:
            ring.free.append(name)
    ring.segments = sorted(found.values(), key=lambda segment: segment.header.generation)
    for older, newer in pairwise(ring.segments):
        older.last = newer.header.before


def load(disk: Disk, ring: Ring, segment: Segment) -> list[Found]:
    """The frames of a segment from the disk; none where the file has begun another life meanwhile."""
    image = disk.read(segment.name, 0, ring.size)
    header = segment_header(image)
    if header is None or header.salt != segment.header.salt:
        return []
    return list(scan(image, header.salt))


def resume(disk: Disk, ring: Ring, notes: Notes) -> tuple[Tail, list[bytes]]:
    """Read the newest segment and make it the one appended to; gives its tail, and alarm states and messages in order for a fold."""
    tail, log = Tail(0, None), []
    for segment in reversed(ring.segments):
        founds = load(disk, ring, segment)
        blocks = [found.frame for found in founds if found.frame.kind is Kind.BLOCK]
        if segment is ring.newest:
            _adopt(ring, segment, founds, disk)
            log = _learn(founds, notes)
            ring.next = segment.last + 1
        if blocks:
            last = blocks[-1]
            tail = Tail(max(block.first + block.readings - 1 for block in blocks), Instant(last.boot, last.newest))
            break
        if ring.lane is not Lane.BATCH:
            break
    return tail, log


def _adopt(ring: Ring, segment: Segment, founds: list[Found], disk: Disk) -> None:
    """Hold the newest segment in memory; what stands behind its last whole frame is zeroed there and will be overwritten."""
    image = bytearray(disk.read(segment.name, 0, ring.size).ljust(ring.size, b"\0"))
    segment.used = founds[-1].end if founds else SECTOR
    segment.chain = founds[-1].own if founds else segment.header.salt
    image[segment.used :] = bytes(ring.size - segment.used)
    segment.image = image
    segment.synced = segment.used
    numbered = [found for found in founds if found.frame.kind is not Kind.NOTE]
    segment.frames, segment.ends = [found.frame for found in numbered], [found.end for found in numbered]
    segment.last = segment.frames[-1].seq if numbered else segment.first - 1


def _learn(founds: list[Found], notes: Notes) -> list[bytes]:
    log: list[bytes] = []
    for found in founds:
        if found.frame.kind is Kind.NOTE:
            state = notes.take(found.frame.payload)
            if state is not None:
                log.append(state)
        elif found.frame.kind is Kind.MESSAGE:
            log.append(found.frame.payload)
    return log
