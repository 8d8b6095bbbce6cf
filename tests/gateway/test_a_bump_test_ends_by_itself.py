"""Promise: a bump test puts the channel into maintenance, says whether gas reaches the sensor and which alarms it would have raised, is recorded, and
gives the channel back, whoever dies meanwhile; a maintenance ends by itself in any case."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.contract.care import BumpFact
from gateway.contract.messages import BumpTest
from gateway.model import Flag
from gateway.rules import Rule
from hardware.sample import Reason
from tests.gateway.watching import threshold
from tests.gateway.workshop import RULE, Workshop, flagged

ASK = {"series": "co", "who": "kim", "gas": "CO in N2"}
OXYGEN = threshold("oxygen", "co", 19.5, 18.0, direction="falling")


def begun(tmp_path: Path, *rules: Rule, before: float = 0.0, concentration: float = 50.0, **content: float) -> Workshop:
    shop = Workshop(tmp_path, rules=rules or (RULE,))
    shop.feed(before)
    shop.ask("maintain", series="co", who="kim")
    shop.ask("bump", **ASK, concentration=concentration, **{"within": 30.0, "recover": 60.0, **content})
    return shop


def result(shop: Workshop) -> BumpFact:
    """The one test, as told and as kept; AssertionError while it is not over."""
    (event,) = (event for event in shop.events if isinstance(event, BumpTest))
    assert Workshop(shop.care.store._path.parent).care.store.bumps["co"] == [event.fact]
    return event.fact


def protecting(shop: Workshop) -> bool:
    """Whether the next reading counts for the alarms."""
    shop.feed(0.0)
    return not flagged(shop.newest(), Flag.MAINTENANCE)


def test_gas_that_arrives_passes_and_tells_which_alarms_it_would_have_raised(tmp_path: Path) -> None:
    shop = begun(tmp_path)
    shop.feed(0.0, 0.0, 10.0, 20.0, 30.0, 45.0, 40.0, 20.0, 5.0, 4.0)
    fact = result(shop)
    assert (fact.result, fact.response, fact.rise, fact.recovered) == ("pass", 5.0, 2.0, 9.0)
    assert (fact.baseline, fact.peak) == (pytest.approx(0.0, abs=0.1), pytest.approx(45.0, abs=0.1))
    assert (fact.passed, fact.missed) == ([("co", 1, 30.0)], [("co", 2, 100.0)])
    assert shop.alarms == [], "test gas raises no alarm"
    assert protecting(shop)


@pytest.mark.parametrize(("values", "peak"), [([0.0] * 91, 0.0), ([0.0, 20.0, 20.0, *[2.0] * 30], 20.0)])
def test_a_sensor_that_does_not_answer_fails(tmp_path: Path, values: list[float], peak: float) -> None:
    shop = begun(tmp_path)
    shop.feed(*values)
    fact = result(shop)
    assert (fact.result, fact.response, fact.peak) == ("fail", None, pytest.approx(peak, abs=0.1))
    assert fact.missed == [("co", 1, 30.0), ("co", 2, 100.0)]
    assert protecting(shop)


def test_an_answer_that_comes_too_late_fails(tmp_path: Path) -> None:
    shop = begun(tmp_path)
    shop.feed(*[0.0] * 29, 20.0, *[40.0] * 5, 0.0, 0.0)
    assert result(shop).result == "fail"


@pytest.mark.parametrize("value", [None, 50.0])
def test_without_a_client_the_node_ends_it(tmp_path: Path, value: float | None) -> None:
    """Nobody asks any more: the gas stays, or the sensor dies."""
    shop = begun(tmp_path)
    for _ in range(120):
        shop.feed(value)
    fact = result(shop)
    assert fact.result == ("fail" if value is None else "pass")
    assert fact.recovered is None
    assert shop.care.store.bumps["co"] == [fact]
    assert shop.told("maintenance_over")
    if value is not None:
        assert [change.what for change in shop.alarms] == ["raised"], "protecting again: the gas that is still there sounds"


def test_the_gas_has_as_long_as_was_said_to_go(tmp_path: Path) -> None:
    shop = begun(tmp_path)
    shop.feed(*[50.0] * 90)
    assert not shop.told("maintenance_over")
    shop.feed(50.0)
    assert shop.told("maintenance_over")


def test_the_maintenance_lasts_as_long_as_the_test(tmp_path: Path) -> None:
    shop = Workshop(tmp_path, rules=(RULE,))
    shop.feed(0.0)
    shop.ask("maintain", series="co", who="kim", seconds=5.0)
    shop.ask("bump", **ASK, concentration=50.0, within=30.0)
    shop.feed(*[0.0] * 20, 45.0, 45.0, 0.0, 0.0)
    assert (result(shop).result, shop.alarms) == ("pass", [])


def test_without_readings_it_ends_too(tmp_path: Path) -> None:
    shop = begun(tmp_path)
    shop.clock.advance(31.0)
    shop.look()
    assert not shop.told("maintenance_over"), "the bottle may still be on"
    shop.clock.advance(60.0)
    shop.look()
    assert result(shop).result == "fail"


def test_giving_back_breaks_it_off_which_tells_nothing_against_the_sensor(tmp_path: Path) -> None:
    shop = begun(tmp_path)
    shop.feed(1.0)
    shop.ask("release", series="co")
    assert result(shop).result == "broken_off"
    assert protecting(shop)


def test_an_answer_counts_although_the_channel_is_given_back_early(tmp_path: Path) -> None:
    shop = begun(tmp_path)
    shop.feed(45.0, 45.0)
    shop.ask("release", series="co", now=True)
    assert (result(shop).result, result(shop).recovered) == ("pass", None)


def test_oxygen_falls(tmp_path: Path) -> None:
    shop = begun(tmp_path, OXYGEN, before=120.0, concentration=10.0)
    shop.feed(100.0, 40.0, 15.0, 15.0, 60.0, 118.0, 118.0)
    fact = result(shop)
    assert (fact.result, fact.peak) == ("pass", pytest.approx(15.0, abs=0.1))
    assert fact.passed == [("oxygen", 1, 19.5), ("oxygen", 2, 18.0)]


def test_a_sensor_above_its_range_has_answered(tmp_path: Path) -> None:
    shop = begun(tmp_path)
    shop.feed(None, None, reason=Reason.OVER_RANGE)
    shop.feed(0.0, 0.0)
    assert (result(shop).result, result(shop).peak) == ("pass", 500.0)


@pytest.mark.parametrize(("before", "concentration", "why"), [
    (0.0, 600.0, "outside the measuring range"), (45.0, 50.0, "could not be told from it"), (None, 50.0, "begins with a good one"),
])  # fmt: skip
def test_a_test_that_could_tell_nothing_is_refused(tmp_path: Path, before: float | None, concentration: float, why: str) -> None:
    shop = Workshop(tmp_path)
    shop.feed(before)
    shop.ask("maintain", series="co", who="kim")
    assert why in shop.refused("bump", **ASK, concentration=concentration)


def test_only_one_at_a_time_and_only_in_maintenance(tmp_path: Path) -> None:
    shop = begun(tmp_path)
    assert "is at work" in shop.refused("bump", **ASK, concentration=50.0)
    shop.ask("release", series="co")
    assert "not in maintenance" in shop.refused("bump", **ASK, concentration=50.0)


def test_a_maintenance_ends_by_itself_and_guard_does_not_wait_for_the_door(tmp_path: Path) -> None:
    shop = Workshop(tmp_path, rules=(RULE,))
    shop.ask("maintain", series="co", who="kim", seconds=30.0)
    shop.feed(*[200.0] * 29)
    assert shop.alarms == []
    assert flagged(shop.newest(), Flag.MAINTENANCE)
    shop.door.tick = lambda: True  # the door's thread hangs
    shop.feed(200.0, 200.0)
    assert [change.what for change in shop.alarms] == ["raised"]
    assert not flagged(shop.newest(), Flag.MAINTENANCE)


@pytest.mark.parametrize("seconds", [0, -5, 3601, 1e300])
def test_no_maintenance_is_for_ever(tmp_path: Path, seconds: float) -> None:
    assert "not a request" in Workshop(tmp_path).refused("maintain", series="co", who="kim", seconds=seconds)


def test_the_operator_hears_that_a_channel_does_not_protect_and_that_it_does_again(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    shop.ask("maintain", series="co", who="kim", seconds=30.0, why="new cell")
    shop.feed(*[0.0] * 31)
    assert [event.detail for event in shop.told("maintenance")] == ["by kim, for at most 30 s: not protecting; new cell"]  # type: ignore[union-attr]
    assert [event.detail for event in shop.told("maintenance_over")] == ["its time is over: protecting again"]  # type: ignore[union-attr]


def test_the_newest_tests_are_kept(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    for _ in range(60):
        shop.feed(0.0)
        shop.ask("maintain", series="co", who="kim")
        shop.ask("bump", **ASK, concentration=50.0)
        shop.ask("release", series="co")
    kept = Workshop(tmp_path).care.store.bumps["co"]
    assert kept == shop.care.store.bumps["co"]
    assert len(kept) == 50
