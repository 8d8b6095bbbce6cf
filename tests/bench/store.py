"""An outbox to measure with: the real one on a real disk, its spool in memory, and a disk port that counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import msgspec

from gateway.contract.messages import Gap
from gateway.model import Instant, Lane, Table
from gateway.outbox import Disk, GapFact, Limits, Outbox, RealDisk
from tests.bench.workloads import BOOT, FIX, NODE

PAGE = 4096


class CountingDisk:
    """A RealDisk that counts. data: bytes written, zero-filling aside; pages: bytes of the pages that every sync had to write."""

    def __init__(self, folder: Path) -> None:
        self._disk = RealDisk(folder)
        self._dirty: dict[str, set[int]] = defaultdict(set)
        self.data: dict[str, int] = defaultdict(int)
        self.pages = self.syncs = 0

    def names(self) -> list[str]:
        return self._disk.names()

    def read(self, name: str, offset: int = 0, size: int = -1) -> bytes:
        return self._disk.read(name, offset, size)

    def write(self, name: str, offset: int, data: bytes) -> None:
        self._disk.write(name, offset, data)
        self._dirty[name] |= set(range(offset // PAGE, (offset + len(data) - 1) // PAGE + 1))
        if any(data):
            self.data[name] += len(data)

    def sync(self, name: str) -> None:
        self._disk.sync(name)
        self.syncs += 1
        self.pages += PAGE * len(self._dirty.pop(name, ()))

    def close(self) -> None:
        """Close the files, so that the disk can be unmounted."""
        self._disk.close()


def declare(fact: GapFact) -> bytes:
    """A gap's payload, as the node's voice makes it."""
    return msgspec.json.encode(Gap(node=NODE, boot=BOOT, mono=1.0, of=fact.of, lane=str(fact.lane), cause=str(fact.cause)))


def outbox(
    disk: Disk,
    spool: Path,
    table: Table,
    on_synced: Callable[[], None] = lambda: None,
    on_due: Callable[[], None] = lambda: None,
    on_receipt: Callable[[str, Lane, int], None] = lambda epoch, lane, upto: None,
) -> Outbox:
    """Open an outbox with a table and an anchor in force."""
    found = Outbox.open(
        disk,
        RealDisk(spool),
        machine="bench",
        boot=BOOT,
        now=lambda: Instant(BOOT, 0),
        limits=Limits(),
        declare=declare,
        on_synced=on_synced,
        on_due=on_due,
        on_receipt=on_receipt,
    )
    found.use_table(table)
    if found.clocks.offer(BOOT, FIX):
        found.fix_clock(BOOT, FIX)
    found.flush()
    return found
