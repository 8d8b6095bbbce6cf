"""Winsen's and DFRobot's serial modules: a value is a sound frame of the configured module, new since it was asked for; anything else is an error
by its name, within a bound, and the account of the simulated module agrees."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.driver import load
from hardware.drivers import _winsen, dfrobot_multigas, mh_z, winsen_ze
from hardware.errors import HardwareError, PortGone, ProtocolError, Timeout
from hardware.quantities import convert
from hardware.sample import Quality, Reason

PORT = "/dev/serial0"
ON = f'on = "serial:{PORT}"'


class Case(NamedTuple):
    """A driver on a simulated module. bound: seconds in which a reading ends."""

    driver: str
    options: dict[str, Any]
    wiring: str
    bound: float


CASES = {
    "ze15 active": Case("winsen_ze", {"model": "ze15", "gas": "co", "mode": "active"}, 'kind = "winsen"', 2.5),
    "ze07 asked": Case("winsen_ze", {"model": "ze07", "gas": "co", "mode": "query"}, 'kind = "winsen"\nmodel = "ze07"', 1.4),
    "ze03 asked": Case(
        "winsen_ze", {"model": "ze03", "gas": "co", "mode": "query", "full_scale": 1000}, 'kind = "winsen"\nmodel = "ze03"\ndecimals = 0', 1.4
    ),
    "mh_z": Case("mh_z", {"range": 5000}, 'kind = "mh_z"', 1.2),
    "multi-gas": Case("dfrobot_multigas", {"gas": "co"}, 'kind = "dfrobot_multigas"', 2.7),
}


@pytest.fixture(params=CASES)
def case(request: Any) -> Case:
    return CASES[request.param]


def scene(case: Case, more: str = "", signal: str = 'kind = "steps"\nsteps = [[0, 40], [20, 90]]') -> str:
    return f'[signals.gas]\n{signal}\n[chips."serial:{PORT}"]\nsignal = "gas"\n{case.wiring}\n{more}'


def opened(case: Case, buses: Any, clock: Any) -> Any:
    family = load(case.driver)
    options = msgspec.convert({"port": PORT, "warm_up": "0 s"} | case.options, family.options, dec_hook=convert)
    return family.open(options, buses, clock)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ('kind = "off"', Timeout),
        ('kind = "hang"', Timeout),
        ('kind = "garbage"', ProtocolError),
        ('kind = "slow"\nfactor = 100', Timeout),
        ('kind = "unplugged"', PortGone),
    ],
)
def test_a_fault_has_its_name_gives_no_number_and_passes(case: Case, simulate: Any, clock: Any, fault: str, error: type[HardwareError]) -> None:
    driver = opened(case, simulate(scene(case, f"[[faults]]\n{fault}\n{ON}\nfrom = 10\nto = 30\n")), clock)
    assert driver.read()[0].value == 40
    clock.advance(10 - clock.scenario())
    clock.advance(1)  # one that was due before the fault has been said
    for _ in range(3):
        begun = clock.scenario()
        with pytest.raises(error):
            driver.read()
        assert clock.scenario() - begun <= case.bound
    clock.advance(max(0, 30.01 - clock.scenario()))
    for _ in range(3):
        try:
            value = driver.read()[0].value
        except HardwareError:
            continue
        assert value == 90
    assert value == 90


def test_a_late_answer_is_an_answer(case: Case, simulate: Any, clock: Any) -> None:
    driver = opened(case, simulate(scene(case, f'[[faults]]\nkind = "slow"\n{ON}\nfactor = 1.9\n')), clock)
    assert [driver.read()[0].value for _ in range(3)] == [40, 40, 40]


@pytest.mark.parametrize(("fault", "told"), [('kind = "stuck"', 40), ('kind = "wrong"\noffset = 5', 95), ('kind = "delayed"\nseconds = 9', 40)])
def test_a_module_that_is_wrong_is_read_as_it_says(case: Case, simulate: Any, clock: Any, fault: str, told: int) -> None:
    driver = opened(case, simulate(scene(case, f"[[faults]]\n{fault}\n{ON}\nfrom = 15\nto = 60\n")), clock)
    clock.advance(22)
    assert driver.read()[0].value == told


def test_the_echo_of_the_question_is_no_value(case: Case, simulate: Any, clock: Any) -> None:
    driver = opened(case, simulate(scene(case._replace(wiring=case.wiring + "\necho = true"))), clock)
    assert driver.read()[0].value == 40
    silent = case._replace(wiring=case.wiring + "\necho = true\nscript = []")
    with pytest.raises(Timeout):
        opened(silent, simulate(scene(silent)), clock).read()


def test_after_a_pause_the_reading_is_of_now(case: Case, simulate: Any, clock: Any) -> None:
    driver = opened(case, simulate(scene(case)), clock)
    assert driver.read()[0].value == 40
    clock.advance(600)
    assert driver.read()[0].value == 90


def test_what_the_driver_got_is_what_the_module_wrote_down(case: Case, simulate: Any, clock: Any, reads: Path) -> None:
    kinds = ["off", "garbage", "unplugged", "intermittent", "slow"]
    faults = "".join(f'[[faults]]\nkind = "{kind}"\n{ON}\nfrom = {k * 20 + 5}\nto = {k * 20 + 12}\n' for k, kind in enumerate(kinds))
    counter = 'kind = "counter"\nstart = 20\nstop = 400'
    driver, got, failed = opened(case, simulate(scene(case, faults, counter)), clock), [], 0
    while clock.scenario() < 110:
        try:
            got.append(driver.read()[0].raw)
        except HardwareError:
            failed += 1
        clock.advance(0.437)
    assert failed > 10
    assert len(got) > 25
    assert got == [line[2] for line in map(json.loads, reads.read_text().splitlines())]


@pytest.mark.parametrize("baud", [1200, 4800, 19200, 38400, 115200])
def test_a_module_at_another_speed_gives_no_number(case: Case, simulate: Any, clock: Any, baud: int) -> None:
    driver = opened(case, simulate(scene(case, f'[[faults]]\nkind = "speed"\n{ON}\nbaud = {baud}\n')), clock)
    for _ in range(3):
        with pytest.raises(HardwareError):
            driver.read()


# What is sound and yet not this module's


@pytest.mark.parametrize(
    ("name", "wiring", "reason"),
    [
        ("ze15 active", "gas = 3", Reason.WRONG_GAS),
        ("ze15 active", "unit = 4", Reason.WRONG_UNIT),
        ("ze15 active", "unit = 7", Reason.WRONG_UNIT),
        ("ze15 active", "decimals = 0", Reason.WRONG_UNIT),
        ("ze15 active", "full_scale = 1000", Reason.WRONG_CHIP),
        ("ze07 asked", "gas = 0x17", Reason.AMBIGUOUS),
        ("multi-gas", "gas = 2", Reason.WRONG_GAS),
        ("multi-gas", "gas = 0x77", Reason.WRONG_GAS),
        ("multi-gas", "decimals = 3", Reason.SYNTAX),
        ("ze15 active", "gas = 8", Reason.WRONG_GAS),
        ("ze15 active", "gas = 0x50", Reason.WRONG_GAS),
    ],
)
def test_another_module_on_the_port_is_told_apart(simulate: Any, clock: Any, name: str, wiring: str, reason: Reason) -> None:
    case = CASES[name]
    other = case._replace(wiring=f"{case.wiring}\n{wiring}")
    with pytest.raises(ProtocolError, match=r"check which|check the model|check model") as caught:
        opened(case, simulate(scene(other)), clock).read()
    assert caught.value.reason is reason


def test_a_ze03_on_its_own_tells_its_gas(simulate: Any, clock: Any) -> None:
    case = CASES["ze03 asked"]
    active = case._replace(options=case.options | {"mode": "active"})
    assert opened(active, simulate(scene(active)), clock).read()[0].value == 40
    other = case._replace(wiring=case.wiring + "\ngas = 3")
    with pytest.raises(ProtocolError) as caught:
        opened(active, simulate(scene(other)), clock).read()
    assert caught.value.reason is Reason.WRONG_GAS


@pytest.mark.parametrize(
    ("name", "signal", "value", "reason"),
    [
        ("ze15 active", 499.9, 499.9, None),
        ("ze15 active", 500, 500, Reason.OVER_RANGE),
        ("ze07 asked", 700, 500, Reason.OVER_RANGE),
        ("mh_z", 4999, 4999, None),
        ("mh_z", 9000, 5000, Reason.OVER_RANGE),
        ("multi-gas", 999, 999, None),
        ("multi-gas", 1200, 1200, Reason.OVER_RANGE),
        ("multi-gas", 1201, None, Reason.OVER_RANGE),
    ],
)
def test_a_number_at_the_end_of_the_range_is_kept_and_marked(
    simulate: Any, clock: Any, name: str, signal: float, value: float | None, reason: Reason | None
) -> None:
    case = CASES[name]
    sample = opened(case, simulate(scene(case, signal=f'kind = "constant"\nvalue = {signal}')), clock).read()[0]
    assert (sample.value, sample.reason) == (None if value is None else pytest.approx(value), reason)
    assert sample.quality is (Quality.BAD if value is None else Quality.UNCERTAIN if reason else Quality.GOOD)
    assert sample.raw is not None


# Any bytes

PARSERS = {f"{module.__name__}.{name}": make for module in (winsen_ze, mh_z, dfrobot_multigas) for name, make in module.PARSERS.items()}


@pytest.mark.parametrize("name", PARSERS)
@given(data=st.binary(max_size=120), cuts=st.lists(st.integers(1, 7), min_size=200, max_size=200))
def test_any_bytes_are_survived_and_only_sound_frames_come_out(name: str, data: bytes, cuts: list[int]) -> None:
    parser, found, left = PARSERS[name](), [], data
    for cut in cuts:
        found += parser.feed(left[:cut])
        left = left[cut:]
        assert 1 <= parser.missing <= 9
        assert parser.held == 9 - parser.missing
    for frame in found:
        assert frame in data
        assert frame[8] in (_winsen.checksum(frame), _winsen.checksum(frame, 7))


@pytest.mark.parametrize("cut", range(1, 9))
@pytest.mark.parametrize("noise", [b"", b"\x00", b"\xff", b"\xff\x86", b"\xff\x86\x02\x7c\x42\x00\x00\x00\xbb"])
def test_a_frame_is_found_after_noise_however_it_is_cut(cut: int, noise: bytes) -> None:
    frame = bytes.fromhex("FF 86 02 7C 42 00 00 00 BA")
    parser = mh_z.PARSERS["reply"]()
    assert parser.feed(noise + frame[:cut]) == []
    assert parser.feed(frame[cut:] + b"\xff") == [frame]


def test_no_flipped_bit_of_a_frame_gives_a_value() -> None:
    frame = bytes.fromhex("FF 86 02 7C 42 00 00 00 BA")
    for place in range(72):
        broken = (int.from_bytes(frame) ^ 1 << place).to_bytes(9)
        assert mh_z.PARSERS["reply"]().feed(broken) == []


def test_no_order_that_changes_a_calibration_is_ever_sent(simulate: Any, clock: Any) -> None:
    case = CASES["mh_z"]
    buses = simulate(scene(case, f'[[faults]]\nkind = "garbage"\n{ON}\nfrom = 5\nto = 15\n'))
    driver = opened(case, buses, clock)
    for _ in range(30):
        try:
            driver.read()
        except HardwareError:
            continue
        finally:
            clock.advance(1)
    assert buses.world.chips[f"serial:{PORT}"].ruined == []
