"""A metal oxide: resistance and ratio as measured, ppm only as a tendency, nothing from a wire, and nothing of curves that say nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from hardware.driver import load
from hardware.drivers._mq_tables import MODELS, climate, concentration, refusal
from hardware.quantities import convert
from hardware.sample import Quality, Reason

FAMILY = load("mq")
Vectors = Callable[[str], list[dict[str, Any]]]
DIVIDED = {"load": 30000.0, "divider": [20000.0, 40000.0], "warm_up": "0 s"}  # 30 beside 60 kilo-ohms are 20; 2/3 of the volts are left
SEVEN = {"model": "MQ-7", "gas": "carbon_monoxide", "heater_pin": 18, "load": 15000, "divider": [10000, 20000], "warm_up": "0 s"}  # 10 kilo-ohms
WIRED = """
[chips."i2c-1:0x48"]
kind = "ads1115"
vdd = {vdd}
[chips."i2c-1:0x48".inputs.A0]
kind = "{kind}"
signal = "x"
{more}
[signals.x]
kind = "steps"
steps = {steps}
"""


def ohms(*steps: tuple[float, float], load: float = 30000, top: float = 20000, bottom: float = 40000) -> str:
    """A sensor of these resistances, with the load and divider of DIVIDED."""
    more = f"load = {load}\ntop = {top}\nbottom = {bottom}"
    return WIRED.format(vdd=3.3, kind="metal_oxide", more=more, steps=[list(step) for step in steps])


def at_the_pin(*steps: tuple[float, float]) -> str:
    return WIRED.format(vdd=5.0, kind="volts", more="", steps=[list(step) for step in steps])


def opened(buses: Any, clock: Any, **options: Any) -> Any:
    return FAMILY.open(msgspec.convert(options, FAMILY.options, dec_hook=convert), buses, clock)


def told(driver: Any) -> dict[str, Any]:
    return {sample.channel: sample for sample in driver.read()}


def cycle(driver: Any, clock: Any) -> dict[str, Any]:
    """What a sensor with a cycled heater says at the end of its first low phase."""
    driver.read()
    for seconds in (60, 90):
        clock.advance(seconds)
        found = told(driver)
    return found


NAMES = {"CO": "carbon_monoxide", "CH4": "methane", "H2": "hydrogen", "LPG": "lpg"}


def test_every_row_of_the_curves(vectors: Vectors, simulate: Any, clock: Any) -> None:
    """All through the driver but MQ-4's smoke: with |b| of 8.3 it is refused as a measurement, so its row is met by the public function alone."""
    rows = vectors("mq.curve")
    for row in rows:
        ratio = float(row["input"].split("=")[1])
        model, _, gas = row["params"].split(":")[0].partition("/")
        expected = float(row["expect"].split()[0])
        a, b = (float(number) for number in re.findall(r"[ab]=([-+.0-9e]+)", row["params"]))
        name = NAMES.get(gas, gas.partition(" ")[0])
        published = MODELS[model].curves[name]
        assert published.a == pytest.approx(a), row
        assert published.b == pytest.approx(b, abs=0.005), row
        assert concentration(a, b, ratio) == pytest.approx(expected, abs=0.0006), row
        if name == "smoke":
            assert refusal(published) is not None
            continue
        options = DIVIDED | {"model": model, "gas": name, "r0": 20000, "low": 0.1, "high": 20000}
        if published.cycled:
            options |= {"heater_pin": 18}
        driver = opened(simulate(ohms((0, 20000 * ratio))), clock, **options)
        found = cycle(driver, clock) if published.cycled else told(driver)
        assert found["ratio"].value == pytest.approx(ratio, rel=3e-4)
        assert found[name].value == pytest.approx(expected, rel=2e-3), row  # a code of the converter is up to 0.05 % of this resistance
        assert (found[name].quality, found[name].reason) == (Quality.UNCERTAIN, Reason.INDICATIVE)
    assert len(rows) == 7


