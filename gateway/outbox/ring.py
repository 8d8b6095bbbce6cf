"""One lane's ring of segment files: append to the newest, recycle the oldest.

The newest segment is kept whole in memory as well: appending, reading what was just written and writing it again elsewhere after an error then
need nothing from the disk. Nothing here does I/O: what is to be written becomes Writes, which the outbox's flush carries out in order. A Write
that is a `barrier` waits until everything before it is on the medium: so a loss is declared on the disk before it happens, a segment is only seen
when the one before it is whole, and the copy of a segment only when it is complete.
"""

from __future__ import annotations

import secrets
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gateway.model import Instant, Lane
from gateway.outbox.frames import OVERHEAD, SECTOR, Frame, Kind, SegmentHeader, Span

MOST_UNWRITTEN = 4
"""Segments of a lane that may wait in memory for a disk that takes nothing."""
LANES = (Lane.BATCH, Lane.ALARM, Lane.EVENT)


@dataclass(eq=False)
class Segment:
    """One life of one segment file. last: newest number in it, first - 1 where it has none; synced: bytes known to be on the medium; span: of its
    Blocks, once it is no longer appended to."""

    name: str
    header: SegmentHeader
    last: int
    used: int = SECTOR
    synced: int = 0
    chain: int = 0
    image: bytearray | None = None
    span: Span | None = None
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

    def durable(self) -> int:
        """How many of the frames in memory are on the medium."""
        return bisect_right(self.ends, self.synced)


def span_of(frames: Sequence[Frame]) -> Span | None:
    """What the Blocks among these hold together; None where there is none."""
    blocks = [frame for frame in frames if frame.kind is Kind.BLOCK]
    if not blocks:
        return None
    begin, end = Instant(blocks[0].boot, blocks[0].oldest), Instant(blocks[-1].boot, blocks[-1].newest)
    return Span(begin, end, sum(frame.readings for frame in blocks))


@dataclass(frozen=True)
class Write:
    """Bytes for a place of a file. barrier: everything queued before must be on the medium first."""

    name: str
    offset: int
    data: bytes
    barrier: bool = False


class Ring:
    """The segments of one lane, oldest first. size: bytes of a segment; most: how many files; evict: called with a segment that is about to be
    overwritten, to declare what no receipt covers; notes: frames every new segment begins with."""

    def __init__(self, lane: Lane, size: int, most: int, machine: bytes, evict: Callable[[Segment], None], notes: Callable[[], list[Frame]]) -> None:
        self.lane = lane
        self.size = size
        self.most = most
        self.segments: list[Segment] = []
        self.free: list[str] = []
        self.writes: list[Write] = []
        self.next = 1
        self._machine = machine
        self._most = most
        self._evict = evict
        self._notes = notes

    @property
    def newest(self) -> Segment | None:
        """The segment appended to; None before the first."""
        return self.segments[-1] if self.segments else None

    def append(self, frame: Frame, epoch: str, note: Frame | None = None) -> None:
        """Add a frame; a new segment where the newest is full or of another epoch. note: needed before it in the same segment. Notes are written
        twice, because much may depend on one."""
        segment = self.newest
        room = sum(2 * (OVERHEAD + len(each.payload) + 8) for each in (frame, note) if each is not None)
        if segment is None or segment.image is None or segment.epoch != epoch or segment.used + room > self.size:
            segment = self.rotate(epoch, self.next)
        for each in (note, frame) if note is not None else (frame,):
            self._put(segment, each)
            if each.kind is Kind.NOTE:
                self._put(segment, each)

    def _put(self, segment: Segment, frame: Frame) -> None:
        assert segment.image is not None
        data, segment.chain = frame.pack(segment.header.salt, segment.chain, segment.synced)
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
        self.most = self._most
        generation = (self.segments[-1].header.generation | 0xFF) + 1 if self.segments else 256
        last, span = 0, None
        if self.segments:
            last = self.segments[-1].last
            span = self.segments[-1].span = span_of(self.segments[-1].frames)
        name = self._place(self.segments)
        header = SegmentHeader(LANES.index(self.lane), secrets.randbits(32), generation, first, last, self._machine, epoch, span)
        image = bytearray(self.size)
        image[:SECTOR] = header.pack()
        segment = Segment(name, header, first - 1, image=image, chain=header.salt)
        self.segments.append(segment)
        self.writes.append(Write(name, 0, bytes(image[:SECTOR]), barrier=True))
        for note in self._notes() * 2:
            self._put(segment, note)
        return segment

    def _bound_memory(self) -> None:
        """A disk that takes nothing must not fill the memory: the oldest unwritten segment is given up, and declared."""
        unwritten = [segment for segment in self.segments if segment.image is not None]
        if len(unwritten) >= MOST_UNWRITTEN:
            self.free.append(self._let_go(unwritten[0]))

    def _let_go(self, segment: Segment) -> str:
        """Give a segment up; its file's name."""
        self._evict(segment)
        self.segments.remove(segment)
        self.writes = [write for write in self.writes if write.name != segment.name]
        return segment.name

    def _place(self, candidates: list[Segment]) -> str:
        """A file for a segment: one that is free, else a new one while there may be more, else that of the oldest candidate."""
        if self.free:
            return self.free.pop(0)
        used = {segment.name for segment in self.segments}
        if len(used) < self.most:
            number = next(n for n in range(len(used) + 1) if self.file(n) not in used)
            self.writes.append(Write(self.file(number), 0, bytes(self.size)))
            return self.file(number)
        return self._let_go(candidates[0])

    def shrink(self, segment: Segment) -> None:
        """The disk has no room for this segment's file: make do with the files there are, until the next segment asks again."""
        self.most = max(2, len({other.name for other in self.segments} - {segment.name}))

    def file(self, number: int) -> str:
        """Name of a segment file."""
        return f"{self.lane}-{number:04d}.seg"

    def again(self, segment: Segment, elsewhere: bool) -> None:
        """Write a segment that the disk failed to take once more, whole and from memory; `elsewhere` in another file. Its header goes last, so
        that a copy that was cut short never stands for the whole."""
        if segment.image is None or segment not in self.segments:
            return
        self.writes = [write for write in self.writes if write.name != segment.name]
        others = [other for other in self.segments if other is not segment]
        if elsewhere and (others or self.free or len(self.segments) < self.most):
            segment.name = self._place(others)
            segment.header = segment.header._replace(generation=segment.header.generation + 1)
            segment.image[:SECTOR] = segment.header.pack()
        segment.synced = 0
        self.writes.append(Write(segment.name, SECTOR, bytes(segment.image[SECTOR:]), barrier=True))
        self.writes.append(Write(segment.name, 0, bytes(segment.image[:SECTOR]), barrier=True))

    def settled(self) -> None:
        """Drop from memory what is wholly on the medium and no longer appended to."""
        for segment in self.segments[:-1]:
            if segment.image is not None and segment.synced >= segment.used:
                segment.image = None
                segment.frames, segment.ends = [], []

    def reached(self, epoch: str) -> int:
        """Highest number of an epoch that is on the medium; 0 where none is."""
        for segment in reversed(self.segments):
            if segment.epoch != epoch:
                return 0
            if segment.image is None:
                return segment.last
            if count := segment.durable():
                return segment.frames[count - 1].seq
        return 0
