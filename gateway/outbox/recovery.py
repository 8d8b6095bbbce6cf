"""What is found on the disk at start: never a refusal, always an answer to two questions. Where do the numbers go on, and can that be proven?

The newest segment of each lane is read whole; of the others only the header, their frames are judged when somebody wants them. Two files with
the same salt are one segment that was moved after an error: the higher generation counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, pairwise
from typing import NamedTuple

from gateway.model import Instant, Lane
from gateway.outbox.disk import Disk
from gateway.outbox.frames import SECTOR, Found, Frame, Kind, scan, segment_header
from gateway.outbox.notes import Notes
from gateway.outbox.ring import LANES, Ring, Segment

PIECE = 4096
"""Where a file cannot be read as a whole, it is read in pieces of this many bytes."""


class Tail(NamedTuple):
    """What the newest segments tell. ordinal: highest in a whole Block; newest: the last moment in it."""

    ordinal: int
    newest: Instant | None


def salvage(disk: Disk, name: str, size: int, more: bool = True) -> bytes:
    """A file, which may have more bytes than `size` where another configuration made it; zeros where the medium refuses to give them back."""
    try:
        return disk.read(name, 0, -1 if more else size)
    except OSError:
        return b"".join(_piece(disk, name, place, min(PIECE, size - place)) for place in range(0, size, PIECE))


def _piece(disk: Disk, name: str, offset: int, size: int) -> bytes:
    try:
        return disk.read(name, offset, size).ljust(size, b"\0")
    except OSError:
        return bytes(size)


def find_segments(disk: Disk, ring: Ring) -> None:
    """Put the segments of a lane that the disk holds into its ring, oldest first; files that are none of ours become free places."""
    found: dict[int, Segment] = {}
    for name in disk.names():
        if not (name.startswith(f"{ring.lane}-") and name.endswith(".seg")):
            continue
        header = segment_header(salvage(disk, name, SECTOR, more=False))
        if header is None or header.lane != LANES.index(ring.lane):
            ring.free.append(name)
            continue
        segment = Segment(name, header, header.first - 1)
        twin = found.get(header.salt)
        if twin is not None:
            segment, other = sorted((segment, twin), key=lambda each: _worth(disk, ring, each), reverse=True)
            ring.free.append(other.name)
        found[header.salt] = segment
    ring.segments = sorted(found.values(), key=lambda segment: segment.header.generation)
    for older, newer in pairwise(ring.segments):
        older.last = newer.header.before
        if newer.header.generation >> 8 == (older.header.generation >> 8) + 1:
            older.span = newer.header.span
        if newer.epoch != older.epoch and newer.first != 1:  # the file between them is gone
            older.last = max((each.frame.seq for each in load(disk, ring, older)), default=older.first - 1)


def _worth(disk: Disk, ring: Ring, segment: Segment) -> tuple[int, int]:
    """Which of two copies counts: the one moved last, of equals (somebody copied files) the one that reaches further."""
    return segment.header.generation, max((each.frame.seq for each in load(disk, ring, segment)), default=0)


def load(disk: Disk, ring: Ring, segment: Segment) -> list[Found]:
    """The frames of a segment from the disk; none where the file has begun another life meanwhile."""
    image = salvage(disk, segment.name, ring.size)
    header = segment_header(image)
    if header is None or header.salt != segment.header.salt:
        return []
    return list(scan(image, header.salt))


def resume(disk: Disk, ring: Ring, notes: Notes, torn: bool) -> tuple[Tail, list[bytes]]:
    """Read the newest segment and make it the one appended to; gives its tail, and alarm states and messages in order for a fold.

    torn: the power went, so the end may be torn. Blocks that happen to have survived behind a torn frame were in no flush that returned, may need
    the table that stood in it, and may hold what is still journalled: they are given up, and everything is sealed again in its order.
    """
    newest = ring.newest
    if newest is None:
        return Tail(0, None), []
    founds = load(disk, ring, newest)
    if torn and ring.lane is Lane.BATCH:
        founds = founds[: _torn(founds)]
    _adopt(ring, newest, founds, disk)
    last = _last_block(disk, ring, founds)
    tail = Tail(last.first + last.readings - 1, Instant(last.boot, last.newest)) if last else Tail(0, None)
    before: list[bytes] = []
    if ring.lane is Lane.ALARM and len(ring.segments) > 1 and not any(found.frame.kind is Kind.MESSAGE for found in founds):
        before = _learn(load(disk, ring, ring.segments[-2]), notes)  # just begun: what was told last stands in the one before
    return tail, before + _learn(founds, notes)


def _torn(founds: Sequence[Found]) -> int | None:
    """The first frame behind damage in what nobody ever knew to be on the medium; None where there is none."""
    for place, found in enumerate(founds):
        begins = founds[place - 1].end if place else SECTOR
        if found.damaged and all(later.proof <= begins for later in founds[place:]):
            return place
    return None


def _last_block(disk: Disk, ring: Ring, newest: Sequence[Found]) -> Frame | None:
    """The newest Block; older segments are only looked at where the newest has none."""
    older = (load(disk, ring, segment) for segment in reversed(ring.segments[:-1])) if ring.lane is Lane.BATCH else ()
    for founds in chain([newest], older):
        for found in reversed(founds):
            if found.frame.kind is Kind.BLOCK:
                return found.frame
    return None


def _adopt(ring: Ring, segment: Segment, founds: Sequence[Found], disk: Disk) -> None:
    """Hold the newest segment in memory; what stands behind its last whole frame is zeroed there and will be overwritten."""
    image = bytearray(salvage(disk, segment.name, ring.size).ljust(ring.size, b"\0"))
    segment.used = founds[-1].end if founds else SECTOR
    segment.chain = founds[-1].own if founds else segment.header.salt
    image[segment.used :] = bytes(len(image) - segment.used)
    segment.image = image
    segment.synced = segment.used
    numbered = [found for found in founds if found.frame.kind is not Kind.NOTE]
    segment.frames, segment.ends = [found.frame for found in numbered], [found.end for found in numbered]
    segment.last = segment.frames[-1].seq if numbered else segment.first - 1
    ring.next = segment.last + 1


def _learn(founds: Sequence[Found], notes: Notes) -> list[bytes]:
    log: list[bytes] = []
    for found in founds:
        if found.frame.kind is Kind.NOTE:
            state = notes.take(found.frame.payload)
            if state is not None:
                log.append(state)
        elif found.frame.kind is Kind.MESSAGE:
            log.append(found.frame.payload)
    return log
