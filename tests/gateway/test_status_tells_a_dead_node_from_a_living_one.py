"""Promise: `status` says in words, and by exit 1, that a node stopped or is at fault; a snapshot of another version never breaks it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway import cli
from gateway.clock import real
from gateway.status.snapshot import FILE, StatusWriter, load

SHOT: dict[str, Any] = {
    "node": "n0001", "site": "daegu", "uptime": 5.0, "clock": "ntp", "clock_error": 0.05, "simulated": False,
    "series": {"co": {"mono": 1.0, "value": 12.0, "unit": "[ppm]", "quality": "good", "reason": "", "state": "normal", "age": 0.1}},
    "alarms": {"co": {"state": "NORMAL", "level": 0, "fault": False}},
    "outputs": {"siren": 0},
    "outbox": {"unreceipted": 1, "unsealed": 2, "degraded": False, "flush_s": 0.01, "evicted": 0},
    "hub": {"connected": True, "since": 3.0, "reason": "", "receipt_age": 0.5},
    "threads": {"guard": {"steps": 3, "late": False}},
}  # fmt: skip


def told(tmp_path: Path, capsys: pytest.CaptureFixture[str], **changes: Any) -> tuple[int, str]:
    (tmp_path / FILE).write_text(json.dumps({**SHOT, "written": real(), "pid": os.getpid(), **changes}))
    code = cli.main(["status", "--runtime", str(tmp_path)])
    said = capsys.readouterr()
    return code, said.out + said.err


def gone() -> int:
    """A process that is no more."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_a_living_node_is_fine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    StatusWriter(tmp_path / FILE, lambda: SHOT).step(0.0)
    assert cli.main(["status", "--runtime", str(tmp_path)]) == cli.FINE
    assert "last word" not in capsys.readouterr().out
    shot = load(tmp_path)
    assert shot is not None
    assert shot["pid"] == os.getpid()
    assert 0.0 <= real() - shot["written"] < 10.0


def test_a_stopped_one_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = told(tmp_path, capsys, pid=gone(), written=real() - 4)
    assert code == cli.FAULT
    assert "node n0001: stopped 4 s ago, this is its last word" in said
    assert "12.0 [ppm]" in said


def test_one_that_hangs_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = told(tmp_path, capsys, written=real() - 34)
    assert code == cli.FAULT
    assert f"has said nothing for 34 s though its process {os.getpid()} is there, this is its last word" in said


def test_one_of_an_earlier_boot_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = told(tmp_path, capsys, written=real() + 9000)
    assert code == cli.FAULT
    assert "stopped before this machine started" in said


@pytest.mark.parametrize(("changes", "words"), [
    ({"series": {"co": {**SHOT["series"]["co"], "value": None, "quality": "bad", "reason": "nak"}}}, "FAULT   sensor co: bad (nak)"),
    ({"outputs": {"siren": "fails: GPIO17 is taken"}}, "FAULT   output siren fails: GPIO17 is taken"),
    ({"alarms": {"co": {"state": "NORMAL", "level": 0, "fault": True}}}, "FAULT   alarm co cannot judge its sensor"),
    ({"outbox": {**SHOT["outbox"], "degraded": True}}, "FAULT   the disk does not take writes"),
    ({"threads": {"i2c-1": {"steps": 3, "late": True}}}, "FAULT   thread i2c-1 is late"),
])  # fmt: skip
def test_what_is_at_fault_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, Any], words: str) -> None:
    code, said = told(tmp_path, capsys, **changes)
    assert code == cli.FAULT
    assert words in said


def test_an_alarm_that_stands_is_no_fault_of_the_node(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = told(tmp_path, capsys, alarms={"co": {"state": "UNACK", "level": 2, "fault": False}}, outputs={"siren": 2})
    assert code == cli.FINE
    assert "UNACK at A2" in said


@pytest.mark.parametrize("missing", SHOT)
def test_a_snapshot_without_a_key_is_told_as_far_as_it_goes(tmp_path: Path, capsys: pytest.CaptureFixture[str], missing: str) -> None:
    shot = {key: value for key, value in SHOT.items() if key != missing}
    for key, value in shot.items():
        if isinstance(value, dict):  # and its entries without theirs
            shot[key] = {name: {} if isinstance(entry, dict) else entry for name, entry in value.items()}
    (tmp_path / FILE).write_text(json.dumps({**shot, "written": real(), "pid": os.getpid()}))
    assert cli.main(["status", "--runtime", str(tmp_path)]) in (cli.FINE, cli.FAULT)
    assert capsys.readouterr().out.startswith("node ")


@pytest.mark.parametrize(
    "text", ["{}", json.dumps(SHOT), '{"series": 5}', '{"series": {"co": {"value": "x"}}}', "[]", "{", "[" * 100_000, '{"pid": -1, "written": 0}']
)
def test_one_of_another_version_is_told_and_exits_1(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    (tmp_path / FILE).write_text(text)
    assert cli.main(["status", "--runtime", str(tmp_path)]) == cli.FAULT
    assert capsys.readouterr().err
