"""Promise: a zero that could make a leak invisible is done only with a reason; a slow sensor is not calibrated before it has arrived; beyond what was
calibrated a value is marked; papers are sensible."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from gateway.model import Flag, Quality
from tests.gateway.workshop import RULE, Workshop, flagged

ASK: dict[str, Any] = {"series": "co", "who": "kim", "gas": "CO in N2", "certificate": "4711"}


def against(tmp_path: Path, kind: str, *points: tuple[float, float], **content: Any) -> str:
    """All objections to a calibration; it can be forced where there are any."""
    shop = Workshop(tmp_path, rules=(RULE,))
    shop.take(*points)
    told = shop.ask("calibrate", kind=kind, dry=True, **{**ASK, **content})
    if told["objections"]:
        shop.refused("calibrate", kind=kind, **{**ASK, **content})
    return "; ".join(objection["text"] for objection in told["objections"])


@pytest.mark.parametrize(("shown", "reference", "why"), [
    (49.0, 0.0, "at or beyond A1 (30) of alarm co"), (29.0, 0.0, "more than a third"), (11.0, 0.0, "more than a third"), (9.0, 0.0, ""),
    (20.0, 20.0, "more than 2% of the measuring range from zero"), (1.0, 50.0, "more than 2%"), (4.0, 5.0, ""),
])  # fmt: skip
def test_a_zero_under_a_leak_is_refused(tmp_path: Path, shown: float, reference: float, why: str) -> None:
    found = against(tmp_path, "zero", (shown, reference))
    assert why in found if why else found == ""


def test_a_curve_hides_none_either(tmp_path: Path) -> None:
    assert "is there a leak" in against(tmp_path, "multipoint", (40.0, 0.0), (140.0, 100.0), (240.0, 200.0))


@pytest.mark.parametrize(("tau", "gas"), [(13, 50), (30, 50), (30, 100), (60, 50), (60, 100)])
def test_a_sensor_that_still_rises_is_not_stable(tmp_path: Path, tau: int, gas: int) -> None:
    """T90 of 30, 69 and 138 s: 20 quiet seconds look stable long before, and the sensor would read up to a quarter too much."""
    shop = Workshop(tmp_path)
    shop.feed(0.0)
    shop.ask("maintain", series="co", who="kim")
    shop.ask("capture", series="co", reference=gas, begin=True)
    for second in range(1, 600):
        shop.feed(gas * (1 - math.exp(-second / tau)))
        found = shop.ask("capture", series="co", reference=gas)
        if found["stable"]:
            assert found["point"]["as_found"] == pytest.approx(gas, rel=0.02)
            return
    raise AssertionError(found["why"])


def test_a_noisy_sensor_becomes_stable(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    shop.feed(0.0)
    shop.ask("maintain", series="co", who="kim")
    shop.ask("capture", series="co", reference=50.0, begin=True)
    shop.feed(*[50.0 + (step * 7919 % 13 - 6) * 0.4 for step in range(125)])
    assert shop.ask("capture", series="co", reference=50.0)["stable"]


def test_points_are_of_now_and_used_once(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    shop.take((1.0, 0.0))
    shop.ask("calibrate", kind="zero", **ASK)
    assert "no point was taken" in shop.refused("calibrate", kind="zero", **ASK)
    shop.clock.advance(30.0)
    assert "the newest reading is 30 s old" in shop.ask("capture", series="co", reference=0.0)["why"]
    assert "the newest reading is 30 s old" in shop.refused("bump", series="co", who="kim", gas="CO", concentration=50.0)
    shop.feed(0.0)
    shop.ask("bump", series="co", who="kim", gas="CO", concentration=50.0)
    asked: list[tuple[str, dict[str, Any]]] = [("capture", {"series": "co", "reference": 0.0}), ("calibrate", {"kind": "zero", **ASK})]
    for do, content in asked:
        assert "is at work" in shop.refused(do, **content)


def test_after_a_curve_a_span_needs_a_zero_first(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    shop.calibrate("multipoint", (0.0, 0.0), (120.0, 100.0), (220.0, 200.0))
    shop.take((120.0, 100.0))
    assert "zero first" in shop.refused("calibrate", kind="span", force="because I want it", **ASK)
    shop.calibrate("zero", (5.0, 0.0), force="back to the line")
    shop.calibrate("span", (125.0, 120.0))
    shop.feed(5.0, 125.0)
    assert [labelled.reading.value for labelled in shop.readings[-2:]] == [pytest.approx(0.0, abs=0.2), pytest.approx(120.0, abs=0.2)]


@pytest.mark.parametrize(("kind", "points", "inside", "outside"), [
    ("multipoint", [(0.0, 0.0), (100.0, 110.0), (200.0, 230.0)], (-1.0, 0.0, 199.0, 203.0), (-10.0, 210.0, 350.0)),
    ("power_law", [(20.0, 30.0), (100.0, 140.0), (400.0, 480.0)], (20.0, 100.0, 400.0), (1.0, 450.0)),
])  # fmt: skip
def test_beyond_what_was_calibrated_a_value_is_marked(
    tmp_path: Path, kind: str, points: list[tuple[float, float]], inside: tuple[float, ...], outside: tuple[float, ...]
) -> None:
    shop = Workshop(tmp_path)
    shop.calibrate(kind, *points)
    for value in (*inside, *outside):
        shop.feed(value)
        assert flagged(shop.newest(), Flag.EXTRAPOLATED) is (value in outside), value
        assert value in inside or shop.newest().quality == Quality.UNCERTAIN
        assert shop.newest().value is not None


def test_a_reading_waits_for_its_raw_number(tmp_path: Path) -> None:
    """Guard judges a curve's companion a moment after the reading itself."""
    shop = Workshop(tmp_path)
    shop.calibrate("multipoint", (0.0, 0.0), (100.0, 110.0), (200.0, 230.0))
    shop.ask("maintain", series="co", who="kim")
    shop.ask("capture", series="co", reference=0.0, begin=True)
    companion = len(shop.care.table.series) - 1

    def look() -> None:
        late = shop.guard.newest.pop(companion)
        shop.door.tick()
        shop.guard.newest[companion] = late
        shop.door.tick()

    shop.look = look  # type: ignore[method-assign]
    shop.feed(*[1.0] * 50)
    assert shop.ask("capture", series="co", reference=0.0)["stable"]


