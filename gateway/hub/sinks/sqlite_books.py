"""What the SQLite sink looks up again and again: the ids of names, the marks of lanes, the anchors of clocks; read once, then from memory.

Memory is only a copy. After a transaction that failed, `forget` drops it all, and a cache that has grown past its bound is dropped the same way.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from gateway.clock import SOURCES
from gateway.contract.batch import WireSeries
from gateway.contract.messages import ClockFix
from gateway.hub.ledger import LaneMarks

LANES = ("alarm", "event", "batch")
MOST = 20_000


class Books:
    """Names, marks and clocks of one database."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._ids: dict[tuple[Any, ...], int] = {}
        self._marks: dict[tuple[int, str], LaneMarks] = {}
        self._touched: set[tuple[int, str]] = set()
        self._clocks: dict[tuple[str, str], ClockFix] = {}

    def forget(self) -> None:
        """Drop every copy; the database is the truth."""
        self._ids.clear()
        self._marks.clear()
        self._touched.clear()
        self._clocks.clear()

    def trim(self) -> None:
        """Keep within bounds; only between transactions."""
        if max(len(self._ids), len(self._marks), len(self._clocks)) > MOST:
            self.forget()

    def _id(self, table: str, columns: tuple[str, ...], values: tuple[Any, ...]) -> int:
        key = (table, *values)
        known = self._ids.get(key)
        if known is None:
            where = " AND ".join(f"{column} = ?" for column in columns)
            self._db.execute(f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(values))})", values)
            known = int(self._db.execute(f"SELECT id FROM {table} WHERE {where}", values).fetchone()[0])
            self._ids[key] = known
        return known

    def node(self, node: str, site: str) -> int:
        """The id of a node; makes its row."""
        known = self._ids.get(("nodes", node))
        if known is None:
            self._db.execute("INSERT OR IGNORE INTO nodes (node, site) VALUES (?, ?)", (node, site))
            known = self._id("nodes", ("node",), (node,))
        return known

    def epoch(self, node: int, epoch: str) -> int:
        """The id of an epoch of a node; makes its row."""
        return self._id("epochs", ("node", "epoch"), (node, epoch))

    def series(self, node: int, series: WireSeries) -> int:
        """The id of a series as it describes itself: another calibration is another row."""
        columns = ("node", "series", "unit", "decimals", "slope", "intercept", "calibration")
        return self._id("series", columns, (node, *series))

    def quality(self, quality: int, flags: int, reason: str) -> int:
        """The id of a quality; 0 is plainly good."""
        return self._id("qualities", ("quality", "flags", "reason"), (quality, flags, reason))

    def known_epoch(self, node: str, epoch: str) -> int | None:
        """The id of an epoch; None where the database does not have it."""
        row = self._db.execute("SELECT e.id FROM epochs e JOIN nodes n ON n.id = e.node WHERE n.node = ? AND e.epoch = ?", (node, epoch)).fetchone()
        return None if row is None else int(row[0])

    def marks(self, epoch: int, lane: str) -> LaneMarks:
        """The marks of a lane, to read; whoever changes them calls `cover`."""
        key = (epoch, lane)
        if key not in self._marks:
            row = self._db.execute("SELECT upto, above FROM marks WHERE epoch = ? AND lane = ?", key).fetchone()
            self._marks[key] = LaneMarks() if row is None else LaneMarks(row[0], [(a, b) for a, b in json.loads(row[1])])
        return self._marks[key]

    def cover(self, epoch: int, lane: str, first: int, last: int) -> None:
        """Cover a range; `save` writes it."""
        self.marks(epoch, lane).cover(first, last)
        self._touched.add((epoch, lane))

    def save(self) -> None:
        """Write the marks that changed; part of the same transaction as the rows."""
        rows = [(epoch, lane, marks.upto, json.dumps(marks.above)) for epoch, lane in self._touched for marks in [self._marks[epoch, lane]]]
        self._db.executemany("INSERT OR REPLACE INTO marks VALUES (?, ?, ?, ?)", rows)
        self._touched.clear()

    def clock(self, node: str, boot: str, fix: ClockFix) -> None:
        """Take an anchor of a boot. The node decides which anchor is best and takes them in order, so of two the one with the better source
        counts, of one source the later, and of one moment the tighter: the outcome does not depend on the order of arrival."""
        if fix.source not in SOURCES or fix.source == "free" or self._clocks.get((node, boot)) == fix:
            return
        self._db.execute(
            """INSERT INTO clocks VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
            SET rank = excluded.rank, mono = excluded.mono, utc = excluded.utc, source = excluded.source, error = excluded.error
            WHERE (-excluded.rank, excluded.mono, -excluded.error) > (-rank, mono, -error)""",
            (node, boot, SOURCES.index(fix.source), fix.mono, fix.utc, fix.source, fix.error),
        )
        self._clocks[node, boot] = fix
