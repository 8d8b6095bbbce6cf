"""A node without threads: a configuration as a person writes it, real drivers, guard and outputs on simulated copper, the acts at the door, and a
clock that moves only when the test says so."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gateway.alarming import Alarming
from gateway.attention import Attention
from gateway.clock import ClockTable
from gateway.config import Config, build
from gateway.contract.messages import Alarm, AnyEvent, ClockFix
from gateway.control.requests import Actor, Refusal, answer
from gateway.early import restored
from gateway.guard import Guard
from gateway.inbox import Inbox
from gateway.model import Labelled, Sampled
from gateway.voice import Voice
from gateway.wiring import Care, Orders
from hardware.sim.buses import SimBuses
from hardware.sim.clock import SteppedClock

SIREN, BEACON = 17, 27
TODAY = 1_780_000_000.0
"""2026-05-28, UTC: when the clock begins."""
HEAD = """
[node]
site = "daegu"
name = "n0001"
state = "{folder}"
runtime = "{folder}"
[[output]]
name = "siren"
kind = "siren"
pin = 17
[[output]]
name = "beacon"
kind = "beacon"
pin = 27
patterns = ["steady"]
"""
GASES = """
[[sensor]]
name = "co"
driver = "loop_4_20ma"
channel = "A0"
quantity = "carbon_monoxide"
unit = "[ppm]"
low = 0.0
high = 500.0
[[sensor]]
name = "lel"
driver = "loop_4_20ma"
channel = "A1"
quantity = "methane"
unit = "%{LEL}"
gas = "methane"
basis = "iec"
low = 0.0
high = 100.0
[[alarm]]
name = "co"
series = "co"
a1 = 30.0
a2 = 100.0
latching = [1]
outputs = ["siren", "beacon"]
[[alarm]]
name = "methane"
series = "lel"
a1 = 20.0
a2 = 40.0
outputs = ["siren", "beacon"]
"""
COPPER = """
[signals.co]
kind = "steps"
steps = {co}
[signals.lel]
kind = "steps"
steps = {lel}
[chips."i2c-1:0x48"]
kind = "ads1115"
[chips."i2c-1:0x48".inputs.A0]
kind = "loop"
signal = "co"
lrv = 0.0
urv = 500.0
[chips."i2c-1:0x48".inputs.A1]
kind = "loop"
signal = "lel"
lrv = 0.0
urv = 100.0
"""
CALM = [[0, 0.0]]


def copper(co: list[list[float]] = CALM, lel: list[list[float]] = CALM) -> str:
    """Both gases, as steps of [second, value]."""
    return COPPER.format(co=json.dumps(co), lel=json.dumps(lel))


def read(text: str, folder: Path) -> Config:
    """The configuration; ConfigError where it is none."""
    return build(tomllib.loads((HEAD + text).replace("{folder}", str(folder))), folder / "gateway.toml", "00000000")


class Post:
    """The parts, joined as in a node. alarms: what was told; notices: of the node."""

    def __init__(self, folder: Path, clock: SteppedClock, buses: SimBuses, text: str = GASES, log: list[bytes] | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.clock, self.buses = clock, buses
        config = read(text, folder)
        self.clocks = ClockTable({clock.boot: ClockFix(SteppedClock().monotonic(), TODAY, "ntp", 0.05)})
        self.alarms: list[Alarm] = []
        self.events: list[AnyEvent] = []
        kept: list[Labelled] = []
        self.rounds: Inbox[list[Sampled]] = Inbox(1000)
        self.orders: Orders = Inbox(100)
        voice = Voice("n0001", True, clock)
        care = Care(config, None, voice, self.clocks.utc, self.orders, kept.append, self.events.append)
        self.alarming = Alarming(config, voice, lambda: care.table, log or [], ())
        self.guard = Guard(
            care.appraiser(), self.rounds, care.record, self.alarming.phrase, self._tell, self.alarming.watches,
            restored(config, buses, clock.boot), self.alarming.memory, None, self.orders, self.alarming.sounders(),
            pressed=self.alarming.panel(lambda *said: self.events.append(voice.notice(*said))).take,
        )  # fmt: skip
        self.door = care.door(self.guard, lambda: None, more=lambda desk: self.alarming.acts(desk, self.guard, self.orders))
        attention = Attention(config, voice, lambda: care.table, self.clocks.utc, self.events.append)
        self.samplers = attention.samplers(buses, clock, self.rounds.put, (float("-inf"), float("inf")))
        self._due = [0.0 for _ in self.samplers]
        self.orders.wake = self._answer

    def _tell(self, alarm: Alarm) -> None:
        self.alarms.append(alarm)
        self.alarming.changes.note(alarm)

    def _answer(self) -> None:
        """Guard follows an order at once, as it does when it is woken."""
        self._step()

    def _step(self) -> float:
        return self.guard.step(self.clock.monotonic())

    def run(self, seconds: float, seen: Callable[[], Any] = lambda: None) -> list[Any]:
        """Let time pass: sensors are read when they are due, guard steps at every reading and when it asked for it. Gives what was seen at each."""
        end, found = self.clock.monotonic() + seconds, []
        while self.clock.monotonic() < end:
            for place, sampler in enumerate(self.samplers):
                if self._due[place] <= self.clock.monotonic():
                    self._due[place] = sampler.step(self.clock.monotonic())
            wake = self._step()
            found.append(seen())
            self.clock.advance(max(0.001, min(wake, end, *self._due) - self.clock.monotonic()))
        self._step()
        return found

    def pin(self, number: int) -> int:
        """The level of a pin."""
        return int(self.buses._pins._factory.pin(number).state)

    @property
    def shown(self) -> tuple[int, int]:
        """Siren and beacon."""
        return self.pin(SIREN), self.pin(BEACON)

    def ask(self, do: str, **content: Any) -> dict[str, Any]:
        """Ask at the door. Refusal where it is not done."""
        return answer(self.door.acts, Actor(1000), json.dumps({"do": do, **content}).encode())

    def act(self, what: str, rule: str, **content: Any) -> dict[str, Any]:
        """Do something to an alarm; the alarm after it."""
        found: dict[str, Any] = self.ask("alarm", **{"what": what, "rule": rule, "who": "kim", **content})["alarm"]
        return found

    def refused(self, what: str, rule: str, **content: Any) -> str:
        """Why it is refused; AssertionError where it is done."""
        try:
            self.act(what, rule, **content)
        except Refusal as refusal:
            return str(refusal)
        raise AssertionError(f"{what} of {rule} {content} was done")

    def alarm(self, rule: str) -> dict[str, Any]:
        """How an alarm stands, as who asks is told."""
        (found,) = self.ask("alarms", rule=rule)["alarms"]
        return dict(found)

    def told(self, what: str) -> list[tuple[str, str]]:
        """The notices of a kind: where, and in which words."""
        return [(event.where, event.detail) for event in self.events if getattr(event, "what", "") == what]  # type: ignore[union-attr]
