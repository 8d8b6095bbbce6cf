"""Promise: every alarm segment begins with what is not normal, so an alarm raised long ago survives the lane's turning, a new epoch and a
power cut."""

import random
from collections.abc import Callable
from pathlib import Path

from gateway.model import Instant, Lane, Reading, SeriesInfo, Table
from gateway.outbox import Limits, Outbox, RealDisk

SMALL = Limits(size=512 << 10, segment=128 << 10, small=16 << 10, alarms=3, events=3)
BOOTS = ("aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc")


def outbox(folder: Path, boot: str, machine: str = "m", snapshot: Callable[[list[bytes]], list[bytes]] = list) -> Outbox:
    return Outbox.open(
        RealDisk(folder / "state"),
        RealDisk(folder / f"run-{boot}"),
        machine=machine,
        boot=boot,
        now=lambda: Instant(boot, 1000),
        limits=SMALL,
        declare=lambda fact: repr(fact).encode(),
        snapshot=snapshot,
    )


def standing(log: list[bytes]) -> list[bytes]:
    return [payload for payload in log if payload.startswith(b"standing")][-1:]


def test_it_survives_the_turning_of_its_lane(tmp_path: Path) -> None:
    box = outbox(tmp_path, BOOTS[0], snapshot=lambda log: [b"standing co"])
    box.post(Lane.ALARM, b"standing co")
    for index in range(400):
        seq = box.post(Lane.ALARM, b"other %d " % index + bytes(200))
        box.flush()
        box.receipted(box.epoch, Lane.ALARM, seq)
    after = outbox(tmp_path, BOOTS[1], snapshot=standing)
    assert b"standing co" in after.alarm_log


def test_it_survives_a_new_epoch_and_the_power_cut_after_it(tmp_path: Path) -> None:
    box = outbox(tmp_path, BOOTS[0])
    box.post(Lane.ALARM, b"standing co")
    box.flush()
    moved = outbox(tmp_path, BOOTS[1], machine="another", snapshot=standing)
    assert moved.epoch != box.epoch
    assert b"standing co" in moved.alarm_log
    again = outbox(tmp_path, BOOTS[2], machine="another", snapshot=standing)
    assert again.epoch == moved.epoch
    assert b"standing co" in again.alarm_log


def test_a_full_outbox_that_begins_a_new_epoch_counts_its_events_from_one(tmp_path: Path) -> None:
    box = outbox(tmp_path, BOOTS[0])
    box.use_table(Table((SeriesInfo("x", "x", "mm", 0, 0.0, 1e9, 1.0),)))
    rng = random.Random(5)
    for block in range(16):
        for index in range(4000):
            box.append(Reading(0, block * 4_000_000 + index * 1000 + rng.randrange(900), rng.randrange(2**40), 1.0))
        box.seal()
        box.flush()
    assert box.status()["evicted"], "the ring is full and nothing is receipted"
    moved = outbox(tmp_path, BOOTS[1], machine="another")
    held = [(lane, first, last) for epoch, lane, first, last in moved.held() if epoch == moved.epoch]
    assert held
    assert all(1 == first <= last for _, first, last in held), held
    events = moved.read(moved.epoch, Lane.EVENT, 0, 1 << 20)
    assert [offer.seq for offer in events] == list(range(1, len(events) + 1))
    assert any(b"EVICTED" in offer.payload for offer in events)
