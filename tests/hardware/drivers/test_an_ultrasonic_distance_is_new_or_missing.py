"""The four-byte ultrasonic family: each reading is a whole new frame or says why there is none; never the last distance again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hardware.driver import load
from hardware.drivers.ultrasonic_ff4 import MODELS, parser
from hardware.errors import HardwareError, NotReady, PortGone, ProtocolError, Timeout
from hardware.sample import Quality, Reason, Sample

PORT = "/dev/serial0"
FAMILY = load("ultrasonic_ff4")
SCENE = f"""
[signals.distance]
kind = "steps"
steps = [[0, 1000], [10, 2000]]
[chips."serial:{PORT}"]
kind = "ultrasonic"
signal = "distance"
"""


def frame(number: int, header_counts: bool = True) -> bytes:
    high, low = divmod(number, 256)
    return bytes([0xFF, high, low, (high + low + (0xFF if header_counts else 0)) & 0xFF])


def opened(buses: Any, clock: Any, **options: Any) -> Any:
    return FAMILY.open(msgspec.convert({"port": PORT, "model": "a02yyuw", "pings": 1} | options, FAMILY.options), buses, clock)


class Script:
    """A sensor that says exactly what it is given: pairs of seconds and bytes."""

    def __init__(self, said: list[tuple[float, bytes]]) -> None:
        self.said = said
        self.heard_bytes: list[tuple[float, bytes]] = []
        self.read: list[bytes] = []

    def heard(self, data: bytes, at: float) -> None:
        self.heard_bytes.append((at, data))

    def say(self, until: float) -> list[tuple[float, bytes]]:
        due = [item for item in self.said if item[0] <= until]
        self.said = [item for item in self.said if item[0] > until]
        return due

    def taken(self, data: bytes) -> None:
        self.read.append(data)


@pytest.fixture
def scripted(simulate: Any, clock: Any) -> Any:
    def build(*said: tuple[float, bytes], **options: Any) -> tuple[Any, Script]:
        buses = simulate("")
        script = buses.world.chips[f"serial:{PORT}"] = Script(list(said))
        return opened(buses, clock, **options), script

    return build


# The published rows, through the public driver


def test_every_golden_row(vectors: Any, scripted: Any, clock: Any) -> None:
    rows = vectors("ultrasonic_ff4")
    sizes = {"low": 250, "high": 8000}
    for row in rows[:5]:
        data, params, expect = bytes.fromhex(row["input"]), row["params"], row["expect"]
        names = [name for name in MODELS if name.split("_")[0].upper() in params.replace("JSN-SR04T", "JSN")]
        assert names, row
        for model in names:
            driver, _ = scripted((clock.scenario() + 0.05, data), model=model, **(sizes if MODELS[model].low is None else {}))
            [sample] = driver.read()
            number = data[1] << 8 | data[2]
            reasons = [reason for reason in (Reason.OBSTRUCTED, Reason.NO_TARGET, Reason.NO_ECHO) if reason.name in expect]
            if reasons:
                assert sample == Sample("distance", number, None, Quality.BAD, reasons[0]), row
            else:
                assert sample == Sample("distance", number, float(expect.split()[0]) * (10 if " cm" in expect else 1)), row
    assert "511 mm, then 1953" in rows[5]["expect"]
    assert [high << 8 | low for _, high, low, _ in parser(MODELS["a02yyuw"]).feed(bytes.fromhex(rows[5]["input"]))] == [511, 1953]


# A frame in pieces, old frames, frames that are just coming


@pytest.mark.parametrize("cut", [1, 2, 3])
@pytest.mark.parametrize("pause", [0.005, 0.05, 0.15])
def test_a_frame_split_anywhere_is_one_reading(scripted: Any, cut: int, pause: float) -> None:
    data = frame(1953)
    driver, _ = scripted((0.05, data[:cut]), (0.05 + pause, data[cut:]))
    assert driver.read() == [Sample("distance", 1953, 1953.0)]


@pytest.mark.parametrize("number", [511, 1953, 0x07F9])
@pytest.mark.parametrize("late", [k / 2000 for k in range(12)])
def test_a_reading_that_begins_in_the_middle_of_a_frame_waits_for_the_next(scripted: Any, clock: Any, number: int, late: float) -> None:
    """511 mm is FF 01 FF FF: its middle looks like a beginning."""
    driver, script = scripted((0.1, frame(4000)), *((0.2 + k / 10, frame(number)) for k in range(5)))
    assert driver.read()[0].raw == 4000
    clock.advance(0.2 + late - clock.scenario())
    assert driver.read() == [Sample("distance", number, float(number))]
    assert script.read == [frame(4000), frame(number)], "one whole frame was taken for one reading"


def test_two_halves_of_frames_are_never_taken_for_one(scripted: Any, clock: Any) -> None:
    """The end of 2559 mm and the beginning of 1440 mm are a good frame of 2047 mm, to who begins to read there."""
    between = frame(2559)[2:] + frame(1440)[:2]
    assert between == frame(2047)
    driver, _ = scripted((0.02, frame(1953)), (0.1, frame(2559)), (0.2, frame(1440)))
    assert driver.read()[0].raw == 1953
    clock.advance(0.1 + 2.5 * 10 / 9600 - clock.scenario())
    assert driver.read() == [Sample("distance", 1440, 1440.0)]


def test_no_byte_beyond_the_frame_is_waited_for(scripted: Any, clock: Any) -> None:
    driver, script = scripted((0.05, b"\x00\x07"), (0.06, frame(1953)), (0.3, frame(1954)))
    assert driver.read()[0].raw == 1953
    assert clock.scenario() == pytest.approx(0.06 + 4 * 10 / 9600, abs=0.002)
    assert script.read == [b"\x00\x07", frame(1953)]


def test_after_a_pause_the_reading_is_of_now(simulate: Any, clock: Any) -> None:
    driver = opened(simulate(SCENE), clock)
    assert driver.read()[0].value == 1000
    clock.advance(600)
    assert driver.read()[0].value == 2000


def test_a_line_that_is_never_quiet_is_still_read(scripted: Any) -> None:
    chatter = [(k * 0.002, b"\x00") for k in range(400)]
    driver, _ = scripted(*chatter, (0.1, frame(1953)))
    assert driver.read() == [Sample("distance", 1953, 1953.0)]


# What is no distance


@pytest.mark.parametrize(
    ("model", "number", "reason"),
    [
        ("a02yyuw", 0, Reason.NO_ECHO),
        ("a02yyuw", 1, Reason.OBSTRUCTED),
        ("a02yyuw", 30, Reason.OBSTRUCTED),
        ("a02yyuw", 31, None),
        ("a02yyuw", 4500, None),
        ("a02yyuw", 4501, Reason.RANGE),
        ("a02yyuw", 0x7FFF, Reason.RANGE),
        ("a01nyub", 280, Reason.OBSTRUCTED),
        ("a01nyub", 7500, None),
        ("sen0754", 0xFFFD, Reason.NO_TARGET),
        ("sen0754", 0xFFFE, Reason.INTERFERENCE),
        ("sen0627", 25, Reason.OBSTRUCTED),
        ("sen0627", 26, None),
        ("sen0627", 801, Reason.RANGE),
    ],
)
def test_what_is_no_distance_keeps_its_number_and_its_reason(scripted: Any, model: str, number: int, reason: Reason | None) -> None:
    driver, _ = scripted((0.05, frame(number)), model=model, **({"low": 250, "high": 8000} if MODELS[model].low is None else {}))
    [sample] = driver.read()
    assert (sample.raw, sample.reason, sample.value is None) == (number, reason, reason is not None)


def test_wrong_sums_count_only_where_no_good_frame_comes(scripted: Any) -> None:
    wrong = b"\xff\x07\xa1\xa8"
    driver, _ = scripted((0.05, wrong), (0.15, wrong), (0.25, frame(1953)))
    assert driver.read()[0].value == 1953


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ([], Reason.TIMEOUT),
        ([b"\xff\x07\xa1\xa8"], Reason.CHECKSUM),
        ([b"\xff\x07\xa1\xa8", b"\xff\x07"], Reason.CHECKSUM),
        ([b"\xff\x07"], Reason.SHORT),
        ([b"\x07\xa1\xa7"], Reason.SYNTAX),
        ([frame(1953, header_counts=False)], Reason.CHECKSUM),
        ([frame(0xFFFD)], Reason.CHECKSUM),  # another model's message
    ],
)
def test_no_frame_before_the_deadline_is_an_error_by_its_name(scripted: Any, clock: Any, said: list[bytes], reason: Reason) -> None:
    driver, _ = scripted((0.02, frame(1953)), *((0.1 + 0.05 * k, data) for k, data in enumerate(said)))
    assert driver.read()[0].value == 1953
    begun = clock.scenario()
    with pytest.raises((Timeout, ProtocolError), match=r"a02yyuw on /dev/serial0: .*check") as caught:
        driver.read()
    assert caught.value.reason is reason
    assert clock.scenario() - begun <= 2 * 0.3 + 0.1 + 0.11, "two slow frames, and the last look at the port"


def test_another_relative_has_another_sum(scripted: Any) -> None:
    driver, _ = scripted((0.05, frame(1953, header_counts=False)), model="aj_sr04m")
    assert driver.read()[0].value == 1953


def test_a_sensor_that_is_asked_is_asked_once_and_not_too_soon(simulate: Any, clock: Any) -> None:
    buses = simulate(SCENE + 'model = "sen0627"\nfar = 8000\n')
    driver = opened(buses, clock, model="sen0627", low=250, high=8000)
    assert driver.read() == [Sample("distance", 100, 1000.0)]
    with pytest.raises(NotReady, match="longer period"):
        driver.read()
    clock.advance(12)
    assert driver.read() == [Sample("distance", 200, 2000.0)]


def test_the_port_is_opened_at_the_models_speed(simulate: Any, clock: Any, mocker: Any) -> None:
    buses = simulate(SCENE)
    serial = mocker.spy(buses, "serial")
    opened(buses, clock, model="sen0754", low=100, high=5000)
    assert serial.call_args.kwargs["baudrate"] == 115200


# Faults of the simulated sensor


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (f'kind = "off"\non = "serial:{PORT}"', Timeout),
        (f'kind = "hang"\non = "serial:{PORT}"', Timeout),
        (f'kind = "garbage"\non = "serial:{PORT}"', ProtocolError),
        (f'kind = "unplugged"\non = "serial:{PORT}"', PortGone),
        ('kind = "unplugged"\non = "serial"', PortGone),
    ],
)
def test_a_fault_has_its_name_gives_no_number_and_passes(simulate: Any, clock: Any, fault: str, error: type[HardwareError]) -> None:
    driver = opened(simulate(f"{SCENE}[[faults]]\n{fault}\nfrom = 5\nto = 15\n"), clock)
    assert driver.read()[0].value == 1000
    clock.advance(5.01 - clock.scenario())
    for _ in range(3):
        with pytest.raises(error):
            driver.read()
    clock.advance(15 - clock.scenario())
    assert driver.read()[0].value == 2000


@pytest.mark.parametrize(
    ("fault", "told"), [('kind = "stuck"', 1000), ('kind = "wrong"\noffset = 500', 2500), ('kind = "delayed"\nseconds = 5', 1000)]
)
def test_a_sensor_that_is_wrong_is_read_as_it_says(simulate: Any, clock: Any, fault: str, told: int) -> None:
    driver = opened(simulate(f'{SCENE}[[faults]]\n{fault}\non = "serial:{PORT}"\nfrom = 8\nto = 20\n'), clock)
    clock.advance(12)
    assert driver.read()[0].value == told


@pytest.mark.parametrize(("distance", "raw", "reason"), [(5, 30, Reason.OBSTRUCTED), (9000, 0, Reason.NO_ECHO)])
def test_too_near_and_too_far(simulate: Any, clock: Any, distance: int, raw: int, reason: Reason) -> None:
    scene = SCENE.replace("[0, 1000]", f"[0, {distance}]")
    assert opened(simulate(scene), clock).read() == [Sample("distance", raw, None, Quality.BAD, reason)]


# The account


def test_what_the_driver_got_is_what_the_sensor_wrote_down_and_nothing_else(simulate: Any, clock: Any, reads: Path) -> None:
    scene = SCENE.replace('kind = "steps"\nsteps = [[0, 1000], [10, 2000]]', 'kind = "counter"\nstart = 300\nstop = 4400')
    faults = "".join(
        f'[[faults]]\nkind = "{kind}"\non = "serial:{PORT}"\nfrom = {k * 10 + 5}\nto = {k * 10 + 9}\n'
        for k, kind in enumerate(["off", "garbage", "unplugged", "intermittent"])
    )
    driver, got, failed = opened(simulate(scene + faults), clock), [], 0
    while clock.scenario() < 50:
        try:
            got.append(driver.read()[0].raw)
        except HardwareError:
            failed += 1
        clock.advance(0.137)
    assert failed > 10
    assert len(got) > 60
    lines = [json.loads(line) for line in reads.read_text().splitlines()]
    assert {"/".join(line[:2]) for line in lines} == {f"serial:{PORT}/"}
    assert got == [line[2] for line in lines] == list(range(300, 300 + len(got)))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"model": "hc_sr04"}, "use one of a01nyub, a02yyuw"),
        ({"model": "sen0754"}, "write the nearest and farthest distance of its data sheet"),
        ({"low": 5000}, "must be above 0 and below high"),
        ({"low": 0}, "must be above 0"),
        ({"model": "sen0627", "low": 250, "high": 8000}, "write pings = 1"),
        ({"pings": 2}, "two pings have no middle"),
    ],
)
def test_options_that_cannot_work_are_refused_with_the_remedy(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=told):
        msgspec.convert({"port": PORT, "model": "a02yyuw"} | wrong, FAMILY.options)
