"""Promise: whatever a test says, the value stays and reaches the alarms; a real step is suspected for a moment and stays a step."""

import pytest

from gateway.model import Flag, Qartod, Quality, Reading, qartod
from hardware.sample import Reason
from tests.gateway.appraising import DISTANCE, Bench, flags
from tests.gateway.watching import threshold
from tests.gateway.watching import watch as watch_of

FLOOD = """
[[derived]]
name = "depth"
kind = "depth"
from = "distance"
mount_height = 2500.0
survey_date = 2026-05-12

[[quality]]
series = "distance"
spike = 100.0
rate = 254.0

[[quality]]
series = "depth"
spike = 100.0
rate = 254.0
"""


def test_a_real_step_of_300_mm_is_flagged_where_it_steps_and_stays() -> None:
    """The published filter that compares with the last accepted value deletes such a step for ever: 60 points of 60."""
    bench = Bench([DISTANCE], FLOOD)
    watch = watch_of(threshold("water", "depth", 150.0, on_delay=2.0))
    seen: list[Reading] = []
    for second in range(70):
        readings = bench.feed("distance", second, 2500.0 if second < 10 else 2200.0)
        assert readings["distance"].value == (2500.0 if second < 10 else 2200.0)
        seen.append(readings["depth"])
        watch.feed(readings["depth"])
    assert [reading.value for reading in seen] == [0.0] * 10 + [300.0] * 60
    assert flags(seen[10]) & Flag.SPIKE
    assert flags(seen[10]) & Flag.RATE_OF_CHANGE
    assert all(reading.quality <= Quality.UNCERTAIN for reading in seen)
    assert [bool(reading.flags) for reading in seen] == [False] * 10 + [True] * 2 + [False] * 58
    assert watch.state.level == 1


def test_the_alarm_comes_with_the_first_suspected_reading() -> None:
    bench = Bench([DISTANCE], FLOOD)
    watch = watch_of(threshold("water", "depth", 150.0))
    for second in range(10):
        watch.feed(bench.feed("distance", second, 2500.0)["depth"])
    suspected = bench.feed("distance", 10, 2200.0)["depth"]
    assert qartod(Quality(suspected.quality), suspected.raw, suspected.flags) is Qartod.SUSPECT
    assert [change.what for change in watch.feed(suspected)] == ["raised"]


def test_a_failed_value_is_still_a_value() -> None:
    bench = Bench([DISTANCE], '[[quality]]\nseries = "distance"\nflat_suspect = 3\nflat_fail = 5')
    readings = bench.row("distance", [2500.0] * 6 + [2501.0])
    assert [qartod(Quality(r.quality), r.raw, r.flags) for r in readings] == [Qartod.PASS] * 2 + [Qartod.SUSPECT] * 2 + [Qartod.FAIL] * 2 + [
        Qartod.PASS
    ]
    assert [r.value for r in readings] == [2500.0] * 6 + [2501.0]
    assert [r.reason for r in readings] == [""] * 2 + ["flat_line"] * 4 + [""]


def test_the_roll_up_tells_missing_failed_suspect_and_on_purpose_apart() -> None:
    assert qartod(Quality.BAD, None) is Qartod.MISSING
    assert qartod(Quality.BAD, 300) is Qartod.FAIL
    assert qartod(Quality.BAD, None, Flag.SYNTAX) is Qartod.FAIL, "a broken frame is QARTOD's syntax test"
    assert qartod(Quality.UNCERTAIN, 300, Flag.SPIKE) is Qartod.SUSPECT
    assert qartod(Quality.UNCERTAIN, 300, Flag.FLAT_LINE | Flag.FAILED) is Qartod.FAIL
    assert qartod(Quality.UNCERTAIN, 300, Flag.FAILED | Flag.MAINTENANCE | Flag.TEST) is Qartod.NOT_EVALUATED
    assert qartod(Quality.BAD, None, Flag.MAINTENANCE) is Qartod.MISSING
    assert qartod(Quality.GOOD, 300) is Qartod.PASS


def test_the_driver_s_own_word_comes_before_that_of_a_test() -> None:
    bench = Bench([DISTANCE], '[[quality]]\nseries = "distance"\nspike = 10.0')
    bench.row("distance", [2500.0, 2500.0])
    reading = bench.feed("distance", 2, 2000.0, Reason.WEAK_SIGNAL)["distance"]
    assert (reading.reason, reading.quality) == (Reason.WEAK_SIGNAL, Quality.UNCERTAIN)
    assert flags(reading) == Flag.SENSOR_FAULT | Flag.SPIKE


def test_a_test_that_breaks_costs_only_itself(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench([DISTANCE], FLOOD)
    monkeypatch.setattr("gateway.quality.points.Spike.take", lambda self, value: 1 / 0)
    readings = bench.feed("distance", 0, 5500.0)
    assert (readings["distance"].value, readings["distance"].quality) == (5500.0, Quality.UNCERTAIN)
    assert flags(readings["distance"]) == Flag.GROSS_RANGE | Flag.FAILED | Flag.SPIKE, "the others are still asked"
    calm = bench.feed("distance", 1, 2400.0)["depth"]
    assert (calm.value, calm.quality, calm.reason, flags(calm)) == (100.0, Quality.UNCERTAIN, "not_evaluated", Flag.SPIKE | Flag.RATE_OF_CHANGE)
    assert [record.getMessage() for record in caplog.records].count("spike of distance: ZeroDivisionError: division by zero") == 1, "told once"


def test_a_derivation_that_breaks_costs_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench([DISTANCE], FLOOD)
    monkeypatch.setattr("gateway.derivation.kinds.depth.Derivation.take", lambda self, reading, partners: 1 / 0)
    readings = bench.feed("distance", 0, 2400.0)
    assert (readings["distance"].value, readings["distance"].quality) == (2400.0, Quality.GOOD)
    assert (readings["depth"].value, readings["depth"].reason) == (None, Reason.DRIVER)
