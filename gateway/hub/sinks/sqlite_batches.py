"""Blocks into rows. Iterators all the way: a reading never becomes a Python object of its own, which is where the drain rate comes from."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import chain, repeat

import cbor2

from gateway.contract.batch import Batch, Block, Column
from gateway.hub.ledger import Verdict, judge
from gateway.hub.reader import digest
from gateway.hub.sinks import Entry
from gateway.hub.sinks.sqlite_books import Books
from gateway.hub.sinks.sqlite_facts import came_late, declared, quarantine

ROW = "INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?)"
BLOCK = "INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def store_batch(db: sqlite3.Connection, books: Books, entry: Entry, batch: Batch) -> bool:
    """Store the Blocks that are new, quarantine clones; whether the message may be answered."""
    node = books.node(batch.node, entry.address.site)
    epoch = books.epoch(node, batch.epoch)
    for boot, fix in batch.clocks.items():
        books.clock(batch.node, boot, fix)
    answer = False
    for block, sealed in zip(batch.blocks, batch.sealed):
        content = digest(sealed)
        row = db.execute("SELECT digest FROM blocks WHERE epoch = ? AND seq = ?", (epoch, block.seq)).fetchone()
        marks = books.marks(epoch, "batch")
        late = row is None and marks.covers(block.seq) and declared(db, batch.node, batch.epoch, "batch", block.seq)
        verdict = judge(marks, block.seq, content, None if row is None else row[0], late)
        answer = answer or verdict is not Verdict.REFUSED
        if verdict is Verdict.CLONE:
            copy = cbor2.dumps([cbor2.loads(entry.payload)[0], sealed])
            quarantine(db, entry, f"epoch {batch.epoch}, batch {block.seq}: another content has this number", copy, clone=True)
        elif verdict in (Verdict.NEW, Verdict.LATE):
            _insert(db, books, (node, epoch), batch, block, content, entry.at)
            books.cover(epoch, "batch", block.seq, block.seq)
            if verdict is Verdict.LATE:
                came_late(db, batch.node, batch.epoch, "batch", block.seq, block.size)
    return answer


def _insert(db: sqlite3.Connection, books: Books, ids: tuple[int, int], batch: Batch, block: Block, content: bytes, at: float) -> None:
    node, epoch = ids
    fix = batch.clocks.get(block.boot)
    clock = (None, "free", None) if fix is None or fix.source == "free" else (fix.utc - fix.mono, fix.source, fix.error)
    db.execute(BLOCK, (epoch, block.seq, block.boot, block.size, *clock, batch.simulated, content, at))
    db.executemany(ROW, chain.from_iterable(_rows(books, node, epoch, block.seq, column) for column in block.columns))


def _rows(books: Books, node: int, epoch: int, seq: int, column: Column) -> Iterator[tuple[int | None, ...]]:
    series, size = books.series(node, column.series), len(column.ms)
    places = range(column.first, column.first + size)
    return zip(repeat(series), repeat(epoch), repeat(seq), places, column.ms, column.raws, _qualities(books, column, size))


def _qualities(books: Books, column: Column, size: int) -> Iterator[int] | list[int]:
    if not column.marks:
        return repeat(0)
    out = [0] * size
    for first, count, quality, flags, reason in column.marks:
        out[first : first + count] = [books.quality(quality, flags, reason)] * count
    return out
