"""One node per outbox: an exclusive flock on its directory, taken before any bus is opened, given back by the kernel when the process ends.

Decision: a process that was killed while the disk held one of its threads in the kernel does not end before the disk answers, and keeps its locks so
long (measured: its first thread is a zombie by then). It never runs again, so it is no other node; but the disk it waits for is to be left alone. The
lock on the outbox is therefore waited for, by who can wait (gateway/patience.py), and the one on the runtime directory is taken over.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType

FILE = "lock"
PROC = Path("/proc")


class AlreadyRunning(Exception):
    """Another process holds this outbox. Exit code 75."""


class DirectoryLock:
    """`with DirectoryLock(state):` holds the outbox; AlreadyRunning where somebody else does. patient: wait for a process that was killed and that
    the disk does not let go; who is not patient takes it for somebody else."""

    def __init__(self, folder: Path, patient: bool = False) -> None:
        self._folder = folder
        self._patient = patient
        self._descriptor: int | None = None

    def __enter__(self) -> DirectoryLock:
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if not (self._patient and held_by_the_dead(descriptor)):
                os.close(descriptor)
                raise _running(self._folder) from error
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        self._descriptor = descriptor
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class RuntimeLock:
    """`with RuntimeLock(runtime):` keeps a second node out even while the disk, and so the lock on the outbox, does not answer; AlreadyRunning."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor: int | None = None

    def __enter__(self) -> RuntimeLock:
        path = self._folder / FILE
        while self._descriptor is None:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                dead = held_by_the_dead(descriptor)
                if dead and _is(descriptor, path):
                    path.unlink(missing_ok=True)
                os.close(descriptor)
                if not dead:
                    raise _running(self._folder) from error
                continue
            if _is(descriptor, path):  # else somebody took it over in between
                self._descriptor = descriptor
            else:
                os.close(descriptor)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def held_by_the_dead(descriptor: int, proc: Path = PROC) -> bool:
    """Whether the process that holds the flock on a file was killed and only waits in the kernel for its last thread."""
    inode = str(os.fstat(descriptor).st_ino)
    with suppress(OSError, IndexError):
        for line in (proc / "locks").read_text().splitlines():
            # 1: FLOCK  ADVISORY  WRITE 13367 fe:00:2179272 0 EOF
            words = line.split()
            if words[1] == "FLOCK" and words[5].rpartition(":")[2] == inode:
                return (proc / words[4] / "stat").read_text().rpartition(")")[2].split()[0] in ("Z", "X")
    return False


def _is(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _running(folder: Path) -> AlreadyRunning:
    return AlreadyRunning(f"another node already runs on {folder}; stop it first (`systemctl stop edge-gateway`)")
