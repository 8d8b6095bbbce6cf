"""Promise: exposure tells nothing it does not know: before the first minute, after a restart, beside a sensor without a range, between two minutes;
and it takes whatever is breathed, by the limits that its texts name."""

from __future__ import annotations

import tomllib
from typing import Any

import msgspec
import pytest

from gateway import derivation
from gateway.derivation import dose
from gateway.derivation.section import derive
from gateway.exposure import Exposure
from gateway.model import Flag, Quality, Reading, Reason, SeriesInfo
from gateway.problems import Problem
from tests.gateway.appraising import Bench
from tests.gateway.test_exposure_is_never_made_up import SECOND, at, feed

CO = SeriesInfo("co", "carbon_monoxide", "[ppm]", 1, 0, 1000, 10.0, 0.1)


def told(text: str, **changes: Any) -> list[str]:
    """The mistakes of a table."""
    problems: list[Problem] = []
    known: dict[str, SeriesInfo | None] = {"co": msgspec.structs.replace(CO, **changes)}
    derive(tomllib.loads(f'name = "x"\nfrom = "co"\n{text}'), "derived[0]", known, True, problems)
    return [str(problem) for problem in problems]


def shown(text: str, **changes: Any) -> SeriesInfo:
    """The line of the table that a derived series has."""
    return Bench([msgspec.structs.replace(CO, **changes)], f'[[derived]]\nname = "x"\nfrom = "co"\n{text}').info("x")


def test_before_the_first_minute_nothing_at_all_is_told() -> None:
    work = Exposure(15, 30)
    for begin, end in ((10_000, 10_050), (5000, 5300), (0, 50)):  # each is another boot
        standing = feed(work, begin, end, 12.0)
        nothing = (None, None, 0.0, None, 0.0, Quality.UNCERTAIN, Flag.PARTIAL, "partial")
        assert (standing == nothing) is (end - begin < 60)


def test_a_young_window_of_good_values_is_doubted_for_its_youth_alone() -> None:
    standing = feed(Exposure(15, 30), 0, 240, 12.0)
    assert (standing.quality, standing.flags, standing.reason) == (Quality.UNCERTAIN, Flag.PARTIAL, "partial")


def test_what_is_projected_stands_until_the_next_minute_too() -> None:
    work = Exposure(15, 30)
    assert feed(work, 0, 240, 12.0).projected == pytest.approx(12.0)
    assert {work.take(at(240_000 + ms, 500.0)).projected for ms in (1000, 30_000, 59_999)} == {12.0}
    assert work.take(at(300_000, 500.0)).projected == pytest.approx((240 * 12 + 1 * 12 + 659 * 500) / 900, abs=0.5)


def test_where_the_end_of_the_range_is_not_known_an_over_range_is_a_missing_value() -> None:
    work = Exposure(15, 30)
    feed(work, 0, 600, 4.0)
    standing = feed(work, 600, 900, None, flags=Flag.OVER_RANGE, reason=Reason.OVER_RANGE)
    assert (standing.flags, standing.reason, standing.projected) == (Flag.PARTIAL, "partial", None)


def test_a_ring_that_is_gone_on_with_goes_on_from_its_last_reading() -> None:
    work, again = Exposure(15, 30), Exposure(15, 30)
    feed(work, 5000, 6000, 50.0)
    again.restore(work.keep())
    standing = feed(again, 5500, 5560, 2.0)
    assert (standing.so_far, standing.coverage) == (2.0, pytest.approx(1 / 15)), "a time before its last reading is another boot"


def test_what_was_held_before_a_ring_was_taken_over_is_not_laid_over_it() -> None:
    work, again = Exposure(1, 30), Exposure(1, 30)
    work.take(at(0, 10.0))
    work.take(at(30 * SECOND, None))
    again.take(at(30 * SECOND, 99.0))
    again.restore(work.keep())
    standing = again.take(at(60 * SECOND, None))
    assert (standing.coverage, standing.so_far) == (0.5, 10.0)


@pytest.mark.parametrize("unit", ["[ppm]", "[ppb]", "%{vol}", "mg/m3", "ug/m3"])
def test_every_unit_of_what_is_breathed_is_taken(unit: str) -> None:
    assert told('kind = "stel"', unit=unit) == []
    assert shown('kind = "stel"', unit=unit).unit == unit


@pytest.mark.parametrize(
    ("text", "changes", "begins"),
    [
        ('kind = "stel"', {"unit": "%{LEL}"}, "from = "),
        ('kind = "twa"', {"unit": "%{LEL}"}, "from = "),
        ('kind = "stel"', {"quantity": "oxygen", "unit": "%{vol}"}, "from = "),
        ('kind = "stel"', {"period": 60.5}, "from = "),
        ('kind = "twa"\nrule = "shift"\nshift = "1 h"', {"period": 241.0}, "from = "),
        ('kind = "twa"\nhold = "9601 s"', {}, "hold = "),
        ('kind = "twa"\nrule = "shift"\nshift = "3630 s"', {}, "shift = "),
        ('kind = "twa"\nshift = "10 h"', {}, "shift = "),
    ],
)
def test_what_would_mislead_is_told_at_its_key(text: str, changes: dict[str, Any], begins: str) -> None:
    (problem,) = told(text, **changes)
    assert problem.startswith(f"derived[0].{begins}")


