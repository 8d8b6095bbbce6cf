"""A hub on a desk: no broker, a clock that a test moves, and what it would have published."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import msgspec

from gateway.contract.messages import Alarm, Birth, Clock, ClockFix, Gap, Held
from gateway.hub.service import Hub
from gateway.hub.sinks.sqlite import SqliteSink

NODE, EPOCH, BOOT = "n1", "0001-9f3a2b1c44d0", "5c1a09b2e4f7"
UTC = 1_780_000_000.0


class Desk:
    """A hub over a database file; `receipts` is what it said, oldest first, and `deaf` makes the broker take nothing."""

    def __init__(self, db: Path) -> None:
        self.db = db
        self.time = 1000.0
        self.said: list[tuple[str, dict[str, Any]]] = []
        self.deaf = False
        self.sink = SqliteSink(db)
        self.hub = Hub(self.sink, self._send, lambda: UTC + self.time, 0.05, lambda: self.time)

    def _send(self, topic: str, payload: bytes) -> bool:
        if not self.deaf:
            self.said.append((topic, json.loads(payload)))
        return not self.deaf

    @property
    def receipts(self) -> list[dict[str, Any]]:
        return [receipt for _, receipt in self.said]

    def hear(self, cls: str, *payloads: bytes, node: str = NODE, retained: bool = False) -> None:
        """Messages arrive, in one go; the hub takes as long as it needs."""
        for payload in payloads:
            self.hub.receive(f"edge/v1/city/{node}/up/{cls}", payload, retained)
        self.work()

    def work(self, seconds: float = 1.0) -> None:
        end = self.time + seconds
        while self.time < end:
            self.hub.step()
            self.time += 0.05

    def mark(self, lane: str, epoch: str = EPOCH) -> dict[str, Any] | None:
        """The newest mark that was told."""
        told = [receipt["epochs"][epoch][lane] for receipt in self.receipts if lane in receipt["epochs"].get(epoch, {})]
        return told[-1] if told else None

    def rows(self, query: str, *values: object) -> list[Any]:
        db = sqlite3.connect(self.db)
        try:
            return [row[0] if len(row) == 1 else row for row in db.execute(query, values)]
        finally:
            db.close()

    def close(self) -> None:
        self.sink.close()


def alarm(seq: int, mono: float = 5.0, **other: Any) -> Alarm:
    fields: dict[str, Any] = {
        "node": NODE, "epoch": EPOCH, "seq": seq, "boot": BOOT, "mono": mono, "rule": "co_high", "series": "co", "change": "raised", "level": 1,
        "state": "UNACK", "active": True, "acked": False, "latched": True, "silenced": False, "shelved": False, "inhibited": False,
        "occurrence": seq, "value": 61.5, "unit": "ppm", "limit": 60.0, "quality": "good", "onset": mono - 1, "before": [(mono - 1, 60.5)],
    }  # fmt: skip
    return Alarm(**(fields | other))


def gap(seq: int, **other: Any) -> Gap:
    fields: dict[str, Any] = {"node": NODE, "epoch": EPOCH, "seq": seq, "boot": BOOT, "mono": 6.0, "of": EPOCH, "lane": "batch", "cause": "evicted"}
    return Gap(**(fields | other))


def clock(seq: int, fix: ClockFix, of: str = BOOT) -> Clock:
    return Clock(node=NODE, epoch=EPOCH, seq=seq, boot=BOOT, mono=7.0, of=of, fix=fix)


def birth(held: dict[str, dict[str, tuple[int, int]]], mono: float = 3.0, **other: Any) -> Birth:
    fields: dict[str, Any] = {
        "v": 1, "up": True, "site": "city", "node": NODE, "epoch": EPOCH, "boot": BOOT, "mono": mono, "software": "0.1", "challenge": "c",
        "name": "Underpass", "place": {}, "delivered": "receipt", "insecure": False, "simulated": False, "table": "aa", "series": [],
        "held": [Held(epoch, lanes) for epoch, lanes in held.items()], "clock": None,
    }  # fmt: skip
    return Birth(**(fields | other))


encode = msgspec.json.encode
