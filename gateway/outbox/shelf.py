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
from gateway.outbox.lastrun import LastRun, Ledger
from gateway.outbox.notes import Notes, boot_note, table_note
from gateway.outbox.ring import LANES, Ring, Segment, span_of
from gateway.outbox.witness import Witness
from gateway.outbox.words import GapFact, Limits, joined

SPOOL_SIZE = 1 << 20
MOST_BLOCK = 56 << 10
"""Bytes of the largest Block: with its head it must fit in a message of 64 KiB."""
SKIPPED = 1000
"""Numbers left out in every lane after a power cut: a card that lied about a flush cannot make a sent number be used twice."""


class Shelf:
    """The state that the outbox's parts share. ordinal: the next one; durable: the highest that stands in a synced Block."""

    def __init__(
        self,
        disk: Disk,
        runtime: Disk,
        machine: bytes,
        limits: Limits,
        declare: Callable[[GapFact], bytes],
        snapshot: Callable[[list[bytes]], list[bytes]],
    ) -> None:
        self.disk = disk
        self.runtime = runtime
        self.limits = limits
        self.notes = Notes(snapshot)
        self.spool = Journal(runtime, "spool", SPOOL_SIZE)
        self.journal = Journal(disk, "journal")
        self.cursor = Cursor(disk)
        self.ledger = Ledger(disk)
        self.epoch = ""
        self.boot = ""
        self.ordinal = 1
        self.durable = 0
        self.evicted = 0
        self._declare = declare
        self._later: list[GapFact] = []
        self._told: dict[int, GapFact] = {}
        counts = {Lane.BATCH: max(4, limits.size // limits.segment), Lane.ALARM: limits.alarms, Lane.EVENT: limits.events}
        self.rings = {lane: self._ring(lane, counts[lane], machine) for lane in LANES}

    def _ring(self, lane: Lane, most: int, machine: bytes) -> Ring:
        size = self.limits.segment if lane is Lane.BATCH else self.limits.small
        notes = {Lane.BATCH: self.notes.for_batches, Lane.ALARM: self.notes.for_alarms}.get(lane, list)
        return Ring(lane, size, most, machine, lambda segment: self._evict(lane, segment), notes)

    def _evict(self, lane: Lane, segment: Segment) -> None:
        """Declare what is about to be overwritten, unless the hub has it. A hole in the event lane itself is told
        behind it, and from the mark on: what told of the events lost earlier may be lost by now."""
        mark = self.cursor.mark(segment.epoch, lane)
        if max(segment.first - 1, mark) >= segment.last:
            return
        first = mark + 1 if lane is Lane.EVENT else max(segment.first, mark + 1)
        span = span_of([frame for frame in segment.frames if frame.seq > mark]) if segment.frames else segment.span
        begin, end, readings = span if span is not None else (None, None, None)
        known = segment.frames or mark < segment.first  # else some of them are not lost: the hub has them
        fact = GapFact(segment.epoch, lane, GapCause.EVICTED, first, segment.last, begin, end, readings if known else None)
        self.evicted += 1
        if lane is Lane.EVENT:
            self._later += [fact, *self._untold(mark, segment.last)]
        else:
            self.post_gap(fact)

    def _untold(self, mark: int, upto: int) -> list[GapFact]:
        """Holes that events up to here told of, which the hub does not have: they are told again, those that touch as one."""
        facts: list[GapFact] = []
        for seq, fact in [(seq, fact) for seq, fact in self._told.items() if seq <= upto]:
            del self._told[seq]
            if seq <= mark:
                continue
            if facts and (merged := joined(facts[-1], fact)) is not None:
                facts[-1] = merged
            else:
                facts.append(fact)
        return facts

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
        self._told[self.post(Lane.EVENT, self._declare(fact))] = fact

    def add_block(self, entries: Sequence[Entry], table: Table, boot: str) -> int:
        """Seal entries of one boot and table, with no ordinal missing, into a Block, or into more than one where it would not fit in a message;
        gives the number of the last. Its table stands before it in the same segment, also when it is not the one in force."""
        ring = self.rings[Lane.BATCH]
        seq = ring.next
        readings = [entry.reading for entry in entries]
        times = [reading.ms for reading in readings]
        payload = encode_block(seq, table.id, boot, readings)
        if len(payload) > MOST_BLOCK and len(entries) > 1:
            half = len(entries) // 2
            self.add_block(entries[:half], table, boot)
            return self.add_block(entries[half:], table, boot)
        frame = Frame(Kind.BLOCK, seq, payload, entries[0].ordinal, len(entries), table.id, boot, min(times), max(times))
        known = self.notes.current is not None and table.id == self.notes.current.id
        if not known:
            self.notes.tables[table.id] = self.notes.current = table
        ring.append(frame, self.epoch, note=None if known else table_note(table))
        return seq

    def remember_boot(self, newest: Instant | None, current: str) -> None:
        """Note a boot that is over: its clock may still be bounded by its neighbours."""
        if newest is not None and newest.boot != current:
            self.notes.boots.pop(newest.boot, None)
            self.notes.boots[newest.boot] = newest.ms
            self.rings[Lane.BATCH].append(boot_note(newest.boot, newest.ms), self.epoch)

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
        self._told.clear()
        for ring in self.rings.values():
            ring.next = 1
        for lane in (Lane.EVENT, Lane.ALARM, Lane.BATCH):  # events first: what the others give up for room is declared there
            self.rings[lane].rotate(self.epoch, 1)

    def last_run(self, clean: bool) -> LastRun:
        """The note of this run."""
        generations = {str(lane): ring.newest.header.generation for lane, ring in self.rings.items() if ring.newest is not None}
        numbers = {str(lane): ring.next for lane, ring in self.rings.items()} if clean else {}
        return LastRun(self.boot, self.epoch, generations, clean, numbers, self.ordinal if clean else 0)

    def witness(self) -> Witness:
        """What is durable now."""
        return Witness(self.epoch, {str(lane): ring.reached(self.epoch) for lane, ring in self.rings.items()}, self.durable)


def epoch_number(epoch: str) -> int:
    """The counter in an epoch's name; 0 for none."""
    head = epoch.partition("-")[0]
    return int(head) if head.isdigit() else 0
