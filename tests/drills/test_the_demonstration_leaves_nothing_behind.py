"""Promise: however the demonstration ends, by SIGTERM, by SIGINT or by SIGKILL, none of its processes goes on; but for SIGKILL its folder is gone."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.clock import real
from tests.drills.stage import SCENARIOS

pytestmark = pytest.mark.slow
PATIENCE = 20.0


def wait(what: str, done: Callable[[], bool]) -> None:
    """Until something is so; it has to be soon."""
    end, pause = real() + PATIENCE, threading.Event()
    while not done():
        assert real() < end, what
        pause.wait(0.05)


def left(folder: Path) -> list[str]:
    """The processes that name a folder, by what they were started with."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                environment = (entry / "environ").read_bytes()
            except OSError:
                continue
            if f"TMPDIR={folder}".encode() in environment.split(b"\0"):
                found.append(command)
    return found


@contextmanager
def playing(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The demonstration on the embedded broker, once its node runs. SIGINT is ignored from the start, as in a script's background."""
    command = [sys.executable, "-m", "gateway", "demo", "--scenario", str(SCENARIOS / "counted.toml"), "--speed", "5"]
    with (folder.parent / "out").open("wb") as out:
        process = subprocess.Popen(command, env=os.environ | {"TMPDIR": str(folder)}, stdout=out, stderr=out, start_new_session=True)
    try:
        wait("the node did not start", lambda: any(folder.glob("edge-gateway-*/run/status.json")))
        assert sum("gateway" in command for command in left(folder)) >= 4
        yield process
    finally:
        process.kill()
        process.wait(PATIENCE)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_end_it_ends_all_it_started_and_takes_its_folder_away(tmp_path: Path, number: signal.Signals) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    with playing(folder) as process:
        process.send_signal(number)
        assert process.wait(PATIENCE) == 1
        assert left(folder) == []
        assert list(folder.iterdir()) == []
    assert f"demo: ended by {number.name}" in (tmp_path / "out").read_text()


def test_killed_it_takes_its_processes_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    with playing(folder) as process:
        process.kill()
        process.wait(PATIENCE)
        wait("processes go on without their conductor", lambda: left(folder) == [])
