"""A node that dies: by SIGKILL or by a power cut, after any step of what it leaves behind; and the ground that outlives it.

What a process leaves behind is what it wrote to the runtime directory and to the disk, and what it handed to the hub. All of that goes through
one gate, which lets through as many effects as a test says: then the process is dead, whatever its objects still do: any moment is a number.
The node is the real App on simulated copper, without its threads: its workers step here in the order in which they wake each other.
"""

from __future__ import annotations

import os
import shutil
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec

from gateway.app import App, Machine
from gateway.config import Config, build
from gateway.contract.messages import Alarm
from gateway.machine import broker_of
from gateway.model import Lane, Sampled
from gateway.outbox import Disk, Offer, RealDisk, VolatileDisk
from gateway.patience import Patience
from gateway.rules import Act, Refused
from gateway.uplink import MqttLink
from hardware.sim.buses import SimBuses
from hardware.sim.clock import SteppedClock
from hardware.sim.faults import Fault
from hardware.sim.scenario import parse
from hardware.sim.world import World

Death = Literal["SIGKILL", "power cut"]
DEATHS: tuple[Death, ...] = ("SIGKILL", "power cut")
MEMORY = ("alarms.json", "outputs.json")
"""What guard leaves in the runtime directory, each by one rename."""
INPUT = "i2c-1:0x48/A0"
SCENE = """
[signals.copper]
kind = "constant"
value = 0.0
[chips."i2c-1:0x48"]
kind = "ads1115"
[chips."i2c-1:0x48".inputs.A0]
kind = "loop"
signal = "copper"
lrv = 0.0
urv = {urv}
"""


class Gate:
    """Lets effects through until the process is dead. left: how many still pass, None for all. passed: what did, in order."""

    def __init__(self, left: int | None = None) -> None:
        self.left = left
        self.dead = False
        self.passed: list[str] = []

    def passes(self, what: str) -> bool:
        """Whether this effect happens."""
        self.dead = self.dead or self.left == 0
        if not self.dead:
            self.left = None if self.left is None else self.left - 1
            self.passed.append(what)
        return not self.dead


class Gated:
    """A Disk as a process has it."""

    def __init__(self, inner: Disk, gate: Gate, name: str) -> None:
        self._inner, self._gate, self._name = inner, gate, name
        self.names, self.read = inner.names, inner.read

    def write(self, name: str, offset: int, data: bytes) -> None:
        if self._gate.passes(f"{self._name} write {name}"):
            self._inner.write(name, offset, data)

    def sync(self, name: str) -> None:
        if self._gate.passes(f"{self._name} sync {name}"):
            self._inner.sync(name)


@dataclass
class Ledger:
    """What the hub has of the alarm lane: each message once, whatever is sent again."""

    stored: dict[tuple[str, int], bytes] = field(default_factory=dict)
    told: list[Alarm] = field(default_factory=list)

    def take(self, offer: Offer) -> None:
        """AssertionError where a number has two contents, or where a change is told under two numbers."""
        key = (offer.epoch, offer.seq)
        if key in self.stored:
            assert self.stored[key] == offer.payload, f"{key} with two contents"
            return
        self.stored[key] = offer.payload
        alarm = msgspec.json.decode(offer.payload, type=Alarm)
        twins = [other for other in self.told if identity(other) == identity(alarm)]
        assert not twins, f"told twice: {identity(alarm)}"
        self.told.append(alarm)

    def copy(self) -> Ledger:
        return Ledger(dict(self.stored), list(self.told))


def identity(alarm: Alarm) -> tuple[str, str, str, int, float]:
    """What makes one announcement that announcement."""
    return alarm.boot, alarm.rule, alarm.change, alarm.occurrence, alarm.mono


class Ground:
    """What outlives a process: the disk, the runtime directory (until the power goes), the hub, the time. past: running milliseconds before this
    boot; tree: the sections of the configuration that are not about places; urv: what 20 mA stand for."""

    def __init__(self, folder: Path, tree: dict[str, Any], seed: int, urv: float = 100.0) -> None:
        self.folder, self.seed, self.tree, self.urv = folder, seed, tree, urv
        folder.mkdir(parents=True, exist_ok=True)
        node = {"site": "daegu", "name": "n1", "state": f"{folder}/state", "runtime": f"{folder}/run"}
        self.config: Config = build({"node": node, "outbox": {"size": "4 MiB"}, **tree}, folder / "gateway.toml", "00000000")
        self.disk = VolatileDisk(folder / "state", seed)
        self.ledger = Ledger()
        self.boots, self.past = 1, 0
        self.clock = SteppedClock(f"{1:012x}")

    def dies(self, how: Death) -> None:
        """The process is gone, and with the power all that was in memory; `past` then is what passed on the clock, to the last tick."""
        if how == "power cut":
            self.disk.cut()
            shutil.rmtree(self.folder / "run", ignore_errors=True)
            self.past += round(self.clock.monotonic() * 1000)
            self.boots += 1
            self.clock = SteppedClock(f"{self.boots:012x}")

    def copy(self, folder: Path) -> Ground:
        """The same once more; what was not synced is on the medium of both."""
        for name in self.disk.names():
            self.disk.sync(name)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder, folder)
        found = Ground(folder, self.tree, self.seed, self.urv)
        found.ledger, found.boots, found.past = self.ledger.copy(), self.boots, self.past
        found.clock = SteppedClock(self.clock.boot)
        found.clock.advance(self.clock.scenario())
        return found

    def close(self) -> None:
        self.disk.close()


