"""An fsync that failed lies the second time; a full disk is no reason to stop; a dead one must not fill the memory."""

from __future__ import annotations

import errno
import gc
import random
from pathlib import Path

import pytest

from gateway.model import GapCause, Lane
from gateway.outbox import VolatileDisk
from gateway.outbox.ring import Write
from tests.gateway.outbox.rig import TINY, Faulty, Files, Hub, drain, exactly_once, settle, undeclared


class Lying:
    """fsync as Linux has it: when it fails, the dirty sectors are dropped from the cache's list, and the next one says yes to nothing."""

    def __init__(self, inner: VolatileDisk) -> None:
        self.inner = inner
        self.names, self.read = inner.names, inner.read
        self.fail: set[str] = set()
        self.failed: dict[str, int] = {}
        self.stale: dict[str, dict[int, bytes]] = {}

    def write(self, name: str, offset: int, data: bytes) -> None:
        self.inner.write(name, offset, data)

    def sync(self, name: str) -> None:
        if any(name.startswith(part) for part in self.fail):
            self.fail.clear()
            self.failed[name] = self.failed.get(name, 0) + 1
            self.stale.setdefault(name, {}).update(self.inner._cache.pop(name, {}))
            raise OSError(errno.EIO, "fsync", name)
        self.inner.sync(name)


@pytest.mark.parametrize("name", ["batch", "alarm", "event", "journal", "last", "cursor"])
def test_what_an_fsync_refused_once_is_written_elsewhere_and_survives_a_power_cut(tmp_path: Path, name: str) -> None:
    for seed in range(12):
        files, hub = Files(tmp_path / str(seed)), Hub()
        volatile = VolatileDisk(files.root / "state", seed)
        lying = Lying(volatile)
        files.disk = lying
        outbox = files.open()
        for turn in range(30):
            files.append(outbox, 10)
            if turn % 3 == 1 or (turn > 19 and name != "journal"):
                outbox.seal()
                outbox.post(Lane.ALARM, b"alarm %d" % turn)
                outbox.post(Lane.EVENT, b"event %d" % turn)
            if turn == 20 + seed % 2:
                lying.fail = {name}
            outbox.flush()
            drain(outbox, hub, stop=3)
        assert not outbox.status()["degraded"]
        assert name in ("last", "cursor") or len(lying.failed) == 1
        volatile.cut()
        files.wipe_spool()
        settle(files.open(), hub)
        assert exactly_once(files, hub) == set(), f"seed {seed}"
        assert {b"alarm %d" % turn for turn in range(30) if turn % 3 == 1} <= hub.messages
        files.close()
        volatile.close()


def test_a_copy_that_was_cut_short_never_stands_for_the_whole(tmp_path: Path) -> None:
    """The tail is written to another file, and the power goes in the middle of that: what was durable in the first is still there."""
    from tests.gateway.outbox.rig import Died

    for end in range(1, 12):
        files, hub = Files(tmp_path / str(end)), Hub()
        volatile = VolatileDisk(files.root / "state", end)
        state = {"count": -1}

        def fault(operation: str, name: str, _: int, end: int = end, state: dict[str, int] = state) -> None:
            if state["count"] >= 0:
                state["count"] += 1
                if state["count"] == 1:
                    raise OSError(errno.EIO, operation, name)
                if state["count"] > 1 + end:
                    raise Died

        files.disk = Faulty(volatile, fault)
        outbox = files.open()
        files.append(outbox, 60)
        outbox.seal()
        outbox.flush()
        promised = set(files.appended)
        files.append(outbox, 20)
        outbox.seal()
        state["count"] = 0
        try:
            outbox.flush()
            promised = set(files.appended)
        except Died:
            pass
        volatile.cut()
        files.wipe_spool()
        files.disk = volatile
        settle(files.open(), hub)
        missing = exactly_once(files, hub)
        assert not missing & promised, f"cut after {end}"
        assert undeclared(hub, missing) == set()
        files.close()
        volatile.close()


class Broken:
    """A disk that refuses everything, or only new files, while `broken` says so."""

    def __init__(self, files: Files) -> None:
        self.broken = ""
        self.files = files
        files.disk = Faulty(files.disk, self._fault)

    def _fault(self, operation: str, name: str, _: int) -> None:
        if self.broken == "dead":
            raise OSError(errno.EIO, operation, name)
        if self.broken == "full" and operation == "write" and not (self.files.root / "state" / name).exists():
            raise OSError(errno.ENOSPC, operation, name)


def test_what_a_disk_refused_is_let_go_before_the_collector_comes(tmp_path: Path) -> None:
    files = Files(tmp_path)
    disk = Broken(files)
    outbox = files.open()
    disk.broken = "dead"
    gc.collect()
    gc.disable()
    try:
        for turn in range(30):
            outbox.post(Lane.EVENT, b"event %d" % turn)
            outbox.flush()
        alive = sum(isinstance(one, Write) for one in gc.get_objects())
    finally:
        gc.enable()
    assert alive == sum(len(ring.writes) for ring in outbox._s.rings.values())
    disk.broken = ""
    files.close()


