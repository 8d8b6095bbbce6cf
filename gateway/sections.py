"""The sections of `gateway.toml`, typed and frozen: what each key means, its unit, and what is wrong with a value, told by `mistakes` all at once.

What only shows when sections are seen together stands in `claims`; what a driver or an output asks for stands in its own file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec

from gateway import limits
from gateway.address import BadAddress, endpoint, mismatches
from gateway.contract.topics import NAME
from gateway.problems import Mistake
from hardware.quantities import Seconds, Size

DAY = 86400.0
SYSTEM_STATE, SYSTEM_RUNTIME = "/var/lib/edge-gateway", "/run/edge-gateway"
"""Where the service has its things, unless the configuration says otherwise."""


def _named(key: str, value: str) -> Iterator[Mistake]:
    if not NAME.fullmatch(value):
        yield Mistake(key, "not a name that can stand in a topic", "use letters, digits, '-', '_' and '.', at most 64, a letter or digit first")


def _lasting(key: str, value: float, low: float, high: float, words: str) -> Iterator[Mistake]:
    if not low <= value <= high:
        yield Mistake(key, "out of range", f"write {words}")


class Place(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where the node is. latitude, longitude: degrees (WGS 84). text: in words. datum: what levels refer to; elevation: of that datum, metres."""

    latitude: Annotated[float, msgspec.Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, msgspec.Meta(ge=-180, le=180)] | None = None
    text: str = ""
    datum: str = ""
    elevation: float | None = None


class Node(msgspec.Struct, frozen=True):
    """Who the node is and where it keeps its things. site: part of every topic. name: unique in the city's whole fleet, not only in the site,
    because the hub's ledger, the MQTT client id and the certificate know a node by it alone. region: whose set points and rules the alarms are held
    against (KR, VN, US, EU), nobody's where it is not given; indoors: whether the sensors hang in a building, for rules that differ. state: the
    outbox's directory, on the disk; runtime: on tmpfs, gone with the power."""

    site: str
    name: str
    title: str = ""
    place: Place = Place()
    region: str = ""
    indoors: bool = False
    state: str = SYSTEM_STATE
    runtime: str = SYSTEM_RUNTIME

    def mistakes(self) -> Iterator[Mistake]:
        """Names that cannot stand in a topic, places that are none."""
        yield from _named("site", self.site)
        yield from _named("name", self.name)
        if self.region and self.region not in limits.regions():
            yield Mistake("region", "no profile of that region", f"write one of: {', '.join(sorted(limits.regions()))}")
        for key, value in (("state", self.state), ("runtime", self.runtime)):
            if not value or "\0" in value:
                yield Mistake(key, "not the path of a directory", f"write one, for example {SYSTEM_STATE if key == 'state' else SYSTEM_RUNTIME}")


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

    def mistakes(self) -> Iterator[Mistake]:
        """An address that is none or would not be safe, files that are not there."""
        try:
            yield from mismatches(endpoint(self.url), self.insecure, bool(self.ca), bool(self.certificate), bool(self.key))
        except BadAddress as error:
            yield error.mistake
        for name, path in self.files():
            if not _there(path):
                yield Mistake(name, "no such file", "put the file there or correct the path")
        if not 4 << 10 <= self.window <= 64 << 20:
            yield Mistake("window", "out of range", "write 4 KiB to 64 MiB")

    def files(self) -> list[tuple[str, str]]:
        """The files it names: key and path."""
        named = (("ca", self.ca), ("certificate", self.certificate), ("key", self.key), ("password_file", self.password_file))
        return [(name, path) for name, path in named if path]


def _there(path: str) -> bool:
    """Whether a file is there; one that this user may not look at counts as there: the service may be another user."""
    try:
        os.stat(path)
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return not os.path.isdir(path)


class Outbox(msgspec.Struct, frozen=True):
    """size: most bytes of readings on the disk. flush: what a power cut may cost. seal: seconds of readings in a Block while the hub listens,
    seal_offline: while it does not."""

    size: Size = Size(128 << 20)
    flush: Seconds = Seconds(5)
    seal: Seconds = Seconds(5)
    seal_offline: Seconds = Seconds(60)

    def mistakes(self) -> Iterator[Mistake]:
        """What is out of range."""
        if not 4 << 20 <= self.size <= 64 << 30:
            yield Mistake("size", "out of range", "write 4 MiB to 64 GiB")
        yield from _lasting("flush", self.flush, 0.001, 60, "up to 60 s")
        yield from _lasting("seal", self.seal, 0.001, 3600, "up to 1 h")
        yield from _lasting("seal_offline", self.seal_offline, 0.001, 3600, "up to 1 h")


class Sensor(msgspec.Struct, frozen=True):
    """One sensor: its name, its driver, how often it is read; every further key is an option of the driver. series: other names for channels.
    event_period: how often it is read while an alarm stands on one of its series or on what is derived from it, and for a minute after; shorter than
    the period. So many of so many samples (`n`, `m`, `samples`), and equal codes in a row, then cover less time."""

    name: str
    driver: str
    period: Seconds = Seconds(1)
    event_period: Seconds | None = None
    series: dict[str, str] = {}

    def mistakes(self) -> Iterator[Mistake]:
        """A name that cannot be part of a series name, a period out of range."""
        yield from _named("name", self.name)
        yield from _lasting("period", self.period, 0.02, DAY, "20 ms to 1 d")
        if self.event_period is not None:
            yield from _lasting("event_period", self.event_period, 0.02, DAY, "20 ms to 1 d")
            if self.event_period >= self.period:
                yield Mistake("event_period", "not shorter than the period", f'write less than "{self.period:g} s", or leave it out')


class Output(msgspec.Struct, frozen=True):
    """One output: its name, its kind; every further key is an option of the kind."""

    name: str
    kind: str

    def mistakes(self) -> Iterator[Mistake]:
        """A name that is none."""
        yield from _named("name", self.name)


class Wired(msgspec.Struct, frozen=True):
    """An output with its kind's options."""

    output: Output
    options: Any


class Button(msgspec.Struct, frozen=True):
    """A push button on the spot, read as a contact: what a short press does to every alarm that it is for, and what a hold does.

    series: of the contact, 1 while the button is down; the driver `contact` with `meaning = "button"`, a period of 100 to 200 ms and delays of 20 ms
    gives one. press: `silence` all that sound, for 60 s, or `ack` all that nobody has acknowledged. hold: `test` every output, `reset` every alarm
    that only a latch holds, or `none`: then every press is a short one. hold_for: from when on a press is a hold. An over-range is never reset
    by a button, because it needs a reason in words. A button that is down for longer than 30 s is stuck and does nothing.
    """

    name: str
    series: str
    press: Literal["silence", "ack"] = "silence"
    hold: Literal["test", "reset", "none"] = "test"
    hold_for: Seconds = Seconds(3)

    def mistakes(self) -> Iterator[Mistake]:
        """A name that is none, a hold that no finger does."""
        yield from _named("name", self.name)
        yield from _lasting("hold_for", self.hold_for, 1, 15, "1 s to 15 s")


class Mounted(msgspec.Struct, frozen=True):
    """A sensor with its driver's options and the series it gives: channel name to series name."""

    sensor: Sensor
    options: Any
    series: dict[str, str]
