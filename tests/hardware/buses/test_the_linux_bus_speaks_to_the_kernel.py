"""hardware/buses/linux.py against the kernel's own interface: the ioctl is patched at the seam, everything above it is the product."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hardware.buses.linux import I2C_RDWR, I2C_TIMEOUT, READ, LinuxBuses
from hardware.driver import load
from hardware.errors import BusError, Nak, PortGone, Refused, Timeout
from hardware.sim.buses import SimulatedWire

SCENE = """
[signals.gas]
kind = "constant"
value = 25
[chips."i2c-1:0x48"]
kind = "ads1115"
[chips."i2c-1:0x48".inputs.A0]
kind = "loop"
signal = "gas"
lrv = 0
urv = 100
"""


@pytest.fixture
def dev(tmp_path: Path) -> Path:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "i2c-1").touch()
    return tmp_path / "dev"


@pytest.fixture
def kernel(mocker: Any, simulate: Any) -> Any:
    """An ioctl that carries messages to the simulated chips; gives the patched object."""
    wire = SimulatedWire("i2c-1", simulate(SCENE).world)

    def ioctl(file: int, request: int, argument: Any) -> int:
        assert os.fstat(file)
        if request == I2C_TIMEOUT:
            return 0
        assert request == I2C_RDWR
        out, count, into = b"", 0, None
        for index in range(argument.nmsgs):
            message = argument.msgs[index]
            if message.flags & READ:
                into, count = message.buf, message.len
            else:
                out = message.buf[: message.len]
        answer = wire.transfer(argument.msgs[0].addr, out, count)
        for index, byte in enumerate(answer):
            assert into is not None
            into[index] = bytes([byte])
        return int(argument.nmsgs)

    return mocker.patch("hardware.buses.linux.fcntl.ioctl", side_effect=ioctl)


def test_the_real_driver_reads_through_it(dev: Path, kernel: Any, clock: Any) -> None:
    family = load("loop_4_20ma")
    options = msgspec.convert({"quantity": "methane", "unit": "%{LEL}", "lel": 4.4, "low": 0, "high": 100}, family.options)
    driver = family.open(options, LinuxBuses(dev), clock)
    assert driver.read()[0].value == pytest.approx(25, abs=0.01)


def test_a_scan_finds_the_chip(dev: Path, kernel: Any) -> None:
    assert LinuxBuses(dev).i2c(1).scan() == [0x48]


def test_the_kernel_is_told_to_give_up_after_a_tenth_of_a_second(dev: Path, kernel: Any) -> None:
    LinuxBuses(dev).i2c(1).transfer(0x48, b"\x01", 2)
    assert kernel.call_args_list[0].args[1:] == (I2C_TIMEOUT, 10)


def test_the_real_ioctl_takes_our_structure(dev: Path) -> None:
    """A plain file refuses it as no device, which only a well-formed call gets as far as."""
    with pytest.raises(BusError, match="ioctl") as caught:
        LinuxBuses(dev).i2c(1).transfer(0x48, b"\x01", 2)
    assert caught.value.errno == errno.ENOTTY


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.EREMOTEIO, Nak),
        (errno.ENXIO, Nak),
        (errno.ETIMEDOUT, Timeout),
        (errno.ENODEV, PortGone),
        (errno.EIO, BusError),
        (errno.EAGAIN, BusError),
    ],
)
def test_every_error_of_a_transfer_has_its_name_and_says_where(dev: Path, mocker: Any, number: int, expected: type[BusError]) -> None:
    mocker.patch("hardware.buses.linux.fcntl.ioctl", side_effect=[0, OSError(number, "x")])
    with pytest.raises(BusError, match=r"i2c-1 address 0x48: .*; ?|check") as caught:
        LinuxBuses(dev).i2c(1).transfer(0x48, b"\x01", 2)
    assert type(caught.value) is expected
    assert caught.value.errno == number


def test_a_bus_that_is_not_there_is_said_so_and_found_when_it_comes(dev: Path, kernel: Any) -> None:
    bus = LinuxBuses(dev).i2c(1)
    (dev / "i2c-1").unlink()
    with pytest.raises(PortGone, match="i2c-1: not there"):
        bus.transfer(0x48, b"\x01", 2)
    (dev / "i2c-1").touch()
    assert bus.transfer(0x48, b"\x01", 2) == b"\x85\x83"


def test_after_it_was_unplugged_it_is_opened_again(dev: Path, kernel: Any, mocker: Any) -> None:
    bus = LinuxBuses(dev).i2c(1)
    bus.transfer(0x48, b"\x01", 2)
    opened = mocker.spy(os, "open")
    good = kernel.side_effect
    kernel.side_effect = OSError(errno.ENODEV, "No such device")
    with pytest.raises(PortGone):
        bus.transfer(0x48, b"\x01", 2)
    kernel.side_effect = good
    assert bus.transfer(0x48, b"\x01", 2) == b"\x85\x83"
    assert opened.call_count == 1


def test_no_permission_is_for_a_person_to_change(dev: Path, mocker: Any) -> None:
    mocker.patch("hardware.buses.linux.os.open", side_effect=PermissionError(errno.EACCES, "Permission denied"))
    with pytest.raises(Refused, match="i2c-1: no permission; let the node's user into the device's group"):
        LinuxBuses(dev).i2c(1).transfer(0x48, b"\x01", 2)


def test_there_is_one_object_per_bus(dev: Path) -> None:
    buses = LinuxBuses(dev)
    assert buses.i2c(1) is buses.i2c(1)
    assert buses.i2c(1) is not buses.i2c(0)
    buses.close()
