"""One owner per physical I2C bus, and a bounded view of it for libraries that wait without a bound.

`SharedI2C` has Adafruit's five methods, so a published driver runs on it, and one lock that is held around a whole exchange (select, convert,
read): two drivers that share a chip can then never steal each other's channel. Below it is a `Wire` of two methods, Linux or simulated.

`DeadlineI2C` is what a library gets that polls in a bare `while not ready: pass`. It knows a poll by its being the same question as the one
before, paces polls with the clock, and raises Timeout once a poll sent after the deadline was not the last. It is the poll that counts and
not the clock alone: a thread that was not scheduled for a while finds the answer ready, and must not report a failure that never was.
"""

from __future__ import annotations

import errno
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from hardware.buses.mapping import hardware_error
from hardware.errors import HardwareError, Nak, PortGone, Refused, Timeout

if TYPE_CHECKING:
    from hardware.driver import Clock

CLAIM = 5.0
"""Real seconds to wait for the bus while another thread has it: far beyond any exchange, so only a hung thread meets it."""
PACE = 0.0005
"""Seconds between polls where a driver names nothing else."""
INSTANT = 1e-6
"""Seconds that are no time: a wait that ends this close to its deadline has ended there."""
ADDRESSES = range(0x08, 0x78)
"""Addresses a device may have; the others are reserved by the I2C specification."""


class Wire(Protocol):
    """The copper: whole transfers, errors as OSError with the kernel's numbers."""

    def transfer(self, address: int, out: bytes, count: int) -> bytes:
        """Write `out`, then without letting go of the bus read `count` bytes; only read where `out` is empty and `count` is not."""

    def close(self) -> None:
        """Let go of the bus."""


class Transfers(ABC):
    """Adafruit's three ways to move bytes, told as whole transfers."""

    @abstractmethod
    def transfer(self, address: int, out: bytes, count: int) -> bytes:
        """Write `out`, then without letting go of the bus read `count` bytes."""

    def readfrom_into(self, address: int, buffer: bytearray, *, start: int = 0, end: int | None = None) -> None:
        """Fill `buffer[start:end]` from the device."""
        _fill(buffer, start, end, lambda count: self.transfer(address, b"", count))

    def writeto(self, address: int, buffer: bytes | bytearray, *, start: int = 0, end: int | None = None) -> None:
        """Write `buffer[start:end]` to the device; an empty write asks whether it is there."""
        self.transfer(address, bytes(buffer[start:end]), 0)

    def writeto_then_readfrom(
        self,
        address: int,
        buffer_out: bytes | bytearray,
        buffer_in: bytearray,
        *,
        out_start: int = 0,
        out_end: int | None = None,
        in_start: int = 0,
        in_end: int | None = None,
    ) -> None:
        """Write, then read with a repeated start."""
        out = bytes(buffer_out[out_start:out_end])
        _fill(buffer_in, in_start, in_end, lambda count: self.transfer(address, out, count))


class SharedI2C(Transfers):
    """A physical bus. It is opened at the first transfer, and again after it was gone.

    name: `i2c-1`, used in messages. connect: opens the wire, OSError where that fails.
    """

    def __init__(self, name: str, connect: Callable[[], Wire]) -> None:
        self.name = name
        self._connect = connect
        self._wire: Wire | None = None
        self._lock = threading.RLock()

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Hold the bus for a whole exchange; Timeout where another thread does not give it back."""
        if not self._lock.acquire(timeout=CLAIM):
            raise Timeout(errno.ETIMEDOUT, f"{self.name}: another thread held the bus for {CLAIM:g} s; its sensor hangs")
        try:
            yield
        finally:
            self._lock.release()

    def try_lock(self) -> bool:
        """Take the bus if it is free (Adafruit's protocol)."""
        return self._lock.acquire(blocking=False)

    def unlock(self) -> None:
        """Give back what try_lock took."""
        self._lock.release()

    def scan(self) -> list[int]:
        """Addresses that acknowledge a read of one byte."""
        found = []
        for address in ADDRESSES:
            try:
                self.transfer(address, b"", 1)
            except Nak:
                continue
            found.append(address)
        return found

    def transfer(self, address: int, out: bytes, count: int) -> bytes:
        """One transfer; a BusError of our tree where it fails."""
        where = f"{self.name} address 0x{address:02x}"
        with self.claimed():
            wire = self._opened()
            try:
                return wire.transfer(address, out, count)
            except OSError as error:
                mapped = error if isinstance(error, HardwareError) else hardware_error(error, where)
                if isinstance(mapped, PortGone):
                    self.close()
                raise mapped from error

    def _opened(self) -> Wire:
        if self._wire is None:
            try:
                self._wire = self._connect()
            except OSError as error:
                raise hardware_error(error, self.name, opening=True) from error
        return self._wire

    def close(self) -> None:
        """Let go of the wire; the next transfer opens it again."""
        if self._wire is not None:
            wire, self._wire = self._wire, None
            wire.close()


class DeadlineI2C(Transfers):
    """The bus as a polling library sees it, usable only inside `within`."""

    def __init__(self, bus: SharedI2C, clock: Clock) -> None:
        self.polls = 0  # questions asked again since `within` began: what a test and a doctor want to see bounded
        self._bus = bus
        self._clock = clock
        self._open = False
        self._deadline = self._settle = self._pace = self._asked = 0.0
        self._last: tuple[int, bytes, int] | None = None

    @contextmanager
    def within(self, budget: float, settle: float = 0.0, pace: float = PACE) -> Iterator[None]:
        """Hold the bus for one exchange that may wait up to `budget` seconds.

        settle: seconds to wait between a write and the first read after it (the conversion time). pace: seconds between polls.
        """
        with self._bus.claimed():
            self.polls, self._last, self._open = 0, None, True
            self._settle, self._pace = settle, pace
            self._deadline = self._clock.monotonic() + budget
            try:
                yield
            finally:
                self._open = False

    def try_lock(self) -> bool:
        """The exchange already holds the bus. Refused outside `within`, where a library would wait for ever."""
        if not self._open:
            raise Refused(f"{self._bus.name}: a bounded view was used outside `within`; a driver must open one exchange per read")
        return True

    def unlock(self) -> None:
        """The bus is kept to the end of the exchange."""

    def scan(self) -> list[int]:
        """Addresses that answer."""
        return self._bus.scan()

    def transfer(self, address: int, out: bytes, count: int) -> bytes:
        """One transfer of the exchange, paced and bounded where it repeats the one before."""
        self.try_lock()
        key = (address, out, count)
        if count and key == self._last:
            self._poll(address)
        elif count and self._last is not None and not self._last[2]:
            self._clock.sleep(self._settle)
        self._last, self._asked = key, self._clock.monotonic()
        return self._bus.transfer(address, out, count)

    def _poll(self, address: int) -> None:
        if self._asked >= self._deadline - INSTANT:
            raise Timeout(errno.ETIMEDOUT, f"{self._bus.name} address 0x{address:02x}: not ready by its deadline; check its supply and wiring")
        self.polls += 1
        self._clock.sleep(min(self._pace, self._deadline - self._clock.monotonic()))  # the last poll goes out at the deadline


def _fill(buffer: bytearray, start: int, end: int | None, read: Callable[[int], bytes]) -> None:
    """Put what `read(count)` gives into `buffer[start:end]`."""
    last = len(buffer) if end is None else end
    buffer[start:last] = read(last - start)
