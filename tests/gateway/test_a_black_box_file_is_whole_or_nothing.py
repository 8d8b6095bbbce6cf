"""Promise: a file of the black box that is there can be read, also after SIGKILL and power cut; what is torn, damaged or foreign is told of and
passed over; a full or dead disk costs the files only and is told once."""

from __future__ import annotations

import errno
import io
import os
import random
import zlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import cbor2
import pytest

from gateway.boxfile import BLOCK, Unreadable, files, peek, read
from gateway.cli import main
from tests.gateway.boxed import Boxed


def one(folder: Path) -> Path:
    """A whole file."""
    scene = Boxed(folder)
    scene.live(100)
    scene.alarm()
    scene.live(70)
    return files(folder)[0]


def test_a_process_that_dies_in_the_alarm_leaves_what_was_before(tmp_path: Path) -> None:
    scene = Boxed(tmp_path)
    scene.live(100)
    scene.alarm()
    scene.live(30)
    box = read(files(tmp_path)[0])  # nothing was closed, no step came: this is what lies there after SIGKILL
    assert not box.head.complete
    assert box.head.begin <= box.head.alarms[0].mono - 59.0
    assert box.head.end == box.head.alarms[0].mono
    assert scene.told[0][:2] == ("black_box", files(tmp_path)[0].name), "and the hub knows of it"


def test_a_clean_stop_keeps_what_there_is(tmp_path: Path) -> None:
    scene = Boxed(tmp_path)
    scene.live(100)
    scene.alarm()
    scene.live(30)
    scene.alarm("flood", step=False)
    scene.box.close()
    box = read(files(tmp_path)[0])
    assert box.head.end == box.head.alarms[0].mono + 30.0
    assert [told.rule for told in box.head.alarms] == ["water", "flood"]
    assert not box.head.complete


