"""Promise: where the disk does not answer at the start, the calibrations that an earlier process of this boot used stay in force; without one, every
value is uncertain; nothing is noted as lost, nothing is stored, and the next start with its disk has all of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.calibrations import COPY, FILE, Store, Unstored
from gateway.model import Flag, Quality
from tests.gateway.workshop import Workshop, flagged


def calibrated(tmp_path: Path) -> Workshop:
    shop = Workshop(tmp_path)
    shop.calibrate("span", (100.0, 120.0))
    return shop


def value(shop: Workshop) -> tuple[object, object]:
    shop.feed(0.0, 100.0)
    return shop.newest().value, Quality(shop.newest().quality)


def test_what_the_process_before_used_stays_in_force(tmp_path: Path) -> None:
    calibrated(tmp_path)
    shop = Workshop(tmp_path, unread=True)
    assert value(shop) == (pytest.approx(120.0, abs=0.1), Quality.GOOD)
    assert not shop.told("calibrations_unread")
    assert not shop.told("calibration_lost")


@pytest.mark.parametrize("harm", ["gone", "garbage", "flipped"])
def test_without_one_every_value_is_uncertain_and_that_is_told_once(tmp_path: Path, harm: str) -> None:
    known = calibrated(tmp_path).care.table
    copy = tmp_path / COPY
    if harm == "gone":
        copy.unlink()
    else:
        copy.write_bytes(b"{" if harm == "garbage" else copy.read_bytes().replace(b'"reference":120', b'"reference":121'))
    shop = Workshop(tmp_path, known, unread=True)
    assert value(shop) == (pytest.approx(100.0, abs=0.1), Quality.UNCERTAIN)
    assert flagged(shop.newest(), Flag.CALIBRATION_EXPIRED)
    shop.feed(100.0, series=1)
    assert shop.newest(1).quality == Quality.UNCERTAIN, "nobody knows which were calibrated"
    assert len(shop.told("calibrations_unread")) == 1
    assert not shop.told("calibration_lost")


def test_the_disk_is_not_asked_and_the_next_start_has_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = calibrated(tmp_path).care
    held = (tmp_path / FILE).read_bytes()

    def touched(self: Store) -> None:
        raise AssertionError("the disk was asked")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "_open", touched)
        shop = Workshop(tmp_path, before.table, unread=True)
        value(shop)
        with pytest.raises(Unstored, match="did not answer"):
            shop.care.apply(before.store.calibrations["co"][0])
    assert (tmp_path / FILE).read_bytes() == held
    after = Workshop(tmp_path, before.table)
    assert not after.told("calibration_lost")
    assert value(after) == (pytest.approx(120.0, abs=0.1), Quality.GOOD)


def test_a_doubt_is_remembered_with_it(tmp_path: Path) -> None:
    known = calibrated(tmp_path).care.table
    (tmp_path / FILE).write_bytes(b"this is no database" * 100)
    Workshop(tmp_path, known)
    shop = Workshop(tmp_path, known, unread=True)
    assert value(shop)[1] == Quality.UNCERTAIN
    shop.feed(100.0, series=1)
    assert shop.newest(1).quality == Quality.GOOD
