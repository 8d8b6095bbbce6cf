"""Promise: around every alarm that is raised or escalated, a file has every sample of its sensors as the driver uttered it, with the pings behind
each, from a minute before to a minute after; what is needed for that is bounded in memory and on the disk."""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

from gateway import blackbox
from gateway.blackbox import BYTES, FILES, LOOK, MEMORY, ROWS
from gateway.boxfile import files, read
from gateway.model import Sampled
from hardware.sample import Quality, Sample
from tests.gateway.boxed import UTC, Boxed


def test_a_minute_before_and_a_minute_after(tmp_path: Path) -> None:
    scene = Boxed(tmp_path / "box")
    scene.live(103)
    scene.alarm()
    at = scene.clock.monotonic()
    scene.live(200)
    (path,) = files(scene.folder)
    box = read(path)
    assert path.name == "000001-water-1.cbor"
    assert (box.head.node, box.head.boot, box.head.simulated, box.head.complete) == ("n1", scene.clock.boot, True, True)
    assert [(told.rule, told.occurrence, told.onset, told.limit) for told in box.head.alarms] == [("water", 1, at - 2.0, 150.0)]
    assert (box.head.utc, box.head.clock) == (UTC + at, "ntp")
    assert [info.name for info in box.head.series] == ["level", "level.jitter"], "of the rule's sensors and no others"
    assert (box.head.begin, box.head.end) == (at - 60.0, at + 60.0)
    readings = [row for row in box.rows if row.series == 0 and not row.part]
    assert [row.ms for row in readings] == [round((at + second) * 1000) for second in range(-60, 61)]
    assert all(earlier.ms <= later.ms for earlier, later in pairwise(box.rows)), "in the order of their times"


def test_every_sample_is_as_the_driver_uttered_it(tmp_path: Path) -> None:
    scene = Boxed(tmp_path / "box")
    scene.live(3)
    scene.live(2, None)
    scene.alarm()
    scene.live(70)
    rows = read(files(scene.folder)[0]).rows
    pings, silent = [row for row in rows if row.part], [row for row in rows if row.reason == "no_echo" and row.series == 0]
    assert [(row.raw, row.value, row.quality, row.reason) for row in pings[:3]] == [
        (998, 998.0, Quality.GOOD, ""),
        (1000, 1000.0, Quality.GOOD, ""),
        (9999, None, Quality.BAD, "range"),
    ], "what the median never tells"
    assert [(row.raw, row.value, row.quality, row.part) for row in silent] == [(0, None, Quality.BAD, False)] * 2
    assert {row.raw for row in rows if row.reason == "no_echo" and row.series == 1} == {None}
    jitter = next(row for row in rows if row.series == 1)
    assert (jitter.raw, jitter.value, jitter.quality, jitter.reason) == (2, 2.0, Quality.UNCERTAIN, "checksum")


def test_the_hub_is_told_the_file_its_size_and_its_span(tmp_path: Path) -> None:
    scene = Boxed(tmp_path / "box")
    scene.live(70)
    scene.alarm()
    scene.live(70)
    first, last = scene.told
    size = files(scene.folder)[0].stat().st_size
    assert first[:2] == last[:2] == ("black_box", "000001-water-1.cbor")
    assert first[2].endswith("so far")
    assert last[2] == f"alarm water 1: 603 samples from 20.000 s to 140.000 s of this boot, {size} bytes"


def test_a_cascade_of_alarms_is_one_file(tmp_path: Path) -> None:
    scene = Boxed(tmp_path / "box")
    scene.live(100)
    for rule, level in (("water", 1), ("flood", 1), ("water", 2)):
        scene.alarm(rule, level=level, change="raised" if level == 1 else "escalated")
        scene.live(40)
    scene.alarm("water", level=2, change="cleared")
    scene.live(100)
    (path,) = files(scene.folder)
    box = read(path)
    assert [(told.rule, told.level) for told in box.head.alarms] == [("water", 1), ("flood", 1), ("water", 2)]
    assert box.head.end - box.head.alarms[-1].mono >= 59.0, "a minute after the last one too"


def test_another_sensor_s_alarm_brings_its_own_past_along(tmp_path: Path) -> None:
    scene = Boxed(tmp_path / "box")
    scene.live(100)
    scene.alarm()
    scene.live(30)
    scene.alarm("gas")
    scene.live(100)
    box = read(files(scene.folder)[0])
    other = [row.ms / 1000 - box.head.alarms[1].mono for row in box.rows if box.head.series[row.series].name == "other"]
    assert (min(other), max(other)) == (-90.0, 60.0)


