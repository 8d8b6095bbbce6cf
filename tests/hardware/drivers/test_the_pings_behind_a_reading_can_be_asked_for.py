"""Promise: a driver that makes its reading of several measurements gives them besides, each with its own time, as they came: for the black box."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from hardware.driver import Detailed, load
from hardware.errors import HardwareError
from hardware.sample import Quality, Reason
from tests.hardware.test_every_driver_keeps_the_contract import Example, examples, opened, world

PORT = "/dev/serial0"
MADE = [name for name in examples() if "pings" in {field.name for field in msgspec.structs.fields(Example(name).family.options)}]  # type: ignore[arg-type]


def frame(number: int) -> bytes:
    high, low = divmod(number, 256)
    return bytes([0xFF, high, low, (high + low + 0xFF) & 0xFF])


@pytest.fixture
def scripted(simulate: Any, clock: Any) -> Callable[..., Any]:
    """A sonar that sends these frames 0.1 s apart, and the driver that reads it."""

    def build(*said: int | bytes, **options: Any) -> Any:
        frames = [(0.05 + 0.1 * k, (frame(item) if isinstance(item, int) else item).hex()) for k, item in enumerate(said)]
        told = ", ".join(f'[{at:.3f}, "{data}"]' for at, data in frames)
        family = load("ultrasonic_ff4")
        written = {"port": PORT, "model": "a02yyuw"} | options
        return family.open(
            msgspec.convert(written, family.options), simulate(f'[chips."serial:{PORT}"]\nkind = "scripted"\nsaid = [{told}]\n'), clock
        )

    return build


def test_the_pings_as_they_came(scripted: Any, clock: Any) -> None:
    driver = scripted(4000, 1000, 1010, 4600, 1005, b"\xff\x03\xe8\x00")
    begun = clock.monotonic()
    distance, _ = driver.read()
    pings = driver.details()
    assert distance.value == 1005.0
    assert [(ping.channel, ping.raw, ping.value, ping.reason) for ping in pings] == [
        ("distance", 1000, 1000.0, None),
        ("distance", 1010, 1010.0, None),
        ("distance", 4600, None, Reason.RANGE),
        ("distance", 1005, 1005.0, None),
        ("distance", None, None, Reason.CHECKSUM),
    ], "without the first, in which the sensor's filter still holds what was before"
    assert [ping.at for ping in pings[:4]] == [pytest.approx(begun + 0.154 + 0.1 * k, abs=0.005) for k in range(4)]


def test_one_ping_is_the_reading_itself(scripted: Any) -> None:
    driver = scripted(1000, pings=1)
    driver.read()
    assert driver.details() == []


def test_a_read_that_fails_leaves_no_pings_of_the_one_before(scripted: Any) -> None:
    driver = scripted(1, 1000, 1001, 1002, 1003, 1004)
    driver.read()
    assert len(driver.details()) == 5
    with pytest.raises(HardwareError):
        driver.read()
    assert driver.details() == []


@pytest.mark.parametrize("name", MADE)
def test_every_driver_that_pings_can_be_asked(name: str, simulate: Any, clock: Any) -> None:
    sensor = Example(name)
    driver = opened(sensor, world(simulate, sensor), clock)
    assert isinstance(driver, Detailed)
    begun = clock.monotonic()
    reading = driver.read()[0]
    pings = driver.details()
    pinged = sensor.options.pings  # type: ignore[attr-defined]
    assert len(pings) == (pinged if pinged > 1 else 0)
    assert all(ping.channel == reading.channel and ping.quality is Quality.GOOD for ping in pings)
    times = [ping.at for ping in pings if ping.at is not None]
    assert times == sorted(times)
    assert len(times) == len(pings)
    assert all(begun <= at <= clock.monotonic() for at in times)


def test_there_are_such_drivers() -> None:
    assert len({name.partition(".")[0] for name in MADE}) >= 3
