"""The words of the house, each defined once: flags, states, Instant, Series, Reading, Lane, Gap and alarm state.

Later work fills this vocabulary and adds no second one. Nothing here does I/O, keeps a clock, or owns a thread. Structs are msgspec's: a
Reading is made sixteen times a second for years, and the same types are what is written to disk and to the wire.
"""

from __future__ import annotations

import hashlib
from enum import IntFlag, StrEnum
from typing import NamedTuple

import msgspec

from hardware.sample import Quality, Reason, Sample

__all__ = [
    "KNOWN_UNITS",
    "AlarmState",
    "ChannelState",
    "Flag",
    "GapCause",
    "Instant",
    "Labelled",
    "Lane",
    "Qartod",
    "Quality",
    "Reading",
    "Reason",
    "Sampled",
    "SeriesInfo",
    "Table",
    "qartod",
    "senml_unit",
]


class Flag(IntFlag):
    """One bit per test that spoke up and per state that colours a value (`safety.md` 4). A bit flags; it never deletes or rewrites."""

    TIMING = 1 << 0
    SYNTAX = 1 << 1
    LOCATION = 1 << 2
    GROSS_RANGE = 1 << 3
    CLIMATOLOGY = 1 << 4
    SPIKE = 1 << 5
    RATE_OF_CHANGE = 1 << 6
    FLAT_LINE = 1 << 7
    MULTIVARIATE = 1 << 8
    ATTENUATED = 1 << 9
    NEIGHBOUR = 1 << 10
    BUS_FAULT = 1 << 11
    SENSOR_FAULT = 1 << 12
    OVER_RANGE = 1 << 13
    UNDER_RANGE = 1 << 14
    AFTER_OVER_RANGE = 1 << 15
    SATURATED = 1 << 16
    UNDER_ZERO = 1 << 17
    EXTRAPOLATED = 1 << 18
    INDICATIVE = 1 << 19
    CALIBRATION_EXPIRED = 1 << 20
    UNCOMPENSATED = 1 << 21
    WARM_UP = 1 << 22
    MAINTENANCE = 1 << 23
    TEST = 1 << 24
    INHIBITED = 1 << 25
    HELD = 1 << 26
    PARTIAL = 1 << 27
    SIMULATED = 1 << 28
    FAILED = 1 << 29  # one of the tests that spoke up fails the value, where without this bit they only suspect it; the value stays


class Qartod(StrEnum):
    """QARTOD's primary flags by name, because the digits of different vocabularies collide."""

    PASS = "pass"
    NOT_EVALUATED = "not_evaluated"
    SUSPECT = "suspect"
    FAIL = "fail"
    MISSING = "missing"


def qartod(quality: Quality, raw: int | None, flags: int = 0) -> Qartod:
    """The roll-up of a reading as a QARTOD flag, worst first: nothing read at all is missing; a refused number and a broken frame (syntax test) are
    fail, and so is a number that a test failed (it stays a number); what was done on purpose (maintenance, a test) is not evaluated."""
    if quality == Quality.BAD:
        return Qartod.MISSING if raw is None and not flags & Flag.SYNTAX else Qartod.FAIL
    if flags & (Flag.MAINTENANCE | Flag.TEST):
        return Qartod.NOT_EVALUATED
    if flags & Flag.FAILED:
        return Qartod.FAIL
    return Qartod.PASS if quality == Quality.GOOD else Qartod.SUSPECT


class ChannelState(StrEnum):
    """What a channel is doing; every state but NORMAL means it is not fully protecting, and is shown."""

    NORMAL = "normal"
    WARM_UP = "warm_up"
    MAINTENANCE = "maintenance"
    TEST = "test"
    INHIBITED = "inhibited"
    OVER_RANGE = "over_range"
    FAULT = "fault"


class Lane(StrEnum):
    """The streams a node speaks in, each with its own sequence; in order of urgency."""

    ALARM = "alarm"
    EVENT = "event"
    BATCH = "batch"
    HEALTH = "health"


class GapCause(StrEnum):
    """Why a declared hole is there."""

    CRASH = "crash"  # the process died: readings between chip and journal
    POWER = "power"  # the power went: readings since the last flush
    STOP = "stop"  # the node was stopped on purpose
    OVERFLOW = "overflow"  # a queue inside the node was full: its oldest went
    EVICTED = "evicted"  # the outbox was full, or had already let go of what was receipted
    CORRUPT = "corrupt"  # the disk gave back something else than was written
    REJECTED = "rejected"  # the outbox, the broker or the hub refuses it
    UNUSED = "unused"  # numbers skipped on purpose after an unclean boot


class Instant(msgspec.Struct, frozen=True, gc=False):
    """A moment on one boot's monotonic clock: milliseconds since that boot. Never a wall time."""

    boot: str
    ms: int


_MEASURES = ("low", "high", "period", "slope", "intercept")


