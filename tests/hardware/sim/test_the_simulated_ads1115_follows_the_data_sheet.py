"""Registers of the simulated converter against the data sheet, spoken to in bytes alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hardware.errors import Nak

SCENE = """
[signals.level]
kind = "ramps"
points = [[0, 0.0], [100, 5.0]]
[signals.fixed]
kind = "constant"
value = {volts}
[chips."i2c-1:0x48"]
kind = "ads1115"
{more}
[chips."i2c-1:0x48".inputs.A0]
kind = "volts"
signal = "fixed"
[chips."i2c-1:0x48".inputs.A1]
kind = "volts"
signal = "level"
"""


@pytest.fixture
def chip(simulate: Any) -> Any:
    def build(more: str = "oscillator = 1.0", volts: float = 1.0, faults: str = "") -> Any:
        bus = simulate(SCENE.format(more=more, volts=volts) + faults).i2c(1)
        return lambda out, count=0: bus.transfer(0x48, bytes.fromhex(out), count).hex()

    return build


def test_reset_values(chip: Any) -> None:
    ask = chip()
    assert [ask(f"0{register}", 2) for register in range(4)] == ["0000", "8583", "8000", "7fff"]


def test_the_pointer_stays(chip: Any) -> None:
    ask = chip()
    ask("02")
    assert (ask("", 2), ask("", 2)) == ("8000", "8000")
    ask("024000")
    assert ask("", 2) == "4000"


def test_a_conversion_takes_its_time_and_os_tells(chip: Any, clock: Any) -> None:
    ask = chip()
    ask("01c383")
    assert ask("01", 2) == "4383", "converting"
    assert ask("00", 2) == "0000", "not before it has ended"
    clock.advance(1 / 128)
    assert (ask("01", 2), ask("00", 2)) == ("c383", "1f40")


@pytest.mark.parametrize("code", range(8))
@pytest.mark.parametrize("oscillator", [0.9, 1.0, 1.1])
def test_every_rate_within_its_tolerance(chip: Any, clock: Any, code: int, oscillator: float) -> None:
    rate = (8, 16, 32, 64, 128, 250, 475, 860)[code]
    ask = chip(f"oscillator = {oscillator}")
    ask("01" + (0xC303 | code << 5).to_bytes(2).hex())
    begun = clock.scenario()
    while ask("01", 2)[0] < "8":
        clock.advance(0.00001)
    assert clock.scenario() - begun == pytest.approx(1 / rate / oscillator, abs=0.0006)


def test_the_seed_draws_an_oscillator_within_ten_percent(simulate: Any) -> None:
    drawn = {simulate(SCENE.format(more="", volts=1), seed=seed).world.chips["i2c-1:0x48"]._oscillator for seed in range(20)}
    assert len(drawn) == 20
    assert all(0.9 <= value <= 1.1 for value in drawn)


def test_a_start_while_it_converts_is_ignored(chip: Any, clock: Any) -> None:
    ask = chip()
    ask("01c383")
    clock.advance(0.004)
    ask("01d383")
    clock.advance(0.004)
    assert ask("00", 2) == "1f40", "the first conversion, of A0, has ended; nothing was started after it"
    clock.advance(0.1)
    assert (ask("00", 2), ask("01", 2)) == ("1f40", "d383")


@pytest.mark.parametrize(
    ("config", "volts", "code"),
    [("c183", 1.0, "14d5"), ("c583", 1.0, "3e80"), ("c783", 1.0, "7d00"), ("c983", 1.0, "7fff"), ("c383", -0.1, "fce0"), ("8383", 1.0, "1f40")],
)
def test_range_sign_and_pairs(chip: Any, clock: Any, config: str, volts: float, code: str) -> None:
    ask = chip(volts=volts)
    ask("01" + config)
    clock.advance(0.01)
    value = int(ask("00", 2), 16)
    assert value == pytest.approx(int(code, 16), abs=8 if config == "8383" else 0), "A0 against A1, which has risen a little by now"


def test_a_pin_clips_at_the_supply(chip: Any, clock: Any) -> None:
    ask = chip("vdd = 3.3", volts=5.0)
    ask("01c383")
    clock.advance(0.01)
    assert int(ask("00", 2), 16) * 125e-6 == pytest.approx(3.6, abs=0.001)


def test_continuous_mode_converts_again_and_again_and_never_says_ready(chip: Any, clock: Any) -> None:
    ask = chip()
    ask("015283")
    seen = []
    for _ in range(3):
        clock.advance(0.5)
        seen.append(int(ask("00", 2), 16))
        assert ask("01", 2)[0] < "8"
    assert seen[0] < seen[1] < seen[2]


def test_twelve_bits_are_left_aligned(chip: Any, clock: Any) -> None:
    ask = chip('model = "ads1015"', volts=1.2345)
    ask("01c383")
    clock.advance(0.01)
    assert ask("00", 2)[3] == "0"
    assert ask("00", 2) != "0000"


def test_no_power_resets_it_even_if_nobody_asked_meanwhile(chip: Any, clock: Any) -> None:
    ask = chip(faults='[[faults]]\nkind = "off"\non = "i2c-1:0x48"\nfrom = 10\nto = 10.5')
    ask("024000")
    clock.advance(10.2 - clock.scenario())
    with pytest.raises(Nak):
        ask("02", 2)
    clock.advance(1)
    assert ask("02", 2) == "8000"
    ask("034000")
    clock.advance(5)
    assert ask("03", 2) == "4000"


def test_bytes_take_their_time_on_the_wire(chip: Any, clock: Any) -> None:
    chip()("01", 2)
    assert clock.scenario() == pytest.approx(5 * 9 / 100_000), "address, pointer, address, two bytes"


@pytest.mark.parametrize(
    ("fault", "at", "volts"),
    [
        ('kind = "stuck"', 20.0, 0.5),
        ('kind = "delayed"\nseconds = 4', 20.0, 0.8),
        ('kind = "wrong"\nfactor = 2\noffset = 0.1', 20.0, 2.1),
        ('kind = "open"', 20.0, 0.0),
        ('kind = "stuck"', 40.0, 2.0),
    ],
)
def test_faults_of_an_input(chip: Any, clock: Any, fault: str, at: float, volts: float) -> None:
    ask = chip(faults=f'[[faults]]\non = "i2c-1:0x48/A1"\nfrom = 10\nto = 30\n{fault}')
    clock.advance(at)
    ask("01d383")
    clock.advance(0.01)
    assert int(ask("00", 2), 16) * 125e-6 == pytest.approx(volts, abs=0.003)


@pytest.mark.parametrize(("mux", "volts"), [(0, -0.5), (1, -1.5), (2, -1.0), (3, -2.0), (4, 0.5), (5, 1.0), (6, 0.0), (7, 2.0)])
def test_every_input_by_its_mux_code(simulate: Any, clock: Any, reads: Path, mux: int, volts: float) -> None:
    """MUX 000 to 011 are A0-A1, A0-A3, A1-A3 and A2-A3; 100 to 111 are A0 to A3 against ground."""
    scene = '[chips."i2c-1:0x48"]\nkind = "ads1115"\n'
    for pin, value in (("A0", 0.5), ("A1", 1.0), ("A3", 2.0)):
        scene += f'[chips."i2c-1:0x48".inputs.{pin}]\nkind = "volts"\nsignal = "{pin}"\n[signals.{pin}]\nkind = "constant"\nvalue = {value}\n'
    bus = simulate(scene).i2c(1)
    bus.transfer(0x48, b"\x01" + (0x8383 | mux << 12).to_bytes(2), 0)
    clock.advance(0.02)
    assert int.from_bytes(bus.transfer(0x48, b"\x00", 2), signed=True) == volts * 8000
    told = ("A0-A1", "A0-A3", "A1-A3", "A2-A3", "A0", "A1", "A2", "A3")[mux]
    assert json.loads(reads.read_text())[:3] == ["i2c-1:0x48", told, volts * 8000]


@pytest.mark.parametrize("code", range(8))
def test_every_rate_of_the_twelve_bit_chip(chip: Any, clock: Any, code: int) -> None:
    rate = (128, 250, 490, 920, 1600, 2400, 3300, 3300)[code]
    ask = chip('model = "ads1015"\noscillator = 1.0')
    begun = clock.scenario()
    ask("01" + (0xC303 | code << 5).to_bytes(2).hex())
    while ask("01", 2)[0] < "8":
        clock.advance(0.00001)
    assert clock.scenario() - begun == pytest.approx(1 / rate, abs=0.0012)


@pytest.mark.parametrize(("config", "volts", "code"), [("c383", 5.0, "7ff0"), ("c983", 1.0, "7ff0")])
def test_twelve_bits_end_sixteen_codes_earlier(chip: Any, clock: Any, config: str, volts: float, code: str) -> None:
    ask = chip('model = "ads1015"\nvdd = 5.5\noscillator = 1.0', volts=volts)
    ask("01" + config)
    clock.advance(0.01)
    assert ask("00", 2) == code
