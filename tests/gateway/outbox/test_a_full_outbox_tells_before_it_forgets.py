"""The ring is full: what the hub has goes silently, anything else is declared on the disk before it is overwritten, alarms and events stay."""

from __future__ import annotations

from pathlib import Path

from gateway.model import GapCause, Lane
from gateway.outbox import GapFact, Limits, VolatileDisk
from gateway.outbox.frames import SECTOR, scan, segment_header
from tests.gateway.outbox.rig import TINY, Died, Faulty, Files, Hub, drain, exactly_once, settle, undeclared

SMALL = TINY._replace(size=4 * 4096, alarms=4, events=8)


def evicted(hub: Hub) -> list[GapFact]:
    return [gap for gap in hub.gaps if gap.cause is GapCause.EVICTED]


def fill(files: Files, limits: Limits, turns: int) -> tuple[Faulty, Hub]:
    """Offline, until the ring has gone round a few times."""
    disk = Faulty(files.disk)
    files.disk = disk
    outbox, hub = files.open(limits), Hub()
    outbox.post(Lane.ALARM, b"the one alarm")
    for _ in range(turns):
        files.append(outbox, 20)
        outbox.seal()
        outbox.flush()
    settle(outbox, hub)
    return disk, hub


def test_every_loss_is_declared_with_its_numbers_its_times_and_its_count(tmp_path: Path) -> None:
    files = Files(tmp_path)
    _, hub = fill(files, SMALL, 400)
    missing = exactly_once(files, hub)
    assert len(missing) > 4000
    assert undeclared(hub, missing) == set()
    gaps = evicted(hub)
    assert sum(gap.readings or 0 for gap in gaps) == len(missing)
    assert [gap.first for gap in gaps] == [1, *(gap.last + 1 for gap in gaps[:-1] if gap.last)]
    assert hub.upto(gaps[0].of, Lane.BATCH) == 400
    assert b"the one alarm" in hub.messages


def test_the_same_after_a_restart(tmp_path: Path) -> None:
    files = Files(tmp_path)
    outbox, hub = files.open(SMALL), Hub()
    for turn in range(400):
        files.append(outbox, 20)
        outbox.seal()
        outbox.flush()
        if turn % 60 == 59:
            outbox.close()
            outbox = files.open(SMALL)
    settle(outbox, hub)
    missing = exactly_once(files, hub)
    assert undeclared(hub, missing) == set()
    assert sum(gap.readings or 0 for gap in evicted(hub)) == len(missing)


def test_the_declaration_is_synced_before_the_file_is_overwritten(tmp_path: Path) -> None:
    files = Files(tmp_path)
    disk, _ = fill(files, SMALL, 200)
    told = 0
    synced: set[int] = set()
    written: dict[str, set[int]] = {}
    last: dict[str, int] = {}
    for operation, name, offset, data in disk.log:
        if operation == "sync":
            synced |= written.pop(name, set())
        elif name.startswith("event"):
            written.setdefault(name, set()).update(_declared(data))
        elif name.startswith("batch") and offset == 0 and (header := segment_header(data)) is not None:
            if name in last:
                assert last[name] in synced, f"{name} overwritten before the loss of its numbers from {last[name]} was durable"
                told += 1
            last[name] = header.first
    assert told > 3


def _declared(data: bytes) -> set[int]:
    """The first numbers of the batch lane that the frames in these bytes declare evicted."""
    found: set[int] = set()
    for part in data.split(b"gap[")[1:]:
        fields = part.split(b",")
        if fields[1] == b'"batch"' and fields[2] == b'"evicted"':
            found.add(int(fields[3]))
    return found


def test_what_the_hub_has_is_overwritten_silently_and_its_receipt_is_kept_first(tmp_path: Path) -> None:
    files, hub = Files(tmp_path), Hub()
    disk = Faulty(files.disk)
    files.disk = disk
    outbox = files.open(SMALL)
    for _ in range(400):
        files.append(outbox, 20)
        outbox.seal()
        outbox.flush()
        drain(outbox, hub)
    assert evicted(hub) == []
    assert exactly_once(files, hub) == set()
    lives: dict[str, int] = {}
    cursor_synced = 0
    for place, (operation, name, offset, data) in enumerate(disk.log):
        cursor_synced = place if (operation, name) == ("sync", "cursor") else cursor_synced
        if operation == "write" and name.startswith("batch") and offset == 0 and segment_header(data) is not None:
            assert name not in lives or cursor_synced > lives[name]
            lives[name] = place
    assert outbox.status()["evicted"] == 0


