"""How a sensor would be known on a bus before anybody has configured it: what a driver file may add as SIGNATURES.

A scan only listens and asks for readings; nothing that it sends may change a device. What an answer proves is said honestly: `sure` only where
no other sensor we know would have answered so. The stanza to paste is made of the guess, so that what the scan found is what the node will read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from hardware.buses.i2c import SharedI2C
    from hardware.driver import Clock


class Guess(NamedTuple):
    """What answered. what: in words, for a person. options: keys and values to configure it with, beside its place (bus and address, or port).
    sure: whether no other sensor we know answers so."""

    what: str
    options: Mapping[str, Any]
    sure: bool = False


@dataclass(frozen=True)
class OnI2C:
    """A sensor on an I2C bus. addresses: those it may have. ask: reads from an address that has acknowledged and says what is there; None where it
    is not this sensor; a HardwareError counts as None."""

    addresses: tuple[int, ...]
    ask: Callable[[SharedI2C, int, Clock], Guess | None]


@dataclass(frozen=True)
class OnSerial:
    """A sensor on a serial line. settings: pyserial's (baudrate, parity, ...). question: what is sent after the line was cleared, nothing for a
    sensor that talks on its own. wait: seconds in which the answer comes. tell: says what the bytes heard in that time mean; None for any others."""

    settings: Mapping[str, Any]
    tell: Callable[[bytes], Guess | None]
    question: bytes = b""
    wait: float = 1.0


Signature = OnI2C | OnSerial
