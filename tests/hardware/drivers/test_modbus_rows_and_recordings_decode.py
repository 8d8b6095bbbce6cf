"""The published rows and the recorded lines of Modbus, through the driver and its parsers."""

from __future__ import annotations

import csv
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from hardware.drivers._modbus import Answers, Question, Traffic, crc
from hardware.drivers._modbus_profile import SHIPPED
from hardware.errors import ProtocolError, Timeout
from hardware.sample import Reason, Sample
from tests.hardware.modbus import GAS, OWN, PORT, SCENE, Script, answer, opened, scripted


@pytest.fixture
def own(simulate: Any, clock: Any, tmp_path: Path) -> Callable[..., tuple[Any, Script]]:
    return partial(scripted, simulate, clock, tmp_path)


# The published rows


def test_every_row_of_the_line(vectors: Any, own: Any, simulate: Any, clock: Any) -> None:
    request, level, probe, gas, damaged, foreign = (row["input"] for row in vectors("modbus_rtu"))
    driver, script = own([(0.01, answer(1))])
    driver.read()
    assert script.asked == [bytes.fromhex(request)]

    asked, said = (bytes.fromhex(part) for part in level.split("->"))
    profile = OWN.replace("address = 0", "address = 4")
    driver, script = own([(0.01, said)], [(0.01, bytes.fromhex(damaged))], [(0.01, bytes.fromhex(foreign))], profile=profile)
    assert driver.read() == [Sample("x", 2000, 2.0)]
    assert script.asked == [asked]
    with pytest.raises(ProtocolError) as caught:
        driver.read()
    assert caught.value.reason is Reason.CHECKSUM
    with pytest.raises(Timeout, match="only device 2 was heard"):
        driver.read()

    known = answer(1, 3, 7)
    asked, said = (bytes.fromhex(part) for part in probe.split("->"))
    driver, script = own([(0.01, known)], [(0.01, said)], profile=(SHIPPED / "level_probe.toml").read_text(), ranges={"level": [0, 5]})
    assert driver.read() == [Sample("level", 2345, 2.345)]
    assert script.asked[1:] == [asked], "unit, decimals and level in one question"

    asked, said = (bytes.fromhex(part) for part in gas.split("->"))
    buses = simulate(SCENE)
    port = buses.serial(PORT, baudrate=9600, parity="N", stopbits=1, timeout=0.05)
    driver = opened(buses, clock, **GAS)
    assert driver.read() == [Sample("gas", 35, 35.0)]
    clock.sleep(0.01)
    port.write(asked)
    assert port.read(len(said)) == said, "the simulated device is that of the row"


def test_every_row_of_the_radar(vectors: Any, own: Any) -> None:
    first, antenna, off_by_one = ([bytes.fromhex(part) for part in row["input"].split("->")] for row in vectors("geolux"))
    known = [(0.01, answer(1, 0, 4))]
    given: dict[str, Any] = {"profile": (SHIPPED / "geolux_lx80.toml").read_text(), "only": ["distance", "average"]}
    driver, script = own(known, [(0.01, first[1])], [(0.01, antenna[1])], [(0.01, first[1])], [(0.01, answer(0))], **given)
    assert driver.read() == [Sample("distance", 2345, 2345.0), Sample("average", 2350, 2350.0)]
    assert script.asked[1:] == [first[0], antenna[0]]
    broken = driver.read()
    assert [(sample.value, sample.reason, sample.raw) for sample in broken] == [(None, Reason.SENSOR_FAULT, 2345), (None, Reason.SENSOR_FAULT, 2350)]

    shifted = given["profile"]
    for address in (0x2A, 0x29, 0x28, 0x1D, 0x1A, 5, 4, 3, 1, 0):
        shifted = shifted.replace(f"address = 0x{address:04X}", f"address = 0x{address + 1:04X}")
    driver, script = own([(0.01, answer(0, 4, 9))], [(0.01, off_by_one[1])], **(given | {"profile": shifted}))
    with pytest.raises(ProtocolError, match=r"register 4 as on the wire, holds 0 where the profile expects 1; .*plus one") as caught:
        driver.read()
    assert caught.value.reason is Reason.WRONG_CHIP
    without = shifted.partition("[expect.address]")[0]
    driver, script = own([(0.01, off_by_one[1])], [(0.01, antenna[1])], **(given | {"profile": without}))
    assert driver.read()[0].value == 2350, "what a profile that expects nothing would believe"
    assert script.asked[0] == off_by_one[0]


# The recordings


def recorded(folder: Path) -> dict[str, list[tuple[bytes, bool]]]:
    return {
        path.name: [(bytes.fromhex(row["hex"]), row["crc_ok"] == "1") for row in csv.DictReader(path.read_text().splitlines())]
        for path in sorted((folder / "serial_sigrok_captures" / "decoded").glob("*.frames.csv"))
    }


def test_the_recorded_frames_have_their_checksums(recordings: Path) -> None:
    rows = [row for rows in recorded(recordings).values() for row in rows]
    assert [len([row for row in rows if row[1] is good]) for good in (True, False)] == [402, 1]
    assert all((len(data) > 2 and crc(data) == 0) == good for data, good in rows)


@pytest.mark.parametrize("size", [1, 7, 8, 64, 1 << 20])
def test_the_recorded_lines_are_402_frames_however_their_bytes_come(recordings: Path, size: int) -> None:
    """Question and answer follow each other at once. The one refused row, a lone 00, is the end of an answer whose first 34 of 35 bytes have a right
    CRC by chance: its length says so, and it is whole again."""
    total = 0
    for name, rows in recorded(recordings).items():
        data, parser = b"".join(row for row, _ in rows), Traffic()
        found = [frame for at in range(0, len(data), size) for frame in parser.feed(data[at : at + size])]
        assert b"".join(found) == data, name
        assert parser.held == 0
        total += len(found)
    assert total == 402


def test_recorded_answers_answer_their_recorded_questions(recordings: Path) -> None:
    answered = 0
    for rows in recorded(recordings).values():
        frames = Traffic().feed(b"".join(data for data, _ in rows))
        for question, said in pairwise(frames):
            if question[1] == 3 and len(question) == 8 and len(said) == 5 + 2 * question[5]:
                asked = Question(question[0], 3, int.from_bytes(question[2:4], "big"), question[5])
                assert asked.frame() == question
                parser = Answers(asked)
                assert parser.feed(question + said) == [said], "behind its own echo"
                assert parser.held == 0
                answered += 1
    assert answered > 180
