"""Modbus RTU: an answer is of the device that was asked, to the question that was asked, whole and now; all else is no value, with its name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hardware.drivers._modbus import Answers, Question, crc, sealed
from hardware.errors import HardwareError, NotReady, ProtocolError, Timeout
from hardware.sample import Reason, Sample
from tests.hardware.modbus import FAMILY, LINE, OWN, PORT, PROBE, SCENE, Script, answer, opened, scripted


@pytest.fixture
def own(simulate: Any, clock: Any, tmp_path: Path) -> Callable[..., tuple[Any, Script]]:
    return partial(scripted, simulate, clock, tmp_path)


# What an answer is


@pytest.mark.parametrize("cut", range(1, 7))
@pytest.mark.parametrize("pause", [0.004, 0.06, 0.2])
def test_an_answer_split_anywhere_is_one_answer(own: Any, cut: int, pause: float) -> None:
    driver, _ = own([(0.01, answer(2000)[:cut]), (0.01 + pause, answer(2000)[cut:])])
    assert driver.read() == [Sample("x", 2000, 2.0)]


def test_a_local_echo_is_passed_over_and_is_no_answer(simulate: Any, clock: Any, own: Any) -> None:
    echoing = SCENE.replace('kind = "rs485"', 'kind = "rs485"\necho = true')
    assert opened(simulate(echoing), clock, **PROBE).read() == [Sample("level", 2345, 2.345)]
    driver, _ = own([(0.0, Question(1, 3, 0, 1).frame())])
    with pytest.raises(Timeout, match="only our own question came back"):
        driver.read()


def test_an_echo_never_passes_for_an_answer() -> None:
    """For some questions the first seven bytes are an answer to them with a right CRC: of these bytes nothing is believed."""
    found = 0
    for device in range(1, 248):
        for low in range(256):
            question = Question(device, 3, 0x0200 + low, 1)
            parser = Answers(question)
            found += not crc(question.frame()[:7])
            assert parser.feed(question.frame()) == []
            assert (parser.fault, parser.held) == (Reason.TIMEOUT, 0)
    print(f"{found} questions begin like their own answer")


@pytest.mark.parametrize(
    ("said", "error", "reason"),
    [
        (b"", Timeout, Reason.TIMEOUT),
        (answer(2000, device=7), Timeout, Reason.TIMEOUT),
        (answer(2000)[:5], ProtocolError, Reason.SHORT),
        (answer(2000)[:-1] + b"\x00", ProtocolError, Reason.CHECKSUM),
        (answer(2000, function=4), ProtocolError, Reason.SYNTAX),
        (answer(2000, 3000), ProtocolError, Reason.SYNTAX),
        (answer(2000, 3000)[:7], ProtocolError, Reason.SYNTAX),
        (b"\x00\xff\x55", ProtocolError, Reason.SYNTAX),
        (sealed(b"\x01\x83\x01"), ProtocolError, Reason.EXCEPTION),
        (sealed(b"\x01\x83\x02"), ProtocolError, Reason.EXCEPTION),
        (sealed(b"\x01\x83\x03"), ProtocolError, Reason.EXCEPTION),
        (sealed(b"\x01\x83\x04"), ProtocolError, Reason.EXCEPTION),
        (sealed(b"\x01\x83\x06"), NotReady, Reason.WARM_UP),
        (sealed(b"\x01\x83\x77"), ProtocolError, Reason.EXCEPTION),
    ],
)
def test_what_is_no_answer_has_its_name(own: Any, clock: Any, said: bytes, error: type[HardwareError], reason: Reason) -> None:
    driver, _ = own([(0.01, said)] if said else [])
    begun = clock.scenario()
    with pytest.raises(error, match=rf"Own, device 1 on {PORT}: .*(check|period)") as caught:
        driver.read()
    assert caught.value.reason is reason
    assert clock.scenario() - begun < 0.3 + 0.06 + 0.05, "the time-out, the bytes on the wire, one last look at the port"


def test_noise_before_the_answer_does_not_hide_it(own: Any) -> None:
    driver, _ = own([(0.005, b"\x00\x01\x03"), (0.01, answer(2000))])
    assert driver.read() == [Sample("x", 2000, 2.0)]


def test_endless_noise_ends_with_the_deadline(own: Any, clock: Any) -> None:
    noise = [(k * 0.001, bytes([k % 256])) for k in range(2000)]
    driver, _ = own(noise)
    with pytest.raises(ProtocolError):
        driver.read()
    assert clock.scenario() < 0.5


def test_the_line_is_quiet_for_three_and_a_half_characters_before_each_question(own: Any) -> None:
    profile = OWN + '[channels.y]\naddress = 9\nquantity = "level"\nunit = "m"\nlow = 0\nhigh = 70000\n'
    driver, script = own([(0.01, answer(1))], [(0.01, answer(2))], profile=profile)
    assert [sample.raw for sample in driver.read()] == [1, 2]
    byte = 10 / 9600
    ended = script.at[0] + 0.01 + 7 * byte
    assert script.at[1] - 8 * byte - ended >= 3.5 * byte


# Late answers


def test_a_late_answer_is_never_taken_for_the_next(own: Any, clock: Any) -> None:
    """It says nothing of when it was asked for. So nothing is asked while it may come."""
    for late in [k / 4 for k in range(2, 8)]:
        driver, script = own([(late, answer(1111))], [(0.01, answer(2222))])
        with pytest.raises(Timeout, match="no answer"):
            driver.read()
        begun = clock.scenario()
        with pytest.raises(Timeout, match=r"asked again in \d\.\d s"):
            driver.read()
        assert clock.scenario() == begun
        assert len(script.asked) == 1
        clock.advance(2.0)
        assert driver.read() == [Sample("x", 2222, 2.222)], late


@pytest.mark.parametrize("stray", [b"\x00", b"\xff\x01", answer(1111)[:4], answer(1, device=2), answer(1, function=4)])
def test_a_stray_byte_makes_no_late_answer_new(own: Any, clock: Any, stray: bytes) -> None:
    """Whatever else was heard meanwhile: the answer may be on its way still."""
    for late in [k / 4 for k in range(2, 8)]:
        driver, script = own([(0.005, stray), (late, answer(1111))], [(0.01, answer(2222))])
        with pytest.raises(HardwareError, match=r"no .*answer") as first:
            driver.read()
        for _ in range(3):
            with pytest.raises(HardwareError, match=r"asked again in \d\.\d s") as caught:
                driver.read()
            assert caught.value.reason is first.value.reason
            clock.advance(0.5)
        assert len(script.asked) == 1
        clock.advance(1.0)
        assert driver.read() == [Sample("x", 2222, 2.222)], late


def test_after_a_damaged_answer_it_is_asked_again_at_once(own: Any) -> None:
    """The answer has come, with a wrong sum: none is on its way any more."""
    driver, script = own([(0.01, answer(1111)[:-1] + b"\x00")], [(0.01, answer(2222))])
    with pytest.raises(ProtocolError) as caught:
        driver.read()
    assert caught.value.reason is Reason.CHECKSUM
    assert driver.read() == [Sample("x", 2222, 2.222)]
    assert len(script.asked) == 2


def test_a_driver_that_is_opened_anew_waits_all_the_same(simulate: Any, clock: Any, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(OWN)
    buses = simulate("")
    buses.world.chips[LINE] = Script([(1.2, answer(1111))], [(0.01, answer(2222))])
    told = {"port": PORT, "device": 1, "profile": str(path)}
    with pytest.raises(Timeout, match="no answer"):
        opened(buses, clock, **told).read()
    clock.advance(0.8)
    with pytest.raises(Timeout, match="asked again"):
        opened(buses, clock, **told).read()
    clock.advance(1.3)
    assert opened(buses, clock, **told).read() == [Sample("x", 2222, 2.222)]


def test_an_exception_is_an_answer_and_nothing_is_waited_for(own: Any) -> None:
    driver, _ = own([(0.01, sealed(b"\x01\x83\x04"))], [(0.01, sealed(b"\x01\x83\x06"))], [(0.01, answer(2222))])
    with pytest.raises(ProtocolError, match="exception 4"):
        driver.read()
    with pytest.raises(NotReady):
        driver.read()
    assert driver.read() == [Sample("x", 2222, 2.222)]


def test_a_late_answer_of_one_device_is_not_that_of_another(own: Any, clock: Any) -> None:
    driver, _ = own([(0.002, answer(1111, device=2)), (0.05, answer(2000))])
    assert driver.read() == [Sample("x", 2000, 2.0)]


# Scan


def test_a_scan_knows_a_modbus_device_and_a_level_probe(simulate: Any, clock: Any) -> None:
    signature = FAMILY.signatures[0]
    heard = {}
    for name, registers in {"probe": "0 = 1\n1 = 3\n2 = 7\n3 = 3", "other": "0 = 1\n1 = 300\n2 = 7\n3 = 3", "elsewhere": "90 = 1"}.items():
        buses = simulate(f'[chips."{LINE}"]\nkind = "rs485"\necho = true\n[chips."{LINE}".devices.1.holding]\n{registers}\n')
        port = buses.serial(PORT, timeout=signature.wait, **signature.settings)  # type: ignore[union-attr]
        clock.advance(1)
        port.write(signature.question)  # type: ignore[union-attr]
        heard[name] = signature.tell(port.read(100))  # type: ignore[union-attr]
    assert heard["probe"].options == {"device": 1, "baud": 9600, "parity": "none", "profile": "level_probe"}
    assert not heard["probe"].sure
    assert heard["other"].sure
    assert heard["elsewhere"].what == heard["other"].what
    assert "Modbus device 1" in heard["other"].what
    assert signature.tell(signature.question) is None, "an echo is no device"  # type: ignore[union-attr]
    assert signature.tell(b"$GPGGA,1\r\n\xff\x07\xa1\xa7") is None  # type: ignore[union-attr]