def test_every_row_of_the_chain(vectors: Vectors, simulate: Any, clock: Any) -> None:
    """From volts at the load to ppm, on a converter that takes them as they are."""
    rows = vectors("mq.chain")
    seven = SEVEN | {"load": 10000, "divider": None, "supply": 5.0, "gain": "2/3", "r0": 4831.17}
    for row in rows:
        volts = float(re.findall(r"([0-9.]+) V", row["input"])[0])
        found = cycle(opened(simulate(at_the_pin((0, volts))), clock, **seven), clock)
        if "error" in row["expect"]:
            reason = Reason.SHORT_CIRCUIT if "SHORT" in row["expect"] else Reason.DISCONNECTED
            assert [found[name].reason for name in ("ratio", "carbon_monoxide", "resistance")] == [reason] * 3, row
            assert found["volts"].value == pytest.approx(volts, abs=1e-4)
            continue
        resistance, ratio, ppm = (float(number) for number in re.findall(r"(?:Rs=|ratio=|, )([0-9.]+)(?= kΩ|,| ppm)", row["expect"]))
        assert found["resistance"].value == pytest.approx(resistance * 1000, rel=1e-3)
        assert found["ratio"].value == pytest.approx(ratio, rel=1e-3)
        assert found["carbon_monoxide"].value == pytest.approx(ppm, rel=1e-3), row
        assert found["carbon_monoxide"].reason is (Reason.EXTRAPOLATED if "EXTRAPOLATED" in row["expect"] else Reason.INDICATIVE)
    assert len(rows) == 5


def test_the_other_library_that_gives_this_sensor_the_curve_of_another() -> None:
    """Published: MQ-5's carbon monoxide under MQ-7. At a ratio of 0.2 it says 5.8e9 ppm; the right curve says 1140."""
    wrong, right = MODELS["MQ-5"].curves["carbon_monoxide"], MODELS["MQ-7"].curves["carbon_monoxide"]
    assert concentration(wrong.a, wrong.b, 0.2) > 5e9
    assert concentration(right.a, right.b, 0.2) == pytest.approx(1139.871, abs=0.001)
    assert refusal(wrong) is not None


@pytest.mark.parametrize("resistance", [800.0, 5000.0, 20000.0, 150000.0])
def test_a_divider_loads_the_load(simulate: Any, clock: Any, resistance: float) -> None:
    """10 over 20 kilo-ohms at a load of 10 make 7.5, and leave two thirds of the volts."""
    scene = ohms((0, resistance), load=10000, top=10000, bottom=20000)
    found = told(opened(simulate(scene), clock, model="MQ-137", load=10000, divider=[10000, 20000], warm_up="0 s"))
    assert found["resistance"].value == pytest.approx(resistance, rel=2e-3)
    assert found["volts"].value == pytest.approx(5 * 7500 / (resistance + 7500) * 2 / 3, abs=1e-4)


@pytest.mark.parametrize(("steps", "reason"), [((0, 5.0), Reason.SHORT_CIRCUIT), ((0, 4.98), Reason.SHORT_CIRCUIT), ((0, 0.0), Reason.DISCONNECTED)])
def test_no_wire_is_read_as_clean_air_or_as_gas(simulate: Any, clock: Any, steps: tuple[float, float], reason: Reason) -> None:
    """Published: the library gives 0 ppm for both."""
    options: dict[str, Any] = {"load": 10000, "supply": 5.0, "gain": "2/3", "r0": 4000, "gas": "lpg", "model": "MQ-5", "warm_up": "0 s"}
    found = told(opened(simulate(at_the_pin(steps)), clock, **options))
    assert {found[name].reason for name in ("ratio", "lpg", "resistance")} == {reason}
    assert all(found[name].value is None for name in ("ratio", "lpg", "resistance"))


@pytest.mark.parametrize(("ratio", "reason", "value"), [(8.0, Reason.EXTRAPOLATED, 4.215), (1.0, Reason.INDICATIVE, 99.042)])
def test_below_the_sheet_is_extrapolated(simulate: Any, clock: Any, ratio: float, reason: Reason, value: float) -> None:
    found = cycle(opened(simulate(ohms((0, 20000 * ratio))), clock, **SEVEN | DIVIDED | {"r0": 20000}), clock)["carbon_monoxide"]
    assert (found.quality, found.reason, found.value) == (Quality.UNCERTAIN, reason, pytest.approx(value, rel=2e-3))


