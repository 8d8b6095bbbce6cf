"""MaxBotix lines of text: the codes of each model are no distances, and what no checksum guards is checked by the pings beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.driver import load
from hardware.drivers.maxbotix import FORMATS, MODELS, parser, tell
from hardware.errors import HardwareError, PortGone, ProtocolError, Timeout
from hardware.sample import Quality, Reason, Sample
from hardware.sim.maxbotix import BANNER

PORT = "/dev/serial0"
FAMILY = load("maxbotix")
SCENE = f"""
[signals.distance]
kind = "steps"
steps = [[0, 1000], [20, 2000]]
[chips."serial:{PORT}"]
kind = "maxbotix"
signal = "distance"
"""


def opened(buses: Any, clock: Any, **options: Any) -> Any:
    return FAMILY.open(msgspec.convert({"port": PORT, "model": "mb7389"} | options, FAMILY.options), buses, clock)


@pytest.fixture
def scripted(simulate: Any, clock: Any) -> Any:
    """A sensor that says these bytes 0.15 s apart, and the driver that reads it."""

    def build(*said: bytes, **options: Any) -> Any:
        told = ", ".join(f'[{clock.scenario() + 0.05 + 0.15 * k:.4f}, "{data.hex()}"]' for k, data in enumerate(said))
        return opened(simulate(f'[chips."serial:{PORT}"]\nkind = "scripted"\nsaid = [{told}]\n'), clock, **options)

    return build


# The published rows, through the public driver


def of_model(model: str, number: int) -> bytes:
    digits, end, _ = FORMATS[MODELS[model].form]
    return b"R" + str(number).zfill(digits).encode() + end


def test_every_golden_row(vectors: Any, scripted: Any, clock: Any) -> None:
    rows = vectors("maxbotix")
    assert len(rows) == 7
    for row in rows:
        text, params, expect = row["input"], row["params"], row["expect"]
        data = b"" if text.startswith("no byte") else text.replace("\\r", "\r").replace("\\xff", "\xff").encode("latin-1")
        models = ["mb7363", "mb7383", "mb7388"] if "10 m" in params else ["mb7380", "mb7389"]
        for model in models:
            driver = scripted(data, model=model, pings=1)
            if "SYNTAX" in expect or "TIMEOUT" in expect:
                with pytest.raises(HardwareError) as caught:
                    driver.read()
                assert caught.value.reason is (Reason.SYNTAX if "SYNTAX" in expect else Reason.TIMEOUT), row
            elif "NO_TARGET" in expect:
                assert driver.read() == [Sample("distance", int(data[1:5]), None, Quality.BAD, Reason.NO_TARGET)], row
            else:
                assert driver.read()[0].value == {"R1234\\r": 1234, "\\xffR1234\\r": 1234, "234\\rR1235\\r": 1235}[text], row
    assert "R5000 on a 10 m model is a real distance" in rows[2]["expect"]
    assert scripted(b"R5000\r", model="mb7383", pings=1).read() == [Sample("distance", 5000, 5000.0)]


@pytest.mark.parametrize("pings", [1, 5])
def test_the_flood_row_of_practice(safety: Any, scripted: Any, pings: int) -> None:
    row = next(row for row in safety("flood") if row["input"].startswith("MB7389"))
    distances = [int(text) for text in row["input"].partition("distances ")[2].split(",")]
    told = [scripted(*[of_model("mb7389", distance)] * (pings + 1), pings=pings).read()[0] for distance in distances]
    assert [sample.value for sample in told] == [2400, 2495, 2490, 2510, None, None]
    assert [sample.reason for sample in told[4:]] == [Reason.OBSTRUCTED, Reason.NO_TARGET]
    assert row["expected"].endswith("OBSTRUCTED; NO_TARGET")
    assert [2500 - sample.value for sample in told[:4]] == [100, 5, 10, -10]


@pytest.mark.parametrize(
    ("model", "number", "reason"),
    [
        ("mb7389", 0, Reason.SENSOR_FAULT),
        ("mb7389", 300, Reason.OBSTRUCTED),
        ("mb7389", 301, None),
        ("mb7389", 4999, None),
        ("mb7389", 5000, Reason.NO_TARGET),
        ("mb7389", 5001, Reason.RANGE),
        ("mb7389", 9999, Reason.RANGE),
        ("mb7383", 500, Reason.OBSTRUCTED),
        ("mb7383", 501, None),
        ("mb7383", 9998, None),
        ("mb7383", 9999, Reason.NO_TARGET),
        ("mb1403", 480, None),
        ("mb1403", 5000, Reason.NO_TARGET),
        ("xl", 20, Reason.OBSTRUCTED),
        ("xl", 21, None),
        ("xl", 765, Reason.NO_TARGET),
        ("xl", 999, Reason.RANGE),
    ],
)
def test_what_is_no_distance_keeps_its_number_and_its_reason(scripted: Any, model: str, number: int, reason: Reason | None) -> None:
    given: dict[str, Any] = {"xl": {"low": 200, "high": 7650}, "mb1403": {"baud": 57600}}.get(model, {})
    [sample] = scripted(of_model(model, number), model=model, pings=1, **given).read()
    scale = 10 if model == "xl" else 1
    assert (sample.raw, sample.reason, sample.value) == (number, reason, None if reason else number * scale)


@pytest.mark.parametrize(
    ("said", "reason"),
    [(b"R123\r", Reason.SYNTAX), (b"R\r", Reason.SYNTAX), (b"R123", Reason.SHORT), (b"R1234", Reason.SHORT), (b"123\r", Reason.SYNTAX)],
)
def test_a_line_that_ended_is_no_line_and_one_cut_off_is_short(scripted: Any, said: bytes, reason: Reason) -> None:
    """Then silence. A line with its end and too few digits is another model's; one without is the wire's or the supply's."""
    with pytest.raises(ProtocolError) as caught:
        scripted(said, pings=1).read()
    assert caught.value.reason is reason


