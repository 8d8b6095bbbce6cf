"""Every input, pair, gain and rate of both chips reads what is there, configured as the data sheet says; chips and inputs that share a bus never
get each other's code, whoever asks when; and no second sensor may have an input that one has."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway import config
from hardware.driver import load
from hardware.drivers._ads1115 import ADDRESSES, FULL_SCALE, PINS, RATES, Conversion, Converter, config_word, lsb
from hardware.drivers.adc_voltage import Options
from hardware.errors import Timeout
from hardware.sample import Reason

SINGLE = ("A0", "A1", "A2", "A3")


def scene(volts: dict[str, float], address: int = 0x48, more: str = "") -> str:
    text = f'[chips."i2c-1:{address:#04x}"]\nkind = "ads1115"\n{more}\n'
    for pin, value in volts.items():
        name = f"{pin}_{address}"
        text += f'[chips."i2c-1:{address:#04x}".inputs.{pin}]\nkind = "volts"\nsignal = "{name}"\n'
        text += f'[signals.{name}]\nkind = "constant"\nvalue = {value}\n'
    return text


VOLTS = {"A0": 0.20, "A1": 0.05, "A2": 0.11, "A3": 0.17}


def expected(pin: str, volts: dict[str, float]) -> float:
    plus, _, minus = pin.partition("-")
    return volts[plus] - (volts[minus] if minus else 0.0)


@pytest.mark.parametrize("pin", PINS)
@pytest.mark.parametrize("gain", FULL_SCALE)
def test_every_input_at_every_gain(simulate: Any, clock: Any, reads: Path, pin: Any, gain: Any) -> None:
    converter = Converter(simulate(scene(VOLTS)).i2c(1), 0x48, gain, 128, clock)
    conversion = converter.read(pin)
    assert conversion.reason is None
    assert conversion.code * lsb(gain) == pytest.approx(expected(pin, VOLTS), abs=lsb(gain))
    assert json.loads(reads.read_text().splitlines()[-1])[:3] == ["i2c-1:0x48", pin, conversion.code]


@pytest.mark.parametrize(("chip", "rate"), [(chip, rate) for chip, rates in RATES.items() for rate in rates])
@pytest.mark.parametrize("oscillator", [0.9, 1.1])
def test_every_rate_of_both_chips_ends_in_time(simulate: Any, clock: Any, chip: Any, rate: Any, oscillator: float) -> None:
    buses = simulate(scene(VOLTS, more=f'model = "{chip}"\noscillator = {oscillator}'))
    converter = Converter(buses.i2c(1), 0x48, 1, rate, clock, chip)
    begun = clock.scenario()
    code, reason = converter.read("A0")
    assert reason is None
    assert code == pytest.approx(0.20 / lsb(1), abs=16)
    assert 1 / rate / oscillator <= clock.scenario() - begun <= 2 / rate + 0.005
    held = int.from_bytes(buses.i2c(1).transfer(0x48, b"\x01", 2))
    assert held >> 5 & 7 == RATES[chip].index(rate)


def test_the_configuration_of_every_input_gain_and_rate_is_the_data_sheets() -> None:
    words = {config_word(mux, gain, rate, chip) for chip, rates in RATES.items() for mux in range(8) for gain in FULL_SCALE for rate in rates}
    assert {word & 0x811F for word in words} == {0x8103}, "start, single-shot, comparator off"
    assert {word >> 12 & 7 for word in words} == set(range(8))
    assert {word >> 9 & 7 for word in words} == set(range(6))
    assert {word >> 5 & 7 for word in words} == set(range(8))
    assert (config_word(0, 2, 128), config_word(4, 1, 1600, "ads1015")) == (0x8583, 0xC383)


@pytest.mark.parametrize(("pin", "code"), [("A0-A1", 32767), ("A1-A3", -32768), ("A1", 32767)])
def test_both_rails_are_over_range_with_their_code_kept(simulate: Any, clock: Any, pin: Any, code: int) -> None:
    volts = {"A0": 3.0, "A1": 1.1, "A2": 0.0, "A3": 3.0}
    converter = Converter(simulate(scene(volts)).i2c(1), 0x48, 4, 128, clock)
    assert converter.read(pin) == Conversion(code, Reason.OVER_RANGE)


def test_four_chips_with_four_inputs_each_never_mix(simulate: Any, clock: Any) -> None:
    """Sixteen drivers of different gains and rates, asked in an order that changes chip and input each time."""
    volts = {
        address: {pin: round(0.1 + 0.2 * place + 0.03 * index, 3) for index, pin in enumerate(SINGLE)} for place, address in enumerate(ADDRESSES)
    }
    buses = simulate("".join(scene(values, address) for address, values in volts.items()))
    family = load("adc_voltage")
    sensors = {}
    for place, (address, index) in enumerate((address, index) for index in range(4) for address in ADDRESSES):
        told = {"address": address, "channel": SINGLE[index], "gain": ("2/3", 1, 2, 4)[place % 4], "rate": RATES["ads1115"][4 + place % 4]}
        sensors[address, SINGLE[index]] = family.open(msgspec.convert(told, family.options), buses, clock)
    for _ in range(3):
        for (address, pin), sensor in sensors.items():
            assert sensor.read()[0].value == pytest.approx(volts[address][pin], abs=0.0002)


def test_two_threads_that_share_a_chip_wait_for_each_other(simulate: Any, clock: Any, mocker: Any) -> None:
    """One is held between its start and its answer; the other must not reach the chip before it is done, or it would steal its input."""
    buses = simulate(scene({"A0": 0.5, "A1": 1.5}))
    one, other = (Converter(buses.i2c(1), 0x48, 1, 860, clock) for _ in range(2))
    chip = buses.world.chips["i2c-1:0x48"]
    transfer, order, begun = chip.transfer, [], threading.Event()

    def watched(out: bytes, count: int) -> bytes:
        me = threading.current_thread().name
        order.append(me)
        answer: bytes = transfer(out, count)
        if me == "one" and len(out) == 3:  # it has started its conversion
            begun.set()
            rival.join(0.2)
            assert rival.is_alive(), "the other thread got in between"
        return answer

    mocker.patch.object(chip, "transfer", watched)
    codes: dict[str, Conversion] = {}
    rival = threading.Thread(target=lambda: begun.wait(10) and codes.update(other=other.read("A1")), name="other")
    holder = threading.Thread(target=lambda: codes.update(one=one.read("A0")), name="one")
    for thread in (rival, holder):
        thread.start()
    for thread in (rival, holder):
        thread.join(10)
    assert codes == {"one": (4000, None), "other": (12000, None)}
    assert order == sorted(order, key=["one", "other"].index), "each had the chip for its whole exchange"


def test_nobody_gets_in_between_the_look_at_the_chip_and_the_start(simulate: Any, clock: Any, mocker: Any) -> None:
    """Once a chip was seen at rest it has to stay so, or a start is ignored and the other's code comes back."""
    buses = simulate(scene({"A0": 0.5, "A1": 1.5}))
    one, other = (Converter(buses.i2c(1), 0x48, 1, 860, clock) for _ in range(2))
    within, rested = one.view.within, threading.Event()

    def watched(*args: Any, **settings: Any) -> Any:
        if settings.get("settle"):  # the exchange that starts the conversion
            rested.set()
            rival.join(0.2)
            assert rival.is_alive(), "the other thread got in between"
        return within(*args, **settings)

    mocker.patch.object(one.view, "within", watched)
    rival = threading.Thread(target=lambda: rested.wait(10) and other.read("A1"), name="other")
    rival.start()
    assert one.read("A0") == (4000, None)
    rival.join(10)


