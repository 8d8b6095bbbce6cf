"""A run from its beginning to its end: broker, cuttable link, flood and node as processes; the node is started again whenever it ends.

Order of time: the node starts and connects while everything is sound; after SICK_AFTER seconds all disturbances begin; LEAD seconds later the
crossings. The link is cut whenever it has stood for CONNECTED seconds: then the node has to resolve its broker's name again, which hangs.
"""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from gateway.clock import real
from gateway.demo.processes import Child, LinkChild
from tests.crossing.measure import Measured, measured, pins_of, reads_of
from tests.crossing.plan import planned
from tests.crossing.scene import CODE, GAS, NODE, SIREN, SITE, Places, write
from tests.crossing.tally import Fact, Reader
from tests.mosquitto import Mosquitto

FAULTS = {
    "hub": "no hub is there, only the broker",
    "fsync": "every fsync and fdatasync of the state directory takes 5 s",
    "full": "the disk is full for 10 s of every 20 s",
    "dns": "the link is cut every 20 s, and the broker's name then takes 30 s to resolve",
    "garbage": "1,000 messages a second on the node's own down topics",
    "nak": "a sensor on the gas detector's bus does not acknowledge",
    "stretch": "another there holds the clock until the kernel gives up, 0.1 s each time",
    "hang": "a sensor on another bus never returns from a transfer",
}
"""What is broken, all at once."""
SICK_AFTER = 6.0
LEAD = 2.0
CONNECTED = 20.0
SETTLE = 2.0
TICK = 0.1
MOST_STARTS = 20
SETTINGS = """\
listener PORT 127.0.0.1
allow_anonymous true
log_dest file FOLDER/mosquitto.log
"""


class Outcome(NamedTuple):
    """A finished run. tally: what the disturbances did. deaths: when a node's process ended. lasted: seconds of the disturbances; connected, hung:
    seconds of those that the node had a connection, and waited for the resolver. cpu: of the node, seconds; peak: its largest memory, bytes."""

    measured: Measured
    tally: Reader
    deaths: list[float]
    lasted: float
    connected: float
    hung: float
    cpu: float
    peak: int


class Spans:
    """How long something lasted in all, after a first moment."""

    def __init__(self, first: float) -> None:
        self._first = first
        self.since: float | None = None
        self.total = 0.0

    def begin(self, at: float) -> None:
        """It begins, or has begun before `first`."""
        self.end(at)
        self.since = max(at, self._first)

    def end(self, at: float) -> None:
        """It ends, if it was on."""
        if self.since is not None:
            self.total += max(0.0, at - self.since)
        self.since = None


class Stage:
    """The processes of a run."""

    def __init__(self, places: Places, faults: Sequence[str], crossings: int, seed: int) -> None:
        self._places, self._faults, self._seed = places, faults, seed
        self._broker = Mosquitto(places.folder / "broker", SETTINGS)
        self._broker.start()
        self._link = LinkChild("127.0.0.1", self._broker.port, places.folder)
        self._others: list[Child] = [self._link]
        if "hub" not in faults:
            hub = ["gateway", "hub", "--broker", self._broker.url, "--db", str(places.folder / "hub.sqlite")]
            self._others.append(Child("hub", hub, places.folder))
        self.planned = planned(crossings, seed, SICK_AFTER + LEAD)
        self.origin = real()
        write(places, self.planned, self._link.port, self.origin, secrets.token_hex(6), faults)
        self._sick = self.origin + SICK_AFTER
        self._flooding = False
        self.reader = Reader(places.tally)
        self.connected, self.hung = Spans(self._sick), Spans(self._sick)
        self.deaths: list[float] = []
        self.cpu, self._cpu, self.peak = 0.0, 0.0, 0
        self._node = self._start()

    def _start(self) -> Child:
        places = self._places
        arguments = ["tests.crossing.node", str(places.folder), str(places.memory), str(SICK_AFTER), *self._faults]
        return Child("node", arguments, places.folder)

    def play(self, until: float) -> None:
        """Let it run until that scenario time."""
        while real() < self.origin + until:
            with suppress(subprocess.TimeoutExpired):
                self._node.process.wait(TICK)
                self.deaths.append(real())
                self._node.end()
                if len(self.deaths) > MOST_STARTS:
                    raise AssertionError(f"the node ends again and again:\n{(self._places.folder / 'node.log').read_text()[-3000:]}")
                self.cpu, self._cpu = self.cpu + self._cpu, 0.0
                self._node = self._start()
            self._look()

    def _look(self) -> None:
        """Keep up with what happened; begin the flood and cut the link when it is time."""
        now = real()
        for fact in self.reader.news():
            self._follow(fact)
        if now >= self._sick and not self._flooding and "garbage" in self._faults:
            self._flooding = True
            self._others.append(Child("flood", ["tests.crossing.flood", str(self._broker.port), SITE, NODE, str(self._seed)], self._places.folder))
        if "dns" in self._faults and self.connected.since is not None and now - self.connected.since > CONNECTED:
            self.connected.end(now)
            self._link.say("down")
            self._link.say("up")
        with suppress(OSError, IndexError, ValueError):
            proc = Path("/proc") / str(self._node.process.pid)
            words = (proc / "stat").read_text().rpartition(")")[2].split()
            self._cpu = (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
            self.peak = max(self.peak, int((proc / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"))

    def _follow(self, fact: Fact) -> None:
        match fact.what:
            case "connected":
                self.connected.begin(fact.at)
            case "lost":
                self.connected.end(fact.at)
            case "dns begins":
                self.hung.begin(fact.at)
            case "dns":
                self.hung.end(fact.at)
            case "start":
                self.connected.end(fact.at)
                self.hung.end(fact.at)

    def end(self) -> None:
        """End every process; the node by SIGKILL, because all that is measured is written down."""
        self._node.kill()
        for child in reversed(self._others):
            child.end()
        self._broker.stop()
        for fact in self.reader.news():
            self._follow(fact)
        self.cpu += self._cpu
        for span in (self.connected, self.hung):
            span.end(real())


def run(folder: Path, memory: Path, crossings: int, seed: int, faults: Sequence[str]) -> Outcome:
    """So many crossings with these faults. folder: for the node's disk, logs and the broker; memory: for what a node keeps in memory."""
    places = Places(folder, memory)
    stage = Stage(places, faults, crossings, seed)
    until = stage.planned[-1].down + SETTLE
    try:
        stage.play(until)
    finally:
        stage.end()
    found = measured(stage.planned, stage.origin, pins_of(places.trace, SIREN), reads_of(places.reads, GAS, CODE), stage.deaths)
    return Outcome(found, stage.reader, stage.deaths, until - SICK_AFTER, stage.connected.total, stage.hung.total, stage.cpu, stage.peak)