def test_a_line_too_short_takes_nothing_of_the_next(scripted: Any) -> None:
    assert scripted(b"R123\rR1234\r", pings=1).read()[0].value == 1234
    assert scripted(b"R12\rR123R\rR1235\r", pings=1).read()[0].value == 1235


# What no checksum guards


def test_a_garbled_digit_does_not_reach_the_value(scripted: Any) -> None:
    driver = scripted(b"R1234\r", b"R1234\r", b"R1834\r", b"R1235\r", b"R9234\r", b"R1233\r")
    assert driver.read()[0].value == 1234


def test_pings_that_contradict_each_other_give_no_value(scripted: Any) -> None:
    driver = scripted(*(of_model("mb7389", number) for number in (1234, 1000, 2000, 3000, 4000, 4500)))
    distance, jitter = driver.read()
    assert (distance.value, distance.reason, jitter.value) == (None, Reason.AMBIGUOUS, None)
    assert scripted(*(of_model("mb7389", number) for number in (1, 1000, 1200, 1400)), pings=3, agree=300).read()[0].value == 1200


def test_waves_are_not_taken_for_garbage(scripted: Any) -> None:
    distance, jitter = scripted(*(of_model("mb7389", number) for number in (1234, 1000, 1040, 1090, 960, 1020))).read()
    assert (distance.value, jitter.value) == (1020, 20)


def test_the_page_of_text_at_power_up_is_passed_over(scripted: Any) -> None:
    assert scripted(BANNER, b"R1234\r", pings=1).read()[0].value == 1234
    assert parser("hrxl").feed(BANNER) == []


@given(
    form=st.sampled_from(sorted(FORMATS)),
    numbers=st.lists(st.integers(0, 999), min_size=1, max_size=6),
    noise=st.lists(st.binary(max_size=4), min_size=6, max_size=6),
    cuts=st.lists(st.integers(1, 5), min_size=80, max_size=80),
)
def test_lines_are_found_between_noise_however_the_bytes_are_cut(form: str, numbers: list[int], noise: list[bytes], cuts: list[int]) -> None:
    digits, end, _ = FORMATS[form]
    lines = [b"R" + str(number).zfill(digits).encode() + end for number in numbers]
    data = b"".join(stray + line for stray, line in zip(noise, lines, strict=False))
    lines_found, found = parser(form), []
    for cut in cuts:
        found += lines_found.feed(data[:cut])
        data = data[cut:]
    assert found == lines


# Faults of the simulated sensor


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (f'kind = "off"\non = "serial:{PORT}"', Timeout),
        (f'kind = "hang"\non = "serial:{PORT}"', Timeout),
        (f'kind = "slow"\non = "serial:{PORT}"\nfactor = 5', Timeout),
        (f'kind = "unplugged"\non = "serial:{PORT}"', PortGone),
        ('kind = "unplugged"\non = "serial"', PortGone),
    ],
)
def test_a_fault_has_its_name_gives_no_number_and_passes(simulate: Any, clock: Any, fault: str, error: type[HardwareError]) -> None:
    driver = opened(simulate(f"{SCENE}[[faults]]\n{fault}\nfrom = 5\nto = 15\n"), clock)
    assert driver.read()[0].value == 1000
    clock.advance(5.01 - clock.scenario())
    for _ in range(3):
        try:
            assert driver.read()[0].reason is Reason.TIMEOUT
        except error:
            continue
    clock.advance(20 - clock.scenario())
    assert driver.read()[0].value == 2000


