"""A boot that is none, a message nothing could carry, a number the wire cannot hold: refused with what to do, before anything is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.model import Lane
from tests.gateway.outbox.rig import Files


@pytest.mark.parametrize("boot", ["", "boot-1", "00000000000G", "0123456789ab0"])
def test_a_boot_that_is_none_is_refused_with_what_to_do(tmp_path: Path, boot: str) -> None:
    files = Files(tmp_path, boot=boot)
    with pytest.raises(ValueError, match="12 hexadecimal digits; take the first 12"):
        files.open()


def test_a_message_that_nothing_could_carry_is_refused(tmp_path: Path) -> None:
    outbox = Files(tmp_path).open()
    with pytest.raises(ValueError, match="alarm of 65537 bytes; a message has at most 65536"):
        outbox.post(Lane.ALARM, b"x" * 65537)


def test_an_epoch_ends_before_its_numbers_are_too_large_for_the_wire(tmp_path: Path) -> None:
    files = Files(tmp_path)
    outbox = files.open()
    outbox._s.rings[Lane.BATCH].next = 2**32 - 2**20
    files.append(outbox, 3)
    outbox.close()
    epoch = outbox.epoch
    outbox = files.open()
    assert outbox.epoch != epoch
    assert not [lane for of, lane, _, _ in outbox.held() if of == outbox.epoch and lane is Lane.BATCH]
