"""Volts at the pin to volts at the source, and to the value of a transmitter; what is beyond the range keeps its value and says so, and 0 V is a
measurement unless the configuration says that it is not."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hardware.driver import load
from hardware.sample import Quality, Reason, Sample

GOOD, UNSURE, BAD = Quality.GOOD, Quality.UNCERTAIN, Quality.BAD
PRESSURE: dict[str, Any] = {"points": [[0.5, 0], [4.5, 1000]], "ratio": 2.0, "quantity": "pressure", "unit": "hPa"}


def read(simulate: Any, clock: Any, volts: float, plus: str = "A0", minus: float = 0.0, **told: Any) -> Sample:
    scene = (
        f'[signals.x]\nkind = "constant"\nvalue = {volts}\n[signals.y]\nkind = "constant"\nvalue = {minus}\n[chips."i2c-1:0x48"]\nkind = "ads1115"\n'
    )
    for pin, name in ((plus, "x"), ("A3", "y")):
        scene += f'[chips."i2c-1:0x48".inputs.{pin}]\nkind = "volts"\nsignal = "{name}"\n'
    family = load("adc_voltage")
    sample: Sample = family.open(msgspec.convert(told, family.options), simulate(scene), clock).read()[0]
    return sample


def test_volts_are_the_value(simulate: Any, clock: Any) -> None:
    assert read(simulate, clock, 1.2) == Sample("voltage", 9600, 9600 * 0.000125)


def test_a_divider_is_undone(simulate: Any, clock: Any) -> None:
    assert read(simulate, clock, 2.2, ratio=5.7).value == pytest.approx(12.54, abs=0.001)


def test_a_pair_is_a_difference_with_its_sign(simulate: Any, clock: Any) -> None:
    assert read(simulate, clock, 0.4, minus=1.0, channel="A0-A3").value == pytest.approx(-0.6, abs=0.0002)


@pytest.mark.parametrize(("source", "value"), [(0.5, 0.0), (2.5, 500.0), (4.5, 1000.0)])
def test_two_points_scale(simulate: Any, clock: Any, source: float, value: float) -> None:
    sample = read(simulate, clock, source / 2, **PRESSURE)
    assert (sample.quality, sample.channel) == (GOOD, "pressure")
    assert sample.value == pytest.approx(value, abs=0.1)


def test_a_falling_transmitter_scales_too(simulate: Any, clock: Any) -> None:
    assert read(simulate, clock, 0.25, points=[[0, 100], [1, 0]], quantity="humidity", unit="%").value == pytest.approx(75, abs=0.02)


@pytest.mark.parametrize(
    ("source", "more", "quality", "reason"),
    [
        (4.8, {}, UNSURE, Reason.OVER_RANGE),
        (0.3, {}, UNSURE, Reason.UNDER_RANGE),
        (4.5006, {}, GOOD, None),
        (0.4993, {}, GOOD, None),  # within the converter's own error of three codes
        (0.3, {"open_below": 0.25}, UNSURE, Reason.UNDER_RANGE),
        (0.2, {"open_below": 0.25}, BAD, Reason.DISCONNECTED),
        (0.0, {"open_below": 0.25}, BAD, Reason.DISCONNECTED),
        (0.0, {}, UNSURE, Reason.UNDER_RANGE),
        (2.6, {"low": 0, "high": 500}, UNSURE, Reason.OVER_RANGE),
    ],
)
def test_beyond_the_range_the_value_stays_and_an_open_input_has_none(
    simulate: Any, clock: Any, source: float, more: dict[str, Any], quality: Quality, reason: Reason | None
) -> None:
    sample = read(simulate, clock, source / 2, **PRESSURE | more)
    assert (sample.quality, sample.reason) == (quality, reason)
    assert sample.raw == pytest.approx(source / 2 / 125e-6, abs=1)
    assert (sample.value is None) == (quality is BAD)


def test_zero_volts_are_a_measurement_unless_told_otherwise(simulate: Any, clock: Any) -> None:
    assert read(simulate, clock, 0.0) == Sample("voltage", 0, 0.0)
    assert read(simulate, clock, 0.0, open_below=0.1) == Sample("voltage", 0, None, BAD, Reason.DISCONNECTED)


def test_a_pin_at_the_end_of_its_range_gives_no_value(simulate: Any, clock: Any) -> None:
    assert read(simulate, clock, 1.5, gain=4) == Sample("voltage", 32767, None, BAD, Reason.OVER_RANGE)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"ratio": 0}, "1 without a divider"),
        ({"ratio": -2}, "1 without a divider"),
        ({"unit": "hPa"}, "write two points"),
        ({"points": [[1, 0], [1, 10]]}, "must differ"),
        ({"points": [[0, 5], [1, 5]]}, "must differ"),
        ({"points": [[0, 0], [5, 10]], "unit": "m"}, r"high makes 5.000 V at A0, outside 0 to 3.3 V"),
        ({"points": [[-1, 0], [1, 10]], "unit": "m"}, "low makes -1.000 V at A0"),
        ({"low": 2, "high": 1}, "must be below high"),
        ({"low": 0, "high": 0.01}, "only 80.0 codes"),
        ({"points": [[0, 0]], "unit": "m"}, "points"),
    ],
)
def test_an_option_that_cannot_work_is_refused_with_the_remedy(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=told):
        msgspec.convert(wrong, load("adc_voltage").options)


def test_a_pair_may_have_points_on_both_sides_of_zero() -> None:
    options = msgspec.convert({"points": [[-1, -10], [1, 10]], "unit": "m", "channel": "A0-A1"}, load("adc_voltage").options)
    assert (options.channels()[0].low, options.channels()[0].high) == (-10, 10)
