"""Alarms, events, gaps, states and the quarantine in SQLite: the few rows that a person reads one by one, in plain columns."""

from __future__ import annotations

import json
import sqlite3

import msgspec

from gateway.contract.messages import Alarm, Birth, Clock, ClockFix, Death, Gap, Health
from gateway.hub.ledger import LaneMarks, Verdict, judge, without
from gateway.hub.reader import Event, Other, digest, essence
from gateway.hub.sinks import Entry
from gateway.hub.sinks.sqlite_books import LANES, Books

MAX_QUARANTINE = 10_000
"""Refused messages kept; the oldest go. Clones are data and stay."""
KEPT = 4096
"""Bytes kept of a refused message."""


def _insert(db: sqlite3.Connection, table: str, row: dict[str, object]) -> None:
    db.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", tuple(row.values()))


def store_fact(db: sqlite3.Connection, books: Books, entry: Entry, fact: Alarm | Event) -> bool:
    """Store an alarm or an event that is new; whether it may be answered."""
    lane = "alarm" if isinstance(fact, Alarm) else "event"
    epoch = books.epoch(books.node(fact.node, entry.address.site), fact.epoch)
    content = essence(fact, entry.payload)
    row = db.execute(f"SELECT digest FROM {lane}s WHERE node = ? AND epoch = ? AND seq = ?", (fact.node, fact.epoch, fact.seq)).fetchone()
    marks = books.marks(epoch, lane)
    late = row is None and marks.covers(fact.seq) and declared(db, fact.node, fact.epoch, lane, fact.seq)
    verdict = judge(marks, fact.seq, content, None if row is None else row[0], late)
    if verdict is Verdict.NEW and isinstance(fact, Gap) and not _room(books, entry, fact):
        verdict = Verdict.REFUSED
    if verdict is Verdict.CLONE:
        quarantine(db, entry, f"epoch {fact.epoch}, {lane} {fact.seq}: another content has this number", entry.payload, clone=True)
    elif verdict in (Verdict.NEW, Verdict.LATE):
        _anchor(books, fact)
        if isinstance(fact, Alarm):
            _alarm(db, fact, entry.at, content)
        else:
            _event(db, books, entry, fact, content)
        books.cover(epoch, lane, fact.seq, fact.seq)
        if verdict is Verdict.LATE:
            came_late(db, fact.node, fact.epoch, lane, fact.seq, 0)
    return verdict is not Verdict.REFUSED


def _anchor(books: Books, fact: Alarm | Event) -> None:
    """What the message tells about clocks."""
    if isinstance(fact, Clock):
        books.clock(fact.node, fact.of, fact.fix)
    if fact.utc is not None and fact.clock_error is not None:
        books.clock(fact.node, fact.boot, ClockFix(fact.mono, fact.utc, fact.clock, fact.clock_error))


def _alarm(db: sqlite3.Connection, alarm: Alarm, at: float, content: bytes) -> None:
    twin = db.execute(
        "SELECT 1 FROM alarms WHERE node = ? AND boot = ? AND rule = ? AND occurrence = ? AND mono = ? AND change = ? AND epoch <> ?"
        " AND (volatile OR ?)",
        (alarm.node, alarm.boot, alarm.rule, alarm.occurrence, alarm.mono, alarm.change, alarm.epoch, alarm.volatile),
    ).fetchone()
    row = msgspec.structs.asdict(alarm)
    row["threshold"] = row.pop("limit")
    row |= {"before": json.dumps(alarm.before), "outputs": json.dumps(alarm.outputs, ensure_ascii=False)}
    row = {key: None if value is msgspec.UNSET else value for key, value in row.items() if key not in ("v", "memory")}
    _insert(db, "alarms", row | {"twin": twin is not None, "received": at, "digest": content})


def _event(db: sqlite3.Connection, books: Books, entry: Entry, event: Event, content: bytes) -> None:
    twin = db.execute(
        "SELECT 1 FROM events WHERE node = ? AND digest = ? AND epoch <> ? AND (volatile OR ?)", (event.node, content, event.epoch, event.volatile)
    ).fetchone()
    kind = event.kind if isinstance(event, Other) else str(event.__struct_config__.tag)
    row: dict[str, object] = {name: getattr(event, name) for name in ("node", "epoch", "seq", "boot", "mono", "utc", "clock", "clock_error")}
    row |= {"kind": kind, "body": entry.payload.decode(), "simulated": event.simulated, "volatile": event.volatile}
    _insert(db, "events", row | {"twin": twin is not None, "received": entry.at, "digest": content})
    if isinstance(event, Gap) and twin is None:
        _gap(db, books, entry, event)


def _gap_marks(books: Books, entry: Entry, gap: Gap) -> tuple[int, LaneMarks]:
    epoch = books.epoch(books.node(gap.node, entry.address.site), gap.of)
    return epoch, books.marks(epoch, gap.lane)


def _room(books: Books, entry: Entry, gap: Gap) -> bool:
    if gap.first is None or gap.last is None or gap.lane not in LANES:
        return True
    return _gap_marks(books, entry, gap)[1].fits(gap.first, gap.last)


