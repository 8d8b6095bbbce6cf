"""Serial ports: a real pseudo-terminal through pyserial, and the simulated port with the same manners."""

from __future__ import annotations

import os
import tty
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hardware.buses.linux import LinuxBuses
from hardware.buses.serial import SharedSerial
from hardware.errors import PortGone, Refused


class Line:
    """A pseudo-terminal whose far end the test holds."""

    def __init__(self, dev: Path) -> None:
        self.far, near = os.openpty()
        tty.setraw(near)
        os.chmod(os.ttyname(near), 0o600)
        (dev / "serial0").unlink(missing_ok=True)
        (dev / "serial0").symlink_to(os.ttyname(near))
        os.close(near)


@pytest.fixture
def dev(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def real(dev: Path) -> Iterator[LinuxBuses]:
    buses = LinuxBuses(dev)
    yield buses
    buses.close()


def test_bytes_go_both_ways_and_silence_is_short(dev: Path, real: LinuxBuses) -> None:
    line = Line(dev)
    port = real.serial("/dev/serial0", timeout=0.05)
    port.write(b"question")
    assert os.read(line.far, 100) == b"question"
    os.write(line.far, b"answer")
    assert port.read(6) == b"answer"
    assert port.read(6) == b""
    os.write(line.far, b"late")
    while port.in_waiting < 4:
        assert os.fstat(line.far)
    port.reset_input_buffer()
    assert port.read(4) == b""
    os.close(line.far)


def test_a_second_program_is_refused(dev: Path, real: LinuxBuses) -> None:
    line = Line(dev)
    real.serial("/dev/serial0").write(b"x")
    other = LinuxBuses(dev)
    with pytest.raises(Refused, match=r"/dev/serial0: another program holds it"):
        other.serial("/dev/serial0").write(b"x")
    os.close(line.far)


def test_unplugged_and_plugged_in_again(dev: Path, real: LinuxBuses) -> None:
    line = Line(dev)
    port = real.serial("/dev/serial0", timeout=0.05)
    port.write(b"x")
    os.close(line.far)
    with pytest.raises(PortGone, match="/dev/serial0"):
        port.read(1)
    (dev / "serial0").unlink()
    with pytest.raises(PortGone, match="/dev/serial0: not there"):
        port.read(1)
    line = Line(dev)
    port.write(b"again")
    assert os.read(line.far, 100) == b"again"
    os.close(line.far)


def test_one_port_has_one_speed(simulate: Any) -> None:
    buses = simulate("")
    assert buses.serial("/dev/serial0", baudrate=9600) is buses.serial("/dev/serial0", baudrate=9600)
    with pytest.raises(Refused, match="need the same settings"):
        buses.serial("/dev/serial0", baudrate=19200)


class Talker:
    """A sensor that sends four bytes every 100 ms and echoes what it hears."""

    def __init__(self) -> None:
        self.sent = 0
        self.read: list[bytes] = []
        self.answers: list[tuple[float, bytes]] = []

    def heard(self, data: bytes, at: float) -> None:
        self.answers.append((at, b"<" + data + b">"))

    def say(self, until: float) -> list[tuple[float, bytes]]:
        said, self.answers = self.answers, []
        while (self.sent + 1) * 0.1 <= until:
            self.sent += 1
            said.append((self.sent * 0.1, b"%04d" % self.sent))
        return said

    def taken(self, data: bytes) -> None:
        self.read.append(data)


@pytest.fixture
def talker(simulate: Any) -> Any:
    def build(faults: str = "") -> tuple[SharedSerial, Talker]:
        buses = simulate("")
        talker = Talker()
        buses.world.chips["serial:/dev/serial0"] = talker
        return buses.serial("/dev/serial0", baudrate=9600, timeout=0.25), talker

    return build


def test_simulated_bytes_arrive_at_the_speed_of_the_line(talker: Any, clock: Any) -> None:
    port, sensor = talker()
    assert port.in_waiting == 0
    assert port.read(4) == b"0001"
    assert clock.scenario() == pytest.approx(0.1 + 4 * 10 / 9600, abs=0.0011)
    assert port.read(10) == b"00020003"[:8], "the time-out of 0.25 s ends a read that is not full"
    assert clock.scenario() == pytest.approx(0.1 + 0.25, abs=0.01)
    assert sensor.read == [b"0001", b"0002", b"0003"]


def test_a_simulated_question_takes_its_time_and_is_answered(talker: Any, clock: Any) -> None:
    port, _ = talker()
    port.write(b"ping")
    assert clock.scenario() == pytest.approx(4 * 10 / 9600)
    assert port.read(6) == b"<ping>"


def test_after_a_pause_the_oldest_bytes_come_first_until_they_are_forgotten(talker: Any, clock: Any) -> None:
    port, sensor = talker()
    assert port.in_waiting == 0
    clock.advance(200.09)
    assert port.in_waiting == 4096
    assert port.read(4) == b"0001"
    port.reset_input_buffer()
    assert port.read(4) == b"2001"
    assert sensor.read == [b"0001", b"2001"]


def test_what_was_forgotten_in_part_or_came_too_late_for_the_buffer_was_never_read(talker: Any, clock: Any) -> None:
    port, sensor = talker()
    assert port.read(2) == b"00"
    clock.advance(0.05)
    port.reset_input_buffer()
    assert port.read(4) == b"0002"
    assert port.read(3) == b"000"
    assert sensor.read == [b"0002"]


def test_a_simulated_port_that_is_not_there(simulate: Any) -> None:
    with pytest.raises(PortGone, match="/dev/ttyUSB9: not there"):
        simulate("").serial("/dev/ttyUSB9").read(1)
