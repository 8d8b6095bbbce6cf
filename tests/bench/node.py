"""A node process with six sensors at 1 Hz: how soon it keeps a reading, what it weighs, and what it costs when nothing happens.

`edge-gateway run --sim` at the speed of real time: the real drivers on six loops of two simulated ADS1115s, a real disk, the runtime on tmpfs. It
starts with no hub within reach, several times; then it runs once beside Mosquitto and the reference hub. The simulated chips are part of what is
weighed; on a Pi the kernel's I2C stands in their place.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

from gateway.clock import real
from gateway.outbox import RealDisk
from gateway.outbox.journal import Journal
from gateway.status.snapshot import load
from tests.bench.figures import Figure, at_most, plain
from tests.bench.hub import hub_and_broker
from tests.bench.setting import ROOT, NotMeasured, Setting, cpu_seconds, end, memory_kb, python, rest, wait_for

TITLE = "a node process with six sensors at 1 Hz (six loops on two simulated ADS1115s)"
START_S, MEMORY_MB, IDLE_PERCENT = 1.0, 42.0, 1.0
PLACES = [("ch4", 0x48, "A0"), ("co", 0x48, "A1"), ("h2s", 0x48, "A2"), ("o2", 0x48, "A3"), ("level", 0x49, "A0"), ("pressure", 0x49, "A1")]
STARTS, QUICK_STARTS = 5, 2
BARE = "pass"
IMPORTS = (
    "import gateway.cli.run, gateway.app, gateway.machine, gateway.serve, gateway.demo.simulation; from hardware import driver; driver.load({!r})"
)
SIMULATION = "hardware.sim.scenario, hardware.sim.world, hardware.sim.buses, hardware.sim.ads1115"
DRIVER = "loop_4_20ma"

HEAD = """\
[node]
site = "bench"
name = "six"
state = "{state}"
runtime = "{runtime}"
[hub]
url = "mqtt://127.0.0.1:{port}"
"""
SENSOR = """\
[[sensor]]
name = "{name}"
driver = "{driver}"
period = "1 s"
quantity = "{name}"
unit = "%"
low = 0.0
high = 100.0
address = {address}
channel = "{pin}"
"""
WORLD = """\
title = "Six loops, quiet"
lasts = "1 d"
config = "six.gateway.toml"
[signals.quiet]
kind = "noise"
sigma = 0.5
[signals.middle]
kind = "constant"
value = 40.0
[signals.loop]
kind = "sum"
of = ["quiet", "middle"]
[chips."i2c-1:0x48"]
kind = "ads1115"
[chips."i2c-1:0x49"]
kind = "ads1115"
"""
INPUT = '[chips."i2c-1:{address:#x}".inputs.{pin}]\nkind = "loop"\nsignal = "loop"\nlrv = 0.0\nurv = 100.0\n'


class Node(NamedTuple):
    """A running node and where its things are."""

    process: subprocess.Popen[str]
    state: Path
    runtime: Path
    began: float


@contextmanager
def node(setting: Setting, port: int) -> Iterator[Node]:
    """Start a node that looks for its hub's broker at this port of the loopback; it is ended afterwards."""
    folder, runtime = setting.fresh("node"), setting.fresh_memory("node")
    state = folder / "state"
    sensors = "".join(SENSOR.format(name=name, driver=DRIVER, address=address, pin=pin) for name, address, pin in PLACES)
    (folder / "six.gateway.toml").write_text(HEAD.format(state=state, runtime=runtime, port=port) + sensors)
    (folder / "six.toml").write_text(WORLD + "".join(INPUT.format(address=address, pin=pin) for _, address, pin in PLACES))
    with (folder / "log").open("w") as log:
        began = real()
        process = python("-m", "gateway", "run", "--sim", folder / "six.toml", stderr=log.fileno())
    try:
        yield Node(process, state, runtime, began)
        if process.poll() is not None:
            raise NotMeasured(f"the node ended with {process.returncode}: {(folder / 'log').read_text()[-500:]}")
    finally:
        end(process)


class Start(NamedTuple):
    """Seconds from exec: to the first reading in the spool (a process crash loses it no more) and on the disk (a power cut neither)."""

    spooled: float
    durable: float
    flush: float


