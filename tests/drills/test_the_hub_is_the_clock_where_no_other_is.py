"""Promise: where no NTP is, the hub's receipts set the clock: what left without a time is corrected, a boot that the hub never heard is bounded by
the boots around it, and every row's time is right within what its row says of its error."""

from pathlib import Path

import pytest

from gateway.demo.record import Stage
from hardware.sim.clock import BOOT_OFFSET
from tests.drills.stage import compose, drill, every_alarm_once, rows
from tests.mosquitto import Mosquitto

pytestmark = pytest.mark.slow
UTC0 = 1_780_000_000.0
SPEED = 10.0
NO_NTP = "ntp = false"
SLACK = 0.2 * SPEED
"""Scenario seconds: a stamp's way through two processes, at this speed."""


def times(keep: Path) -> dict[str, list[tuple[str, float, float]]]:
    """By boot, of every row: clock, how far its UTC is from the true one, and the error it admits."""
    began = {boot.boot: boot.began for boot in Stage(keep).load().boots}
    found: dict[str, list[tuple[str, float, float]]] = {boot: [] for boot in began}
    for boot, mono, utc, clock, error in rows(keep, "SELECT boot, mono, utc, clock, clock_error FROM readings_utc"):
        true = UTC0 + mono - BOOT_OFFSET + began[boot]
        found[boot].append((clock, float("inf") if utc is None else abs(utc - true), error or 0.0))
    return found


def test_rows_that_left_without_a_time_get_the_hubs(tmp_path: Path, mosquitto: Mosquitto) -> None:
    """The hub hears and does not answer from before the node's first word for eight real seconds, so the first Blocks leave without a time."""
    tables = '[[outage]]\nat = "0 s"\nlasts = "80 s"\nwhat = "mute"\n'
    path = compose(tmp_path / "play", f'lasts = "150 s"\nspeed = {SPEED}', tables, clock=NO_NTP)
    found = drill(path, tmp_path / "kept", mosquitto)
    assert found.clean, found.table
    every_alarm_once(found, tmp_path / "kept", 9)
    assert rows(tmp_path / "kept", "SELECT count(*) FROM readings WHERE clock = 'free' AND utc IS NULL") > [(20,)]
    ((_, told),) = times(tmp_path / "kept").items()
    assert len(told) > 250
    assert {clock for clock, _, _ in told} == {"hub"}
    assert all(away <= error + SLACK for _, away, error in told), max(told, key=lambda each: each[1])
    assert max(error for _, _, error in told) < 5.0


def test_a_boot_that_the_hub_never_heard_is_bounded_by_its_neighbours(tmp_path: Path, mosquitto: Mosquitto) -> None:
    """Three boots; the link is away before the first power cut, during the whole second boot, and into the third. A boot takes ten seconds, so the
    power is away for longer than that."""
    tables = '[[outage]]\nat = "40 s"\nlasts = "75 s"\nwhat = "link"\n'
    tables += "".join(f'[[kill]]\nat = "{at} s"\npower = true\noff = "12 s"\n' for at in (50, 95))
    path = compose(tmp_path / "play", f'lasts = "160 s"\nspeed = {SPEED}', tables, clock=NO_NTP)
    found = drill(path, tmp_path / "kept", mosquitto)
    assert found.clean, found.table
    assert found.summary["kills_declared"] == {"power": 2}
    every_alarm_once(found, tmp_path / "kept", 9, late=15.0)
    first, second, third = times(tmp_path / "kept").values()
    assert [{clock for clock, _, _ in told} for told in (first, second, third)] == [{"hub"}, {"bounded"}, {"hub"}]
    for told in (first, second, third):
        assert len(told) > 20
        assert all(away <= error + SLACK for _, away, error in told), max(told, key=lambda each: each[1])
