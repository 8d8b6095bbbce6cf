"""A rain gauge: every tip once with its own time, however seldom it is read; an intensity that fades; nothing that cannot be a tip."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hardware.driver import load
from hardware.quantities import convert
from hardware.sample import Quality, Reason, Sample

FAMILY = load("tipping_bucket")
START = 10.0
"""What a stepped clock shows at scenario time 0."""


def opened(buses: Any, clock: Any, **options: Any) -> Any:
    return FAMILY.open(msgspec.convert({"pin": 6, "mm_per_tip": 0.2} | options, FAMILY.options, dec_hook=convert), buses, clock)


def reed(*closings: tuple[float, float]) -> str:
    """A reed that closes at these scenario seconds, each for so long."""
    steps = ", ".join(f"[{at}, 1.0], [{round(at + lasts, 6)}, 0.0]" for at, lasts in closings)
    return f"""
[signals.s]
kind = "steps"
steps = [[0, 0.0], {steps}]
[chips.gpio-6]
kind = "contact"
signal = "s"
level = 0.5
grid = 0.0005
"""


def gauge(rain: str, extra: str = "") -> str:
    return f"""
[signals.rain]
kind = "steps"
steps = {rain}
[chips.gpio-6]
kind = "tipping_bucket"
signal = "rain"
{extra}
"""


def read_at(driver: Any, clock: Any, *moments: float) -> list[Sample]:
    told: list[Sample] = []
    for at in moments:
        clock.advance(at - clock.scenario())
        told.extend(driver.read())
    return told


def tips(samples: list[Sample]) -> list[Sample]:
    return [sample for sample in samples if sample.channel == "rain" and sample.at is not None and sample.quality is Quality.GOOD and sample.raw]


def last(samples: list[Sample], channel: str) -> Sample:
    return [sample for sample in samples if sample.channel == channel][-1]


@pytest.mark.parametrize("moments", [(3.0,), (1.001, 1.004, 3.0), tuple(1 + n * 0.0025 for n in range(800))])
def test_the_golden_bounces_are_two_tips(vectors: Any, simulate: Any, clock: Any, moments: tuple[float, ...]) -> None:
    row = vectors("tipping_bucket")[0]
    assert (row["input"], row["params"], row["expect"]) == ("edges at 0, 3, 8 ms then 1500 ms", "lock-out 100 ms", "2 tips")
    driver = opened(simulate(reed((1.0, 0.002), (1.003, 0.002), (1.008, 0.06), (2.5, 0.06))), clock)
    told = read_at(driver, clock, 0.5, *moments)
    assert last(told, "rain") == Sample("rain", 2, 0.4)
    assert [sample.at for sample in tips(told)] == [pytest.approx(START + 1.0, abs=0.003), pytest.approx(START + 2.5, abs=0.003)]
    assert all(sample.quality is Quality.GOOD for sample in told if sample.channel == "rain")


@pytest.mark.parametrize("indicated", [100.0])
def test_the_golden_undercatch(vectors: Any, simulate: Any, clock: Any, indicated: float) -> None:
    row = vectors("tipping_bucket")[1]
    assert (row["input"], row["params"], row["expect"]) == ("indicated 100 mm/h", "undercatch k=0.000497 h/mm", "true 105.5 mm/h")
    every = 3600 * 0.2 / indicated
    driver = opened(simulate(reed((5.0, 0.08), (5.0 + every, 0.08))), clock, undercatch=0.000497)
    told = read_at(driver, clock, 0.0, 5.2 + every)
    assert last(told, "intensity").value == pytest.approx(105.5, abs=0.05)
    assert last(told, "intensity").quality is Quality.GOOD


def test_the_golden_second_tip_that_cannot_be(vectors: Any, simulate: Any, clock: Any) -> None:
    row = vectors("tipping_bucket")[2]
    assert row["input"] == "2 tips 60 ms apart"
    assert "reject second, flag BOUNCE" in row["expect"]
    driver = opened(simulate(reed((5.0, 0.03), (5.06, 0.03), (60.0, 0.08))), clock)
    told = read_at(driver, clock, 0.0, 10.0)
    flagged = [sample for sample in told if sample.reason is Reason.BOUNCE]
    assert [(round(s.at - START, 3), s.raw, s.quality) for s in flagged if s.at is not None] == [(5.06, 1, Quality.UNCERTAIN)]
    assert last(told, "rain") == Sample("rain", 1, 0.2)
    assert last(read_at(driver, clock, 70.0), "rain").raw == 2


@pytest.mark.parametrize("closed", [0.09, 0.099, 0.105, 0.3])
def test_a_reed_that_bounces_as_it_opens_is_one_tip(simulate: Any, clock: Any, closed: float) -> None:
    """Within the lock-out and after it: what closes within 10 ms of an opening is the same tip."""
    again = round(5 + closed + 0.001, 6)
    driver = opened(simulate(reed((5.0, closed), (again, 0.002), (round(again + 0.005, 6), 0.05), (60.0, 0.08))), clock)
    told = read_at(driver, clock, 0.0, 10.0)
    assert last(told, "rain") == Sample("rain", 1, 0.2)
    assert last(read_at(driver, clock, 70.0), "rain") == Sample("rain", 2, 0.4)


@pytest.mark.parametrize("period", [0.07, 1.0, 60.0, 1800.0])
@pytest.mark.parametrize("bounces", [0, 3])
def test_no_tip_is_lost_or_told_twice_however_seldom_it_is_read(simulate: Any, clock: Any, period: float, bounces: int) -> None:
    end = 119.0 if period < 1 else 1800.0
    driver = opened(simulate(gauge("[[0, 0], [5, 77.0], [900, 20.0]]", f"bounces = {bounces}")), clock)
    told = read_at(driver, clock, *[period * n for n in range(round(end / period) + 1)])
    fell = (min(end, 900) - 5) * 77 / 3600 + max(0.0, end - 900) * 20 / 3600
    assert last(told, "rain").raw == int(fell / 0.2 + 1e-9)
    each = tips(told)
    assert [sample.raw for sample in each] == list(range(1, int(fell / 0.2 + 1e-9) + 1))
    times = [sample.at - START for sample in each if sample.at is not None]
    assert times == sorted(times)
    assert times[:2] == pytest.approx([5 + 0.2 * 3600 / 77, 5 + 0.4 * 3600 / 77], abs=1e-5)


@pytest.mark.parametrize("rate", [5.0, 19.9, 60.0, 175.2])
def test_the_intensity_is_what_falls_and_not_what_is_caught(simulate: Any, clock: Any, rate: float) -> None:
    driver = opened(simulate(gauge(f"[[0, {rate}]]", "undercatch = 0.0005")), clock)
    told = read_at(driver, clock, 0.0, 1200.0)
    assert last(told, "intensity").value == pytest.approx(rate, rel=0.01)
    assert last(told, "intensity").quality is Quality.GOOD


def test_the_intensity_fades_and_is_never_held(simulate: Any, clock: Any) -> None:
    driver = opened(simulate(gauge("[[0, 36.0], [205, 0.0]]")), clock, undercatch=0)
    seen = [last(read_at(driver, clock, at), "intensity").value for at in (30.0, 50.0, 100.0, 200.0, 215.0, 240.0, 400.0, 3800.0, 400_000.0)]
    assert seen[0] == 0, "the first tip alone tells no intensity"
    assert seen[1:4] == pytest.approx([36.0] * 3, abs=0.01)
    assert seen[4:8] == pytest.approx([36.0, 18.0, 3.6, 0.2], abs=0.02)
    assert seen[8] == 0


@pytest.mark.parametrize(("indicated", "reason"), [(159.0, None), (161.0, Reason.EXTRAPOLATED), (199.0, Reason.EXTRAPOLATED)])
def test_the_undercatch_is_known_up_to_what_was_measured(simulate: Any, clock: Any, indicated: float, reason: Reason | None) -> None:
    """175.2 mm/h true, the most that was measured, is indicated as 159.9."""
    every = 3600 * 0.2 / indicated
    driver = opened(simulate(reed((5.0, 0.08), (5.0 + every, 0.08))), clock)
    assert last(read_at(driver, clock, 0.0, 5.2 + every), "intensity").reason is reason


def test_beyond_what_was_measured_it_is_uncertain(simulate: Any, clock: Any) -> None:
    driver = opened(simulate(gauge("[[0, 300.0]]")), clock)
    sample = last(read_at(driver, clock, 0.0, 60.0), "intensity")
    assert (sample.quality, sample.reason) == (Quality.UNCERTAIN, Reason.EXTRAPOLATED)
    assert sample.value is not None
    assert sample.value > 300


def test_a_total_that_begins_anew_begins_with_zero(simulate: Any, clock: Any) -> None:
    buses = simulate(gauge("[[0, 72.0]]"))
    first = opened(buses, clock)
    assert last(read_at(first, clock, 0.0, 55.0), "rain").raw == 5
    first.close()
    again = opened(buses, clock)
    told = read_at(again, clock, 75.0)
    assert [sample.raw for sample in told if sample.channel == "rain"] == [0, 1, 2, 2]
    assert told[0].at == START + 55.0


def test_a_reed_that_is_closed_at_the_start_is_no_tip(simulate: Any, clock: Any) -> None:
    driver = opened(simulate(reed((0.5, 30.0))), clock)
    clock.advance(1.0)
    assert last(opened(simulate(reed((0.5, 30.0))), clock).read(), "rain").raw == 0
    assert last(driver.read(), "rain").raw == 1


@pytest.mark.parametrize(("fault", "told"), [("open", 0), ('wrong"\nfactor = "0', 0), ("stuck", 0)])
def test_what_it_cannot_see_is_no_rain(simulate: Any, clock: Any, fault: str, told: int) -> None:
    text = fault.replace('factor = "0', "factor = 0.0")
    kind = f'kind = "{text}"' if "factor" not in text else f'kind = "{text}'
    driver = opened(simulate(gauge("[[0, 0.0], [10, 72.0]]") + f'[[faults]]\n{kind}\non = "gpio-6"\n'), clock)
    assert last(read_at(driver, clock, 0.0, 600.0), "rain") == Sample("rain", told, 0.0)


def test_lost_edges_are_told(simulate: Any, clock: Any) -> None:
    from hardware.buses.gpio import EDGES

    buses = simulate("")
    driver = opened(buses, clock)
    pin = buses.pin(6, "rain gauge on GPIO6").pin("GPIO6")
    driver.read()
    for _ in range(EDGES // 2 + 1):
        pin.drive_low()
        pin.drive_high()
    told = driver.read()
    assert (last(told, "rain").quality, last(told, "rain").reason) == (Quality.UNCERTAIN, Reason.BOUNCE)
    assert len(told) < 10, "a storm is no rain"


def test_the_account_has_each_tip_and_each_look(simulate: Any, clock: Any, reads: Path) -> None:
    driver = opened(simulate(gauge("[[0, 0.0], [1, 60.0]]", "bounces = 1")), clock)
    told = [sample.raw for sample in read_at(driver, clock, *[7.0 * n for n in range(20)]) if sample.channel == "rain"]
    assert [json.loads(line)[2] for line in reads.read_text().splitlines()] == told


@pytest.mark.parametrize(
    ("wrong", "why"), [({"mm_per_tip": 0}, "mm_per_tip"), ({"lock_out": "2 s"}, "lock_out"), ({"undercatch": 0.1}, "undercatch"), ({"pin": 40}, "27")]
)
def test_options_that_cannot_work_are_refused(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=why):
        msgspec.convert({"pin": 6, "mm_per_tip": 0.2} | wrong, FAMILY.options, dec_hook=convert)


@pytest.mark.parametrize(("mm", "decimals"), [(0.1, 1), (0.2, 1), (0.254, 3), (0.5, 1), (1.0, 0)])
def test_the_total_has_the_decimals_of_one_tip(mm: float, decimals: int) -> None:
    assert msgspec.convert({"pin": 6, "mm_per_tip": mm}, FAMILY.options).channels()[0].decimals == decimals
