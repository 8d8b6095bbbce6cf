"""While a sync of the outbox's disk does not return, recorder and uplink go on; alarms leave all the same, and their durable twins follow."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.model import Lane
from gateway.outbox import Outbox
from tests.gateway.outbox.rig import OTHER, Faulty, Files, Hub, drain, exactly_once, settle, undeclared

BOUND = 10.0
"""Seconds after which a call that should return at once counts as stuck; only a test that fails waits for it."""


class Stall:
    """A disk whose syncs wait from `begin` until `end`."""

    def __init__(self, files: Files) -> None:
        self.stalled = threading.Event()
        self.go = threading.Event()
        self.go.set()
        files.disk = Faulty(files.disk, self._wait)

    def _wait(self, operation: str, _: str, __: int) -> None:
        if operation == "sync" and not self.go.is_set():
            self.stalled.set()
            assert self.go.wait(BOUND)

    def begin(self, outbox: Outbox) -> threading.Thread:
        self.go.clear()
        flusher = threading.Thread(target=outbox.flush)
        flusher.start()
        assert self.stalled.wait(BOUND)
        return flusher


@pytest.fixture
def stalled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Files, Outbox, list[float]]]:
    """An outbox whose flusher hangs in a sync; the time that patience is measured with is the test's."""
    now = [100.0]
    monkeypatch.setattr("gateway.outbox.outbox.real", lambda: now[0])
    files = Files(tmp_path)
    stall = Stall(files)
    outbox = files.open()
    files.append(outbox, 10)
    outbox.seal()
    flusher = stall.begin(outbox)
    yield files, outbox, now
    stall.go.set()
    flusher.join(BOUND)
    assert not flusher.is_alive()


def test_every_call_of_recorder_and_uplink_returns(stalled: tuple[Files, Outbox, list[float]]) -> None:
    files, outbox, _ = stalled
    epoch = outbox.epoch

    def calls() -> None:
        files.append(outbox, 50)
        outbox.seal()
        outbox.post(Lane.ALARM, b"alarm")
        outbox.post(Lane.EVENT, b"event")
        outbox.use_table(OTHER)
        for of, lane, first, _last in outbox.held():
            outbox.read(of, lane, first - 1, 1 << 16)
        outbox.receipted(epoch, Lane.EVENT, 1)
        outbox.mark(epoch, Lane.BATCH)
        outbox.disown(epoch, Lane.BATCH, 1)
        outbox.status()
        assert outbox.due()

    worker = threading.Thread(target=calls)
    worker.start()
    worker.join(BOUND)
    assert not worker.is_alive(), "a call waits for the disk"


def test_nothing_unsynced_is_offered(stalled: tuple[Files, Outbox, list[float]]) -> None:
    files, outbox, _ = stalled
    files.append(outbox, 5)
    outbox.seal()
    hub = Hub()
    drain(outbox, hub, receipts=False)
    assert not hub.raws


def test_alarms_leave_after_a_second_and_their_twins_follow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("gateway.outbox.outbox.real", lambda: now[0])
    files, hub = Files(tmp_path), Hub()
    stall = Stall(files)
    outbox = files.open()
    outbox.post(Lane.EVENT, b"before")
    flusher = stall.begin(outbox)
    for number in range(300):
        outbox.post(Lane.EVENT, b"flood %d" % number)
    outbox.post(Lane.ALARM, b"gas")
    outbox.post(Lane.EVENT, b"event")
    assert all(epoch == outbox.epoch for epoch, *_ in outbox.held()), "nothing leaves unsynced at once"
    now[0] += 0.9
    assert all(epoch == outbox.epoch for epoch, *_ in outbox.held())
    now[0] += 0.2
    (epoch,) = {epoch for epoch, *_ in outbox.held() if epoch != outbox.epoch}
    (alarm,) = outbox.read(epoch, Lane.ALARM, 0, 100)
    assert (alarm.payload, alarm.volatile, alarm.seq) == (b"gas", True, 1)
    events = outbox.read(epoch, Lane.EVENT, 0, 100)
    assert len(events) == 256
    assert events[-1].payload == b"event"
    outbox.receipted(epoch, Lane.ALARM, 1)
    outbox.receipted(epoch, Lane.BATCH, 1)
    assert [lane for of, lane, *_ in outbox.held() if of == epoch] == [Lane.EVENT]
    stall.go.set()
    flusher.join(BOUND)
    settle(outbox, hub)
    twins = {(of == outbox.epoch, lane) for (of, lane, _), payload in hub.stored.items() if payload in (b"gas", b"event")}
    assert twins == {(True, Lane.ALARM), (True, Lane.EVENT), (False, Lane.EVENT)}


