"""Promise: while the hub is away and the broker lives, the node sends at most the hub's window of readings and a probe each back-off, counted.

Somebody else listens to the same topics all the time, so the broker takes every message and cannot tell that the hub is away. A Block a second of
the scenario puts the window under load: with a window of 64 MiB the same node sends more than the bound, so the bound can be broken.
"""

from pathlib import Path
from typing import Any

import pytest

from gateway.demo.play import Played
from tests.drills.stage import compose, drill, every_alarm_once
from tests.mosquitto import Mosquitto

pytestmark = pytest.mark.slow
SPEED = 50
WINDOW, LARGEST = 16 << 10, 4 << 10
"""Bytes: the hub's window of a narrow link, and a message at most with it."""
ENVELOPE, SMALLEST = 80, 300
"""Bytes that MQTT puts around a message, and a message with one Block at least (head, table, clocks)."""
STATE = 4 << 10
"""Bytes of a birth or a health."""


class Overheard(Mosquitto):
    """A Mosquitto with a subscriber that is not the hub."""

    def start(self) -> None:
        super().start()
        self.listen("edge/v1/#", self._folder / "heard")


def played(folder: Path, window: str, lasts: int) -> Played:
    """The counted scenario with the hub away for so many seconds of it."""
    tables = f'[[outage]]\nat = "300 s"\nlasts = "{lasts} s"\nwhat = "hub"'
    path = compose(folder / "play", f'lasts = "{lasts + 400} s"\nspeed = {SPEED}.0', tables, f'\n[hub]\nwindow = "{window}"\n')
    gateway = path.with_name("counted.gateway.toml")
    gateway.write_text(gateway.read_text().replace('flush = "5 s"', 'flush = "5 s"\nseal = "1 s"\nseal_offline = "1 s"'))
    broker = Overheard(folder / "mosquitto")
    try:
        found = drill(path, folder / "kept", broker)
    finally:
        broker.stop()
    assert found.clean, found.table
    every_alarm_once(found, folder / "kept", 30)
    return found


def allowed(outage: dict[str, Any], seconds: float) -> float:
    """Bytes: the window with what is around its messages, and one message that overfills it at most; each probe counted, and one that the snapshot
    may not have counted yet; alarms and events under way, each probed likewise; a birth, a health a minute, a ping each 15 s."""
    window = (WINDOW + LARGEST) * (1 + ENVELOPE / SMALLEST)
    probes = (outage["probes"] + 1) * (LARGEST + ENVELOPE)
    return window + probes + 1.2 * outage["urgent"] + STATE * (2 + seconds // 60) + 8 * (1 + seconds // 15)


def test_the_window_bounds_what_is_sent(tmp_path: Path) -> None:
    (outage,) = played(tmp_path, "16 KiB", 600).summary["outages"]
    bound = allowed(outage, 600 / SPEED)
    print(f"sent {outage}, allowed {bound:.0f}")
    assert outage["probes"] > 0
    assert outage["bytes_sent"] > WINDOW / 2, "the drill has to put the window under load"
    assert outage["bytes_sent"] <= bound


def test_without_the_window_the_same_node_sends_more(tmp_path: Path) -> None:
    (outage,) = played(tmp_path, "64 MiB", 350).summary["outages"]
    bound = allowed(outage, 350 / SPEED)
    print(f"sent {outage}, allowed {bound:.0f}")
    assert outage["bytes_sent"] > bound
