"""The node's memory of what people did to its sensors: every calibration in all its versions, and the newest bump tests, in SQLite.

Decision: SQLite with full syncs (`EXTRA`: with a rollback journal, `FULL` alone may undo the last commit after a power cut), because a calibration is
written a few times a year and must survive the power cut after it. SQLite does not see a flipped bit, so a row is believed only where its content
has the digest that is its name. A file that cannot be read is moved aside and told; the node starts without it, because a node that does not start
protects nobody. Each call opens the file anew: no thread owns a connection. Where the disk does not answer at the start nothing is known of any
calibration, which is not the same as lost: nothing is noted, and what would be stored is refused until the node has started with its disk. For that
start the newest are also left in the runtime directory: a process that is started again on the same boot judges as the one before did.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from gateway.contract.care import BumpFact, CalibrationFact, identity

if TYPE_CHECKING:
    import sqlite3

FILE, COPY = "calibrations.db", "calibrations.json"
BUMPS = 50
"""Bump tests kept for each series."""
BUSY = 5.0
"""Seconds to wait for another program that looks at the file."""
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS calibrations (series TEXT NOT NULL, version INTEGER NOT NULL, id TEXT NOT NULL, body BLOB NOT NULL, "
    "PRIMARY KEY (series, version))",
    "CREATE TABLE IF NOT EXISTS bumps (n INTEGER PRIMARY KEY, series TEXT NOT NULL, crc INTEGER NOT NULL, body BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS lost (series TEXT PRIMARY KEY)",
)
T = TypeVar("T")


class Copy(msgspec.Struct, frozen=True):
    """What a node judges with. facts: the calibrations in force; doubtful: series whose values are uncertain because theirs was lost or set aside."""

    facts: list[CalibrationFact]
    doubtful: list[str]


def leave(runtime: Path, copy: Copy) -> None:
    """Leave it in the runtime directory, whole or not at all. One that refuses is not told: only a disk that hangs as well would need the copy."""
    whole = runtime / f"{COPY}.new"
    with suppress(OSError):
        whole.write_bytes(msgspec.json.encode(copy))
        os.replace(whole, runtime / COPY)


def left(runtime: Path) -> Copy | None:
    """What an earlier process of this boot left; None where there is nothing, or something is not what was written."""
    try:
        copy = msgspec.json.decode((runtime / COPY).read_bytes(), type=Copy)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return copy if all(identity(fact) == fact.id for fact in copy.facts) else None


class Unstored(Exception):
    """What was done could not be kept: the disk refuses it. The message says what to do."""


class _Broken(Exception):
    """SQLite cannot do it: in its words."""


class Store:
    """The facts in a file of the state directory. mend: move a damaged file aside (the node does, who only looks does not). calibrations: by series,
    oldest first; bumps: likewise; damage: what was found wrong when the file was read, in words; lost: series whose calibration could not be
    read, now or at an earlier start, and that were not calibrated since. unread: the disk did not answer, and is not asked: all of it is unknown."""

    def __init__(self, state: Path, mend: bool = True, unread: bool = False) -> None:
        self._path = state / FILE
        self.calibrations: dict[str, list[CalibrationFact]] = {}
        self.bumps: dict[str, list[BumpFact]] = {}
        self.damage: list[str] = []
        self.lost: set[str] = set()
        self._versions: dict[str, int] = {}
        self.unread = unread
        if unread:
            return
        try:
            self._load()
        except _Broken as error:
            self.calibrations, self.bumps = {}, {}
            if mend:
                self._aside(str(error))
            else:
                self.damage.append(f"{self._path} cannot be read ({error})")
        except OSError as error:
            self.damage.append(f"{self._path} cannot be read ({error})")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection and a transaction. SQLite is only loaded by a node on which something was done."""
        import sqlite3

        try:
            yield from self._connected(sqlite3.connect(self._path, timeout=BUSY))
        except (sqlite3.Error, UnicodeDecodeError) as error:  # the module fails to decode what SQLite says of a damaged schema
            raise _Broken(str(error)) from error

    def _connected(self, connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
        with closing(connection) as db:
            db.text_factory = lambda data: data.decode(errors="replace")  # a flipped bit is found by the digest, not by an exception
            db.execute("PRAGMA synchronous=EXTRA")
            with db:
                for statement in _SCHEMA:
                    db.execute(statement)
                yield db

    def _load(self) -> None:
        """Read everything; rows that are not what they were written as are left out and told."""
        if not self._path.exists():
            return
        with self._open() as db:
            rows = db.execute("SELECT series, version, id, body FROM calibrations ORDER BY series, version").fetchall()
            bumps = db.execute("SELECT series, crc, body FROM bumps ORDER BY n").fetchall()
            lost = {str(series) for (series,) in db.execute("SELECT series FROM lost")}
        for series, version, name, body in rows:
            self._versions[series] = max(self._versions.get(series, 0), version if isinstance(version, int) else 0)
            fact = _calibration(series, version, name, body)
            if fact is None:
                self.damage.append(f"version {version!r} of the calibration of {series!r} is damaged")
                self.lost.add(str(series))
            else:
                self.lost.discard(fact.series)
                self.calibrations.setdefault(fact.series, []).append(fact)
        for series, crc, body in bumps:
            bump = _decoded(body, BumpFact)
            if bump is not None and bump.series == series and zlib.crc32(body) == crc:
                self.bumps.setdefault(series, []).append(bump)
        self.lost |= lost

    def _aside(self, error: str) -> None:
        """Make room for a new file; the damaged one is kept beside it, the one before that is not."""
        aside = self._path.with_suffix(".damaged")
        try:
            os.replace(self._path, aside)
            self._path.with_name(FILE + "-journal").unlink(missing_ok=True)
            self.damage.append(f"{self._path} cannot be read ({error}); it was moved to {aside}")
        except OSError as refused:
            self.damage.append(f"{self._path} cannot be read ({error}) nor moved aside ({refused})")

    def newest(self, series: str) -> CalibrationFact | None:
        """The calibration of a series to use: the newest; None where there is none, or it was lost (an older one is not what was in force)."""
        found = self.calibrations.get(series)
        return found[-1] if found and series not in self.lost else None

    def version(self, series: str) -> int:
        """The number of the next calibration of a series; that of a damaged one is not used again."""
        return self._versions.get(series, 0) + 1

    def add(self, fact: CalibrationFact) -> None:
        """Keep a calibration; it is on the disk when this returns. Unstored where that fails: then nothing has changed."""
        row = (fact.series, fact.version, fact.id, msgspec.json.encode(fact))

        def write(db: sqlite3.Connection) -> None:
            db.execute("INSERT INTO calibrations VALUES (?, ?, ?, ?)", row)
            db.execute("DELETE FROM lost WHERE series = ?", (fact.series,))

        self._write(write)
        self._versions[fact.series] = fact.version
        self.calibrations.setdefault(fact.series, []).append(fact)
        self.lost.discard(fact.series)

    def lose(self, series: str) -> None:
        """Note that the calibration of a series is lost, until it is calibrated again. Unstored where the disk refuses even that."""
        self.lost.add(series)
        self._write(lambda db: db.execute("INSERT OR IGNORE INTO lost VALUES (?)", (series,)))

    def add_bump(self, fact: BumpFact) -> None:
        """Keep a bump test, and the newest of its series. Unstored where the disk refuses it."""
        body = msgspec.json.encode(fact)

        def write(db: sqlite3.Connection) -> None:
            db.execute("INSERT INTO bumps (series, crc, body) VALUES (?, ?, ?)", (fact.series, zlib.crc32(body), body))
            older = "SELECT n FROM bumps WHERE series = ? ORDER BY n DESC LIMIT -1 OFFSET ?"
            db.execute(f"DELETE FROM bumps WHERE n IN ({older})", (fact.series, BUMPS))

        self._write(write)
        kept = self.bumps.setdefault(fact.series, [])
        kept.append(fact)
        del kept[:-BUMPS]

    def _write(self, write: Callable[[sqlite3.Connection], object]) -> None:
        if self.unread:
            raise Unstored(
                f"{self._path}: the disk did not answer when the node started; nothing was changed: check the card (`edge-gateway status`)"
            )
        try:
            with self._open() as db:
                write(db)
        except (_Broken, OSError) as error:
            raise Unstored(f"{self._path}: {error}; nothing was changed: check the disk (`edge-gateway status`)") from error


def _calibration(series: object, version: object, name: object, body: object) -> CalibrationFact | None:
    """A row's fact, where it is what was written."""
    fact = _decoded(body, CalibrationFact)
    if fact is None or (fact.series, fact.version, fact.id) != (series, version, name) or identity(fact) != name:
        return None
    return fact


def _decoded(body: object, kind: type[T]) -> T | None:
    if not isinstance(body, bytes):
        return None
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
