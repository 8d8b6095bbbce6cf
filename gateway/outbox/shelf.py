"""What is in memory of an outbox: rings, numbers, notes, marks. Nothing here waits for the disk; the caller holds the lock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from secrets import token_hex

from gateway.contract.batch import encode_block
from gateway.model import GapCause, Instant, Lane, Table
from gateway.outbox.cursor import Cursor
from gateway.outbox.disk import Disk
from gateway.outbox.frames import Frame, Kind
from gateway.outbox.journal import Entry, Journal
from gateway.outbox.notes import Notes, table_note
from gateway.outbox.recovery import LastRun
from gateway.outbox.ring import LANES, Ring, Segment
from gateway.outbox.words import GapFact, Limits

SKIPPED = 1000
"""Numbers left out in every lane after a power cut: a card that lied about a flush cannot make a sent number be used twice."""


class Shelf:
    """The state that the outbox's parts share. ordinal: the next one; durable: the highest that stands in a synced Block."""

    def __init__(
        self, disk: Disk, spool: Journal, machine: bytes, limits: Limits, declare: Callable[[GapFact], bytes], snapshot: Callable[[], list[bytes]]
    ) -> None:
        self.disk = disk
        self.limits = limits
        self.notes = Notes(snapshot)
        self.spool = spool
        self.journal = Journal(disk, "journal")
        self.cursor = Cursor(disk)
        self.epoch = ""
        self.boot = ""
        self.ordinal = 1
        self.durable = 0
        self.evicted = 0
        self._declare = declare
        self._later: list[GapFact] = []
        counts = {Lane.BATCH: max(4, limits.size // limits.segment), Lane.ALARM: limits.alarms, Lane.EVENT: limits.events}
        self.rings = {lane: self._ring(lane, counts[lane], machine) for lane in LANES}

    def _ring(self, lane: Lane, most: int, machine: bytes) -> Ring:
        size = self.limits.segment if lane is Lane.BATCH else self.limits.small
        notes = {Lane.BATCH: self.notes.for_batches, Lane.ALARM: self.notes.for_alarms}.get(lane, list)
        return Ring(lane, size, most, machine, self.covered, lambda segment: self._evict(lane, segment), notes)

    def covered(self, segment: Segment) -> bool:
        """Whether the hub has everything in a segment."""
        return self.cursor.mark(segment.epoch, LANES[segment.header.lane]) >= segment.last

    def _evict(self, lane: Lane, segment: Segment) -> tuple[str, ...]:
        """Declare what is about to be overwritten; gives the file that has to be synced first. A hole in the event lane itself is told behind it."""
        mark = self.cursor.mark(segment.epoch, lane)
        blocks = [frame for frame in segment.frames if frame.kind is Kind.BLOCK and frame.seq > mark]
        begin, end = (Instant(blocks[0].boot, blocks[0].oldest), Instant(blocks[-1].boot, blocks[-1].newest)) if blocks else (None, None)
        count = sum(frame.readings for frame in blocks) if blocks else None
        fact = GapFact(segment.epoch, lane, GapCause.EVICTED, max(segment.first, mark + 1), segment.last, begin, end, count)
        self.evicted += 1
        if lane is Lane.EVENT:
            self._later.append(fact)
            return ()
        self.post_gap(fact)
        newest = self.rings[Lane.EVENT].newest
        return (newest.name,) if newest else ()

    def post(self, lane: Lane, payload: bytes) -> int:
        """Put a message into its lane; gives its number."""
        ring = self.rings[lane]
        seq = ring.next
        ring.append(Frame(Kind.MESSAGE, seq, payload), self.epoch)
        later, self._later = self._later, []
        for fact in later:
            self.post_gap(fact)
        return seq

    def post_gap(self, fact: GapFact) -> None:
        """Declare a hole as an event."""
        self.post(Lane.EVENT, self._declare(fact))

    def add_block(self, entries: Sequence[Entry], table: Table, boot: str) -> int:
        """Seal entries of one boot and table into a Block; gives its number."""
        ring = self.rings[Lane.BATCH]
        seq = ring.next
        readings = [entry.reading for entry in entries]
        times = [reading.ms for reading in readings]
        payload = encode_block(seq, table.id, boot, readings)
        frame = Frame(Kind.BLOCK, seq, payload, entries[0].ordinal, len(entries), table.id, boot, min(times), max(times))
        self._introduce(ring, table, len(payload))
        ring.append(frame, self.epoch)
        return seq

    def _introduce(self, ring: Ring, table: Table, size: int) -> None:
        """A Block's table stands before it in the same segment, also when it is not the one in force."""
        if self.notes.current is not None and table.id == self.notes.current.id:
            return
        self.notes.tables[table.id] = table
        ring.append(table_note(table), self.epoch)

    def skip(self) -> None:
        """Leave numbers out in every lane, and say so."""
        ranges = []
        for lane, ring in self.rings.items():
            if ring.newest is None:
                continue
            first, last = ring.next, ring.next + SKIPPED - 1
            ring.append(Frame(Kind.SKIP, last, b"", first), self.epoch)
            ranges.append((lane, first, last))
        self.ordinal += SKIPPED
        for lane, first, last in ranges:
            self.post_gap(GapFact(self.epoch, lane, GapCause.UNUSED, first, last))

    def new_epoch(self) -> None:
        """Go on under another identity: every lane begins again at 1 in a segment of its own."""
        self.epoch = f"{epoch_number(self.epoch) + 1:04d}-{token_hex(6)}"
        for ring in self.rings.values():
            ring.next = 1
            ring.rotate(self.epoch, 1)

    def last_run(self, clean: bool) -> LastRun:
        """The note of this run."""
        generations = {str(lane): ring.newest.header.generation for lane, ring in self.rings.items() if ring.newest is not None}
        numbers = {str(lane): ring.next for lane, ring in self.rings.items()} if clean else {}
        return LastRun(self.boot, self.epoch, generations, clean, numbers, self.ordinal if clean else 0)


def epoch_number(epoch: str) -> int:
    """The counter in an epoch's name; 0 for none."""
    head = epoch.partition("-")[0]
    return int(head) if head.isdigit() else 0