def test_an_alarm_that_goes_on_rising_gets_a_second_file_with_its_own_minute(tmp_path: Path) -> None:
    scene = Boxed(tmp_path / "box")
    scene.live(100)
    for level in range(1, 6):
        scene.alarm(level=level, change="escalated")
        scene.live(35)
    scene.live(100)
    boxes = [read(path) for path in files(scene.folder)]
    assert [[told.level for told in box.head.alarms] for box in boxes] == [[1, 2, 3, 4], [5]]
    for box in boxes:
        assert box.head.begin <= box.head.alarms[0].mono - 59.0
        assert box.head.end >= box.head.alarms[-1].mono + 59.0


def test_a_chattering_alarm_writes_few_files(tmp_path: Path) -> None:
    scene = Boxed(tmp_path / "box")
    for occurrence in range(600):
        scene.live(1)
        scene.alarm(occurrence=occurrence)
    scene.live(100)
    assert len(scene.told) <= 12, "each file begun and ended, no more than one in two minutes"
    assert all(len(read(path).head.alarms) <= blackbox.MARKS for path in files(scene.folder))


def test_a_worker_that_was_held_up_writes_the_same(tmp_path: Path) -> None:
    scene = Boxed(tmp_path / "box")
    scene.live(100)
    scene.alarm()
    at, scene._due = scene.clock.monotonic(), float("inf")
    scene.live(90)
    scene.box.step(scene.clock.monotonic())
    head = read(files(scene.folder)[0]).head
    assert (head.begin, head.end, head.complete) == (at - 60.0, at + 60.0, True)


def test_what_comes_late_stands_in_its_place(tmp_path: Path) -> None:
    scene = Boxed(tmp_path / "box")
    scene.live(10)
    ms = round(scene.clock.monotonic() * 1000)
    scene.box.take([Sampled(0, ms - 5500, Sample("level", 5, 5.0, at=ms / 1000 - 5.5))], [])  # an edge that the driver tells with its own time
    scene.alarm()
    rows = read(files(scene.folder)[0]).rows
    assert [row.ms for row in rows] == sorted(row.ms for row in rows)
    assert any(row.raw == 5 for row in rows)


def test_what_is_not_of_an_alarm_s_beginning_makes_no_file(tmp_path: Path) -> None:
    scene = Boxed(tmp_path / "box")
    scene.live(10)
    for change in ("cleared", "acked", "fault", "silenced", "eased"):
        scene.alarm(change=change)
    scene.live(70)
    assert not scene.names()
    assert not scene.told


def test_sixteen_readings_a_second_need_little_memory(tmp_path: Path) -> None:
    scene = Boxed(tmp_path / "box")
    scene.live(300, several=16)
    ring = scene.box._ring
    seconds = 60 + 2 * LOOK
    assert len(ring) <= seconds * 16 * 6, "three series and three pings, of a minute and a little"
    assert sum(map(sys.getsizeof, ring)) + 8 * len(ring) <= seconds * 16 * 6 * MEMORY / ROWS


def test_memory_is_bounded_whatever_comes(tmp_path: Path) -> None:
    scene = Boxed(tmp_path / "box")
    scene.live(40, several=200)
    scene.alarm()
    scene.live(5, several=200)
    ring = scene.box._ring
    assert len(ring) == ROWS
    assert sum(map(sys.getsizeof, ring)) + 8 * len(ring) <= MEMORY <= 3 << 20
    scene.live(70)
    box = read(files(scene.folder)[0])
    assert box.head.complete
    assert box.head.begin > box.head.alarms[0].mono - 60.0, "the file says from when it has everything"


def test_the_oldest_files_go_first(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(blackbox, "FILES", 4)
    scene = Boxed(tmp_path / "box")
    for occurrence in range(1, 8):
        scene.live(200)
        scene.alarm(occurrence=occurrence)
    scene.live(100)
    assert read(files(scene.folder)[-1]).head.complete, "written again in its own place, which pushes nobody out"
    assert scene.names() == [f"{number:06d}-water-{number}.cbor" for number in range(4, 8)]
    again = Boxed(scene.folder, scene.clock)
    again.live(1)
    again.alarm(occurrence=8)
    assert again.names()[-1] == "000008-water-8.cbor", "another life counts on"


def test_all_files_together_are_bounded(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    scene = Boxed(tmp_path / "box")
    for occurrence in range(1, 8):
        scene.live(200)
        scene.alarm(occurrence=occurrence)
        size = max(path.stat().st_size for path in files(scene.folder))
        monkeypatch.setattr(blackbox, "BYTES", 3 * size)
        assert sum(path.stat().st_size for path in files(scene.folder)) <= 3 * size
    assert len(scene.names()) == 3
    assert FILES * 131072 == BYTES


def test_a_mark_never_waits(tmp_path: Path) -> None:
    scene = Boxed(tmp_path / "box")
    scene.live(1)
    woken: list[int] = []
    scene.box.marks.wake = lambda: woken.append(1)
    for occurrence in range(1000):
        scene.alarm(occurrence=occurrence, step=False)
    assert len(woken) == 1000
    assert len(scene.box.marks) == blackbox.MARKS, "bounded, with nobody at the other end"
