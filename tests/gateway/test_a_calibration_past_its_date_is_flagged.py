"""Promise: past its due date a series is uncertain (CALIBRATION_EXPIRED) and the operator is told once; its alarms are not affected. Nothing expires
while the node does not know what day it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.model import Flag, Quality
from tests.gateway.workshop import RULE, TODAY, Workshop, flagged

DAY = 86400.0


def due_in_a_week(tmp_path: Path) -> None:
    Workshop(tmp_path).calibrate("span", (100.0, 100.0), days=7)


def look(shop: Workshop) -> None:
    shop.clock.advance(120.0)
    shop.look()


@pytest.mark.parametrize(("days", "expired"), [(6, False), (7, False), (8, True)])
def test_the_day_decides(tmp_path: Path, days: float, expired: bool) -> None:
    due_in_a_week(tmp_path)
    shop = Workshop(tmp_path, today=TODAY + days * DAY)
    shop.feed(10.0, 10.0)
    assert flagged(shop.newest(), Flag.CALIBRATION_EXPIRED) == expired
    assert shop.newest().quality == (Quality.UNCERTAIN if expired else Quality.GOOD)
    assert len(shop.told("calibration_expired")) == expired
    look(shop)
    assert len(shop.told("calibration_expired")) == expired, "told once"


def test_the_alarms_go_on(tmp_path: Path) -> None:
    due_in_a_week(tmp_path)
    shop = Workshop(tmp_path, today=TODAY + 100 * DAY, rules=(RULE,))
    shop.feed(10.0, 50.0)
    assert flagged(shop.newest(), Flag.CALIBRATION_EXPIRED)
    assert [change.what for change in shop.alarms] == ["raised"]


def test_it_is_seen_when_the_clock_becomes_known_or_the_day_comes(tmp_path: Path) -> None:
    due_in_a_week(tmp_path)
    shop = Workshop(tmp_path, today=None)
    shop.feed(10.0, 10.0)
    assert not flagged(shop.newest(), Flag.CALIBRATION_EXPIRED)
    shop.set_clock(TODAY + 6 * DAY)
    look(shop)
    shop.feed(10.0)
    assert not flagged(shop.newest(), Flag.CALIBRATION_EXPIRED)
    shop.clock.advance(3 * DAY)
    shop.look()
    shop.feed(10.0)
    assert flagged(shop.newest(), Flag.CALIBRATION_EXPIRED)


def test_a_new_calibration_ends_it(tmp_path: Path) -> None:
    due_in_a_week(tmp_path)
    shop = Workshop(tmp_path, today=TODAY + 8 * DAY)
    shop.feed(10.0, 10.0)
    assert flagged(shop.newest(), Flag.CALIBRATION_EXPIRED)
    shop.calibrate("span", (100.0, 100.0))
    shop.feed(10.0)
    assert not flagged(shop.newest(), Flag.CALIBRATION_EXPIRED)


def test_the_list_tells_what_is_due(tmp_path: Path) -> None:
    due_in_a_week(tmp_path)
    shop = Workshop(tmp_path, today=TODAY + 8 * DAY)
    told = shop.ask("history", series="co")
    (fact,) = told["series"]["co"]["calibrations"]
    assert (fact["due"], told["today"], told["in_force"]) == ("2026-06-04", "2026-06-05", {"co": fact["id"]})
