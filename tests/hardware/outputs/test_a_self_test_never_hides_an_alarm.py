"""A self-test is three short pulses, gives way to an alarm at once, is refused while one is shown, and leaves no sound behind."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hardware.outputs.bench import Bench

CHIRPS = [(0.0, 1), (0.3, 0), (1.0, 1), (1.3, 0), (2.0, 1), (2.3, 0)]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path / "trace.jsonl")
    yield bench
    bench.buses.close()


@pytest.mark.parametrize("kind", ["siren", "beacon", "buzzer"])
def test_three_short_pulses_and_rest(bench: Bench, kind: str) -> None:
    output = bench.open(kind)
    assert output.self_test()
    assert list(bench.run(output, 100)) == CHIRPS
    assert output.step(bench.clock.monotonic()) == math.inf


def test_that_no_alarm_stands_is_said_again_and_again_without_ending_it(bench: Bench) -> None:
    siren = bench.open("siren")
    siren.self_test()
    siren.step(0.0)
    siren.set(0)
    assert bench.level() == 1
    siren.step(0.3)
    siren.set(0)
    assert bench.level() == 0
    siren.step(1.0)
    assert bench.level() == 1


@pytest.mark.parametrize("at", [0.1, 0.5])
def test_an_alarm_ends_it_at_once_and_is_shown_whole(bench: Bench, at: float) -> None:
    beacon = bench.open("beacon")
    beacon.self_test()
    list(bench.run(beacon, at))
    beacon.set(1)
    assert bench.level() == 1
    assert list(bench.run(beacon, 2.5)) == [(1.0, 0), (2.0, 1)], "its own pulses, from the first on"
    beacon.set(0)
    assert list(bench.run(beacon, 10)) == [], "and nothing of the test comes after it"


def test_it_is_refused_while_an_alarm_is_shown(bench: Bench) -> None:
    siren = bench.open("siren", level=1)
    assert not siren.self_test()
    assert list(bench.run(siren, 10)) == []


def test_a_siren_that_stopped_by_itself_may_be_tested_and_stays_stopped(bench: Bench) -> None:
    siren = bench.open("siren", level=1, spent=True, max_on="60 s")
    assert siren.self_test()
    siren.set(1)
    assert list(bench.run(siren, 100)) == CHIRPS
    assert siren.spent


def test_a_siren_closed_in_the_middle_of_it_is_silent(bench: Bench) -> None:
    siren = bench.open("siren")
    siren.self_test()
    siren.step(0.0)
    assert bench.level() == 1
    siren.close()
    assert bench.level() == 0


def test_a_late_step_ends_it(bench: Bench) -> None:
    siren = bench.open("siren")
    siren.self_test()
    siren.step(0.0)
    assert siren.step(50.0) == math.inf
    assert bench.level() == 0
