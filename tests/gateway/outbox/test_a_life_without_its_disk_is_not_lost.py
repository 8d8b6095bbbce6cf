"""Promise: a node whose disk does not answer at its start touches nothing that the disk or the spool holds; the next start that finds the disk has
the readings of that life as well, each once, and the holes before and behind them are declared."""

from __future__ import annotations

import errno
from contextlib import suppress
from pathlib import Path

import pytest

from gateway.model import GapCause, Instant, Lane
from gateway.outbox import AdriftSpool, NoDisk, Outbox
from gateway.outbox.adrift import Flotsam
from tests.gateway.outbox.rig import OTHER, TABLE, TINY, Died, Faulty, Files, Hub, declare, drain, exactly_once, settle, undeclared


def adrift(files: Files) -> Outbox:
    """A life that begins while the disk does not answer."""
    spool = AdriftSpool(files.spool)
    outbox = Outbox.open(NoDisk(), spool, machine="m", boot=files.boot, now=files.now, limits=TINY, declare=declare)
    outbox.use_table(TABLE)
    return outbox


def before(files: Files, hub: Hub, unsynced: int = 7) -> Outbox:
    """A life before, which dies with some readings in the spool only."""
    outbox = files.open()
    files.append(outbox, 50)
    settle(outbox, hub)
    files.append(outbox, unsynced)
    return outbox


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith("adrift")}


def test_it_is_there_after_the_disk_is_and_each_reading_once(tmp_path: Path) -> None:
    files, hub = Files(tmp_path), Hub()
    epoch = before(files, hub).epoch
    files.raw += 10  # nobody reads while the process is started again
    outbox = adrift(files)
    for _ in range(5):
        files.append(outbox, 20)
        outbox.seal()
        outbox.flush()
    files.raw += 10
    outbox = files.open()
    assert outbox.epoch == epoch, "the epoch goes on: nothing of it is in doubt"
    files.append(outbox, 20)
    settle(outbox, hub)
    assert exactly_once(files, hub) == set()
    assert not Flotsam(files.runtime).turns(None), "given back: the next start finds nothing of it any more"


def test_the_holes_are_told_and_nothing_between_them(tmp_path: Path) -> None:
    files, hub = Files(tmp_path), Hub()
    before(files, hub)
    files.raw += 10
    files.append(adrift(files), 30)
    files.raw += 10
    settle(files.open(), hub)
    told = [(gap.cause, gap.begin, gap.end) for gap in hub.gaps if gap.lane is Lane.BATCH]
    at = [Instant(files.boot, ms) for ms in (57, 68, 97, 108)]
    assert told == [(GapCause.CRASH, at[0], at[1]), (GapCause.CRASH, at[2], at[3])]


def test_nothing_of_the_disk_and_of_the_life_before_is_touched(tmp_path: Path) -> None:
    files, hub = Files(tmp_path), Hub()
    before(files, hub)
    held = contents(tmp_path / "state"), contents(tmp_path / "run")
    outbox = adrift(files)
    files.append(outbox, 100)
    outbox.seal()
    outbox.post(Lane.ALARM, b"gas")
    outbox.flush()
    outbox.close()
    assert outbox.status()["degraded"]
    assert (contents(tmp_path / "state"), contents(tmp_path / "run")) == held


def test_its_alarms_leave_without_a_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("gateway.outbox.outbox.real", lambda: now[0])
    outbox, hub = adrift(Files(tmp_path)), Hub()
    outbox.post(Lane.ALARM, b"gas")
    outbox.flush()
    now[0] += 1.5
    drain(outbox, hub)
    assert hub.messages == {b"gas"}
    assert not hub.raws


def test_a_power_cut_in_it_costs_what_was_only_in_memory_and_no_more(tmp_path: Path) -> None:
    files, hub = Files(tmp_path), Hub()
    outbox = before(files, hub)
    outbox.flush()
    files.append(adrift(files), 30)
    files.wipe_spool()
    settle(files.open(), hub)
    missing = exactly_once(files, hub)
    assert missing == set(range(58, 88))
    assert undeclared(hub, missing) == set()


@pytest.mark.parametrize("seed", range(12))
def test_a_death_while_it_is_taken_over_loses_and_repeats_nothing(tmp_path: Path, seed: int) -> None:
    """The process dies at one of its first writes; the next start finds part of it in Blocks, and the whole of it in the runtime directory."""
    files, hub = Files(tmp_path), Hub()
    before(files, hub)
    files.append(adrift(files), 130)
    plain = files.disk

    def fault(operation: str, name: str, count: int) -> None:
        if count > seed:
            raise Died

    files.disk = Faulty(plain, fault)
    with suppress(Died):  # with the last seeds it lives through its start
        files.open()
    files.disk = plain
    settle(files.open(), hub)
    assert exactly_once(files, hub) == set()


def test_a_disk_that_fails_when_it_is_back_keeps_it_for_the_start_after(tmp_path: Path) -> None:
    files, hub = Files(tmp_path), Hub()
    before(files, hub)
    files.append(adrift(files), 40)
    plain, failing = files.disk, [True]

    def fault(operation: str, name: str, _: int) -> None:
        if failing[0]:
            raise OSError(errno.EIO, operation, name)

    files.disk = Faulty(plain, fault)
    files.open()
    files.disk = plain
    settle(files.open(), hub)
    assert exactly_once(files, hub) == set()


def test_two_such_lives_in_a_row_are_in_order(tmp_path: Path) -> None:
    files, hub = Files(tmp_path), Hub()
    before(files, hub)
    outbox = adrift(files)
    files.append(outbox, 10)
    outbox.seal()
    files.append(outbox, 10)
    files.append(adrift(files), 10)
    settle(files.open(), hub)
    missing = exactly_once(files, hub)
    assert undeclared(hub, missing) == set()
    assert missing == set(range(58, 68)), "the file that the older life began with was used again"


def test_what_comes_after_it_is_counted_on_from_it(tmp_path: Path) -> None:
    """A crash soon after the take-over: what was only in the spool is known from what the take-over sealed."""
    files, hub = Files(tmp_path), Hub()
    before(files, hub)
    files.append(adrift(files), 40)
    files.append(files.open(), 15)
    settle(files.open(), hub)
    assert exactly_once(files, hub) == set()


def test_another_table_within_it_is_kept(tmp_path: Path) -> None:
    files, hub = Files(tmp_path), Hub()
    before(files, hub)
    outbox = adrift(files)
    files.append(outbox, 10)
    outbox.use_table(OTHER)
    files.append(outbox, 10)
    settle(files.open(), hub)
    assert exactly_once(files, hub) == set()


def test_a_runtime_directory_without_room_is_no_reason_to_stop(tmp_path: Path) -> None:
    files = Files(tmp_path)

    def full(operation: str, name: str, _: int) -> None:
        raise OSError(errno.ENOSPC, operation, name)

    files.spool = Faulty(files.spool, full)
    outbox = adrift(files)
    files.append(outbox, 10)
    outbox.seal()
    outbox.flush()
    assert outbox.status()["unspooled"] == 10
