"""Opening an outbox: what is found decides whether numbers go on, where, and which holes are declared.

A new epoch begins when the end of the sequence cannot be proven: nothing is there, another computer wrote it, a lane's newest file is gone, less is
found than the last run knew to be durable, or the hub has receipted more than is found. Otherwise the epoch goes on; after the power went with
numbers skipped. Readings that were journalled and not sealed are sealed now, and the hole up to this moment is declared. Where a life without a disk
lay between (adrift), its readings are sealed behind them, and the hole before it is declared as well.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from gateway.model import GapCause, Instant, Lane
from gateway.outbox.adrift import Flotsam
from gateway.outbox.disk import Disk
from gateway.outbox.journal import Context, Entry, Turn
from gateway.outbox.lastrun import LastRun
from gateway.outbox.recovery import Tail, find_segments, resume
from gateway.outbox.ring import MOST_UNWRITTEN
from gateway.outbox.shelf import Shelf, epoch_number
from gateway.outbox.witness import Witness, heard, tell
from gateway.outbox.words import GapFact, Limits

MOST_NUMBERED = 2**32 - 2**24
"""Above this an epoch is full: no number on the wire may exceed 2^32."""
BOOT = re.compile(r"[0-9a-f]{12}")


class Opened(NamedTuple):
    """An opened outbox's state. alarm_log: alarm states and messages to fold, oldest first; flotsam: to be given back once it is durable."""

    shelf: Shelf
    alarm_log: list[bytes]
    flotsam: Flotsam


class Leftover(NamedTuple):
    """A journalled reading that stands in no Block."""

    context: Context
    entry: Entry

    @property
    def at(self) -> Instant:
        """When it was read."""
        return Instant(self.context.boot, self.entry.reading.ms)


class _Found(NamedTuple):
    """What the last life left. epoch: of the segments; journalled: what may be sealed anew if it stands in no Block."""

    any: bool
    epoch: str
    tail: Tail
    last: LastRun | None
    witness: Witness | None
    journalled: list[Leftover]


def opened(
    disk: Disk,
    runtime: Disk,
    machine: str,
    now: Instant,
    limits: Limits,
    declare: Callable[[GapFact], bytes],
    snapshot: Callable[[list[bytes]], list[bytes]],
) -> Opened:
    """Open what is there; see the module. ValueError where the boot of `now` is none."""
    if not BOOT.fullmatch(now.boot):
        raise ValueError(f"outbox: boot {now.boot!r} is not 12 hexadecimal digits; take the first 12 of the kernel's boot_id without dashes")
    identity = hashlib.blake2b(machine.encode(), digest_size=8).digest()
    shelf = Shelf(disk, runtime, identity, limits, declare, snapshot)
    found, log = _look(shelf, now.boot)
    shelf.notes.found = log
    shelf.boot, shelf.epoch = now.boot, found.epoch
    same_machine = all(ring.newest is None or ring.newest.header.machine == identity for ring in shelf.rings.values())
    missing = _missing(shelf, found)
    proven = same_machine and not missing and _proven(shelf, found.last)
    leftovers = _leftovers(found) if proven or found.witness is not None or not same_machine else []
    shelf.durable = found.tail.ordinal
    shelf.ordinal = max([found.tail.ordinal, *(left.entry.ordinal for left in leftovers)]) + 1
    if not proven:
        shelf.new_epoch()
    if proven and found.last is not None and not found.last.clean and found.last.boot != now.boot:
        shelf.skip()
    flotsam = Flotsam(runtime)
    adrift = _numbered(flotsam, found.tail.newest, shelf)
    _seal(shelf, [*leftovers, *adrift], found.tail.ordinal)
    for fact in missing:
        shelf.post_gap(fact)
    _declare_holes(shelf, found, leftovers, adrift, now)
    _prepare(shelf, found.last)
    shelf.notes.found = []
    return Opened(shelf, log, flotsam)


def _numbered(flotsam: Flotsam, newest: Instant | None, shelf: Shelf) -> list[Leftover]:
    """What a life without a disk recorded, with ordinals of this epoch."""
    entries = [(turn.context, entry) for turn in flotsam.turns(newest) for entry in turn.entries]
    first, shelf.ordinal = shelf.ordinal, shelf.ordinal + len(entries)
    return [Leftover(context, Entry(first + place, entry.reading)) for place, (context, entry) in enumerate(entries)]


def _declare_holes(shelf: Shelf, found: _Found, leftovers: list[Leftover], adrift: list[Leftover], now: Instant) -> None:
    """Say from when to when nothing was recorded: since the last reading of the life before, but for a life without a disk in between."""
    newest = leftovers[-1].at if leftovers else found.tail.newest
    ends = [adrift[0].at, now] if adrift else [now]
    causes = [_cause(found.last, now.boot), GapCause.CRASH]
    for begin, end, cause in zip([newest, *(left.at for left in adrift[-1:])], ends, causes, strict=False):
        if found.any or begin is not None:
            shelf.post_gap(GapFact(shelf.epoch, Lane.BATCH, cause, begin=begin, end=end))
    if found.any:
        shelf.remember_boot(newest, now.boot)


