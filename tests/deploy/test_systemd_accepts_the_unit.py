from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.deploy.unit import UNIT, tool


def judged(folder: Path, text: str, *verb: str) -> subprocess.CompletedProcess[str]:
    """systemd-analyze on a copy whose program exists: on a developer's machine the node is not installed."""
    copy = folder / UNIT.name
    copy.write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", text), encoding="utf-8")
    command = [tool("systemd-analyze", "systemd"), *verb, str(copy)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def verify(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    return judged(folder, text, "verify", "--recursive-errors=one")


def security(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    return judged(folder, text, "security", "--offline=true", "--threshold=20")


def test_every_key_and_value_is_known_to_systemd(tmp_path: Path) -> None:
    run = verify(tmp_path, UNIT.read_text(encoding="utf-8"))
    assert run.returncode == 0, run.stderr
    assert UNIT.name not in run.stderr


def test_an_unknown_key_would_be_seen(tmp_path: Path) -> None:
    run = verify(tmp_path, UNIT.read_text(encoding="utf-8").replace("WatchdogSec=", "WatchDogSeconds="))
    assert run.returncode != 0


def test_the_exposure_is_at_most_two(tmp_path: Path) -> None:
    run = security(tmp_path, UNIT.read_text(encoding="utf-8"))
    assert run.returncode == 0, run.stdout


def test_a_unit_without_its_sandbox_would_be_seen(tmp_path: Path) -> None:
    run = security(tmp_path, re.sub(r"(?m)^(SystemCallFilter|CapabilityBoundingSet|ProtectSystem)=.*$", "", UNIT.read_text(encoding="utf-8")))
    assert run.returncode != 0