@pytest.mark.parametrize("factor", [1.5, 2, 3])
def test_lines_that_come_too_rarely_are_no_value(simulate: Any, clock: Any, factor: float) -> None:
    driver = opened(simulate(f'{SCENE}[[faults]]\nkind = "slow"\non = "serial:{PORT}"\nfactor = {factor}\nfrom = 5\n'), clock)
    assert driver.read()[0].value == 1000
    clock.advance(5 - clock.scenario())
    for _ in range(3):
        assert driver.read()[0].reason is Reason.TIMEOUT


@pytest.mark.parametrize("seed", range(5))
def test_garbage_is_hardly_ever_a_number(simulate: Any, clock: Any, seed: int) -> None:
    """Lines of random digits half of the time: without a checksum a chance remains, with five pings of which three agree it is a small one."""
    driver, told = opened(simulate(f'{SCENE}[[faults]]\nkind = "garbage"\non = "serial:{PORT}"\n', seed=seed), clock), 0
    for _ in range(100):
        try:
            told += driver.read()[0].value is not None
        except ProtocolError:
            continue
    assert told <= 1


def test_a_dead_transducer_is_a_fault_and_no_flood(simulate: Any, clock: Any) -> None:
    driver = opened(simulate(f'{SCENE}[[faults]]\nkind = "failed"\non = "serial:{PORT}"\n'), clock)
    distance, jitter = driver.read()
    assert (distance.raw, distance.value, distance.reason) == (0, None, Reason.SENSOR_FAULT)
    assert jitter.value is None


@pytest.mark.parametrize(
    ("fault", "told"), [('kind = "stuck"', 1000), ('kind = "wrong"\noffset = 500', 2500), ('kind = "delayed"\nseconds = 5', 1000)]
)
def test_a_sensor_that_is_wrong_is_read_as_it_says(simulate: Any, clock: Any, fault: str, told: int) -> None:
    driver = opened(simulate(f'{SCENE}[[faults]]\n{fault}\non = "serial:{PORT}"\nfrom = 8\n'), clock)
    clock.advance(22)
    assert driver.read()[0].value == told


def test_what_the_driver_got_is_what_the_sensor_wrote_down_and_nothing_else(simulate: Any, clock: Any, reads: Path) -> None:
    scene = SCENE.replace('kind = "steps"\nsteps = [[0, 1000], [20, 2000]]', 'kind = "counter"\nstart = 400\nstop = 4400')
    faults = "".join(
        f'[[faults]]\nkind = "{kind}"\non = "serial:{PORT}"\nfrom = {k * 10 + 5}\nto = {k * 10 + 9}\n'
        for k, kind in enumerate(["off", "unplugged", "intermittent", "slow"])
    )
    driver, got = opened(simulate(scene + faults), clock, pings=1), []
    while clock.scenario() < 50:
        try:
            got.append(driver.read()[0].raw)
        except HardwareError:
            clock.advance(0.01)
        clock.advance(0.137)
    assert len(got) > 60
    assert got == [json.loads(line)[2] for line in reads.read_text().splitlines()] == list(range(400, 400 + len(got)))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"model": "mb7000"}, "use one of mb1403"),
        ({"model": "xl"}, "needs low; write that of its data sheet"),
        ({"model": "mb1403"}, "needs baud"),
        ({"model": "mb1403", "baud": 0}, ">= 1200"),
        ({"model": "mb1403", "baud": -1}, ">= 1200"),
        ({"model": "mb7375", "low": 300, "high": 1e300}, "<= 10000"),
        ({"agree": 1e308}, "<= 10000"),
        ({"low": 200}, "leave it out, or check the model"),
        ({"model": "xl", "low": 8000, "high": 7650}, "must be above 0 and below high"),
    ],
)
def test_options_that_cannot_work_are_refused_with_the_remedy(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=told):
        msgspec.convert({"port": PORT, "model": "mb7389"} | wrong, FAMILY.options)


def test_a_scan_knows_it_by_its_lines() -> None:
    assert tell(b"34\r" + b"R1234\r" * 4).options == {"model": "mb7389"}  # type: ignore[union-attr]
    assert tell(b"R1234\rR6234\rR1234\r").options == {"model": "mb7383"}  # type: ignore[union-attr]
    assert tell(b"R1234\rR1234\r") is None
    assert tell(b"R123\r" * 3) is None
    assert tell(b"R123\r" * 3, "xl").options == {"model": "xl"}  # type: ignore[union-attr]
    assert tell(b"R0480 \r" * 3, "hrusb").options == {"model": "mb1403", "baud": 57600}  # type: ignore[union-attr]
    assert tell(b"\x00" * 40 + b"R1234\r" * 3) is None