def _look(shelf: Shelf, boot: str) -> tuple[_Found, list[bytes]]:
    """Find every lane's segments and read the newest, the journals and the last run's notes; what cannot be read counts as not there."""
    last, witness = shelf.ledger.found, heard(shelf.runtime)
    names: list[str] = []
    for ring in shelf.rings.values():
        with suppress(OSError):
            find_segments(shelf.disk, ring)
        names += [ring.newest.epoch] if ring.newest is not None else []
    epoch = max([*names, last.epoch if last is not None else ""], key=epoch_number)
    turns = [turn for journal in (shelf.spool, shelf.journal) for turn in journal.recover()]
    journalled = list(_journalled(turns, epoch if witness is None else witness.epoch, 0 if witness is None else witness.ordinal))
    power = last is not None and not last.clean and last.boot != boot
    tail = Tail(0, None)
    log: list[bytes] = []
    for lane, ring in shelf.rings.items():
        lane_tail, lane_log = resume(shelf.disk, ring, shelf.notes, power)
        tail = lane_tail if lane is Lane.BATCH else tail
        log = lane_log if lane is Lane.ALARM else log
        _make_durable(shelf, lane)
    return _Found(bool(names or turns or last), epoch, tail, last, witness, journalled), log


def _make_durable(shelf: Shelf, lane: Lane) -> None:
    """What a process that died had written may still be in the kernel's memory only: nothing of it is offered before it is synced."""
    ring = shelf.rings[lane]
    for segment in ring.segments[-MOST_UNWRITTEN:]:
        try:
            shelf.disk.sync(segment.name)
        except OSError:
            ring.again(segment, elsewhere=True)


def _journalled(turns: Sequence[Turn], epoch: str, durable: int) -> Iterator[Leftover]:
    """Each entry of an epoch that was not known to be durable in a Block once, in order."""
    own = [turn for turn in turns if turn.context.epoch == epoch]
    durable = max([durable, *(turn.durable for turn in own)])
    entries = {entry.ordinal: Leftover(turn.context, entry) for turn in own for entry in turn.entries}
    return (entries[ordinal] for ordinal in sorted(entries) if ordinal > durable)


def _leftovers(found: _Found) -> list[Leftover]:
    """What is sealed anew: journalled above the newest Block."""
    if found.witness is not None and found.witness.epoch != found.epoch:
        return found.journalled
    return [left for left in found.journalled if left.entry.ordinal > found.tail.ordinal]


def _missing(shelf: Shelf, found: _Found) -> list[GapFact]:
    """Numbers that the last run knew to be durable and that are not found: every lane's end is damaged from there on."""
    facts: list[GapFact] = []
    for lane, ring in shelf.rings.items():
        known = found.witness.numbers.get(lane, 0) if found.witness is not None and found.witness.epoch == found.epoch else 0
        if found.last is not None and found.last.clean and found.last.epoch == found.epoch:
            known = max(known, found.last.next.get(lane, 1) - 1)
        if ring.newest is None or ring.newest.epoch == found.epoch:
            facts += [GapFact(found.epoch, lane, GapCause.CORRUPT, ring.next, known)] if known >= ring.next else []
    return facts


def _proven(shelf: Shelf, last: LastRun | None) -> bool:
    """Whether every lane's end is where the last run, and the hub's receipts, say it is."""
    if last is None or last.epoch != shelf.epoch:
        return False
    for lane, ring in shelf.rings.items():
        newest = ring.newest
        if newest is None or newest.epoch != shelf.epoch or newest.header.generation >> 8 < last.generations.get(lane, 0) >> 8:
            return False
        if shelf.cursor.mark(shelf.epoch, lane) >= ring.next or ring.next > MOST_NUMBERED:
            return False
        if last.clean and last.next.get(lane, 1) != ring.next:
            return False
    return True


def _seal(shelf: Shelf, leftovers: list[Leftover], above: int) -> None:
    """Seal what a death left in the journals, as what it was: of one boot and table, and with no ordinal missing inside a Block."""
    start = 0
    for place in range(1, len(leftovers) + 1):
        group = leftovers[start:place]
        if place < len(leftovers) and len(group) < shelf.limits.block:
            after = leftovers[place]
            if after.context == group[-1].context and after.entry.ordinal == group[-1].entry.ordinal + 1:
                continue
        shelf.add_block([left.entry for left in group], group[0].context.table, group[0].context.boot)
        start = place
    for journal in (shelf.spool, shelf.journal):
        journal.hold(above, shelf.ordinal - 1)


def _cause(last: LastRun | None, boot: str) -> GapCause:
    """Why nothing was recorded between the newest journalled reading and now."""
    if last is not None and last.clean:
        return GapCause.STOP
    return GapCause.CRASH if last is not None and last.boot == boot else GapCause.POWER


def _prepare(shelf: Shelf, last: LastRun | None) -> None:
    """Make the files that are written for ever after, and take a clean stop's mark away before anything is added. That of an unclean one stays
    until the first flush is durable: were it replaced and the node died now, the numbers to skip would not be skipped. A disk that refuses is
    the flusher's to deal with."""
    with suppress(OSError):
        shelf.cursor.prepare()
    with suppress(OSError):
        shelf.journal.prepare()
    with suppress(OSError):
        tell(shelf.runtime, shelf.witness())
    if last is not None and last.clean:
        with suppress(OSError):
            shelf.ledger.write(shelf.last_run(clean=False))
