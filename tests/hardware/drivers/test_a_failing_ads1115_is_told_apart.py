"""Whatever a converter on the bus does wrong, the driver names it, gives no number, and works again when the chip does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hardware.driver import load
from hardware.errors import HardwareError, Nak, PortGone, Timeout
from hardware.sample import Quality, Reason, Sample

SCENE = """
[signals.gas]
kind = "constant"
value = 50
[chips."i2c-1:0x48"]
kind = "ads1115"
[chips."i2c-1:0x48".inputs.A0]
kind = "loop"
signal = "gas"
lrv = 0
urv = 100
[chips."i2c-1:0x48".inputs.A1]
kind = "loop"
signal = "gas"
lrv = 0
urv = 200
[[faults]]
from = 10
to = 20
"""
OPTIONS = {"quantity": "methane", "unit": "%{LEL}", "lel": 4.4, "low": 0, "high": 100}


@pytest.fixture
def sensor(simulate: Any, clock: Any) -> Any:
    def build(fault: str, **options: Any) -> Any:
        family = load("loop_4_20ma")
        driver = family.open(msgspec.convert(OPTIONS | options, family.options), simulate(SCENE + fault), clock)
        assert driver.read()[0].value == pytest.approx(50, abs=0.02)
        clock.advance(10 - clock.scenario())
        return driver

    return build


def good_again(driver: Any, clock: Any) -> None:
    clock.advance(20 - clock.scenario())
    sample = driver.read()[0]
    assert (sample.quality, round(sample.value, 1)) == (Quality.GOOD, 50.0)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ('kind = "nak"\non = "i2c-1:0x48"', Nak),
        ('kind = "off"\non = "i2c-1:0x48"', Nak),
        ('kind = "hang"\non = "i2c-1:0x48"', Timeout),
        ('kind = "slow"\non = "i2c-1:0x48"\nfactor = 5', Timeout),
        ('kind = "jam"\non = "i2c-1"', Timeout),
        ('kind = "unplugged"\non = "i2c-1"', PortGone),
    ],
)
def test_an_error_of_the_bus_has_its_name_and_passes(sensor: Any, clock: Any, fault: str, error: type[HardwareError]) -> None:
    driver = sensor(fault)
    for _ in range(3):
        with pytest.raises(error):
            driver.read()
    good_again(driver, clock)


def test_garbage_never_becomes_a_number(sensor: Any, clock: Any) -> None:
    driver = sensor('kind = "garbage"\non = "i2c-1:0x48"')
    seen = set()
    while clock.scenario() < 19.9:
        try:
            sample = driver.read()[0]
            assert sample.value is None
            seen.add(sample.reason)
        except Timeout as error:
            seen.add(error.reason)
        clock.advance(0.01)
    assert seen == {Reason.WRONG_CHIP, Reason.TIMEOUT} or seen == {Reason.WRONG_CHIP}
    good_again(driver, clock)


def test_a_chip_that_was_reset_during_a_conversion_is_wrong_chip(simulate: Any, clock: Any, mocker: Any) -> None:
    family = load("loop_4_20ma")
    buses = simulate(SCENE + 'kind = "nak"\non = "i2c-1:0x48"')
    driver: Any = family.open(msgspec.convert(OPTIONS, family.options), buses, clock)
    convert = driver._converter._chip.get_last_result

    def brown_out(fast: bool = False) -> Any:
        buses.world.chips["i2c-1:0x48"]._reset()
        return convert(fast)

    mocker.patch.object(driver._converter._chip, "get_last_result", brown_out)
    assert driver.read() == [Sample("methane", 0, None, Quality.BAD, Reason.WRONG_CHIP)]


def test_a_loose_contact_fails_some_reads_and_never_lies(sensor: Any, clock: Any) -> None:
    driver = sensor('kind = "intermittent"\non = "i2c-1:0x48"\nshare = 0.5\nperiod = 0.3')
    outcomes = []
    while clock.scenario() < 19.9:
        try:
            outcomes.append(round(driver.read()[0].value, 1))
        except Nak:
            outcomes.append(None)
        clock.advance(0.1)
    assert set(outcomes) == {50.0, None}
    good_again(driver, clock)


def test_a_code_that_was_read_is_told_even_where_the_check_after_it_fails(simulate: Any, clock: Any, mocker: Any, reads: Path) -> None:
    family = load("loop_4_20ma")
    driver: Any = family.open(msgspec.convert(OPTIONS, family.options), simulate(SCENE + 'kind = "nak"\non = "i2c-1:0x48"'), clock)
    mocker.patch.object(driver._converter, "_verify", side_effect=Nak("no acknowledgement"))
    sample = driver.read()[0]
    assert sample == Sample("methane", 14400, None, Quality.BAD, Reason.NAK)
    assert [json.loads(line)[2] for line in reads.read_text().splitlines()] == [14400]


def test_a_chip_that_is_not_there_at_opening_is_a_nak(simulate: Any, clock: Any) -> None:
    family = load("loop_4_20ma")
    with pytest.raises(Nak, match="0x49"):
        family.open(msgspec.convert(OPTIONS | {"address": 0x49}, family.options), simulate(SCENE + 'kind = "nak"\non = "i2c-1:0x48"'), clock)


def test_a_conversion_that_came_too_late_is_never_taken_for_the_next_one(simulate: Any, clock: Any) -> None:
    """The chip ignores a start while it converts: whoever reads next would get the late code of another input."""
    family = load("loop_4_20ma")
    buses = simulate(SCENE + 'kind = "slow"\non = "i2c-1:0x48"\nfactor = 4')
    one = family.open(msgspec.convert(OPTIONS, family.options), buses, clock)
    other = family.open(msgspec.convert(OPTIONS | {"channel": "A1", "high": 200}, family.options), buses, clock)
    clock.advance(19.99 - clock.scenario())
    with pytest.raises(Timeout):
        one.read()
    assert other.read()[0].value == pytest.approx(50, abs=0.02)


def test_two_drivers_share_one_chip(simulate: Any, clock: Any) -> None:
    family = load("loop_4_20ma")
    buses = simulate(SCENE + 'kind = "nak"\non = "i2c-1:0x48"')
    one = family.open(msgspec.convert(OPTIONS, family.options), buses, clock)
    other = family.open(msgspec.convert(OPTIONS | {"channel": "A1", "high": 200, "rate": 860, "gain": "2/3"}, family.options), buses, clock)
    for _ in range(3):
        assert one.read()[0].value == pytest.approx(50, abs=0.02)
        assert other.read()[0].value == pytest.approx(50, abs=0.02)


@pytest.mark.parametrize(("fault", "reason"), [("open", Reason.SENSOR_FAULT), ("failed", Reason.SENSOR_FAULT), ("inhibited", Reason.INHIBIT)])
def test_what_the_transmitter_says_is_told(sensor: Any, clock: Any, fault: str, reason: Reason) -> None:
    driver = sensor(f'kind = "{fault}"\non = "i2c-1:0x48/A0"', profile="draeger_polytron_8000")
    sample = driver.read()[0]
    assert (sample.value, sample.reason) == (None, reason)
    assert sample.raw is not None
    good_again(driver, clock)
