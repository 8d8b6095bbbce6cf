"""A small note that a process leaves for the next one on the same boot, in the runtime directory.

Decision: the runtime directory, not the disk. What is noted here is needed most when the disk is what failed; it has to be written in the moment in
which a process gives up; and it must not outlive the boot, whose monotonic clock its times are of: after a power cycle, which is what may have cured
whatever hung, everything is tried anew. A note that cannot be read is none: it only ever holds something back, and that never for good.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class _Note(msgspec.Struct, Generic[T], frozen=True):
    boot: str
    what: T


class BootNote(Generic[T]):
    """The note in one file. kind: what it says, a type that msgspec knows."""

    def __init__(self, path: Path, boot: str, kind: type[T]) -> None:
        self._path = path
        self._boot = boot
        self._kind = kind

    def read(self) -> T | None:
        """What was noted on this boot; None where nothing was."""
        try:
            note = msgspec.json.decode(self._path.read_bytes(), type=_Note[self._kind])  # type: ignore[name-defined]
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        return note.what if note.boot == self._boot else None

    def write(self, what: T) -> None:
        """Note it, whole or not at all. A runtime directory that refuses is no error: nothing is held back then."""
        whole = self._path.with_suffix(".new")
        with suppress(OSError):
            whole.write_bytes(msgspec.json.encode(_Note(self._boot, what)))
            os.replace(whole, self._path)
