"""A node's log on files of a test, a hub that keeps what it is sent, and the account between the two.

`Life` is the life of a node from one start to the next on the same files. Readings carry a counter as their raw code, so that each is known by
itself. `Hub` is the smallest honest ledger: the same key twice is once, and the same key with two contents is an error.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import msgspec

from gateway.contract.batch import decode_message, encode_message
from gateway.model import Instant, Lane, Reading, SeriesInfo, Table
from gateway.outbox import Disk, GapFact, Limits, Offer, Outbox, RealDisk

TABLE = Table((SeriesInfo("water", "level", "mm", 0, 0.0, 9999.0, 1.0), SeriesInfo("gas", "co", "[ppm]", 0, 0.0, 9999.0, 1.0)))
OTHER = Table((SeriesInfo("water", "level", "mm", 0, 0.0, 5000.0, 1.0), SeriesInfo("gas", "co", "[ppm]", 0, 0.0, 9999.0, 1.0)))
TINY = Limits(size=32 * 4096, segment=4096, small=4096, alarms=8, events=32, block=64)
BOOTS = [f"{number:012x}" for number in range(1, 10_000)]


class Died(Exception):
    """The process is killed here. No OSError, so that nobody in the outbox deals with it."""


class Faulty:
    """A Disk that counts every write and sync, keeps their order, and asks `fault` (operation, name, count) before each; it may raise."""

    def __init__(self, inner: Disk, fault: Callable[[str, str, int], None] = lambda operation, name, count: None) -> None:
        self.inner = inner
        self.fault = fault
        self.count = 0
        self.log: list[tuple[str, str, int, bytes]] = []

    def names(self) -> list[str]:
        return self.inner.names()

    def read(self, name: str, offset: int = 0, size: int = -1) -> bytes:
        return self.inner.read(name, offset, size)

    def write(self, name: str, offset: int, data: bytes) -> None:
        self._step("write", name)
        self.inner.write(name, offset, data)
        self.log.append(("write", name, offset, data))

    def sync(self, name: str) -> None:
        self._step("sync", name)
        self.inner.sync(name)
        self.log.append(("sync", name, 0, b""))

    def _step(self, operation: str, name: str) -> None:
        self.count += 1
        self.fault(operation, name, self.count)


def declare(fact: GapFact) -> bytes:
    """A gap as an event that the test reads back."""
    return b"gap" + msgspec.json.encode(fact)


@dataclass
class Hub:
    """What a hub has: content by key, gaps, and readings by raw code."""

    stored: dict[tuple[str, Lane, int], bytes] = field(default_factory=dict)
    gaps: list[GapFact] = field(default_factory=list)
    raws: Counter[int] = field(default_factory=Counter)
    order: list[tuple[str, int, int]] = field(default_factory=list)
    messages: set[bytes] = field(default_factory=set)

    def take(self, offer: Offer, table: Table | None) -> None:
        key = (offer.epoch, offer.lane, offer.seq)
        if key in self.stored:
            assert self.stored[key] == offer.payload, f"{key} with two contents"
            return
        self.stored[key] = offer.payload
        if offer.lane is not Lane.BATCH:
            self.messages.add(offer.payload)
            if offer.payload.startswith(b"gap"):
                self.gaps.append(msgspec.json.decode(offer.payload[3:], type=GapFact))
            return
        assert table is not None, f"{key}: table {offer.table} is not known"
        message = encode_message("n", offer.epoch, ("x", 1.0), {offer.table: table}, {}, [offer.payload])
        (block,) = decode_message(message).blocks
        assert (block.seq, block.boot, block.size) == (offer.seq, offer.boot, offer.readings)
        for column in block.columns:
            for raw in column.raws:
                assert raw is not None
                self.raws[raw] += 1
                self.order.append((offer.epoch, offer.seq, raw))

    def upto(self, epoch: str, lane: Lane) -> int:
        """Up to which number everything is here or declared."""
        have = {seq for of, at, seq in self.stored if (of, at) == (epoch, lane)}
        holes = [(gap.first, gap.last) for gap in self.gaps if (gap.of, gap.lane) == (epoch, lane) and gap.first and gap.last]
        mark = 0
        while True:
            if mark + 1 in have:
                mark += 1
            elif ends := [last for first, last in holes if first is not None and last is not None and first <= mark + 1 <= last]:
                mark = max(ends)
            else:
                return mark

    def out_of_order(self) -> int:
        """Readings that stand before an older one of their series in the order of (epoch, number)."""
        rows = [[raw for _, _, raw in sorted(self.order, key=lambda row: row[:2]) if raw % 2 == series] for series in (0, 1)]
        return sum(1 for series in rows for a, b in pairwise(series) if b < a)

    def copy(self) -> Hub:
        return Hub(dict(self.stored), list(self.gaps), Counter(self.raws), list(self.order), set(self.messages))


@dataclass
class Files:
    """The two directories of a node and what time it is. raw: the next reading's counter, which is its time as well."""

    root: Path
    disk: Disk = field(init=False)
    spool: Disk = field(init=False)
    medium: RealDisk = field(init=False)
    runtime: RealDisk = field(init=False)
    raw: int = 0
    boot: str = BOOTS[0]
    appended: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in ("state", "run"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        self.disk = self.medium = RealDisk(self.root / "state")
        self.spool = self.runtime = RealDisk(self.root / "run")

    def now(self) -> Instant:
        return Instant(self.boot, self.raw + 1)

    def open(self, limits: Limits = TINY, machine: str = "m", table: Table = TABLE) -> Outbox:
        outbox = Outbox.open(self.disk, self.spool, machine=machine, boot=self.boot, now=self.now, limits=limits, declare=declare)
        outbox.use_table(table)
        return outbox

    def append(self, outbox: Outbox, count: int = 1) -> None:
        """Append the next readings. What did not return is not in `appended`."""
        for _ in range(count):
            self.raw += 1
            outbox.append(Reading(self.raw % 2, self.raw, self.raw, float(self.raw)))
            self.appended.append(self.raw)

    def wipe_spool(self) -> None:
        """The power went: what stood in memory is gone, and the next start is another boot."""
        self.runtime.close()
        shutil.rmtree(self.root / "run")
        self.spool = self.runtime = RealDisk(self.root / "run")
        self.boot = BOOTS[BOOTS.index(self.boot) + 1]

    def close(self) -> None:
        self.medium.close()
        self.runtime.close()

    def names(self) -> list[Path]:
        return sorted(path for folder in ("state", "run") for path in (self.root / folder).iterdir() if path.is_file())


def drain(outbox: Outbox, hub: Hub, receipts: bool = True, stop: int = 1 << 30) -> None:
    """Hand everything that is offered to the hub, as an uplink does; at most `stop` messages."""
    for epoch, lane, first, last in outbox.held():
        after = first - 1
        while after < last and (offers := outbox.read(epoch, lane, after, 1 << 16)):
            for offer in offers[:stop]:
                hub.take(offer, outbox.table(offer.table) if offer.lane is Lane.BATCH else None)
            stop -= len(offers)
            if stop <= 0:
                return
            after = offers[-1].seq
        if receipts:
            outbox.receipted(epoch, lane, hub.upto(epoch, lane))


def settle(outbox: Outbox, hub: Hub) -> None:
    """Flush and drain until nothing new is said."""
    for _ in range(3):
        outbox.seal()
        outbox.flush()
        drain(outbox, hub)


def undeclared(hub: Hub, missing: set[int]) -> set[int]:
    """Those of the missing readings that lie in no declared hole. A reading's time is its counter."""
    told = [gap for gap in hub.gaps if gap.lane is Lane.BATCH and (gap.begin or gap.end)]
    holes = [(gap.begin.ms if gap.begin else 0, gap.end.ms if gap.end else 1 << 60) for gap in told]
    return {raw for raw in missing if not any(begin <= raw <= end for begin, end in holes)}


def exactly_once(files: Files, hub: Hub) -> set[int]:
    """Nothing twice, nothing out of thin air, nothing out of order; gives what is missing."""
    assert not [raw for raw, count in hub.raws.items() if count > 1], "delivered twice"
    assert not hub.raws.keys() - set(range(1, files.raw + 1)), "a reading nobody made"
    assert hub.out_of_order() == 0
    return set(files.appended) - hub.raws.keys()
