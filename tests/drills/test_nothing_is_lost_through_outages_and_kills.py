"""Promise: whatever goes away for a while, every reading of the chip stands at the hub once, in order, or a gap event speaks of it.

One counted sensor, real processes, a real Mosquitto; the account is read by read (`gateway/demo/account.py`).
"""

from pathlib import Path

import pytest

from tests.drills.stage import compose, drill
from tests.mosquitto import Mosquitto

pytestmark = pytest.mark.slow


def test_a_link_that_is_cut_and_one_that_stalls(tmp_path: Path, mosquitto: Mosquitto) -> None:
    tables = '[[outage]]\nat = "40 s"\nlasts = "60 s"\nwhat = "link"\n[[outage]]\nat = "160 s"\nlasts = "100 s"\nwhat = "stall"'
    played = drill(compose(tmp_path / "play", 'lasts = "320 s"\nspeed = 15.0', tables), tmp_path / "kept", mosquitto)
    assert played.clean, played.summary
    assert played.summary["declared"] == {}
    assert played.summary["delivered"] == played.summary["sampled"] > 300


def test_a_link_of_two_kilobytes_a_second(tmp_path: Path, mosquitto: Mosquitto) -> None:
    tables = '[[outage]]\nat = "60 s"\nlasts = "400 s"\nwhat = "slow"\nrate = "2 KiB"'
    played = drill(compose(tmp_path / "play", 'lasts = "600 s"\nspeed = 40.0', tables), tmp_path / "kept", mosquitto)
    assert played.clean, played.summary
    assert played.summary["declared"] == {}


def test_the_node_killed_five_times_declares_at_most_one_reading_each(tmp_path: Path, mosquitto: Mosquitto) -> None:
    kills = "\n".join(f'[[kill]]\nat = "{at} s"' for at in (60, 100, 140, 141, 180))
    played = drill(compose(tmp_path / "play", 'lasts = "240 s"\nspeed = 10.0', kills), tmp_path / "kept", mosquitto)
    assert played.clean, played.summary
    assert set(played.summary["declared"]) <= {"crash"}
    assert sum(played.summary["declared"].values()) <= 5


def test_offline_at_boot_and_then_killed(tmp_path: Path, mosquitto: Mosquitto) -> None:
    tables = '[[outage]]\nat = "0 s"\nlasts = "120 s"\nwhat = "link"\n[[kill]]\nat = "80 s"'
    played = drill(compose(tmp_path / "play", 'lasts = "200 s"\nspeed = 10.0', tables), tmp_path / "kept", mosquitto)
    assert played.clean, played.summary
    assert played.summary["sampled"] > 180


def test_a_broker_that_is_killed_and_comes_back(tmp_path: Path, mosquitto: Mosquitto) -> None:
    tables = '[[outage]]\nat = "60 s"\nlasts = "60 s"\nwhat = "broker"'
    played = drill(compose(tmp_path / "play", 'lasts = "240 s"\nspeed = 10.0', tables), tmp_path / "kept", mosquitto)
    assert played.clean, played.summary
    assert played.summary["declared"] == {}


def test_a_broker_that_is_frozen_for_fifteen_seconds(tmp_path: Path, mosquitto: Mosquitto) -> None:
    tables = '[[outage]]\nat = "40 s"\nlasts = "150 s"\nwhat = "frozen"'
    played = drill(compose(tmp_path / "play", 'lasts = "300 s"\nspeed = 10.0', tables), tmp_path / "kept", mosquitto)
    assert played.clean, played.summary
    assert played.summary["declared"] == {}


def test_a_hub_that_is_away_while_the_broker_lives_is_not_flooded(tmp_path: Path, mosquitto: Mosquitto) -> None:
    tables = '[[outage]]\nat = "300 s"\nlasts = "1500 s"\nwhat = "hub"'
    top = 'lasts = "2400 s"\nspeed = 60.0'
    played = drill(compose(tmp_path / "play", top, tables, '\n[hub]\nwindow = "16 KiB"\n'), tmp_path / "kept", mosquitto)
    assert played.clean, played.summary
    (outage,) = played.summary["outages"]
    probes, health, pings = 8, 2, 4
    allowed = (16 << 10) + probes * (4 << 10) + health * (3 << 10) + pings * 64
    assert outage["bytes_sent"] <= allowed, (outage, allowed)


def test_a_hub_restored_from_an_older_copy_gets_everything_again(tmp_path: Path, mosquitto: Mosquitto) -> None:
    tables = '[[restore]]\ncopied = "80 s"\nat = "160 s"'
    played = drill(compose(tmp_path / "play", 'lasts = "260 s"\nspeed = 10.0', tables), tmp_path / "kept", mosquitto)
    assert played.clean, played.summary
    assert played.summary["declared"] == {}


def test_thirty_power_cuts_with_torn_sectors(tmp_path: Path, mosquitto: Mosquitto) -> None:
    cuts = "\n".join(f'[[kill]]\nat = "{at} s"\npower = true' for at in range(30, 480, 15))
    played = drill(compose(tmp_path / "play", 'lasts = "500 s"\nspeed = 8.0', cuts), tmp_path / "kept", mosquitto, seed=20261122)
    assert cuts.count("power") == 30
    assert played.clean, played.summary
    assert set(played.summary["declared"]) <= {"power"}
    assert played.summary["delivered"] > played.summary["sampled"] / 3
