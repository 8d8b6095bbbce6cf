"""The hub's SQLite database: lean integer rows below, views with names, values and times above.

Decision: a reading is seven small integers in one B-tree that is clustered by series, so one structure gives uniqueness, order within a series
and the query a person asks; everything that repeats (names, units, clocks, qualities) stands once elsewhere. Its identity is (node, epoch, seq,
position). Times as known at receipt stay as they were; corrected ones are computed by the views from `clocks`, so a late anchor rewrites nothing.
"""

from __future__ import annotations

PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA wal_autocheckpoint = 4000",
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA cache_size = -32768",
    "PRAGMA busy_timeout = 2000",
)

TABLES = """
CREATE TABLE IF NOT EXISTS nodes (
    id INTEGER PRIMARY KEY, node TEXT NOT NULL UNIQUE, site TEXT NOT NULL, up INTEGER, name TEXT, epoch TEXT, boot TEXT, software TEXT,
    delivered TEXT, insecure INTEGER, simulated INTEGER, heard REAL, birth TEXT, health TEXT);
CREATE TABLE IF NOT EXISTS epochs (id INTEGER PRIMARY KEY, node INTEGER NOT NULL, epoch TEXT NOT NULL, UNIQUE (node, epoch));
CREATE TABLE IF NOT EXISTS marks (
    epoch INTEGER NOT NULL, lane TEXT NOT NULL, upto INTEGER NOT NULL, above TEXT NOT NULL, PRIMARY KEY (epoch, lane)) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS series (
    id INTEGER PRIMARY KEY, node INTEGER NOT NULL, series TEXT NOT NULL, unit TEXT NOT NULL, decimals INTEGER NOT NULL, slope REAL NOT NULL,
    intercept REAL NOT NULL, calibration TEXT NOT NULL, UNIQUE (node, series, unit, decimals, slope, intercept, calibration));
CREATE TABLE IF NOT EXISTS qualities (
    id INTEGER PRIMARY KEY, quality INTEGER NOT NULL, flags INTEGER NOT NULL, reason TEXT NOT NULL, UNIQUE (quality, flags, reason));
INSERT OR IGNORE INTO qualities VALUES (0, 0, 0, '');
CREATE TABLE IF NOT EXISTS blocks (
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, boot TEXT NOT NULL, size INTEGER NOT NULL, ahead REAL, clock TEXT NOT NULL, clock_error REAL,
    simulated INTEGER NOT NULL, digest BLOB NOT NULL, received REAL NOT NULL, PRIMARY KEY (epoch, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rows (
    series INTEGER NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL, position INTEGER NOT NULL, ms INTEGER NOT NULL, raw INTEGER,
    quality INTEGER NOT NULL, PRIMARY KEY (series, epoch, seq, position)) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS clocks (
    node TEXT NOT NULL, boot TEXT NOT NULL, rank INTEGER NOT NULL, mono REAL NOT NULL, utc REAL NOT NULL, source TEXT NOT NULL,
    error REAL NOT NULL, PRIMARY KEY (node, boot)) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS alarms (
    node TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL, boot TEXT NOT NULL, mono REAL NOT NULL, utc REAL, clock TEXT NOT NULL,
    clock_error REAL, rule TEXT NOT NULL, series TEXT NOT NULL, change TEXT NOT NULL, level INTEGER NOT NULL, state TEXT NOT NULL,
    active INTEGER NOT NULL, acked INTEGER NOT NULL, latched INTEGER NOT NULL, silenced INTEGER NOT NULL, shelved INTEGER NOT NULL,
    inhibited INTEGER NOT NULL, occurrence INTEGER NOT NULL, value REAL, unit TEXT NOT NULL, threshold REAL, quality TEXT NOT NULL,
    reason TEXT NOT NULL, onset REAL NOT NULL, before TEXT NOT NULL, outputs TEXT NOT NULL, test INTEGER NOT NULL, simulated INTEGER NOT NULL,
    volatile INTEGER NOT NULL, twin INTEGER NOT NULL, received REAL NOT NULL, digest BLOB NOT NULL, kind TEXT NOT NULL DEFAULT 'threshold',
    fault INTEGER NOT NULL DEFAULT 0, latch INTEGER NOT NULL DEFAULT 0, over_range INTEGER NOT NULL DEFAULT 0,
    returned INTEGER NOT NULL DEFAULT 0, unheard INTEGER NOT NULL DEFAULT 0, silenced_until REAL, shelved_until REAL, note TEXT NOT NULL DEFAULT '',
    actor TEXT NOT NULL DEFAULT '', why TEXT NOT NULL DEFAULT '', PRIMARY KEY (node, epoch, seq));
CREATE INDEX IF NOT EXISTS alarms_twins ON alarms (node, boot, rule, occurrence);

CREATE TABLE IF NOT EXISTS events (
    node TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL, boot TEXT NOT NULL, mono REAL NOT NULL, utc REAL, clock TEXT NOT NULL,
    clock_error REAL, kind TEXT NOT NULL, body TEXT NOT NULL, simulated INTEGER NOT NULL, volatile INTEGER NOT NULL, twin INTEGER NOT NULL,
    received REAL NOT NULL, digest BLOB NOT NULL, PRIMARY KEY (node, epoch, seq));
CREATE INDEX IF NOT EXISTS events_twins ON events (node, digest);

CREATE TABLE IF NOT EXISTS gaps (
    node TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL, of TEXT NOT NULL, lane TEXT NOT NULL, cause TEXT NOT NULL, first INTEGER,
    last INTEGER, missing TEXT NOT NULL, late INTEGER NOT NULL, readings INTEGER, declared INTEGER, series TEXT, begin_boot TEXT,
    begin_mono REAL, end_boot TEXT, end_mono REAL, received REAL NOT NULL, PRIMARY KEY (node, epoch, seq));
CREATE INDEX IF NOT EXISTS gaps_ranges ON gaps (node, of, lane, last);

CREATE TABLE IF NOT EXISTS quarantine (
    id INTEGER PRIMARY KEY, node TEXT NOT NULL, class TEXT NOT NULL, reason TEXT NOT NULL, digest BLOB NOT NULL, count INTEGER NOT NULL,
    first_at REAL NOT NULL, last_at REAL NOT NULL, clone INTEGER NOT NULL, payload BLOB NOT NULL, UNIQUE (node, class, digest));
CREATE INDEX IF NOT EXISTS quarantine_refused ON quarantine (id) WHERE clone = 0;
CREATE TABLE IF NOT EXISTS notices (
    what TEXT NOT NULL, node TEXT NOT NULL, detail TEXT NOT NULL, count INTEGER NOT NULL, first_at REAL NOT NULL, last_at REAL NOT NULL,
    PRIMARY KEY (what, node, detail)) WITHOUT ROWID;
"""

