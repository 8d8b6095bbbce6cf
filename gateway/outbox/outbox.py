"""The outbox: what the recorder appends and posts, what the flusher writes and syncs, what the uplink reads and receipts.

One lock guards what is in memory and is never held while the disk is waited for; only `flush` waits for the disk, and only the flusher calls it
(and `open` and `close`, when no other thread runs). So a stalled card holds up neither recorder nor uplink.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from gateway.clock import ClockTable, real
from gateway.contract.messages import ClockFix
from gateway.model import Instant, Lane, Reading, Table
from gateway.outbox import notes as note
from gateway.outbox.adrift import NoDisk
from gateway.outbox.disk import Disk
from gateway.outbox.journal import Context, Entry
from gateway.outbox.library import Library
from gateway.outbox.opening import Opened, opened
from gateway.outbox.unsynced import Unsynced
from gateway.outbox.words import GapFact, Limits, Offer
from gateway.outbox.writer import Writer

MOST_PAYLOAD = 64 << 10


class Outbox:
    """Everything the node has to say. Made by `open`. last_table: the series table of the life before, as far as it is known."""

    def __init__(
        self, found: Opened, boot: str, on_synced: Callable[[], None], on_due: Callable[[], None], on_receipt: Callable[[str, Lane, int], None]
    ) -> None:
        self._s = found.shelf
        self._boot = boot
        self._on_synced = on_synced
        self._on_due = on_due
        self._on_receipt = on_receipt
        self._lock = threading.RLock()
        self._pending: list[Entry] = []
        self._journalled = found.shelf.ordinal - 1
        self._writer = Writer(found.shelf, self._lock)
        self._library = Library(found.shelf, self._lock)
        self._unsynced = Unsynced(real)
        self._table = Table(())
        self._declared: set[tuple[str, Lane, int | None, int | None]] = set()
        self.alarm_log: list[bytes] = found.alarm_log
        self.last_table = found.shelf.notes.current or self.table(found.shelf.notes.last)

    @classmethod
    def open(
        cls,
        disk: Disk,
        spool: Disk,
        *,
        machine: str,
        boot: str,
        now: Callable[[], Instant],
        limits: Limits,
        declare: Callable[[GapFact], bytes],
        on_synced: Callable[[], None] = lambda: None,
        on_due: Callable[[], None] = lambda: None,
        on_receipt: Callable[[str, Lane, int], None] = lambda epoch, lane, upto: None,
        snapshot: Callable[[list[bytes]], list[bytes]] = list,
    ) -> Outbox:
        """Open what is there and go on; damaged data is declared, never a reason to refuse.

        machine: identity of the computer; another one's outbox is continued in a new epoch. declare: encodes a hole as an event's payload.
        on_synced: called after a flush made something sendable; on_due: when something waits for a flush; on_receipt: when the hub has more of a
        lane than before. snapshot: states of alarms that are not normal, for the start of an alarm segment; it is given what the
        lane was found to hold while nothing newer is known. ValueError where boot is not 12
        hexadecimal digits.
        """
        found = opened(disk, spool, machine, Instant(boot, now().ms), limits, declare, snapshot)
        outbox = cls(found, boot, on_synced, on_due, on_receipt)
        outbox.flush()
        if not outbox.due():
            found.flotsam.give_back()
        return outbox

    @property
    def epoch(self) -> str:
        """Identity of the outbox that new numbers belong to."""
        return self._s.epoch

    @property
    def clocks(self) -> ClockTable:
        """The anchors of every boot that is known."""
        return self._s.notes.clocks

    @property
    def boots(self) -> list[tuple[str, int]]:
        """Earlier boots in their order, with the newest moment (ms) known of each."""
        return list(self._s.notes.boots.items())

    def table(self, id: str) -> Table | None:
        """A series table by its id."""
        return self._s.notes.tables.get(id)

    def use_table(self, table: Table) -> None:
        """The table in force from now on; what is pending is sealed under its own."""
        with self._lock:
            self.seal()
            self._table = table
            if self._s.notes.tables.get(table.id) != table or self._s.notes.current != table:
                self._s.notes.tables[table.id] = table
                self._s.notes.current = table
                self._s.rings[Lane.BATCH].append(note.table_note(table), self.epoch)

    def fix_clock(self, boot: str, fix: ClockFix) -> None:
        """Keep a boot's anchor."""
        with self._lock:
            self._s.notes.clocks.fixes[boot] = fix
            self._s.rings[Lane.BATCH].append(note.clock_note(boot, fix), self.epoch)

    def append(self, reading: Reading, table: Table | None = None) -> None:
        """Journal a reading: one write to the spool, then it exists. Never waits for the disk. table: by which it was judged, if that may be
        another than the last one's: it is then the one in force."""
        with self._lock:
            if table is not None and table is not self._table:
                self.use_table(table)
            entry = Entry(self._s.ordinal, reading)
            self._s.ordinal += 1
            self._pending.append(entry)
            context = Context(self.epoch, self._boot, self._table)
            try:
                self._s.spool.write([entry], context, self._s.durable)
            except OSError:
                self._s.spool.missed += 1
            if len(self._pending) >= self._s.limits.block:
                self.seal()

    def seal(self) -> int | None:
        """Make a Block of the pending readings, once encoded for disk and wire; gives its number, None where nothing is pending."""
        with self._lock:
            entries, self._pending = self._pending, []
            if not entries:
                return None
            seq = self._s.add_block(entries, self._table, self._boot)
            self._s.spool.turn()
            self._s.journal.turn()
        self._on_due()
        return seq

    def post(self, lane: Lane, payload: bytes) -> int:
        """Queue an alarm or an event for the disk, urgently; gives its number. ValueError where no message could ever carry it."""
        if len(payload) > MOST_PAYLOAD:
            raise ValueError(f"outbox: {lane} of {len(payload)} bytes; a message has at most {MOST_PAYLOAD}")
        with self._lock:
            seq = self._s.post(lane, payload)
            self._unsynced.add(self.epoch, lane, seq, payload)
        self._on_due()
        return seq

    def due(self) -> bool:
        """Whether a Block, an alarm, an event or a note waits for the disk."""
        return any(ring.writes for ring in self._s.rings.values())

    def flush(self) -> None:
        """Write and sync everything queued, then journal what is not in a Block yet. Waits for the disk; handles its errors."""
        with self._lock:
            entries = [entry for entry in self._pending if entry.ordinal > self._journalled]
            context = Context(self.epoch, self._boot, self._table)
        wrote = self._writer.flush()
        if entries and not self._writer.degraded:
            if self._writer.journal(entries, context):
                self._journalled = entries[-1].ordinal
            else:  # no room, or a file that fails: a Block keeps them as well
                self.seal()
                wrote = self._writer.flush() or wrote
        if wrote:
            with self._lock:
                self._unsynced.synced(self._s.rings)
            self._on_synced()

    def held(self) -> list[tuple[str, Lane, int, int]]:
        """What may be sent, oldest epoch first: epoch, lane, first and last number; receipted frames that are still there included."""
        with self._lock:
            return self._library.held() + self._unsynced.held()

    def read(self, epoch: str, lane: Lane, after: int, max_bytes: int) -> list[Offer]:
        """Synced frames with a number above `after`, in order, payloads together at most max_bytes but at least one where there is one."""
        if epoch == self._unsynced.epoch:
            with self._lock:
                return self._unsynced.read(lane, after)
        offers, holes = self._library.read(epoch, lane, after, max_bytes)
        for hole in holes:
            self._declare_corrupt(hole)
        return offers

    def _declare_corrupt(self, hole: GapFact) -> None:
        """Numbers that ought to be there and are not, or are damaged: declared once."""
        with self._lock:
            key = (hole.of, hole.lane, hole.first, hole.last)
            if key in self._declared:
                return
            self._declared.add(key)
            self._s.post_gap(hole)
        self._on_due()

    def receipted(self, epoch: str, lane: Lane, upto: int) -> None:
        """The hub has everything up to here: it may go when its place is needed. Of what was never numbered here nothing is believed."""
        with self._lock:
            if epoch == self._unsynced.epoch:
                heard = [(own.epoch, own.seq) for own in self._unsynced.receipted(lane, upto)]
            else:
                ring = self._s.rings.get(lane)
                believed = ring is not None and (epoch != self.epoch or upto < ring.next)
                heard = [(epoch, upto)] if believed and self._s.cursor.advance(epoch, lane, upto) else []
        for of, seq in heard:
            self._on_receipt(of, lane, seq)

    def mark(self, epoch: str, lane: Lane) -> int:
        """Up to where the hub has this lane, as far as was heard and kept; 0 where nothing is known."""
        with self._lock:
            return self._s.cursor.mark(epoch, lane)

    def disown(self, epoch: str, lane: Lane, upto: int) -> bool:
        """The hub has more of this lane than was ever numbered here: this outbox is a copy or was restored. Go on in a new epoch; False where
        the numbers are ours, skipped ones included."""
        with self._lock:
            foreign = epoch == self.epoch and upto >= self._s.rings[lane].next
            if foreign:
                self.seal()
                self._s.new_epoch()
        self._on_due()
        return foreign

    def status(self) -> dict[str, Any]:
        """unreceipted: messages and Blocks the hub does not have; unsealed: readings not in a Block yet; degraded: the disk does not take writes;
        adrift: it did not answer when the node started."""
        with self._lock:
            waiting = [max(0, last - max(self._s.cursor.mark(epoch, lane), first - 1)) for epoch, lane, first, last in self._library.held()]
            return {
                "unreceipted": sum(waiting) + sum(len(ring.writes) for ring in self._s.rings.values()),
                "unsealed": len(self._pending),
                "segments": sum(len(ring.segments) for ring in self._s.rings.values()),
                "evicted": self._s.evicted,
                "unspooled": self._s.spool.missed,
                "degraded": self._writer.degraded,
                "adrift": isinstance(self._s.disk, NoDisk),
                "flush_s": round(self._writer.last, 4),
            }

    def close(self, clean: bool = True) -> None:
        """Seal, flush and leave the mark of a clean stop."""
        self.seal()
        self.flush()
        if clean and not self.due():
            self._writer.leave()
