"""The port to the disk: four methods, so that a test's disk can lose what was not synced, and so that every write and sync can be counted.

`RealDisk` keeps one descriptor per file. `sync` is fdatasync: files are written once with zeros and never change size afterwards, so there is
nothing else to sync but, once, the directory entry of a new file.
"""

from __future__ import annotations

import os
import weakref
from pathlib import Path
from typing import Protocol

OPEN_FILES = 16
"""Descriptors kept open; a large outbox has thousands of files."""


class Disk(Protocol):
    """A directory of files. Every method raises OSError where the disk refuses."""

    def names(self) -> list[str]:
        """The files there are."""

    def read(self, name: str, offset: int = 0, size: int = -1) -> bytes:
        """Bytes of a file from an offset; fewer where it ends, none where it is not there. size -1: to its end."""

    def write(self, name: str, offset: int, data: bytes) -> None:
        """Write at an offset; the file is made where it is missing."""

    def sync(self, name: str) -> None:
        """Return when what was written to the file has reached the medium."""


class RealDisk:
    """A directory of the operating system; made at first use where it is missing, readable by its owner alone. Making this object touches nothing: a
    start may not wait for the disk."""

    def __init__(self, folder: Path) -> None:
        self._path = folder
        self._there = False
        self._files: dict[str, int] = {}
        weakref.finalize(self, _close, self._files)  # one that is forgotten gives its descriptors back
        self._fresh: set[str] = set()
        self._dirty: set[str] = set()

    @property
    def _folder(self) -> Path:
        if not self._there:
            self._path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._there = True
        return self._path

    def names(self) -> list[str]:
        """The regular files in the directory."""
        return sorted(entry.name for entry in os.scandir(self._folder) if entry.is_file())

    def read(self, name: str, offset: int = 0, size: int = -1) -> bytes:
        """Bytes of a file."""
        try:
            with open(self._folder / name, "rb", buffering=0) as file:
                file.seek(offset)
                return file.read(size)
        except FileNotFoundError:
            return b""

    def write(self, name: str, offset: int, data: bytes) -> None:
        """Write all of it; OSError(ENOSPC) and friends where that fails."""
        if not (self._folder / name).exists():
            self._fresh.add(name)
        file = self._open(name, os.O_CREAT)
        self._dirty.add(name)
        view = memoryview(data)
        while view:
            written = os.pwrite(file, view, offset)
            view, offset = view[written:], offset + written

    def _open(self, name: str, create: int = 0) -> int:
        """The file's descriptor. Those of files with something unsynced stay open, so that an error of theirs is told to us."""
        if name not in self._files:
            idle = [other for other in self._files if other not in self._dirty]
            for other in idle[: max(0, len(self._files) - OPEN_FILES + 1)]:
                os.close(self._files.pop(other))
            self._files[name] = os.open(self._folder / name, os.O_RDWR | create | os.O_CLOEXEC, 0o600)
        return self._files[name]

    def sync(self, name: str) -> None:
        """fdatasync, also of what an earlier process wrote; after making a file, fsync of the directory too."""
        os.fdatasync(self._open(name))
        self._dirty.discard(name)
        if name in self._fresh:
            folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
            self._fresh.discard(name)

    def close(self) -> None:
        """Close the descriptors."""
        _close(self._files)


def _close(files: dict[str, int]) -> None:
    while files:
        os.close(files.popitem()[1])
