"""A submersible probe: density, zero drift with its sign, and the weather taken out where the kind of probe needs it and only by a barometer; what a
clogged vent tube does to a gauge probe is shown, because nothing in the current tells it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from hardware.driver import load
from hardware.drivers.submersible_pressure import AIR, LASTS, Options, apparent, column, depth
from hardware.sample import Quality, Reason, Sample

GOOD, UNSURE, BAD = Quality.GOOD, Quality.UNCERTAIN, Quality.BAD
BAROMETER = {"barometer": "A1", "barometer_points": [[0.6, 800], [3.0, 1100]]}
CURRENT = """
[signals.volts]
kind = "constant"
value = {}
[chips."i2c-1:0x48"]
kind = "ads1115"
[chips."i2c-1:0x48".inputs.A0]
kind = "volts"
signal = "volts"
"""
WATER = """
[signals.water]
kind = "constant"
value = {depth}
[signals.air]
kind = "steps"
steps = {air}
[chips."i2c-1:0x48"]
kind = "ads1115"
[chips."i2c-1:0x48".inputs.A0]
kind = "probe"
signal = "water"
air = "air"
urv = {urv}
behind = "{behind}"
density = {density}
[chips."i2c-1:0x48".inputs.A1]
kind = "loop"
signal = "air"
lrv = 800
urv = 1100
"""


def opened(simulate: Any, clock: Any, scene: str, **told: Any) -> Any:
    family = load("submersible_pressure")
    return family.open(msgspec.convert(told, family.options), simulate(scene), clock)


def water(depth: float = 2.0, air: str = "[[0, 1013.25]]", behind: str = "vent", density: float = 1000, urv: float = 10) -> str:
    return WATER.format(depth=depth, air=air, behind=behind, density=density, urv=urv)


def read(driver: Any) -> dict[str, Sample]:
    return {sample.channel: sample for sample in driver.read()}


def test_the_published_rows(vectors: Callable[[str], list[dict[str, Any]]], simulate: Any, clock: Any) -> None:
    salt, drift, weather = vectors("submersible")
    for row in (salt, drift):
        current = float(row["input"].split()[0])
        high, density = float(row["params"].split("-")[1].split()[0]), float(row["params"].split()[-1])
        found = read(opened(simulate, clock, CURRENT.format(current * 0.15), high=high, density=density))
        assert found["depth"].value == pytest.approx(float(row["expect"].split()[0]), abs=0.0007), row
        assert found["current"].value == pytest.approx(current, abs=0.0005), row
        under = "under tolerance" in row["expect"]
        assert (found["depth"].quality, found["depth"].reason) == ((UNSURE, Reason.UNDER_ZERO) if under else (GOOD, None)), row
        assert found["current"].quality is GOOD
    assert (weather["params"], "vent tube blocked" in weather["input"]) == ("gauge probe", True)
    change = float(weather["input"].split()[0])
    told = float(weather["expect"].split()[1])
    assert round(apparent(change) * 1000) == told
    driver = opened(simulate, clock, water(air=f"[[0, 1013.25], [10, {1013.25 + change}]]", behind="sealed"), high=10)
    before = read(driver)["depth"].value
    clock.advance(20)
    after = read(driver)["depth"].value
    assert before is not None
    assert after is not None
    assert round((after - before) * 1000) == pytest.approx(told, abs=1), "the clogged gauge probe follows the weather, the water has not moved"


def test_one_hectopascal_is_ten_millimetres_and_a_fifth() -> None:
    assert column(1) * 1000 == pytest.approx(10.197, abs=0.0005)
    assert depth(5.0, 1025) == pytest.approx(4.878, abs=0.0005)
    assert depth(12.0, 1025, 1013.25) == pytest.approx((12.0 - 10.3323) * 1000 / 1025, abs=0.0005)


@pytest.mark.parametrize("density", [998, 1000, 1025])
@pytest.mark.parametrize("true", [0.0, 0.35, 5.0, 9.5])
def test_a_gauge_probe_with_an_open_vent_knows_no_weather(simulate: Any, clock: Any, true: float, density: float) -> None:
    driver = opened(simulate, clock, water(true, "[[0, 1013.25], [10, 960]]", density=density), high=10, density=density)
    for _ in range(2):
        sample = read(driver)["depth"]
        assert sample.quality is GOOD
        assert sample.value == pytest.approx(true, abs=0.001)
        clock.advance(20)


@pytest.mark.parametrize(("kind", "behind", "urv"), [("absolute", "vacuum", 20), ("sealed", "sealed", 10)])
@pytest.mark.parametrize("density", [1000, 1025])
def test_a_probe_that_feels_the_weather_is_compensated(simulate: Any, clock: Any, kind: str, behind: str, urv: float, density: float) -> None:
    driver = opened(simulate, clock, water(3.2, "[[0, 1030], [10, 990]]", behind, density, urv), kind=kind, high=urv, density=density, **BAROMETER)
    for air in (1030, 990):
        found = read(driver)
        assert {sample.quality for sample in found.values()} == {GOOD}
        assert found["depth"].value == pytest.approx(3.2, abs=0.003)
        assert found["air_pressure"].value == pytest.approx(air, abs=0.05)
        clock.advance(20)


def test_a_probe_sealed_at_another_pressure_says_so(simulate: Any, clock: Any) -> None:
    driver = opened(simulate, clock, water(3.2, "[[0, 1013.25]]", "vent"), kind="sealed", sealed_at=1013.25, high=10, **BAROMETER)
    assert read(driver)["depth"].value == pytest.approx(3.2, abs=0.002)
    other = opened(simulate, clock, water(3.2, "[[0, 1013.25]]", "vent"), kind="sealed", sealed_at=1000, high=10, **BAROMETER)
    assert read(other)["depth"].value == pytest.approx(3.2 - column(13.25), abs=0.002)


def test_without_the_barometer_the_last_air_serves_an_hour_and_no_longer(simulate: Any, clock: Any) -> None:
    fault = '[[faults]]\nkind = "open"\non = "i2c-1:0x48/A1"\nfrom = 100\nto = 9000\n'
    driver = opened(simulate, clock, water(3.2, "[[0, 990]]", "vacuum", urv=20) + fault, kind="absolute", high=20, **BAROMETER)
    assert read(driver)["depth"].quality is GOOD
    clock.advance(200)
    found = read(driver)
    assert found["air_pressure"] == Sample("air_pressure", 0, None, BAD, Reason.RANGE)
    assert (found["depth"].quality, found["depth"].reason) == (UNSURE, Reason.NO_COMPENSATION)
    assert found["depth"].value == pytest.approx(3.2, abs=0.003)
    clock.advance(LASTS)
    found = read(driver)
    assert (found["depth"].value, found["depth"].reason) == (None, Reason.NO_COMPENSATION)
    assert found["current"].value == pytest.approx(4 + 16 * (3.2 + column(990)) / 20, abs=0.001), "the current itself is told all the same"
    clock.advance(9000 - clock.scenario())
    assert read(driver)["depth"].quality is GOOD


def test_an_air_pressure_is_never_assumed(simulate: Any, clock: Any) -> None:
    fault = '[[faults]]\nkind = "open"\non = "i2c-1:0x48/A1"\n'
    found = read(opened(simulate, clock, water(3.2, behind="vacuum", urv=20) + fault, kind="absolute", high=20, **BAROMETER))
    assert (found["depth"].value, found["depth"].reason) == (None, Reason.NO_COMPENSATION)


def test_a_barometer_that_says_what_no_air_can_have_is_not_believed(simulate: Any, clock: Any) -> None:
    points = {"barometer": "A1", "barometer_points": [[0.6, AIR[0] - 200], [3.0, AIR[0] - 100]]}
    found = read(opened(simulate, clock, water(3.2, behind="vacuum", urv=20), kind="absolute", high=20, **points))
    assert found["air_pressure"].reason is Reason.RANGE
    assert found["depth"].value is None


def test_an_absolute_probe_far_below_zero_fails_and_gives_no_depth(simulate: Any, clock: Any) -> None:
    """4 mA is a vacuum: no water and no air."""
    scene = CURRENT.format(4.0 * 0.15) + water(0).partition('[chips."i2c-1:0x48".inputs.A1]')[2].join(('[chips."i2c-1:0x48".inputs.A1]', ""))
    scene += '[signals.air]\nkind = "constant"\nvalue = 1000\n'
    found = read(opened(simulate, clock, scene, kind="absolute", high=20, **BAROMETER))
    assert (found["depth"].value, found["depth"].reason) == (None, Reason.UNDER_RANGE)


@pytest.mark.parametrize(
    ("current", "quality", "reason"),
    [
        (0.0, BAD, Reason.SENSOR_FAULT),
        (3.5, BAD, Reason.SENSOR_FAULT),
        (3.7, BAD, Reason.GUARD_BAND),
        (3.8, UNSURE, Reason.UNDER_ZERO),
        (3.98, GOOD, None),
        (20.3, UNSURE, Reason.OVER_RANGE),
        (21.5, BAD, Reason.SENSOR_FAULT),
    ],
)
def test_a_current_that_is_no_measurement_gives_no_depth(simulate: Any, clock: Any, current: float, quality: Quality, reason: Reason | None) -> None:
    found = read(opened(simulate, clock, CURRENT.format(current * 0.15), high=10))
    assert (found["depth"].quality, found["depth"].reason) == (quality, reason)
    assert found["current"].value == pytest.approx(current, abs=0.0005)
    assert found["depth"].raw == found["current"].raw


def test_the_tolerance_is_what_a_person_says(simulate: Any, clock: Any) -> None:
    assert read(opened(simulate, clock, CURRENT.format(3.95 * 0.15), high=10, tolerance=0.05))["depth"].quality is GOOD
    assert read(opened(simulate, clock, CURRENT.format(3.99 * 0.15), high=10, tolerance=0))["depth"].reason is Reason.UNDER_ZERO


def test_a_clipped_input_gives_neither(simulate: Any, clock: Any) -> None:
    found = read(opened(simulate, clock, CURRENT.format(2.5), high=10, gain=2, shunt=90))
    assert {(sample.value, sample.reason, sample.raw) for sample in found.values()} == {(None, Reason.OVER_RANGE, 32767)}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"high": 0}, "metres of water at 20 mA"),
        ({"density": 1.025}, "write it in kg/m3"),
        ({"tolerance": -1}, "must not be negative"),
        ({"kind": "absolute"}, "write barometer and barometer_points"),
        ({"kind": "sealed", "barometer": "A1"}, "write barometer and barometer_points"),
        (BAROMETER, "a gauge probe needs no barometer"),
        (BAROMETER | {"kind": "absolute", "barometer": "A0"}, "give the air pressure an input of its own"),
        (BAROMETER | {"kind": "absolute", "barometer": "A0-A1"}, "barometer A0-A1 and channel A0 share a pin"),
        (BAROMETER | {"kind": "absolute", "barometer": "A3", "channel": "A0-A3"}, "share a pin"),
        (BAROMETER | {"kind": "absolute", "barometer": "A0-A3", "channel": "A3"}, "share a pin"),
        (BAROMETER | {"kind": "absolute", "decimals": 400}, "decimals = 400 is out of range; write 0 to 6"),
        ({"high": 1e300}, "is no number to measure with"),
        ({"density": float("nan")}, "density = nan"),
        (BAROMETER | {"kind": "absolute", "barometer_points": [[0.6, 800], [float("inf"), 1100]]}, "barometer_points = inf"),
        (BAROMETER | {"kind": "absolute", "barometer_points": [[1, 800], [1, 1100]]}, "must differ in volts"),
        (BAROMETER | {"kind": "absolute", "barometer_points": [[1, 800], [5, 1100]]}, "lie within 3.6 V"),
        (BAROMETER | {"kind": "absolute", "barometer_points": [[0, 800], [3, 1100]]}, "use one that starts above 0 V"),
        ({"kind": "sealed", "sealed_at": 101325, **BAROMETER}, "write hPa"),
        ({"shunt": 250}, "use at most 163 ohms"),
    ],
)
def test_an_option_that_cannot_work_is_refused_with_the_remedy(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=told):
        msgspec.convert({"high": 10} | wrong, Options)


def test_pairs_may_share_the_reference_that_the_chip_has_for_them() -> None:
    msgspec.convert({"high": 20, "kind": "absolute", **BAROMETER, "channel": "A0-A3", "barometer": "A1-A3"}, Options)


def test_both_inputs_are_claimed() -> None:
    options = msgspec.convert({"high": 20, "kind": "absolute", **BAROMETER}, Options)
    assert options.claims() == ("i2c-1:0x48/A0", "i2c-1:0x48/A1")
    assert [channel.name for channel in options.channels()][:2] == ["current", "air_pressure"], "in the order of the claims: their raw is the code"
