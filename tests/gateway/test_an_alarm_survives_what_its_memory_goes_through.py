"""Promise: a full lane that turns, words in another order than their times, an alarm nobody answered, a siren that had its time: a death beside
any of them costs no alarm, repeats none, and takes no sound away from a new one."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.contract.messages import Alarm
from gateway.model import AlarmState, Lane, Sampled, SeriesInfo
from gateway.remembrance import snapshot
from gateway.rules import Act, Change, Rule
from gateway.voice import Voice
from hardware.sample import Quality, Sample
from hardware.sim.clock import SteppedClock
from tests.gateway.dying.mortal import DEATHS, Death, Ground, Life, gated
from tests.gateway.dying.rules import GAS, OUTPUTS, two
from tests.gateway.dying.seams import Seams
from tests.gateway.dying.tour import Tour
from tests.gateway.dying.walk import KIM


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    with gated():
        yield
    logging.disable(logging.NOTSET)


def segment(life: Life) -> str:
    """Name of the newest segment of the alarm lane."""
    newest = life.app.outbox._s.rings[Lane.ALARM].newest
    assert newest is not None
    return newest.name


def full(life: Life) -> bool:
    """Whether the alarm lane turns within the next few messages: a message may take the room of two."""
    ring = life.app.outbox._s.rings[Lane.ALARM]
    assert ring.newest is not None
    return ring.size - ring.newest.used < 3 * max(map(len, life.ground.ledger.stored.values()), default=0)


def said(ground: Ground, rule: str = "gas") -> list[tuple[str, int]]:
    """What the hub has heard of a rule."""
    return [(alarm.change, alarm.occurrence) for alarm in ground.ledger.told if alarm.rule == rule]


def feel(life: Life, value: float, readings: int = 1) -> None:
    """Gas, for so many readings."""
    life.feel(value, None)
    life.read(readings)


def restart(ground: Ground, how: Death, away: bool = False) -> Life:
    ground.dies(how)
    life = Life(ground)
    life.away = away
    return life


def test_the_alarm_that_turns_the_lane_is_told_once_wherever_the_node_dies(tmp_path: Path) -> None:
    tour = Tour(tmp_path / "tour", GAS, seed=1)
    names, turned = cycle(("A1", "clear")), ""
    while not turned:  # the words of a node that has just started are shorter: it may take some more until one of them turns the lane
        before, name = segment(tour.life), next(names)
        if not full(tour.life):
            tour.do(GAS.steps[name], 1)
            continue
        seams = Seams(tmp_path, GAS, tour, GAS.steps[name])
        written = [effect.split()[-1] for effect in seams.effects() if effect.startswith("disk write alarm-")]
        turned = next((segment for segment in written if segment != before), "")
    for count in seams.telling((turned,)):
        for how in DEATHS:
            try:
                seams.die_after(count, how)
            except AssertionError as error:
                raise AssertionError(f"{name}, {how} after {seams.effects()[:count][-6:]}: {error}") from error


@pytest.mark.parametrize("how", DEATHS)
def test_an_alarm_that_is_over_keeps_its_number_when_the_lane_has_turned(tmp_path: Path, how: Death) -> None:
    """A late act names an occurrence: no new alarm may have the number of an old one."""
    ground = Ground(tmp_path, two(), 1)
    life = Life(ground)
    feel(life, 90.0)
    feel(life, 0.0)
    for rule in ("gas", "high"):
        assert life.act(Act("ack", rule, 1, KIM))
    first = segment(life)
    while segment(life) == first:
        feel(life, 30.0)
        feel(life, 0.0)
    count = len(said(ground))
    life = restart(ground, how)
    feel(life, 90.0)
    life.settle()
    assert said(ground, "high") == [("raised", 1), ("cleared", 1), ("acked", 1), ("raised", 2)]
    assert said(ground)[count:][-1][1] == said(ground)[count - 1][1] + 1


def test_a_change_of_an_earlier_moment_is_told_although_a_later_one_was(tmp_path: Path) -> None:
    """An act is done between two samples, at a moment after the sample that is judged next."""
    ground = Ground(tmp_path, two(), 1)
    life = Life(ground)
    feel(life, 30.0)
    life.clock.advance(0.5)
    assert life.act(Act("ack", "gas", 1, KIM))
    life.settle()
    info = life.app.care.table.series[0]
    late = Sample("methane", round((90.0 - info.intercept) / info.slope), 90.0, Quality.GOOD)
    life.app.rounds.put([Sampled(0, life.now_ms - 400, late)])
    life.app.guard.step(life.clock.monotonic())
    life = restart(ground, "SIGKILL")
    feel(life, 90.0)
    life.settle()
    assert said(ground, "high") == [("raised", 1)]
    assert said(ground) == [("raised", 1), ("acked", 1)]


@pytest.mark.parametrize("how", DEATHS)
def test_an_alarm_nobody_answered_goes_on_escalating(tmp_path: Path, how: Death) -> None:
    ground = Ground(tmp_path, two(escalate_after="10 s", escalate_to=["beacon"]), 1)
    life = Life(ground)
    life.away = True
    feel(life, 30.0, 15)
    assert life.watch.state.unheard
    life = restart(ground, how, away=True)
    assert life.watch.state.unheard
    assert life.opened == {"gpio-17": [1], "gpio-27": [1]}
    feel(life, 30.0, 5)
    assert (life.watch.state.unheard, set(life.driven()["gpio-27"])) == (True, {1}), "nobody has answered yet"
    life.away = False
    life.settle()
    feel(life, 30.0, 2)
    life.settle()
    assert said(ground) == [("raised", 1), ("unheard", 1), ("heard", 1)]


SPENT: list[dict[str, Any]] = [{**OUTPUTS[0], "max_on": "10 s"}, OUTPUTS[1]]


def test_a_siren_that_had_its_time_stays_silent_and_sounds_for_what_is_new(tmp_path: Path) -> None:
    ground = Ground(tmp_path / "origin", {**GAS.tree, "output": SPENT}, 1)
    life = Life(ground)
    feel(life, 30.0, 15)
    assert life.driven()["gpio-17"][-2:] == [1, 0]
    life = restart(ground, "SIGKILL")
    assert life.opened["gpio-17"] == [0], "it had its time"
    feel(life, 30.0, 2)
    life.settle()
    whole = Life(ground.copy(tmp_path / "whole"))
    begun = len(whole.gate.passed)
    feel(whole, 60.0)
    for count in range(len(whole.gate.passed) - begun + 1):
        for how in DEATHS:
            again = ground.copy(tmp_path / "again")
            life = Life(again)
            life.gate.left = count
            feel(life, 60.0)
            life = restart(again, how)
            if life.watch.state.level == 2:
                assert life.opened["gpio-17"] == [1], f"silent although it is worse than before: {how} after {whole.gate.passed[begun:][:count]}"
            feel(life, 60.0)
            assert life.driven()["gpio-17"][-1] == 1


def test_many_alarms_that_are_over_leave_a_new_segment_room() -> None:
    """What stands is always kept; of what is over the latest, up to a quarter of a segment (it is written twice)."""
    plain = Voice("n1", False, SteppedClock())
    info = SeriesInfo("gas", "methane", "%{LEL}", 1, 0.0, 100.0, 1.0)
    newest = {}
    for number in range(200):
        state = AlarmState(active=number < 20, acked=number >= 20, level=int(number < 20), occurrence=number)
        rule = Rule(f"rule-{number:03d}", "threshold", ("gas",))
        newest[rule.name] = msgspec.json.encode(plain.alarm(Change(rule, "cleared", state, False, None, 0, 1000 * number), info, (), ()))
    found = [msgspec.json.decode(note, type=Alarm) for note in snapshot(newest)]
    assert [alarm.occurrence for alarm in found if alarm.active] == list(range(20))
    over = [alarm.occurrence for alarm in found if not alarm.active]
    assert over == list(range(199, 199 - len(over), -1))
    assert 40 < len(over) < 100
