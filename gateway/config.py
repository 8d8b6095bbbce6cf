"""The configuration: one `gateway.toml`, read once, typed, frozen; every mistake is told at once, with its path and its remedy.

Secrets never stand in it: they come from files. Each driver and each output declares its own options in its own file; the keys a sensor table
does not share with every sensor are that driver's. A calibration is a fact, not configuration.
"""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from gateway import claims
from gateway.contract.topics import NAME
from gateway.model import KNOWN_UNITS, SeriesInfo, Table, Threshold
from gateway.problems import Problem, fill
from hardware import driver, output
from hardware.errors import Refused
from hardware.quantities import Seconds, Size

Positive = Annotated[float, msgspec.Meta(gt=0)]


class ConfigError(Exception):
    """The configuration cannot be used; `problems` says all that is wrong with it. Exit code 78."""

    def __init__(self, path: Path, problems: list[Problem]) -> None:
        self.path = path
        self.problems = problems
        super().__init__("\n".join(f"{path}: {problem}" for problem in problems))


class Place(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where the node is. latitude, longitude: degrees (WGS 84). text: in words. datum: what levels refer to; elevation: of that datum, metres."""

    latitude: Annotated[float, msgspec.Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, msgspec.Meta(ge=-180, le=180)] | None = None
    text: str = ""
    datum: str = ""
    elevation: float | None = None


class Node(msgspec.Struct, frozen=True):
    """Who the node is and where it keeps its things. state: the outbox's directory, on the disk; runtime: on tmpfs, gone with the power."""

    site: str
    name: str
    title: str = ""
    place: Place = Place()
    state: str = "/var/lib/edge-gateway"
    runtime: str = "/run/edge-gateway"

    def __post_init__(self) -> None:
        for key, value in (("site", self.site), ("name", self.name)):
            if not NAME.fullmatch(value):
                raise ValueError(f"{key} {value!r} cannot stand in a topic; use letters, digits, '-', '_' and '.', at most 64")


class Hub(msgspec.Struct, frozen=True):
    """How to reach the hub. url: `mqtts://host:8883`, or `mqtt://` to loopback or with `insecure = true`, which the birth tells.

    ca, certificate, key, password_file: paths. delivered: what frees a message, the hub's receipt or a PUBACK (for hubs of ordinary tools).
    window: bytes without a receipt; 16 KiB suits a slow link.
    """

    url: str = "mqtt://127.0.0.1:1883"
    ca: str = ""
    certificate: str = ""
    key: str = ""
    username: str = ""
    password_file: str = ""
    insecure: bool = False
    delivered: Literal["receipt", "puback"] = "receipt"
    window: Size = Size(256 << 10)


class Outbox(msgspec.Struct, frozen=True):
    """size: most bytes of readings on the disk. flush: what a power cut may cost. seal: seconds of readings in a Block while the hub listens,
    seal_offline: while it does not."""

    size: Size = Size(128 << 20)
    flush: Seconds = Seconds(5)
    seal: Seconds = Seconds(5)
    seal_offline: Seconds = Seconds(60)

    def __post_init__(self) -> None:
        if not 4 << 20 <= self.size <= 64 << 30:
            raise ValueError(f"size {self.size} bytes is out of range; write 4 MiB to 64 GiB")
        if not 0 < self.flush <= 60 or not 0 < self.seal <= 3600 or not 0 < self.seal_offline <= 3600:
            raise ValueError("flush, seal or seal_offline is out of range; write up to 60 s for flush and up to 1 h for seals")


class Sensor(msgspec.Struct, frozen=True):
    """One sensor: its name, its driver, how often it is read; every further key is an option of the driver. series: other names for channels."""

    name: str
    driver: str
    period: Seconds = Seconds(1)
    series: dict[str, str] = {}

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ValueError(f"name {self.name!r} cannot be part of a series name; use letters, digits, '-', '_' and '.'")
        if not 0.02 <= self.period <= 86400:
            raise ValueError(f"period of {self.period} s is out of range; write 20 ms to 1 d")


class Alarm(msgspec.Struct, frozen=True):
    """One alarm: two thresholds (a1, a2) on a series, in its unit, rising or falling. hysteresis: in the same unit. on_delay, off_delay: how long a
    condition lasts before it counts and is gone before it clears. fault_after: bad readings for this long are the alarm's own fault."""

    name: str
    series: str
    a1: float
    a2: float | None = None
    direction: Literal["rising", "falling"] = "rising"
    hysteresis: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    on_delay: Seconds = Seconds(0)
    off_delay: Seconds = Seconds(0)
    fault_after: Seconds = Seconds(5)
    outputs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        sign = 1 if self.direction == "rising" else -1
        if self.a2 is not None and sign * self.a2 <= sign * self.a1:
            beyond = "above" if sign > 0 else "below"
            raise ValueError(f"thresholds crossed: a2 ({self.a2:g}) must be {beyond} a1 ({self.a1:g}) for a {self.direction} alarm; swap them")

    def rule(self) -> Threshold:
        """The rule that guard works with."""
        return Threshold(
            self.name, self.series, self.a1, self.a2, self.direction, self.hysteresis, self.on_delay, self.off_delay, self.fault_after, self.outputs
        )


class Output(msgspec.Struct, frozen=True):
    """One output: its name, its kind; every further key is an option of the kind."""

    name: str
    kind: str


class Wired(msgspec.Struct, frozen=True):
    """An output with its kind's options."""

    output: Output
    options: Any


class Mounted(msgspec.Struct, frozen=True):
    """A sensor with its driver's options and the series it gives: channel name to series name."""

    sensor: Sensor
    options: Any
    series: dict[str, str]


class Config(msgspec.Struct, frozen=True):
    """A whole configuration that may be used. digest: eight hexadecimal digits of the file."""

    node: Node
    hub: Hub
    outbox: Outbox
    sensors: tuple[Mounted, ...]
    alarms: tuple[Alarm, ...]
    outputs: tuple[Wired, ...]
    digest: str

    def table(self) -> Table:
        """The series in their order."""
        return Table(tuple(info for mounted in self.sensors for info in _series_of(mounted)))


def _series_of(mounted: Mounted) -> list[SeriesInfo]:
    return [
        SeriesInfo(mounted.series[c.name], c.quantity, c.unit, c.decimals, c.low, c.high, float(mounted.sensor.period), c.slope, c.intercept)
        for c in mounted.options.channels()
    ]


_SECTIONS: dict[str, type[msgspec.Struct]] = {"node": Node, "hub": Hub, "outbox": Outbox}
_LISTS = ("sensor", "alarm", "output")


def load(path: Path) -> Config:
    """Read and check a configuration; ConfigError with every mistake."""
    try:
        text = path.read_bytes()
        tree = tomllib.loads(text.decode())
    except OSError as error:
        raise ConfigError(path, [Problem("file", str(path), error.strerror or "cannot be read", "name a readable file")]) from error
    except UnicodeDecodeError as error:
        raise ConfigError(path, [Problem("file", None, f"byte {error.start} is not UTF-8", "save the file as UTF-8")]) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(path, [Problem("syntax", None, str(error), "mend the TOML there")]) from error
    return build(tree, path, hashlib.blake2b(text, digest_size=4).hexdigest())


def build(tree: dict[str, Any], path: Path, digest: str) -> Config:
    """A Config from a parsed tree; ConfigError with every mistake."""
    problems: list[Problem] = []
    for key in tree.keys() - _SECTIONS.keys() - set(_LISTS):
        problems.append(Problem(key, None, "unknown section", f"known: {', '.join((*_SECTIONS, *(f'[[{name}]]' for name in _LISTS)))}"))
    sections = {key: fill(kind, tree.get(key, {}), key, problems) for key, kind in _SECTIONS.items()}
    sensors = [_mount(table, f"sensor[{index}]", problems) for index, table in enumerate(_tables(tree, "sensor", problems))]
    outputs = [_wire(table, f"output[{index}]", problems) for index, table in enumerate(_tables(tree, "output", problems))]
    alarms = [fill(Alarm, table, _path(table, f"alarm[{index}]"), problems) for index, table in enumerate(_tables(tree, "alarm", problems))]
    _files(tree.get("hub", {}), problems)
    claims.check(tree, [m for m in sensors if m], [w for w in outputs if w], [a for a in alarms if a], problems)
    if problems:
        raise ConfigError(path, problems)
    return Config(
        sections["node"], sections["hub"], sections["outbox"],  # type: ignore[arg-type]
        tuple(m for m in sensors if m), tuple(a for a in alarms if a), tuple(w for w in outputs if w), digest,
    )  # fmt: skip


def _path(table: dict[str, Any], path: str) -> str:
    return f"{path} {table['name']}" if isinstance(table.get("name"), str) else path


def _tables(tree: dict[str, Any], key: str, problems: list[Problem]) -> list[dict[str, Any]]:
    found = tree.get(key, [])
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        problems.append(Problem(key, None, "not a list of tables", f"write [[{key}]]"))
        return []
    return found


def _mount(table: dict[str, Any], path: str, problems: list[Problem]) -> Mounted | None:
    shared = [field.encode_name for field in msgspec.structs.fields(Sensor)]
    path = _path(table, path)
    sensor = fill(Sensor, {key: value for key, value in table.items() if key in shared}, path, problems)
    try:
        family = driver.load(str(table.get("driver")))
    except Refused as error:
        if "driver" in table:
            problems.append(Problem(f"{path}.driver", table["driver"], "unknown driver", str(error).partition("; ")[2]))
        return None
    options = fill(family.options, {key: value for key, value in table.items() if key not in shared}, path, problems, tuple(shared))
    if sensor is None or options is None:
        return None
    return Mounted(sensor, options, _names(sensor, options, path, problems))


def _wire(table: dict[str, Any], path: str, problems: list[Problem]) -> Wired | None:
    shared = [field.encode_name for field in msgspec.structs.fields(Output)]
    path = _path(table, path)
    named = fill(Output, {key: value for key, value in table.items() if key in shared}, path, problems)
    try:
        kind = output.load(str(table.get("kind")))
    except Refused as error:
        if "kind" in table:
            problems.append(Problem(f"{path}.kind", table["kind"], "unknown kind of output", str(error).partition("; ")[2]))
        return None
    options = fill(kind.options, {key: value for key, value in table.items() if key not in shared}, path, problems, tuple(shared))
    return None if named is None or options is None else Wired(named, options)


def _names(sensor: Sensor, options: driver.Options, path: str, problems: list[Problem]) -> dict[str, str]:
    """Series names of a sensor's channels: the sensor's own name where there is one channel, else `sensor.channel`, unless it says otherwise."""
    channels = options.channels()
    for name in sensor.series.keys() - {channel.name for channel in channels}:
        known = ", ".join(channel.name for channel in channels)
        problems.append(Problem(f"{path}.series.{name}", sensor.series[name], "no such channel", f"this driver gives: {known}"))
    for channel in channels:
        if channel.unit not in KNOWN_UNITS:
            problems.append(Problem(f"{path}.unit", channel.unit, "unknown unit", f"write a UCUM code: {', '.join(sorted(KNOWN_UNITS))}"))
    return {c.name: sensor.series.get(c.name, sensor.name if len(channels) == 1 else f"{sensor.name}.{c.name}") for c in channels}


def _files(hub: Any, problems: list[Problem]) -> None:
    """Every file the hub section names is there."""
    for key in ("ca", "certificate", "key", "password_file"):
        value = hub.get(key) if isinstance(hub, dict) else None
        if isinstance(value, str) and value and not Path(value).is_file():
            problems.append(Problem(f"hub.{key}", value, "no such file", "put the file there or correct the path"))
