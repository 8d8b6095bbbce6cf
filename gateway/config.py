"""The configuration: one `gateway.toml`, read once, typed, frozen; every mistake is told at once, with its path and its remedy.

Secrets never stand in it: they come from files. Each driver, output and kind of derived series declares its own options in its own file; the keys a
sensor table does not share with every sensor are that driver's. A calibration is a fact, not configuration.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from gateway import claims, regional, tomlfile
from gateway.checks import Checks
from gateway.contract.topics import NAME
from gateway.derivation import Derived
from gateway.derivation.dose import Exposed
from gateway.derivation.section import derive
from gateway.model import KNOWN_UNITS, SeriesInfo, Table
from gateway.problems import Problem, fill, find, name, unknown
from gateway.rules import Rule
from gateway.rules.rule import Origin, origins_of
from gateway.rules.section import Site, ruled
from gateway.sections import Button, Hub, Mounted, Node, Outbox, Output, Sensor, Wired
from hardware import driver, output
from hardware.sample import Channel

__all__ = ["Button", "Checks", "Config", "ConfigError", "Derived", "Hub", "Mounted", "Node", "Outbox", "Output", "Sensor", "Wired", "build", "load"]
T = TypeVar("T")
SECTIONS = ("node", "hub", "outbox")
LISTS = ("sensor", "derived", "quality", "alarm", "output", "button")
MOST = 256
"""Tables in one list: far more than the inputs of a Pi."""
DECIMALS = 9
"""Digits after the point that a number may be shown with."""


class ConfigError(Exception):
    """The configuration cannot be used; `problems` says all that is wrong with it. Exit code 78."""

    def __init__(self, path: Path, problems: list[Problem]) -> None:
        self.path = path
        self.problems = problems
        super().__init__("\n".join(f"{path}: {problem}" for problem in problems))


class Config(msgspec.Struct, frozen=True):
    """A whole configuration that may be used. digest: eight hexadecimal digits of the file. derived: each after what it is derived from. checks:
    what is tested, by [[quality]] tables."""

    node: Node
    hub: Hub
    outbox: Outbox
    sensors: tuple[Mounted, ...]
    alarms: tuple[Rule, ...]
    outputs: tuple[Wired, ...]
    digest: str
    derived: tuple[Derived, ...] = ()
    checks: tuple[Checks, ...] = ()
    buttons: tuple[Button, ...] = ()

    def table(self) -> Table:
        """The series in their order: those of the sensors, then the derived ones."""
        return Table((*(info for mounted in self.sensors for info in _series_of(mounted)), *(found.info for found in self.derived)))


def _series_of(mounted: Mounted) -> list[SeriesInfo]:
    return [
        SeriesInfo(mounted.series[c.name], c.quantity, c.unit, c.decimals, c.low, c.high, period, c.slope, c.intercept, datum=c.datum)
        for period in [float(mounted.sensor.period)]
        for c in mounted.options.channels()
    ]


def load(path: Path) -> Config:
    """Read and check a configuration; ConfigError with every mistake."""
    try:
        data = tomlfile.read(path)
        digest = hashlib.blake2b(data, digest_size=4).hexdigest()
        return tomlfile.parse(data, lambda tree: build(tree, path, digest))
    except tomlfile.BadFile as error:
        raise ConfigError(path, [error.problem]) from error


def build(tree: dict[str, Any], path: Path, digest: str) -> Config:
    """A Config from a parsed tree; ConfigError with every mistake."""
    problems: list[Problem] = []
    known = [*SECTIONS, *LISTS]
    unknown(tree.keys() - set(known), tree, "", known, problems)
    node = fill(Node, tree.get("node", {}), "node", problems)
    hub = fill(Hub, tree.get("hub", {}), "hub", problems)
    outbox = fill(Outbox, tree.get("outbox", {}), "outbox", problems)
    sensors, whole_sensors = _each(tree, "sensor", _mount, problems)
    outputs, whole_outputs = _each(tree, "output", _wire, problems)
    checks, _ = _each(tree, "quality", lambda table, path, found: fill(Checks, table, path, found), problems)
    infos: dict[str, SeriesInfo | None] = {info.name: info for _, mounted in sensors for info in _series_of(mounted)}
    derived, whole_derived = _each(tree, "derived", lambda table, path, found: derive(table, path, infos, whole_sensors, found), problems)
    whole = whole_sensors and whole_derived
    ready = {made.info.name: made.options.ready() for _, made in derived if isinstance(made.options, Exposed)}
    site = Site(infos, _origins(_items(sensors), _items(derived)), whole, ready)
    alarms, _ = _each(tree, "alarm", lambda table, path, found: ruled(table, path, site, found), problems)
    buttons, _ = _each(tree, "button", lambda table, path, found: fill(Button, table, path, found), problems)
    problems += claims.check(claims.Parts(sensors, outputs, alarms, whole_sensors, whole_outputs, derived, checks, whole, buttons))
    if node is not None:
        measured = {series: info for series, info in infos.items() if info is not None}
        problems += regional.refused(node, alarms, measured, {found.info.name: found.source for _, found in derived})
    if problems or node is None or hub is None or outbox is None:
        raise ConfigError(path, problems)
    return Config(node, hub, outbox, _items(sensors), _items(alarms), _items(outputs), digest, _items(derived), _items(checks), _items(buttons))


def _origins(sensors: tuple[Mounted, ...], derived: tuple[Derived, ...]) -> dict[str, frozenset[Origin]]:
    """Where every series comes from: of a derived one, where all that it is derived from does."""
    found = {name: origins_of(m.options.bus(), m.options.claims()) for m in sensors for name in m.series.values()}
    for made in derived:
        found[made.info.name] = frozenset().union(*(found.get(name, frozenset()) for name in (made.source, *made.options.partners().values())))
    return found


def _items(found: list[tuple[str, T]]) -> tuple[T, ...]:
    return tuple(item for _, item in found)


def _each(
    tree: dict[str, Any], key: str, make: Callable[[dict[str, Any], str, list[Problem]], T | None], problems: list[Problem]
) -> tuple[list[tuple[str, T]], bool]:
    """What `make` makes of the tables of a list, each with its path, and whether that is all of them."""
    found = tree.get(key, [])
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        problems.append(Problem(key, found, "not a list of tables", f"write [[{key}]]"))
        return [], False
    if len(found) > MOST:
        problems.append(Problem(key, len(found), "too many tables", f"write at most {MOST}"))
        return [], False
    made = [(path, make(table, path, problems)) for index, table in enumerate(found) for path in [_path(table, f"{key}[{index}]")]]
    return [(path, item) for path, item in made if item is not None], all(item is not None for _, item in made)


def _path(table: dict[str, Any], path: str) -> str:
    return f"{path} {name(table['name'])}" if isinstance(table.get("name"), str) else path


def _mount(table: dict[str, Any], path: str, problems: list[Problem]) -> Mounted | None:
    shared = [field.encode_name for field in msgspec.structs.fields(Sensor)]
    sensor = fill(Sensor, {key: value for key, value in table.items() if key in shared}, path, problems)
    family = find(driver.load, table, path, "driver", "driver", problems)
    if family is None:
        return None
    options = fill(family.options, {key: value for key, value in table.items() if key not in shared}, path, problems, tuple(shared))
    if sensor is None or options is None:
        return None
    return Mounted(sensor, options, _names(sensor, options.channels(), path, problems))


def _wire(table: dict[str, Any], path: str, problems: list[Problem]) -> Wired | None:
    shared = [field.encode_name for field in msgspec.structs.fields(Output)]
    named = fill(Output, {key: value for key, value in table.items() if key in shared}, path, problems)
    kind = find(output.load, table, path, "kind", "kind of output", problems)
    if kind is None:
        return None
    options = fill(kind.options, {key: value for key, value in table.items() if key not in shared}, path, problems, tuple(shared))
    return None if named is None or options is None else Wired(named, options)


def _names(sensor: Sensor, channels: tuple[Channel, ...], path: str, problems: list[Problem]) -> dict[str, str]:
    """Series names of a sensor's channels: the sensor's own name where there is one channel, else `sensor.channel`, unless it says otherwise."""
    for key, given in sensor.series.items():
        if key not in {channel.name for channel in channels}:
            known = ", ".join(channel.name for channel in channels)
            problems.append(Problem(f"{path}.series.{name(key)}", given, "no such channel", f"this driver gives: {known}"))
        elif not NAME.fullmatch(given):
            problems.append(Problem(f"{path}.series.{key}", given, "not a name of a series", "use letters, digits, '-', '_' and '.', at most 64"))
    for channel in channels:
        problems += _unfit(channel, path)
    names = {c.name: sensor.series.get(c.name, sensor.name if len(channels) == 1 else f"{sensor.name}.{c.name}") for c in channels}
    for key, made in names.items():
        if key not in sensor.series and not NAME.fullmatch(made):
            remedy = f'shorten the sensor\'s name, or name the series: series = {{ {key} = "..." }}'
            problems.append(Problem(f"{path}.name", made, "makes a series name longer than 64", remedy))
    return names


def _unfit(channel: Channel, path: str) -> list[Problem]:
    """What is wrong with what a driver says of a channel, where the options let it say that."""
    found = []
    if channel.unit not in KNOWN_UNITS:
        found.append(Problem(f"{path}.unit", channel.unit, "unknown unit", f"write a UCUM code: {', '.join(sorted(KNOWN_UNITS))}"))
    if not 0 <= channel.decimals <= DECIMALS:
        found.append(Problem(f"{path}.decimals", channel.decimals, "out of range", f"write 0 to {DECIMALS}"))
    if not all(map(math.isfinite, (channel.low, channel.high, channel.slope, channel.intercept))):
        found.append(Problem(path, None, f"{channel.name} has a range beyond every number", "write smaller numbers for its range"))
    return found
