"""Opening an outbox: what is found decides whether numbers go on, where, and which holes are declared.

A new epoch begins when the end of the sequence cannot be proven: nothing is there, another computer wrote it, a lane's newest file is gone, a
clean stop noted other numbers than are found, or the hub has receipted more than is found. Otherwise the epoch goes on; after an unclean boot
with numbers skipped. Readings that were journalled and not sealed are sealed now.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import groupby
from typing import NamedTuple

from gateway.model import GapCause, Instant, Lane
from gateway.outbox.disk import Disk
from gateway.outbox.journal import Context, Entry, Journal
from gateway.outbox.recovery import LastRun, Tail, find_segments, read_last_run, resume, write_last_run
from gateway.outbox.shelf import Shelf, epoch_number
from gateway.outbox.words import GapFact, Limits

SPOOL_SIZE = 1 << 20


class Opened(NamedTuple):
    """An opened outbox's state. hole: the gap to declare at the first reading; alarm_log: alarm states and messages to fold, oldest first."""

    shelf: Shelf
    hole: GapFact | None
    alarm_log: list[bytes]


class Leftover(NamedTuple):
    """A journalled reading that stands in no Block."""

    context: Context
    entry: Entry


def opened(
    disk: Disk, spool: Disk, machine: str, boot: str, limits: Limits, declare: Callable[[GapFact], bytes], snapshot: Callable[[], list[bytes]]
) -> Opened:
    """Open what is there; see the module."""
    identity = hashlib.blake2b(machine.encode(), digest_size=8).digest()
    shelf = Shelf(disk, Journal(spool, "spool", SPOOL_SIZE), identity, limits, declare, snapshot)
    last = read_last_run(disk)
    tail, log = _resume(shelf)
    found = any(ring.segments for ring in shelf.rings.values())
    shelf.boot = boot
    shelf.epoch = _found_epoch(shelf, last)
    proven = found and last is not None and _proven(shelf, last)
    same_machine = all(ring.newest is None or ring.newest.header.machine == identity for ring in shelf.rings.values())
    leftovers = _leftovers(shelf, tail) if found and (proven or not same_machine) else []
    shelf.ordinal = max([tail.ordinal, *(left.entry.ordinal for left in leftovers)]) + 1
    if not proven or not same_machine:
        shelf.new_epoch()
    _seal(shelf, leftovers)
    if proven and same_machine and last is not None and not last.clean and last.boot != boot:
        shelf.skip()
    newest = Instant(leftovers[-1].context.boot, leftovers[-1].entry.reading.ms) if leftovers else tail.newest
    _prepare(shelf)
    return Opened(shelf, _hole(shelf.epoch, last, boot, newest) if found else None, log)


def _resume(shelf: Shelf) -> tuple[Tail, list[bytes]]:
    """Find every lane's segments and read the newest; a disk that cannot even be read counts as empty."""
    tail, log = Tail(0, None), []
    for lane, ring in shelf.rings.items():
        try:
            find_segments(shelf.disk, ring)
            lane_tail, lane_log = resume(shelf.disk, ring, shelf.notes)
        except OSError:
            ring.segments = []
            continue
        if lane is Lane.BATCH:
            tail = lane_tail
        if lane is Lane.ALARM:
            log = lane_log
    return tail, log


def _found_epoch(shelf: Shelf, last: LastRun | None) -> str:
    names = [ring.newest.epoch for ring in shelf.rings.values() if ring.newest is not None]
    if last is not None:
        names.append(last.epoch)
    return max(names, key=epoch_number, default="")


def _proven(shelf: Shelf, last: LastRun) -> bool:
    """Whether every lane's end is where the last run, and the hub's receipts, say it is."""
    for lane, ring in shelf.rings.items():
        newest = ring.newest
        if newest is not None and newest.epoch != shelf.epoch:
            return False
        if (newest.header.generation if newest else 0) >> 8 < last.generations.get(lane, 0) >> 8:
            return False
        if shelf.cursor.mark(shelf.epoch, lane) >= ring.next:
            return False
        if last.clean and last.next.get(lane, 1) != ring.next:
            return False
    return last.epoch == shelf.epoch


def _leftovers(shelf: Shelf, tail: Tail) -> list[Leftover]:
    """Entries of spool and journal above the newest Block, each once, in order."""
    found: dict[int, Leftover] = {}
    for journal in (shelf.spool, shelf.journal):
        try:
            turns = journal.recover()
        except OSError:
            continue
        for turn in turns:
            if turn.context.epoch == shelf.epoch:
                found.update({entry.ordinal: Leftover(turn.context, entry) for entry in turn.entries if entry.ordinal > tail.ordinal})
    return [found[ordinal] for ordinal in sorted(found)]


def _seal(shelf: Shelf, leftovers: list[Leftover]) -> None:
    """Seal what a death left in the journals, as what it was."""
    for context, group in groupby(leftovers, key=lambda left: left.context):
        entries = [left.entry for left in group]
        for start in range(0, len(entries), shelf.limits.block):
            shelf.add_block(entries[start : start + shelf.limits.block], context.table, context.boot)
    shelf.spool.hold(shelf.ordinal - 1)
    shelf.journal.hold(shelf.ordinal - 1)


def _hole(epoch: str, last: LastRun | None, boot: str, newest: Instant | None) -> GapFact:
    """The hole between the newest journalled reading and the first to come, and why it is there."""
    cause = GapCause.POWER
    if last is not None and last.clean:
        cause = GapCause.STOP
    elif last is not None and last.boot == boot:
        cause = GapCause.CRASH
    return GapFact(epoch, Lane.BATCH, cause, begin=newest)


def _prepare(shelf: Shelf) -> None:
    """Zero the journal and note this run; a disk that refuses is the flusher's to deal with."""
    try:
        shelf.journal.prepare()
        write_last_run(shelf.disk, shelf.last_run(clean=False))
    except OSError:
        return
