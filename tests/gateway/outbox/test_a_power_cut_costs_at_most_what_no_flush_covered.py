"""The power goes at any write or sync, unsynced sectors are kept, dropped or torn: what a flush covered is there, the rest is declared.

Every seed is three lives on one card, each cut somewhere, the runtime directory wiped and the boot another. EDGE_GATEWAY_CUTS sets how many seeds.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from gateway.model import GapCause, Lane
from gateway.outbox import Disk, Outbox, VolatileDisk
from tests.gateway.outbox.rig import OTHER, TABLE, Died, Faulty, Files, Hub, drain, exactly_once, settle, undeclared

SEEDS = int(os.environ.get("EDGE_GATEWAY_CUTS", "200"))
GROUPS = 8


class Card:
    """A node on a card that is cut. promised, messages: what a flush covered; posted, born: of this life."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.rng = random.Random(seed)
        self.files = Files(folder)
        self.volatile = VolatileDisk(folder / "state", seed)
        self.hub = Hub()
        self.promised: set[int] = set()
        self.messages: set[bytes] = set()
        self.posted: set[bytes] = set()
        self.born = self.count = 0
        self.epochs: set[str] = set()

    def live(self, operations: int) -> None:
        """One life of so many disk operations; then the power goes."""

        def cut(_: str, __: str, count: int) -> None:
            if count > operations:
                raise Died

        self.files.disk = Faulty(self.volatile, cut)
        try:
            outbox = self.files.open()
            self.epochs.add(outbox.epoch)
            self.born, self.posted = len(self.files.appended), set()
            while True:
                self.step(outbox)
        except Died:
            self.volatile.cut()
            self.files.wipe_spool()
            self.files.disk = self.volatile

    def step(self, outbox: Outbox) -> None:
        act = self.rng.choices(("append", "seal", "flush", "alarm", "event", "drain", "table"), (8, 3, 3, 1, 1, 2, 0.2))[0]
        if act == "append":
            self.files.append(outbox, self.rng.randrange(1, 12))
        elif act == "seal":
            outbox.seal()
        elif act == "flush":
            outbox.flush()
            self.promised |= set(self.files.appended[self.born :])
            self.messages |= self.posted
        elif act in ("alarm", "event"):
            self.count += 1
            payload = b"%s %d" % (act.encode(), self.count) + b"x" * self.rng.randrange(600)
            self.posted.add(payload)
            outbox.post(Lane(act), payload)
        elif act == "drain":
            drain(outbox, self.hub, self.rng.random() < 0.7, self.rng.randrange(1, 20))
        else:
            outbox.use_table(self.rng.choice((TABLE, OTHER)))

    def account(self) -> int:
        """After the last cut: everything promised is there, everything else is declared. Gives how many readings were lost."""
        settle(self.files.open(), self.hub)
        self.files.close()
        self.volatile.close()
        missing = exactly_once(self.files, self.hub)
        assert not missing & self.promised, "lost although a flush had covered it"
        assert not self.messages - self.hub.messages, "an alarm or event lost although its flush had returned"
        assert undeclared(self.hub, missing) == set()
        return len(missing)


@pytest.mark.parametrize("group", range(GROUPS))
def test_what_a_flush_covered_is_there_and_the_rest_is_declared(tmp_path: Path, group: int) -> None:
    lost = 0
    for seed in range(group, SEEDS, GROUPS):
        card = Card(tmp_path / str(seed), seed)
        for _ in range(3):
            card.live(card.rng.randrange(1, 150))
        try:
            lost += card.account()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
    assert lost, "cuts that never lose anything cut nothing"


def test_numbers_once_offered_never_come_again_from_a_card_that_lied(tmp_path: Path) -> None:
    """A card that says synced and is not: after the cut its numbers are skipped, so that other content never gets them."""

    class Liar:
        def __init__(self, inner: VolatileDisk) -> None:
            self.inner = inner
            self.names, self.read, self.write = inner.names, inner.read, inner.write
            self.lies = False

        def sync(self, name: str) -> None:
            if not self.lies:
                self.inner.sync(name)

    for seed in range(40):
        files, hub = Files(tmp_path / str(seed)), Hub()
        volatile = VolatileDisk(tmp_path / str(seed) / "state", seed)
        liar = Liar(volatile)
        disk: Disk = liar
        files.disk = disk
        outbox = files.open()
        for turn in range(6):
            liar.lies = turn > 2
            files.append(outbox, 4)
            outbox.seal()
            outbox.post(Lane.ALARM, b"alarm %d" % turn)
            outbox.flush()
            drain(outbox, hub, receipts=False)
        epoch = outbox.epoch
        volatile.cut()
        files.wipe_spool()
        liar.lies = False
        outbox = files.open()
        files.append(outbox, 4)
        files.close()
        volatile.close()
        settle(outbox, hub)  # Hub.take asserts that no key has two contents
        if outbox.epoch == epoch:
            unused = [gap for gap in hub.gaps if gap.cause is GapCause.UNUSED]
            assert {gap.lane for gap in unused} == {Lane.ALARM, Lane.EVENT, Lane.BATCH}
            assert {gap.last - gap.first for gap in unused if gap.last and gap.first} == {999}


def test_a_torn_block_does_not_take_away_what_is_still_journalled(tmp_path: Path) -> None:
    """Two Blocks in one flush, of the first one nothing reaches the medium, the second does: the journal has the first, and order holds."""
    files, hub = Files(tmp_path), Hub()
    outbox = files.open()
    files.append(outbox, 10)
    outbox.flush()
    outbox.seal()
    files.append(outbox, 10)
    outbox.seal()
    (first, second) = outbox._s.rings[Lane.BATCH].writes
    files.disk.write(second.name, second.offset, second.data)
    files.wipe_spool()
    settle(files.open(), hub)
    missing = exactly_once(files, hub)
    assert missing == set(range(11, 21))
    assert undeclared(hub, missing) == set()
    assert first.name == second.name
