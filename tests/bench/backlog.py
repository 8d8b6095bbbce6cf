"""A million readings to the reference hub, alarms beside them, and what a month of readings takes on the disk.

The backlog is that of an outage: sixteen series at times of their own, sealed every 60 s. Node, broker and hub are processes of their own: the
real outbox, Forwarder and MqttLink with both windows on; Mosquitto with Debian's settings; the hub with its SQLite file on the same disk. Rows
are counted in the hub's table afterwards.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench import narrow
from tests.bench.figures import Figure, at_least, at_most, percentile, plain, spread
from tests.bench.hub import hub_and_broker
from tests.bench.setting import NotMeasured, Setting, cpu_seconds, end, python

TITLE = "a backlog of an outage (sixteen series, own times, sealed every 60 s): its size, its drain into the reference hub, and alarms meanwhile"
READINGS, QUICK_READINGS = 1_000_000, 200_000
RATE, ALARM_MS = 150_000, 500
ALARMS, QUICK_ALARMS, MOST_RUNS = 300, 50, 30
MONTH, ROOM = 30 * 86_400 * 16, 128
GROWTH_MB = 5


class Run(NamedTuple):
    """One drain. cores: processor seconds per second of each process."""

    rate: float
    seconds: float
    sent: int
    latencies: list[float]
    missing: int
    cores: dict[str, float]


def _worker(verb: str, **words: Any) -> dict[str, Any]:
    """Run a worker to its end; what it printed."""
    process = python("-m", "tests.bench.worker", verb, json.dumps(words))
    try:
        out, _ = process.communicate(timeout=300)
    finally:
        end(process)
    if process.returncode:
        raise NotMeasured(f"the {verb} process ended with {process.returncode}")
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


def measure(setting: Setting) -> list[Figure]:
    """Build once; drain as often as it takes to have enough alarms; once more over a slow link."""
    readings = QUICK_READINGS if setting.quick else READINGS
    template = setting.fresh("backlog")
    built = _worker("build", state=str(template), spool=str(setting.fresh_memory("backlog")), seed=setting.seed, readings=readings)
    alone = _drain(setting, template, built["readings"], alarms=False)
    beside: list[Run] = []
    wanted = QUICK_ALARMS if setting.quick else ALARMS
    while sum(len(run.latencies) + run.missing for run in beside) < wanted and len(beside) < MOST_RUNS:
        beside.append(_drain(setting, template, built["readings"], alarms=True))
    slow = narrow.measure(setting, template, _worker)
    shutil.rmtree(template)
    return [*_size(built), *_rate(built["readings"], alone, beside), *_alarms(built["readings"], beside), *slow]


def _drain(setting: Setting, template: Path, readings: int, alarms: bool) -> Run:
    """One drain of a copy of the backlog into a new hub."""
    folder = setting.fresh("drain")
    shutil.copytree(template, folder / "state")
    with hub_and_broker(folder) as (broker, hub):
        before = {"hub": cpu_seconds(hub.pid), "broker": cpu_seconds(broker.pid)}
        told = _worker("drain", state=str(folder / "state"), spool=str(setting.fresh_memory("drain")), port=broker.port, alarms=alarms)
        spent = {"hub": cpu_seconds(hub.pid) - before["hub"], "broker": cpu_seconds(broker.pid) - before["broker"], "node": told["cpu"]}
    if not told["finished"]:
        raise NotMeasured(f"the backlog did not drain in time: {told['reason']}; kept in {folder}")
    _check(folder / "hub.sqlite", readings)
    seconds = told["done"] - told["began"]
    cores = {name: each / seconds for name, each in spent.items()}
    return Run(readings / seconds, seconds, told["bytes"], told["latencies"], told["missing"], cores)


def _check(database: Path, readings: int) -> None:
    """The hub has every reading, once."""
    with sqlite3.connect(database) as hub:
        (rows,) = hub.execute("SELECT count(*) FROM rows").fetchone()
    hub.close()
    if rows != readings:
        raise NotMeasured(f"the hub has {rows} rows of {readings} readings: this is no drain but a defect")


def _size(built: dict[str, Any]) -> list[Figure]:
    each = built["bytes"] / built["readings"]
    month = each * MONTH / 2**20
    why = f"a Block's frame costs {each:.2f} B per reading; {ROOM} MiB hold {ROOM * 2**20 / each / 16 / 86_400:.1f} days"
    return [
        plain(f"sealed bytes per reading, of {built['readings']:,}", each, "B", 3),
        at_most("30 days offline, 41 million readings, extrapolated from these", month, ROOM, "MiB", why, 1),
        at_most("memory grown over the second half of them", built["grown_kb"] / 1024, GROWTH_MB, "MB", "see tracemalloc of tests.bench.worker"),
    ]


def _rate(readings: int, alone: Run, beside: list[Run]) -> list[Figure]:
    busy = max(alone.cores, key=lambda name: alone.cores[name])
    shares = ", ".join(f"{name} {cores:.2f}" for name, cores in alone.cores.items())
    why = f"the {busy} is the busiest; cores used: {shares}"
    return [
        at_least(f"drain of {readings:,} readings, connecting included", alone.rate, RATE, "readings/s", why, f" ({alone.seconds:.1f} s)"),
        Figure("  cores used meanwhile", shares),
        plain("  the same with an alarm every 100 ms", sum(run.rate for run in beside) / len(beside), "readings/s", 0),
        plain("  bytes sent per reading", alone.sent / readings, "B"),
    ]


def _alarms(readings: int, beside: list[Run]) -> list[Figure]:
    latencies = [1000 * latency for run in beside for latency in run.latencies]
    missing = sum(run.missing for run in beside)
    if not latencies:
        raise NotMeasured("no alarm fell into the drain: it was over too soon")
    shares = ", ".join(f"{name} {cores:.2f}" for name, cores in beside[0].cores.items())
    why = f"{missing} alarms without a receipt; cores used: {shares}" if missing else f"cores used: {shares}"
    p99 = percentile(latencies, 0.99)
    note = f"{spread(latencies)} in {len(beside)} drains"
    figure = at_most(f"alarm to receipt while {readings:,} drain, p99", p99, ALARM_MS, "ms", why, 0, note)
    return [figure._replace(met=bool(figure.met) and not missing)]
