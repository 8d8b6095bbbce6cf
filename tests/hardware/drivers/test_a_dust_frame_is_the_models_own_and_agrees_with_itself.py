"""Plantower sensors: a value comes from a whole frame of the configured model that agrees with itself; everything else has a reason."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import KNOWN_UNITS
from hardware.driver import load
from hardware.drivers.plantower_pms import ASK, MODELS, PASSIVE, WAKE, parser, tell
from hardware.errors import HardwareError, PortGone, ProtocolError, Timeout
from hardware.quantities import convert
from hardware.sample import Quality, Reason

PORT = "/dev/serial0"
FAMILY = load("plantower_pms")
SCENE = f"""
[signals.dust]
kind = "steps"
steps = [[0, 10], [200, 20]]
[chips."serial:{PORT}"]
kind = "plantower_pms"
signal = "dust"
"""


def frame(*words: int) -> bytes:
    body = b"\x42\x4d" + (2 * len(words) + 2).to_bytes(2) + b"".join((word & 0xFFFF).to_bytes(2) for word in words)
    return body + sum(body).to_bytes(2)


def options(**given: Any) -> Any:
    return msgspec.convert({"port": PORT, "model": "pms5003", "warm_up": "0 s"} | given, FAMILY.options, dec_hook=convert)


def opened(buses: Any, clock: Any, **given: Any) -> Any:
    return FAMILY.open(options(**given), buses, clock)


@pytest.fixture
def scripted(simulate: Any, clock: Any) -> Any:
    """A sensor that says these bytes 0.8 s apart, and the driver that reads it."""

    def build(*said: bytes, **given: Any) -> Any:
        told = ", ".join(f'[{clock.scenario() + 0.05 + 0.8 * k:.4f}, "{data.hex()}"]' for k, data in enumerate(said))
        return opened(simulate(f'[chips."serial:{PORT}"]\nkind = "scripted"\nsaid = [{told}]\n'), clock, **given)

    return build


def values(driver: Any) -> dict[str, Any]:
    return {sample.channel: sample.value for sample in driver.read()}


GOOD = frame(0, 8, 8, 0, 8, 8, 210, 70, 45, 30, 0, 0, 0x9700)


# Golden rows and recorded frames


def test_every_golden_row(vectors: Any, scripted: Any) -> None:
    rows = vectors("pms5003")
    assert len(rows) == 4
    whole = bytes.fromhex(rows[0]["input"])
    assert whole == GOOD
    expected = {"pm1": 0, "pm2.5": 8, "pm10": 8, "n0.3": pytest.approx(2.10)}
    assert values(scripted(whole, whole, counts=True)).items() >= expected.items()

    assert "SYNTAX" in rows[1]["expect"]
    wrong = bytes.fromhex(rows[1]["input"].partition(" …")[0]).ljust(33, b"\x00")
    with pytest.raises(ProtocolError) as caught:
        scripted(wrong, wrong).read()
    assert caught.value.reason is Reason.SYNTAX

    assert "SHORT" in rows[2]["expect"]
    with pytest.raises(ProtocolError) as caught:
        scripted(whole[:20]).read()
    assert caught.value.reason is Reason.SHORT
    with pytest.raises(HardwareError) as cut:
        scripted(whole, whole[:20]).read()
    assert cut.value.reason is Reason.SHORT

    assert "resync" in rows[3]["expect"]
    assert values(scripted(b"\x42" + whole, b"\x42" + whole, counts=True)).items() >= expected.items()


NAMES = {"pm01": "pm1", "pm25": "pm2.5", "pm10": "pm10", "temp": "temperature", "rhum": "humidity"}
NAMES |= {"n0_3": "n0.3", "n0_5": "n0.5", "n1_0": "n1", "n2_5": "n2.5", "n5_0": "n5", "n10_0": "n10"}


@pytest.mark.parametrize(("name", "model"), [("PMSx003", "pms5003"), ("PMS3003", "pms3003"), ("PMS5003T", "pms5003t")])
def test_recorded_frames_decode_to_the_published_values(recordings: Path, scripted: Any, name: str, model: str) -> None:
    folder = recordings / "serial_pms_mhz"
    lines = (folder / f"{name}.hexdump").read_text().splitlines()
    frames = [bytes.fromhex(line.partition(": ")[2].partition("  ")[0]) for line in lines]
    rows = list(csv.DictReader((folder / f"{name}.csv").read_text().splitlines(), skipinitialspace=True))
    assert len(frames) == len(rows) == 10
    for data, row in zip(frames, rows, strict=True):
        told = values(scripted(data, data, model=model, counts=True))
        published = {NAMES[key]: float(text) for key, text in row.items() if key in NAMES}
        assert told == pytest.approx(published), row


# What the frame says beside the dust


def test_the_words_of_the_larger_models(scripted: Any) -> None:
    st_frame = frame(1, 2, 3, 4, 5, 6, 600, 500, 400, 300, 200, 100, 45, -35, 812, 0, 0x9100)
    told = values(scripted(st_frame, st_frame, model="pms5003st"))
    assert told == pytest.approx({"pm1": 4, "pm2.5": 5, "pm10": 6, "hcho": 0.045, "temperature": -3.5, "humidity": 81.2})
    s_frame = frame(1, 2, 3, 4, 5, 6, 600, 500, 400, 300, 200, 100, 45)
    assert values(scripted(s_frame, s_frame, model="pms5003s"))["hcho"] == pytest.approx(0.045)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ((0, 8, 8, 0, 8, 8, 0, 0, 0, 0, 0, 0, 0x9700), Reason.SENSOR_FAULT),
        ((0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x9700), None),
        ((0, 8, 8, 0, 8, 8, 210, 70, 45, 30, 0, 0, 0x9701), Reason.EXCEPTION),
    ],
)
def test_a_frame_that_contradicts_itself_or_tells_an_error_is_no_value(scripted: Any, words: tuple[int, ...], reason: Reason | None) -> None:
    for sample in scripted(frame(*words), frame(*words)).read():
        assert (sample.reason, sample.value is None) == (reason, reason is not None)
        assert sample.raw is not None, "the number stays to be judged again"


def test_smoke_beyond_the_range_keeps_its_number(scripted: Any) -> None:
    thick = frame(900, 1200, 1500, 900, 1200, 1500, 60000, 500, 400, 300, 200, 100, 0x9700)
    pm1, pm25, pm10 = scripted(thick, thick).read()
    assert (pm1.quality, pm1.value) == (Quality.GOOD, 900)
    assert (pm25.quality, pm25.reason, pm25.value) == (Quality.UNCERTAIN, Reason.OVER_RANGE, 1200)
    assert pm10.value == 1500


def test_a_frame_of_another_model_is_no_frame(scripted: Any) -> None:
    older = frame(0, 8, 8, 0, 8, 8, 0, 0, 0x51)
    with pytest.raises(ProtocolError) as caught:
        scripted(older, older).read()
    assert caught.value.reason is Reason.SYNTAX


# Warm-up


def test_it_is_uncertain_until_it_is_warm_and_again_after_a_power_cut(simulate: Any, clock: Any) -> None:
    driver = opened(simulate(f'{SCENE}[[faults]]\nkind = "off"\non = "serial:{PORT}"\nfrom = 60\nto = 90\n'), clock, warm_up="30 s")
    assert [(sample.quality, sample.reason, sample.value) for sample in driver.read()][1] == (Quality.UNCERTAIN, Reason.WARM_UP, 10)
    clock.advance(31 - clock.scenario())
    assert driver.read()[1].quality is Quality.GOOD
    clock.advance(61 - clock.scenario())
    with pytest.raises(Timeout):
        driver.read()
    clock.advance(91 - clock.scenario())
    assert driver.read()[1].reason is Reason.WARM_UP
    clock.advance(125 - clock.scenario())
    assert driver.read()[1].quality is Quality.GOOD


# Passive mode


def test_asked_it_answers_and_is_told_its_mode_again_after_a_power_cut(simulate: Any, clock: Any) -> None:
    buses = simulate(f'{SCENE}[[faults]]\nkind = "off"\non = "serial:{PORT}"\nfrom = 60\nto = 70\n')
    driver = opened(buses, clock, mode="passive")
    for _ in range(3):
        begun = clock.scenario()
        assert driver.read()[1].value == 10
        assert clock.scenario() - begun < 0.2, "an answer, not a frame that it sent on its own"
        clock.advance(5)
    clock.advance(61 - clock.scenario())
    with pytest.raises(Timeout):
        driver.read()
    clock.advance(71 - clock.scenario())
    for _ in range(2):
        begun = clock.scenario()
        assert driver.read()[1].value == 10
        assert clock.scenario() - begun < 0.2


def test_it_sends_the_commands_of_the_sheet_and_no_others(simulate: Any, clock: Any) -> None:
    answers = f'answers = {{ "{ASK.hex()}" = "{GOOD.hex()}" }}'
    buses = simulate(f'[chips."serial:{PORT}"]\nkind = "scripted"\n{answers}\n')
    driver = opened(buses, clock, mode="passive")
    driver.read()
    driver.read()
    assert [data for _, data in buses.world.chips[f"serial:{PORT}"].heard_bytes] == [WAKE + PASSIVE, ASK, ASK]
    assert [PASSIVE.hex(" "), ASK.hex(" "), WAKE.hex(" ")] == ["42 4d e1 00 00 01 70", "42 4d e2 00 00 01 71", "42 4d e4 00 01 01 74"]


def test_heard_only_it_sends_nothing(simulate: Any, clock: Any) -> None:
    buses = simulate(f'[chips."serial:{PORT}"]\nkind = "scripted"\nsaid = [[0.1, "{GOOD.hex()}"], [0.9, "{GOOD.hex()}"]]\n')
    opened(buses, clock).read()
    assert buses.world.chips[f"serial:{PORT}"].heard_bytes == []


# Faults of the simulated sensor


@pytest.mark.parametrize("mode", ["active", "passive"])
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ('kind = "off"', Reason.TIMEOUT),
        ('kind = "hang"', Reason.TIMEOUT),
        ('kind = "slow"', Reason.TIMEOUT),
        ('kind = "garbage"', Reason.CHECKSUM),
        ('kind = "failed"', Reason.EXCEPTION),
        ('kind = "unplugged"', Reason.PORT_GONE),
    ],
)
def test_a_fault_has_its_name_gives_no_number_and_passes(simulate: Any, clock: Any, fault: str, reason: Reason, mode: str) -> None:
    driver = opened(simulate(f'{SCENE}[[faults]]\n{fault}\non = "serial:{PORT}"\nfrom = 50\nto = 150\n'), clock, mode=mode)
    assert driver.read()[1].value == 10
    clock.advance(51 - clock.scenario())
    for _ in range(3):
        begun = clock.scenario()
        try:
            told = {sample.reason for sample in driver.read()}
        except HardwareError as error:
            told = {error.reason}
        assert told == {reason}
        assert clock.scenario() - begun <= (5.8 if mode == "active" else 0.75)
        clock.advance(5)
    clock.advance(201 - clock.scenario())
    assert driver.read()[1].value == 20


def test_a_loose_contact_is_noticed(simulate: Any, clock: Any) -> None:
    driver, lost = opened(simulate(f'{SCENE}[[faults]]\nkind = "intermittent"\non = "serial:{PORT}"\nperiod = 4\n'), clock), 0
    for _ in range(20):
        try:
            driver.read()
        except Timeout:
            lost += 1
        clock.advance(10)
    assert lost >= 5


def test_a_laser_that_counts_nothing_is_a_fault(simulate: Any, clock: Any) -> None:
    assert {sample.reason for sample in opened(simulate(SCENE + "blind = true\n"), clock).read()} == {Reason.SENSOR_FAULT}


def test_after_a_pause_the_reading_is_of_now(simulate: Any, clock: Any) -> None:
    driver = opened(simulate(SCENE), clock)
    assert driver.read()[1].value == 10
    clock.advance(600)
    assert driver.read()[1].value == 20


def test_an_adapter_that_went_away_is_port_gone(simulate: Any, clock: Any) -> None:
    driver = opened(simulate(f'{SCENE}[[faults]]\nkind = "unplugged"\non = "serial"\nfrom = 5\n'), clock)
    clock.advance(5.1)
    with pytest.raises(PortGone):
        driver.read()


# The parser, the options, the scan


@given(
    model=st.sampled_from(sorted(MODELS)),
    words=st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=5),
    noise=st.lists(st.binary(max_size=3).map(lambda b: b.replace(b"\x42", b"\x00")), min_size=5, max_size=5),
    cuts=st.lists(st.integers(1, 40), min_size=120, max_size=120),
)
def test_frames_are_found_between_noise_however_the_bytes_are_cut(model: str, words: list[int], noise: list[bytes], cuts: list[int]) -> None:
    frames = [frame(*[word] * (MODELS[model].length // 2 - 1)) for word in words]
    data = b"".join(stray + whole for stray, whole in zip(noise, frames, strict=False))
    search, found = parser(model), []
    for cut in cuts:
        found += search.feed(data[:cut])
        data = data[cut:]
    assert found == frames
    assert search.held < 4 + MODELS[model].length


def test_every_unit_is_known() -> None:
    for model in MODELS:
        assert {channel.unit for channel in options(model=model, counts=True).channels()} <= KNOWN_UNITS


def test_a_model_that_cannot_be_asked_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="write mode = active"):
        options(model="pms3003", mode="passive")


def test_a_scan_knows_it_by_a_frame() -> None:
    assert tell(b"\x00" + GOOD).options == {"model": "pms5003"}  # type: ignore[union-attr]
    assert tell(frame(*range(9))).options == {"model": "pms3003"}  # type: ignore[union-attr]
    assert tell(frame(*range(17))).options == {"model": "pms5003st"}  # type: ignore[union-attr]
    assert tell(GOOD[:-1] + b"\x00") is None