def test_an_alarm_synced_in_time_has_no_twin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("gateway.outbox.outbox.real", lambda: now[0])
    outbox = Files(tmp_path).open()
    outbox.post(Lane.ALARM, b"gas")
    outbox.flush()
    now[0] += 60
    assert {epoch for epoch, *_ in outbox.held()} == {outbox.epoch}


def test_what_was_recorded_during_a_stall_survives_a_crash_in_it(tmp_path: Path) -> None:
    files, hub = Files(tmp_path), Hub()
    stall = Stall(files)
    outbox = files.open()
    files.append(outbox, 10)
    outbox.seal()
    flusher = stall.begin(outbox)
    for _ in range(30):
        files.append(outbox, 20)
        outbox.seal()
    copy = Files(tmp_path / "copy", raw=files.raw, appended=list(files.appended))
    for name in ("state", "run"):
        for path in (tmp_path / name).iterdir():
            (tmp_path / "copy" / name).mkdir(parents=True, exist_ok=True)
            (tmp_path / "copy" / name / path.name).write_bytes(path.read_bytes())
    stall.go.set()
    flusher.join(BOUND)
    settle(copy.open(), hub)
    assert exactly_once(copy, hub) == set()


def test_reading_old_segments_while_they_are_recycled_declares_nothing(tmp_path: Path) -> None:
    """The uplink reads a file that the flusher overwrites in the same moment: what it gets is gone, not corrupt."""
    from tests.gateway.outbox.test_a_full_outbox_tells_before_it_forgets import SMALL

    files, hub = Files(tmp_path), Hub()
    outbox = files.open(SMALL)
    for _ in range(70):
        files.append(outbox, 20)
        outbox.seal()
        outbox.flush()
    disk = outbox._s.disk

    class Racing:
        names, write, sync = disk.names, disk.write, disk.sync
        raced = 0

        def read(self, name: str, offset: int = 0, size: int = -1) -> bytes:
            if name.startswith("batch") and size < 0 and not self.raced:
                self.raced = 1
                for _ in range(200):
                    files.append(outbox, 20)
                    outbox.seal()
                    outbox.flush()
            return disk.read(name, offset, size)

    outbox._s.disk = Racing()
    settle(outbox, hub)
    assert Racing.raced or outbox._s.disk.raced  # type: ignore[attr-defined]
    assert not [gap for gap in hub.gaps if gap.cause == "corrupt"]


def test_a_write_that_fails_after_its_segment_was_let_go_harms_nobody(tmp_path: Path) -> None:
    """The disk hangs so long that memory's bound gives the segment up and its file to another; then the hanging write fails."""
    files, hub = Files(tmp_path), Hub()
    late = [0]

    def fault(operation: str, name: str, _: int) -> None:
        if late[0] and operation == "write" and name.startswith("batch"):
            late[0] -= 1
            for _turn in range(400):
                files.append(outbox, 20)
                outbox.seal()
            raise OSError(errno.EIO, operation, name)

    files.disk = Faulty(files.disk, fault)
    outbox = files.open()
    files.append(outbox, 20)
    outbox.seal()
    late[0] = 2
    outbox.flush()
    settle(outbox, hub)
    missing = exactly_once(files, hub)
    assert missing
    assert undeclared(hub, missing) == set()
    outbox.close()
    settle(files.open(), hub)
    assert exactly_once(files, hub) == missing
    assert {gap.cause for gap in hub.gaps} == {"evicted", "stop"}
