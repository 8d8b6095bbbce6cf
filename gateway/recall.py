"""What sums, rates and exposures remember, over a restart of the process: a small file in the runtime directory, written every 10 s and at stop.

Decision: memory only, never the disk: after a power cut the counters begin anew anyway, and so do the sums, PARTIAL, which is told. Guard makes the
bytes between two samples, because nobody else may touch what it judges with; this worker only asks for them and writes. What the file lacks at a
crash is at most the seconds since it was written, and the sums say that.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path

from gateway.appraisal import Appraiser
from gateway.inbox import Inbox

log = logging.getLogger("gateway")
FILE = "recall.bin"
EVERY = 10.0
"""Seconds between two files."""
SOON = 0.5
"""Seconds that guard has to answer before it is looked whether it did."""
MOST = 8 << 20
"""Bytes: a file that is larger was not written here."""


class Recall:
    """Keeps what an Appraiser remembers. runtime: directory on tmpfs; boot: this one; orders: of guard."""

    def __init__(self, runtime: Path, boot: str, orders: Inbox[Callable[[Appraiser], None]]) -> None:
        self._path = runtime / FILE
        self._boot = boot
        self._orders = orders
        self._made: bytes | None = None
        self._next = float("-inf")
        self._failed = False

    def step(self, now: float) -> float:
        """Write what guard has made since, or ask for it; gives the time of the next look."""
        made, self._made = self._made, None
        if made is not None:
            self._write(made)
        if now >= self._next:
            self._next = now + EVERY
            self._orders.put(self._ask)
            return now + SOON
        return self._next

    def close(self, appraiser: Appraiser) -> None:
        """At stop, when guard no longer runs: the last word."""
        self._write(appraiser.keep(self._boot))

    def restore(self, appraiser: Appraiser, now: int) -> set[str]:
        """At start, before guard runs, at `now` ms of this boot: go on from the file. Gives the series that begin anew although they remember
        for longer; a file that cannot be read is none."""
        try:
            with self._path.open("rb") as file:
                kept = file.read(MOST)
        except OSError:
            kept = b""
        anew = appraiser.lasting() - appraiser.restore(kept, self._boot, now)
        if anew:
            log.info("%s begin anew: nothing of this boot is remembered of them", ", ".join(sorted(anew)))
        return anew

    def _ask(self, appraiser: Appraiser) -> None:
        self._made = appraiser.keep(self._boot)

    def _write(self, made: bytes) -> None:
        """Whole or not at all; a runtime directory that is full or gone is told once."""
        whole = self._path.with_suffix(".new")
        try:
            whole.write_bytes(made)
            os.replace(whole, self._path)
        except OSError as error:
            if not self._failed:
                log.error("what the sums remember cannot be kept in %s: %s; check the runtime directory", self._path, error)
            self._failed = True
        else:
            self._failed = False
