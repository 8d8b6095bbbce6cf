"""Alarms on a link of 100 kbit/s while a backlog drains over it: the bound that the bytes in flight give, and what is measured.

The bound is a sum, and each of its parts stands in the settings for slow links or in the relay that plays the link: an alarm goes out behind every
byte that was handed over before it, and nothing but the hub's window limits those, because sockets take them all. Then the hub commits and answers.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from gateway.demo.link import TICK
from gateway.demo.processes import LinkChild
from gateway.uplink import Settings
from gateway.uplink.ports import ENVELOPE
from tests.bench.figures import Figure, at_most, percentile, plain, spread
from tests.bench.hub import hub_and_broker
from tests.bench.setting import NotMeasured, Setting
from tests.bench.workloads import NODE, SITE

RATE = 12_500
"""Bytes a second in each direction: 100 kbit/s."""
ALARMS, QUICK_ALARMS = 110, 20
EVERY = (0.7, 1.3)
"""Seconds between two alarms, by seed."""
TOPIC = len(f"edge/v1/{SITE}/{NODE}/up/batch") + len("application/cbor")
RECEIPT = 500
"""Bytes of a receipt at most, packet and all: two epochs of three lanes."""
COMMIT = 0.1
"""Seconds for which the hub gathers batches before it commits them; an alarm that arrives meanwhile waits for that commit."""
DISK = 0.1
"""Seconds allowed for the alarm's sync at the node and the commit's at the hub, each a few milliseconds on a sound disk."""


class Bound(NamedTuple):
    """Why an alarm may take that long. batches: bytes of batches ahead of it; alarms: bytes of alarms, its own included; seconds: all in all."""

    batches: int
    alarms: int
    seconds: float

    def words(self) -> str:
        """The sum in words."""
        sent = 1000 * (self.batches + self.alarms) / RATE
        ahead = f"{self.batches:,} B of batches and {self.alarms:,} B of alarms in flight"
        return f"{ahead} at {RATE * 8 / 1000:g} kbit/s: {sent:.0f} ms; commit and way back: {1000 * self.seconds - sent:.0f} ms"


def bound(settings: Settings, alarm: int) -> Bound:
    """What the settings give. alarm: bytes of an alarm's payload.

    A batch goes out while a quarter of a message is left of the hub's window, and is a whole Block then: so much may be in flight beyond the window.
    Of alarms as many as are posted within the bound, which is found by asking twice."""
    head = ENVELOPE + TOPIC
    beyond = settings.message - settings.message // 4
    count = math.ceil(settings.hub_window / (settings.message // 2))  # messages are more than half full
    batches = settings.hub_window + beyond + (count + 1) * head
    back = 2 * RECEIPT / RATE + COMMIT + DISK + 2 * TICK  # a receipt on the way, its own; the relay lets bytes go once a tick in each direction
    seconds, alarms = 0.0, 0
    for _ in range(4):
        alarms = (alarm + head) * (1 + math.floor(seconds / EVERY[0]))
        seconds = (batches + alarms) / RATE + back
    return Bound(batches, alarms, seconds)


def measure(setting: Setting, template: Path, worker: Callable[..., dict[str, Any]]) -> list[Figure]:
    """Drain a copy of a backlog over the link until there are enough alarms."""
    folder = setting.fresh("narrow")
    shutil.copytree(template, folder / "state")
    wanted = QUICK_ALARMS if setting.quick else ALARMS
    with hub_and_broker(folder) as (broker, _):
        link = LinkChild("127.0.0.1", broker.port, folder)
        try:
            link.say(f"slow {RATE}")
            spool = str(setting.fresh_memory("narrow"))
            words = {"state": str(folder / "state"), "spool": spool, "port": link.port, "alarms": wanted, "every": EVERY, "seed": setting.seed}
            told = worker("narrow", **words)
        finally:
            link.end()
    if not told["finished"]:
        raise NotMeasured(f"the backlog did not last for {wanted} alarms: {told['reason']}")
    return figures(told, bound(Settings.slow(SITE, NODE), told["alarm_bytes"]))


def figures(told: dict[str, Any], limit: Bound) -> list[Figure]:
    """The distribution against the bound: all of them have to keep it, not 99 of 100."""
    latencies = [1000 * latency for latency in told["latencies"]]
    if not latencies:
        raise NotMeasured("no alarm was answered on the slow link")
    ahead = f"{told['missing']} alarms without a receipt" if told["missing"] else "see the bytes in flight: gateway/uplink/settings.py, Settings.slow"
    p99, most = percentile(latencies, 0.99), round(1000 * limit.seconds)
    figure = at_most("alarm to receipt on a link of 100 kbit/s, p99", p99, most, "ms", ahead, 0, spread(latencies))
    return [
        figure._replace(met=max(latencies) <= 1000 * limit.seconds and not told["missing"]),
        Figure("  its bound", limit.words()),
        plain("  bytes sent meanwhile", told["rate"] * 8 / 1000, "kbit/s", 0),
    ]
