"""Benewake lidars: a distance is one only with a good sum, enough light and not too much, within the model's range."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.driver import load
from hardware.drivers.benewake_lidar import parser, tell
from hardware.errors import HardwareError, PortGone, ProtocolError, Timeout
from hardware.sample import Quality, Reason, Sample

PORT = "/dev/serial0"
FAMILY = load("benewake_lidar")
SCENE = f"""
[signals.distance]
kind = "steps"
steps = [[0, 1000], [10, 2000]]
[chips."serial:{PORT}"]
kind = "benewake_lidar"
signal = "distance"
"""


def frame(number: int, strength: int = 1000, heat: int = 2250) -> bytes:
    body = b"\x59\x59" + b"".join((word & 0xFFFF).to_bytes(2, "little") for word in (number, strength, heat))
    return body + bytes([sum(body) & 0xFF])


def opened(buses: Any, clock: Any, **options: Any) -> Any:
    return FAMILY.open(msgspec.convert({"port": PORT, "model": "tf_luna", "unit": "cm"} | options, FAMILY.options), buses, clock)


@pytest.fixture
def scripted(simulate: Any, clock: Any) -> Any:
    """A lidar that says these bytes 0.01 s apart, and the driver that reads it."""

    def build(*said: bytes, **options: Any) -> Any:
        told = ", ".join(f'[{clock.scenario() + 0.05 + 0.01 * k:.4f}, "{data.hex()}"]' for k, data in enumerate(said))
        return opened(simulate(f'[chips."serial:{PORT}"]\nkind = "scripted"\nsaid = [{told}]\n'), clock, **options)

    return build


@pytest.mark.parametrize("pings", [1, 5])
@pytest.mark.parametrize("model", ["tfmini", "tfmini_s", "tfmini_plus", "tf_luna"])
def test_every_golden_row(vectors: Any, scripted: Any, model: str, pings: int) -> None:
    rows = vectors("tfmini_luna")
    assert len(rows) == 3
    for row in rows:
        data = bytes.fromhex(row["input"])
        driver = scripted(*[data] * (pings + 1), model=model, pings=pings)
        if "CHECKSUM" in row["expect"]:
            with pytest.raises(ProtocolError) as caught:
                driver.read()
            assert caught.value.reason is Reason.CHECKSUM
            continue
        distance = driver.read()[0]
        expected = Reason.SATURATED if "SATURATED" in row["expect"] else Reason.RANGE
        assert (distance.value, distance.reason) == (None, expected), row
        assert distance.raw == int.from_bytes(data[2:4], "little")


@pytest.mark.parametrize(
    ("model", "number", "strength", "reason"),
    [
        ("tf_luna", 250, 1000, None),
        ("tf_luna", 250, 100, None),
        ("tf_luna", 250, 99, Reason.WEAK_SIGNAL),
        ("tf_luna", 250, 0xFFFF, Reason.SATURATED),
        ("tf_luna", 19, 1000, Reason.OBSTRUCTED),
        ("tf_luna", 20, 1000, None),
        ("tf_luna", 800, 1000, None),
        ("tf_luna", 801, 1000, Reason.RANGE),
        ("tf_luna", 0, 40, Reason.WEAK_SIGNAL),
        ("tfmini_plus", -1, 1000, Reason.WEAK_SIGNAL),
        ("tfmini_plus", -2, -1, Reason.SATURATED),
        ("tfmini_plus", -4, 1000, Reason.SATURATED),
        ("tfmini_plus", -3, 1000, Reason.RANGE),
        ("tfmini_plus", 1200, 1000, None),
        ("tfmini", 1200, 1000, Reason.NO_TARGET),
        ("tfmini", 1199, 1000, None),
        ("tfmini", 29, 1000, Reason.OBSTRUCTED),
    ],
)
def test_what_is_no_distance_keeps_its_number_and_its_reason(scripted: Any, model: str, number: int, strength: int, reason: Reason | None) -> None:
    distance, light, *_ = scripted(frame(number, strength), model=model, pings=1).read()
    assert (distance.raw, distance.reason) == (number & 0xFFFF, reason)
    assert distance.value == (None if reason else number * 10)
    assert (light.value, light.raw) == (strength & 0xFFFF, strength & 0xFFFF), "how much light came back is told whatever the distance is"


def test_millimetres_and_the_chip_temperature(scripted: Any) -> None:
    distance, jitter, strength, temperature = scripted(*[frame(2345)] * 6, unit="mm").read()
    assert (distance.value, jitter.value, strength.value, temperature.value) == (2345, 0, 1000, 25.25)
    assert distance.at == temperature.at is not None
    assert [channel.name for channel in opened_channels(model="tfmini")] == ["distance", "jitter", "strength"]


def opened_channels(**options: Any) -> Any:
    return msgspec.convert({"port": PORT, "model": "tf_luna", "unit": "cm"} | options, FAMILY.options).channels()


def test_weak_frames_are_left_out_of_the_middle(scripted: Any) -> None:
    frames = [frame(250), frame(700, 20), frame(250), frame(251), frame(-1, 20), frame(252)]
    assert scripted(*frames).read()[0] == Sample("distance", 251, 2510.0, at=pytest.approx(10.1008, abs=0.002))  # type: ignore[arg-type]
    assert scripted(*frames[1:], frame(-1, 20)).read()[0].value == 2510
    assert scripted(frame(250), *[frame(-1, 20)] * 3, *frames[:2]).read()[0].reason is Reason.WEAK_SIGNAL


def test_a_header_inside_a_frame_is_no_beginning(scripted: Any, clock: Any) -> None:
    inside = frame(0x5959, 0x5959)
    driver = scripted(inside[3:] + frame(250), pings=1)
    assert driver.read()[0].value == 2500


@given(
    numbers=st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=6),
    noise=st.lists(st.binary(max_size=3).map(lambda b: b.replace(b"\x59", b"\x00")), min_size=6, max_size=6),
    cuts=st.lists(st.integers(1, 9), min_size=80, max_size=80),
)
def test_frames_are_found_between_noise_however_the_bytes_are_cut(numbers: list[int], noise: list[bytes], cuts: list[int]) -> None:
    frames = [frame(number) for number in numbers]
    data = b"".join(stray + whole for stray, whole in zip(noise, frames, strict=False))
    search, found = parser(), []
    for cut in cuts:
        found += search.feed(data[:cut])
        data = data[cut:]
    assert found == frames


@pytest.mark.parametrize(
    ("fault", "error", "reason"),
    [
        (f'kind = "off"\non = "serial:{PORT}"', Timeout, Reason.TIMEOUT),
        (f'kind = "hang"\non = "serial:{PORT}"', Timeout, Reason.TIMEOUT),
        (f'kind = "slow"\nfactor = 5\non = "serial:{PORT}"', Timeout, Reason.TIMEOUT),
        (f'kind = "slow"\nfactor = 100\non = "serial:{PORT}"', Timeout, Reason.TIMEOUT),
        (f'kind = "garbage"\non = "serial:{PORT}"', ProtocolError, Reason.CHECKSUM),
        (f'kind = "unplugged"\non = "serial:{PORT}"', PortGone, Reason.PORT_GONE),
    ],
)
def test_a_fault_has_its_name_gives_no_number_and_passes(simulate: Any, clock: Any, fault: str, error: type[HardwareError], reason: Reason) -> None:
    driver = opened(simulate(f"{SCENE}[[faults]]\n{fault}\nfrom = 5\nto = 15\n"), clock)
    assert driver.read()[0].value == 1000
    clock.advance(5.1 - clock.scenario())
    for _ in range(3):
        try:
            told = driver.read()[0].reason
        except error as caught:
            told = caught.reason
        assert told is reason
    clock.advance(15.1 - clock.scenario())
    assert driver.read()[0].value == 2000


def test_nothing_in_range_is_no_distance(simulate: Any, clock: Any) -> None:
    for model, reason in (("tf_luna", Reason.WEAK_SIGNAL), ("tfmini_plus", Reason.WEAK_SIGNAL), ("tfmini", Reason.NO_TARGET)):
        scene = SCENE.replace("[0, 1000]", "[0, 20000]") + f'model = "{model}"\nfar = {12000 if "mini" in model else 8000}\n'
        distance, jitter, strength, *_ = opened(simulate(scene), clock, model=model).read()
        assert (distance.value, distance.reason, jitter.value, strength.quality) == (None, reason, None, Quality.GOOD)


def test_a_lidar_that_is_asked_measures_when_it_is_asked(simulate: Any, clock: Any) -> None:
    driver = opened(simulate(SCENE + "rate = 0\n"), clock, trigger=True)
    assert driver.read()[0].value == 1000
    clock.advance(10)
    assert driver.read()[0].value == 2000
    with pytest.raises(Timeout):
        opened(simulate(SCENE + "rate = 0\n"), clock).read()


def test_what_the_driver_got_is_what_the_sensor_wrote_down_and_nothing_else(simulate: Any, clock: Any, reads: Path) -> None:
    scene = SCENE.replace('kind = "steps"\nsteps = [[0, 1000], [10, 2000]]', 'kind = "counter"\nstart = 3000\nstop = 7900')
    driver, got = opened(simulate(scene), clock, pings=1), []
    for _ in range(50):
        got.append(driver.read()[0].raw)
        clock.advance(0.137)
    assert got == [json.loads(line)[2] for line in reads.read_text().splitlines()]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [({"trigger": True, "model": "tfmini_s"}, "trigger = false"), ({"unit": "m"}, "unit"), ({"model": "tf02"}, "model"), ({"pings": 2}, "3")],
)
def test_options_that_cannot_work_are_refused_with_the_remedy(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=told):
        msgspec.convert({"port": PORT, "model": "tf_luna", "unit": "cm"} | wrong, FAMILY.options)


def test_a_scan_knows_it_by_its_frames() -> None:
    assert tell(b"\x00" + frame(250) * 5).options == {"model": "tf_luna", "unit": "cm"}  # type: ignore[union-attr]
    assert tell(frame(250) * 2) is None