def test_many_reads_of_two_threads_are_all_their_own(simulate: Any, clock: Any) -> None:
    buses = simulate(scene({"A0": 0.5, "A1": 1.5}))
    seen: dict[str, set[Conversion]] = {"A0": set(), "A1": set()}

    def work(pin: Any) -> None:
        converter = Converter(buses.i2c(1), 0x48, 1, 860, clock)
        seen[pin].update(converter.read(pin) for _ in range(100))

    threads = [threading.Thread(target=work, args=(pin,)) for pin in seen]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert seen == {"A0": {Conversion(4000, None)}, "A1": {Conversion(12000, None)}}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"rate": 1600}, "rate 1600 is none of an ADS1115's; use one of 8, 16, 32, 64, 128, 250, 475, 860"),
        ({"chip": "ads1015", "rate": 860}, "rate 860 is none of an ADS1015's; use one of 128, 250, 490, 920, 1600, 2400, 3300"),
        ({"chip": "ads1115", "rate": 500}, "rate"),
        ({"chip": "ads1256"}, "chip"),
        ({"channel": "A1-A0"}, "channel"),
        ({"channel": "A1-A2"}, "channel"),
        ({"address": 0x40}, "use 0x48, 0x49, 0x4a or 0x4b"),
        ({"supply": 12}, "it takes 2 to 5.5 V"),
    ],
)
def test_what_the_chip_does_not_have_is_refused_with_what_it_has(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=told):
        msgspec.convert(wrong, Options)


def configured(*channels: str) -> config.Config:
    sensors = [{"name": f"s{index}", "driver": "adc_voltage", "channel": channel} for index, channel in enumerate(channels)]
    return config.build({"node": {"site": "a", "name": "b"}, "sensor": sensors}, Path("example.toml"), "")


@pytest.mark.parametrize(
    "channels", [("A0", "A0"), ("A0", "A0-A1"), ("A0-A1", "A1"), ("A0-A1", "A0-A3"), ("A3", "A0-A3"), ("A2-A3", "A3"), ("A1-A3", "A0-A1")]
)
def test_a_pin_in_use_is_refused_to_another_sensor(channels: tuple[str, ...]) -> None:
    with pytest.raises(config.ConfigError, match="used already by sensor"):
        configured(*channels)


@pytest.mark.parametrize("channels", [SINGLE, ("A0-A1", "A2-A3"), ("A0-A3", "A1-A3", "A2-A3"), ("A0-A1", "A2", "A3"), ("A2-A3", "A0", "A1")])
def test_inputs_that_can_be_used_together_are_taken(channels: tuple[str, ...]) -> None:
    """A3 is the chip's common reference of three pairs."""
    claims = [mounted.options.claims()[0] for mounted in configured(*channels).sensors]
    assert claims == [f"i2c-1:0x48/{channel}" for channel in channels], "the first claim is the name by which the simulated chip accounts for it"


def test_a_chip_that_is_slower_than_its_label_is_a_time_out(simulate: Any, clock: Any) -> None:
    """Sixteen bits sold as twelve: the same code of the rate makes it convert at 128 a second instead of 1600."""
    converter = Converter(simulate(scene(VOLTS)).i2c(1), 0x48, 1, 1600, clock, "ads1015")
    with pytest.raises(Timeout):
        converter.read("A0")