def _gap(db: sqlite3.Connection, books: Books, entry: Entry, gap: Gap) -> None:
    """Note the hole and move the marks over it. What the hub already has of the range is not missing and does not count as lost."""
    missing: list[tuple[int, int]] = []
    readings = gap.readings
    if gap.first is not None and gap.last is not None and gap.lane in LANES:
        epoch, _ = _gap_marks(books, entry, gap)
        missing, had = _unstored(db, gap, epoch, gap.first, gap.last)
        readings = None if readings is None else max(0, readings - had)
        books.cover(epoch, gap.lane, gap.first, gap.last)
    begin, end = gap.begin or (None, None), gap.end or (None, None)
    row: dict[str, object] = {name: getattr(gap, name) for name in ("node", "epoch", "seq", "of", "lane", "cause", "first", "last")}
    row |= {"missing": json.dumps(missing), "late": 0, "readings": readings, "declared": gap.readings}
    row |= {"series": None if gap.series is None else json.dumps(gap.series), "received": entry.at}
    _insert(db, "gaps", row | {"begin_boot": begin[0], "begin_mono": begin[1], "end_boot": end[0], "end_mono": end[1]})


def _unstored(db: sqlite3.Connection, gap: Gap, epoch: int, first: int, last: int) -> tuple[list[tuple[int, int]], int]:
    """The parts of a range that are not stored, and how many readings are."""
    if gap.lane == "batch":
        query, of = "SELECT seq, size FROM blocks WHERE epoch = ? AND seq BETWEEN ? AND ? ORDER BY seq", (epoch, first, last)
        rows = db.execute(query, of)
    else:
        query = f"SELECT seq, 0 FROM {gap.lane}s WHERE node = ? AND epoch = ? AND seq BETWEEN ? AND ? ORDER BY seq"
        rows = db.execute(query, (gap.node, gap.of, first, last))
    stored, had = LaneMarks(), 0
    for seq, size in rows:
        stored.cover(seq, seq)
        had += size
    return stored.missing(first, last), had


def _open_gaps(db: sqlite3.Connection, node: str, of: str, lane: str, seq: int) -> list[tuple[int, list[tuple[int, int]]]]:
    rows = db.execute(
        "SELECT rowid, missing FROM gaps WHERE node = ? AND of = ? AND lane = ? AND last >= ? AND first <= ?", (node, of, lane, seq, seq)
    )
    holes = [(rowid, [(a, b) for a, b in json.loads(missing)]) for rowid, missing in rows]
    return [(rowid, missing) for rowid, missing in holes if any(a <= seq <= b for a, b in missing)]


def declared(db: sqlite3.Connection, node: str, of: str, lane: str, seq: int) -> bool:
    """Whether a gap that is still open names this number."""
    return bool(_open_gaps(db, node, of, lane, seq))


def came_late(db: sqlite3.Connection, node: str, of: str, lane: str, seq: int, readings: int) -> None:
    """A number that was declared lost is here: every gap over it shrinks."""
    for rowid, missing in _open_gaps(db, node, of, lane, seq):
        db.execute(
            "UPDATE gaps SET missing = ?, late = late + 1, readings = max(0, readings - ?) WHERE rowid = ?",
            (json.dumps(without(missing, seq)), readings, rowid),
        )


def store_state(db: sqlite3.Connection, books: Books, entry: Entry, state: Birth | Death | Health) -> None:
    """Keep what a node last said about itself."""
    books.node(state.node, entry.address.site)
    text = entry.payload.decode()
    if isinstance(state, Health):
        db.execute("UPDATE nodes SET health = ? WHERE node = ?", (text, state.node))
        return
    if isinstance(state, Death):
        db.execute("UPDATE nodes SET up = 0 WHERE node = ?", (state.node,))
        return
    db.execute(
        "UPDATE nodes SET site = ?, up = 1, name = ?, epoch = ?, boot = ?, software = ?, delivered = ?, insecure = ?, simulated = ?, birth = ?"
        " WHERE node = ?",
        (entry.address.site, state.name, state.epoch, state.boot, state.software, state.delivered, state.insecure, state.simulated, text, state.node),
    )
    if state.clock is not None:
        books.clock(state.node, state.boot, state.clock)


def quarantine(db: sqlite3.Connection, entry: Entry, reason: str, payload: bytes, clone: bool = False) -> None:
    """Keep what cannot be stored as what it claims to be, once however often it comes, and tell the operator. Of a clone everything is kept,
    because a clone's data is data; of what nobody can read the beginning."""
    address = entry.address
    db.execute(
        "INSERT INTO quarantine (node, class, reason, digest, count, first_at, last_at, clone, payload) VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET count = count + 1, last_at = excluded.last_at",
        (address.node, address.cls, reason, digest(payload), entry.at, entry.at, clone, payload if clone else payload[:KEPT]),
    )
    db.execute(
        "INSERT INTO notices VALUES (?, ?, ?, 1, ?, ?) ON CONFLICT DO UPDATE SET count = count + 1, last_at = excluded.last_at",
        ("clone" if clone else "refused", address.node, address.cls, entry.at, entry.at),
    )
    if not clone:
        refused = "SELECT id FROM quarantine WHERE clone = 0 ORDER BY id DESC LIMIT 1 OFFSET ?"
        db.execute(f"DELETE FROM quarantine WHERE clone = 0 AND id <= ({refused})", (MAX_QUARANTINE,))
