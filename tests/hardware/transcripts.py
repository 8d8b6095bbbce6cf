"""What really stands on the line of each serial sensor: the bytes that its driver read off the simulated port of its example, and the parsers that
find frames in them. Nobody lists parsers or drivers: both are found."""

from __future__ import annotations

import importlib
import pkgutil
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

import hardware.drivers
from hardware.driver import load, names
from hardware.errors import HardwareError
from hardware.quantities import convert
from hardware.scout import Guess, OnSerial
from hardware.sim.buses import SimBuses
from hardware.sim.clock import SteppedClock
from hardware.sim.scenario import parse
from hardware.sim.serial_port import SimulatedPort
from hardware.sim.world import World

EXAMPLES = Path(__file__).parent / "examples"
READS = 3
"""Readings in a transcript."""


def parsers() -> dict[str, Callable[[], Any]]:
    """Makers of every parser that a driver file names in PARSERS, by `file/what`."""
    found: dict[str, Callable[[], Any]] = {}
    for module in pkgutil.iter_modules(hardware.drivers.__path__):
        loaded = importlib.import_module(f"hardware.drivers.{module.name}")
        found |= {f"{module.name}/{what}": make for what, make in getattr(loaded, "PARSERS", {}).items()}
    return found


def tells() -> dict[str, Callable[[bytes], Guess | None]]:
    """What a scan knows every sensor on a serial line by, by `driver/signature and number`."""
    return {
        f"{name}/signature {number}": signature.tell
        for name in names()
        for number, signature in enumerate(load(name).signatures)
        if isinstance(signature, OnSerial)
    }


def transcripts() -> dict[str, bytes]:
    """The bytes of some readings of every example that sits on a serial line."""
    spoken = {path.stem: _transcript(path) for path in sorted(EXAMPLES.glob("*.toml"))}
    return {name: data for name, data in spoken.items() if data}


def _transcript(path: Path) -> bytes:
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    family = load(path.stem.partition(".")[0])
    options = msgspec.convert(told["options"], family.options, dec_hook=convert)
    if not options.bus().startswith("serial"):
        return b""
    heard = bytearray()

    class Overheard(SimulatedPort):
        """A port whose bytes are noted."""

        def read(self, size: int = 1) -> bytes:
            data = super().read(size)
            heard.extend(data)
            return data

    class Tapped(SimBuses):
        """Buses whose serial ports are overheard."""

        def _open_serial(self, url: str, settings: dict[str, Any]) -> Any:
            return Overheard(f"serial:{url}", self.world.chips[f"serial:{url}"], self.world, **settings)

    clock = SteppedClock()
    buses = Tapped(World(parse(told), clock, 1))
    driver = family.open(options, buses, clock)
    for _ in range(READS):
        try:
            driver.read()
        except HardwareError:
            continue
        finally:
            clock.advance(1.0)
    driver.close()
    return bytes(heard)


def frames(make: Callable[[], Any], data: bytes) -> list[Any]:
    """What a fresh parser finds in these bytes."""
    return list(make().feed(data))
