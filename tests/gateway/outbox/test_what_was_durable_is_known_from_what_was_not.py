"""After a death it matters what had reached the medium: only that may have been sent, and only the rest may be sealed anew or given up."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.model import Lane
from gateway.outbox import VolatileDisk
from gateway.outbox.frames import Frame, Kind, scan, segment_header
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


@pytest.mark.parametrize("name", ["last-0", "last-1"])
def test_the_last_run_is_known_from_either_of_its_notes(tmp_path: Path, name: str) -> None:
    files, hub = Files(tmp_path), Hub()
    for _ in range(3):
        outbox = files.open()
        files.append(outbox, 5)
        outbox.flush()
        files.close()
        files.wipe_spool()
    (tmp_path / "state" / name).write_bytes(b"torn")
    again = files.open()
    assert again.epoch == outbox.epoch
    settle(again, hub)
    assert exactly_once(files, hub) == set()


def test_a_frame_of_a_lost_tail_does_not_come_back_behind_a_newer_one() -> None:
    """Three frames, the second replaced after the third was lost sight of: the third is whole, and of the same segment, and yet gone."""
    old, new, lost = (Frame(Kind.MESSAGE, seq, text) for seq, text in ((1, b"first..."), (2, b"second.."), (3, b"third...")))
    salt = 77
    first, chain = old.pack(salt, salt)
    second, behind = new.pack(salt, chain)
    third, _ = lost.pack(salt, behind)
    replaced, _ = new._replace(payload=b"another.").pack(salt, chain)
    assert [found.frame.seq for found in scan(first + second + third, salt, 0)] == [1, 2, 3]
    assert [found.frame.payload for found in scan(first + replaced + third, salt, 0)] == [b"first...", b"another."]


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
