"""The receipt cursor is torn, lost or overfull: numbers are sent again that the hub drops, and nothing else happens."""

from __future__ import annotations

from pathlib import Path

from gateway.model import Lane
from tests.gateway.outbox.rig import Files, Hub, exactly_once, settle


def test_a_torn_or_lost_cursor_only_sends_again(tmp_path: Path) -> None:
    files, hub = Files(tmp_path), Hub()
    outbox = files.open()
    for _ in range(3):
        files.append(outbox, 10)
        settle(outbox, hub)
        outbox.close()
        outbox = files.open()
    epoch, mark = outbox.epoch, outbox.mark(outbox.epoch, Lane.BATCH)
    assert mark > 0
    path = tmp_path / "state" / "cursor"
    slots = path.read_bytes()
    for place in (0, 4096):
        path.write_bytes(slots[:place] + b"\xff" * 40 + slots[place + 40 :])
        assert files.open().mark(epoch, Lane.BATCH) in (mark, mark - 1)
    path.write_bytes(bytes(8192))
    outbox = files.open()
    assert outbox.epoch == epoch
    assert outbox.mark(epoch, Lane.BATCH) == 0
    settle(outbox, hub)
    assert exactly_once(files, hub) == set()


def test_a_cursor_of_very_many_epochs_keeps_the_newest(tmp_path: Path) -> None:
    files = Files(tmp_path)
    outbox = files.open()
    cursor = outbox._s.cursor
    for number in range(500):
        cursor.advance(f"{number:04d}-aaaaaaaaaaaa", Lane.BATCH, 7)
    slot = cursor.render()
    assert slot is not None
    assert len(slot[1]) <= 4096
    files.disk.write("cursor", *slot)
    assert files.open().mark("0499-aaaaaaaaaaaa", Lane.BATCH) == 7
