"""Promise: a process that was killed while the disk holds one of its threads is no other node, though it keeps its locks until the disk lets go."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from gateway.outbox import AlreadyRunning, DirectoryLock, RuntimeLock
from gateway.supervisor import Errand

BOUND = 20.0
HOLDER = """
import ctypes, sys, threading
from pathlib import Path
from gateway.outbox import DirectoryLock, RuntimeLock

held = [kind(Path(sys.argv[1])).__enter__() for kind in (DirectoryLock, RuntimeLock)]
threading.Thread(target=sys.stdin.read).start()
print("held", flush=True)
if sys.argv[2] == "dead":
    ctypes.CDLL(None).pthread_exit(None)  # the first thread is a zombie from here on, as after a SIGKILL that the disk delays
sys.stdin.read()
"""


@pytest.fixture(params=["dead", "alive"])
def holder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds both locks and ends when its input does; the first of its two threads is dead, or alive."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path), request.param]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        process.word = request.param  # type: ignore[attr-defined]
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        if request.param == "dead":
            stat = Path(f"/proc/{process.pid}/stat")
            for _ in range(1000):  # its own doing, a moment after its word
                if stat.read_text().rpartition(")")[2].split()[0] == "Z":
                    break
                with suppress(subprocess.TimeoutExpired):
                    process.wait(0.01)
        yield process
        process.kill()


def test_its_place_in_the_runtime_directory_is_taken_over_and_no_living_one_is(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    if holder.word == "alive":  # type: ignore[attr-defined]
        with pytest.raises(AlreadyRunning, match="another node already runs"), RuntimeLock(tmp_path):
            pass
        return
    with RuntimeLock(tmp_path), pytest.raises(AlreadyRunning), RuntimeLock(tmp_path):
        pass
    with RuntimeLock(tmp_path):
        pass


def test_its_lock_on_the_outbox_is_waited_for_and_a_living_ones_is_not(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    waiting = Errand("lock", DirectoryLock(tmp_path, patient=True).__enter__)
    if holder.word == "alive":  # type: ignore[attr-defined]
        assert waiting.wait(BOUND)
        with pytest.raises(AlreadyRunning):
            waiting.taken()
        return
    assert not waiting.wait(0.3), "as long as it is there the disk may still write for it"
    with pytest.raises(AlreadyRunning), DirectoryLock(tmp_path):
        pass
    holder.communicate("", BOUND)
    assert waiting.wait(BOUND)
    lock = waiting.taken()
    with pytest.raises(AlreadyRunning), DirectoryLock(tmp_path):
        pass
    lock.__exit__(None, None, None)
