"""Every published row of the nine-byte gas modules, and every recorded MH-Z19B frame, said by a simulated module and read through the driver."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hardware.driver import load
from hardware.errors import Timeout
from hardware.quantities import convert
from hardware.sample import Quality, Reason, Sample
from tests.hardware.gas_modules import CH2O, MULTI, PORT, ZE15, refused, sample, saying

Vectors = Callable[[str], list[dict[str, Any]]]
MHZ = {"range": 5000, "temperature": True, "warm_up": "0 s"}


@pytest.fixture
def said(simulate: Any, clock: Any) -> Callable[..., Any]:
    return saying(simulate, clock)


class Listener:
    """A module that notes what it hears and says nothing."""

    def __init__(self) -> None:
        self.orders: list[str] = []

    def heard(self, data: bytes, at: float) -> None:
        self.orders.append(data.hex(" ").upper())

    def say(self, until: float) -> list[tuple[float, bytes]]:
        return []

    def taken(self, data: bytes) -> None:
        raise AssertionError("it said nothing")


def test_what_a_module_is_asked_and_told(vectors: Vectors, simulate: Any, clock: Any) -> None:
    read, others, ze03 = (row["input"].split(" / ") for row in vectors("winsen.qa_request"))
    scale = {"unit": "[ppm]", "decimals": 1, "full_scale": 500, "warm_up": "0 s", "gas": "co"}
    for model, (query, active) in {"ze07": others, "ze08": others, "ze15": others, "ze03": ze03}.items():
        for mode, orders in {"query": [query, *read], "active": [active]}.items():
            buses = simulate("")
            chip = buses.world.chips[f"serial:{PORT}"] = Listener()
            family = load("winsen_ze")
            options = msgspec.convert({"port": PORT, "model": model, "mode": mode} | scale, family.options, dec_hook=convert)
            assert refused(family.open(options, buses, clock)) is Reason.TIMEOUT
            assert chip.orders == orders
    buses = simulate("")
    chip = buses.world.chips[f"serial:{PORT}"] = Listener()
    family = load("mh_z")
    assert refused(family.open(family.options(port=PORT, range=5000), buses, clock)) is Reason.TIMEOUT  # type: ignore[call-arg]
    assert chip.orders == read
    family = load("dfrobot_multigas")
    assert refused(family.open(family.options(port=PORT, gas="co"), buses, clock)) is Reason.TIMEOUT  # type: ignore[call-arg]
    assert chip.orders[1:] == [ze03[0], *read], "a DFRobot terminal is set to answer only when asked, and asked whether it says so or not"


def test_what_a_ze15_says_on_its_own(vectors: Vectors, said: Any) -> None:
    good, full, other, shifted = vectors("winsen.ze15_active")
    assert said("winsen_ze", ZE15, "winsen", good["input"]).read() == [Sample("co", 350, 35.0)]
    assert "35.0 ppm" in good["expect"]
    assert said("winsen_ze", ZE15, "winsen", full["input"]).read() == [Sample("co", 5000, 500.0, Quality.UNCERTAIN, Reason.OVER_RANGE)]
    assert "500.0 ppm = full scale -> OVER_RANGE" in full["expect"]
    assert refused(said("winsen_ze", ZE15, "winsen", other["input"])) is Reason.WRONG_GAS
    assert "WRONG_GAS" in other["expect"]
    assert said("winsen_ze", ZE15, "winsen", shifted["input"]).read() == [Sample("co", 5, 0.5)]
    assert "skip 8 bytes, then 0.5 ppm" in shifted["expect"]


def test_what_a_ze07_replies(vectors: Vectors, said: Any) -> None:
    good, short, echo = vectors("winsen.qa_reply")
    mass, ppb = (int(number) for number in re.findall(r"CH2O (\d+) .*?, (\d+) ppb", good["expect"])[0])
    driver = said("winsen_ze", CH2O, "winsen", good["input"])
    assert driver.read() == [Sample("ch2o", ppb, float(ppb)), Sample("ch2o_mass", mass, float(mass))]
    assert refused(said("winsen_ze", CH2O, "winsen", short["input"])) is Reason.SHORT
    assert "SHORT" in short["expect"]
    assert refused(said("winsen_ze", CH2O, "winsen", echo["input"])) is Reason.TIMEOUT
    assert said("winsen_ze", CH2O, "winsen", echo["input"] + " " + good["input"]).read()[0].value == ppb


def test_what_an_mh_z19b_replies(vectors: Vectors, said: Any) -> None:
    good, wrong, limit = vectors("mhz19b")
    ppm, celsius = re.findall(r"CO2 (\d+) ppm.*= (\d+) ", good["expect"])[0]
    assert said("mh_z", MHZ, "mh_z", good["input"]).read() == [
        Sample("co2", int(ppm), float(ppm)),
        Sample("temperature", 0x42, float(celsius), Quality.UNCERTAIN, Reason.INDICATIVE),
    ]
    assert refused(said("mh_z", MHZ, "mh_z", wrong["input"])) is Reason.CHECKSUM
    assert "CHECKSUM" in wrong["expect"]
    assert sample(said("mh_z", MHZ, "mh_z", limit["input"]), "co2") == Sample("co2", 5000, 5000.0, Quality.UNCERTAIN, Reason.OVER_RANGE)
    assert "OVER_RANGE" in limit["expect"]


def test_what_a_multi_gas_module_replies(vectors: Vectors, said: Any) -> None:
    taken, six, seven, other, never = vectors("dfrobot_multigas")
    ack = taken["input"]
    ppm, celsius = re.findall(r"CO (\d+) ppm, board temp ([\d.]+) ", six["expect"])[0]
    for row, covered in ((six, "1-6"), (seven, "1-7")):
        for over in ("learn", covered):
            gas, board, volts = said("dfrobot_multigas", MULTI | {"checksum_over": over}, "dfrobot_multigas", ack, row["input"]).read()
            assert gas == Sample("co", int(ppm) * 100, float(ppm)), row
            assert (board.value, volts.raw) == (pytest.approx(float(celsius)), 0x0210), row
        wrong = {"1-6": "1-7", "1-7": "1-6"}[covered]
        assert refused(said("dfrobot_multigas", MULTI | {"checksum_over": wrong}, "dfrobot_multigas", ack, row["input"])) is Reason.CHECKSUM
    assert refused(said("dfrobot_multigas", MULTI, "dfrobot_multigas", ack, other["input"])) is Reason.WRONG_GAS
    assert "WRONG_GAS" in other["expect"]
    assert refused(said("dfrobot_multigas", MULTI, "dfrobot_multigas", ack, never["input"])) is Reason.CHECKSUM
    assert "never use" in never["expect"]
    assert refused(said("dfrobot_multigas", MULTI, "dfrobot_multigas", ack.replace("01", "00").replace("87", "88"), six["input"])) is Reason.EXCEPTION


def test_a_frame_often_quoted_with_a_wrong_sum_is_no_value(said: Any) -> None:
    options = {"model": "ze08", "gas": "ch2o", "mode": "active", "full_scale": 2000, "warm_up": "0 s"}
    quoted = "FF 17 04 00 00 25 07 D0"
    assert refused(said("winsen_ze", options, "winsen", f"{quoted} 25")) is Reason.CHECKSUM
    assert said("winsen_ze", options, "winsen", f"{quoted} E9").read() == [Sample("ch2o", 37, 37.0)]


def test_a_sum_of_zero_is_a_sum(said: Any) -> None:
    assert sum(bytes.fromhex("86 02 33 45 00 00 00")) == 0x100
    assert sample(said("mh_z", MHZ, "mh_z", "FF 86 02 33 45 00 00 00 00"), "co2").value == 563


def test_every_recorded_frame_gives_the_published_value(recordings: Path, said: Any, clock: Any) -> None:
    folder = recordings / "serial_pms_mhz"
    lines = (folder / "MHZ19B.hexdump").read_text().splitlines()
    frames = [re.findall(r"^\w+: ((?:[0-9a-f]{2} ){9})", line)[0].strip() for line in lines]
    with (folder / "MHZ19B.csv").open() as file:
        published = [float(row[1]) for row in list(csv.reader(file))[1:]]
    with (folder / "data.csv").open() as file:
        assert [bytes.fromhex(row[2]) for row in csv.reader(file) if row[1] == "MHZ19B"] == [bytes.fromhex(frame) for frame in frames]
    driver = said("mh_z", MHZ, "mh_z", *frames)
    got = [sample(driver, "co2") for _ in frames]
    assert [reading.value for reading in got] == published
    assert len(published) == 10
    assert {reading.quality for reading in got} == {Quality.GOOD}
    with pytest.raises(Timeout):
        driver.read()
