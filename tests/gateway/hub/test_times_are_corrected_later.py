from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from gateway.contract.batch import encode_message
from gateway.contract.messages import ClockFix
from tests.gateway.contract.examples import BOOTS, TABLE, level, message
from tests.gateway.hub.desk import UTC, Desk, alarm, birth, clock, encode

NTP = ClockFix(100.0, UTC + 100.0, "ntp", 0.05)


def test_what_left_without_a_clock_gets_its_utc_from_a_later_event(desk: Desk) -> None:
    desk.hear("batch", message([level(1)], clock=False))
    desk.hear("alarm", encode(alarm(1)))
    assert set(desk.rows("SELECT utc FROM readings")) == {None}
    assert set(desk.rows("SELECT time FROM readings_utc")) == {None}
    assert desk.rows("SELECT utc FROM alarms_utc") == [None]
    desk.hear("event", encode(clock(1, NTP)))
    assert set(desk.rows("SELECT utc FROM readings")) == {None}  # as known at receipt
    assert desk.rows("SELECT utc - mono, clock, time FROM readings_utc LIMIT 1") == [(UTC, "ntp", "2026-05-28T20:26:44.500Z")]
    assert desk.rows("SELECT utc FROM alarms_utc") == [UTC + 5.0]
    assert desk.rows("SELECT clock_error FROM readings_utc LIMIT 1")[0] == pytest.approx(0.05 + 95.5 * 50e-6)


@pytest.mark.parametrize("source", ["batch", "birth", "alarm"])
def test_anchors_come_in_batches_births_and_alarms_too(desk: Desk, source: str) -> None:
    desk.hear("batch", message([level(1)], clock=False))
    if source == "batch":
        desk.hear("batch", encode_message("n1", "0001-9f3a2b1c44d0", (BOOTS[0], 1.0), {TABLE.id: TABLE}, {BOOTS[0]: NTP}, [level(2)]))
    elif source == "birth":
        desk.hear("state", encode(birth({}, clock=NTP)))
    else:
        desk.hear("alarm", encode(alarm(1, mono=50.0, utc=UTC + 50.0, clock="ntp", clock_error=0.06)))
    assert desk.rows("SELECT utc - mono FROM readings_utc WHERE seq = 1 LIMIT 1") == [pytest.approx(UTC)]


def test_the_best_anchor_counts_in_whatever_order_they_come(tmp_path: Path) -> None:
    fixes = [
        ClockFix(9.0, UTC + 3.0, "hub", 1.0), ClockFix(50.0, UTC + 52.0, "ntp", 0.05), ClockFix(80.0, UTC + 80.0, "ntp", 0.09),
        ClockFix(80.0, UTC + 80.5, "ntp", 0.2),
    ]  # fmt: skip
    for place, order in enumerate(permutations(fixes)):
        desk = Desk(tmp_path / f"{place}.db")
        desk.hear("event", *(encode(clock(seq, fix)) for seq, fix in enumerate(order, 1)))
        assert desk.rows("SELECT mono, utc, source, error FROM clocks") == [(80.0, UTC + 80.0, "ntp", 0.09)]
        desk.close()


def test_an_anchor_of_one_boot_says_nothing_about_another(desk: Desk) -> None:
    desk.hear("batch", message([level(1)], clock=False))
    desk.hear("event", encode(clock(1, NTP, of="another-boot")))
    assert set(desk.rows("SELECT utc FROM readings_utc")) == {None}
