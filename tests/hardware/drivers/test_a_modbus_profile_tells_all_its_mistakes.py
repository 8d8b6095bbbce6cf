"""A register map is checked before a device is asked anything: every mistake at once, with its place and what to write; and what ships is right."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hardware.driver import load
from hardware.drivers._modbus_plan import Block, blocks, needed
from hardware.drivers._modbus_profile import SHIPPED, Register, parse, shipped
from hardware.drivers._modbus_profile import load as profile
from hardware.quantities import convert

FAMILY = load("modbus_rtu")
GOOD = """
title = "Own"
source = "test"
baud = 9600
parity = "none"
stop_bits = 1
[channels.x]
address = 4
quantity = "level"
unit = "m"
low = 0
high = 5
"""


def options(tmp_path: Path, text: str = GOOD, **more: Any) -> Any:
    path = tmp_path / "own.toml"
    path.write_text(text)
    return msgspec.convert({"port": "p", "device": 1, "profile": str(path)} | more, FAMILY.options, dec_hook=convert)


def test_all_mistakes_come_at_once_with_place_and_remedy(tmp_path: Path) -> None:
    text = """
source = 7
speed = 9600
parity = "mark"
[channels.x]
address = 40001000
type = "u8"
quantity = "level"
decimals = 9
low = 5
high = 0
[channels.Y]
address = 1
[states.s]
address = 1
bits = { 0 = "broken" }
[expect.e]
address = 1
"""
    with pytest.raises(msgspec.ValidationError) as caught:
        options(tmp_path, text)
    told = str(caught.value)
    for piece in [
        str(tmp_path / "own.toml"),
        "title: is missing",
        "source: Expected `str`, got `int`",
        "speed: unknown key; use one of title, source",
        "parity: Invalid enum value 'mark'; write none, even or odd",
        "channels.x.address: Expected `int` <= 65535; write the number on the wire",
        "channels.x.type: Invalid enum value 'u8'; write u16, i16",
        "channels.x.unit: is missing",
        "channels.x.decimals: Expected `int` <= 6",
        "channels.Y: no name; write small letters",
        "channels.Y.quantity: is missing",
        "states.s.bits: Invalid enum value 'broken'",
        "write one of: ok, alarm, sensor_fault",
        "expect.e: write one of: device = true, equals = NUMBER, between",
    ]:
        assert piece in told, (piece, told)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ('states = ["nowhere"]', r"channels.x.states: there is no \[states.nowhere\]"),
        ("mask = 15\ntype = 'i16'", "a mask of a number of type i16 means nothing"),
        ("scale = 0", "a scale of 0"),
        ("scale = 2\npoint = { address = 3 }", "point and scale exclude each other"),
        ("type = 'f32'\npoint = { address = 3 }", "decimals go with whole numbers"),
        ("point = { address = 3, type = 'f32' }", "decimals go with whole numbers"),
        ("point = 3", r"channels.x.point: Expected `object \| null`, got `int`"),
        ("sentinels = { never = 'no_echo' }", "sentinels has a key that is no whole number"),
        ("type = 'u16'\nsentinels = { '-1' = 'no_echo' }", "sentinels has the key -1, which a register of type u16 never holds; write 0 to 65535"),
        ("sentinels = { 65536 = 'no_echo' }", "key 65536, which a register of type u16 never holds"),
        ("type = 'i16'\nsentinels = { 65535 = 'no_echo' }", "never holds; write -32768 to 32767, or 0x0 to 0xffff as a pattern"),
        ("type = 'i32'\nsentinels = { 0x1FFFFFFFF = 'no_echo' }", "a register of type i32 never holds"),
        ("mask = 0x0F00\nsentinels = { 0x0F00 = 'no_echo' }", "never holds; write 0 to 15"),
        ("type = 'f32'\nsentinels = { 0x7FFF = 'no_echo' }", "no f32 holds; write the number itself"),
        ("type = 'f32'\nsentinels = { '1e99' = 'no_echo' }", "no f32 holds"),
        ("sentinels = { 1 = 'no_echo', 0x1 = 'range' }", "sentinels has one number twice"),
        ("type = 'i16'\nsentinels = { 0xFFFF = 'no_echo', -1 = 'range' }", "sentinels has one number twice"),
        ("sentinels = { 1 = 'alarm' }", "ok and alarm are words of a state"),
        ("[states.s]\naddress = 5\nvalues = { 70000 = 'ok' }", "values has the key 70000, which a register of type u16 never holds"),
        ("[states.s]\naddress = 5\nmask = 0x0F00\nbits = { 4 = 'alarm' }", "bits of a u16 with the mask 0xf00 go from 0 to 3"),
        ("[states.x]\naddress = 5\nvalues = { 1 = 'ok' }", "states.x: there is a channel of this name"),
        ("[states.s]\naddress = 5", "either values or bits"),
        ("[states.s]\naddress = 5\nbits = { 16 = 'alarm' }", "bits of a u16 go from 0 to 15"),
        ("[states.s]\naddress = 5\ntype = 'f32'\nvalues = { 1 = 'ok' }", "is a whole number"),
        ("[states.s]\naddress = 65535\ntype = 'u32'\nvalues = { 1 = 'ok' }", "has no second word"),
        ("[expect.e]\naddress = 1\ndevice = true\nequals = 3", "write one of: device = true"),
        ("[states]\ns = 4", r"states.s: must be a table; write \[states.s\]"),
        ("[x", "no TOML .*end of document.*mend it"),
        ("\x00", "no TOML"),
        ("[" * 40000, "no TOML"),
        ("# " + "x" * 70000, "larger than 64 KiB"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, more: str, told: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=told):
        options(tmp_path, GOOD + more)


@pytest.mark.parametrize("text", ["", "states = 3\n", 'title = "a"\nsource = "b"\nchannels = 4'])
def test_a_profile_without_channels_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="channels: "):
        options(tmp_path, text)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"profile": "geolux"}, "there is no profile 'geolux'; use one of copeland_c, geolux_lx80, level_probe, or the path"),
        ({"profile": "/no/such/map.toml"}, r"profile /no/such/map.toml: cannot be read \(No such file"),
        ({"profile": "/"}, "there is no profile '/'"),
        ({"only": ["y"]}, "has no channel 'y'; use one of x"),
        ({"ranges": {"y": [0, 1]}}, "has no channel 'y'"),
        ({"ranges": {"x": [1, 1]}}, "range of x: 1 must be below 1"),
        ({"timeout": "1 ms"}, "a timeout of 0.001 s cannot work; write one from 20 ms to 5 s"),
        ({"device": 0}, "Expected `int` >= 1"),
        ({"device": 248}, "Expected `int` <= 247"),
        ({"profile": "level_probe"}, r"the range of level is not known; write ranges = \{ level = \[LOW, HIGH\] \}, in m"),
        ({"profile": "copeland_c", "ranges": {"gas": [0, 1]}}, "does not know baud, parity, stop_bits; read them off the device"),
    ],
)
def test_options_that_cannot_work_are_refused_with_the_remedy(tmp_path: Path, more: dict[str, Any], told: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=told):
        options(tmp_path, **more)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="not UTF-8; save it as UTF-8"):
        profile(str(path))
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert profile(str(path)).line.title == "Own", "the mark that Windows editors leave is no mistake"


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    assert options(tmp_path).channels()[0].high == 5
    assert options(tmp_path, GOOD.replace("high = 5", "high = 6")).channels()[0].high == 6


def test_the_line_is_the_profiles_unless_the_options_say_otherwise(tmp_path: Path) -> None:
    assert options(tmp_path).settings() == {"baudrate": 9600, "parity": "N", "stopbits": 1, "timeout": 0.05}
    assert options(tmp_path, profile="geolux_lx80").settings()["parity"] == "E"
    changed = options(tmp_path, baud=19200, parity="odd", stop_bits=2).settings()
    assert (changed["baudrate"], changed["parity"], changed["stopbits"]) == (19200, "O", 2)


# The questions of a poll


def registers(*spans: tuple[int, int]) -> list[Register]:
    return [Register(address=address, type="u16" if words == 1 else "u32") for address, words in spans]


@pytest.mark.parametrize(
    ("spans", "gap", "expected"),
    [
        ([(4, 1), (2, 1), (3, 1)], 0, [Block(3, 2, 3)]),
        ([(2, 2), (3, 1), (2, 1)], 0, [Block(3, 2, 2)]),
        ([(0, 1), (2, 1)], 0, [Block(3, 0, 1), Block(3, 2, 1)]),
        ([(0, 1), (2, 1)], 1, [Block(3, 0, 3)]),
        ([(0, 1), (123, 2)], 123, [Block(3, 0, 125)]),
        ([(0, 1), (124, 2)], 123, [Block(3, 0, 1), Block(3, 124, 2)]),
        ([(k, 1) for k in range(126)], 0, [Block(3, 0, 125), Block(3, 125, 1)]),
        ([(65534, 2)], 0, [Block(3, 65534, 2)]),
    ],
)
def test_as_few_questions_as_there_are_gaps(spans: list[tuple[int, int]], gap: int, expected: list[Block]) -> None:
    assert blocks(registers(*spans), 3, gap) == expected


def test_functions_are_asked_apart() -> None:
    assert blocks([Register(address=0), Register(address=1, function=4)], 3, 9) == [Block(3, 0, 1), Block(4, 1, 1)]


@pytest.mark.parametrize(
    ("name", "only", "expected"),
    [
        ("level_probe", ["level"], [Block(3, 2, 3)]),
        ("copeland_c", ["gas"], [Block(4, 100, 2)]),
        ("geolux_lx80", ["distance"], [Block(3, 0, 1), Block(3, 0x1D, 1)]),
        ("geolux_lx80", ["tilt_x", "tilt_y"], [Block(3, 0x29, 2)]),
    ],
)
def test_what_a_shipped_profile_asks_in_a_poll(name: str, only: list[str], expected: list[Block]) -> None:
    found = profile(name)
    assert blocks(needed(found, only), found.line.function, found.line.gap) == expected


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_profile_names_the_source_of_every_register_and_knows_its_device(name: str) -> None:
    text = (SHIPPED / f"{name}.toml").read_text(encoding="utf-8")
    found = parse(text, name)
    for line in text.splitlines():
        if line.startswith(("[channels", "[states", "[expect")):
            assert "#" in line, f"{line}: which register of the manual?"
    assert "Source: " in text
    assert len(found.expect) >= 3, "its own address and two registers more"
    assert any(known.device for known in found.expect.values())


def test_what_ships_is_packed() -> None:
    told = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())
    assert told["tool"]["setuptools"]["package-data"]["hardware"] == ["drivers/profiles/*.toml"]
    assert shipped() == ["copeland_c", "geolux_lx80", "level_probe"]