_VALUE = "CASE WHEN q.quality < 2 THEN round(r.raw * s.slope + s.intercept, s.decimals) END"
_QUALITY = "CASE q.quality WHEN 0 THEN 'good' WHEN 1 THEN 'uncertain' ELSE 'bad' END"
_JOINS = """FROM rows r JOIN series s ON s.id = r.series JOIN qualities q ON q.id = r.quality JOIN blocks b ON b.epoch = r.epoch AND b.seq = r.seq
    JOIN epochs e ON e.id = r.epoch JOIN nodes n ON n.id = e.node"""
_ISO = "strftime('%Y-%m-%dT%H:%M:%fZ', {0}, 'unixepoch')"


def _best(mono: str, utc: str) -> str:
    """The corrected UTC of a moment of boot: by the newest anchor where there is one, else as it was known at receipt."""
    return f"coalesce(c.utc + ({mono} - c.mono), {utc})"


_AT = _best("r.ms / 1000.0", "b.ahead + r.ms / 1000.0")
_ALARM_AT = _best("a.mono", "a.utc")
_EVENT_AT = _best("v.mono", "v.utc")

VIEWS = f"""
CREATE VIEW IF NOT EXISTS readings AS
    SELECT n.node, e.epoch, r.seq, r.position, s.series, b.boot, r.ms / 1000.0 AS mono, b.ahead + r.ms / 1000.0 AS utc, r.raw, {_VALUE} AS value,
        s.unit, {_QUALITY} AS quality, q.reason, q.flags, s.calibration, b.clock, b.clock_error, b.simulated, b.received
    {_JOINS};
CREATE VIEW IF NOT EXISTS readings_utc AS
    SELECT n.node, s.series, {_ISO.format(_AT)} AS time, {_AT} AS utc, coalesce(c.source, b.clock) AS clock,
        coalesce(c.error + abs(r.ms / 1000.0 - c.mono) * 50e-6, b.clock_error) AS clock_error, {_VALUE} AS value, s.unit, {_QUALITY} AS quality,
        q.reason, r.raw, b.boot, r.ms / 1000.0 AS mono, e.epoch, r.seq, r.position, b.simulated
    {_JOINS} LEFT JOIN clocks c ON c.node = n.node AND c.boot = b.boot;
CREATE VIEW IF NOT EXISTS alarms_utc AS
    SELECT a.node, {_ISO.format(_ALARM_AT)} AS time, {_ALARM_AT} AS utc, a.rule, a.series, a.change, a.level, a.state, a.value, a.unit, a.threshold,
        a.quality, a.reason, a.outputs, a.occurrence, a.fault, a.silenced, a.shelved, a.inhibited, a.note, a.actor, a.why, a.test, a.simulated,
        a.received, a.epoch, a.seq
    FROM alarms a LEFT JOIN clocks c ON c.node = a.node AND c.boot = a.boot WHERE a.twin = 0;
CREATE VIEW IF NOT EXISTS events_utc AS
    SELECT v.node, {_ISO.format(_EVENT_AT)} AS time, {_EVENT_AT} AS utc, v.kind, v.body, v.simulated, v.received, v.epoch, v.seq
    FROM events v LEFT JOIN clocks c ON c.node = v.node AND c.boot = v.boot WHERE v.twin = 0;
"""

VERSION = 2

UPGRADES = {
    1: """
ALTER TABLE alarms ADD COLUMN kind TEXT NOT NULL DEFAULT 'threshold';
ALTER TABLE alarms ADD COLUMN fault INTEGER NOT NULL DEFAULT 0;
ALTER TABLE alarms ADD COLUMN latch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE alarms ADD COLUMN over_range INTEGER NOT NULL DEFAULT 0;
ALTER TABLE alarms ADD COLUMN returned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE alarms ADD COLUMN unheard INTEGER NOT NULL DEFAULT 0;
ALTER TABLE alarms ADD COLUMN silenced_until REAL;
ALTER TABLE alarms ADD COLUMN shelved_until REAL;
ALTER TABLE alarms ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE alarms ADD COLUMN actor TEXT NOT NULL DEFAULT '';
ALTER TABLE alarms ADD COLUMN why TEXT NOT NULL DEFAULT '';
DROP VIEW alarms_utc;
"""
}
"""What makes the next version of a database of each earlier one; the views are made anew afterwards."""
