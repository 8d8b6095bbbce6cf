"""A process that is killed at any write or sync loses no reading that was appended, and says nothing twice."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from gateway.model import Lane
from gateway.outbox import Outbox
from tests.gateway.outbox.rig import OTHER, TABLE, Died, Faulty, Files, Hub, drain, exactly_once, settle


def script(files: Files, outbox: Outbox, hub: Hub) -> None:
    """A little of everything, with segments so small that they are changed often."""
    for turn in range(4):
        files.append(outbox, 5)
        outbox.flush()
        files.append(outbox, 20)
        outbox.seal()
        outbox.post(Lane.ALARM, b"alarm" + bytes([48 + turn]) * 300)
        files.append(outbox, 3)
        outbox.flush()
        drain(outbox, hub)
        outbox.use_table(OTHER if turn == 1 else TABLE)
        for _ in range(3):
            outbox.post(Lane.EVENT, bytes([97 + turn]) * 500)
            files.append(outbox, 2)
            outbox.seal()
            outbox.flush()


class Killer:
    """Both disks of a node; the process dies at their `at`th operation, on a write after a part of it was carried out."""

    def __init__(self, files: Files, at: int) -> None:
        self.at = at
        self.count = 0
        self.disks = (Faulty(files.disk, self._step), Faulty(files.spool, self._step))

    def _step(self, operation: str, name: str, _: int) -> None:
        self.count += 1
        if self.count == self.at:
            raise Died(f"{operation} {name}")


def live(files: Files, hub: Hub, at: int) -> int:
    """One life that ends at its `at`th operation, or runs to the script's end; gives the number of operations."""
    plain = files.disk, files.spool
    killer = Killer(files, at)
    files.disk, files.spool = killer.disks
    with suppress(Died):
        script(files, files.open(), hub)
    files.disk, files.spool = plain
    return killer.count


def account(files: Files, hub: Hub, posted: set[bytes]) -> None:
    outbox = files.open()
    settle(outbox, hub)
    files.close()
    assert exactly_once(files, hub) == set()
    assert posted <= hub.messages


def steps(folder: Path) -> int:
    return live(Files(folder), Hub(), 0)


def test_at_every_step(tmp_path: Path) -> None:
    total = steps(tmp_path / "count")
    assert total > 150
    for at in range(1, total + 1):
        files, hub = Files(tmp_path / str(at)), Hub()
        live(files, hub, at)
        account(files, hub, set())


@pytest.mark.parametrize("second", [1, 2, 3, 5, 7, 11, 17, 29, 53])
def test_and_once_more_soon_after_the_start(tmp_path: Path, second: int) -> None:
    total = steps(tmp_path / "count")
    for at in range(second, total + 1, 7):
        files, hub = Files(tmp_path / str(at)), Hub()
        live(files, hub, at)
        live(files, hub, second)
        live(files, hub, second + 1)
        account(files, hub, set())


def test_a_crash_at_any_step_after_a_clean_stop_keeps_the_epoch(tmp_path: Path) -> None:
    clean = Files(tmp_path / "clean")
    outbox, hub = clean.open(), Hub()
    clean.append(outbox, 30)
    settle(outbox, hub)
    outbox.close()
    for at in range(1, 40):
        shutil.copytree(clean.root, tmp_path / str(at))
        files = Files(tmp_path / str(at), raw=clean.raw, appended=list(clean.appended))
        own = hub.copy()
        live(files, own, at)
        again = files.open()
        assert again.epoch == outbox.epoch, f"killed at {at}"
        settle(again, own)
        files.close()
        assert exactly_once(files, own) == set()


def test_alarms_whose_flush_returned_are_kept(tmp_path: Path) -> None:
    files, hub = Files(tmp_path), Hub()
    outbox = files.open()
    alarms = {b"alarm %d" % number for number in range(40)}
    for alarm in sorted(alarms):
        outbox.post(Lane.ALARM, alarm)
        outbox.flush()
    account(files, hub, alarms)


def test_one_write_to_the_runtime_directory_and_none_to_the_disk_for_a_reading(tmp_path: Path) -> None:
    files = Files(tmp_path)
    outbox = files.open()
    files.append(outbox)
    disk, spool = Faulty(files.disk), Faulty(files.spool)
    outbox._s.disk, outbox._s.runtime, outbox._s.spool._disk = disk, spool, spool
    files.append(outbox, 10)
    assert (disk.count, spool.count) == (0, 10)
