"""What a register means is data: its type, its decimals, its unit, and what the device says of itself, which colours its number in the same poll."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hardware.errors import ProtocolError, Timeout
from hardware.sample import Quality, Reason, Sample
from tests.hardware.modbus import GAS, LINE, OWN, PROBE, SCENE, Script, answer, fault, opened, scripted


@pytest.fixture
def own(simulate: Any, clock: Any, tmp_path: Path) -> Callable[..., tuple[Any, Script]]:
    return partial(scripted, simulate, clock, tmp_path)


# What a number means


@pytest.mark.parametrize(
    ("kind", "registers", "raw", "value"),
    [
        ('type = "i16"', [0xFFFF], -1, -0.001),
        ('type = "u16"', [0xFFFF], 65535, 65.535),
        ('type = "u16"\nmask = 0x0F00', [0xA5FF], 5, 0.005),
        ('type = "u32"', [1, 2], 65538, 65.538),
        ('type = "u32"\norder = "low_first"', [2, 1], 65538, 65.538),
        ('type = "i32"', [0xFFFF, 0xFFFE], -2, -0.002),
        ('type = "f32"', [0x41B6, 0xFED0], 23, 0.023),  # 22.8744 thousandths
        ('type = "f32"\norder = "low_first"', [0xFED0, 0x41B6], 23, 0.023),
    ],
)
def test_every_type_of_number(own: Any, kind: str, registers: list[int], raw: int, value: float) -> None:
    text = OWN.replace("low = 0", "low = -1") + kind
    driver, _ = own([(0.01, answer(*registers))], profile=text)
    [sample] = driver.read()
    assert (sample.raw, sample.value) == (raw, pytest.approx(value))
    assert sample.value == pytest.approx(driver.channels[0].value(raw))


@pytest.mark.parametrize("registers", [[0x7FC0, 0], [0x7F80, 0], [0xFF80, 0], [0x7F7F, 0xFFFF]])
def test_a_float_that_is_no_measurement_is_a_fault(own: Any, registers: list[int]) -> None:
    driver, _ = own([(0.01, answer(*registers))], profile=OWN + 'type = "f32"')
    assert driver.read() == [Sample("x", None, None, Quality.BAD, Reason.SENSOR_FAULT)]


POINT = OWN.replace("scale = 0.001", "point = { address = 1 }")


@pytest.mark.parametrize(
    ("decimals", "raw", "value"), [(3, 2345, 2.345), (1, 234500, 234.5), (0, 2345000, 2345.0), (4, None, None), (65535, None, None)]
)
def test_the_device_tells_its_decimals(own: Any, decimals: int, raw: int | None, value: float | None) -> None:
    driver, script = own([(0.01, answer(2345, decimals))], profile=POINT.replace("high = 66", "high = 9999"))
    [sample] = driver.read()
    assert sample.value == value
    assert sample.raw == (2345 if raw is None else raw)
    assert sample.reason is (Reason.WRONG_UNIT if value is None else None)
    assert len(script.asked) == 1


STATE = (
    OWN
    + '[states.status]\naddress = 1\nbits = { 0 = "sensor_fault", 1 = "over_range", 2 = "warm_up", 3 = "inhibit", 4 = "alarm", 5 = "under_range" }\n'
)


@pytest.mark.parametrize(
    ("status", "quality", "reason"),
    [
        (0b0, Quality.GOOD, None),
        (0b10000, Quality.GOOD, None),
        (1 << 9, Quality.GOOD, None),
        (0b10, Quality.UNCERTAIN, Reason.OVER_RANGE),
        (0b110, Quality.UNCERTAIN, Reason.OVER_RANGE),
        (0b100, Quality.UNCERTAIN, Reason.WARM_UP),
        (0b100000, Quality.UNCERTAIN, Reason.UNDER_RANGE),
        (0b1000, Quality.BAD, Reason.INHIBIT),
        (0b1, Quality.BAD, Reason.SENSOR_FAULT),
        (0b111111, Quality.BAD, Reason.INHIBIT),
    ],
)
def test_what_the_device_says_of_itself_colours_its_number(own: Any, status: int, quality: Quality, reason: Reason | None) -> None:
    driver, script = own([(0.01, answer(2000, status))], profile=STATE)
    sample, alarm = driver.read()
    assert (sample.quality, sample.reason, sample.raw) == (quality, reason, 2000)
    assert (alarm.channel, alarm.quality, alarm.reason) == ("status", quality, reason)
    assert alarm.value == (None if quality is Quality.BAD else float(status >> 4 & 1))
    assert len(script.asked) == 1


@pytest.mark.parametrize("only", [[], ["x", "status"], ["status"]])
def test_an_alarm_of_the_device_is_a_channel(own: Any, only: list[str]) -> None:
    """Its own thresholds are nobody's but its maker's: what it calls an alarm is never thrown away."""
    text = OWN + '[states.status]\naddress = 1\nvalues = { 0 = "ok", 2 = "alarm" }\n'
    driver, _ = own(*([(0.01, answer(*([2000, status] if only != ["status"] else [status])))] for status in (0, 2, 7)), profile=text, only=only)
    assert [channel.name for channel in driver.channels] == (only or ["x", "status"])
    told = driver.channels[-1]
    assert (told.quantity, told.unit, told.low, told.high) == ("device_alarm", "1", 0, 1)
    assert [driver.read()[-1] for _ in range(3)] == [
        Sample("status", 0, 0.0),
        Sample("status", 1, 1.0),
        Sample("status", 0, None, Quality.BAD, Reason.SENSOR_FAULT),
    ]
    driver, _ = own([(0.01, answer(2000, 2))], profile=text, only=["x"])
    assert driver.read() == [Sample("x", 2000, 2.0)], "an alarm is none of the number's business"


@pytest.mark.parametrize(
    ("kind", "key", "registers"),
    [
        ("u16", "65535", [0xFFFF]),
        ("i16", "0x8000", [0x8000]),
        ("i16", "0xFFFF", [0xFFFF]),
        ("i16", "-32768", [0x8000]),
        ("i16", "0x7FFF", [0x7FFF]),
        ("i32", "0x80000000", [0x8000, 0]),
        ("i32", "-1", [0xFFFF, 0xFFFF]),
        ("u32", "0xFFFFFFFF", [0xFFFF, 0xFFFF]),
        ("f32", "-999", [0xC479, 0xC000]),
        ("f32", "-999.9", [0xC479, 0xF99A]),
    ],
)
def test_a_code_of_no_value_is_met_in_every_type(own: Any, kind: str, key: str, registers: list[int]) -> None:
    text = OWN.replace("low = 0", "low = -1e7").replace("high = 66", "high = 1e7") + f'type = "{kind}"\nsentinels = {{ "{key}" = "sensor_fault" }}\n'
    driver, _ = own([(0.01, answer(*registers))], [(0.01, answer(*[1] * len(registers)))], profile=text)
    assert driver.read()[0].reason is Reason.SENSOR_FAULT
    assert driver.read()[0].quality is Quality.GOOD


def test_a_state_of_a_signed_register_is_met_by_its_pattern(own: Any) -> None:
    text = OWN + '[states.s]\naddress = 1\ntype = "i16"\nvalues = { 0 = "ok", 0xFFFF = "warm_up" }\n'
    driver, _ = own([(0.01, answer(2000, 0xFFFF))], profile=text)
    assert driver.read()[0].reason is Reason.WARM_UP


def test_a_number_may_be_a_message_or_out_of_range(own: Any) -> None:
    text = OWN.replace("high = 66", "high = 5") + 'sentinels = { 0xFFFF = "no_echo", 65534 = "over_range" }\n'
    driver, _ = own(*([(0.01, answer(number))] for number in (0xFFFF, 0xFFFE, 5001, 5000)), profile=text)
    assert driver.read() == [Sample("x", 0xFFFF, None, Quality.BAD, Reason.NO_ECHO)]
    assert driver.read()[0].reason is Reason.OVER_RANGE
    assert driver.read() == [Sample("x", 5001, 5001 * 0.001, Quality.UNCERTAIN, Reason.OVER_RANGE)]
    assert driver.read() == [Sample("x", 5000, 5.0)]
    driver, _ = own([(0.01, answer(0xFFFF))], profile=OWN.replace("low = 0", "low = 1") + 'type = "i16"\n')
    assert driver.read()[0].reason is Reason.UNDER_RANGE


def test_a_device_that_does_not_tell_its_warm_up_is_given_one(simulate: Any, clock: Any) -> None:
    driver = opened(simulate(SCENE), clock, **GAS, warm_up="90 s")
    assert driver.read() == [Sample("gas", 35, 35.0, Quality.UNCERTAIN, Reason.WARM_UP)]
    clock.advance(91)
    assert driver.read() == [Sample("gas", 35, 35.0)]


def test_the_warm_up_begins_anew_after_a_silence_and_hides_no_gas(own: Any, clock: Any) -> None:
    text = OWN.replace("high = 66", "high = 5")
    driver, _ = own([(0.01, answer(6000))], [(0.01, answer(2000))], [], [(0.01, answer(2000))], [(0.01, answer(2000))], profile=text, warm_up="60 s")
    assert driver.read() == [Sample("x", 6000, 6.0, Quality.UNCERTAIN, Reason.OVER_RANGE)]
    clock.advance(60)
    assert driver.read() == [Sample("x", 2000, 2.0)]
    with pytest.raises(Timeout):
        driver.read()
    clock.advance(600)
    assert driver.read()[0].reason is Reason.WARM_UP
    clock.advance(60)
    assert driver.read() == [Sample("x", 2000, 2.0)]


def test_a_transmitter_that_says_it_failed_has_no_gas(simulate: Any, clock: Any) -> None:
    driver = opened(simulate(SCENE + fault("failed", f"{LINE}/5")), clock, **GAS)
    clock.advance(10)
    assert driver.read() == [Sample("gas", 35, None, Quality.BAD, Reason.SENSOR_FAULT)]


def test_another_unit_or_another_device_is_refused_until_it_is_right(simulate: Any, clock: Any) -> None:
    scene = SCENE.replace("2 = 7\n", '2 = { signal = "unit" }\n') + '[signals.unit]\nkind = "steps"\nsteps = [[0, 7], [10, 1], [20, 7]]\n'
    driver = opened(simulate(scene), clock, **PROBE)
    assert driver.read()[0].value == 2.345
    clock.advance(10)
    with pytest.raises(ProtocolError, match=r"unit, register 2 as on the wire, holds 1 where the profile expects 7") as caught:
        driver.read()
    assert caught.value.reason is Reason.WRONG_UNIT
    clock.advance(10)
    assert driver.read()[0].value == 2.345


def test_a_device_is_looked_at_again_after_it_was_gone(simulate: Any, clock: Any) -> None:
    """Meanwhile somebody may have mounted another one."""
    scene = SCENE.replace("1 = 3\n2", '1 = { signal = "speed" }\n2') + '[signals.speed]\nkind = "steps"\nsteps = [[0, 3], [30, 99]]\n'
    driver = opened(simulate(scene + fault("off", start=10, end=35)), clock, **PROBE)
    driver.read()
    clock.advance(11)
    with pytest.raises(Timeout):
        driver.read()
    clock.advance(40 - clock.scenario())
    with pytest.raises(ProtocolError, match="speed, register 1") as caught:
        driver.read()
    assert caught.value.reason is Reason.WRONG_CHIP