def start(setting: Setting) -> Start:
    """One start, with nobody at the broker's port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    with node(setting, port) as it:
        wait_for(_holds(it.runtime, "spool", 1 << 20), 20.0, "a first reading in the spool")
        spooled = real() - it.began
        wait_for(_holds(it.state, "journal", 64 << 10), 20.0, "a first reading on the disk")
        durable = real() - it.began
        wait_for(lambda: load(it.runtime) is not None, 10.0, "a snapshot")
        shot = load(it.runtime) or {}
    return Start(spooled, durable, float(shot["outbox"]["flush_s"]))


def _holds(folder: Path, stem: str, size: int) -> Callable[[], bool]:
    """Whether a journal has an entry. The file is seen when it is written; its fdatasync ends `flush` seconds later."""
    return lambda: (folder / f"{stem}-0").exists() and bool(Journal(RealDisk(folder), stem, size).recover())


def _import_time(code: str) -> float:
    """Median seconds of a Python that does this and ends."""
    times = []
    for _ in range(5):
        began = real()
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=30)
        times.append(real() - began)
    return median(times)


def _import_memory() -> float:
    """MB of a Python that has imported what this node imports, and nothing more."""
    code = f"{IMPORTS.format(DRIVER)}; import {SIMULATION}; print(open('/proc/self/status').read())"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=30, capture_output=True, text=True).stdout
    return next(int(line.split()[1]) for line in told.splitlines() if line.startswith("VmRSS:")) / 1024


def _starts(setting: Setting) -> list[Figure]:
    starts = sorted((start(setting) for _ in range(QUICK_STARTS if setting.quick else STARTS)), key=lambda each: each.durable)
    middle = starts[len(starts) // 2]
    bare, imports = _import_time(BARE), _import_time(IMPORTS.format(DRIVER))
    why = (
        f"the first reading is in the spool after {middle.spooled:.2f} s (interpreter and imports alone take {imports:.2f}) and waits "
        f"{middle.durable - middle.spooled:.2f} s for the flush that writes it to the disk"
    )
    note = f" (worst of {len(starts)}: {starts[-1].durable:.2f})"
    return [
        at_most("start to first durable reading, no hub, median", middle.durable, START_S, "s", why, note=note),
        plain("  of that, the interpreter", bare, "s", 3),
        plain("  of that, imports", imports - bare, "s", 3),
        plain("  to the first reading in the spool", middle.spooled, "s", note=" (from here on a crash of the process loses nothing)"),
        plain("  fdatasync and all of the last flush", middle.flush, "s", 4),
    ]


def _life(setting: Setting) -> list[Figure]:
    """Memory and processor time beside a living hub."""
    whole = 600 if setting.long else 20 if setting.quick else 60
    settled = min(30, whole / 2)
    with hub_and_broker(setting.fresh("hub")) as (broker, _), node(setting, broker.port) as it:
        rest(settled)
        before, then = cpu_seconds(it.process.pid), real()
        rest(whole - settled)
        percent = 100 * (cpu_seconds(it.process.pid) - before) / (real() - then)
        weight, most, threads = (memory_kb(it.process.pid, field) for field in ("VmRSS", "VmHWM", "Threads"))
        shot = load(it.runtime)
    if shot is None or not shot["hub"]["connected"]:
        raise NotMeasured("the node did not reach its hub; see its log")
    imports = _import_memory()
    steps = ", ".join(f"{name} {seat['steps'] / shot['uptime']:.1f}" for name, seat in shot["threads"].items())
    why = f"imports alone, simulated chips among them, are {imports:.1f} MB"
    spent = f"steps of each thread per second: {steps}"
    return [
        at_most(f"memory (RSS) after {whole} s", weight / 1024, MEMORY_MB, "MB", why, 1, f" (most {most / 1024:.1f}, {threads} threads)"),
        plain("  of that, imports", imports, "MB", 1),
        at_most(f"processor, {whole - settled:.0f} s, hub listening", percent, IDLE_PERCENT, "% of a core", spent),
        Figure("  steps of each thread per second", steps),
    ]


def measure(setting: Setting) -> list[Figure]:
    """Starts first, then a life."""
    return _starts(setting) + _life(setting)
