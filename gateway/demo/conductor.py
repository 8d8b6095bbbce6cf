"""The conductor: starts broker, link, hub and node as processes of their own, plays the scenario's outages, kills and power cuts, waits until
the outbox has drained, and hands over what is needed for the account.

Everything it starts it ends, also when it is interrupted. The node reaches the broker through the link; the hub does not.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from gateway.clock import real
from gateway.demo import handover
from gateway.demo.processes import Child, LinkChild
from gateway.demo.scenario import Kill, Outage, Plan
from gateway.status import snapshot
from hardware.sim.clock import ScaledClock

LEAD = 2.0
"""Real seconds between starting the processes and scenario time 0: the node starts within them."""
DRAIN = 60.0
"""Real seconds the outbox gets to drain after the scenario's end."""
TICK = 0.1


class Broken(Exception):
    """A process that ought to run has ended by itself: which, with the end of its log."""


class Broker(Protocol):
    """A broker that the conductor may start and stop; `port` on loopback."""

    port: int

    def start(self) -> None:
        """Start it and wait until it listens."""

    def stop(self) -> None:
        """End it at once."""

    def freeze(self, frozen: bool) -> None:
        """Stop it without closing anything, or let it go on."""


@dataclass
class Boot:
    """One boot of the simulated computer: its identity and the scenario time at which it began."""

    boot: str
    began: float


@dataclass
class Stage:
    """Where a demonstration's files are."""

    folder: Path
    scenario: Path
    config: Path
    reads: Path = field(init=False)
    trace: Path = field(init=False)
    database: Path = field(init=False)
    copy: Path = field(init=False)
    state: Path = field(init=False)
    runtime: Path = field(init=False)

    def __post_init__(self) -> None:
        self.reads = self.folder / "reads.jsonl"
        self.trace = self.folder / "trace.jsonl"
        self.database = self.folder / "hub.sqlite"
        self.copy = self.folder / "hub.copy.sqlite"
        self.state = self.folder / "state"
        self.runtime = self.folder / "run"


