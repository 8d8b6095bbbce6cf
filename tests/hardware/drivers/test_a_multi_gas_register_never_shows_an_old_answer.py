"""A multi-gas module on I2C: a value is the answer to the question just asked, and sound by the one sum that its firmware uses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hardware.buses.i2c import SharedI2C
from hardware.driver import load
from hardware.errors import HardwareError, Nak, ProtocolError, Timeout
from hardware.quantities import convert
from hardware.sample import Quality, Reason

CHIP = "i2c-1:0x74"
SCENE = f'[signals.gas]\nkind = "steps"\nsteps = [[0, 40], [20, 90]]\n[chips."{CHIP}"]\nkind = "dfrobot_multigas"\nsignal = "gas"\n'
ACK = "FF 78 01 00 00 00 00 00 87"
WARMTH = "FF 87 02 10 00 00 00 00 67"
SIX = "FF 86 00 C8 04 00 02 10 AC"
SEVEN = "FF 86 00 C8 04 00 02 10 9C"
EITHER = "FF 86 00 C8 04 00 02 00 AC"


def opened(buses: Any, clock: Any, **options: Any) -> Any:
    family = load("dfrobot_multigas")
    return family.open(msgspec.convert({"gas": "co", "warm_up": "0 s"} | options, family.options, dec_hook=convert), buses, clock)


def script(*entries: str) -> str:
    return SCENE + f"script = {list(entries)}\n"


@pytest.mark.parametrize(("fault", "error"), [("nak", Nak), ("off", Nak), ("hang", Timeout), ("slow", Timeout), ("garbage", ProtocolError)])
def test_a_fault_has_its_name_gives_no_number_and_passes(simulate: Any, clock: Any, fault: str, error: type[HardwareError]) -> None:
    more = "factor = 20\n" if fault == "slow" else ""
    driver = opened(simulate(f'{SCENE}[[faults]]\nkind = "{fault}"\non = "{CHIP}"\nfrom = 10\nto = 20\n{more}'), clock)
    assert driver.read()[0].value == 40
    clock.advance(10 - clock.scenario())
    for _ in range(3):
        begun = clock.scenario()
        with pytest.raises(error):
            driver.read()
        assert clock.scenario() - begun <= 0.7
        clock.advance(1)
    clock.advance(21 - clock.scenario())
    assert driver.read()[0].value == 90


def test_an_answer_that_comes_one_question_late_is_never_taken(simulate: Any, clock: Any) -> None:
    """The register still holds the concentration of the reading before when the next is asked for."""
    driver = opened(simulate(script(ACK, WARMTH, SIX)), clock)
    assert driver.read()[0].value == 200
    for _ in range(3):
        with pytest.raises(Timeout, match="no answer"):
            driver.read()


class Plain:
    """A module on a bus that answers a few questions only; the rest leaves the register as it is."""

    def __init__(self, register: str, **answers: str) -> None:
        self._register = bytes.fromhex(register)
        self._answers = {int(kind[1:], 16): bytes.fromhex(answer) for kind, answer in answers.items()}

    def transfer(self, address: int, out: bytes, count: int) -> bytes:
        if len(out) > 5:
            self._register = self._answers.get(out[3], self._register)
        return self._register[:count]

    def close(self) -> None: ...


class Bus:
    """Buses with one module on I2C."""

    def __init__(self, module: Plain) -> None:
        self._bus = SharedI2C("i2c-1", lambda: module)

    def i2c(self, number: int) -> SharedI2C:
        return self._bus


def test_a_module_that_knows_one_question_only_is_read(clock: Any) -> None:
    """What the register held before it was asked shows whether the answer is new."""
    gas = opened(Bus(Plain("00" * 9, k78=ACK, k86=SIX)), clock).read()[0]
    assert (gas.value, gas.quality) == (200, Quality.GOOD)
    steady = opened(Bus(Plain(SIX)), clock)
    for _ in range(3):
        gas = steady.read()[0]
        assert (gas.value, gas.quality, gas.reason) == (200, Quality.UNCERTAIN, Reason.STALE)


def test_a_module_that_hangs_is_not_taken_for_one_that_never_answers(clock: Any) -> None:
    module = Plain("00" * 9, k78=ACK, k87=WARMTH, k86=SIX)
    bus = Bus(module)
    assert opened(bus, clock).read()[0].quality is Quality.GOOD
    module._answers.clear()
    for _ in range(3):
        with pytest.raises(Timeout):
            opened(bus, clock).read()


def test_a_late_answer_within_the_bound_is_an_answer(simulate: Any, clock: Any) -> None:
    driver = opened(simulate(f'{SCENE}[[faults]]\nkind = "slow"\non = "{CHIP}"\nfactor = 3\n'), clock)
    begun = clock.scenario()
    assert driver.read()[0].value == 40
    assert 0.45 < clock.scenario() - begun <= 0.7


def test_what_the_driver_got_is_what_the_module_wrote_down(simulate: Any, clock: Any, reads: Path) -> None:
    kinds = ["nak", "off", "garbage", "hang", "intermittent"]
    faults = "".join(f'[[faults]]\nkind = "{kind}"\non = "{CHIP}"\nfrom = {k * 20 + 5}\nto = {k * 20 + 12}\n' for k, kind in enumerate(kinds))
    counter = SCENE.replace('kind = "steps"\nsteps = [[0, 40], [20, 90]]', 'kind = "counter"\nstart = 20\nstop = 900')
    driver, got, failed = opened(simulate(counter + faults), clock), [], 0
    while clock.scenario() < 110:
        try:
            got.append(driver.read()[0].raw)
        except HardwareError:
            failed += 1
        clock.advance(0.437)
    assert failed > 10
    assert len(got) > 60
    lines = [json.loads(line) for line in reads.read_text().splitlines()]
    assert got == [line[2] for line in lines]
    assert {"/".join(line[:2]) for line in lines} == {f"{CHIP}/"}


# Which bytes the sum covers


@pytest.mark.parametrize(("first", "second"), [(SIX, SEVEN), (SEVEN, SIX)])
def test_the_first_reply_that_tells_decides_for_good(simulate: Any, clock: Any, first: str, second: str) -> None:
    entries = [ACK, WARMTH, EITHER, WARMTH, first, WARMTH, EITHER, WARMTH, first, WARMTH, second]
    driver = opened(simulate(script(*entries)), clock)
    assert [driver.read()[0].value for _ in range(4)] == [200] * 4
    with pytest.raises(ProtocolError, match="checksum_over") as caught:
        driver.read()
    assert caught.value.reason is Reason.CHECKSUM


def test_a_reply_of_another_gas_teaches_nothing(simulate: Any, clock: Any) -> None:
    driver = opened(simulate(script(ACK, WARMTH, "FF 86 00 C8 02 00 02 10 9E", ACK, WARMTH, SIX)), clock)
    with pytest.raises(ProtocolError) as caught:
        driver.read()
    assert caught.value.reason is Reason.WRONG_GAS
    assert driver.read()[0].value == 200


@pytest.mark.parametrize(("over", "reply"), [("learn", SIX), ("1-6", SIX), ("learn", SEVEN), ("1-7", SEVEN), ("learn", EITHER)])
def test_a_reply_that_fits_no_sum_is_never_taken(simulate: Any, clock: Any, over: str, reply: str) -> None:
    right = bytes.fromhex(reply)
    sums = {-sum(right[1:end]) & 0xFF for end in {"learn": (7, 8), "1-6": (7,), "1-7": (8,)}[over]}
    for total in sorted(set(range(0, 256, 5)) - sums):
        wrong = (right[:8] + bytes([total])).hex(" ")
        with pytest.raises(ProtocolError) as caught:
            opened(simulate(script(ACK, WARMTH, wrong)), clock, checksum_over=over).read()
        assert caught.value.reason is Reason.CHECKSUM


def test_a_temperature_that_no_sum_protects_is_uncertain(simulate: Any, clock: Any) -> None:
    for reply, quality in ((SIX, Quality.UNCERTAIN), (SEVEN, Quality.GOOD), (EITHER, Quality.UNCERTAIN)):
        gas, board, volts = opened(simulate(script(ACK, WARMTH, reply)), clock).read()
        assert (gas.quality, board.quality, volts.quality) == (Quality.GOOD, quality, quality)


@pytest.mark.parametrize(
    ("adc", "celsius", "reason"),
    [
        (0, None, Reason.SHORT_CIRCUIT),
        (1, None, Reason.RANGE),
        (0x0210, 23.36, None),
        (512, 25.0, None),
        (1023, None, Reason.RANGE),
        (1024, None, Reason.DISCONNECTED),
        (0xFFFF, None, Reason.DISCONNECTED),
    ],
)
def test_the_thermistor_is_told_as_volts_and_as_celsius(simulate: Any, clock: Any, adc: int, celsius: float | None, reason: Reason | None) -> None:
    driver = opened(simulate(SCENE + f"adc = {adc}\ncovers = 7\n"), clock, checksum_over="1-7")
    gas, board, volts = driver.read()
    assert gas.value == 40
    assert board.value == (celsius if celsius is None else pytest.approx(celsius))
    assert board.reason is reason
    assert volts.raw == adc
    assert volts.value == (pytest.approx(3 * adc / 1024) if 0 < adc < 1024 else None)


@pytest.mark.parametrize(("told", "raw", "value"), [(0, 1200, 12.0), (1, 1230, 12.3), (2, 1230, 12.3)])
def test_the_number_is_scaled_by_the_decimals_it_brings(simulate: Any, clock: Any, told: int, raw: int, value: float) -> None:
    scene = SCENE.replace("[0, 40]", "[0, 12.3]") + f"gas = 0x2B\ndecimals = {told}\n"
    sample = opened(simulate(scene), clock, gas="so2").read()[0]
    assert (sample.raw, sample.value) == (raw, pytest.approx(value))
