"""Promise: every alarm segment begins with what is not normal, so an alarm raised long ago survives the lane's turning, a new epoch and a
power cut."""

from collections.abc import Callable
from pathlib import Path

from gateway.model import Instant, Lane
from gateway.outbox import Limits, Outbox, RealDisk

SMALL = Limits(size=4 << 20, segment=1 << 20, small=16 << 10, alarms=3, events=3)
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
