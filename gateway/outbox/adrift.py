"""What a node does whose disk did not answer at its start: an outbox without a disk, whose readings stand in the runtime directory for a later start.

Decision: such a life reads nothing of what the disk holds, so it must write nothing there either, nor touch what the life before left in the runtime
directory for whoever does open the disk: the spool and the note of what was durable. Its readings go into two files of their own, with room for about
an hour of them, the oldest first. The next start that finds the disk seals them into Blocks in their place between the lives (opening) and gives the
files back. Alarms and events leave in the volatile epoch meanwhile; alarms are told again from guard's own memory.
"""

from __future__ import annotations

import errno
from contextlib import suppress

from gateway.model import Instant
from gateway.outbox.disk import Disk
from gateway.outbox.journal import Entry, Journal, Turn
from gateway.outbox.shelf import SPOOL_SIZE

STEM, OWN = "adrift", "spool"
HEAD = 512
"""Bytes that are overwritten of a file that is given back: without its header nothing in it is found."""


class NoDisk:
    """A Disk that refuses everything."""

    def names(self) -> list[str]:
        """OSError."""
        raise self._refused()

    def read(self, name: str, offset: int = 0, size: int = -1) -> bytes:
        """OSError."""
        raise self._refused()

    def write(self, name: str, offset: int, data: bytes) -> None:
        """OSError."""
        raise self._refused()

    def sync(self, name: str) -> None:
        """OSError."""
        raise self._refused()

    @staticmethod
    def _refused() -> OSError:
        return OSError(errno.ETIMEDOUT, "the disk did not answer when the node started")


class AdriftSpool(NoDisk):
    """The runtime directory of a life without a disk: its spool stands under another name, and there is nothing else."""

    def __init__(self, runtime: Disk) -> None:
        self._runtime = runtime

    def read(self, name: str, offset: int = 0, size: int = -1) -> bytes:
        """Nothing: such a life goes on with nothing."""
        return b""

    def write(self, name: str, offset: int, data: bytes) -> None:
        """Into the spool's file; OSError for any other."""
        if not name.startswith(OWN):
            raise self._refused()
        self._runtime.write(name.replace(OWN, STEM), offset, data)


class Flotsam:
    """What a life without a disk left. runtime: the directory."""

    def __init__(self, runtime: Disk) -> None:
        self._runtime = runtime
        self._turns = sorted(Journal(runtime, STEM, SPOOL_SIZE).recover(), key=lambda turn: turn.entries[0].reading.ms)

    def turns(self, newest: Instant | None) -> list[Turn]:
        """Its readings, oldest first, without those that stand in a Block already. newest: the last moment that does."""
        return [turn._replace(entries=entries) for turn in self._turns if (entries := _later(turn, newest))]

    def give_back(self) -> None:
        """All of it is durable elsewhere: the files may be used again. A runtime directory that refuses costs nothing: a Block is known again."""
        for number in (0, 1) if self._turns else ():
            with suppress(OSError):
                self._runtime.write(f"{STEM}-{number}", 0, bytes(HEAD))
        self._turns = []


def _later(turn: Turn, newest: Instant | None) -> list[Entry]:
    if newest is None or newest.boot != turn.context.boot:
        return turn.entries
    return [entry for entry in turn.entries if entry.reading.ms > newest.ms]
