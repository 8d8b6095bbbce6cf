"""The conductor: starts broker, link, hub and node as processes of their own, plays the scenario's outages, kills and power cuts, waits until
the outbox has drained, and hands over what is needed for the account.

Everything it starts it ends, also when it is interrupted. The node reaches the broker through the link; the hub does not.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from gateway.clock import real
from gateway.demo import handover
from gateway.demo.broker import Broker
from gateway.demo.processes import Broken, Child, LinkChild
from gateway.demo.record import Away, Boot, Death, Record, Stage
from gateway.demo.scenario import Kill, Outage, Plan
from gateway.status import snapshot
from hardware.sim.clock import BOOT_OFFSET, ScaledClock

LEAD = 2.0
"""Real seconds between starting the processes and scenario time 0: the node starts within them."""
DRAIN = 60.0
"""Real seconds the outbox gets to drain after the scenario's end."""
STARTS = 20.0
"""Real seconds a hub gets to listen, and a node that is to be killed to start."""
TICK = 0.1


class Act(NamedTuple):
    """Something the scenario does: when (scenario seconds), in words, and how."""

    at: float
    words: str
    do: Callable[[], None]


class Conductor:
    """Plays one scenario. broker: None where an outside broker's URL is used. progress: told scenario time and what is happening."""

    def __init__(
        self,
        plan: Plan,
        stage: Stage,
        scenario: Path,
        speed: float,
        seed: int,
        broker: Broker | None,
        url: str,
        progress: Callable[[float, str], None],
    ) -> None:
        self.plan = plan
        self.stage = stage
        self.speed = speed
        self.seed = seed
        self._scenario = scenario
        self._config = scenario.parent / plan.config
        self._boots: list[Boot] = []
        self._deaths: list[Death] = []
        self._outages: list[Away] = []
        self._broker = broker
        self._url = url
        self._progress = progress
        self._node: Child | None = None
        self._hub: Child | None = None
        self._link: LinkChild | None = None

    def play(self) -> Record:
        """The whole scenario; gives what the account needs."""
        try:
            if self._broker is not None:
                self._broker.start()
                self._url = f"mqtt://127.0.0.1:{self._broker.port}"
            address = urlsplit(self._url)
            self._link = LinkChild(str(address.hostname), address.port or 1883, self.stage.folder)
            self.origin = real() + LEAD
            self.clock = ScaledClock(self.origin, self.speed, "conductor", 0.0, lambda t: (t, "free"))
            self._start_hub()
            self._wait("the hub did not begin to listen", lambda: "listening" in self._log("hub"))
            script = sorted(self._script(), key=lambda act: act.at)
            while script and script[0].at <= 0:  # what is away from the beginning is away before the node starts
                self._act(script.pop(0))
            self._start_node(self.clock.scenario(), fresh=True)
            self._perform(script)
            drained = self._drain()
            return self._record(self._link.carried(), drained)
        finally:
            self._end()

    def _record(self, carried: dict[str, int], drained: bool) -> Record:
        return Record(
            scenario=str(self._scenario),
            config=str(self._config),
            title=self.plan.title,
            speed=self.speed,
            seed=self.seed,
            boots=self._boots,
            deaths=self._deaths,
            outages=self._outages,
            carried=carried,
            drained=drained,
        )

    def _perform(self, script: list[Act]) -> None:
        """Do what the scenario says when it says so."""
        while (now := self.clock.scenario()) < self.plan.lasts:
            while script and script[0].at <= now:
                self._act(script.pop(0))
            self._progress(now, "")
            self._look()
            self.clock.sleep(min(TICK * self.speed, self.plan.lasts - now))

    def _act(self, act: Act) -> None:
        self._progress(self.clock.scenario(), act.words)
        act.do()

    def _wait(self, failure: str, done: Callable[[], bool]) -> None:
        """Wait for something that has to come soon; Broken where it does not."""
        end = real() + STARTS
        while not done():
            self._look()
            if real() > end:
                raise Broken(f"{failure} within {STARTS:g} s; the logs end with:\n{self._log('hub')[-1000:]}\n{self._log('node')[-1000:]}")
            self.clock.sleep(TICK * self.speed)

    def _log(self, name: str) -> str:
        path = self.stage.folder / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def _look(self) -> None:
        """Nothing may die but by the scenario's hand."""
        for child in (self._node, self._hub, self._link):
            if child is not None and child.ended:
                raise Broken(f"the {child.name} ended by itself with code {child.process.returncode}:\n{self._log(child.name)[-2000:]}")

    def _script(self) -> list[Act]:
        acts: list[Act] = []
        for outage in self.plan.outage:
            begin, end = self._counted(outage)
            acts.append(Act(outage.at, f"{outage.what} away for {outage.lasts:g} s", begin))
            acts.append(Act(outage.at + outage.lasts, f"{outage.what} back", end))
        for restore in self.plan.restore:
            acts.append(Act(restore.copied, "hub's database copied", self._copy_hub))
            acts.append(Act(restore.at, "hub restored from the copy", self._restore_hub))
        for kill in self.plan.kill:
            acts.append(Act(kill.at, "power cut" if kill.power else "node killed (SIGKILL)", self._killer(kill)))
            acts.append(Act(kill.at + kill.off, "node starts again", self._starter(kill)))
        return acts

    def _outage(self, outage: Outage) -> tuple[Callable[[], None], Callable[[], None]]:
        link, broker = self._link, self._broker
        assert link is not None
        if outage.what == "hub":
            return self._kill_hub, self._start_hub
        if outage.what == "mute":
            return lambda: self._freeze_hub(True), lambda: self._freeze_hub(False)
        if outage.what == "broker" and broker is not None:
            return broker.stop, broker.start
        if outage.what == "frozen" and broker is not None:
            return lambda: broker.freeze(True), lambda: broker.freeze(False)
        word = {"stall": "stall", "slow": f"slow {outage.rate}"}.get(outage.what, "down")
        return lambda: link.say(word), lambda: link.say("up")

    def _counted(self, outage: Outage) -> tuple[Callable[[], None], Callable[[], None]]:
        """The beginning and the end of an outage, with a note of what the node sent meanwhile."""
        begin, end = self._outage(outage)
        before = (0, 0)

        def began() -> None:
            nonlocal before
            before = self._sent(), self._uplink().get("probes", 0)
            begin()

        def ended() -> None:
            hub = self._uplink()
            urgent = sum(bytes_ for lane, bytes_ in hub.get("unreceipted", {}).items() if lane != "batch")
            self._outages.append(Away(outage.what, self._sent() - before[0], max(0, hub.get("probes", 0) - before[1]), urgent))
            end()

        return began, ended

    def _sent(self) -> int:
        assert self._link is not None
        return self._link.carried()["up"]

    def _uplink(self) -> dict[str, Any]:
        """How the node's uplink was a moment ago, as its snapshot tells."""
        shot = snapshot.load(self.stage.runtime)
        found: dict[str, Any] = {} if shot is None else shot["hub"]
        return found

    def _freeze_hub(self, frozen: bool) -> None:
        if self._hub is not None:
            self._hub.freeze(frozen)

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
                self._wait("the node that is to be killed did not start", self._started)
                self._node.kill()
                self._node = None
                self._deaths.append(Death(self.clock.scenario(), real(), kill.power))
            if kill.power:
                shutil.rmtree(self.stage.runtime, ignore_errors=True)

        return act

    def _started(self) -> bool:
        """Whether the node that was started last has told of itself: then it has opened its outbox and declared the death before."""
        shot = snapshot.load(self.stage.runtime)
        boot = self._boots[-1]
        return shot is not None and shot["boot"] == boot.boot and shot["mono"] >= self._started_at - boot.began + BOOT_OFFSET

    def _starter(self, kill: Kill) -> Callable[[], None]:
        return lambda: self._start_node(self.clock.scenario(), fresh=kill.power)

    def _start_node(self, at: float, fresh: bool) -> None:
        if fresh:
            name = hashlib.blake2b(f"{self.seed}/{len(self._boots)}/{self.origin}".encode(), digest_size=6).hexdigest()
            self._boots.append(Boot(name, at))
        boot = self._boots[-1]
        assert self._link is not None
        card = self.seed + len(self._boots) if any(kill.power for kill in self.plan.kill) else None
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
        words = ["gateway", "run", str(self._config), "--sim", str(self._scenario), "--handover", str(path)]
        self._node = Child("node", words, self.stage.folder)
        self._started_at = at

    def _drain(self) -> bool:
        """Wait until the node has nothing unreceipted left; False where the time for it is over."""
        end = real() + DRAIN
        while real() < end:
            shot = snapshot.load(self.stage.runtime)
            if shot is not None and shot["resting"] and shot["outbox"]["unreceipted"] == 0 and shot["outbox"]["unsealed"] == 0:
                return True
            self._look()
            self._progress(self.clock.scenario(), "")
            self.clock.sleep(TICK * self.speed)
        return False

    def _end(self) -> None:
        """End everything that was started, the node first, so that it can still say goodbye."""
        with ExitStack() as last_to_first:
            if self._broker is not None:
                last_to_first.callback(self._broker.stop)
            for child in (self._link, self._hub, self._node):
                if child is not None:
                    last_to_first.callback(child.end)
