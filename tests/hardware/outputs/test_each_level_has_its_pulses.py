"""Each level has its pulses on the clock that steps it: a rise begins with the pulse, the same level again or a late step shifts none."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.output import load
from hardware.outputs._pattern import LONGEST, MOST, SHORTEST, TICK, phase
from hardware.quantities import convert
from tests.hardware.outputs.bench import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path / "trace.jsonl")
    yield bench
    bench.buses.close()


def test_slow_then_fast_then_steady(bench: Bench) -> None:
    buzzer = bench.open("buzzer")
    buzzer.set(1)
    assert list(bench.run(buzzer, 4.5)) == [(1.0, 0), (2.0, 1), (3.0, 0), (4.0, 1)]
    buzzer.set(2)
    assert list(bench.run(buzzer, 1.1)) == [(0.25, 0), (0.5, 1), (0.75, 0), (1.0, 1)]
    buzzer.set(3)
    assert list(bench.run(buzzer, 60.0)) == []
    assert bench.level() == 1
    buzzer.set(9)
    assert buzzer.step(bench.clock.monotonic()) == math.inf, "the last serves all above"
    buzzer.set(1)
    assert list(bench.run(buzzer, 1.5)) == [(1.0, 0)], "eased"


def test_a_pattern_of_ones_own(bench: Bench) -> None:
    siren = bench.open("siren", patterns=[["500 ms", "2 s"], "steady"], active="low")
    siren.set(1)
    assert bench.level() == 0
    assert list(bench.run(siren, 5.6)) == [(0.5, 1), (2.5, 0), (3.0, 1), (5.0, 0), (5.5, 1)]


def test_a_siren_is_steady_unless_told(bench: Bench) -> None:
    siren = bench.open("siren", level=1)
    assert siren.step(bench.clock.monotonic()) == math.inf
    assert bench.level() == 1


def test_a_restored_alarm_begins_with_the_pulse(bench: Bench) -> None:
    beacon = bench.open("beacon", level=2)
    assert bench.noted() == [1]
    assert list(bench.run(beacon, 0.6)) == [(0.25, 0), (0.5, 1)]


def test_the_same_level_again_shifts_no_pulse(bench: Bench) -> None:
    beacon = bench.open("beacon", level=1)
    for _ in range(14):
        beacon.step(bench.clock.monotonic())
        beacon.set(1)
        bench.clock.advance(0.25)
    assert bench.noted() == [1, 0, 1, 0], "1 s on, 1 s off, from beginning to end"


def test_a_higher_level_in_the_pause_shows_at_once(bench: Bench) -> None:
    beacon = bench.open("beacon", level=1)
    list(bench.run(beacon, 1.5))
    assert bench.level() == 0
    beacon.set(2)
    assert bench.level() == 1


def test_an_eased_alarm_begins_with_the_pulse_too(bench: Bench) -> None:
    beacon = bench.open("beacon", level=2)
    list(bench.run(beacon, 1.3))
    beacon.set(1)
    assert list(bench.run(beacon, 2.5)) == [(1.0, 0), (2.0, 1)]


def test_closing_in_the_pause_shines_on_and_a_pin_that_cannot_be_written_does_not_stop_it(bench: Bench, mocker: Any) -> None:
    beacon = bench.open("beacon", level=1)
    list(bench.run(beacon, 1.5))
    broken = mocker.patch.object(bench.pin(), "_set_state", side_effect=OSError(5, "Input/output error"))
    beacon.close()
    assert bench.level() == 0
    mocker.stop(broken)
    again = bench.open("beacon", level=1)
    list(bench.run(again, 1.5))
    again.close()
    assert bench.level() == 1


def test_a_late_step_shifts_no_pulse(bench: Bench) -> None:
    beacon = bench.open("beacon", level=1)
    began = bench.clock.monotonic()
    for late, shown in ((0.0, 1), (1.3, 0), (1.9, 0), (2.4, 1), (7.9, 0), (1000.2, 1)):
        beacon.step(began + late)
        assert bench.level() == shown, late


def test_below_its_level_it_rests(bench: Bench) -> None:
    siren = bench.open("siren", level=2, from_level=3, patterns=["fast", "steady"])
    assert bench.level() == 0
    siren.set(3)
    assert list(bench.run(siren, 0.4)) == [(0.25, 0)], "the first pattern is for the level it begins at"
    siren.set(4)
    assert list(bench.run(siren, 10)) == []
    siren.set(2)
    assert bench.level() == 0


@pytest.mark.parametrize(
    ("kind", "patterns", "told"),
    [
        ("siren", [], "patterns is empty"),
        ("siren", [[]], "patterns has one of 0 durations"),
        ("siren", [["1 s"]], "patterns has one of 1 durations; write them in pairs"),
        ("siren", [["1 s", "1 s"] * 9], "patterns has one of 18 durations"),
        ("buzzer", [["50 ms", "1 s"]], "patterns has a pulse or pause of 0.05 s"),
        ("beacon", ["slow", ["1 s", "1 h"]], "patterns has a pulse or pause of 3600 s"),
        ("beacon", [["150 ms", "150 ms"]], "patterns has more than 3 flashes a second, which can trigger seizures"),
        ("siren", ["quick"], "quick"),
    ],
)
def test_a_pattern_that_cannot_be_kept_is_refused(kind: str, patterns: Any, told: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=told):
        msgspec.convert({"pin": 17, "patterns": patterns}, load(kind).options, dec_hook=convert)


def test_a_relay_never_pulses() -> None:
    with pytest.raises(msgspec.ValidationError, match="patterns"):
        msgspec.convert({"pin": 17, "fail_safe": True, "patterns": ["fast"]}, load("relay").options)


@given(st.lists(st.floats(SHORTEST, LONGEST), min_size=1, max_size=MOST // 2), st.floats(SHORTEST, LONGEST), st.floats(0, 1e6))
def test_whatever_the_pattern_the_next_change_is_ahead_and_is_one(pairs: list[float], off: float, elapsed: float) -> None:
    seconds = tuple(each for on in pairs for each in (on, off))
    on, lasts = phase(seconds, elapsed)
    assert TICK <= lasts <= LONGEST + TICK
    assert phase(seconds, elapsed + lasts)[0] is not on, "stepped when it asked, it changes"
    if lasts > 3 * TICK:
        assert phase(seconds, elapsed + lasts - 2 * TICK)[0] is on, "and not before"
