"""Promise: no calibration is made of noise, of a faulty sensor, or against reason; what may be overridden is overridden only with a reason, which
stays with it; nothing is zeroed by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hardware.sample import Reason
from tests.gateway.watching import threshold
from tests.gateway.workshop import RULE, TODAY, Workshop

ASK = {"series": "co", "who": "kim", "gas": "CO in N2", "certificate": "4711"}


def refusal(tmp_path: Path, kind: str, *points: tuple[float, float], **content: Any) -> str:
    shop = Workshop(tmp_path)
    shop.take(*points)
    why = shop.refused("calibrate", kind=kind, **ASK, **content)
    assert shop.care.store.calibrations == {}
    assert shop.care.table == Workshop(tmp_path).care.table
    return why


@pytest.mark.parametrize(("kind", "points", "why"), [
    ("zero", [(60.0, 0.0)], "12% of the measuring range (limit 10%)"),
    ("span", [(60.0, 130.0)], "46% of its sensitivity"),
    ("span", [(130.0, 60.0)], "217% of its sensitivity"),
    ("span", [(30.0, 30.0)], "nearer than 10%"),
    ("multipoint", [(0.0, 0.0), (40.0, 100.0), (300.0, 400.0)], "40% of its sensitivity"),
    ("multipoint", [(150.0, 0.0), (250.0, 100.0), (450.0, 300.0)], "lowest point would move"),
    ("power_law", [(100.0, 100.0), (120.0, 150.0)], "too narrow"),
    ("power_law", [(20.0, 20.0), (60.0, 22.0), (100.0, 400.0)], "the law gives"),
])  # fmt: skip
def test_beyond_a_limit_only_with_a_reason(tmp_path: Path, kind: str, points: list[tuple[float, float]], why: str) -> None:
    assert why.replace("too narrow", "so narrow") in refusal(tmp_path / "a", kind, *points)
    assert why.replace("too narrow", "so narrow") in refusal(tmp_path / "b", kind, *points, force="ok"), "that is no reason"
    fact = Workshop(tmp_path / "c").calibrate(kind, *points, force="the cell was replaced today")
    assert fact["forced"] == "the cell was replaced today"


@pytest.mark.parametrize(("kind", "points", "why"), [
    ("zero", [(10.0, -5.0)], "outside the measuring range 0 to 500"),
    ("span", [(60.0, 600.0)], "outside the measuring range 0 to 500"),
    ("span", [(60.0, 0.0)], "not above zero"),
    ("span", [(-20.0, 60.0)], "the wrong way"),
    ("span", [(0.0, 60.0)], "no gas reaches the sensor"),
    ("multipoint", [(0.0, 0.0), (100.0, 100.0)], "needs three or more"),
    ("multipoint", [(0.0, 0.0), (200.0, 100.0), (150.0, 200.0)], "do not grow"),
    ("power_law", [(0.0, 10.0), (100.0, 100.0)], "has no zero"),
    ("power_law", [(50.0, 50.0)], "needs two points"),
    ("power_law", [(50.0, 50.0), (100.0, 200.0), (200.0, 100.0)], "no law"),
])  # fmt: skip
def test_some_things_no_reason_can_make_right(tmp_path: Path, kind: str, points: list[tuple[float, float]], why: str) -> None:
    assert why in refusal(tmp_path, kind, *points, force="I am the owner of this gas")


def test_many_small_steps_cannot_go_where_one_large_step_may_not(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    shop.calibrate("zero", (45.0, 0.0))
    shop.calibrate("zero", (90.0, 0.0))
    shop.take((130.0, 0.0))
    assert "against the configuration" in shop.refused("calibrate", kind="zero", **ASK)


def test_a_span_turns_about_the_zero_and_a_zero_keeps_the_span(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    shop.calibrate("zero", (10.0, 0.0))
    shop.feed(110.0)
    assert shop.newest().value == pytest.approx(100.0, abs=0.1)
    shop.calibrate("span", (90.0, 100.0))
    shop.feed(10.0, 90.0)
    assert shop.newest().value == pytest.approx(100.0, abs=0.1)
    shop.feed(10.0)
    assert shop.newest().value == pytest.approx(0.0, abs=0.1), "the zero stays"


@pytest.mark.parametrize(("readings", "reason", "why"), [
    ([50.0, 80.0] * 65, None, "not stable"),
    ([50.0 + step * 0.1 for step in range(130)], None, "drifting"),
    ([50.0] * 25, Reason.WARM_UP, "flagged warm_up"),
    ([50.0] * 25, Reason.OVER_RANGE, "flagged over_range"),
    ([50.0] * 25, Reason.SATURATED, "flagged saturated"),
    ([50.0] * 25, Reason.SENSOR_FAULT, "flagged sensor_fault"),
    ([50.0] * 24 + [None], None, "is bad (nak)"),
    ([50.0] * 10, None, "10 s of 120 s"),
    ([], None, "no reading yet"),
])  # fmt: skip
def test_no_point_is_taken_of_what_is_no_measurement(tmp_path: Path, readings: list[float | None], reason: Reason | None, why: str) -> None:
    shop = Workshop(tmp_path)
    shop.ask("maintain", series="co", who="kim")
    shop.ask("capture", series="co", reference=50.0, begin=True)
    shop.feed(*readings, reason=reason)
    found = shop.ask("capture", series="co", reference=50.0)
    assert not found["stable"]
    assert why in found["why"]
    assert "no point was taken" in shop.refused("calibrate", kind="span", **ASK)


def test_readings_before_the_reference_was_applied_do_not_count(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    shop.ask("maintain", series="co", who="kim")
    shop.feed(*[0.0] * 30)
    assert shop.ask("capture", series="co", reference=50.0, begin=True)["why"] == "no reading yet"


def test_nothing_is_done_outside_maintenance(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    for do, content in (("capture", {"reference": 0.0}), ("calibrate", {"kind": "zero", "who": "kim", "gas": "air"})):
        assert "not in maintenance" in shop.refused(do, series="co", **content)
    assert "there is no series 'no'" in shop.refused("maintain", series="no", who="kim")


def test_one_person_at_a_time_and_no_channel_in_alarm(tmp_path: Path) -> None:
    shop = Workshop(tmp_path, rules=(RULE,))
    shop.ask("maintain", series="co", who="kim")
    assert "in maintenance by kim" in shop.refused("maintain", series="co", who="lee", token="")
    shop.ask("maintain", series="co", who="kim")  # again: the same person begins anew
    shop.ask("release", series="co")
    shop.feed(40.0)
    assert "alarm co is active" in shop.refused("maintain", series="co", who="kim")
    shop.ask("maintain", series="co", who="kim", despite_alarm="it is a test gas, I hold the bottle")


def test_no_channel_is_taken_whose_derived_series_is_in_alarm(tmp_path: Path) -> None:
    rise = {"name": "rise", "kind": "rate", "from": "co", "window": "10 s"}
    shop = Workshop(tmp_path, rules=(threshold("flood", "rise", 100.0),), unit="mm", quantity="level", derived=[rise])
    shop.feed(*[10.0 * step for step in range(15)])
    assert [change.what for change in shop.alarms] == ["raised"]
    assert "alarm flood is active" in shop.refused("maintain", series="co", who="kim")
    assert "computed from other series" in shop.refused("maintain", series="rise", who="kim")


@pytest.mark.parametrize(("content", "why"), [
    ({"due": "2026-05-01"}, "it would be due on 2026-05-01, and today is 2026-05-28"),
    ({"due": "2026-13-01"}, "is no due date"),
    ({"certificate_expires": "2026-05-27"}, "the certificate expired on 2026-05-27"),
    ({"who": ""}, "not a request"),
    ({"gas": ""}, "not a request"),
    ({"gas": "x" * 201}, "not a request"),
])  # fmt: skip
def test_papers_have_to_be_right(tmp_path: Path, content: dict[str, str], why: str) -> None:
    shop = Workshop(tmp_path, today=TODAY)
    shop.take((0.0, 0.0))
    assert why in shop.refused("calibrate", kind="zero", **{**ASK, **content})


def test_where_the_clock_is_not_set_a_date_has_to_be_given(tmp_path: Path) -> None:
    shop = Workshop(tmp_path, today=None)
    shop.take((0.0, 0.0))
    assert "give a date" in shop.refused("calibrate", kind="zero", **ASK)
    fact = shop.ask("calibrate", kind="zero", due="2027-01-31", **ASK)["fact"]
    assert (fact["utc"], fact["clock"], fact["due"]) == (None, "free", "2027-01-31")
    assert fact["mono"] > 0


def test_a_preview_changes_nothing_and_shows_every_objection(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    shop.take((60.0, 0.0))
    told = shop.ask("calibrate", kind="zero", dry=True, certificate_expires="2026-01-01", **ASK)
    assert [objection["final"] for objection in told["objections"]] == [False, False], "the zero moves too far, and the certificate is out of date"
    assert not told["applied"]
    assert shop.care.store.calibrations == {}
    (point,) = told["fact"]["points"]
    assert (point["as_found"], point["as_left"]) == (pytest.approx(60.0, abs=0.1), pytest.approx(0.0, abs=0.1))


def test_nothing_is_zeroed_by_itself(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    shop.feed(*[12.0] * 200)
    assert shop.newest().value == pytest.approx(12.0, abs=0.1)
    shop.ask("maintain", series="co", who="kim")
    shop.feed(*[12.0] * 200)
    assert shop.newest().value == pytest.approx(12.0, abs=0.1)