class SeriesInfo(msgspec.Struct, frozen=True):
    """One series as the hub knows it, and how its stored number becomes a value: `value = raw * slope + intercept`.

    unit: UCUM code. period: nominal seconds between readings. low, high: measuring range in `unit`. calibration: identity of the calibration
    in force, empty where there is none. datum: reference of a level or basis of %LEL, in words, empty elsewhere.
    """

    name: str
    quantity: str
    unit: str
    decimals: int
    low: float
    high: float
    period: float
    slope: float = 1.0
    intercept: float = 0.0
    calibration: str = ""
    datum: str = ""

    def plain(self) -> tuple[str | int | float, ...]:
        """The content with every measure as a float: a limit written as 4 and one written as 4.0 are the same."""
        return tuple(float(value) if name in _MEASURES else value for name, value in msgspec.structs.asdict(self).items())

    def value(self, raw: int) -> float:
        """The value a raw number stands for, rounded to the decimals that mean something."""
        return round(raw * self.slope + self.intercept, self.decimals)


class Table(msgspec.Struct, frozen=True):
    """The series of a node in a fixed order; a Reading and a Block name a series by its place here. `id` follows from the content."""

    series: tuple[SeriesInfo, ...]

    @property
    def id(self) -> str:
        """Eight hexadecimal digits of the content's digest: the same table has the same id on every node and after every restart."""
        return hashlib.blake2b(msgspec.msgpack.encode([info.plain() for info in self.series]), digest_size=4).hexdigest()


class Reading(msgspec.Struct, frozen=True, gc=False):
    """A Sample with its series and its time.

    series: place in the table. ms: monotonic milliseconds of this boot. raw: the stored integer. value: in the series' unit, calibrated, not
    rounded; None exactly when quality is BAD. flags: bits of Flag. reason: value of Reason, empty when good.
    """

    series: int
    ms: int
    raw: int | None
    value: float | None
    quality: int = 0
    flags: int = 0
    reason: str = ""


class Labelled(NamedTuple):
    """A reading on its way to the outbox, with the table it was judged by: whatever a queue drops, none is explained by another table."""

    reading: Reading
    table: Table


class Sampled(NamedTuple):
    """A sample on its way to guard: place in the series table, monotonic milliseconds, what the driver said."""

    series: int
    ms: int
    sample: Sample


class AlarmState(msgspec.Struct, frozen=True):
    """The independent states of one alarm, as in ISA-18.2 and OPC UA Part 9; a combined name is only a view.

    level: 0 when normal, 1 for the first threshold (A1), 2 for the second (A2). occurrence: number of this occurrence, so that a late reset cannot
    clear a newer alarm. latch: the highest level that is held until a reset. over_range: an over-range holds the whole alarm; returned: it alone
    does, the readings have gone back. unheard: no receipt came in time, what it escalates to is driven as well. silenced_until, shelved_until:
    monotonic ms of this boot at which that ends by itself; None while it is in force means at once, because another boot's time is not known.
    """

    active: bool = False
    acked: bool = True
    latched: bool = False
    silenced: bool = False
    shelved: bool = False
    inhibited: bool = False
    level: int = 0
    occurrence: int = 0
    latch: int = 0
    over_range: bool = False
    returned: bool = False
    silenced_until: int | None = None
    shelved_until: int | None = None
    unheard: bool = False

    @property
    def normal(self) -> bool:
        """Nothing to tell: not active, acknowledged, not latched, nothing suppressed."""
        return self.acked and not (self.active or self.latched or self.silenced or self.shelved or self.inhibited)

    @property
    def name(self) -> str:
        """The state's combined ISA-18.2 name."""
        if self.active:
            return "ACKED" if self.acked else "UNACK"
        if self.latched:
            return "LATCH_ACKED" if self.acked else "LATCH_UNACK"
        return "NORMAL" if self.acked else "RTN_UNACK"


_SENML = {"[ppm]": "ppm", "%{LEL}": "%LEL", "%": "/100", "1": "/"}
"""UCUM codes whose SenML name differs; the others (mm, m, Cel, mA, mV, V, mm/h) are spelled alike."""


KNOWN_UNITS = frozenset(
    ("[ppm]", "[ppb]", "%{LEL}", "%", "1", "mm", "m", "cm", "Cel", "mA", "mV", "V", "Pa", "hPa", "mm/h", "ug/m3", "mg/m3", "%{vol}", "m/s", "dB", "s")
) | {"/cm3", "mm/min", "m/h", "deg", "Ohm", "mg/L"}
"""The UCUM codes a channel may have: a unit nobody knows is a typing mistake."""


def senml_unit(ucum: str) -> str:
    """The SenML name (RFC 8428, RFC 8798) of a UCUM unit; the UCUM code itself where SenML has none."""
    return _SENML.get(ucum, ucum)