def test_far_above_the_sheet_there_is_no_number(simulate: Any, clock: Any) -> None:
    found = told(opened(simulate(ohms((0, 300))), clock, **DIVIDED | {"model": "MQ-5", "gas": "lpg", "r0": 20000}))
    assert (found["lpg"].quality, found["lpg"].reason) == (Quality.BAD, Reason.OVER_RANGE)
    assert found["ratio"].value == pytest.approx(0.015, abs=0.001)


@pytest.mark.parametrize(("model", "clean", "end"), [("MQ-8", 70, 6.3e6), ("MQ-3", 60, 5.4e6), ("MQ-5", 6.5, 1.6e6)])
def test_a_large_sensor_in_clean_air_is_connected(simulate: Any, clock: Any, model: str, clean: float, end: float) -> None:
    """R0 of 30 kilo-ohms: an MQ-8 has 2.1 megohms in clean air, where another sensor would not be there."""
    options: dict[str, Any] = {"model": model, "r0": 30000, "load": 100000, "supply": 5.0, "gain": "2/3", "warm_up": "0 s"}
    for ohms_there, connected in ((30000 * clean, True), (end * 0.98, True), (end * 1.02, False)):
        found = told(opened(simulate(at_the_pin((0, 5 * 100000 / (ohms_there + 100000)))), clock, **options))
        assert found["ratio"].reason is (None if connected else Reason.DISCONNECTED), ohms_there
        assert not connected or found["resistance"].value == pytest.approx(ohms_there, rel=0.01)
    assert msgspec.convert(options, FAMILY.options, dec_hook=convert).channels()[1].high == pytest.approx(end)


def test_a_unit_of_ones_own_goes_with_a_curve_of_ones_own() -> None:
    options = DIVIDED | {"model": "MQ-5", "gas": "lpg", "r0": 6500, "curve": [80.0, -2.4], "unit": "mg/L", "low": 1, "high": 100}
    assert msgspec.convert(options, FAMILY.options, dec_hook=convert).channels()[1].unit == "mg/L"


def test_ozone_raises_the_resistance(simulate: Any, clock: Any) -> None:
    options = DIVIDED | {"model": "MQ-131", "gas": "ozone", "r0": 10000, "low": 10, "high": 1000, "unit": "[ppb]"}
    values = []
    for resistance in (20000, 40000, 80000):
        found = told(opened(simulate(ohms((0, resistance))), clock, **options))
        assert found["ratio"].value == pytest.approx(10000 / resistance, abs=2e-4)
        values.append(found["ozone"].value)
    assert values == [pytest.approx(23.943 * rise**1.11, rel=2e-3) for rise in (2, 4, 8)]


def test_warm_up_is_told_and_begins_anew_when_the_sensor_was_gone(simulate: Any, clock: Any) -> None:
    scene = ohms((0, 15000)) + '[[faults]]\nkind = "off"\non = "i2c-1:0x48/A0"\nfrom = 400\nto = 410\n'
    driver = opened(simulate(scene), clock, **DIVIDED | {"model": "MQ-5", "gas": "lpg", "r0": 6500, "warm_up": "5 min"})
    seen = []
    for at in (1, 299, 301, 405, 411, 700, 706):
        clock.advance(at - clock.scenario())
        seen.append(told(driver)["ratio"].reason)
    assert seen == [Reason.WARM_UP, Reason.WARM_UP, None, Reason.DISCONNECTED, Reason.WARM_UP, Reason.WARM_UP, None]


def test_a_curve_of_ones_own_sheet(simulate: Any, clock: Any) -> None:
    options = DIVIDED | {"model": "MQ-137", "gas": "ammonia", "r0": 20000, "curve": [40.0, -2.0], "low": 5, "high": 500}
    found = told(opened(simulate(ohms((0, 10000))), clock, **options))["ammonia"]
    assert (found.reason, found.value) == (Reason.INDICATIVE, pytest.approx(160.0, rel=2e-3))