@pytest.mark.parametrize(
    "text",
    ['kind = "stel"\nhold = "10 s"', 'kind = "twa"\nhold = "9600 s"', *(f'kind = "twa"\nrule = "shift"\nshift = "{hours} h"' for hours in (1, 24))],
)
def test_the_ends_of_what_is_allowed_are_allowed(text: str) -> None:
    assert told(text) == []


def test_a_series_can_show_what_its_source_can_in_its_own_terms() -> None:
    assert [(info.low, info.high) for info in (shown('kind = "stel"', low=-5), shown('kind = "twa"', low=-5), shown('kind = "stel"', low=2))] == [
        (-5, 1000), (-5, 1000), (0, 1000),
    ]  # fmt: skip
    ten = shown('kind = "twa"\nrule = "shift"\nshift = "10 h"', low=-4)
    assert (ten.low, ten.high, ten.quantity) == (-5, 1250, "carbon_monoxide_twa_8h_equivalent")
    four = shown('kind = "twa"\nrule = "shift"\nshift = "4 h"', low=-4)
    assert (four.low, four.high) == (-2, 500)


def test_it_is_the_mean_that_is_given_where_nothing_is_said() -> None:
    assert shown('kind = "stel"').quantity == "carbon_monoxide_stel"
    assert shown('kind = "twa"').quantity == "carbon_monoxide_twa"


class Work:
    """One figure of short-term exposure, from readings by hand."""

    def __init__(self, **keys: Any) -> None:
        family = derivation.load("stel")
        self._made = family.make(family.options(**keys), CO, {})

    def take(self, second: float, value: float | None, flags: int = 0, reason: str = "", quality: int = Quality.GOOD) -> Any:
        quality = Quality.BAD if value is None else quality
        return self._made.take(Reading(0, round(second * 1000), None, value, quality, flags, reason), {})


def test_a_value_holds_for_three_periods_where_nothing_is_said() -> None:
    work = Work(give="coverage")
    work.take(0, 30.0)
    assert work.take(900, 30.0).value == pytest.approx(30 / 900)


def test_an_indicative_reading_ends_the_value_before_it() -> None:
    work = Work(give="coverage")
    work.take(0, 30.0)
    assert work.take(10, 30.0, Flag.INDICATIVE, Reason.INDICATIVE).value is None
    assert work.take(60, 30.0).value == pytest.approx(10 / 900)


@pytest.mark.parametrize(("flags", "reason"), [(Flag.INDICATIVE, "no_compensation"), (0, "indicative")])
def test_either_word_of_the_sensor_makes_it_indicative(flags: int, reason: str) -> None:
    work = Work(give="lower_bound")
    work.take(0, 30.0)
    found = work.take(60, 30.0, flags, reason, Quality.UNCERTAIN)
    assert (found.value, found.quality, found.reason) == (None, Quality.BAD, Reason.INDICATIVE)


def test_a_figure_without_a_value_always_has_a_reason() -> None:
    work = Work(give="projected")
    for second in range(0, 900, 10):
        work.take(second, 30.0)
    found = work.take(900, 30.0, Flag.TEST)
    assert (found.value, found.quality, found.reason) == (None, Quality.BAD, "partial"), "test gas is no newest value to project"


@pytest.mark.parametrize(("give", "seconds"), [("mean", 675.0), ("so_far", 60.0), ("projected", 60.0), ("lower_bound", 0.0), ("coverage", 0.0)])
def test_when_there_is_a_figure_after_a_start_is_known(give: str, seconds: float) -> None:
    """Three quarters of 15 min, of 8 h, of 10 h; the first whole minute; at once."""
    options = derivation.load("stel").options(give=give)
    assert options.ready() == seconds
    twa = derivation.load("twa").options
    hours = {give: (twa(give=give).ready(), twa(give=give, rule="shift", shift=36_000.0).ready())}
    assert hours[give] == ((21_600.0, 27_000.0) if give == "mean" else (seconds, seconds))


def test_the_times_of_a_shift_multiply() -> None:
    """30 ppm in a shift of 10 h are 37.5 ppm over 8 h (29 CFR 1910.1000(d)): 30 times 10 through 8."""
    work = dose.Worker(dose.Dose(), CO, 1, 10 / 8)
    for second in range(0, 61, 10):
        found = work.take(Reading(0, second * 1000, None, 30.0))
    assert found.value == 37.5
