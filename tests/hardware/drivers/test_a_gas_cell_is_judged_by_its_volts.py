"""An electrochemical cell: volts to ppm with the cell's own sensitivity, rails told apart, warm-up told, drift not hidden."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hardware.driver import load
from hardware.drivers._ads1115 import Conversion, lsb
from hardware.errors import HardwareError, Nak, PortGone, Timeout
from hardware.quantities import convert
from hardware.sample import Quality, Reason

FAMILY = load("gas_cell")
GOOD, UNSURE, BAD = Quality.GOOD, Quality.UNCERTAIN, Quality.BAD
OPTIONS = {"quantity": "carbon_monoxide", "high": 500, "sensitivity": 2.44, "resistance": 1e6, "zero": 1.2, "warm_up": "0 s"}
FALLING = OPTIONS | {"quantity": "nitrogen_dioxide", "high": 20, "sensitivity": -25.0, "resistance": 2e6, "zero": 1.6}
SCENE = """
[signals.x]
kind = "steps"
steps = [[0, {}], [30, 7.0]]
[chips."i2c-1:0x48"]
kind = "ads1115"
[chips."i2c-1:0x48".inputs.A0]
signal = "x"
"""
VOLTS = SCENE + 'kind = "volts"\n'
CELL = SCENE + 'kind = "cell"\nsensitivity = 2.44\nresistance = 1e6\nbias = 1.2\n'


def opened(buses: Any, clock: Any, options: dict[str, Any] = OPTIONS, **more: Any) -> Any:
    return FAMILY.open(msgspec.convert(options | more, FAMILY.options, dec_hook=convert), buses, clock)


@pytest.mark.parametrize(
    ("volts", "ppm"),
    [(1.2, 0.0), (1.2 + 0.00244, 1.0), (1.2 + 0.244, 100.0), (2.42, 500.0)],  # 2.44 nA/ppm through 1 Mohm are 2.44 mV/ppm
)
def test_volts_become_ppm(simulate: Any, clock: Any, volts: float, ppm: float) -> None:
    [sample] = opened(simulate(VOLTS.format(volts)), clock).read()
    assert sample.raw == round(volts / lsb(1))
    assert sample.value == pytest.approx(ppm, abs=0.5 * lsb(1) / 0.00244)


def test_a_published_amplifier_in_numbers(simulate: Any, clock: Any) -> None:
    """SPEC Sensors ULPSM-CO: 100 kV/A, 2.44 nA/ppm: 87.72 ppm are 21.4 mV; half a code is 0.26 ppm."""
    options = OPTIONS | {"resistance": 100e3, "zero": 1.65, "high": 1000}
    [sample] = opened(simulate(VOLTS.format(1.65 + 87.72 * 2.44e-9 * 100e3)), clock, options).read()
    assert sample.value == pytest.approx(87.72, abs=0.26)


@pytest.mark.parametrize("gas", [0.0, 35.0, 200.0, 499.0])
def test_what_the_simulated_cell_smells_is_what_is_read(simulate: Any, clock: Any, gas: float) -> None:
    [sample] = opened(simulate(CELL.format(gas)), clock).read()
    assert (sample.quality, sample.reason) == (GOOD, None)
    assert sample.value == pytest.approx(gas, abs=0.03)


def test_a_cell_whose_output_falls(simulate: Any, clock: Any) -> None:
    [sample] = opened(simulate(VOLTS.format(1.6 - 10 * 0.05)), clock, FALLING).read()
    assert (sample.quality, sample.value) == (GOOD, pytest.approx(10, abs=0.01))


@pytest.mark.parametrize(
    ("options", "volts", "quality", "reason"),
    [
        (OPTIONS, 0.0, BAD, Reason.SENSOR_FAULT),  # no supply
        (OPTIONS, 0.02, BAD, Reason.SENSOR_FAULT),
        (OPTIONS, 0.5, BAD, Reason.UNDER_RANGE),
        (OPTIONS, 1.07, BAD, Reason.UNDER_RANGE),
        (OPTIONS, 1.1, UNSURE, Reason.UNDER_ZERO),
        (OPTIONS, 1.19, GOOD, None),
        (OPTIONS, 2.45, UNSURE, Reason.OVER_RANGE),
        (OPTIONS, 3.24, UNSURE, Reason.OVER_RANGE),
        (OPTIONS, 3.25, BAD, Reason.OVER_RANGE),  # the rail
        (OPTIONS, 3.6, BAD, Reason.OVER_RANGE),
        (OPTIONS | {"zero": 0.5, "gain": 2, "high": 300}, 2.2, BAD, Reason.OVER_RANGE),  # clipped by the converter
        (FALLING, 0.0, BAD, Reason.SENSOR_FAULT),
        (FALLING, 0.3, UNSURE, Reason.OVER_RANGE),
        (FALLING, 3.25, BAD, Reason.SENSOR_FAULT),
        (FALLING | {"gain": 2}, 2.2, BAD, Reason.SENSOR_FAULT),
    ],
)
def test_every_part_of_the_scale_has_its_meaning(simulate: Any, clock: Any, options: Any, volts: float, quality: Quality, reason: Any) -> None:
    [sample] = opened(simulate(VOLTS.format(volts)), clock, options).read()
    assert (sample.quality, sample.reason, sample.value is None) == (quality, reason, quality is BAD)
    assert sample.raw is not None


def test_warm_up_is_uncertain_and_ends(simulate: Any, clock: Any) -> None:
    driver = opened(simulate(CELL.format(35)), clock, warm_up="20 s")
    for at, expected in ((0, Reason.WARM_UP), (19, Reason.WARM_UP), (20.1, None)):
        clock.advance(at - clock.scenario())
        [sample] = driver.read()
        assert sample.value == pytest.approx(35, abs=0.03), "a value all the same: an alarm is not made deaf by warm-up"
        assert sample.reason is expected


@pytest.mark.parametrize(
    ("volts", "quality", "reason"), [(0.03, BAD, Reason.UNDER_RANGE), (3.0, UNSURE, Reason.OVER_RANGE), (1.1, UNSURE, Reason.UNDER_ZERO)]
)
def test_warm_up_hides_nothing_that_is_worse(simulate: Any, clock: Any, volts: float, quality: Quality, reason: Reason) -> None:
    """0.03 V would be -479 ppm; 3 V are 737 ppm, over the range, for the whole hour."""
    [sample] = opened(simulate(VOLTS.format(volts)), clock, warm_up="1 h").read()
    assert (sample.quality, sample.reason) == (quality, reason)


def test_a_code_that_is_refused_says_nothing_of_the_supply(simulate: Any, clock: Any, mocker: Any) -> None:
    driver = opened(simulate(CELL.format(35)), clock, warm_up="20 s")
    clock.advance(21)
    reset = mocker.patch.object(driver._converter, "read", return_value=Conversion(0, Reason.WRONG_CHIP))
    assert driver.read()[0].reason is Reason.WRONG_CHIP
    mocker.stop(reset)
    assert driver.read()[0].quality is GOOD


def test_the_end_of_the_range_belongs_to_it(simulate: Any, clock: Any) -> None:
    for code, quality in ((19360, GOOD), (19363, GOOD), (19364, UNSURE)):  # 500 ppm are 2.42 V; three codes is what the converter may be off
        [sample] = opened(simulate(VOLTS.format(code * 125e-6)), clock).read()
        assert (sample.raw, sample.quality) == (code, quality)


def test_it_begins_anew_when_the_supply_comes_back(simulate: Any, clock: Any) -> None:
    driver = opened(simulate(CELL.format(35) + '[[faults]]\nkind = "off"\non = "i2c-1:0x48/A0"\nfrom = 25\nto = 28\n'), clock, warm_up="20 s")
    reasons = []
    for at in (21, 25, 27.9, 28.1, 40, 50):
        clock.advance(at - clock.scenario())
        reasons.append(driver.read()[0].reason)
    assert reasons == [None, Reason.SENSOR_FAULT, Reason.SENSOR_FAULT, Reason.WARM_UP, Reason.WARM_UP, None]


def test_a_cell_that_is_not_plugged_in_reads_clean_air(simulate: Any, clock: Any) -> None:
    """Nothing in the volts tells it: it stands here so that nobody believes otherwise. Test gas finds it."""
    [sample] = opened(simulate(CELL.format(400) + '[[faults]]\nkind = "open"\non = "i2c-1:0x48/A0"\n'), clock).read()
    assert (sample.quality, sample.value) == (GOOD, pytest.approx(0, abs=0.03))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ('kind = "nak"\non = "i2c-1:0x48"', Nak),
        ('kind = "off"\non = "i2c-1:0x48"', Nak),
        ('kind = "hang"\non = "i2c-1:0x48"', Timeout),
        ('kind = "unplugged"\non = "i2c-1"', PortGone),
    ],
)
def test_a_fault_of_the_bus_has_its_name_and_passes(simulate: Any, clock: Any, fault: str, error: type[HardwareError]) -> None:
    driver = opened(simulate(f"{CELL.format(35)}[[faults]]\n{fault}\nfrom = 5\nto = 10\n"), clock)
    clock.advance(5)
    for _ in range(3):
        with pytest.raises(error):
            driver.read()
    clock.advance(10 - clock.scenario())
    assert driver.read()[0].value == pytest.approx(35, abs=0.03)


def test_garbage_is_no_number(simulate: Any, clock: Any) -> None:
    driver = opened(simulate(CELL.format(35) + '[[faults]]\nkind = "garbage"\non = "i2c-1:0x48"\nfrom = 5\nto = 10\n'), clock)
    clock.advance(5)
    while clock.scenario() < 9.9:
        try:
            assert driver.read()[0].value is None
        except Timeout:
            continue
    clock.advance(10 - clock.scenario())
    assert driver.read()[0].quality is GOOD


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"resistance": 1000}, "write resistance in ohms"),
        ({"resistance": 0}, "read them off the cell"),
        ({"sensitivity": 0}, "read them off the cell"),
        ({"resistance": 4e6}, r"high makes 6\.080 V, outside 0\.05 to 3\.25 V"),
        ({"sensitivity": -2.44}, r"high makes -0\.020 V"),
        ({"zero": 0.0}, r"zero makes 0\.000 V"),
        ({"gain": 4}, r"zero makes 1\.200 V"),
        ({"low": 500}, "must be below high"),
        ({"decimals": 7}, "write 0 to 6"),
        ({"decimals": -1}, "write 0 to 6"),
        ({"resistance": float("inf")}, "resistance = inf is no number"),
        ({"high": float("nan")}, "high = nan is no number"),
        ({"address": 0x50}, "use 0x48, 0x49, 0x4a or 0x4b"),
        ({"warm_up": 60}, "write a number and one of"),
        ({"channel": "A4"}, "channel"),
    ],
)
def test_options_that_cannot_work_are_refused_with_the_remedy(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=told):
        msgspec.convert(OPTIONS | wrong, FAMILY.options, dec_hook=convert)


def test_there_is_no_default_sensitivity() -> None:
    with pytest.raises(msgspec.ValidationError, match="sensitivity"):
        msgspec.convert({key: value for key, value in OPTIONS.items() if key != "sensitivity"}, FAMILY.options, dec_hook=convert)
