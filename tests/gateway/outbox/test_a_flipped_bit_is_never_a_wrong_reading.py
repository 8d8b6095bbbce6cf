"""A bit flips anywhere in what the node keeps: it starts, nothing that comes out is wrong, at most one frame is gone, and that is told.

EDGE_GATEWAY_FLIPS sets how many flips; the seed of each is its number.
"""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest

from gateway.model import Lane
from tests.gateway.outbox.rig import OTHER, TABLE, Files, Hub, drain, exactly_once, settle, undeclared

FLIPS = int(os.environ.get("EDGE_GATEWAY_FLIPS", "2000"))
ENDS = ("crash", "power", "stop")
Key = tuple[str, Lane, int]


def lived(folder: Path, end: str) -> tuple[Files, dict[Key, bytes]]:
    """A life with several segments in every lane, and everything that was synced in it."""
    files, hub = Files(folder), Hub()
    outbox = files.open()
    for turn in range(24):
        files.append(outbox, 20)
        outbox.seal()
        outbox.post(Lane.ALARM, b"alarm %d" % turn + b"a" * 200)
        outbox.post(Lane.EVENT, b"event %d" % turn + b"e" * 100)
        if turn == 11:
            outbox.use_table(OTHER)
        if turn == 12:
            outbox.use_table(TABLE)
        outbox.flush()
    files.append(outbox, 9)
    outbox.flush()
    drain(outbox, hub, receipts=False)
    if end == "stop":
        outbox.close()
        drain(outbox, hub, receipts=False)
    return files, hub.stored


def flip(files: Files, rng: random.Random) -> str:
    """Flip one bit where something is written; the zeros behind the end of a file would prove nothing."""
    path = rng.choice(files.names())
    data = bytearray(path.read_bytes())
    end = len(data.rstrip(b"\0"))
    place = rng.randrange(max(1, end))
    if path.suffix == ".seg" and rng.random() < 0.1:
        place = rng.randrange(64)  # the header of a segment
    data[place] ^= 1 << rng.randrange(8)
    path.write_bytes(data)
    return f"{path.name} at {place}"


def judge(files: Files, had: dict[Key, bytes]) -> tuple[int, int]:
    """Start on the damaged files; gives how many frames, and how many readings, are gone."""
    hub = Hub()
    settle(files.open(), hub)
    files.close()
    for key, payload in hub.stored.items():
        assert had.get(key, payload) == payload, f"{key} came out with another content"
    missing = exactly_once(files, hub)
    gone = {key for key in had if key not in hub.stored}
    told = {key for key in gone if covered(hub, key)}
    assert gone == told, f"gone and not told: {gone - told}"
    if not any(lane is Lane.BATCH for _, lane, _ in gone):
        assert not undeclared(hub, missing)
    return len(gone), len(missing)


def covered(hub: Hub, key: Key) -> bool:
    epoch, lane, seq = key
    return any((gap.of, gap.lane) == (epoch, lane) and gap.first and gap.last and gap.first <= seq <= gap.last for gap in hub.gaps)


@pytest.mark.parametrize("end", ENDS)
def test_anywhere(tmp_path: Path, end: str) -> None:
    files, had = lived(tmp_path / "life", end)
    worst = 0
    for seed in range(FLIPS // len(ENDS) + 1):
        rng = random.Random(seed)
        root = tmp_path / "flipped"
        shutil.copytree(tmp_path / "life", root)
        damaged = Files(root, raw=files.raw, boot=files.boot, appended=list(files.appended))
        where = flip(damaged, rng)
        if end == "power":
            damaged.wipe_spool()
        try:
            frames, _ = judge(damaged, had)
        except AssertionError as error:
            raise AssertionError(f"{end}, seed {seed}, {where}: {error}") from error
        worst = max(worst, frames)
        assert frames <= 1, f"{end}, seed {seed}, {where}: {frames} frames gone"
        shutil.rmtree(root)
    assert worst == 1
