"""The buses a driver may ask for: one shared, locked object per physical bus, pins reserved by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from hardware.buses.i2c import SharedI2C
    from hardware.buses.serial import SharedSerial


class Buses(Protocol):
    """What a node, or a simulation, hands to its drivers and outputs."""

    def i2c(self, number: int) -> SharedI2C:
        """The I2C bus `/dev/i2c-<number>` as an object with Adafruit's five methods (try_lock, unlock, scan, readfrom_into, writeto, ...)."""

    def serial(self, url: str, **settings: Any) -> SharedSerial:
        """The serial port behind a pyserial URL; `settings` are pyserial's (baudrate, timeout, ...). Refused where two ask for different ones."""

    def pin(self, number: int, owner: str) -> Any:
        """Reserve a BCM pin for `owner`; Refused, naming the holder, where it is taken. Gives gpiozero's pin factory to build a device on."""

    def close(self) -> None:
        """Give everything back."""