def test_any_cbor_library_reads_it(tmp_path: Path) -> None:
    data = one(tmp_path).read_bytes()
    decoder = cbor2.CBORDecoder(io.BytesIO(data))
    head = decoder.decode()
    assert (head["what"], head["v"]) == ("edge-gateway black box", 1)
    blocks = [decoder.decode() for _ in range(-(-head["rows"] // BLOCK))]
    assert sum(len(block["ms"]) for block in blocks) == head["rows"]
    assert {head["series"][place]["name"] for block in blocks for place in block["series"]} == {"level", "level.jitter"}
    assert int.from_bytes(decoder.decode(), "big") == zlib.crc32(data[:-5])


def test_a_file_torn_anywhere_is_refused_and_nothing_else_is_raised(tmp_path: Path) -> None:
    path = one(tmp_path)
    data, seed = path.read_bytes(), random.randrange(1 << 30)
    print("seed", seed)
    rng = random.Random(seed)
    for _ in range(200):
        path.write_bytes(data[: rng.randrange(len(data))])
        with pytest.raises(Unreadable):
            read(path)
        flipped = bytearray(data)
        flipped[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(flipped)
        with pytest.raises(Unreadable, match=path.name):
            peek(path)


@pytest.mark.parametrize("items", [[], [17], [{"what": "something else"}], [{"what": "edge-gateway black box", "v": 2}], ["[" * 100, float("nan")]])
def test_a_foreign_file_with_a_right_sum_is_refused(tmp_path: Path, items: list[Any]) -> None:
    body = b"".join(map(cbor2.dumps, items))
    path = tmp_path / "000001-x-1.cbor"
    path.write_bytes(body + b"\x44" + zlib.crc32(body).to_bytes(4, "big"))
    with pytest.raises(Unreadable):
        read(path)


def spoilt(path: Path, index: int, change: Any) -> None:
    """The file with one of its items changed, under a right sum."""
    decoder, items = cbor2.CBORDecoder(io.BytesIO(path.read_bytes()[:-5])), []
    while True:
        try:
            items.append(decoder.decode())
        except cbor2.CBORDecodeEOF:
            break
    change(items[index])
    body = b"".join(map(cbor2.dumps, items))
    path.write_bytes(body + b"\x44" + zlib.crc32(body).to_bytes(4, "big"))


@pytest.mark.parametrize(
    ("index", "change"),
    [
        (0, lambda head: head.update(v=2)),
        (0, lambda head: head.update(rows=1)),
        (0, lambda head: head.update(alarms=[])),
        (1, lambda block: block["ms"].pop()),
        (1, lambda block: block["series"].__setitem__(0, 2)),
        (1, lambda block: block["value"].__setitem__(0, "high")),
        (1, lambda block: block.pop("raw")),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(tmp_path: Path, index: int, change: Any) -> None:
    path = one(tmp_path)
    spoilt(path, index, change)
    with pytest.raises(Unreadable):
        read(path)


def test_the_list_passes_over_what_is_torn_or_foreign_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "blackbox"
    good = one(folder)
    (folder / "000009-water-9.cbor").write_bytes(good.read_bytes()[:-20])
    (folder / "holiday.jpg").write_bytes(b"x")
    assert main(["blackbox", "--state", str(tmp_path)]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("000001-water-1.cbor  2026-05-28T20:28:30.000Z  water 1: -60.0 s to +60.0 s, 603 samples,"), told.out
    assert told.out.count("\n") == 1
    assert "000009-water-9.cbor: torn" in told.err
    assert "holiday.jpg: passed over" in told.err
    assert main(["blackbox", "000009-water-9.cbor", "--state", str(tmp_path)]) == 1
    assert main(["blackbox", "--state", str(tmp_path / "nowhere")]) == 1


def test_a_file_is_printed_as_csv(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = one(tmp_path / "blackbox")
    assert main(["blackbox", path.name, "--state", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "utc,mono,series,unit,raw,value,quality,reason,kind"
    assert "2026-05-28T20:28:30.000Z,110.000,level,mm,1000,1000,good,,reading" in lines
    assert "2026-05-28T20:28:30.000Z,110.000,level,mm,9999,,bad,range,part" in lines
    assert len(lines) == 1 + len(read(path).rows)
    assert main(["blackbox", str(path)]) == 0, "by its path as well"


def refuse(what: str, monkeypatch: pytest.MonkeyPatch, fdatasync: MagicMock, folder: Path) -> None:
    """A disk that has no room, that fails to sync, or on which nothing can be made."""
    if what == "full":
        monkeypatch.setattr(os, "statvfs", lambda path: SimpleNamespace(f_bavail=10, f_frsize=4096))
    elif what == "no sync":
        fdatasync.side_effect = OSError(errno.EIO, "Input/output error")
    else:
        folder.parent.mkdir(parents=True)
        folder.write_bytes(b"")


@pytest.mark.parametrize("what", ["full", "no sync", "no folder"])
def test_a_disk_that_refuses_costs_the_file_and_is_told_once(
    tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch, fdatasync: MagicMock
) -> None:
    folder = tmp_path / "state" / "blackbox"
    scene = Boxed(folder)
    with monkeypatch.context() as patch:
        refuse(what, patch, fdatasync, folder)
        for occurrence in range(1, 4):
            scene.live(200)
            scene.alarm(occurrence=occurrence)
        scene.live(100)
    assert [told[:2] for told in scene.told] == [("black_box_fails", str(folder))]
    assert not scene.names()
    assert not list(folder.glob("*")), "not even half a file"
    fdatasync.side_effect = None
    if folder.is_file():
        folder.unlink()
    scene.live(100)
    scene.alarm(occurrence=4)
    scene.live(100)
    assert [told[0] for told in scene.told[1:]] == ["black_box", "black_box"], "it works again by itself"
    assert read(files(folder)[0]).head.complete


def test_the_last_file_stays_when_its_end_cannot_be_written(tmp_path: Path, fdatasync: MagicMock) -> None:
    scene = Boxed(tmp_path)
    scene.live(100)
    scene.alarm()
    fdatasync.side_effect = OSError(errno.EIO, "Input/output error")
    scene.live(100)
    assert not read(files(tmp_path)[0]).head.complete
    assert [told[0] for told in scene.told] == ["black_box", "black_box_fails"]


def test_what_a_killed_writer_left_half_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "writing.new").write_bytes(b"half")
    path = one(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
