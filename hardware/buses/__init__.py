"""The buses a driver may ask for: one shared, locked object per physical bus, pins reserved by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from hardware.buses.i2c import SharedI2C
    from hardware.buses.serial import SharedSerial


class Host(Protocol):
    """The computer itself, as far as its kernel tells of it in files."""

    def read(self, path: str) -> str:
        """The text of a file under /sys or /proc; PortGone where there is none, another HardwareError where it cannot be read."""

    def space(self, path: str) -> tuple[int, int]:
        """Bytes of the file system that `path` lies on: all, and those still free to an ordinary user."""


class Buses(Protocol):
    """What a node, or a simulation, hands to its drivers and outputs."""

    def i2c(self, number: int) -> SharedI2C:
        """The I2C bus `/dev/i2c-<number>` as an object with Adafruit's five methods (try_lock, unlock, scan, readfrom_into, writeto, ...)."""

    def serial(self, url: str, **settings: Any) -> SharedSerial:
        """The serial port behind a pyserial URL; `settings` are pyserial's (baudrate, timeout, ...). Refused where two ask for different ones."""

    def pin(self, number: int, owner: str) -> Any:
        """Reserve a BCM pin for `owner`; Refused, naming the holder, where it is taken. Gives gpiozero's pin factory to build a device on."""

    def host(self) -> Host:
        """The computer the node runs on, or the simulated one."""


class Present(NamedTuple):
    """What the machine has: numbers of its I2C buses, names of its serial ports (the lasting name where there is one)."""

    i2c: tuple[int, ...]
    serial: tuple[str, ...]


class OpenBuses(Buses, Protocol):
    """The same in the hands of who opened them, and closes them."""

    def present(self) -> Present:
        """Which buses there are; opens none."""

    def forget(self, bus: str) -> None:
        """Whoever uses this bus (`i2c-1`, `serial:/dev/ttyUSB0`) hangs and may hold it for ever: the next to ask for it has it afresh. No wait."""

    def close(self) -> None:
        """Give everything back."""
