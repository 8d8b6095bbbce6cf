"""Promise: what the bench compares is the same readings, what it ranks is ranked right, and a missed budget cannot be overlooked."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.contract.batch import decode_message
from gateway.contract.topics import topic
from tests.bench.figures import Figure, at_least, at_most, percentile, plain, table
from tests.bench.rivals import from_senml, from_thingsboard, senml, thingsboard
from tests.bench.store import PAGE, CountingDisk
from tests.bench.wire import Wire, of_thingsboard, ours
from tests.bench.worker import build
from tests.bench.workloads import BOOT, EPOCH, FIX, NODE, SITE, Point, batch, points

SEEDS = range(5)


@pytest.mark.parametrize("own_times", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_all_three_formats_say_the_same(seed: int, own_times: bool) -> None:
    readings = batch(seed, own_times)
    said = set(points(readings))
    assert len(said) == len(readings) == 300
    assert from_thingsboard(thingsboard(points(readings))) == said
    assert from_senml(senml(points(readings))) == said
    assert set(from_ours(ours(readings).payload)) == said


def from_ours(payload: bytes) -> list[Point]:
    """What the node's own message says, by nothing but what stands in it."""
    decoded = decode_message(payload)
    (block,) = decoded.blocks
    fix = decoded.clocks[block.boot]
    origin = round((fix.utc - fix.mono) * 1000)
    return [
        Point(column.series.name, origin + ms, column.series.value(raw or 0))
        for column in block.columns
        for ms, raw in zip(column.ms, column.raws, strict=True)
    ]


def test_ours_carries_epoch_boot_and_anchor_beside() -> None:
    decoded = decode_message(ours(batch(1, False)).payload)
    assert (decoded.node, decoded.epoch) == (NODE, EPOCH)
    assert decoded.blocks[0].boot == BOOT
    assert decoded.clocks == {BOOT: FIX}


def test_own_times_are_own_and_a_round_is_shared() -> None:
    assert len({reading.ms for reading in batch(1, False)}) == 50
    assert len({(reading.series, reading.ms) for reading in batch(1, True)}) == 300
    assert len({reading.ms for reading in batch(1, True)}) > 200


def test_a_packet_is_counted_whole() -> None:
    message = ours(batch(1, False))
    wire = Wire()
    try:
        size = wire.size(message)
        rival = of_thingsboard(batch(1, False))
        bare = wire.size(rival)
    finally:
        wire.close()
    fixed, names, packet_id, properties = 1 + 2, 2 + len(topic(SITE, NODE, "batch")), 2, 1 + 3 + len("application/cbor")
    assert size == fixed + names + packet_id + properties + len(message.payload)
    assert bare < len(rival.payload) + len(rival.topic) + 20


def test_a_missed_budget_is_printed_with_its_reason() -> None:
    printed = table([at_most("bytes", 2.31, 2.3, "B", "the topic is long"), at_least("rate", 160_000, 150_000, "a second"), plain("other", 1.0, "B")])
    lines = printed.splitlines()
    assert lines[1].split() == ["bytes", "2.31", "B", "up", "to", "2.3", "B", "MISSED"]
    assert lines[2].strip() == "reason: the topic is long"
    assert lines[3].endswith("met")
    assert printed.count("MISSED") == 1


def test_a_budget_is_met_at_its_very_limit() -> None:
    assert at_most("a", 2.3, 2.3, "B").met
    assert at_least("a", 150_000, 150_000, "a second").met
    assert at_least("a", 149_999, 150_000, "a second").met is False
    assert Figure("a", "1").verdict == ""


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.0, 1), (0.991, 100)])
def test_a_percentile_is_the_nearest_rank(share: float, expected: int) -> None:
    assert percentile(list(range(100, 0, -1)), share) == expected


def test_a_percentile_of_few_is_the_worst_of_them() -> None:
    assert percentile([3.0, 1.0], 0.99) == 3.0
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 0.5)


def test_pages_are_counted_once_for_each_sync(tmp_path: Path) -> None:
    disk = CountingDisk(tmp_path)
    disk.write("a", 0, bytes(2 * PAGE))
    disk.write("a", PAGE - 1, b"xy")
    disk.sync("a")
    assert (disk.pages, disk.syncs, disk.data["a"]) == (2 * PAGE, 1, 2)
    disk.write("a", 10, b"z")
    disk.write("a", 20, b"z")
    disk.sync("a")
    disk.sync("a")
    assert (disk.pages, disk.syncs) == (3 * PAGE, 3)
    disk.close()


def test_a_backlog_has_the_readings_it_is_said_to_have(tmp_path: Path) -> None:
    built = build(str(tmp_path / "state"), str(tmp_path / "spool"), 1, 16 * 60 * 30)
    assert built["readings"] == 16 * 60 * 30
    assert 2.0 < built["bytes"] / built["readings"] < 4.0


def test_points_are_utc() -> None:
    first = points(batch(1, False))[0]
    assert first == Point("ch4", round((FIX.utc - FIX.mono) * 1000) + batch(1, False)[0].ms, first.value)
