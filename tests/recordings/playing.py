"""A recording through the whole chain of a node: number, simulated chip, bytes, driver, sampler, guard with its appraiser, rules, changes.

Decision: everything is the node's own, joined from its configuration as it is; only the threads, the disk and the link are not there. The clock is
stepped: it moves as the wires take their time, and from one recorded number to the next.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from gateway import config, rules
from gateway.appraisal import Appraiser
from gateway.clock import real
from gateway.guard import Guard
from gateway.inbox import Inbox
from gateway.model import Quality, Reading, Sampled
from gateway.rules import Change, Watch
from gateway.sampler import Sampler, Sensor
from hardware.driver import load
from hardware.sim.buses import SimBuses
from hardware.sim.clock import SteppedClock
from hardware.sim.scenario import parse
from hardware.sim.world import World
from tests.recordings.cases import Play

SITES = Path(__file__).parent / "sites"
SIGNAL = "recorded"
"""Name of the signal that is the recording, in the worlds of the sites."""
ROUNDS = 64
"""Rounds between two steps of guard: more than one reading has."""


class Turn(NamedTuple):
    """A change of an alarm. at: UTC seconds."""

    at: float
    rule: str
    what: str
    level: int


class Played(NamedTuple):
    """What came of a play. readings: of the sensor's first series; bad: those of them without a value. seconds: that the run took."""

    turns: tuple[Turn, ...]
    readings: int
    bad: int
    seconds: float


def site(name: str, survey: Mapping[str, Any]) -> config.Config:
    """The configuration of a site with what was surveyed, and the rules that are tried beside it. A value of None takes a key away. KeyError where
    there is no such table; ConfigError where it cannot be used."""
    path = SITES / f"{name}.gateway.toml"
    tree = tomllib.loads(path.read_text(encoding="utf-8"))
    tried = SITES / f"{name}.tried.toml"
    for section, tables in tomllib.loads(tried.read_text(encoding="utf-8")).items() if tried.is_file() else ():
        tree[section] = tree.get(section, []) + tables
    for key, value in survey.items():
        section, table, option = key.split(".")
        found = {item["name"]: item for item in tree[section]}[table]
        found.pop(option, None)
        found |= {} if value is None else {option: value}
    return config.build(tree, path, "00000000")


class Node:
    """The parts of a node on one bus. turns: what its alarms did."""

    def __init__(self, made: config.Config, world: World, clock: SteppedClock) -> None:
        table = made.table()
        place = {info.name: index for index, info in enumerate(table.series)}
        sensors = [
            Sensor(m.sensor.name, load(m.sensor.driver), m.options, float(m.sensor.period), {c: place[s] for c, s in m.series.items()})
            for m in made.sensors
        ]
        self.inbox: Inbox[list[Sampled]] = Inbox(ROUNDS)
        self.quality: Counter[int] = Counter()
        self.turns: list[Change] = []
        watches = [Watch(rule, rules.condition(rule, table)) for rule in made.alarms]
        appraiser = Appraiser(table.series, made.checks, made.derived)
        self._guard = Guard(appraiser, self.inbox, self._record, lambda change, before, on: change, self.turns.append, watches)  # type: ignore[arg-type, return-value]
        self._sampler = Sampler(made.sensors[0].options.bus(), sensors, SimBuses(world), clock, self.inbox.put)
        self._clock = clock

    def _record(self, reading: Reading) -> None:
        if reading.series == 0:
            self.quality[reading.quality] += 1

    def step(self) -> None:
        """Read what is due, and judge it."""
        self._sampler.step(self._clock.monotonic())
        self._guard.step(self._clock.monotonic())

    def close(self) -> None:
        """Let go of the drivers."""
        self._sampler.close()


def play(one: Play, seed: int = 1) -> Played:
    """Run one recording through a node."""
    started = real()
    world_of = tomllib.loads((SITES / f"{one.site}.toml").read_text(encoding="utf-8"))
    begin = one.track.times[0]
    steps = [(at - begin, value) for at, value in zip(one.track.times, one.track.values)]
    clock = SteppedClock()
    world = World(parse(world_of | {"signals": {SIGNAL: {"kind": "steps", "steps": steps}}}), clock, seed)
    node = Node(site(one.site, one.survey), world, clock)
    booted = clock.monotonic() - clock.scenario()
    for at in _moments(one, steps[-1][0]):
        clock.advance(at - clock.scenario())
        node.step()
    node.close()
    turns = tuple(Turn(begin + change.ms / 1000 - booted, change.rule.name, change.what, change.state.level) for change in node.turns)
    return Played(turns, sum(node.quality.values()), node.quality[Quality.BAD], real() - started)


def _moments(one: Play, last: float) -> list[float]:
    """When the node reads, seconds since the first number."""
    if one.reads is None:
        return [at - one.track.times[0] for at in one.track.times]
    return [index * one.reads for index in range(int(last // one.reads) + 1)]
