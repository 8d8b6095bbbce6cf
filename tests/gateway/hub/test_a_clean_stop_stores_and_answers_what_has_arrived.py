from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gateway.clock import real
from gateway.hub.daemon import Daemon, Stop
from gateway.hub.receiver import Receiver
from gateway.hub.sinks.sqlite import SqliteSink
from tests.gateway.contract.examples import level, message
from tests.gateway.hub.desk import EPOCH, Desk, alarm, encode


class Line(Receiver):
    """A connection on which messages arrive in the very moment in which the hub is asked to stop."""

    def __init__(self, stop: Stop, on_message: Callable[[str, bytes, bool], None]) -> None:
        self._stop, self._on_message, self._client = stop, on_message, None
        self.listening, self.why = True, ""
        self.said: list[dict[str, Any]] = []

    def connect(self) -> bool:
        return True

    def pump(self, timeout: float, wake: int | None, hungry: Callable[[], bool]) -> None:
        for seq in range(1, 31):
            self._on_message("edge/v1/city/n1/up/batch", message([level(seq, 500)]), False)
        self._on_message("edge/v1/city/n1/up/alarm", encode(alarm(1)), False)
        self._stop.asked = True

    def publish(self, topic: str, payload: bytes) -> bool:
        assert topic == "edge/v1/city/n1/down/receipt"
        self.said.append(json.loads(payload)["epochs"][EPOCH])
        return True


def test_the_process_that_is_asked_to_stop(tmp_path: Path) -> None:
    stop, lines = Stop(-1), list[Line]()

    def line(on_message: Callable[[str, bytes, bool], None]) -> Line:
        lines.append(Line(stop, on_message))
        return lines[0]

    Daemon(SqliteSink(tmp_path / "hub.db"), line, lambda: 0.0, 1.0, real, lambda: None).run(stop)
    assert {"alarm": {"upto": 1}} in [{lane: marks[lane] for lane in marks if lane == "alarm"} for marks in lines[0].said]
    assert lines[0].said[-1]["batch"] == {"upto": 30}
    desk = Desk(tmp_path / "hub.db")
    assert desk.rows("SELECT count(*) FROM readings") == [30_000]
    desk.close()


def test_alarms_go_first_also_then(desk: Desk) -> None:
    desk.hub.receive("edge/v1/city/n1/up/batch", message([level(1)]))
    desk.hub.receive("edge/v1/city/n1/up/alarm", encode(alarm(1)))
    assert desk.hub.drain(desk.time + 1.0)
    assert [sorted(receipt["epochs"][EPOCH]) for receipt in desk.receipts] == [["alarm"], ["batch"]]


def test_a_stop_does_not_wait_for_a_database_that_cannot_store(desk: Desk) -> None:
    desk.sink._db.execute("PRAGMA max_page_count = 1")
    desk.hub.receive("edge/v1/city/n1/up/alarm", encode(alarm(1, before=[(1.0, 2.0)] * 5000)))
    assert not desk.hub.drain(desk.time + 1.0)
    assert desk.receipts == []
