"""One owner per serial port, opened through pyserial's URL door and held exclusively.

`/dev/serial0`, `socket://`, `spy://` and a simulated port are all the same to a driver. Several drivers may share a port (RS-485): `claimed`
holds it for a whole question and answer. Errors come out in our tree; a port that vanished is opened again at the next use.
"""

from __future__ import annotations

import errno
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol, TypeVar

from hardware.buses.mapping import hardware_error
from hardware.errors import HardwareError, PortGone, Refused, Timeout

CLAIM = 10.0
"""Real seconds to wait for a port while another thread has it."""
TIMEOUT = 1.0
"""Seconds a read or write waits where a driver names nothing else; a port without a time-out could hold its thread for ever."""
T = TypeVar("T")


class Port(Protocol):
    """The part of a pyserial port that is used; `in_waiting` is the number of bytes that can be read at once."""

    in_waiting: int

    def read(self, size: int = 1) -> bytes:
        """Up to `size` bytes; fewer when the time-out ends first."""

    def write(self, data: bytes, /) -> int | None:
        """Send all of it."""

    def reset_input_buffer(self) -> None:
        """Forget what came and was not read."""

    def close(self) -> None:
        """Close."""


class SharedSerial:
    """A serial port. It is opened at first use, and again after it was gone. name: the URL. connect: opens it, OSError where that fails."""

    def __init__(self, name: str, connect: Callable[[], Port]) -> None:
        self.name = name
        self._connect = connect
        self._port: Port | None = None
        self._lock = threading.RLock()

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Hold the port for a whole question and answer; Timeout where another thread does not give it back."""
        if not self._lock.acquire(timeout=CLAIM):
            raise Timeout(errno.ETIMEDOUT, f"{self.name}: another thread held the port for {CLAIM:g} s; its sensor hangs")
        try:
            yield
        finally:
            self._lock.release()

    @property
    def in_waiting(self) -> int:
        """Bytes that can be read without waiting."""
        return self._do(lambda port: port.in_waiting)

    def read(self, size: int = 1) -> bytes:
        """Up to `size` bytes, fewer (or none) when the time-out ends first: silence is the driver's to judge."""
        return self._do(lambda port: port.read(size))

    def write(self, data: bytes) -> None:
        """Send all of `data`."""
        self._do(lambda port: port.write(data))

    def reset_input_buffer(self) -> None:
        """Forget what came and was not read: before a question, and after a pause."""
        self._do(lambda port: port.reset_input_buffer())

    def share(self) -> None:
        """Let another open the port while this one is still open: its user hangs, and closing it might too."""
        with suppress(OSError, AttributeError):
            self._port.exclusive = False  # type: ignore[union-attr]

    def close(self) -> None:
        """Close; the next use opens it again."""
        if self._port is not None:
            port, self._port = self._port, None
            port.close()

    def _do(self, act: Callable[[Port], T]) -> T:
        with self.claimed():
            try:
                opening = self._port is None
                if self._port is None:
                    self._port = self._connect()
                return act(self._port)
            except (OSError, termios.error) as error:
                mapped = self._mapped(_numbered(error), opening and self._port is None)
                if isinstance(mapped, PortGone):
                    self.close()
                raise mapped from error

    def _mapped(self, error: OSError, opening: bool) -> HardwareError:
        if isinstance(error, HardwareError):
            return error
        if type(error).__name__ == "SerialTimeoutException":  # by name: pyserial is imported only where a real port is opened
            return Timeout(errno.ETIMEDOUT, f"{self.name}: could not send in time; check flow control and wiring")
        if error.errno in (None, errno.EIO) and not opening:  # pyserial reports a port pulled out while reading without a number
            return PortGone(errno.ENODEV, f"{self.name}: the port went away ({error}); check that it is plugged in")
        return hardware_error(error, self.name, opening=True)


def _numbered(error: Exception) -> OSError:
    """What pyserial lets through of the terminal's own errors (flushing a port that was pulled out) is no OSError, and says the same."""
    return error if isinstance(error, OSError) else OSError(*error.args)


class SerialPorts:
    """The ports of one machine, one object per URL. connect: opens a URL with pyserial's settings."""

    def __init__(self, connect: Callable[[str, dict[str, Any]], Port]) -> None:
        self._connect = connect
        self._ports: dict[str, tuple[SharedSerial, dict[str, Any]]] = {}

    def get(self, url: str, settings: dict[str, Any]) -> SharedSerial:
        """The shared port of this URL; Refused where it is already shared with other settings."""
        wanted = {"timeout": TIMEOUT, "write_timeout": TIMEOUT, **settings}
        if url not in self._ports:
            self._ports[url] = (SharedSerial(url, lambda: self._connect(url, wanted)), wanted)
        port, agreed = self._ports[url]
        if agreed != wanted:
            raise Refused(f"{url}: one sensor wants {wanted}, another {agreed}; sensors on one port need the same settings")
        return port

    def forget(self, url: str) -> None:
        """The next to ask for this URL opens it afresh; whoever has it now hangs."""
        port, _ = self._ports.pop(url, (None, None))
        if port is not None:
            port.share()

    def close(self) -> None:
        """Close every port."""
        for port, _ in self._ports.values():
            port.close()


def open_url(url: str, settings: dict[str, Any]) -> Any:
    """Open a real port through pyserial, exclusively: a second program on the same port would steal bytes."""
    import serial

    port: Any = serial.serial_for_url(url, **({"exclusive": True} | settings))
    return port
