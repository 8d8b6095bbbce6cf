"""A guard band becomes a fault only after some seconds, a pulsed warning is neither averaged into the value nor missed beside it, and every vendor's
currents mean what the manual says: through the driver, on simulated currents."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hardware.driver import load
from hardware.drivers._loop import DWELL, PROFILES
from hardware.errors import HardwareError
from hardware.quantities import convert
from hardware.sample import Quality, Reason, Sample

GOOD, UNSURE, BAD = Quality.GOOD, Quality.UNCERTAIN, Quality.BAD
GAS = {"quantity": "methane", "unit": "%{LEL}", "lel": 4.4, "low": 0, "high": 100}
OXYGEN = {"quantity": "oxygen", "unit": "%{vol}", "low": 0, "high": 25}
STEP = 0.25


def loop(simulate: Any, clock: Any, currents: list[tuple[float, float]], fault: str = "", **told: Any) -> Any:
    """A driver on a loop that gives each current (mA) from its second on."""
    steps = ", ".join(f"[{at}, {current * 0.15:.6f}]" for at, current in currents)
    scene = f'[signals.x]\nkind = "steps"\nsteps = [{steps}]\n[chips."i2c-1:0x48"]\nkind = "ads1115"\n'
    scene += '[chips."i2c-1:0x48".inputs.A0]\nkind = "volts"\nsignal = "x"\n'
    family = load("loop_4_20ma")
    return family.open(msgspec.convert(GAS | told, family.options, dec_hook=convert), simulate(scene + fault, clock), clock)


def watch(driver: Any, clock: Any, until: float, step: float = STEP) -> list[tuple[float, Sample]]:
    found = []
    while clock.scenario() < until:
        begun = clock.scenario()
        found.append((begun, driver.read()[0]))
        clock.advance(begun + step - clock.scenario())
    return found


@pytest.mark.parametrize("current", [3.7, 20.7])
def test_a_guard_band_holds_and_then_is_a_fault(simulate: Any, clock: Any, current: float) -> None:
    driver = loop(simulate, clock, [(0, 12.0), (10, current), (20, 12.0), (30, current), (30 + DWELL - 1, 12.0)])
    for at, sample in watch(driver, clock, 40):
        if not 10 <= at < 20 and not 30 <= at < 30 + DWELL - 1:
            assert sample.quality is GOOD, at
            assert sample.value == pytest.approx(50, abs=0.01), at
        else:
            assert sample.value is None, "no value, however short"
            assert sample.reason is (Reason.SENSOR_FAULT if 10 + DWELL <= at < 20 else Reason.GUARD_BAND), at


@pytest.mark.parametrize("fault", ['[[faults]]\nkind = "nak"\non = "i2c-1:0x48"\nfrom = 1.2\nto = 20.5\n', ""])
def test_time_in_which_nobody_looked_is_no_patience(simulate: Any, clock: Any, fault: str) -> None:
    """A guard band, then a converter that does not answer, or nobody who asks it: what the current was meanwhile is not known."""
    driver, seen = loop(simulate, clock, [(0, 3.7)], fault=fault), []
    for at in (1, 1.5, 21, 22, 23, 24.5):
        clock.advance(at - clock.scenario())
        try:
            seen.append(driver.read()[0].reason)
        except HardwareError as error:
            seen.append(error.reason)
    guard = Reason.GUARD_BAND
    assert seen == [guard, Reason.NAK if fault else guard, guard, guard, guard, Reason.SENSOR_FAULT]


@pytest.mark.parametrize("period", [5.0, 60.0])
def test_a_loop_that_is_read_seldom_becomes_a_fault_all_the_same(simulate: Any, clock: Any, period: float) -> None:
    found = watch(loop(simulate, clock, [(0, 3.7)]), clock, 4 * period, period)
    assert [sample.reason for _, sample in found][-1] is Reason.SENSOR_FAULT


@pytest.mark.parametrize(
    ("current", "value", "quality", "reason"),
    [
        (4.0, 5.0, GOOD, None),
        (12.0, 2.5, GOOD, None),
        (20.0, 0.0, GOOD, None),
        (3.9, 5.03125, UNSURE, Reason.OVER_RANGE),
        (20.3, -0.09375, UNSURE, Reason.UNDER_RANGE),
        (3.0, None, BAD, Reason.SENSOR_FAULT),
    ],
)
def test_a_transmitter_may_act_in_reverse(
    simulate: Any, clock: Any, current: float, value: float | None, quality: Quality, reason: Reason | None
) -> None:
    driver = loop(simulate, clock, [(0, current)], quantity="level", unit="m", lel=None, low=5, high=0)
    assert (driver.channels[0].low, driver.channels[0].high) == (0, 5)
    sample = driver.read()[0]
    assert (sample.quality, sample.reason) == (quality, reason)
    assert sample.value == (None if value is None else pytest.approx(value, abs=0.001))


def test_a_guard_band_after_the_other_one_is_counted_anew(simulate: Any, clock: Any) -> None:
    driver = loop(simulate, clock, [(0, 3.7), (2, 20.7), (4, 3.7), (6, 12.0)])
    assert {sample.reason for _, sample in watch(driver, clock, 6)} == {Reason.GUARD_BAND}


def test_a_warning_of_one_second_in_ten_is_never_in_the_value(simulate: Any, clock: Any) -> None:
    """Polytron 8000: the value, and 3.0 mA for 1 s in 10 s. An average of the two would be some 5 %LEL too low."""
    currents = [(0.0, 12.0)] + [(at + more, current) for at in range(10, 60, 10) for more, current in ((0, 3.0), (1, 12.0))]
    driver = loop(simulate, clock, currents, profile="draeger_polytron_8000")
    for at, sample in watch(driver, clock, 60):
        warning = at >= 10 and at % 10 < 1
        assert (sample.value, sample.reason) == ((None, Reason.GUARD_BAND) if warning else (pytest.approx(50, abs=0.01), None)), at


def test_a_warning_that_stays_is_a_fault(simulate: Any, clock: Any) -> None:
    driver = loop(simulate, clock, [(0, 12.0), (10, 3.0)], profile="draeger_polytron_8000")
    assert watch(driver, clock, 20)[-1][1].reason is Reason.SENSOR_FAULT


@pytest.mark.parametrize(("profile", "high", "low"), [("draeger_polytron_7000_pulsed", 0.4, 0.7), ("draeger_polytron_8000_pulsed", 0.5, 0.5)])
def test_a_maintenance_signal_that_swings_gives_no_value(simulate: Any, clock: Any, profile: str, high: float, low: float) -> None:
    """5 mA alone would be 6.25 %LEL: before the first 3 mA it is uncertain, after it maintenance, to the end of the signal and some seconds."""
    currents = [(0.0, 12.0)]
    at = 10.0
    while at < 30:
        currents += [(round(at, 3), 5.0), (round(at + high, 3), 3.0)]
        at += high + low
    driver = loop(simulate, clock, [*currents, (at, 12.0)], profile=profile)
    for at, sample in watch(driver, clock, 40, 0.3):
        if at < 10 or at > 35:
            assert sample.quality is GOOD, at
        elif at > 10 + high + 0.3 and at < 30:
            assert (sample.value, sample.reason) == (None, Reason.INHIBIT), at
        else:
            assert sample.quality is not GOOD or sample.value == pytest.approx(50, abs=0.01), at


@pytest.mark.parametrize(
    ("profile", "pulse", "after", "reason"),
    [
        ("draeger_polytron_7000_pulsed", 3.0, 0.0, Reason.SENSOR_FAULT),
        ("draeger_polytron_7000_pulsed", 3.0, 3.7, Reason.GUARD_BAND),
        ("draeger_pir_7000", 1.0, 20.3, Reason.OVER_RANGE),
        ("draeger_pir_7000", 1.0, 0.0, Reason.SENSOR_FAULT),
    ],
)
def test_what_is_worse_than_a_pulse_or_says_more_is_told_beside_it(
    simulate: Any, clock: Any, profile: str, pulse: float, after: float, reason: Reason
) -> None:
    driver = loop(simulate, clock, [(0, pulse), (1, after)], profile=profile)
    assert [sample.reason for _, sample in watch(driver, clock, 2, 1.0)][1] is reason


def test_a_true_5_ma_of_such_a_transmitter_is_uncertain_and_kept(simulate: Any, clock: Any) -> None:
    sample = loop(simulate, clock, [(0, 5.0)], profile="draeger_polytron_7000_pulsed").read()[0]
    assert (sample.quality, sample.reason) == (UNSURE, Reason.AMBIGUOUS)
    assert sample.value == pytest.approx(6.25, abs=0.01)


def test_pulses_of_the_fault_current_while_it_warms_up_colour_the_values_between(simulate: Any, clock: Any) -> None:
    """PIR 7000: the fault current of 1 mA for 0.7 s in 11 s."""
    currents = [(0.0, 12.0)] + [(at + more, current) for at in (10, 21, 32) for more, current in ((0, 1.0), (0.7, 12.0))]
    driver = loop(simulate, clock, currents, profile="draeger_pir_7000")
    for at, sample in watch(driver, clock, 60):
        if 10 <= at < 33 and (at - 10) % 11 < 0.6:
            assert (sample.value, sample.reason) == (None, Reason.WARM_UP), at
        elif 10 <= at < 44:
            assert sample.reason is Reason.WARM_UP, at
        elif not 44 <= at < 45:
            assert sample.quality is GOOD, at


def test_a_fault_current_that_stays_is_a_fault(simulate: Any, clock: Any) -> None:
    driver = loop(simulate, clock, [(0, 12.0), (10, 1.0)], profile="draeger_pir_7000")
    found = watch(driver, clock, 20)
    assert {sample.reason for at, sample in found if at >= 12} == {Reason.SENSOR_FAULT}
    assert all(sample.value is None for at, sample in found if at >= 10)


@pytest.mark.parametrize(
    ("profile", "told", "current", "quality", "reason"),
    [
        ("draeger_polytron_8000", GAS, 1.2, BAD, Reason.SENSOR_FAULT),
        ("draeger_polytron_8000", GAS, 21.5, BAD, Reason.SENSOR_FAULT),
        ("draeger_polytron_8000", GAS, 3.4, BAD, Reason.INHIBIT),
        ("draeger_polytron_8000", GAS, 20.4, UNSURE, Reason.OVER_RANGE),
        ("draeger_polytron_8000", GAS, 3.9, UNSURE, Reason.UNDER_ZERO),
        ("draeger_polytron_7000", GAS, 3.4, BAD, Reason.INHIBIT),
        ("draeger_polytron_7000", GAS, 3.1, BAD, Reason.SENSOR_FAULT),
        ("draeger_polytron_7000", GAS, 23.0, BAD, Reason.SENSOR_FAULT),
        ("draeger_polytron_7000", GAS, 20.3, UNSURE, Reason.OVER_RANGE),
        ("draeger_pir_7000", GAS, 0.0, BAD, Reason.SENSOR_FAULT),
        ("msa_ultima_x", GAS, 3.0, BAD, Reason.SENSOR_FAULT),
        ("msa_ultima_x", GAS, 3.75, BAD, Reason.INHIBIT),
        ("msa_ultima_x", GAS, 21.0, BAD, Reason.OVER_RANGE),
        ("msa_ultima_x", OXYGEN, 21.0, BAD, Reason.INHIBIT),
        ("rki_m2", GAS, 3.5, BAD, Reason.INHIBIT),
        ("rki_m2", GAS, 2.3, BAD, Reason.SENSOR_FAULT),
        ("rki_m2", GAS, 3.0, BAD, Reason.UNDER_RANGE),
        ("rki_m2", GAS, 17.4, GOOD, None),
        ("rki_m2", OXYGEN, 17.4, UNSURE, Reason.AMBIGUOUS),
        ("rki_m2", OXYGEN, 17.1, GOOD, None),
        ("rki_m2", OXYGEN | {"quantity": "o2"}, 17.4, UNSURE, Reason.AMBIGUOUS),
        ("msa_ultima_x", OXYGEN | {"quantity": "O2"}, 21.0, BAD, Reason.INHIBIT),
        ("rki_m2a", OXYGEN, 17.4, UNSURE, Reason.AMBIGUOUS),
        ("rki_m2a", GAS, 3.5, BAD, Reason.INHIBIT),
        ("rki_m2a", GAS, 1.5, BAD, Reason.UNDER_RANGE),
        ("rki_m2a", GAS, 1.0, BAD, Reason.SENSOR_FAULT),
        ("toxic_drift", GAS, 2.5, BAD, Reason.SENSOR_FAULT),
        ("ne43", GAS, 3.4, BAD, Reason.SENSOR_FAULT),
    ],
)
def test_a_vendors_current(
    simulate: Any, clock: Any, profile: str, told: dict[str, Any], current: float, quality: Quality, reason: Reason | None
) -> None:
    sample = loop(simulate, clock, [(0, current)], **told, profile=profile).read()[0]
    assert (sample.quality, sample.reason) == (quality, reason)
    assert sample.raw == pytest.approx(current * 1200, abs=1)


def test_an_m2a_that_tracks_down_is_a_fault_after_thirty_seconds(simulate: Any, clock: Any) -> None:
    found = watch(loop(simulate, clock, [(0, 1.5)], profile="rki_m2a"), clock, 40, 1.0)
    assert {sample.reason for at, sample in found if at < 30} == {Reason.UNDER_RANGE}
    assert {sample.reason for at, sample in found if at >= 30} == {Reason.SENSOR_FAULT}


def test_values_warm_up_after_the_opening_and_after_the_current_was_away(simulate: Any, clock: Any) -> None:
    driver = loop(simulate, clock, [(0, 12.0), (120, 0.0), (130, 12.0)], profile="toxic_drift", warm_up="90 s")
    for at, sample in watch(driver, clock, 240, 1.0):
        if 120 <= at < 130:
            assert sample.reason is Reason.SENSOR_FAULT
        elif at < 90 or 130 <= at < 219:
            assert (sample.quality, sample.reason) == (UNSURE, Reason.WARM_UP), at
            assert sample.value == pytest.approx(50, abs=0.01), at
        elif at > 220 or at < 120:
            assert sample.quality is GOOD, at


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_the_windows_of_a_profile_are_in_order(profile: str) -> None:
    """A window that the one before it hides would never be met."""
    for place, window in enumerate(PROFILES[profile]):
        assert window.low < window.high
        assert not any(w.low <= window.low and window.high <= w.high and w.oxygen in (None, window.oxygen) for w in PROFILES[profile][:place])
