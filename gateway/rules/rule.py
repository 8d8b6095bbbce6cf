"""What every alarm rule shares, and the door of its kind: one module in `gateway.rules.kinds` with two classes, `Options` and `Condition`.

Decision: what a rule looks for (its kind) is kept apart from what becomes of it (`gateway.rules.watch`). A Condition says which level the readings
ask for and nothing else; delays, latches, states and occurrences are the same for every kind. Pure: time comes with the readings, memory is
bounded. A kind is one file that nobody lists by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Protocol

import msgspec

from gateway.model import Reading, SeriesInfo
from gateway.problems import Mistake


class Point(NamedTuple):
    """One fixed set point. key: what a person writes for it (`a1`, `members[0].a2`); series: which it is held against, in that series' unit; level:
    which level of the alarm it asks for. rising: beyond means above."""

    key: str
    series: str
    level: int
    value: float
    rising: bool = True

    def reached(self, value: float) -> bool:
        """Whether a value is at or beyond it."""
        return value >= self.value if self.rising else value <= self.value


class Rule(msgspec.Struct, frozen=True):
    """One alarm rule that may be used. kind: file in `gateway/rules/kinds`. series: all it looks at; the first is the one it is told for.

    outputs: what it drives. on_delay, off_delay: seconds a condition must last before it counts, and must be gone before it clears. fault_after:
    seconds of bad readings before the rule's own fault. latching: levels that hold until a person resets them. escalate_after: seconds without the
    hub's receipt after which `escalate_to` is driven too; 0 for never. fault_to: what is driven while the rule cannot judge its input. points: its
    fixed set points; empty where the kind has none. options: the kind's own keys.
    """

    name: str
    kind: str
    series: tuple[str, ...]
    outputs: tuple[str, ...] = ()
    on_delay: float = 0.0
    off_delay: float = 0.0
    fault_after: float = 5.0
    latching: tuple[int, ...] = ()
    escalate_after: float = 0.0
    escalate_to: tuple[str, ...] = ()
    points: tuple[Point, ...] = ()
    options: Any = None
    fault_to: tuple[str, ...] = ()

    def limit(self, level: int, series: str = "") -> float | None:
        """The set point of a level on a series, the first of the rule where none is named; None for level 0 and where there is no fixed one."""
        wanted = series or self.series[0]
        return next((point.value for point in self.points if point.level == level and point.series == wanted), None)

    @property
    def drives(self) -> tuple[str, ...]:
        """Every output that it may drive."""
        return tuple(dict.fromkeys((*self.outputs, *self.escalate_to, *self.fault_to)))

    def on(self, series: str) -> tuple[Point, ...]:
        """Its set points on a series."""
        return tuple(point for point in self.points if point.series == series)


class Demand(NamedTuple):
    """What the newest readings ask for.

    level: 0 for none; None when nobody can say (bad or missing data): then nothing is raised and nothing cleared. over_range: beyond the range in a
    way that holds the alarm until a person on the spot resets it. inhibited: not judged on purpose (maintenance, the device's own inhibit). fault: an
    input is missing, even where the level could be decided without it. quality: the worst of the inputs', a value of Quality. note: what a person
    should know besides, such as "2oo3 running as 1oo2".
    """

    level: int | None
    over_range: bool = False
    inhibited: bool = False
    fault: bool = False
    quality: int = 0
    note: str = ""


class Condition(Protocol):
    """One rule's look at its series."""

    def feed(self, reading: Reading, level: int) -> Demand | None:
        """What the readings up to this one ask for; None where this one decides nothing by itself. level: where the alarm stands, for the hysteresis.
        Readings of all the rule's series come in the order of their time; the place in the table tells which is which."""

    def keep(self) -> Any:
        """What must survive a restart, small and fit for msgspec; None where there is nothing."""

    def restore(self, kept: Any) -> None:
        """Go on from what was kept; what cannot be read is ignored, never an error."""


class Origin(NamedTuple):
    """Where a series comes from: its bus and its chip. Two sensors that share either fail together."""

    bus: str
    chip: str


class Usual(NamedTuple):
    """A kind's delays where the person gives none, in seconds."""

    on_delay: float = 0.0
    off_delay: float = 0.0
    fault_after: float = 5.0


class Options(Protocol):
    """What a person configures for one rule of a kind: a frozen msgspec.Struct, every key explained in its docstring."""

    @property
    def usual(self) -> Usual:
        """The kind's own delays."""

    def looks_at(self) -> dict[str, str]:
        """The series: key that names it, name. The first is the one that the alarm is told for."""

    def levels(self) -> int:
        """How many levels it has."""

    def points(self, infos: Mapping[str, SeriesInfo]) -> tuple[Point, ...]:
        """The fixed set points; empty where there are none. infos: what its series look like, by name."""

    def unfit(self, infos: Mapping[str, SeriesInfo], origins: Mapping[str, frozenset[Origin]]) -> Iterator[Mistake]:
        """What is wrong with these options on these series. origins: by name of series; one that is missing is not known."""


def origins_of(bus: str, claims: tuple[str, ...]) -> frozenset[Origin]:
    """Where a sensor's series come from, by what its driver says of itself (`i2c-1`, `i2c-1:0x48/A0`). Each pin of the machine is a wire of its own:
    two float switches on two pins are independent."""
    found = set()
    for claim in claims or (bus,):
        rest = claim[len(bus) :] if claim.startswith(bus) else ""
        chip = bus + rest.split("/", 1)[0] if rest.startswith(":") else claim
        found.add(Origin(claim if bus == "gpio" else bus, chip))
    return frozenset(found)
