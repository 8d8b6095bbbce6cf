"""The fixed catalogue: seven faults of a sensor, five shapes each, as faults of the simulated world.

The seven are those that flight software tests its sensors with: off, stuck, garbage, wrong, slow, delayed, intermittent. Of each, one shape is
plausible: it looks like a sensor that works. What a shape is made of depends on how the sensor is connected, not on its driver, so that a new driver
gets the same treatment without a line here. Seconds are scenario time; lengths that a driver may bridge are told in its own periods.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from hardware.sim import faults
from hardware.sim.faults import Fault

FAULTS = ("off", "stuck", "garbage", "wrong", "slow", "delayed", "intermittent")
Kind = Literal["adc", "i2c", "talks", "asked", "rs485", "pin", "host"]
FOREVER = 100_000.0


@dataclass(frozen=True)
class Site:
    """Where a sensor is. bus: its bus or, of a serial sensor, its port. chip: the device, `line` the wire to it (for RS-485 the line with all its
    devices). inputs: what follows the signals. unpowered: the kind of fault that is a stage before a converter without supply or wire. value: of the
    signal while it is well. period: seconds between readings. slow_from: how many times slower than by its sheet is what the driver calls late.
    bridge: seconds of silence that it waits through because its sheet allows them."""

    kind: Kind
    bus: str
    chip: str
    line: str
    inputs: tuple[str, ...]
    unpowered: type[Fault]
    value: float
    period: float
    slow_from: float
    bridge: float


@dataclass(frozen=True)
class Shape:
    """One way to have a fault. faults: with times that count from its beginning."""

    name: str
    faults: tuple[Fault, ...]
    plausible: bool = False


def shapes(fault: str, site: Site) -> list[Shape]:
    """The five shapes of a fault at a site; none where it cannot happen there."""
    made = {"off": off, "stuck": stuck, "garbage": garbage, "wrong": wrong, "slow": slow, "delayed": delayed, "intermittent": intermittent}
    return list(made[fault](site))


def off(site: Site) -> Iterator[Shape]:
    """Without supply, wire or bus."""
    away, one = (faults.Unplugged, site.bus), site.period
    if site.kind == "adc":
        yield Shape("the stage before the converter is dead", tuple(_on(site.unpowered, place) for place in site.inputs), True)
        chip = (faults.Off, faults.Nak)
        yield from (Shape(f"converter: {kind.__name__.lower()}", (_on(kind, site.chip),)) for kind in chip)
        yield Shape("bus: jammed", (_on(faults.Jam, site.bus),))
        yield Shape("bus: gone", (_on(*away),))
    elif site.kind == "pin":
        yield Shape("its wire is cut", (_on(faults.Open, site.chip),), True)
        yield Shape("its wire is cut for a while", (_on(faults.Open, site.chip, 0, 3 * one),))
        yield Shape("shorted to ground", (_on(faults.Garbled, site.line, shape="zeros"),))
        yield Shape("shorted to supply", (_on(faults.Garbled, site.line, shape="ones"),))
        yield Shape("pins: gone", (_on(*away),))
    elif site.kind == "host":
        yield Shape("files gone", (_on(*away),))
        yield Shape("files gone for one period", (_on(*away, 0, one),), True)
        yield Shape("files gone for two periods", (_on(*away, 0, 2 * one),))
        yield Shape("files of zeros", (_on(faults.Garbled, site.chip, shape="zeros"),))
        yield Shape("garbled, then gone", (_on(faults.Garbage, site.chip, 0, one), _on(*away, one)))
    else:
        yield Shape("without supply", (_on(faults.Off, site.chip),))
        yield Shape("without supply for one period", (_on(faults.Off, site.chip, 0, one),), True)
        yield Shape("powered and silent", (_on(faults.Hang, site.chip),))
        yield Shape("unplugged", (_on(*away),))
        if site.kind == "i2c":
            yield Shape("bus: jammed", (_on(faults.Jam, site.bus),))
        else:
            cut = _on(faults.Garbled, site.line, 0, one / 2, shape="cut")
            yield Shape("dies in the middle of a frame", (cut, _on(faults.Off, site.chip, one / 2)))


def stuck(site: Site) -> Iterator[Shape]:
    """The same number for ever."""
    yield Shape("at what it was", tuple(_on(faults.Stuck, place) for place in site.inputs), True)
    yield Shape("at a number near by", _steady(site, site.value * 1.02))
    yield Shape("at nothing", _steady(site, 0.0))
    if site.kind == "pin":
        yield Shape("at a great number", _steady(site, site.value * 1000 + 1000))
        yield Shape("its pin is held", (_on(faults.Garbled, site.line, shape="ones"),))
    elif site.kind == "host":
        yield Shape("at a lower number", _steady(site, site.value * 0.9))
        yield Shape("files frozen", (_on(faults.Repeated, site.line),))
    else:
        yield Shape("beyond its range", _steady(site, site.value * 1000 + 1000))
        yield Shape("says its last words again", (_on(faults.Repeated, site.line),))


def garbage(site: Site) -> Iterator[Shape]:
    """Its bytes, files or level are spoiled on the way. Of a converter's answers one bit flips in the code alone: I2C has no
    checksum."""
    for shape in ("random", "zeros", "ones", "cut"):
        yield Shape("cut short" if shape == "cut" else shape, (_on(faults.Garbled, site.line, shape=shape),))
    yield Shape("one bit flipped", (_on(faults.Garbled, site.line, shape="flipped", only="00" if site.kind == "adc" else ""),), True)


def wrong(site: Site) -> Iterator[Shape]:
    """Another number than there is."""
    for factor in (1.1, 0.9, 0.5, 2.0, 0.0):
        yield Shape(f"times {factor:g}", tuple(_on(faults.Wrong, place, factor=factor) for place in site.inputs), factor == 1.1)


def slow(site: Site) -> Iterator[Shape]:
    """Later, or more rarely, than its sheet says."""
    if site.kind in ("pin", "host"):
        return
    for times in (1.0, 1.5, 3.0, 10.0, 50.0):
        factor = site.slow_from * times
        yield Shape(f"{factor:.3g} times slower", (_on(faults.Slow, site.chip, factor=factor),), times == 1.0)


def delayed(site: Site) -> Iterator[Shape]:
    """True once, and old."""
    ages = (site.period, 3 * site.period, 10 * site.period, 60.0, 600.0)
    serial = site.kind in ("talks", "asked", "rs485")
    for place, age in enumerate(ages[: 4 if serial else 5]):
        yield Shape(f"{age:g} s old", tuple(_on(faults.Delayed, at, seconds=age) for at in site.inputs), place == 0)
    if serial:
        yield Shape("its words arrive a period late", (_on(faults.Late, site.line, seconds=site.period),))


def intermittent(site: Site) -> Iterator[Shape]:
    """A loose contact."""
    kind, on, more = _loose(site)
    p, short = site.period, max(0.004 if site.kind == "adc" else 0.1, site.bridge)
    yield Shape("away for one period", (_on(kind, on, 0, p, **more),), True)
    yield Shape("every other period", tuple(_on(kind, on, n * p, (n + 1) * p, **more) for n in (0, 2, 4)))
    yield Shape("two periods of five", tuple(_on(kind, on, n * p, (n + 2) * p, **more) for n in (0, 5)))
    if site.kind == "adc":
        yield Shape("the wire to the input", tuple(_on(site.unpowered, at, 2 * n * p, (2 * n + 1) * p) for at in site.inputs for n in range(3)))
    else:
        yield Shape("three periods of four", tuple(_on(kind, on, n * p, (n + 3) * p, **more) for n in (0, 4)))
    if site.kind == "pin":
        yield Shape("flutters", (_on(faults.Garbled, site.line, shape="cut"),))
    elif site.kind == "host":
        yield Shape("away in the third period", (_on(kind, on, 2 * p, 3 * p),))
    else:
        yield Shape("flutters", (_on(faults.Intermittent, site.chip, share=0.8, period=short),))


def _loose(site: Site) -> tuple[type[Fault], str, dict[str, Any]]:
    if site.kind == "pin":
        return faults.Open, site.chip, {}
    return (faults.Unplugged, site.bus, {}) if site.kind == "host" else (faults.Intermittent, site.chip, {"share": 1.0})


def _steady(site: Site, value: float) -> tuple[Fault, ...]:
    return tuple(_on(faults.Wrong, place, factor=0.0, offset=value) for place in site.inputs)


def _on(kind: type[Fault], on: str, start: float = 0.0, end: float = FOREVER, **more: Any) -> Fault:
    return kind(on=on, start=start, end=end, **more)
