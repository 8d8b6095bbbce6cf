"""What the disturbances really did, written down by the node's process as it happens, so that it outlives a process that is ended.

One line of JSON per fact, `[what, how much, real monotonic time]`, each in one write.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from gateway.clock import real


class Fact(NamedTuple):
    """What happened, how much of it (a count, or seconds), and when."""

    what: str
    much: float
    at: float


class Tally:
    """Writes facts. Safe from any thread."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def note(self, what: str, much: float = 1.0) -> None:
        """Something happened."""
        os.write(self._file, json.dumps([what, round(much, 3), round(real(), 6)]).encode() + b"\n")


class Reader:
    """Reads facts as they come."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self.sums: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()

    def news(self) -> list[Fact]:
        """The facts since the last call, oldest first; they are added to the sums."""
        found = list(self._lines())
        for fact in found:
            self.sums[fact.what] += fact.much  # type: ignore[assignment]  # a Counter adds up seconds as well
            self.counts[fact.what] += 1
        return found

    def _lines(self) -> Iterator[Fact]:
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._offset)
            for line in file:
                if line.endswith(b"\n"):
                    self._offset += len(line)
                    yield Fact(*json.loads(line))