class Conductor:
    """Plays one scenario. broker: None where an outside broker's URL is used. progress: told scenario time and what is happening."""

    def __init__(
        self, plan: Plan, stage: Stage, speed: float, seed: int, broker: Broker | None, url: str, progress: Callable[[float, str], None]
    ) -> None:
        self.plan = plan
        self.stage = stage
        self.speed = speed
        self.seed = seed
        self.boots: list[Boot] = []
        self.drained = False
        self.carried: list[tuple[str, int]] = []
        self.origin = 0.0
        self._broker = broker
        self._url = url
        self._progress = progress
        self._node: Child | None = None
        self._hub: Child | None = None
        self._link: LinkChild | None = None

    def play(self) -> dict[str, int]:
        """The whole scenario; gives the bytes the link carried."""
        try:
            if self._broker is not None:
                self._broker.start()
                self._url = f"mqtt://127.0.0.1:{self._broker.port}"
            address = urlsplit(self._url)
            self._link = LinkChild(str(address.hostname), address.port or 1883, self.stage.folder)
            self.origin = real() + LEAD
            self.clock = ScaledClock(self.origin, self.speed, "conductor", 0.0, lambda t: (t, "free"))
            self._start_hub()
            self._start_node(self.clock.scenario(), fresh=True)
            self._perform()
            self._drain()
            return self._link.carried()
        finally:
            self._end()

    def _perform(self) -> None:
        """Do what the scenario says when it says so."""
        script = sorted(self._script(), key=lambda act: act[0])
        while self.clock.scenario() < self.plan.lasts:
            now = self.clock.scenario()
            while script and script[0][0] <= now:
                _, words, action = script.pop(0)
                self._progress(now, words)
                action()
            self._progress(now, "")
            self._look()
            self.clock.sleep(min(TICK * self.speed, self.plan.lasts - now))

    def _look(self) -> None:
        """Nothing may die but by the scenario's hand."""
        for child in (self._node, self._hub, self._link):
            if child is not None and child.ended:
                tail = (self.stage.folder / f"{child.name}.log").read_text(errors="replace")[-2000:]
                raise Broken(f"the {child.name} ended by itself with code {child.process.returncode}:\n{tail}")

    def _script(self) -> list[tuple[float, str, Callable[[], None]]]:
        acts: list[tuple[float, str, Callable[[], None]]] = []
        for outage in self.plan.outage:
            begin, end = self._outage(outage)
            acts.append((outage.at, f"{outage.what} away for {outage.lasts:g} s", self._counted(outage, begin)))
            acts.append((outage.at + outage.lasts, f"{outage.what} back", self._counted(outage, end)))
        for restore in self.plan.restore:
            acts.append((restore.copied, "hub's database copied", self._copy_hub))
            acts.append((restore.at, "hub restored from the copy", self._restore_hub))
        for kill in self.plan.kill:
            acts.append((kill.at, "power cut" if kill.power else "node killed (SIGKILL)", self._killer(kill)))
            acts.append((kill.at + kill.off, "node starts again", self._starter(kill)))
        return acts

    def _outage(self, outage: Outage) -> tuple[Callable[[], None], Callable[[], None]]:
        link, broker = self._link, self._broker
        assert link is not None
        if outage.what == "hub":
            return self._kill_hub, self._start_hub
        if outage.what == "broker" and broker is not None:
            return broker.stop, broker.start
        if outage.what == "frozen" and broker is not None:
            return lambda: broker.freeze(True), lambda: broker.freeze(False)
        word = {"stall": "stall", "slow": f"slow {outage.rate}"}.get(outage.what, "down")
        return lambda: link.say(word), lambda: link.say("up")

    def _counted(self, outage: Outage, act: Callable[[], None]) -> Callable[[], None]:
        """Note what the link had carried when an outage began and when it ended."""

        def acted() -> None:
            assert self._link is not None
            self.carried.append((outage.what, self._link.carried()["up"]))
            act()

        return acted

    def outages(self) -> list[dict[str, Any]]:
        """What was away, and how many bytes the node sent meanwhile."""
        pairs = zip(self.carried[::2], self.carried[1::2], strict=True)
        return [{"what": what, "bytes_sent": after - before} for (what, before), (_, after) in pairs]

    def _copy_hub(self) -> None:
        with sqlite3.connect(self.stage.database) as live, sqlite3.connect(self.stage.copy) as copy:
            live.backup(copy)
        live.close()
        copy.close()

    def _restore_hub(self) -> None:
        self._kill_hub()
        for suffix in ("-wal", "-shm"):
            Path(f"{self.stage.database}{suffix}").unlink(missing_ok=True)
        shutil.copyfile(self.stage.copy, self.stage.database)
        self._start_hub()

    def _kill_hub(self) -> None:
        if self._hub is not None:
            self._hub.kill()
            self._hub = None

    def _start_hub(self) -> None:
        clock = f"{self.origin}:{self.speed}:{self.plan.clock.utc}"
        words = ["gateway", "hub", "--broker", self._url, "--db", str(self.stage.database), "--clock", clock]
        self._hub = Child("hub", words, self.stage.folder)

    def _killer(self, kill: Kill) -> Callable[[], None]:
        def act() -> None:
            if self._node is not None:
                self._node.kill()
                self._node = None
            if kill.power:
                shutil.rmtree(self.stage.runtime, ignore_errors=True)

        return act

    def _starter(self, kill: Kill) -> Callable[[], None]:
        return lambda: self._start_node(self.clock.scenario(), fresh=kill.power)

    def _start_node(self, at: float, fresh: bool) -> None:
        if fresh:
            name = hashlib.blake2b(f"{self.seed}/{len(self.boots)}/{self.origin}".encode(), digest_size=6).hexdigest()
            self.boots.append(Boot(name, at))
        boot = self.boots[-1]
        assert self._link is not None
        card = self.seed + len(self.boots) if any(kill.power for kill in self.plan.kill) else None
        note = handover.Handover(
            origin=self.origin,
            speed=self.speed,
            seed=self.seed,
            boot=boot.boot,
            booted=boot.began,
            until=float(self.plan.lasts),
            state=str(self.stage.state),
            runtime=str(self.stage.runtime),
            broker=f"mqtt://127.0.0.1:{self._link.port}",
            reads=str(self.stage.reads),
            trace=str(self.stage.trace),
            card=card,
        )
        path = self.stage.folder / "handover.json"
        handover.save(note, path)
        words = ["gateway", "run", str(self.stage.config), "--sim", str(self.stage.scenario), "--handover", str(path)]
        self._node = Child("node", words, self.stage.folder)

    def _drain(self) -> None:
        """Wait until the node has nothing unreceipted left, or the time for it is over."""
        end = real() + DRAIN
        while real() < end and not self.drained:
            shot = snapshot.load(self.stage.runtime)
            if shot is not None and shot["resting"]:
                self.drained = shot["outbox"]["unreceipted"] == 0 and shot["outbox"]["unsealed"] == 0
            self._progress(self.clock.scenario(), "")
            self.clock.sleep(TICK * self.speed)

    def _end(self) -> None:
        """End everything that was started, the node first, so that it can still say goodbye."""
        for child in (self._node, self._hub, self._link):
            if child is not None:
                child.end()
        if self._broker is not None:
            self._broker.stop()
