"""The only code that waits for the outbox's disk: it carries out what the rings want written, syncs it, and deals with errors.

An fsync that failed is never believed when it works the second time (the kernel may have dropped the pages): what it should have made durable is
written again from memory, to another file. After three failures in a row the disk counts as gone: everything stays in memory, bounded, and is
tried again at every flush.
"""

from __future__ import annotations

import errno
import threading
from collections.abc import Sequence
from contextlib import suppress

from gateway.clock import real
from gateway.outbox.cursor import NAME as CURSOR
from gateway.outbox.frames import Kind
from gateway.outbox.journal import Context, Entry
from gateway.outbox.lastrun import NAMES
from gateway.outbox.ring import LANES, Ring, Segment, Write
from gateway.outbox.shelf import Shelf
from gateway.outbox.witness import tell

TRIES = 3
CURSOR_EVERY = 60.0
"""Seconds between lazy writes of the receipt cursor."""
ORDER = (LANES[2], LANES[1], LANES[0])
"""Events first, because they declare what a later write overwrites; then alarms, then Blocks."""


class _Waits(OSError):
    """Not written, because something before it is not on the medium yet."""


class Writer:
    """Carries out writes. degraded: the disk does not take them at present; last: seconds the last flush took."""

    def __init__(self, shelf: Shelf, lock: threading.RLock) -> None:
        self._shelf = shelf
        self._lock = lock
        self._failures = 0
        self._noted: dict[str, int] = {}
        self._cursor_saved = real()
        self.last = 0.0

    @property
    def degraded(self) -> bool:
        """Whether the disk failed three times in a row."""
        return self._failures >= TRIES

    def flush(self) -> bool:
        """Write and sync what is queued; True when something became durable."""
        began = real()
        wrote = False
        for _ in range(TRIES):
            with self._lock:
                writes, marks = self._take()
            if not writes:
                break
            failed = self._carry_out(writes)
            with self._lock:
                wrote = self._settle(marks, failed) or wrote
            if not failed or self.degraded:
                break
        self._save_cursor(False)
        self.last = real() - began
        return wrote

    def _take(self) -> tuple[list[Write], list[tuple[Ring, Segment, int]]]:
        """What the rings want written, and up to where each segment will then be durable."""
        writes: list[Write] = []
        marks: list[tuple[Ring, Segment, int]] = []
        for lane in ORDER:
            ring = self._shelf.rings[lane]
            names = {write.name for write in ring.writes}
            marks += [(ring, segment, segment.used) for segment in ring.segments if segment.name in names and segment.image is not None]
            writes += ring.writes
            ring.writes = []
        return writes, marks

    def _carry_out(self, writes: list[Write]) -> dict[str, OSError]:
        """Write in order; sync at the end, and before a barrier. Gives the files that failed, and those that had to wait because of it."""
        failed: dict[str, OSError] = {}
        dirty: dict[str, None] = {}
        for write in writes:
            if write.barrier:
                self._save_cursor(True)
                self._sync(dirty, failed)
                if failed:
                    failed.setdefault(write.name, _Waits())
            if write.name in failed:
                continue
            try:
                dirty[write.name] = None
                self._shelf.disk.write(write.name, write.offset, write.data)
            except OSError as error:
                failed[write.name] = error.with_traceback(None)  # its frames hold all that was to be written, until the collector finds the circle
        self._sync(dirty, failed)
        return failed or self._note_generations()

    def _sync(self, dirty: dict[str, None], failed: dict[str, OSError]) -> None:
        for name in dirty:
            if name not in failed:
                try:
                    self._shelf.disk.sync(name)
                except OSError as error:
                    failed[name] = error.with_traceback(None)
        dirty.clear()

    def _note_generations(self) -> dict[str, OSError]:
        """A new segment is noted before anything in it counts as durable: a newest file that is lost will be missed."""
        with self._lock:
            run = self._shelf.last_run(clean=False)
        if run.generations == self._noted:
            return {}
        try:
            self._shelf.ledger.write(run)
        except OSError as error:
            return {NAMES[0]: error}
        self._noted = run.generations
        return {}

    def _settle(self, marks: list[tuple[Ring, Segment, int]], failed: dict[str, OSError]) -> bool:
        """Count what is durable now; queue what failed again."""
        done = False
        self._failures = self._failures + 1 if failed else 0
        for ring, segment, used in marks:
            error = failed.get(segment.name)
            if error is not None or NAMES[0] in failed:
                if error is not None and error.errno == errno.ENOSPC:
                    ring.shrink(segment)
                ring.again(segment, elsewhere=error is not None and not isinstance(error, _Waits) and not self.degraded)
            else:
                segment.synced = max(segment.synced, used)
                done = True
        self._count_durable()
        for ring in self._shelf.rings.values():
            ring.settled()
        if done:
            with suppress(OSError):
                tell(self._shelf.runtime, self._shelf.witness())
        return done

    def _count_durable(self) -> None:
        """Blocks are durable in their order: the highest ordinal below the first Block that is not."""
        for segment in self._shelf.rings[LANES[0]].segments:
            count = segment.durable()
            blocks = [frame for frame in segment.frames[:count] if frame.kind is Kind.BLOCK]
            if blocks:
                self._shelf.durable = max(self._shelf.durable, blocks[-1].first + blocks[-1].readings - 1)
            if count < len(segment.frames):
                return

    def _save_cursor(self, force: bool) -> None:
        """Save the receipted marks: before a segment is overwritten, else once a minute and without a sync of their own. A disk that refuses them
        loses nothing: the hub knows what it has."""
        cursor = self._shelf.cursor
        if cursor.synced or not (force or real() - self._cursor_saved > CURSOR_EVERY):
            return
        with self._lock:
            cursor.forget({segment.epoch for ring in self._shelf.rings.values() for segment in ring.segments} | {self._shelf.epoch})
            slot = cursor.render()
            cursor.synced = force
        self._cursor_saved = real()
        try:
            if slot is not None:
                self._shelf.disk.write(CURSOR, *slot)
            if force:
                self._shelf.disk.sync(CURSOR)
        except OSError:
            cursor.refused()

    def leave(self) -> None:
        """Note a clean stop: the receipted marks, then the numbers at which every lane goes on."""
        self._save_cursor(True)
        with suppress(OSError):  # the next start takes it for a crash, which is the safe side
            self._shelf.ledger.write(self._shelf.last_run(clean=True))

    def journal(self, entries: Sequence[Entry], context: Context) -> bool:
        """Put readings that stand in no Block on the disk; False where that failed or there was no room."""
        journal = self._shelf.journal
        try:
            if not journal.write(entries, context, self._shelf.durable):
                return False
            self._shelf.disk.sync(journal.name)
        except OSError:
            return False
        return True