def test_receipted_frames_are_still_there_for_a_restored_hub(tmp_path: Path) -> None:
    files, hub = Files(tmp_path), Hub()
    outbox = files.open()
    files.append(outbox, 60)
    settle(outbox, hub)
    restored = Hub()
    drain(outbox, restored)
    assert restored.raws == hub.raws
    outbox.close()
    restored = Hub()
    drain(files.open(), restored)
    assert restored.raws == hub.raws


def test_an_event_lane_that_is_full_tells_its_own_loss_behind_it(tmp_path: Path) -> None:
    files, hub = Files(tmp_path), Hub()
    outbox = files.open(SMALL)
    for number in range(200):
        outbox.post(Lane.EVENT, b"event %d" % number + b"e" * 400)
        outbox.flush()
    settle(outbox, hub)
    lost = {number for number in range(200) if b"event %d" % number + b"e" * 400 not in hub.messages}
    assert lost
    assert {gap.lane for gap in evicted(hub)} == {Lane.EVENT}
    assert hub.upto(outbox.epoch, Lane.EVENT) >= 200


def test_an_alarm_is_only_ever_pushed_out_by_alarms(tmp_path: Path) -> None:
    files, hub = Files(tmp_path), Hub()
    outbox = files.open(SMALL)
    for number in range(120):
        outbox.post(Lane.ALARM, b"alarm %d" % number + b"a" * 400)
        outbox.flush()
    settle(outbox, hub)
    kept = {number for number in range(120) if b"alarm %d" % number + b"a" * 400 in hub.messages}
    assert max(kept) == 119
    assert kept == set(range(min(kept), 120))
    assert {gap.lane for gap in evicted(hub)} == {Lane.ALARM}
    assert hub.upto(outbox.epoch, Lane.ALARM) == 120


def test_a_power_cut_while_it_is_full_still_declares_everything(tmp_path: Path) -> None:
    for seed in range(25):
        files, hub = Files(tmp_path / str(seed)), Hub()
        volatile = VolatileDisk(tmp_path / str(seed) / "state", seed)

        def cut(_: str, __: str, count: int, end: int = 900 + 37 * seed) -> None:
            if count > end:
                raise Died

        files.disk = Faulty(volatile, cut)
        outbox = files.open(SMALL)
        flushed = 0
        try:
            while True:
                files.append(outbox, 20)
                outbox.seal()
                outbox.flush()
                flushed = files.raw
        except Died:
            volatile.cut()
        files.wipe_spool()
        files.disk = volatile
        settle(files.open(SMALL), hub)
        missing = exactly_once(files, hub)
        numbers = {number for gap in hub.gaps if gap.lane is Lane.BATCH and gap.first and gap.last for number in range(gap.first, gap.last + 1)}
        assert {(raw - 1) // 20 + 1 for raw in missing if raw <= flushed} <= numbers, f"seed {seed}"
        files.close()
        volatile.close()


def test_what_an_earlier_life_of_a_file_left_never_comes_back(tmp_path: Path) -> None:
    """A recycled file is full of whole frames of its earlier life; none of them belongs to the new one, in any lane."""
    files = Files(tmp_path)
    fill(files, SMALL, 400)
    for path in (tmp_path / "state").glob("batch-*.seg"):
        image = path.read_bytes()
        header = segment_header(image)
        assert header is not None
        numbers = [found.frame.seq for found in scan(image, header.salt, SECTOR) if found.frame.seq]
        assert numbers == list(range(header.first, header.first + len(numbers)))
        assert image.count(b"\x6e\xed") > len(numbers), "nothing of an earlier life is left in the file: the test shows nothing"
