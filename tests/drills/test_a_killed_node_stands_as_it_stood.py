"""Promise: a node that is killed, or loses its power, while alarms stand in six different states comes back with each as it was and every output
as it was, before it has read anything; and the hub hears nothing twice.

Real processes, a real Mosquitto and the reference hub; the acts are done at the control door, as a person does them.
"""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from gateway.cli._node import Refused, RunningNode, Unreachable
from gateway.clock import real
from gateway.demo.handover import Handover, save
from tests.mosquitto import Mosquitto
from tests.node import Node

WITHIN = 30.0
RULES = ("unacked", "acked", "latched", "silenced", "shelved", "broken")
"""One alarm on a sensor of its own for each state; the rule is named after it. The first pin of each is a siren, the second a beacon."""
PINS = {rule: (4 + 2 * place, 5 + 2 * place) for place, rule in enumerate(RULES)}
SOUNDING = {"unacked": (1, 1), "acked": (1, 1), "latched": (1, 1), "silenced": (0, 1), "shelved": (0, 0), "broken": (0, 0)}
HEARD = {
    "unacked": ["raised"],
    "acked": ["raised", "acked"],
    "latched": ["raised", "cleared"],
    "silenced": ["raised", "silenced"],
    "shelved": ["raised", "shelved"],
    "broken": ["fault"],
}
TOLD = ("state", "level", "occurrence", "active", "acked", "latched", "latch", "fault")
HEAD = '[node]\nsite = "daegu"\nname = "n0001"\nstate = "{folder}/state"\nruntime = "{folder}/run"\n[hub]\nurl = "{url}"\n'


def config() -> str:
    """Six sensors, each with an alarm, a siren and a beacon."""
    text = HEAD
    for place, rule in enumerate(RULES):
        siren, beacon = PINS[rule]
        text += f'[[output]]\nname = "siren.{rule}"\nkind = "siren"\npin = {siren}\n'
        text += f'[[output]]\nname = "beacon.{rule}"\nkind = "beacon"\npin = {beacon}\npatterns = ["steady"]\n'
        text += f'[[sensor]]\nname = "{rule}"\ndriver = "loop_4_20ma"\nperiod = "500 ms"\nquantity = "carbon_monoxide"\nunit = "[ppm]"\n'
        text += f'low = 0.0\nhigh = 500.0\naddress = {0x48 + place // 3}\nchannel = "A{place % 3}"\n'
        text += f'[[alarm]]\nname = "{rule}"\nseries = "{rule}"\na1 = 30.0\na2 = 100.0\nfault_after = "1 s"\n'
        text += f'outputs = ["siren.{rule}", "beacon.{rule}"]\n'
        text += "latching = [1, 2]\n" if rule == "latched" else ""
    return text


def scenario() -> str:
    """Gas at five of them, gone again at `latched`; the sixth has no current."""
    text = 'title = "Six states"\nlasts = "1 h"\nconfig = "gateway.toml"\n[signals.gas]\nkind = "constant"\nvalue = 60.0\n'
    text += '[signals.whiff]\nkind = "steps"\nsteps = [[0, 60.0], [4, 0.0]]\n'
    for chip in (0x48, 0x49):
        text += f'[chips."i2c-1:0x{chip:02x}"]\nkind = "ads1115"\n'
    for place, rule in enumerate(RULES):
        name = "whiff" if rule == "latched" else "gas"
        text += f'[chips."i2c-1:0x{0x48 + place // 3:02x}".inputs.A{place % 3}]\nkind = "loop"\nsignal = "{name}"\nlrv = 0.0\nurv = 500.0\n'
    return text + '[[faults]]\nkind = "open"\non = "i2c-1:0x49/A2"\n'


