"""All the states that an alarm can be in, and the ways between them: what the world and people can do, and a twin of the alarm that never dies.

The twin is the rule alone, in memory, given the same readings and acts; what it says is what the hub has to have heard of a node that died a hundred
times meanwhile. Its states are found breadth first, from the normal one, by every step that is there; a state is what is told of it: the booleans,
the level, the level that is held, and whether the rule's own fault stands.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from gateway.model import AlarmState, Flag, Reading, Sampled, SeriesInfo, Table
from gateway.quality import judge
from gateway.rules import Act, Actor, Change, Refused, Rule, Watch, condition
from gateway.rules.acts import What
from hardware.sample import Quality, Reason, Sample, bad
from hardware.sim.faults import Failed, Fault, Inhibited

KIM = Actor("kim", "panel")
HOLD = 7
"""Readings of a step: longer than every delay of the rules, and than their N of M."""
SILENCED, SHELVED = 600.0, 8 * 3600.0
"""Seconds, the longest there are: so that none ends while the walk goes on, but when it waits for that."""
FLAGS = ("active", "acked", "latched", "silenced", "shelved", "inhibited", "over_range", "returned")
State = tuple[Any, ...]


class Sense(NamedTuple):
    """What is at the wire. maintained: while somebody works on the channel."""

    value: float
    fault: type[Fault] | None = None
    maintained: bool = False
    reason: Reason | None = None

    def sample(self, info: SeriesInfo) -> Sample:
        """What a driver says of it."""
        if self.fault is not None:
            return bad(info.quantity, Reason.INHIBIT if self.fault is Inhibited else Reason.SENSOR_FAULT)
        raw = round((self.value - info.intercept) / info.slope)
        return Sample(info.quantity, raw, self.value, Quality.GOOD if self.reason is None else Quality.UNCERTAIN, self.reason)


class Step(NamedTuple):
    """One thing that happens: the wire changes, a person acts, or time passes."""

    name: str
    sense: Sense | None = None
    act: What | None = None
    wait: float = 0.0


ACTS: tuple[Step, ...] = tuple(Step(what, act=what) for what in ("ack", "silence", "reset", "shelve", "unshelve"))
WAITS = (Step("silence over", wait=SILENCED + 1), Step("shelve over", wait=SHELVED + 1))


def steps(values: Mapping[str, float], over: float, gas: float) -> dict[str, Step]:
    """All that can happen: these values, one over the range, a wire that fails, a device that inhibits itself, maintenance with gas on the sensor,
    what people do, time."""
    senses = {name: Sense(value) for name, value in values.items()}
    senses |= {"over": Sense(over, reason=Reason.OVER_RANGE), "bad": Sense(0.0, Failed), "inhibit": Sense(0.0, Inhibited)}
    senses["maintenance"] = Sense(gas, maintained=True)
    return {step.name: step for step in [*(Step(name, sense) for name, sense in senses.items()), *ACTS, *WAITS]}


def deed(step: Step, rule: str) -> Act:
    """The act of a step, on what stands."""
    assert step.act is not None
    until = {"silence": SILENCED, "shelve": SHELVED}.get(step.act)
    return Act(step.act, rule, None, KIM, "a drill", until)


def state_of(state: AlarmState, fault: bool) -> State:
    """What a state is told by, but for its number and its times."""
    return (*(getattr(state, flag) for flag in FLAGS), state.level, state.latch, fault)


def shown(state: State) -> str:
    """A state in words."""
    names = [flag for flag, on in zip(FLAGS, state) if on and flag != "acked"] + ([] if state[1] else ["unacked"])
    return f"level {state[8]} latch {state[9]}{' fault' if state[10] else ''} {' '.join(names)}".strip()


def told(change: Change) -> tuple[Any, ...]:
    """What an announcement says."""
    return (change.what, change.state.occurrence, state_of(change.state, change.fault))


class Twin:
    """The alarm that never dies. held: the name of the step that is at the wire; changes: what it said."""

    def __init__(self, rule: Rule, table: Table, held: str) -> None:
        self.rule, self.table = rule, table
        self.watch = Watch(rule, condition(rule, table))
        self.changes: list[Change] = []
        self.held = held
        self.ms = 0

    @property
    def info(self) -> SeriesInfo:
        return next(info for info in self.table.series if info.name == self.rule.series[0])

    @property
    def state(self) -> State:
        return state_of(self.watch.state, self.watch.fault)

    def copy(self) -> Twin:
        """Another one in the same state, with nothing said."""
        found = copy.copy(self)
        found.watch = copy.deepcopy(self.watch, {id(self.rule): self.rule})
        found.changes = []
        return found

    def feed(self, samples: Iterable[Sampled], maintained: bool) -> None:
        """Readings, oldest first, and a look at the time after each."""
        for sampled in samples:
            made = judge(self.info, sampled)
            flags = made.flags | (Flag.MAINTENANCE | Flag.TEST if maintained else 0)
            self.ms = sampled.ms
            self.changes += self.watch.feed(Reading(made.series, made.ms, made.raw, made.value, made.quality, int(flags), made.reason))
            self.changes += self.watch.expire(sampled.ms)

    def act(self, act: Act) -> bool:
        """Do what a person asks for; whether it was allowed."""
        try:
            self.changes += self.watch.act(act, self.ms)
        except Refused:
            return False
        return True


def alone(twin: Twin, step: Step, senses: Mapping[str, Step]) -> None:
    """Let a step happen to the twin alone, with the samples that a driver would give."""
    twin.ms += round(step.wait * 1000)
    if step.act is not None:
        twin.act(deed(step, twin.rule.name))
    if step.sense is not None:
        twin.held = step.name
    sense = senses[twin.held].sense
    assert sense is not None
    place = next(index for index, info in enumerate(twin.table.series) if info.name == twin.rule.series[0])
    begin = twin.ms
    for second in range(1, 1 + (HOLD if step.sense is not None else 1)):
        twin.feed([Sampled(place, begin + 1000 * second, sense.sample(twin.info))], sense.maintained)


Key = tuple[State, str]


class Edge(NamedTuple):
    """Where a step leads, and what is said on the way."""

    to: Key
    said: tuple[str, ...]


def graph(start: Twin, all_steps: Mapping[str, Step]) -> dict[Key, dict[str, Edge]]:
    """Every state that can be reached, with what is at the wire, and where each step leads from there."""
    begin = (start.state, start.held)
    found: dict[Key, dict[str, Edge]] = {}
    frontier = deque([start])
    seen = {begin}
    while frontier:
        here = frontier.popleft()
        edges = found[here.state, here.held] = {}
        for name, step in all_steps.items():
            there = here.copy()
            alone(there, step, all_steps)
            key = (there.state, there.held)
            edges[name] = Edge(key, tuple(change.what for change in there.changes))
            if key not in seen:
                seen.add(key)
                frontier.append(there)
    return found


def way(edges: Mapping[Key, Mapping[str, Edge]], begin: Key, wanted: Iterable[Key]) -> list[str]:
    """The fewest steps from one place to the nearest of others; none where one is there already. AssertionError where there is no way."""
    goals = set(wanted)
    before: dict[Key, tuple[Key, str] | None] = {begin: None}
    frontier = deque([begin])
    while frontier:
        here = frontier.popleft()
        if here in goals:
            path: list[str] = []
            while (origin := before[here]) is not None:
                here, name = origin
                path.append(name)
            return path[::-1]
        for name, edge in edges[here].items():
            if edge.to not in before:
                before[edge.to] = (here, name)
                frontier.append(edge.to)
    raise AssertionError(f"no way from {shown(begin[0])} ({begin[1]})")


def said(changes: Sequence[Change]) -> list[tuple[Any, ...]]:
    """What announcements say, in order."""
    return [told(change) for change in changes]
