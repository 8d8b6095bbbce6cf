"""Promise: short-term and working-day exposure are what the published rows say, by their own names, labelled as area exposure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from gateway.model import Flag, Quality, Reading, Reason, SeriesInfo
from tests.gateway.appraising import Bench, flags

Rows = Callable[[str], list[dict[str, Any]]]
CO = SeriesInfo("co", "carbon_monoxide", "[ppm]", 1, 0, 1000, 10.0, 0.1)
FIGURES = ("mean", "lower_bound", "so_far", "projected", "coverage")
MIN, HOUR = 60, 3600


def text(kind: str, **keys: str) -> str:
    """One series for each figure of a kind."""
    more = "".join(f'{key} = "{value}"\n' for key, value in keys.items())
    return "".join(f'[[derived]]\nname = "{figure}"\nkind = "{kind}"\nfrom = "co"\ngive = "{figure}"\n{more}' for figure in FIGURES)


def feed(bench: Bench, begin: int, end: int, value: float | Reason, step: int = 10) -> dict[str, Reading]:
    for second in range(begin, end, step):
        bench.feed("co", second, value)
    return bench.feed("co", end, value)


def row(rows: list[dict[str, Any]], given: str, expected: str) -> str:
    (found,) = [row for row in rows if row["input"] == given]
    assert expected in found["expected"]
    return str(found["expected"])


def test_half_a_day_of_gas_and_half_without(safety: Rows) -> None:
    row(safety("twa"), "35 ppm for 4 h, then 0 for 4 h; window 8 h", "17.5 ppm, coverage 1.00")
    bench = Bench([CO], text("twa"))
    feed(bench, 0, 4 * HOUR - 10, 35.0)
    found = feed(bench, 4 * HOUR, 8 * HOUR, 0.0)
    assert (found["mean"].value, found["mean"].quality, found["mean"].flags) == (17.5, Quality.GOOD, 0)
    assert found["coverage"].value == 1.0


def test_a_long_shift_has_two_figures_with_two_names(safety: Rows) -> None:
    row(safety("twa"), "30 ppm for a 10 h shift", "= 37.5 ppm; a rolling 8-h mean says 30.0: publish which one")
    shift = '[[derived]]\nname = "osha"\nkind = "twa"\nfrom = "co"\nrule = "shift"\nshift = "10 h"\n'
    bench = Bench([CO], text("twa") + shift)
    found = feed(bench, 0, 10 * HOUR, 30.0)
    assert (found["mean"].value, found["osha"].value) == (30.0, 37.5)
    assert (bench.info("mean").quantity, bench.info("osha").quantity) == ("carbon_monoxide_twa", "carbon_monoxide_twa_8h_equivalent")
    assert bench.info("osha").datum == "area exposure: 8-hour equivalent of a shift of 10 h (29 CFR 1910.1000); not the dose of a person"
    assert bench.info("mean").datum.startswith("area exposure: rolling mean over 8 h")
    assert bench.info("osha").high >= 1250


def test_short_gas_is_seen_late_and_the_alarm_on_the_value_came_first(safety: Rows) -> None:
    row(safety("stel"), "0 for 10 min, 100 ppm for 5 min", "33.33 ppm; instantaneous high alarm at 70 must already have fired")
    bench = Bench([CO], text("stel"))
    feed(bench, 0, 10 * MIN - 10, 0.0)
    fired, means = None, {}
    for second in range(10 * MIN, 15 * MIN + 1, 10):
        found = bench.feed("co", second, 100.0)
        means[second] = found["mean"].value
        if fired is None and (found["co"].value or 0.0) >= 70:
            fired = second
    assert found["mean"].value == pytest.approx(33.33, abs=0.005)
    assert fired == 10 * MIN
    assert all(value is None or value < 35 for value in means.values())


def test_a_failed_sensor_leaves_a_lower_bound_and_no_value(safety: Rows) -> None:
    expected = row(safety("stel"), "60 ppm for 5 min, then sensor fault 10 min", "coverage 0.33 < 0.75); lower bound 20.0")
    bench = Bench([CO], text("stel"))
    feed(bench, 0, 5 * MIN - 10, 60.0)
    found = feed(bench, 5 * MIN, 15 * MIN, Reason.SENSOR_FAULT)
    assert (found["mean"].value, found["mean"].quality, found["mean"].reason) == (None, Quality.BAD, Reason.SENSOR_FAULT)
    assert flags(found["mean"]) & Flag.PARTIAL
    assert (found["lower_bound"].value, found["lower_bound"].quality) == (20.0, Quality.UNCERTAIN)
    assert flags(found["lower_bound"]) & Flag.PARTIAL
    assert found["coverage"].value == pytest.approx(float(re.findall(r"coverage ([\d.]+)", expected)[0]), abs=0.005)
    assert found["projected"].value is None
    assert not any(reading.quality == Quality.GOOD and reading.value in (60.0, 20.0) for reading in found.values())


def test_a_young_window_says_what_it_has_and_where_it_goes(safety: Rows) -> None:
    row(safety("stel"), "first 4 min after start at 12 ppm", "mean-so-far 12, coverage 0.27, flag PARTIAL; projected STEL if it stays = 12")
    found = feed(Bench([CO], text("stel")), 0, 4 * MIN, 12.0)
    assert (found["mean"].value, found["mean"].reason) == (None, "partial")
    assert (found["so_far"].value, found["projected"].value) == (12.0, 12.0)
    assert found["coverage"].value == pytest.approx(0.27, abs=0.005)
    for figure in ("so_far", "projected", "lower_bound"):
        assert (flags(found[figure]) & Flag.PARTIAL, found[figure].quality) == (Flag.PARTIAL, Quality.UNCERTAIN)


def test_a_peak_is_held_as_long_as_it_is_in_the_window(safety: Rows) -> None:
    row(safety("stel"), "minute values: 15×0, 5×100, 20×0", "33.33 ppm, reached at minute 20 and held to minute 30")
    bench = Bench([CO], text("stel"))
    means = {}
    for minute, value in enumerate([0.0] * 15 + [100.0] * 5 + [0.0] * 20):
        for second in range(0, MIN, 10):
            reading = bench.feed("co", minute * MIN + second, value)["mean"]
            if second == 0:
                means[minute] = reading.value
    peak = max(value for value in means.values() if value is not None)
    assert peak == pytest.approx(33.33, abs=0.005)
    assert [minute for minute, value in means.items() if value == peak] == list(range(20, 31))


def test_a_sensor_that_is_only_indicative_gives_no_exposure() -> None:
    bench = Bench([CO], text("stel"))
    feed(bench, 0, 20 * MIN, 12.0)
    for second in range(20 * MIN, 40 * MIN, 10):
        found = bench.feed("co", second, 12.0, Reason.INDICATIVE)
        assert {(found[figure].value, found[figure].reason) for figure in FIGURES} == {(None, Reason.INDICATIVE)}
        assert found["co"].value == 12.0
    back = feed(bench, 40 * MIN, 41 * MIN, 12.0)
    assert back["mean"].value is None, "nothing of it was counted"
    assert back["coverage"].value == pytest.approx(1 / 15, abs=0.001)


def test_a_figure_other_than_the_mean_says_in_its_name_which_it_is() -> None:
    bench = Bench([CO], text("stel"))
    assert {figure: bench.info(figure).quantity for figure in FIGURES} == {
        "mean": "carbon_monoxide_stel",
        **{figure: f"carbon_monoxide_stel_{figure}" for figure in FIGURES[1:]},
    }
    assert all(bench.info(figure).datum.startswith("area exposure: ") for figure in FIGURES)
    assert [(bench.info(figure).low, bench.info(figure).high, bench.info(figure).decimals) for figure in FIGURES] == [(0, 1000, 2)] * 4 + [(0, 1, 3)]
    assert {bench.info(figure).unit for figure in FIGURES} == {"[ppm]", "1"}