class Post:
    """A node that is started again and again. boot: how often its power came."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self.origin = real()
        self.boot, self.booted = 1, 0.0
        self.node: Node | None = None

    def start(self, volatile: bool = False) -> None:
        """Start it. volatile: on a disk that loses what is not synced when the process ends."""
        for name in ("trace", "reads"):
            (self.folder / name).unlink(missing_ok=True)
        note = Handover(
            origin=self.origin, speed=1.0, seed=1, boot=f"{self.boot:012x}", booted=self.booted, until=3600.0, state=f"{self.folder}/state",
            runtime=f"{self.folder}/run", broker=self.url, reads=f"{self.folder}/reads", trace=f"{self.folder}/trace", card=1 if volatile else None,
        )  # fmt: skip
        save(note, self.folder / "handover.json")
        self.node = Node(self.folder, self.url, config=config(), scenario=scenario(), extra=["--handover", str(self.folder / "handover.json")])

    def die(self, power: bool = False) -> None:
        """SIGKILL; with the power all that was in memory goes too."""
        assert self.node is not None
        self.node.end(signal.SIGKILL)
        if power:
            shutil.rmtree(self.folder / "run")
            self.boot, self.booted = self.boot + 1, real() - self.origin

    def ask(self, do: str, **words: Any) -> dict[str, Any]:
        """Ask at the control door."""
        return RunningNode(self.folder / "run").ask(do, **words)

    def act(self, what: str, rule: str, **words: Any) -> None:
        """What a person does."""
        self.ask("alarm", what=what, rule=rule, who="kim", why="a drill", **words)

    def alarms(self) -> dict[str, dict[str, Any]]:
        """How every alarm stands; empty while the node does not answer."""
        with suppress(Unreachable, Refused):
            return {alarm["rule"]: alarm for alarm in self.ask("alarms")["alarms"]}
        return {}

    def outputs(self) -> list[tuple[int, int, float]]:
        """What became of the pins since the start: pin, level, when."""
        lines = [json.loads(line) for line in (self.folder / "trace").read_text().splitlines()]
        return [(int(pin.removeprefix("gpio-")), level, at) for kind, pin, level, at in (line for line in lines if line[0] == "output")]

    def first_read(self) -> float:
        """When the first sensor was read since the start."""
        return min(float(json.loads(line)[4]) for line in (self.folder / "reads").read_text().splitlines())


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for something; AssertionError where it does not come."""
    end = real() + WITHIN
    while not condition():
        assert real() < end, what
        Event().wait(0.1)


@contextmanager
def hub(folder: Path, url: str) -> Iterator[Path]:
    """The reference hub, listening; its database."""
    database = folder / "hub.sqlite"
    command = [sys.executable, "-m", "gateway", "hub", "--broker", url, "--db", str(database)]
    with (folder / "hub.log").open("wb") as log, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process:
        assert process.stdout is not None
        assert "listening" in process.stdout.readline(), (folder / "hub.log").read_text()
        try:
            yield database
        finally:
            process.terminate()


def heard(database: Path) -> dict[str, list[str]]:
    """What the hub has of each rule, twins of a volatile epoch included: there is none."""
    found: dict[str, list[str]] = {rule: [] for rule in RULES}
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as db:
        for rule, change in db.execute("SELECT rule, change FROM alarms WHERE twin = 0 ORDER BY rowid"):
            found[rule].append(change)
    db.close()
    return found


def stands(post: Post, before: dict[str, dict[str, Any]]) -> None:
    """The node is up again, and as it was."""
    until(lambda: bool(post.alarms()), "the node does not answer")
    after = post.alarms()
    for rule, alarm in before.items():
        assert {key: after[rule][key] for key in TOLD} == {key: alarm[key] for key in TOLD}, rule
        for what in ("silenced", "shelved"):
            left, was = after[rule][what], alarm[what]
            assert (left is None) == (was is None), (rule, what, left, was)
            assert left is None or was - 120 < left <= was + 6, f"{rule} was {what} for {was} s more, now for {left} s"
    until(lambda: (post.folder / "reads").exists() and len((post.folder / "reads").read_text().splitlines()) > 24, "nothing is read")
    outputs = post.outputs()
    on = {pin for rule in RULES for pin, level in zip(PINS[rule], SOUNDING[rule]) if level}
    assert sorted((pin, level) for pin, level, _ in outputs) == [(pin, 1) for pin in sorted(on)], "each opened as it was, and not touched since"
    assert max(at for _, _, at in outputs) < post.first_read(), "the outputs come before the sensors"


@pytest.mark.slow
def test_six_states_survive_kills_and_a_power_cut(tmp_path: Path, mosquitto: Mosquitto) -> None:
    mosquitto.start()
    with hub(tmp_path, mosquitto.url) as database:
        post = Post(tmp_path, mosquitto.url)
        post.start()
        try:
            until(lambda: sum(alarm["active"] for alarm in post.alarms().values()) >= 4, "no alarm")
            post.act("ack", "acked")
            post.act("silence", "silenced", seconds=600.0)
            post.act("shelve", "shelved", seconds=3600.0)
            until(lambda: post.alarms()["latched"]["state"] == "LATCH_UNACK" and post.alarms()["broken"]["fault"], "not all in their states")
            before = post.alarms()
            assert [before[rule]["state"] for rule in RULES] == ["UNACK", "ACKED", "LATCH_UNACK", "UNACK", "UNACK", "NORMAL"]
            until(lambda: heard(database) == HEARD, "the hub has not heard all")
            for power in (False, False, True, True, False):
                post.die(power)
                post.start(volatile=True)
                stands(post, before)
            post.act("ack", "unacked")
            until(lambda: heard(database)["unacked"][-1] == "acked", "the hub hears no more")
            assert heard(database) == {**HEARD, "unacked": ["raised", "acked"]}, "one new word, and none of the old ones again"
        finally:
            post.die()
