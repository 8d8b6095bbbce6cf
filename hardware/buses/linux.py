"""The machine's own buses: the only file that opens /dev/*, and where a driver's questions to /sys and /proc are read.

I2C goes through one ioctl (I2C_RDWR: a whole transfer with repeated start) and needs no library and no board detection. Buses are opened
lazily, one object per device, so that a node starts with a bus missing and says so.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from hardware.buses import Present
from hardware.buses.gpio import Pins, lgpio_factory
from hardware.buses.i2c import SharedI2C
from hardware.buses.mapping import hardware_error
from hardware.buses.serial import SerialPorts, SharedSerial, open_url

I2C_RDWR = 0x0707
I2C_TIMEOUT = 0x0702
READ = 0x0001
"""Flag of a message that reads (linux/i2c.h: I2C_M_RD)."""
PATIENCE = 10
"""How long the kernel waits for a held wire, in 10 ms: 0.1 s instead of its default of 1 s, which would stop a whole loop."""


LARGEST = 65536
"""Bytes of a kernel's file that are read at most."""


PORTS = ("serial/by-id/*", "serial/by-path/*", "serial0", "ttyAMA*", "ttyUSB*", "ttyACM*")
"""Serial ports a sensor may hang on; what serial1 names is the Pi's own Bluetooth."""


class Message(ctypes.Structure):
    """struct i2c_msg of linux/i2c.h."""

    _fields_ = (("addr", ctypes.c_uint16), ("flags", ctypes.c_uint16), ("len", ctypes.c_uint16), ("buf", ctypes.POINTER(ctypes.c_char)))


class Messages(ctypes.Structure):
    """struct i2c_rdwr_ioctl_data of linux/i2c-dev.h."""

    _fields_ = (("msgs", ctypes.POINTER(Message)), ("nmsgs", ctypes.c_uint32))


class I2CDevice:
    """An open /dev/i2c-N."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        with suppress(OSError):  # an adapter that cannot be told keeps the kernel's second
            fcntl.ioctl(self._file, I2C_TIMEOUT, PATIENCE)

    def transfer(self, address: int, out: bytes, count: int) -> bytes:
        """Write and read in one transfer; OSError with the kernel's number."""
        buffers = []
        messages = []
        for flags, size, content in ((0, len(out), out), (READ, count, b"")):
            if size or (not flags and not count):
                buffer = ctypes.create_string_buffer(content, max(size, 1))
                buffers.append(buffer)
                messages.append(Message(address, flags, size, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_char))))
        array = (Message * len(messages))(*messages)
        fcntl.ioctl(self._file, I2C_RDWR, Messages(array, len(messages)))
        return buffers[-1].raw[:count]

    def close(self) -> None:
        """Close the device file."""
        os.close(self._file)


class LinuxHost:
    """hardware.buses.Host. root: the folder that holds sys, proc and the rest."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, path: str) -> str:
        """The text of a file, its first 64 KiB."""
        try:
            with (self._root / path.lstrip("/")).open("rb") as file:
                return file.read(LARGEST).decode(errors="replace")
        except OSError as error:
            raise hardware_error(error, path, opening=True) from error

    def space(self, path: str) -> tuple[int, int]:
        """Bytes of a file system: all, and free."""
        try:
            disk = os.statvfs(self._root / path.lstrip("/"))
        except OSError as error:
            raise hardware_error(error, path, opening=True) from error
        return disk.f_blocks * disk.f_frsize, disk.f_bavail * disk.f_frsize


class LinuxBuses:
    """hardware.buses.OpenBuses on a Linux machine. dev: the folder of device files, root: the folder that holds sys and proc; both are parameters
    so that a test can lay them out."""

    def __init__(self, dev: Path = Path("/dev"), root: Path = Path("/")) -> None:
        self._dev = dev
        self._host = LinuxHost(root)
        self._i2c: dict[int, SharedI2C] = {}
        self._serial = SerialPorts(self._open_serial)
        self._pins = Pins(lgpio_factory)

    def i2c(self, number: int) -> SharedI2C:
        """The bus `<dev>/i2c-<number>`."""
        name = f"i2c-{number}"
        return self._i2c.setdefault(number, SharedI2C(name, lambda: I2CDevice(self._dev / name)))

    def serial(self, url: str, **settings: Any) -> SharedSerial:
        """The port behind a pyserial URL or device path."""
        return self._serial.get(url, settings)

    def pin(self, number: int, owner: str) -> Any:
        """Reserve a pin; gives the lgpio pin factory."""
        return self._pins.reserve(number, owner)

    def host(self) -> LinuxHost:
        """The machine itself."""
        return self._host

    def present(self) -> Present:
        """The I2C adapters, and the serial ports by their lasting name: by-id, by-path, serial0, then what the kernel calls them."""
        buses = sorted(int(path.name[4:]) for path in self._dev.glob("i2c-*") if path.name[4:].isdigit())
        bluetooth = (self._dev / "serial1").resolve()
        named: dict[Path, str] = {}
        for pattern in PORTS:
            for path in sorted(self._dev.glob(pattern)):
                if path.resolve() != bluetooth:
                    named.setdefault(path.resolve(), f"/dev/{path.relative_to(self._dev)}")
        return Present(tuple(buses), tuple(sorted(named.values())))

    def forget(self, bus: str) -> None:
        """The next to ask for this bus gets it afresh; whoever has it now hangs. The kernel keeps two users apart."""
        if bus.startswith("i2c-"):
            self._i2c.pop(int(bus.removeprefix("i2c-")), None)
        self._serial.forget(bus.removeprefix("serial:"))

    def close(self) -> None:
        """Close what was opened."""
        for bus in self._i2c.values():
            bus.close()
        self._serial.close()
        self._pins.close()

    def _open_serial(self, url: str, settings: dict[str, Any]) -> Any:
        if url.startswith("/dev/"):
            return open_url(str(self._dev / url.removeprefix("/dev/")), settings)
        return open_url(url, settings)
