"""One lane's ring of segment files: append to the newest, recycle the oldest.

The newest segment is kept whole in memory as well: appending, reading what was just written and writing it again elsewhere after an error then
need nothing from the disk. Nothing here does I/O: what is to be written becomes Writes, which the outbox's flush carries out in order. A Write
that says `first` names files that must be synced before it: a loss is declared on the disk before it happens.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.model import Lane
from gateway.outbox.frames import OVERHEAD, SECTOR, Frame, Kind, SegmentHeader

MOST_UNWRITTEN = 4
"""Segments of a lane that may wait in memory for a disk that takes nothing."""
LANES = (Lane.BATCH, Lane.ALARM, Lane.EVENT)


@dataclass
class Segment:
    """One life of one segment file. last: newest number in it, first - 1 where it has none; synced: bytes known to be on the medium."""

    name: str
    header: SegmentHeader
    last: int
    used: int = SECTOR
    synced: int = 0
    chain: int = 0
    image: bytearray | None = None
    frames: list[Frame] = field(default_factory=list)
    """Of a segment held in memory: its numbered frames."""
    ends: list[int] = field(default_factory=list)
    """The offset at which each of them ends."""

    @property
    def epoch(self) -> str:
        """The epoch its numbers belong to."""
        return self.header.epoch

    @property
    def first(self) -> int:
        """Lowest number it may hold."""
        return self.header.first


@dataclass(frozen=True)
class Write:
    """Bytes for a place of a file. first: names of files to be synced before this is written."""

    name: str
    offset: int
    data: bytes
    first: tuple[str, ...] = ()


class Ring:
    """The segments of one lane, oldest first. size: bytes of a segment; most: how many files; evict: called with a segment that is about to be
    overwritten before a receipt covers it, gives the names of the files to sync first; notes: frames every new segment begins with."""

    def __init__(
        self,
        lane: Lane,
        size: int,
        most: int,
        machine: bytes,
        covered: Callable[[Segment], bool],
        evict: Callable[[Segment], tuple[str, ...]],
        notes: Callable[[], list[Frame]],
    ) -> None:
        self.lane = lane
        self.size = size
        self.most = most
        self.segments: list[Segment] = []
        self.free: list[str] = []
        self.writes: list[Write] = []
        self.next = 1
        self._machine = machine
        self._covered = covered
        self._evict = evict
        self._notes = notes

    @property
    def newest(self) -> Segment | None:
        """The segment appended to; None before the first."""
        return self.segments[-1] if self.segments else None

    def append(self, frame: Frame, epoch: str) -> None:
        """Add a frame; a new segment where the newest is full or of another epoch."""
        segment = self.newest
        room = OVERHEAD + len(frame.payload) + 8
        if segment is None or segment.image is None or segment.epoch != epoch or segment.used + room > self.size:
            segment = self.rotate(epoch, frame.seq or self.next)
        self._put(segment, frame)

    def _put(self, segment: Segment, frame: Frame) -> None:
        assert segment.image is not None
        data, segment.chain = frame.pack(segment.header.salt, segment.chain)
        segment.image[segment.used : segment.used + len(data)] = data
        self.writes.append(Write(segment.name, segment.used, data))
        segment.used += len(data)
        if frame.kind is not Kind.NOTE:
            segment.last = frame.seq
            segment.frames.append(frame)
            segment.ends.append(segment.used)
            self.next = frame.seq + 1

    def rotate(self, epoch: str, first: int) -> Segment:
        """Begin a new segment: in a fresh file while there may be more, else in the oldest one."""
        self._bound_memory()
        name, sync_first = self._place()
        generation = (self.segments[-1].header.generation | 0xFF) + 1 if self.segments else 256
        last = self.segments[-1].last if self.segments else 0
        header = SegmentHeader(LANES.index(self.lane), secrets.randbits(32), generation, first, last, self._machine, epoch)
        image = bytearray(self.size)
        image[:SECTOR] = header.pack()
        segment = Segment(name, header, first - 1, image=image, chain=header.salt)
        self.segments.append(segment)
        self.writes.append(Write(name, 0, bytes(image[:SECTOR]), sync_first))
        for note in self._notes():
            self._put(segment, note)
        return segment

    def _bound_memory(self) -> None:
        """A disk that takes nothing must not fill the memory: the oldest unwritten segment is given up, and declared."""
        unwritten = [segment for segment in self.segments if segment.image is not None]
        if len(unwritten) >= MOST_UNWRITTEN:
            self._evict(unwritten[0])
            self.writes = [write for write in self.writes if write.name != unwritten[0].name]
            self.segments.remove(unwritten[0])
            self.free.append(unwritten[0].name)

    def _place(self) -> tuple[str, tuple[str, ...]]:
        """A file for a new segment, and what must be on the disk before it is overwritten."""
        if self.free:
            return self.free.pop(0), ()
        used = {segment.name for segment in self.segments}
        if len(used) < self.most:
            number = next(n for n in range(self.most) if self.file(n) not in used)
            self.writes.append(Write(self.file(number), 0, bytes(self.size)))
            return self.file(number), ()
        oldest = self.segments[0]
        before = () if self._covered(oldest) else self._evict(oldest)
        self.segments.remove(oldest)
        return oldest.name, before

    def shrink(self, segment: Segment) -> None:
        """The disk has no room for this segment's file: make do with the files there are."""
        self.most = max(2, len({other.name for other in self.segments} - {segment.name}))

    def file(self, number: int) -> str:
        """Name of a segment file."""
        return f"{self.lane}-{number:04d}.seg"

    def again(self, segment: Segment, elsewhere: bool) -> None:
        """Write a segment that the disk failed to take once more, whole and from memory; `elsewhere` in another file."""
        if segment.image is None:
            return
        self.writes = [write for write in self.writes if write.name != segment.name]
        sync_first: tuple[str, ...] = ()
        if elsewhere:
            segment.name, sync_first = self._place()
            segment.header = segment.header._replace(generation=segment.header.generation + 1)
            segment.image[:SECTOR] = segment.header.pack()
        segment.synced = 0
        self.writes.append(Write(segment.name, 0, bytes(segment.image), sync_first))

    def settled(self) -> None:
        """Drop from memory what is wholly on the medium and no longer appended to."""
        for segment in self.segments[:-1]:
            if segment.image is not None and segment.synced >= segment.used:
                segment.image = None
                segment.frames, segment.ends = [], []
