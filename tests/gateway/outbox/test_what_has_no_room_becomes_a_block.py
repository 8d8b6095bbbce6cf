"""Whatever is too much for a journal, a Block or a message is sealed in time and in pieces."""

from __future__ import annotations

import random
from pathlib import Path

from gateway.model import Lane, Reading
from tests.gateway.outbox.rig import TINY, Files, Hub, exactly_once, settle


def test_the_journal_without_room_becomes_a_block(tmp_path: Path) -> None:
    """A power cut costs one flush interval, however much has not been sealed."""
    files, hub = Files(tmp_path), Hub()
    limits = TINY._replace(block=100_000, segment=1 << 20)
    outbox = files.open(limits)
    for _ in range(40):
        files.append(outbox, 300)
        outbox.flush()
    files.wipe_spool()
    settle(files.open(limits), hub)
    assert exactly_once(files, hub) == set()


def test_a_block_fits_in_a_message(tmp_path: Path) -> None:
    files, rng = Files(tmp_path), random.Random(1)
    outbox = files.open(TINY._replace(block=100_000, segment=1 << 20))
    for ms in range(20_000):
        outbox.append(Reading(ms % 2, ms * 1000 + rng.randrange(900), rng.randrange(1 << 40), 1.0))
    outbox.seal()
    outbox.flush()
    sizes = [len(offer.payload) for offer in outbox.read(outbox.epoch, Lane.BATCH, 0, 1 << 30)]
    assert max(sizes) <= 56 << 10
    assert sum(offer.readings for offer in outbox.read(outbox.epoch, Lane.BATCH, 0, 1 << 30)) == 20_000
