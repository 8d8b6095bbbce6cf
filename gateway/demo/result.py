"""The evidence of a run, and what follows from it: the chips' account, the hub's tables, the notes of outputs and receipts."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gateway.config import Config
from gateway.demo.account import Account, Hole, Read, Row, settle
from gateway.demo.conductor import Boot, Stage
from hardware.sim.clock import BOOT_OFFSET


class Evidence:
    """What a run left behind. boots: the simulated computer's, with the scenario time at which each began."""

    def __init__(self, config: Config, stage: Stage, boots: list[Boot]) -> None:
        self._config = config
        self._stage = stage
        self._began = {boot.boot: boot.began for boot in boots}
        self._series = {claim: name for m in config.sensors for claim, name in zip(m.options.claims(), m.series.values(), strict=False)}

    def account(self) -> Account:
        """Read by read: what the world produced against what the hub holds."""
        tolerance = {info.name: info.period / 2 for info in self._config.table().series}
        with _open(self._stage.database) as database:
            return settle(self.reads(), self._rows(database), self._holes(database), tolerance)

    def reads(self) -> Iterator[Read]:
        """Every completed read of a chip that belongs to a series."""
        if not self._stage.reads.exists():
            return
        with self._stage.reads.open() as file:
            for line in file:
                chip, channel, raw, at, *_ = json.loads(line)
                series = self._series.get(f"{chip}/{channel}" if channel else chip)
                if series is not None:
                    yield Read(series, raw, at)

    def _at(self, boot: str, mono: float) -> float:
        """Scenario time of a moment of a boot."""
        return mono - BOOT_OFFSET + self._began[boot]

    def _rows(self, database: sqlite3.Connection) -> Iterator[Row]:
        query = "SELECT series, raw, boot, mono FROM readings WHERE node = ? AND raw IS NOT NULL ORDER BY epoch, seq, position"
        for series, raw, boot, mono in database.execute(query, (self._config.node.name,)):
            yield Row(series, raw, self._at(boot, mono))

    def _holes(self, database: sqlite3.Connection) -> list[Hole]:
        query = "SELECT cause, begin_boot, begin_mono, end_boot, end_mono FROM gaps WHERE node = ? AND lane = 'batch' ORDER BY epoch, seq"
        holes = []
        for cause, begin_boot, begin_mono, end_boot, end_mono in database.execute(query, (self._config.node.name,)):
            begin = None if begin_boot is None else self._at(begin_boot, begin_mono)
            end = None if end_boot is None else self._at(end_boot, end_mono)
            if begin is not None or end is not None:
                holes.append(Hole(cause, begin, end))
        return holes

    def alarms(self) -> list[dict[str, Any]]:
        """Every alarm raised: its rule, the scenario time of the reading that raised it, and how long after that read was complete, in real
        milliseconds, the output switched and the hub's receipt was back at the node."""
        outputs, receipts = self._traces()
        query = """SELECT rule, series, change, epoch, seq, boot, mono, threshold FROM alarms
                   WHERE node = ? AND twin = 0 AND change IN ('raised', 'escalated') ORDER BY epoch, seq"""
        told = []
        with _open(self._stage.database) as database:
            for rule, series, change, _, seq, boot, mono, limit in database.execute(query, (self._config.node.name,)):
                onset = self._at(boot, mono)
                crossed = self._crossing(series, onset)
                switched = _switched(outputs, crossed)
                back = next((at for at, upto in receipts if crossed is not None and upto >= seq and at >= crossed), None)
                told.append(
                    {
                        "rule": rule,
                        "change": change,
                        "limit": limit,
                        "onset": round(onset, 3),
                        "output_ms": _after(crossed, switched) if change == "raised" else None,
                        "receipt_ms": _after(crossed, back),
                    }
                )
        return told

    def _crossing(self, series: str, onset: float) -> float | None:
        """Real time at which the chip's read nearest to a moment was complete."""
        best: tuple[float, float] | None = None
        with self._stage.reads.open() as file:
            for line in file:
                chip, channel, _, at, real, *_ = json.loads(line)
                away = abs(at - onset)
                if self._series.get(f"{chip}/{channel}" if channel else chip) == series and (best is None or away < best[0]):
                    best = (away, real)
        return None if best is None else best[1]

    def _resting(self) -> dict[str, int]:
        """The pin level at which each output is silent."""
        return {claim: int(getattr(w.options, "active", "high") == "low") for w in self._config.outputs for claim in w.options.claims()}

    def _traces(self) -> tuple[list[tuple[float, int]], list[tuple[float, int]]]:
        """(real time, whether it acts) of every change of an output, and (real time, number) of every receipt for alarms."""
        outputs, receipts = [], []
        resting = self._resting()
        if self._stage.trace.exists():
            for line in self._stage.trace.read_text().splitlines():
                kind, *rest = json.loads(line)
                if kind == "output":
                    outputs.append((float(rest[2]), int(rest[1] != resting.get(rest[0], 0))))
                elif kind == "receipt":
                    receipts.append((float(rest[1]), int(rest[0])))
        return sorted(outputs), sorted(receipts)

    def counts(self) -> dict[str, int]:
        """Rows, gaps and alarms at the hub."""
        with _open(self._stage.database) as database:
            return {table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("readings", "gaps", "alarms", "events")}


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True)


def _switched(outputs: list[tuple[float, int]], crossed: float | None) -> float | None:
    """When an output was on for a crossing: at once where it was on already."""
    if crossed is None:
        return None
    before = [level for at, level in outputs if at < crossed]
    return crossed if before and before[-1] else next((at for at, level in outputs if level and at >= crossed), None)


def _after(begin: float | None, end: float | None) -> float | None:
    return None if begin is None or end is None else round((end - begin) * 1000, 1)


def summary(account: Account, evidence: Evidence, carried: dict[str, int], drained: bool, outages: list[dict[str, Any]]) -> dict[str, Any]:
    """The run as one object: what `--json` prints as its last line."""
    counts = evidence.counts()
    return {
        "sampled": account.sampled,
        "delivered": account.delivered,
        "declared": dict(account.declared),
        "lost": account.lost,
        "duplicated": account.duplicated,
        "out_of_order": account.out_of_order,
        "unexplained": account.unexplained,
        "overdeclared": account.overdeclared,
        "gaps": counts["gaps"],
        "alarms": evidence.alarms(),
        "bytes_per_reading": round(carried["up"] / account.delivered, 2) if account.delivered else None,
        "outages": outages,
        "drained": drained,
    }