class Life:
    """One process on the ground, from its start on. left: effects until it dies, None for a life that lasts. samples: what guard was given, with
    running milliseconds over all boots; opened: what each pin was driven to while the node started, before anything was read; away: the hub is
    not there."""

    def __init__(self, ground: Ground, left: int | None = None) -> None:
        self.ground, self.clock, self.gate = ground, ground.clock, Gate(left)
        self.samples: list[Sampled] = []
        run = ground.folder / "run"
        run.mkdir(exist_ok=True)
        GATES[run] = self.gate
        self.world = World(parse(tomllib.loads(SCENE.format(urv=ground.urv))), self.clock, ground.seed)
        disk, spool = Gated(ground.disk, self.gate, "disk"), Gated(RealDisk(run), self.gate, "run")
        self._buses = SimBuses(self.world)
        machine = Machine("m", self.clock, self._buses, disk, spool, lambda: MqttLink(broker_of(ground.config), "n1"), simulated=True)
        self.app = App(ground.config, machine, Patience(60.0))
        self.opened = self.driven()
        self.away = False
        (self._sampler,) = self.app.samplers
        self.watch = self.app.guard.watches[0]

    @property
    def now_ms(self) -> int:
        return round(self.clock.monotonic() * 1000)

    def driven(self) -> dict[str, list[int]]:
        """The levels that each output pin was driven to since the start, oldest first."""
        pins = self._buses._pins._factory.pins.values()
        driven = {f"gpio-{pin._number}": [int(state.state) for state in pin.states] for pin in pins if pin.function == "output"}
        return {name: levels[1:] or levels for name, levels in driven.items()}

    def feel(self, value: float, fault: type[Fault] | None) -> None:
        """What is at the end of the wire from now on."""
        self.world._signals["copper"] = lambda at, count: value
        self.world._faults = {}
        if fault is not None:
            self.world.suffer([fault(on=INPUT)])

    def maintain(self, series: str, on: bool) -> None:
        """A person puts a channel into maintenance, or ends it."""
        until = self.now_ms + 10 * 86_400_000
        self.app.orders.put(lambda appraiser: appraiser.maintain(series, until) if on else appraiser.release(series))

    def read(self, count: int = 1, work: bool = True) -> None:
        """So many readings through the driver and guard, a second apart. work: whether recorder, flusher and hub come to it as well."""
        for _ in range(count):
            if self.gate.dead:
                return
            upcoming = self._sampler.step(self.clock.monotonic())
            for round_ in self.app.rounds.drain():
                self.samples += [sampled._replace(ms=sampled.ms + self.ground.past) for sampled in round_]
                self.app.rounds.put(round_)
            self.app.guard.step(self.clock.monotonic())
            if work:
                self.work()
            self.clock.advance(max(0.0, upcoming - self.clock.monotonic()))

    def act(self, act: Act) -> bool:
        """Do what a person asks for; whether it was allowed."""
        try:
            self.app.guard.do(act, self.now_ms)
        except Refused:
            return False
        return True

    def work(self) -> None:
        """Record, flush, hand over."""
        self.app.recorder.step(self.clock.monotonic())
        self.app.supervisor.seats["flusher"].worker.step(self.clock.monotonic())
        self.tell()

    def settle(self) -> None:
        """Everything said so far is on the disk and at the hub."""
        self.work()
        self.app.outbox.flush()
        self.tell()

    def tell(self) -> None:
        """Hand the hub what waits in the alarm lane, as an uplink does, and take its receipt."""
        outbox = self.app.outbox
        for epoch, lane, first, last in outbox.held() if not self.away else ():
            after = max(first - 1, outbox.mark(epoch, lane))
            while lane is Lane.ALARM and after < last and (offers := outbox.read(epoch, lane, after, 1 << 16)):
                for offer in offers:
                    if not self.gate.passes("hub"):
                        return
                    self.ground.ledger.take(offer)
                after = offers[-1].seq
            if lane is Lane.ALARM:
                outbox.receipted(epoch, lane, last)


GATES: dict[Path, Gate] = {}
"""By runtime directory, the gate of the process that has it."""


@contextmanager
def gated() -> Iterator[None]:
    """While this lasts the renames in a runtime directory go through the gate of its process."""
    replace = os.replace

    def gate(source: Any, target: Any) -> None:
        gate = GATES.get(Path(target).parent)
        if gate is None or Path(target).name not in MEMORY or gate.passes(f"run {Path(target).name}"):
            replace(source, target)

    os.replace = gate  # type: ignore[assignment]
    try:
        yield
    finally:
        os.replace = replace
        GATES.clear()