@pytest.mark.parametrize("model", sorted(MODELS))
def test_every_curve_is_offered_or_refused_with_the_reason(model: str) -> None:
    for gas, curve in MODELS[model].curves.items():
        options = DIVIDED | {"model": model, "gas": gas, "r0": 10000, "low": 1, "high": 100, "unit": curve.unit or "[ppm]"}
        if curve.cycled:
            options |= {"heater_pin": 18}
        if abs(curve.b) <= 4 and curve.a > 0:
            channels = msgspec.convert(options, FAMILY.options, dec_hook=convert).channels()
            assert [channel.name for channel in channels] == ["ratio", gas, "resistance", "volts"]
        else:
            with pytest.raises(msgspec.ValidationError, match=f"{gas} is not offered with an {model}: its published curve"):
                msgspec.convert(options, FAMILY.options, dec_hook=convert)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"model": "MQ-1"}, "use one of MQ-2, MQ-3"),
        ({"r0": None}, r"lpg needs r0: the resistance in clean air, after 24 to 48 h of heating, divided by 6\.5"),
        ({"r0": 6.5}, "load and r0 are ohms"),
        ({"load": 20}, "load and r0 are ohms"),
        ({"divider": None}, r"5 V make 5\.00 V at the pin, and gain 1 on 3\.3 V takes 3\.60 V; give a divider"),
        ({"divider": [20000, 0]}, "two resistors"),
        ({"gas": "hydrogen"}, "low and high: the range of hydrogen on the data sheet of your MQ-5"),
        ({"gas": "ozone"}, "there is no curve of ozone for an MQ-5; there is: hydrogen, lpg, methane"),
        ({"heater_pin": 18}, "the heater of an MQ-5 stays on"),
        ({"gas": None, "unit": "[ppm]"}, "belong to a gas"),
        ({"low": 500, "high": 100}, "low below high"),
        ({"model": "MQ-7", "gas": "carbon_monoxide"}, "carbon_monoxide with an MQ-7 needs a cycled heater: give heater_pin, or leave"),
        ({"model": "MQ-9", "gas": "methane", "heater_pin": 18}, "is read with the heater at 5 V: leave heater_pin out"),
        ({"model": "MQ-131", "gas": "ozone", "low": 10, "high": 1000}, "publications of this curve of the MQ-131 disagree"),
        ({"unit": "[ppb]"}, r"the published curve of lpg is in \[ppm\], and a unit converts nothing; leave unit out, or give curve"),
        ({"model": "MQ-3", "gas": "alcohol", "unit": "[ppm]", "low": 0.1, "high": 10}, "the published curve of alcohol is in mg/L"),
        ({"curve": [40.0, 2.4], "low": 1, "high": 100}, r"less gas where the sensor smells more \(b = 2\.4\): .* write its sign"),
        ({"curve": [40.0, 0.0], "low": 1, "high": 100}, r"\(b = 0\)"),
        ({"curve": [40.0, -9.0], "low": 1, "high": 100}, r"its published curve is nearly flat \(b = -9\)"),
    ],
)
def test_options_that_cannot_work_are_refused_with_the_remedy(wrong: dict[str, Any], why: str) -> None:
    options = DIVIDED | {"model": "MQ-5", "gas": "lpg", "r0": 6500}
    with pytest.raises(msgspec.ValidationError, match=why):
        msgspec.convert(options | wrong, FAMILY.options, dec_hook=convert)


@pytest.mark.parametrize(("degrees", "humidity", "factor"), [(20, 33, 0.9918), (25, 50, 0.9040), (35, 80, 0.7882), (-5, 33, 1.5400)])
def test_the_climate_of_an_mq_135_as_published(degrees: float, humidity: float, factor: float) -> None:
    assert climate(degrees, humidity) == pytest.approx(factor, abs=5e-5)
