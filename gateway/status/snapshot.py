"""One snapshot of the node as a plain dict: what the file in the runtime directory, the health message and every page are made of.

Decision: the file outlives the node (the service keeps its runtime directory over a restart), so it says itself when it was written and by which
process; who reads it can tell a node that works from one that left its last word.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gateway.clock import real

FILE = "status.json"
EVERY = 2.0
"""Seconds between two snapshots in the runtime directory."""


class StatusWriter:
    """Leaves the snapshot in the runtime directory, whole or not at all, readable by everybody: nothing in it is secret."""

    def __init__(self, path: Path, snapshot: Callable[[], dict[str, Any]]) -> None:
        self._path = path
        self._snapshot = snapshot

    def step(self, now: float) -> float:
        """Write it; a runtime directory that is full or gone is not a reason to stop. written: seconds of the machine's monotonic clock."""
        whole = self._path.with_suffix(".new")
        try:
            whole.write_text(json.dumps({**self._snapshot(), "written": real(), "pid": os.getpid()}))
            whole.chmod(0o644)
            os.replace(whole, self._path)
        except OSError:
            return now + 5 * EVERY
        return now + EVERY


def load(runtime: Path) -> dict[str, Any] | None:
    """The snapshot a node left; None where there is none that can be read."""
    try:
        found = json.loads((runtime / FILE).read_text())
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
