"""Promise: a database that an earlier version made is used, with all that stands in it; one of a later version is refused and left as it is."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from gateway.hub.sinks import SinkDown
from gateway.hub.sinks.sqlite import SqliteSink
from gateway.hub.sinks.sqlite_schema import TABLES, VERSION

FIRST = re.sub(
    r" kind TEXT NOT NULL DEFAULT 'threshold',.*?(?= PRIMARY KEY \(node, epoch, seq\)\);\nCREATE INDEX IF NOT EXISTS alarms_twins)",
    "",
    TABLES,
    flags=re.S,
)
OLD = "CREATE VIEW alarms_utc AS SELECT node, rule FROM alarms;"
ROW = (
    "INSERT INTO alarms VALUES ('n', 'e', 1, 'b', 1.5, NULL, 'free', NULL, 'co', 'co', 'raised', 1, 'UNACK', 1, 0, 0, 0, 0, 0, 1, 31.0, '[ppm]',"
    " 30.0, 'good', '', 1.5, '[]', '[]', 0, 0, 0, 0, 2.0, x'00')"
)


def made(path: Path, version: int) -> None:
    db = sqlite3.connect(path)
    db.executescript(f"{FIRST} {OLD} {ROW}; PRAGMA user_version = {version};")
    db.close()


def test_what_stood_in_it_stands_in_it(tmp_path: Path) -> None:
    path = tmp_path / "hub.sqlite"
    made(path, 1)
    columns = {row[1] for row in sqlite3.connect(path).execute("PRAGMA table_info(alarms)")}
    assert "actor" not in columns, "it is really one of the first version"
    SqliteSink(path).close()
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA user_version").fetchone() == (VERSION,)
    assert db.execute("SELECT rule, kind, fault, actor, silenced_until FROM alarms").fetchall() == [("co", "threshold", 0, "", None)]
    assert db.execute("SELECT rule, actor FROM alarms_utc").fetchall() == [("co", "")]
    SqliteSink(path).close()


def test_a_later_one_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "hub.sqlite"
    made(path, VERSION + 1)
    with pytest.raises(SinkDown, match="use the hub that made it"):
        SqliteSink(path)
    assert sqlite3.connect(path).execute("PRAGMA user_version").fetchone() == (VERSION + 1,)
