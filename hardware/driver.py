"""The door of every sensor: one module in `hardware.drivers` with two classes, `Options` and `Driver`. Dropping the file in is all it takes.
It may add SIGNATURES (hardware/scout.py), by which `edge-gateway scan` knows the sensor, and CHOICES: by option, what tells the names that ship for
it. Its docstring ends with an example to paste.

`Options` is a frozen msgspec.Struct: the keys a person may write under a sensor in `gateway.toml`, each with its unit in the docstring. It
knows, before any hardware is touched, on which bus the sensor sits and which channels it gives, so that the node can announce a sensor that
is not answering. `Driver(options, buses, clock)` may fail at construction and at every read with a HardwareError: the sampler turns that into
BAD samples, closes the driver, and opens it again later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from hardware import doors
from hardware.sample import Channel, Sample

if TYPE_CHECKING:
    from hardware.buses import Buses
    from hardware.scout import Signature

PACKAGE = "hardware.drivers"


class Clock(Protocol):
    """The time a driver lives on: seconds that never step, and a wait that a simulation may shorten."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; never goes back."""

    def sleep(self, seconds: float) -> None:
        """Wait; zero or less returns at once."""


class Options(Protocol):
    """What a person configures for one sensor of this family."""

    def bus(self) -> str:
        """Name of the one physical bus it sits on (`i2c-1`, `serial:/dev/serial0`, `gpio`): one loop per bus."""

    def channels(self) -> tuple[Channel, ...]:
        """What it measures, known without touching the hardware."""

    def claims(self) -> tuple[str, ...]:
        """What nobody else may use (`i2c-1:0x48/A0`, `serial:/dev/serial0`, `gpio-17`): a second claim is a mistake in the configuration."""

    # A sensor that is slow by its nature may add `slowest() -> float`, the seconds from one reading of a healthy one to the next at least: a shorter
    # period is refused. No method of this Protocol, because most sensors take no time worth telling.


class Driver(Protocol):
    """An open sensor."""

    channels: tuple[Channel, ...]

    def read(self) -> Sequence[Sample]:
        """One Sample per channel, within a bounded time; raises HardwareError where there is none.

        A channel on which something happened since the last read (a contact that opened and closed) has a Sample for each, oldest first, those
        before the last with their time (`at`).
        """

    def close(self) -> None:
        """Give the bus back; never raises, may be called twice."""


@runtime_checkable
class Detailed(Protocol):
    """What a driver may give besides, where one reading is made of several measurements (the pings of a sonar): what only their middle would tell."""

    def details(self) -> Sequence[Sample]:
        """The single measurements behind the newest reading, oldest first, each with its own time (`at`) and on a channel of the driver; one that is
        no measurement is BAD with its raw number. None where there was only one, or where the newest read failed. Never raises."""


@dataclass(frozen=True)
class Family:
    """What `load` hands out: the two classes of a driver file. options: its Options class; open: its Driver class; signatures: how it would be
    known on a bus (hardware/scout.py), empty where nothing on the bus tells; choices: by option, what tells the names that ship for it."""

    name: str
    options: type[Options]
    open: Callable[[Options, Buses, Clock], Driver]
    doc: str
    signatures: tuple[Signature, ...] = ()
    choices: Mapping[str, Callable[[], Sequence[str]]] = field(default_factory=dict)


def names() -> list[str]:
    """The sensor families there are: the files in `hardware/drivers`, without importing any."""
    return doors.names(PACKAGE)


def load(name: str) -> Family:
    """Import `hardware.drivers.<name>`; Refused with the list of names where there is none, or where a door is missing."""
    module = doors.load(PACKAGE, "driver", name, ("Options", "Driver"), "hardware/driver.py")
    return Family(name, module.Options, module.Driver, module.__doc__ or "", getattr(module, "SIGNATURES", ()), getattr(module, "CHOICES", {}))
