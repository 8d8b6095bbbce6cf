"""A walk through every state of an alarm on a running node, which dies in each of them, twice: by SIGKILL and by a power cut.

After each death the node is looked at before it has read anything (state, times, outputs), then what was at the wire goes on, and the hub must have
heard what the twin said: nothing more, nothing less, nothing twice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from gateway.contract.messages import Alarm
from gateway.model import AlarmState
from tests.gateway.dying.mortal import DEATHS, Death, Ground, Life
from tests.gateway.dying.rules import Case
from tests.gateway.dying.walk import FLAGS, HOLD, Edge, Key, State, Step, Twin, deed, graph, shown, state_of, way

PINS = {"gpio-17": "siren", "gpio-27": "beacon"}


def heard(alarm: Alarm) -> tuple[object, ...]:
    """What an announcement says at the hub, as `walk.told` has it."""
    state: State = (*(getattr(alarm, flag) for flag in FLAGS), alarm.level, alarm.latch, alarm.fault)
    return (alarm.change, alarm.occurrence, state)


def on(state: AlarmState) -> dict[str, int]:
    """The level that each pin has to have: an alarm that is active or latched sounds and shines unless it is shelved; a silence is for the siren."""
    stands = (state.active or state.latched) and not state.shelved
    return {"gpio-17": int(stands and not state.silenced), "gpio-27": int(stands)}


class Tour:
    """A node and its twin. past: running milliseconds before this boot as the node knows them, which are what its times are moved by."""

    def __init__(self, folder: Path, case: Case, seed: int) -> None:
        self.case = case
        self.ground = Ground(folder, case.tree, seed, case.urv)
        self.twin = Twin(self.ground.config.alarms[0], self.ground.config.table(), "clear")
        self.life = Life(self.ground)
        self.path: list[str] = []
        self.checked = 0

    @property
    def key(self) -> Key:
        return self.twin.state, self.twin.held

    def do(self, step: Step, readings: int = HOLD) -> None:
        """Let a step happen to both. readings: for so long, where the wire changes."""
        self.path.append(step.name)
        self.life.clock.advance(step.wait)
        self.twin.ms = self.life.now_ms + self.ground.past
        if step.act is not None:
            act = deed(step, self.twin.rule.name)
            assert self.life.act(act) == self.twin.act(act), f"{step.name} is allowed to one of them only"
        if step.sense is not None:
            self.twin.held = step.name
        self.hold(readings if step.sense is not None else 1)

    def hold(self, count: int) -> None:
        """What is at the wire goes on."""
        sense = self.case.steps[self.twin.held].sense
        assert sense is not None
        self.life.feel(sense.value, sense.fault)
        self.life.maintain(self.twin.rule.series[0], sense.maintained)
        self.life.read(count)
        self.life.settle()
        self.twin.feed(self.life.samples, sense.maintained)
        self.life.samples.clear()
        self.agree()

    def agree(self) -> None:
        """The hub has heard what the twin said."""
        at_hub = [heard(alarm) for alarm in self.ground.ledger.told[self.checked :]]
        own = [(change.what, change.state.occurrence, state_of(change.state, change.fault)) for change in self.twin.changes]
        assert at_hub == own, f"heard: {lines(at_hub)}\nto be heard: {lines(own)}"
        self.checked += len(at_hub)
        self.twin.changes.clear()
        assert state_of(self.life.watch.state, self.life.watch.fault) == self.twin.state

    def die(self, how: Death) -> None:
        """Die, be started again, be looked at, go on."""
        self.path.append(how)
        before, last = self.ground.past, self.twin.ms - self.ground.past
        self.ground.dies(how)
        self.life = Life(self.ground)
        if how == "power cut":
            known = self.life.app.outbox.boots[-1][1]
            assert known == last, f"the newest reading was at {last} ms and the node knows of {known}"
            self.ground.past = before + known
        state, fault = self.life.watch.state, self.life.watch.fault
        assert state_of(state, fault) == self.twin.state, f"it was {shown(self.twin.state)} and is {shown(state_of(state, fault))}"
        assert state.occurrence == self.twin.watch.state.occurrence
        for name in ("silenced_until", "shelved_until"):
            until, wanted = getattr(state, name), getattr(self.twin.watch.state, name)
            assert (until is None) == (wanted is None), (name, until, wanted)
            assert until is None or until + self.ground.past == wanted, f"{name} is {until + self.ground.past - wanted} ms off"
        wanted_on = on(self.twin.watch.state)
        opened = {pin: set(levels) for pin, levels in self.life.opened.items()}
        assert opened == {pin: {level} for pin, level in wanted_on.items()}, f"the pins were opened {opened}, not {wanted_on}"
        self.hold(HOLD)

    def go(self, edges: Mapping[Key, Mapping[str, Edge]], wanted: Collection[Key]) -> None:
        """Go to the nearest of these places. What ends by itself on the way changes the way."""
        while road := way(edges, self.key, wanted):
            self.do(self.case.steps[road[0]])

    def through(self, states: Collection[State]) -> int:
        """Go to each of these states, and die in it by each death; gives how often it died."""
        edges = graph(self.twin.copy(), self.case.steps)
        left = set(states)
        while left:
            self.go(edges, [key for key in edges if key[0] in left])
            for how in DEATHS:
                try:
                    self.die(how)
                except AssertionError as error:
                    raise AssertionError(f"{how} in {shown(self.key[0])} with {self.key[1]} at the wire, after {self.path[-40:]}: {error}") from error
            left.discard(self.key[0])
        return len(states) * len(DEATHS)


def lines(said: Sequence[tuple[Any, ...]]) -> str:
    """What was said, one announcement a line."""
    return "".join(f"\n  {what} {occurrence}: {shown(state)}" for what, occurrence, state in said) or " nothing"