@pytest.mark.parametrize(("content", "why", "final"), [
    ({"due": "2029-01-01"}, "in more than 2 years", False), ({"due": "9999-12-31"}, "in more than 10 years", True),
    ({"due": "2028-05-01"}, "", False), ({"certificate": " "}, "no certificate", False),
])  # fmt: skip
def test_papers_are_sensible(tmp_path: Path, content: dict[str, Any], why: str, final: bool) -> None:
    shop = Workshop(tmp_path)
    shop.take((90.0, 100.0))
    found = shop.ask("calibrate", kind="span", dry=True, **{**ASK, **content})["objections"]
    assert [(why in objection["text"], objection["final"]) for objection in found] == ([(True, final)] if why else [])


def test_texts_are_tidy(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    shop.take((90.0, 100.0))
    wrong: list[dict[str, Any]] = [{"who": " "}, {"gas": " \t"}, {"concentration": -5.0}]
    for content in wrong:
        assert "not a request" in shop.refused("calibrate", kind="span", **{**ASK, **content})
    fact = shop.ask("calibrate", kind="span", **{**ASK, "who": " kim ", "gas": "CO\nin  N2"})["fact"]
    assert (fact["who"], fact["gas"]) == ("kim", "CO in N2")


@pytest.mark.parametrize("flag", ["spike", "fault"])
def test_no_spike_passes_a_bump_test(tmp_path: Path, flag: str) -> None:
    from hardware.sample import Reason

    shop = Workshop(tmp_path, rules=(RULE,))
    shop.feed(0.0)
    shop.ask("maintain", series="co", who="kim")
    shop.ask("bump", series="co", who="kim", gas="CO", concentration=50.0, within=30.0, recover=30.0)
    if flag == "spike":
        shop.feed(0.0, 60.0, 0.0, 60.0)
    else:
        shop.feed(60.0, 60.0, 60.0, reason=Reason.SENSOR_FAULT)
    shop.feed(*[0.0] * 70)
    assert shop.care.store.bumps["co"][-1].result == "fail"
