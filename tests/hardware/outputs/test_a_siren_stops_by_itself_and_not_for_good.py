"""A sounder with `max_on` is silent after it although the alarm goes on, sounds again for what is new, and stays silent over a restart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from hardware.output import load
from hardware.quantities import convert
from tests.hardware.outputs.bench import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path / "trace.jsonl")
    yield bench
    bench.buses.close()


@pytest.mark.parametrize("kind", ["siren", "buzzer"])
def test_it_stops_after_max_on_and_the_same_level_never_starts_it(bench: Bench, kind: str) -> None:
    sounder = bench.open(kind, patterns=["steady"], max_on="60 s")
    sounder.set(1)
    assert list(bench.run(sounder, 59.9)) == []
    assert not sounder.spent
    assert list(bench.run(sounder, 3600)) == [(0.1, 0)]
    assert sounder.spent
    for _ in range(3):
        sounder.set(1)
        assert list(bench.run(sounder, 3600)) == []
    assert bench.level() == 0


def test_it_stops_in_the_middle_of_its_pulses_and_counts_the_pauses(bench: Bench) -> None:
    siren = bench.open("siren", level=1, patterns=[["4 s", "4 s"]], max_on="10 s")
    assert list(bench.run(siren, 3600)) == [(4.0, 0), (8.0, 1), (10.0, 0)]


@pytest.mark.parametrize(("level", "again", "sounds"), [(1, False, False), (2, False, False), (3, False, True), (2, True, True), (1, True, True)])
def test_once_silent_it_sounds_for_a_higher_level_or_a_new_occurrence(bench: Bench, level: int, again: bool, sounds: bool) -> None:
    siren = bench.open("siren", level=2, max_on="60 s")
    list(bench.run(siren, 100))
    siren.set(level, again=again)
    assert bench.level() == sounds
    assert siren.spent is not sounds
    assert list(bench.run(siren, 3600)) == ([(60.0, 0)] if sounds else []), "and then its whole time"


def test_what_is_new_while_it_sounds_gives_it_its_whole_time_without_a_break(bench: Bench) -> None:
    siren = bench.open("siren", level=1, max_on="60 s")
    list(bench.run(siren, 50))
    siren.set(1, again=True)
    assert list(bench.run(siren, 3600)) == [(60.0, 0)]
    assert bench.noted() == [1, 0]


def test_easing_gives_no_new_time(bench: Bench) -> None:
    siren = bench.open("siren", level=2, max_on="60 s")
    list(bench.run(siren, 50))
    siren.set(1)
    assert list(bench.run(siren, 3600)) == [(10.0, 0)]


def test_the_end_of_the_alarm_gives_the_next_one_its_whole_time(bench: Bench) -> None:
    siren = bench.open("siren", level=1, max_on="60 s")
    list(bench.run(siren, 100))
    siren.set(0)
    assert not siren.spent
    siren.set(1)
    assert bench.level() == 1
    assert list(bench.run(siren, 3600)) == [(60.0, 0)]


def test_a_late_step_ends_it_too(bench: Bench) -> None:
    siren = bench.open("siren", level=1, max_on="60 s")
    siren.step(10.0)
    siren.step(500.0)
    assert (bench.level(), siren.spent) == (0, True)


def test_a_restart_does_not_start_what_had_stopped(bench: Bench) -> None:
    siren = bench.open("siren", level=2, spent=True, max_on="60 s")
    assert (bench.level(), siren.spent) == (0, True)
    siren.set(2)
    assert list(bench.run(siren, 3600)) == []
    assert bench.noted() == []
    siren.set(3)
    assert bench.level() == 1


def test_nothing_was_spent_where_no_alarm_stands_or_nothing_stops_by_itself(bench: Bench) -> None:
    siren = bench.open("siren", level=0, spent=True, max_on="60 s")
    siren.set(1)
    assert bench.level() == 1
    siren.close()
    bench.buses._pins.close()
    beacon = bench.open("beacon", level=1, spent=True)
    assert (bench.level(), beacon.spent) == (1, False)


def test_by_default_it_sounds_as_long_as_the_alarm(bench: Bench) -> None:
    siren = bench.open("siren", level=1)
    assert list(bench.run(siren, 30 * 86400)) == []
    assert bench.level() == 1


def test_a_time_that_tells_nobody_anything_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="max_on is 1 s; write at least"):
        msgspec.convert({"pin": 17, "max_on": "1 s"}, load("siren").options, dec_hook=convert)
