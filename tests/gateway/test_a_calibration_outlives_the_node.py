"""Promise: a calibration that was confirmed is in force after every restart, in all its versions; a store that is damaged, or a configuration that
was changed, never stops the node and is never silent: the series goes on with the configuration's line and is uncertain until it is calibrated."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.calibrations import FILE
from gateway.model import Flag, Quality
from gateway.wiring import offline
from tests.gateway.workshop import Workshop, config, flagged


def calibrated(tmp_path: Path) -> Workshop:
    """Twice: 100 is 120, then it is 110."""
    shop = Workshop(tmp_path)
    shop.calibrate("span", (100.0, 120.0))
    shop.calibrate("span", (100.0, 110.0))
    return shop


def test_after_a_restart_the_newest_is_in_force_and_all_are_known(tmp_path: Path) -> None:
    before = calibrated(tmp_path)
    after = Workshop(tmp_path)
    assert after.care.table == before.care.table
    assert after.care.store.calibrations == before.care.store.calibrations
    first, second = after.care.store.calibrations["co"]
    assert (first.version, second.version, second.previous) == (1, 2, first.id)
    after.feed(100.0)
    assert (after.newest().value, after.newest().quality) == (pytest.approx(110.0, abs=0.1), Quality.GOOD)


def damage_all(path: Path) -> None:
    path.write_bytes(b"this is no database" * 100)


def damage_head(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[20:60] = b"\xff" * 40
    path.write_bytes(data)


def damage_flip(path: Path) -> None:
    """One bit in the newest calibration, which SQLite itself does not see."""
    data = bytearray(path.read_bytes())
    place = data.rindex(b'"reference":110')
    data[place + 14] ^= 1
    path.write_bytes(data)


def damage_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def damage_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def damage_gone(path: Path) -> None:
    path.unlink()


def damage_row(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("UPDATE calibrations SET series = 'xx' WHERE version = 2")
        db.execute("UPDATE calibrations SET body = 5 WHERE version = 1")
    db.close()


@pytest.mark.parametrize("damage", [damage_all, damage_head, damage_flip, damage_half, damage_folder, damage_gone, damage_row])
def test_a_lost_calibration_is_told_and_uncertain_until_the_next(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    known = calibrated(tmp_path).care.table
    damage(tmp_path / FILE)
    shop = Workshop(tmp_path, known)
    assert [event.where for event in shop.told("calibration_lost")] == ["co"]  # type: ignore[union-attr]
    assert damage is damage_gone or shop.told("calibrations_damaged")
    uncertain(shop)
    again = Workshop(tmp_path, shop.care.table)
    assert again.told("calibration_lost"), "a restart does not make it better"
    uncertain(again)
    again.calibrate("span", (100.0, 105.0))
    certain(again)
    certain(Workshop(tmp_path, again.care.table))


def uncertain(shop: Workshop) -> None:
    shop.feed(0.0, 100.0)
    reading = shop.newest()
    assert (reading.value, reading.quality) == (pytest.approx(100.0, abs=0.1), Quality.UNCERTAIN)
    assert flagged(reading, Flag.CALIBRATION_EXPIRED)
    shop.feed(100.0, series=1)
    assert shop.newest(1).quality == Quality.GOOD, "the other series is not touched"


def certain(shop: Workshop) -> None:
    shop.feed(0.0, 100.0)
    assert (shop.newest().value, shop.newest().quality) == (pytest.approx(105.0, abs=0.1), Quality.GOOD)


def test_the_damaged_file_is_kept_beside(tmp_path: Path) -> None:
    calibrated(tmp_path)
    damage_all(tmp_path / FILE)
    Workshop(tmp_path)
    assert (tmp_path / "calibrations.damaged").read_bytes().startswith(b"this is no database")


def test_every_flipped_bit_is_the_right_line_or_none(tmp_path: Path) -> None:
    known = calibrated(tmp_path / "a").care.table
    whole = (tmp_path / "a" / FILE).read_bytes()
    lines = {(info.slope, info.intercept) for info in (known.series[0], Workshop(tmp_path / "b").base)}
    (tmp_path / "c").mkdir()
    for place in range(0, len(whole), 97):
        for left in (tmp_path / "c").iterdir():
            left.unlink()
        data = bytearray(whole)
        data[place] ^= 1 << place % 8
        (tmp_path / "c" / FILE).write_bytes(data)
        shop = Workshop(tmp_path / "c", known)
        info = shop.care.table.series[0]
        assert (info.slope, info.intercept) in lines, f"bit {place % 8} of byte {place}"
        assert info.calibration == known.series[0].calibration or shop.told("calibration_lost"), f"silent: bit {place % 8} of byte {place}"


def test_who_only_looks_uses_what_the_node_uses_and_changes_nothing(tmp_path: Path) -> None:
    shop = calibrated(tmp_path)
    assert offline(config(tmp_path)).series == shop.care.table.series
    other = offline(config(tmp_path, high=1000.0))
    assert other.series == config(tmp_path, high=1000.0).table().series
    damage_all(tmp_path / FILE)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert offline(config(tmp_path)).series == config(tmp_path).table().series
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_calibration_of_another_configuration_is_not_used(tmp_path: Path) -> None:
    calibrated(tmp_path)
    shop = Workshop(tmp_path, high=1000.0)
    assert [event.where for event in shop.told("calibration_set_aside")] == ["co"]  # type: ignore[union-attr]
    uncertain(shop)
    certain_again = Workshop(tmp_path)
    certain_again.feed(100.0)
    assert certain_again.newest().value == pytest.approx(110.0, abs=0.1), "with the old configuration it is used again"


def test_a_disk_that_refuses_changes_nothing(tmp_path: Path) -> None:
    shop = calibrated(tmp_path)
    table = shop.care.table
    damage_folder(tmp_path / FILE)
    shop.take((100.0, 120.0))
    why = shop.refused("calibrate", series="co", kind="span", who="kim", gas="CO", certificate="4711")
    assert "nothing was changed" in why
    assert shop.care.table == table
    shop.feed(100.0)
    assert shop.newest().value == pytest.approx(110.0, abs=0.1)


def test_a_calibration_is_synced_before_it_is_in_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    connect = sqlite3.connect

    class Noting(sqlite3.Connection):
        def execute(self, sql: str, *rest: object) -> sqlite3.Cursor:  # type: ignore[override]
            asked.append(sql)
            return super().execute(sql, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(sqlite3, "connect", lambda *args, **kwargs: connect(*args, **kwargs, factory=Noting))
    Workshop(tmp_path).calibrate("span", (100.0, 120.0))
    place = next(index for index, sql in enumerate(asked) if sql.startswith("INSERT INTO calibrations"))
    assert "PRAGMA synchronous=EXTRA" in asked[:place]
