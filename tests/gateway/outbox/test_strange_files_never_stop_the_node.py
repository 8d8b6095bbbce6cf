"""Truncated, zeroed, foreign, missing, swapped, extra and unreadable files: the node starts, says nothing wrong, and gives no number twice."""

from __future__ import annotations

import errno
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.model import GapCause, Lane
from gateway.outbox import Disk, RealDisk
from gateway.outbox.frames import SECTOR, segment_header
from tests.gateway.outbox.rig import TINY, Files, Hub, drain, exactly_once, settle, undeclared

Damage = Callable[[Path, random.Random], None]


def lived(folder: Path, end: str, turns: int = 20) -> tuple[Files, Hub]:
    files, hub = Files(folder), Hub()
    outbox = files.open()
    for turn in range(turns):
        files.append(outbox, 20)
        outbox.seal()
        outbox.post(Lane.ALARM, b"alarm %d" % turn + b"a" * 300)
        outbox.post(Lane.EVENT, b"event %d" % turn + b"e" * 200)
        outbox.flush()
    files.append(outbox, 5)
    outbox.flush()
    drain(outbox, hub, receipts=False)
    if end == "stop":
        outbox.close()
        drain(outbox, hub, receipts=False)
    files.close()
    return files, hub


def segments(folder: Path, lane: str = "batch") -> list[Path]:
    """A lane's files, oldest first."""
    found = [(segment_header(path.read_bytes()), path) for path in (folder / "state").glob(f"{lane}-*.seg")]
    return [path for header, path in sorted(((h, p) for h, p in found if h), key=lambda each: each[0].generation)]


def any_file(folder: Path, rng: random.Random) -> Path:
    return rng.choice(sorted(path for path in folder.rglob("*") if path.is_file()))


def truncated(folder: Path, rng: random.Random) -> None:
    path = any_file(folder, rng)
    os.truncate(path, rng.randrange(path.stat().st_size + 1))


def zeroed(folder: Path, rng: random.Random) -> None:
    path = any_file(folder, rng)
    data = bytearray(path.read_bytes())
    start = rng.randrange(len(data) // SECTOR + 1) * SECTOR
    size = rng.choice((SECTOR, 4096, len(data)))
    data[start : start + size] = bytes(len(data[start : start + size]))
    path.write_bytes(data)


def noise(folder: Path, rng: random.Random) -> None:
    path = any_file(folder, rng)
    path.write_bytes(rng.randbytes(rng.randrange(9000)))


def missing(folder: Path, rng: random.Random) -> None:
    any_file(folder, rng).unlink()


def swapped(folder: Path, rng: random.Random) -> None:
    one, other = any_file(folder, rng), any_file(folder, rng)
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)


def copied(folder: Path, rng: random.Random) -> None:
    one, other = any_file(folder, rng), any_file(folder, rng)
    if one != other:
        shutil.copy(one, other)


def extra(folder: Path, rng: random.Random) -> None:
    (folder / "state" / rng.choice(("batch-9999.seg", "alarm-x.seg", "event-.seg", "README", "batch-0007.seg"))).write_bytes(rng.randbytes(7000))


def directory(folder: Path, rng: random.Random) -> None:
    path = any_file(folder, rng)
    path.unlink()
    path.mkdir()


def everything(folder: Path, rng: random.Random) -> None:
    for path in list(folder.rglob("*")):
        if path.is_file():
            path.unlink()


DAMAGES: list[Damage] = [truncated, zeroed, noise, missing, swapped, copied, extra, directory, everything]


@pytest.mark.parametrize("end", ["crash", "power", "stop"])
@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_it_starts_and_says_nothing_wrong(tmp_path: Path, damage: Damage, end: str) -> None:
    files, before = lived(tmp_path / "life", end)
    for seed in range(12):
        rng = random.Random(seed)
        root = tmp_path / str(seed)
        shutil.copytree(tmp_path / "life", root)
        damaged = Files(root, raw=files.raw, boot=files.boot, appended=list(files.appended))
        damage(root, rng)
        if end == "power":
            damaged.wipe_spool()
        hub = before.copy()  # it has everything already: the same key with other content would be told by Hub.take
        outbox = damaged.open()
        damaged.append(outbox, 10)
        settle(outbox, hub)
        new = set(range(files.raw + 1, files.raw + 11))
        assert new <= hub.raws.keys(), f"{damage.__name__}, seed {seed}: what was recorded after the start is gone"
        assert not hub.raws.keys() - set(damaged.appended), f"{damage.__name__}, seed {seed}: a reading nobody made"
        outbox.close()
        damaged.close()
        again = damaged.open()
        assert again.epoch == outbox.epoch, f"{damage.__name__}, seed {seed}: did not heal"
        settle(again, hub)
        damaged.close()


@pytest.mark.parametrize("lane", ["batch", "alarm", "event"])
@pytest.mark.parametrize("end", ["crash", "power", "stop"])
def test_a_missing_newest_file_is_a_new_epoch(tmp_path: Path, lane: str, end: str) -> None:
    files, hub = lived(tmp_path, end)
    epoch = files.open().epoch
    files.close()
    segments(tmp_path, lane)[-1].unlink()
    if end == "power":
        files.wipe_spool()
    outbox = files.open()
    assert outbox.epoch != epoch
    files.append(outbox, 3)
    settle(outbox, hub)
    assert files.raw in hub.raws


