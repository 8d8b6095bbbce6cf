"""Promise: a crossing that is missed, late or made up breaks a run, and so does a disturbance that never happened."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from tests.crossing.measure import Read, measured, quantile
from tests.crossing.plan import GAP, Crossing, planned
from tests.crossing.report import OWN, WHOLE, broken, lines
from tests.crossing.run import Outcome, Spans
from tests.crossing.scene import PERIOD
from tests.crossing.tally import Reader, Tally

ORIGIN = 1000.0
COUNT = 200


class Notes:
    """What a sound run leaves, to be spoiled by a test: the siren 20 ms after each sample."""

    def __init__(self, seed: int = 1) -> None:
        self.crossings = planned(COUNT, seed, 8.0)
        end = self.crossings[-1].down + 1.0
        self.reads = [Read(ORIGIN + n * PERIOD, self._above(n * PERIOD)) for n in range(int(end / PERIOD))]
        self.pins = [(ORIGIN, 0)]
        for read in self.reads:
            if int(read.above) != self.pins[-1][1]:
                self.pins.append((read.at + 0.02, int(read.above)))
        self.deaths: list[float] = []

    def _above(self, at: float) -> bool:
        return any(crossing.up <= at < crossing.down for crossing in self.crossings)

    def outcome(self, tally: Reader | None = None) -> Outcome:
        """The run as it is judged."""
        found = measured(self.crossings, ORIGIN, self.pins, self.reads, self.deaths)
        return Outcome(found, tally or Reader(Path("nothing")), self.deaths, 100.0, 40.0, 60.0, 5.0, 1 << 25)


def test_a_sound_run_is_fine() -> None:
    outcome = Notes().outcome()
    assert broken(outcome, []) == []
    assert max(answer.whole for answer in outcome.measured.raises) <= PERIOD + 0.02 + 1e-6
    assert max(answer.own for answer in outcome.measured.clears) == pytest.approx(0.02)
    assert f"{COUNT} raises: missed 0, false 0" in "\n".join(lines(outcome, []))


def test_a_missed_raise_is_told_and_never_comes_in_the_distribution() -> None:
    notes = Notes()
    place = next(index for index, (_, level) in enumerate(notes.pins) if level)
    del notes.pins[place : place + 2]
    outcome = notes.outcome()
    assert broken(outcome, []) == ["1 of the raises were missed while the node ran", "1 of the clears were missed while the node ran"]
    assert quantile([answer.whole for answer in outcome.measured.raises], 1.0) == math.inf


def test_a_siren_without_gas_is_false() -> None:
    notes = Notes()
    quiet = ORIGIN + notes.crossings[0].up - 1.0
    notes.pins[1:1] = [(quiet, 1), (quiet + 0.1, 0)]
    assert broken(notes.outcome(), []) == ["1 of the raises were false", "1 of the clears were false"]


def test_a_siren_twice_for_one_crossing_is_false() -> None:
    notes = Notes()
    at = notes.pins[1][0]
    notes.pins[2:2] = [(at + 0.01, 0), (at + 0.02, 1)]
    assert "1 of the raises were false" in broken(notes.outcome(), [])


@pytest.mark.parametrize("slow", [2, 3])
def test_three_late_of_two_hundred_are_too_many(slow: int) -> None:
    notes = Notes()
    raised = [index for index, (_, level) in enumerate(notes.pins) if level]
    for index in raised[:slow]:
        notes.pins[index] = (notes.pins[index][0] + OWN, 1)
    wrong = broken(notes.outcome(), [])
    assert bool(wrong) == (slow == 3), "the 99th of a hundred counts"
    assert all(word.startswith("raise, sample to pin: p99 is 120.0 ms") for word in wrong)


def test_samples_that_come_late_break_the_bound_of_the_whole_way() -> None:
    notes = Notes()
    notes.reads = [read for n, read in enumerate(notes.reads) if n % 4]
    late = [(read.at, int(read.above)) for read in notes.reads]
    notes.pins = late
    outcome = notes.outcome()
    assert max(answer.own for answer in outcome.measured.raises) == 0.0
    assert max(answer.whole for answer in outcome.measured.raises) > WHOLE - 0.01


def test_what_fell_into_a_restart_is_counted_apart_and_in_the_distribution() -> None:
    notes = Notes()
    third = notes.crossings[2]
    begin, end = ORIGIN + third.up - 0.05, ORIGIN + third.down + 0.05
    notes.reads = [read for read in notes.reads if not begin <= read.at < end]
    notes.pins = [pin for pin in notes.pins if not begin <= pin[0] < end]
    assert "missed" in broken(notes.outcome(), [])[0]
    notes.deaths = [begin + 0.01]
    outcome = notes.outcome()
    assert broken(outcome, []) == [], "one of two hundred is below the p99"
    assert [answer.restart for answer in outcome.measured.raises].count(True) == 1
    assert sorted(answer.whole for answer in outcome.measured.raises)[-1] == math.inf


def test_a_start_that_finds_the_siren_on_raises_nothing() -> None:
    notes = Notes()
    on = next(index for index, (_, level) in enumerate(notes.pins) if level)
    notes.pins.insert(on + 1, (notes.pins[on][0] + 0.05, 1))
    assert broken(notes.outcome(), []) == []


@pytest.mark.parametrize("fault", ["fsync", "full", "garbage", "nak", "stretch", "hang"])
def test_a_disturbance_that_did_not_happen_is_told(fault: str) -> None:
    assert broken(Notes().outcome(), [fault]) == [f"{fault}: did not happen"]


def test_the_tally_outlives_the_process_that_wrote_it(tmp_path: Path) -> None:
    reader = Reader(tmp_path / "tally")
    assert reader.news() == []
    Tally(tmp_path / "tally").note("dns", 30.0)
    assert [fact.what for fact in reader.news()] == ["dns"]
    Tally(tmp_path / "tally").note("dns", 12.5)
    reader.news()
    assert (reader.sums["dns"], reader.counts["dns"]) == (42.5, 2)


def test_only_the_time_under_disturbance_counts() -> None:
    spans = Spans(100.0)
    spans.begin(90.0)
    spans.end(110.0)
    spans.begin(120.0)
    spans.begin(121.0)
    spans.end(125.0)
    spans.end(130.0)
    assert spans.total == 15.0


@pytest.mark.parametrize("seed", range(3))
def test_the_crossings_meet_every_phase_of_the_sampling(seed: int) -> None:
    crossings = planned(1000, seed, 8.0)
    phases = Counter(int(crossing.up % PERIOD / PERIOD * 10) for crossing in crossings)
    assert min(phases[tenth] for tenth in range(10)) > 70, f"seed {seed}: {phases}"
    gaps = [later.up - earlier.up for earlier, later in pairwise(crossings)]
    assert GAP[0] - 1e-5 <= min(gaps)
    assert max(gaps) <= GAP[1] + 1e-5
    assert all(crossing.down - crossing.up > 2 * PERIOD for crossing in crossings)
    assert crossings[0] == Crossing(8.0, crossings[0].down)
