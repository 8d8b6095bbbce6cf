"""Each known defect of the published ADS1x15 library, shown on the library alone where this version has it, and shown not to reach a driver."""

from __future__ import annotations

import struct
import sys
from typing import Any

import adafruit_ads1x15
import pytest
from adafruit_ads1x15 import ADS1115, AnalogIn, ads1x15

from hardware.buses.i2c import SharedI2C
from hardware.drivers._ads1115 import Conversion, Converter, lsb
from hardware.errors import Timeout
from hardware.sample import Reason

VOLTS = {"A0": 0.5, "A1": 1.0, "A2": 2.0, "A3": 3.0}
SCENE = '[chips."i2c-1:0x48"]\nkind = "ads1115"\noscillator = 0.9\n' + "".join(
    f'[chips."i2c-1:0x48".inputs.{pin}]\nkind = "volts"\nsignal = "{pin}"\n[signals.{pin}]\nkind = "constant"\nvalue = {volts}\n'
    for pin, volts in VOLTS.items()
)


@pytest.fixture
def library_time(mocker: Any, clock: Any) -> None:
    """The library's own sleep moves the simulated clock."""
    mocker.patch("adafruit_ads1x15.ads1x15.time.sleep", clock.sleep)


def continuous(bus: SharedI2C) -> Any:
    return ADS1115(bus, mode=ads1x15.Mode.CONTINUOUS)


@pytest.mark.usefixtures("library_time")
def test_a_the_library_never_selects_a_channel_in_continuous_mode(simulate: Any) -> None:
    chip = continuous(simulate(SCENE).i2c(1))
    assert [round(AnalogIn(chip, pin).voltage, 2) for pin in range(4)] == [-0.5] * 4, "3.0.5 converts A0-A1 whatever it is asked"


def test_a_every_channel_is_selected_here(simulate: Any, clock: Any) -> None:
    converter = Converter(simulate(SCENE).i2c(1), 0x48, 1, 128, clock)
    for _ in range(2):
        for pin, volts in VOLTS.items():
            assert converter.read(pin).code * lsb(1) == pytest.approx(volts, abs=lsb(1))  # type: ignore[arg-type]


@pytest.mark.usefixtures("library_time")
def test_b_the_library_gives_the_configuration_as_a_sample_after_a_setter(simulate: Any) -> None:
    chip = continuous(simulate(SCENE).i2c(1))
    AnalogIn(chip, 0).value  # noqa: B018
    chip.data_rate = 64
    word = struct.unpack(">h", bytes([chip._read_register(1) >> 8, chip._read_register(1) & 0xFF]))[0]
    assert AnalogIn(chip, 0).value == word


def test_b_no_setter_is_called_after_opening_and_a_configuration_word_is_never_a_sample(simulate: Any, clock: Any, mocker: Any) -> None:
    buses = simulate(SCENE)
    converter = Converter(buses.i2c(1), 0x48, 1, 128, clock)
    register = mocker.spy(converter._chip, "_read_register")
    assert converter.read("A1").reason is None
    assert all(call.args[1:] != (True,) for call in register.call_args_list), "a read that trusts the sticky pointer is never used"
    assert converter._chip.mode == ads1x15.Mode.SINGLE


def test_c_the_library_alone_waits_for_ever(simulate: Any, mocker: Any) -> None:
    chip = ADS1115(simulate(SCENE + '[[faults]]\nkind = "hang"\non = "i2c-1:0x48"\n').i2c(1))

    class EnoughError(Exception):
        """The test's patience, not the library's."""

    patience = iter(range(10_000))

    def poll() -> bool:
        if next(patience, None) is None:
            raise EnoughError
        return False

    mocker.patch.object(chip, "_conversion_complete", poll)
    with pytest.raises(EnoughError):
        chip.read(4)


@pytest.mark.parametrize("rate", [8, 16, 32, 64, 128, 250, 475, 860])
def test_c_a_conversion_that_never_ends_is_a_timeout_in_bounded_polls(simulate: Any, clock: Any, rate: Any) -> None:
    buses = simulate(SCENE + '[[faults]]\nkind = "hang"\non = "i2c-1:0x48"\nfrom = 1\n')
    converter = Converter(buses.i2c(1), 0x48, 1, rate, clock)
    clock.advance(1)
    begun = clock.scenario()
    with pytest.raises(Timeout, match=r"i2c-1 address 0x48.*check its supply"):
        converter.read("A0")
    assert clock.scenario() - begun <= 2 / rate + 0.005 + 0.0015, "two conversion times, 5 ms, the first and the last question on the wire"
    assert converter.view.polls <= 25


def test_c_a_thread_that_was_not_scheduled_finds_its_answer(simulate: Any, clock: Any, mocker: Any) -> None:
    """A pause far beyond the deadline is not a failure of the chip: the poll after it counts."""
    converter = Converter(simulate(SCENE).i2c(1), 0x48, 1, 128, clock)
    mocker.patch.object(clock, "sleep", lambda seconds: clock.advance(seconds * 1000))
    assert converter.read("A0").reason is None


def test_d_opening_and_reading_start_only_the_conversions_asked_for(simulate: Any, clock: Any, mocker: Any) -> None:
    buses = simulate(SCENE)
    chip = buses.world.chips["i2c-1:0x48"]
    transfer = mocker.spy(chip, "transfer")

    def configurations() -> list[str]:
        return [call.args[0][1:].hex() for call in transfer.call_args_list if call.args[0][:1] == b"\x01" and len(call.args[0]) == 3]

    converter = Converter(buses.i2c(1), 0x48, 2, 250, clock)
    assert all(int(word, 16) < 0x8000 for word in configurations()), "opening converts nothing"
    transfer.reset_mock()
    converter.read("A2")
    assert configurations() == ["e5a3"], "one write per reading: start, A2, gain 2, single, 250 per second"


def test_e_the_first_read_after_another_channel_is_of_the_new_channel(simulate: Any, clock: Any) -> None:
    buses = simulate(SCENE)
    one, other = (Converter(buses.i2c(1), 0x48, 1, 860, clock) for _ in range(2))
    for _ in range(5):
        assert one.read("A0").code == 4000
        assert other.read("A3").code == 24000


def test_f_the_library_reports_full_scale_as_a_value(simulate: Any) -> None:
    scene = SCENE.replace("value = 3.0", "value = 5.0").replace("oscillator", "vdd = 5.5\noscillator")
    assert AnalogIn(ADS1115(simulate(scene).i2c(1)), 3).value == 32767


def test_f_full_scale_is_over_range_with_its_code_kept(simulate: Any, clock: Any) -> None:
    scene = SCENE.replace("value = 3.0", "value = 5.0").replace("oscillator", "vdd = 5.5\noscillator")
    assert Converter(simulate(scene).i2c(1), 0x48, 1, 128, clock).read("A3") == Conversion(32767, Reason.OVER_RANGE)


def test_it_is_opened_without_blinkas_board(simulate: Any, clock: Any) -> None:
    Converter(simulate(SCENE).i2c(1), 0x48, 1, 128, clock)
    assert "board" not in sys.modules


def test_the_library_is_the_one_these_defects_were_seen_in() -> None:
    assert adafruit_ads1x15.ads1x15.__version__.startswith("3."), "another major version: look at its defects anew"