def test_a_dead_disk_degrades_keeps_memory_bounded_and_recovers(tmp_path: Path) -> None:
    files, hub = Files(tmp_path), Hub()
    disk = Broken(files)
    outbox = files.open()
    files.append(outbox, 30)
    settle(outbox, hub)
    disk.broken = "dead"
    for turn in range(300):
        files.append(outbox, 20)
        outbox.seal()
        outbox.post(Lane.EVENT, b"event %d" % turn + b"e" * 200)
        if turn % 10 == 0:
            outbox.flush()
    assert outbox.status()["degraded"]
    held = [segment for ring in outbox._s.rings.values() for segment in ring.segments if segment.image is not None]
    assert len(held) <= 12
    assert sum(len(write.data) for ring in outbox._s.rings.values() for write in ring.writes) <= 3 * 5 * TINY.segment
    disk.broken = ""
    settle(outbox, hub)
    assert not outbox.status()["degraded"]
    missing = exactly_once(files, hub)
    assert missing
    assert undeclared(hub, missing) == set()
    assert {gap.cause for gap in hub.gaps} == {GapCause.EVICTED}
    assert hub.upto(outbox.epoch, Lane.BATCH) == outbox._s.rings[Lane.BATCH].next - 1
    outbox.close()
    again = files.open()
    assert again.epoch == outbox.epoch
    settle(again, hub)
    assert exactly_once(files, hub) == missing


def test_an_outbox_opened_on_a_dead_disk_works_when_it_comes_back(tmp_path: Path) -> None:
    files, hub = Files(tmp_path), Hub()
    disk = Broken(files)
    disk.broken = "dead"
    outbox = files.open()
    files.append(outbox, 100)
    outbox.seal()
    outbox.flush()
    assert outbox.status()["degraded"]
    disk.broken = ""
    settle(outbox, hub)
    assert exactly_once(files, hub) == set()


def test_a_process_that_dies_while_the_disk_is_dead_loses_nothing(tmp_path: Path) -> None:
    files, hub = Files(tmp_path), Hub()
    disk = Broken(files)
    disk.broken = "dead"
    outbox = files.open()
    for _ in range(10):
        files.append(outbox, 20)
        outbox.seal()
        outbox.flush()
    disk.broken = ""
    settle(files.open(), hub)
    assert exactly_once(files, hub) == set()


def test_a_disk_without_room_makes_do_with_the_files_there_are_and_grows_again(tmp_path: Path) -> None:
    files, hub = Files(tmp_path), Hub()
    disk = Broken(files)
    outbox = files.open()
    for turn in range(500):
        if turn == 80:
            disk.broken = "full"
        files.append(outbox, 20)
        outbox.seal()
        outbox.flush()
        if turn == 300:
            assert len(list((tmp_path / "state").glob("batch-*"))) < 8
            assert not outbox.status()["degraded"]
            disk.broken = ""
    settle(outbox, hub)
    missing = exactly_once(files, hub)
    assert missing
    assert undeclared(hub, missing) == set()
    assert {gap.cause for gap in hub.gaps} == {GapCause.EVICTED}
    assert len(list((tmp_path / "state").glob("batch-*"))) > 8
    assert not any(raw > 310 * 20 for raw in missing)


def test_no_room_at_all_from_the_start_is_survived(tmp_path: Path) -> None:
    files, hub = Files(tmp_path), Hub()
    disk = Broken(files)
    disk.broken = "full"
    outbox = files.open()
    files.append(outbox, 10)
    outbox.flush()
    disk.broken = ""
    settle(outbox, hub)
    assert exactly_once(files, hub) == set()


def test_a_failure_of_random_operations_loses_nothing_as_long_as_the_process_lives(tmp_path: Path) -> None:
    for seed in range(30):
        rng = random.Random(seed)
        files, hub = Files(tmp_path / str(seed)), Hub()
        live = [False]

        def fault(operation: str, name: str, _: int, rng: random.Random = rng, live: list[bool] = live) -> None:
            if live[0] and rng.random() < 0.04:
                raise OSError(rng.choice((errno.EIO, errno.ENOSPC)), operation, name)

        files.disk = Faulty(files.disk, fault)
        outbox = files.open()
        live[0] = True
        for _ in range(120):
            files.append(outbox, rng.randrange(20))
            outbox.seal()
            outbox.flush()
            drain(outbox, hub)
        live[0] = False
        settle(outbox, hub)
        missing = exactly_once(files, hub)
        assert undeclared(hub, missing) == set(), f"seed {seed}"
        outbox.close()
        again = files.open()
        assert again.epoch == outbox.epoch, f"seed {seed}"
        settle(again, hub)
        assert exactly_once(files, hub) == missing
        files.close()
