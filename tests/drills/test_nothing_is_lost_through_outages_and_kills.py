"""Promise: whatever goes away for a while, every reading of the chip stands at the hub once, in order, with its value, or a gap event speaks of
it; and every change of an alarm that the world caused stands there once, with the siren switched and the receipt back.

A counted input and a level with alarms, real processes, a real Mosquitto; the account is read by read (`gateway/demo/account.py`).
"""

from pathlib import Path
from typing import Any

import pytest

from gateway.demo.play import Played
from tests.drills.stage import compose, drill, every_alarm_once
from tests.mosquitto import Mosquitto

pytestmark = pytest.mark.slow
KEPT = "kept"


def played(folder: Path, broker: Mosquitto, top: str, tables: str, fewest: int, config: str = "", late: float = 2.5, **more: Any) -> Played:
    """Play a drill that has to end clean, with at least `fewest` changes of the alarm."""
    found = drill(compose(folder / "play", top, tables, config), folder / KEPT, broker, **more)
    assert found.clean, found.table
    every_alarm_once(found, folder / KEPT, fewest, late)
    return found


def away(what: str, at: int, lasts: int, more: str = "") -> str:
    return f'[[outage]]\nat = "{at} s"\nlasts = "{lasts} s"\nwhat = "{what}"\n{more}\n'


def kill(at: int, power: bool = False) -> str:
    return f'[[kill]]\nat = "{at} s"\npower = {str(power).lower()}\n'


def test_a_link_that_is_cut_and_one_that_stalls(tmp_path: Path, mosquitto: Mosquitto) -> None:
    found = played(tmp_path, mosquitto, 'lasts = "320 s"\nspeed = 16.0', away("link", 40, 60) + away("stall", 160, 100), 20)
    assert found.summary["declared"] == {}
    assert found.summary["delivered"] == found.summary["sampled"] > 600


def test_a_link_of_two_kilobytes_a_second(tmp_path: Path, mosquitto: Mosquitto) -> None:
    found = played(tmp_path, mosquitto, 'lasts = "500 s"\nspeed = 40.0', away("slow", 60, 350, 'rate = "2 KiB"'), 30)
    assert found.summary["declared"] == {}


def test_the_node_killed_five_times_declares_each_and_at_most_one_reading_of_each_series(tmp_path: Path, mosquitto: Mosquitto) -> None:
    kills = "".join(kill(at) for at in (33, 61, 92, 93, 122))
    found = played(tmp_path, mosquitto, 'lasts = "160 s"\nspeed = 10.0', kills, 10)
    assert found.summary["kills_declared"] == {"crash": 5}
    assert set(found.summary["declared"]) <= {"crash"}
    assert sum(found.summary["declared"].values()) <= 10


def test_offline_at_boot_and_then_killed(tmp_path: Path, mosquitto: Mosquitto) -> None:
    found = played(tmp_path, mosquitto, 'lasts = "130 s"\nspeed = 10.0', away("link", 0, 90) + kill(62), 8)
    assert found.summary["kills_declared"] == {"crash": 1}
    assert found.summary["outages"][0]["bytes_sent"] == 0
    assert found.summary["sampled"] > 220


def test_a_broker_that_is_killed_and_comes_back(tmp_path: Path, mosquitto: Mosquitto) -> None:
    assert played(tmp_path, mosquitto, 'lasts = "160 s"\nspeed = 10.0', away("broker", 40, 60), 10).summary["declared"] == {}


def test_a_broker_that_is_frozen_for_fifteen_seconds(tmp_path: Path, mosquitto: Mosquitto) -> None:
    assert played(tmp_path, mosquitto, 'lasts = "210 s"\nspeed = 10.0', away("frozen", 31, 150), 13).summary["declared"] == {}


def test_a_hub_restored_from_an_older_copy_gets_everything_again(tmp_path: Path, mosquitto: Mosquitto) -> None:
    restore = '[[restore]]\ncopied = "60 s"\nat = "120 s"'
    assert played(tmp_path, mosquitto, 'lasts = "180 s"\nspeed = 10.0', restore, 11).summary["declared"] == {}


def test_thirty_power_cuts_with_torn_sectors(tmp_path: Path, mosquitto: Mosquitto) -> None:
    """The alarm's changes come 10 s after each cut. One whose flush a cut overtakes comes with the first reading after the next start, so it is
    never missing, and late by what the node was away."""
    cuts = "".join(kill(at, power=True) for at in range(30, 480, 15))
    found = played(tmp_path, mosquitto, 'lasts = "500 s"\nspeed = 8.0', cuts, 30, late=15.0, seed=20261122)
    assert found.summary["kills_declared"] == found.summary["kills"] == {"power": 30}
    assert set(found.summary["declared"]) <= {"power"}
    assert found.summary["delivered"] > found.summary["sampled"] / 3
