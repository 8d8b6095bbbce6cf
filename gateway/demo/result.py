"""The evidence of a run, and what follows from it: the chips' account, the hub's tables, the notes of outputs and receipts.

Everything is read from the run's folder, so that a run which was kept can be judged again, and a defect put into the folder is seen.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gateway.config import Config
from gateway.demo.account import Account, Read, Row, settle
from gateway.demo.alarms import Told, Traces, story
from gateway.demo.holes import DEATHS, Hole, Terms
from gateway.demo.record import Record, Stage
from hardware.sim.clock import BOOT_OFFSET

SCHEDULING = 0.4
"""Real seconds that this machine's scheduling may hold a worker up; in scenario seconds it grows with the speed."""
COLUMNS = "series, raw, boot, mono, value, unit, quality"
HOLES = "cause, begin_boot, begin_mono, end_boot, end_mono, readings, of, first, last"


class Evidence:
    """What a run left behind."""

    def __init__(self, config: Config, stage: Stage, record: Record) -> None:
        self._config = config
        self._stage = stage
        self._record = record
        self._began = {boot.boot: boot.began for boot in record.boots}
        self._series = {claim: name for m in config.sensors for claim, name in zip(m.options.claims(), m.series.values(), strict=False)}
        self._derived = {found.info.name for found in config.derived}  # no chip was asked for these: there is no read to account for
        self._infos = {info.name: info for info in config.table().series if info.name not in self._derived}

    def account(self) -> Account:
        """Read by read: what the world produced against what the hub holds."""
        deaths = [death.at for death in self._record.deaths]
        terms = Terms(self._infos, float(self._config.outbox.flush), SCHEDULING * self._record.speed, deaths)
        with _open(self._stage.database) as database:
            rows = (row for row in self._rows(database) if row.series not in self._derived)
            return settle((read for read, _ in self.reads()), rows, self._holes(database), terms)

    def reads(self) -> Iterator[tuple[Read, float]]:
        """Every completed read of a chip that belongs to a series, with the real time at which it was complete."""
        if not self._stage.reads.exists():
            return
        with self._stage.reads.open() as file:
            for line in file:
                chip, channel, raw, at, real, *_ = json.loads(line)
                series = self._series.get(f"{chip}/{channel}" if channel else chip)
                if series is not None:
                    yield Read(series, raw, at), float(real)

    def _at(self, boot: str, mono: float) -> float:
        """Scenario time of a moment of a boot."""
        return mono - BOOT_OFFSET + self._began[boot]

    def _moment(self, boot: str | None, mono: float | None) -> float | None:
        return None if boot is None or mono is None else self._at(boot, mono)

    def _rows(self, database: sqlite3.Connection) -> Iterator[Row]:
        query = f"SELECT {COLUMNS} FROM readings WHERE node = ? ORDER BY epoch, seq, position"
        for series, raw, boot, mono, value, unit, quality in database.execute(query, (self._config.node.name,)):
            yield Row(series, raw, self._at(boot, mono), value, unit, quality)

    def _holes(self, database: sqlite3.Connection) -> list[Hole]:
        """The gaps of readings; one that only names numbers reaches from the row before them to the row behind."""
        query = f"SELECT {HOLES} FROM gaps WHERE node = ? AND lane = 'batch' ORDER BY epoch, seq"
        holes = []
        for cause, begin_boot, begin_mono, end_boot, end_mono, readings, of, first, last in database.execute(query, (self._config.node.name,)):
            begin, end = self._moment(begin_boot, begin_mono), self._moment(end_boot, end_mono)
            if first is not None:
                begin = self._beside(database, of, "seq < ? ORDER BY seq DESC, mono DESC", first) if begin is None else begin
                end = self._beside(database, of, "seq > ? ORDER BY seq, mono", last) if end is None else end
            holes.append(Hole(cause, begin, end, readings))
        return holes

    def _beside(self, database: sqlite3.Connection, epoch: str, where: str, seq: int) -> float | None:
        query = f"SELECT boot, mono FROM readings WHERE node = ? AND epoch = ? AND {where} LIMIT 1"
        return self._moment(*(database.execute(query, (self._config.node.name, epoch, seq)).fetchone() or (None, None)))

    def deaths_told(self) -> Counter[str]:
        """How many gaps at the hub speak of a death, by cause."""
        with _open(self._stage.database) as database:
            return Counter(hole.cause for hole in self._holes(database) if hole.cause in DEATHS)

    def alarms(self) -> list[dict[str, Any]]:
        """Every alarm raised; see `alarms.story`."""
        query = """SELECT rule, series, change, seq, boot, mono, threshold FROM alarms
                   WHERE node = ? AND twin = 0 AND change IN ('raised', 'escalated') ORDER BY epoch, seq"""
        with _open(self._stage.database) as database:
            found = database.execute(query, (self._config.node.name,)).fetchall()
        told = [Told(rule, series, change, seq, self._at(boot, mono), limit) for rule, series, change, seq, boot, mono, limit in found]
        return story(told, list(self.reads()), self._traces(), {alarm.name: alarm.outputs for alarm in self._config.alarms})

    def alarms_duplicated(self) -> int:
        """Changes of alarms that stand at the hub more than once, twins of a volatile epoch aside. One occurrence is raised once and cleared once;
        it may grow worse and ease several times."""
        moment = "CASE WHEN change IN ('raised', 'cleared') THEN '' ELSE boot || mono END"
        query = (
            f"SELECT count(*) - count(DISTINCT rule || '/' || occurrence || '/' || change || '/' || {moment}) FROM alarms WHERE node = ? AND twin = 0"
        )
        with _open(self._stage.database) as database:
            return int(database.execute(query, (self._config.node.name,)).fetchone()[0])

    def _traces(self) -> Traces:
        """What outputs did, and which receipts for alarms came back. A node that dies takes its pins with it: they rest until it drives them."""
        resting = {wired.output.name: int(getattr(wired.options, "active", "high") == "low") for wired in self._config.outputs}
        pins = {claim: wired.output.name for wired in self._config.outputs for claim in wired.options.claims()}
        outputs = [(death.real, name, 0) for death in self._record.deaths for name in resting]
        receipts = []
        if self._stage.trace.exists():
            for line in self._stage.trace.read_text().splitlines():
                kind, *rest = json.loads(line)
                if kind == "output" and rest[0] in pins:
                    name = pins[rest[0]]
                    outputs.append((float(rest[2]), name, int(rest[1] != resting[name])))
                elif kind == "receipt":
                    receipts.append((float(rest[1]), int(rest[0])))
        return Traces(sorted(outputs), sorted(receipts))

    def gaps(self) -> int:
        """Gap events at the hub."""
        with _open(self._stage.database) as database:
            return int(database.execute("SELECT count(*) FROM gaps").fetchone()[0])


@contextmanager
def _open(path: Path) -> Iterator[sqlite3.Connection]:
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        yield database
    finally:
        database.close()
