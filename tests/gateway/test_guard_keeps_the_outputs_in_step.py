"""Guard drives real outputs on simulated pins: a beacon flashes for as long as the alarm, a siren stops after its longest time, stays silent after a
restart, and sounds again when something new happens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from gateway.appraisal import Appraiser
from gateway.guard import Guard
from gateway.inbox import Inbox
from gateway.model import Reading, Sampled, SeriesInfo, Table
from gateway.remembrance import RuntimeMemory, watches
from gateway.rules import Act, Actor, Watch
from gateway.voice import Voice
from hardware.output import load
from hardware.quantities import convert
from hardware.sample import Sample
from hardware.sim.buses import SimBuses
from hardware.sim.clock import SteppedClock
from hardware.sim.scenario import Scenario
from hardware.sim.world import World
from tests.gateway.watching import threshold

CO = SeriesInfo("co", "carbon_monoxide", "[ppm]", 1, 0.0, 500.0, 1.0, 0.1)
RULE = threshold("co", "co", 30.0, 100.0, outputs=("siren", "beacon"))
H2S = SeriesInfo("h2s", "hydrogen_sulfide", "[ppm]", 1, 0.0, 100.0, 1.0, 0.1)
SECOND = threshold("h2s", "h2s", 10.0, outputs=("siren",))
SIREN, BEACON = 17, 27


class Node:
    """Guard with a siren of 60 s and a beacon, stepped as its seat would step it: when it asked for it, and at every reading."""

    def __init__(self, runtime: Path, clock: SteppedClock) -> None:
        runtime.mkdir(exist_ok=True)
        self.clock = clock
        self.buses = SimBuses(World(Scenario(), clock))
        self.memory = RuntimeMemory(runtime, SteppedClock().boot)
        self.inbox: Inbox[list[Sampled]] = Inbox(100)
        self.told: list[str] = []
        found: list[Watch] = watches([RULE, SECOND], Table((CO, H2S)), self.memory, ())
        outputs = {
            "siren": self._opener("siren", {"pin": SIREN, "max_on": "60 s"}),
            "beacon": self._opener("beacon", {"pin": BEACON, "patterns": ["slow", "fast"]}),
        }
        kept: list[Reading] = []
        self.guard = Guard(Appraiser([CO, H2S]), self.inbox, kept.append, self._phrase, lambda alarm: None, found, outputs, self.memory)

    def _opener(self, kind: str, written: dict[str, Any]) -> Any:
        door = load(kind)
        return lambda level: door.open(msgspec.convert(written, door.options, dec_hook=convert), self.buses, level, kind in self.memory.spent())

    def _phrase(self, change: Any, before: Any, on: Any) -> Any:
        self.told.append(change.what)
        return Voice("n", False, self.clock).alarm(change, {"co": CO, "h2s": H2S}[change.rule.series[0]], before, on)

    def pin(self, number: int) -> int:
        return int(self.buses._pins._factory.pin(number).state)

    def run(self, seconds: float, value: float, other: float = 0.0) -> list[tuple[int, int]]:
        """Let time pass with a reading of each gas a second; gives siren and beacon at every step."""
        seen = []
        end, due = self.clock.monotonic() + seconds, self.clock.monotonic()
        while self.clock.monotonic() < end:
            if self.clock.monotonic() >= due:
                due += 1.0
                ms = round(self.clock.monotonic() * 1000)
                self.inbox.put([Sampled(place, ms, Sample(name, round(ppm * 10), ppm)) for place, name, ppm in ((0, "co", value), (1, "h2s", other))])
            wake = self.guard.step(self.clock.monotonic())
            seen.append((self.pin(SIREN), self.pin(BEACON)))
            self.clock.advance(max(0.001, min(wake, due, end) - self.clock.monotonic()))
        return seen


def test_the_beacon_flashes_and_the_siren_rests_after_its_time(tmp_path: Path) -> None:
    node = Node(tmp_path / "run", SteppedClock())
    assert set(node.run(5, 10.0)) == {(0, 0)}
    early = node.run(30, 40.0)
    assert {siren for siren, _ in early} == {1}
    assert {beacon for _, beacon in early} == {0, 1}
    node.run(60, 40.0)
    late = node.run(30, 40.0)
    assert {siren for siren, _ in late} == {0}, "it has sounded for its longest time"
    assert {beacon for _, beacon in late} == {0, 1}, "the beacon never rests"
    assert node.told == ["raised"]


def test_a_restart_does_not_sound_it_again_and_a_worse_level_does(tmp_path: Path) -> None:
    clock = SteppedClock()
    node = Node(tmp_path / "run", clock)
    node.run(100, 40.0)
    assert node.pin(SIREN) == 0
    after = Node(tmp_path / "run", clock)
    assert {siren for siren, _ in after.run(30, 40.0)} == {0}
    assert {siren for siren, _ in after.run(10, 150.0)} == {1}, "a second level alarms anew"
    assert after.told == ["escalated"]


def test_a_second_gas_sounds_it_again_at_the_same_level(tmp_path: Path) -> None:
    node = Node(tmp_path / "run", SteppedClock())
    node.run(100, 40.0)
    assert node.pin(SIREN) == 0
    assert {siren for siren, _ in node.run(10, 40.0, 12.0)} == {1}
    assert node.told == ["raised", "raised"]


def test_a_stop_leaves_the_alarm_on(tmp_path: Path) -> None:
    node = Node(tmp_path / "run", SteppedClock())
    node.run(20, 40.0)
    node.guard.close()
    assert (node.pin(SIREN), node.pin(BEACON)) == (1, 1), "a pause of the pattern is no state to be left in"


def test_the_end_of_a_silence_sounds_a_siren_that_had_its_time(tmp_path: Path) -> None:
    node = Node(tmp_path / "run", SteppedClock())
    node.run(10, 40.0)
    node.guard.do(Act("silence", "co", 1, Actor("kim", "panel"), until_s=600.0), round(node.clock.monotonic() * 1000))
    node.run(100, 40.0, 12.0)
    assert node.pin(SIREN) == 0, "the second gas has sounded it for its longest time"
    assert {siren for siren, _ in node.run(300, 40.0, 12.0)} == {0}
    seen = node.run(240, 40.0, 12.0)
    assert "unsilenced" in node.told
    assert {siren for siren, _ in seen} == {0, 1}
