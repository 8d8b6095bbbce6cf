from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from gateway import cli
from tests.deploy.unit import UNIT, only, settings


def test_a_death_or_a_silence_ends_in_a_restart() -> None:
    assert only("Type") == "notify"
    assert only("NotifyAccess") == "main"
    assert only("WatchdogSec") == "30"
    assert (only("Restart"), only("RestartSec"), only("StartLimitIntervalSec")) == ("always", "2", "0")


def test_what_lies_in_the_runtime_directory_outlives_a_restart() -> None:
    assert only("RuntimeDirectoryPreserve") == "yes"


def test_a_wrong_configuration_is_not_tried_again() -> None:
    assert only("RestartPreventExitStatus").split() == [str(cli.CONFIGURATION)]


@pytest.mark.parametrize(("status", "waits"), [("0", False), ("1", False), ("SEGV", False), (str(cli.RUNNING), True)])
def test_a_held_outbox_is_looked_at_again_but_not_at_once(tmp_path: Path, status: str, waits: bool) -> None:
    slept = tmp_path / "slept"
    stub = tmp_path / "sleep"
    stub.write_text(f'#!/bin/sh\necho "$1" >{shlex.quote(str(slept))}\n', encoding="utf-8")
    stub.chmod(0o755)
    command = shlex.split(only("ExecStopPost").replace("$$", "$"))
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "EXIT_STATUS": status}
    subprocess.run(command, env=environment, timeout=30, check=True)
    assert slept.exists() == waits
    if waits:
        assert int(only("RestartSec")) < int(slept.read_text(encoding="utf-8")) < int(only("TimeoutStopSec"))


def test_neither_the_network_nor_the_time_is_waited_for() -> None:
    unit = settings(UNIT.read_text(encoding="utf-8"))
    waits = {word for key in ("After", "Wants", "Requires", "BindsTo", "Requisite") for value in unit.get(key, []) for word in value.split()}
    assert not {word for word in waits if word.startswith(("network", "time"))}
