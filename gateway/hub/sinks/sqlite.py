"""SQLite as the hub's database: WAL with `synchronous = FULL`, so that what a receipt told is there after a power cut.

One process owns a database (`flock` on a file beside it): two hubs that answer the same nodes from two sets of marks would each be right and
together wrong.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from gateway.contract.batch import Batch
from gateway.contract.messages import Alarm, Birth, Death, Health
from gateway.hub.ledger import LaneMarks
from gateway.hub.sinks import Entry, Refused, SinkDown, Touched
from gateway.hub.sinks.sqlite_batches import store_batch
from gateway.hub.sinks.sqlite_books import LANES, Books
from gateway.hub.sinks.sqlite_facts import quarantine, store_fact, store_state
from gateway.hub.sinks.sqlite_schema import PRAGMAS, TABLES, UPGRADES, VERSION, VIEWS


class InUse(Exception):
    """Another process has this database open as a hub."""


class SqliteSink:
    """A hub's database in one file. SinkDown where it cannot be opened, InUse where another hub has it."""

    def __init__(self, path: Path) -> None:
        self._lock = _locked(path)
        try:
            self._db = sqlite3.connect(path, isolation_level=None, cached_statements=64)
            for pragma in PRAGMAS:
                self._db.execute(pragma)
            found = self._db.execute("PRAGMA user_version").fetchone()[0]
            if found not in (0, *UPGRADES, VERSION):
                raise SinkDown(f"{path} is a hub database of version {found}; this hub knows {VERSION}: use the hub that made it, or another file")
            upgrades = "".join(made for version, made in UPGRADES.items() if 0 < found <= version)
            self._db.executescript(f"BEGIN IMMEDIATE; {upgrades} {TABLES} {VIEWS} PRAGMA user_version = {VERSION}; COMMIT;")
        except sqlite3.Error as error:
            os.close(self._lock)
            raise SinkDown(f"{path} cannot be used as a hub database: {error}") from error
        self._books = Books(self._db)

    def store(self, entries: Sequence[Entry]) -> list[Touched]:
        """See Sink."""
        done = False
        try:
            self._db.execute("BEGIN IMMEDIATE")
            touched = dict.fromkeys(found for entry in entries if (found := self._one(entry)) is not None)
            heard = {entry.address.node: entry.at for entry in entries if not entry.retained}
            self._db.executemany("UPDATE nodes SET heard = max(ifnull(heard, 0), ?) WHERE node = ?", [(at, node) for node, at in heard.items()])
            self._books.save()
            self._db.execute("COMMIT")
            done = True
        except (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError):
            raise  # ours to repair, not the disk's
        except sqlite3.DatabaseError as error:
            raise SinkDown(str(error)) from error
        finally:
            if not done:
                self._undo()
        self._books.trim()
        return list(touched)

    def _undo(self) -> None:
        self._books.forget()
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def _one(self, entry: Entry) -> Touched | None:
        said = entry.said
        if isinstance(said, Refused):
            quarantine(self._db, entry, said.reason, entry.payload)
        elif isinstance(said, Batch):
            return Touched(entry.address, said.epoch, "batch") if store_batch(self._db, self._books, entry, said) else None
        elif isinstance(said, Birth | Death | Health):
            store_state(self._db, self._books, entry, said)
        elif store_fact(self._db, self._books, entry, said):
            return Touched(entry.address, said.epoch, "alarm" if isinstance(said, Alarm) else "event")
        return None

    def marks(self, node: str, epoch: str) -> dict[str, LaneMarks]:
        """See Sink."""
        known = self._books.known_epoch(node, epoch)
        if known is None:
            return {}
        marks = {lane: self._books.marks(known, lane) for lane in LANES}
        return {lane: mark for lane, mark in marks.items() if mark.last}

    def close(self) -> None:
        """See Sink; the write-ahead log is folded into the file."""
        self._db.close()
        os.close(self._lock)


def _locked(path: Path) -> int:
    try:
        lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise SinkDown(f"{path} cannot be used as a hub database: {error.strerror}: {error.filename}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise InUse(f"{path} is open in another hub: stop that one, or give this one its own file") from error
    return lock
