"""After a death it matters what had reached the medium: only that may have been sent, and only the rest may be sealed anew or given up."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.model import Lane
from gateway.outbox import VolatileDisk
from gateway.outbox.frames import scan, segment_header
from tests.gateway.outbox.rig import Died, Faulty, Files, Hub, drain, exactly_once, settle, undeclared


def rot(path: Path, seq: int) -> None:
    """Flip a bit in the payload of a frame."""
    image = bytearray(path.read_bytes())
    header = segment_header(image)
    assert header is not None
    (found,) = [found for found in scan(image, header.salt) if found.frame.seq == seq]
    image[image.index(found.frame.payload) + 3] ^= 4
    path.write_bytes(image)


@pytest.mark.parametrize("seed", range(16))
def test_what_a_dead_process_had_only_written_is_synced_before_it_is_offered(tmp_path: Path, seed: int) -> None:
    files, hub = Files(tmp_path), Hub()
    volatile = VolatileDisk(tmp_path / "state", seed)
    live = [False]

    def die(operation: str, name: str, _: int) -> None:
        if live[0] and operation == "sync" and name.startswith("batch"):
            raise Died

    files.disk = Faulty(volatile, die)
    outbox = files.open()
    files.append(outbox, 10)
    outbox.flush()
    outbox.seal()
    live[0] = True
    with pytest.raises(Died):
        outbox.flush()
    files.disk = volatile
    drain(files.open(), hub)
    volatile.cut()
    files.wipe_spool()
    settle(files.open(), hub)
    assert exactly_once(files, hub) == set()


def test_rot_in_the_middle_costs_one_frame_even_when_the_power_goes(tmp_path: Path) -> None:
    files, hub = Files(tmp_path), Hub()
    outbox = files.open()
    for _ in range(6):
        files.append(outbox, 10)
        outbox.seal()
        outbox.flush()
    files.close()
    rot(tmp_path / "state" / "batch-0000.seg", 2)
    files.wipe_spool()
    settle(files.open(), hub)
    missing = exactly_once(files, hub)
    assert missing == set(range(11, 21))
    assert undeclared(hub, missing) == set()


def test_a_block_that_rots_after_it_was_sent_is_not_sealed_anew_from_the_journal(tmp_path: Path) -> None:
    files, hub = Files(tmp_path), Hub()
    outbox = files.open()
    files.append(outbox, 10)
    outbox.flush()
    outbox.seal()
    files.append(outbox, 5)
    outbox.flush()
    drain(outbox, hub, receipts=False)
    files.close()
    rot(tmp_path / "state" / "batch-0000.seg", 1)
    files.wipe_spool()
    settle(files.open(), hub)
    assert exactly_once(files, hub) == set()


@pytest.mark.parametrize("lane", [Lane.BATCH, Lane.ALARM, Lane.EVENT])
def test_a_rotten_end_is_noticed_after_a_crash_and_its_number_not_given_again(tmp_path: Path, lane: Lane) -> None:
    files, hub = Files(tmp_path), Hub()
    outbox = files.open()
    for turn in range(5):
        files.append(outbox, 10)
        outbox.seal()
        outbox.post(Lane.ALARM, b"alarm %d" % turn)
        outbox.post(Lane.EVENT, b"event %d" % turn)
        outbox.flush()
    files.append(outbox, 3)
    drain(outbox, hub, receipts=False)
    files.close()
    rot(tmp_path / "state" / f"{lane}-0000.seg", 5)
    again = files.open()
    assert again.epoch != outbox.epoch
    settle(again, hub)
    assert exactly_once(files, hub) == set()
    assert [(gap.lane, gap.first, gap.last) for gap in hub.gaps if gap.cause == "corrupt"] == [(lane, 5, 5)]