def test_a_missing_file_in_the_middle_is_a_declared_hole(tmp_path: Path) -> None:
    files, _ = lived(tmp_path, "stop", turns=90)
    epoch = files.open().epoch
    files.close()
    lost = segments(tmp_path)[1]
    header = segment_header(lost.read_bytes())
    behind = segment_header(segments(tmp_path)[2].read_bytes())
    assert header is not None
    assert behind is not None
    lost.unlink()
    outbox, hub = files.open(), Hub()
    settle(outbox, hub)
    assert outbox.epoch == epoch
    holes = [(gap.first, gap.last) for gap in hub.gaps if gap.cause is GapCause.CORRUPT]
    assert holes == [(header.first, behind.before)]
    assert hub.upto(epoch, Lane.BATCH) >= behind.before


def test_a_file_missing_where_the_epoch_changes_takes_nothing_from_the_one_before(tmp_path: Path) -> None:
    files, hub = Files(tmp_path), Hub()
    for machine in ("a", "b"):
        outbox = files.open(machine=machine)
        for _ in range(90):
            files.append(outbox, 20)
            outbox.seal()
            outbox.flush()
        outbox.close()
        files.close()
    shelved = segments(tmp_path)
    change = next(place for place, path in enumerate(shelved) if (h := segment_header(path.read_bytes())) and h.epoch == outbox.epoch)
    assert len(shelved) > change + 2
    shelved[change].unlink()
    settle(files.open(machine="b"), hub)
    assert set(range(1, 1801)) <= hub.raws.keys()


@pytest.mark.parametrize("segment", [2048, 8192, 1 << 16])
def test_another_size_of_segment_reads_what_is_there(tmp_path: Path, segment: int) -> None:
    files, _ = lived(tmp_path, "crash", turns=60)
    outbox, hub = files.open(TINY._replace(segment=segment)), Hub()
    for _ in range(20):
        files.append(outbox, 20)
        outbox.seal()
        outbox.flush()
    settle(outbox, hub)
    assert exactly_once(files, hub) == set()


def test_another_machine_goes_on_in_its_own_epoch_with_everything(tmp_path: Path) -> None:
    files, hub = lived(tmp_path, "crash")
    epoch = files.open().epoch
    files.close()
    outbox = files.open(machine="other")
    assert outbox.epoch != epoch
    assert outbox.epoch > epoch
    files.append(outbox, 3)
    settle(outbox, hub)
    assert exactly_once(files, hub) == set()


def test_a_cursor_above_what_is_there_is_a_new_epoch(tmp_path: Path) -> None:
    """The card was put back to an older copy of itself."""
    files, hub = lived(tmp_path / "a", "stop")
    shutil.copytree(tmp_path / "a" / "state", tmp_path / "copy")
    outbox = files.open()
    files.append(outbox, 20)
    settle(outbox, hub)
    outbox.close()
    files.close()
    epoch = outbox.epoch
    shutil.copy(tmp_path / "a" / "state" / "cursor", tmp_path / "copy" / "cursor")
    shutil.rmtree(tmp_path / "a" / "state")
    shutil.copytree(tmp_path / "copy", tmp_path / "a" / "state")
    files.wipe_spool()
    outbox = files.open()
    assert outbox.epoch != epoch
    settle(outbox, hub)


def test_the_hub_knowing_more_is_a_new_epoch_once(tmp_path: Path) -> None:
    files, hub = Files(tmp_path), Hub()
    outbox = files.open()
    files.append(outbox, 5)
    settle(outbox, hub)
    epoch = outbox.epoch
    upto = outbox.held()[0][3]
    assert not outbox.disown(epoch, Lane.BATCH, upto)
    outbox.receipted(epoch, Lane.BATCH, 1 << 40)
    assert outbox.mark(epoch, Lane.BATCH) <= upto, "a receipt for what was never numbered is not believed"
    files.append(outbox, 5)
    assert outbox.disown(epoch, Lane.BATCH, 999)
    assert outbox.epoch != epoch
    assert not outbox.disown(epoch, Lane.BATCH, 999)
    files.append(outbox, 5)
    settle(outbox, hub)
    assert exactly_once(files, hub) == set()


class Unreadable:
    """A disk with bad sectors: reading over one of them is EIO."""

    def __init__(self, inner: RealDisk, bad: dict[str, set[int]]) -> None:
        self.inner = inner
        self.bad = bad
        self.names, self.write, self.sync = inner.names, inner.write, inner.sync

    def read(self, name: str, offset: int = 0, size: int = -1) -> bytes:
        data = self.inner.read(name, offset, size)
        if any(offset <= place * SECTOR < offset + len(data) for place in self.bad.get(name, ())):
            raise OSError(errno.EIO, "bad sector", name)
        return data


def test_a_sector_that_cannot_be_read_costs_its_frames_only(tmp_path: Path) -> None:
    big = TINY._replace(segment=1 << 16, size=1 << 20)
    files, hub = Files(tmp_path), Hub()
    outbox = files.open(big)
    for _ in range(400):
        files.append(outbox, 30)
        outbox.seal()
    outbox.close()
    oldest = segments(tmp_path)[0].name
    disk: Disk = Unreadable(files.medium, {oldest: {40}, "cursor": {0}, "journal-0": {0}, "last-0": {0}})
    files.disk = disk
    outbox = files.open(big)
    settle(outbox, hub)
    lost = exactly_once(files, hub)
    assert 0 < len(lost) < 2500
    assert undeclared(hub, lost) == set()
