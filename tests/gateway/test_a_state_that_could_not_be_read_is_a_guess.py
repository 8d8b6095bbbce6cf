"""Promise: where neither the runtime directory nor, in time, the alarm lane tells an alarm's state, it begins as normal with its fault; once the lane
can be read what it holds counts again, but for an alarm that was raised since; an act on an earlier occurrence touches nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from gateway.contract.messages import Alarm
from gateway.model import Reading, SeriesInfo, Table
from gateway.remembrance import GUESS, RuntimeMemory, watches
from gateway.rules import Act, Actor, Change, Refused, Watch, act, outputs_of
from gateway.voice import Voice
from hardware.sim.clock import SteppedClock
from tests.gateway.watching import threshold

CO = SeriesInfo("co", "carbon_monoxide", "[ppm]", 1, 0.0, 500.0, 1.0, 0.1)
RULE = threshold("gas", "co", 30.0, 100.0, latching=(2,), outputs=("siren",))
VOICE = Voice("n1", False, SteppedClock())
BOOT = VOICE.clock.boot


class Life:
    """One process: its memory and its one alarm. lane: what the outbox holds; None where the disk did not answer."""

    def __init__(self, runtime: Path, lane: Sequence[Alarm] | None) -> None:
        runtime.mkdir(exist_ok=True)
        self.memory = RuntimeMemory(runtime, BOOT)
        log = None if lane is None else [msgspec.json.encode(alarm) for alarm in lane]
        (self.watch,) = watches([RULE], Table((CO,)), self.memory, log)
        self.untold = [] if log is None else self.memory.untold(log, BOOT)
        self.said: list[Alarm] = []
        self.memory.save([self.watch])

    def feed(self, *values: float, start: int) -> list[str]:
        changes = [change for at, value in enumerate(values) for change in self.watch.feed(Reading(0, start + at * 1000, round(value * 10), value))]
        self.said += [self._phrase(change) for change in changes]
        self.memory.save([self.watch], self.said)
        return [change.what for change in changes]

    def _phrase(self, change: Change) -> Alarm:
        return VOICE.alarm(change, CO, (), (), self.watch.condition.keep())


@pytest.fixture
def lane(tmp_path: Path) -> list[Alarm]:
    """A boot before, in which the siren's level latched; the gas went and nobody has reset it when the power goes."""
    before = Life(tmp_path / "before", [])
    assert before.feed(20, 110, 20, start=0) == ["raised", "cleared"]
    assert before.watch.state.latched
    return before.said


def test_it_begins_as_normal_with_its_fault(tmp_path: Path) -> None:
    life = Life(tmp_path / "run", None)
    assert (life.watch.state.normal, life.watch.fault) == (True, True)
    assert life.feed(20, start=5000) == ["fault_cleared"]


def test_a_file_in_the_runtime_directory_needs_no_lane(tmp_path: Path) -> None:
    Life(tmp_path / "run", []).feed(110, start=5000)
    life = Life(tmp_path / "run", None)
    assert (life.watch.state.name, life.watch.fault, life.watch.state.occurrence) == ("UNACK", False, 1)
    assert not life.memory.guessed


def test_what_was_held_before_is_held_again_once_the_lane_is_read(tmp_path: Path, lane: list[Alarm]) -> None:
    Life(tmp_path / "run", None).feed(20, 20, start=5000)
    Life(tmp_path / "run", None).feed(20, start=9000)  # again without: still a guess
    life = Life(tmp_path / "run", lane)
    assert (life.watch.state.latched, life.watch.state.latch, life.watch.fault) == (True, 2, False)
    assert outputs_of([life.watch]) == {"siren": 2}
    assert life.untold == [], "the lane does not hear that it is normal"
    after = Life(tmp_path / "run", lane)
    assert (after.watch.state, after.memory.guessed) == (life.watch.state, set()), "it is no guess any more"


def test_what_was_raised_since_stands_and_is_told(tmp_path: Path, lane: list[Alarm]) -> None:
    guess = Life(tmp_path / "run", None)
    assert guess.feed(20, 40, start=5000) == ["fault_cleared", "raised"]
    life = Life(tmp_path / "run", lane)
    state = life.watch.state
    assert (state.active, state.acked, state.level, state.latched, state.latch) == (True, False, 1, True, 2)
    assert [alarm.change for alarm in life.untold] == ["fault_cleared", "raised"]
    assert state.occurrence == life.untold[-1].occurrence


def test_an_act_on_an_earlier_occurrence_touches_nothing(tmp_path: Path, lane: list[Alarm]) -> None:
    guess = Life(tmp_path / "run", None)
    guess.feed(20, 110, start=5000)
    assert guess.watch.state.occurrence > GUESS
    late = Act("ack", "gas", lane[0].occurrence, Actor("operator", "hub"), "late")
    with pytest.raises(Refused, match="it is about occurrence 1"):
        act([guess.watch], late, 9000)


def test_an_alarm_that_the_lane_does_not_know_is_what_it_was_guessed_to_be(tmp_path: Path) -> None:
    Life(tmp_path / "run", None).feed(20, start=5000)
    life = Life(tmp_path / "run", [])
    assert (life.watch.state.normal, life.watch.fault, life.memory.guessed) == (True, False, set())


def test_watches_of_another_boot_guess_another_number(tmp_path: Path) -> None:
    numbers = set()
    for boot in ("0123456789ab", "fff456789abc", "8a0456789abc"):
        (found,) = watches([RULE], Table((CO,)), RuntimeMemory(tmp_path, boot), None)
        assert isinstance(found, Watch)
        numbers.add(found.state.occurrence)
    assert len(numbers) == 3
    assert max(numbers) < 2**32
