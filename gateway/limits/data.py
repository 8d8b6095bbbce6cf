"""The numbers that alarms are set by, as files: limits by gas, stages of water, classes of rain, profiles of regions.

Decision: a number stands once, in one TOML file, beside the letters of its sources (`numbers/sources.toml` has their names and dates), and a mark
where nobody looked it up or sources disagree; set points of a region name numbers instead of repeating them. A gas is one file of `numbers/gases`, a
region one of `numbers/regions`: no list is kept by hand. The files belong to the package; one that is broken is a defect and raises at once.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from hardware.gases import Basis

FOLDER = Path(__file__).parent / "numbers"
CAUTION = "These are defaults at second hand: use a number only after a qualified person checked it against the text in force."
"""What stands under every number that is shown to a person."""
T = TypeVar("T")
Severity = Literal["warn", "refuse"]
Mark = Literal["", "known", "disputed", "secondary"]
MARKS = {"known": "not looked up", "disputed": "sources disagree or are old", "secondary": "at second hand"}
"""Marks in words."""


class NoNumber(LookupError):
    """The data has no such gas, region, unit or number; the message says what there is and what to do."""


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a number comes from. date: of the source, or of the copy that was read where the source has none."""

    name: str
    date: str


class Number(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A number. unit: UCUM code. sources: letters of `numbers/sources.toml` (`from` in the files). mark: how far it may be doubted. note: words."""

    value: float
    unit: str = "[ppm]"
    sources: tuple[str, ...] = msgspec.field(name="from")
    mark: Mark = ""
    note: str = ""

    @property
    def cited(self) -> str:
        """Its sources by name and date, and the doubt if there is one, in brackets."""
        return cited(self.sources, self.mark)


class Limit(Number, frozen=True, kw_only=True):
    """A limit of a gas. of: who set it (`OSHA PEL`). kind: which (`TWA` over a day of 8 h, `STEL` over 15 min, `ceiling`, `IDLH`, `AEGL-2`, `ERPG-2`,
    `alarm 1`, `low`). minutes: how long it counts for, 0 where the kind says it."""

    of: str
    kind: str
    minutes: int = 0

    @property
    def name(self) -> str:
        """As set points name it: who and which."""
        return f"{self.of} {self.kind}"

    def __str__(self) -> str:
        lasting = f" over {self.minutes} min" if self.minutes else ""
        note = f" ({self.note})" if self.note else ""
        return f"{self.name}{lasting} {self.value:g} {shown(self.unit)} {self.cited}{note}"


class Gas(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One gas. toxic: what is breathed counts, not what burns. molar_mass: g/mol, none for a mixture."""

    text: str
    formula: str = ""
    toxic: bool = False
    molar_mass: Number | None = None
    limits: tuple[Limit, ...]

    def limit(self, name: str) -> Limit | None:
        """The first limit of a name, which is the one that is used; others are earlier texts or longer times."""
        return next((limit for limit in self.limits if limit.name == name), None)


class Bound(Number, frozen=True, kw_only=True):
    """A number that a region holds set points to. severity: whether crossing it is refused."""

    severity: Severity = "warn"


class Indoors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a region allows a gas indoors: the first set point and the end of the scale."""

    set_point: Bound
    scale: Bound


class SetPoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which limits of a gas are its set points. a2: none means twice a1, except for oxygen, which then has none."""

    gas: str
    a1: str
    a2: str = ""
    direction: Literal["rising", "falling"] = "rising"


class Sum(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sum of rain: mm within rolling hours."""

    hours: int
    value: float


class RainClass(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A class of heavy rain, reached when all sums of any one of its lists are. number: 1 and up, the higher the worse (`class` in the files)."""

    name: str
    number: int = msgspec.field(name="class")
    any_of: tuple[tuple[Sum, ...], ...]
    sources: tuple[str, ...] = msgspec.field(name="from")
    note: str = ""

    def __str__(self) -> str:
        lists = [" and ".join(f"{part.value:g} mm in {part.hours} h" for part in sums) for sums in self.any_of]
        return f"{self.name}: {', or '.join(lists)} {cited(self.sources)}{f' ({self.note})' if self.note else ''}"


class Region(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What holds in a region. basis: of its lower explosive limits. authorities: whose limits of a working day count, the first that has one.
    first_flammable: most of a first flammable alarm. toxic: most of a first toxic alarm, as a share of that limit. scales, response (s) and
    the gases that may be slow: as the region asks for them. toxic_basis: sources of the rule that a toxic gas is judged as one."""

    text: str
    basis: Basis
    authorities: tuple[str, ...]
    first_flammable: Bound
    toxic: Bound
    flammable_scale: Bound | None = None
    toxic_scale: Bound | None = None
    response: Bound | None = None
    slow_response: Bound | None = None
    slow: tuple[str, ...] = ()
    toxic_basis: tuple[str, ...] = ()
    indoors: dict[str, Indoors] = {}
    set_points: tuple[SetPoint, ...]
    rain: tuple[RainClass, ...] = ()


class Stage(Number, frozen=True, kw_only=True):
    """A named step of a ladder of depths (mm) or of rates of rise (mm/min)."""

    name: str
    unit: str = "mm"


class Water(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ladder of depths above the road, how far below a stage it clears, and the rates of rise that warn early above a depth."""

    stages: tuple[Stage, ...]
    hysteresis: Number
    rise: tuple[Stage, ...]
    while_above: Number


class Practice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What set points have in common everywhere. gas_hysteresis: share of the first set point; second: how many times the first the second is;
    molar_volume: L/mol by which mg/m3 are told in ppm."""

    gas_hysteresis: Number
    oxygen_hysteresis: Number
    second: Number
    molar_volume: Number


def _read(path: Path, kind: type[T]) -> T:
    tree: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    return msgspec.convert(tree, kind)


@cache
def sources() -> dict[str, Source]:
    """Every source by its letter."""
    return _read(FOLDER / "sources.toml", dict[str, Source])


def cited(letters: tuple[str, ...], mark: Mark = "") -> str:
    """Sources by name and date, and a doubt if there is one, in brackets."""
    known = [sources()[letter] for letter in letters]
    return f"[{'; '.join([f'{source.name}, {source.date}' for source in known] + ([MARKS[mark]] if mark else []))}]"


def shown(unit: str) -> str:
    """A UCUM code as a person reads it: ppm, %LEL, %vol."""
    return unit.translate(str.maketrans("", "", "[]{}"))


@cache
def water() -> Water:
    """The stages of water and the rates of rise."""
    return _read(FOLDER / "water.toml", Water)


@cache
def practice() -> Practice:
    """What set points have in common."""
    return _read(FOLDER / "practice.toml", Practice)


def gases() -> list[str]:
    """The gases there are, by the quantity's name on a channel; `flammable` stands for any gas in %LEL."""
    return sorted(path.stem for path in (FOLDER / "gases").glob("*.toml"))


def regions() -> list[str]:
    """The regions there are, as they are written in a configuration: KR, VN, US, EU."""
    return sorted(path.stem.upper() for path in (FOLDER / "regions").glob("*.toml"))


@cache
def gas(name: str) -> Gas:
    """One gas with its limits; NoNumber with the names there are."""
    if name not in gases():
        raise NoNumber(f"there are no limits of {name!r}; there are those of {', '.join(gases())}")
    return _read(FOLDER / "gases" / f"{name}.toml", Gas)


@cache
def region(name: str) -> Region:
    """One region's profile; NoNumber with the names there are."""
    if name.upper() not in regions():
        raise NoNumber(f"there is no region {name!r}; there are {', '.join(regions())}")
    return _read(FOLDER / "regions" / f"{name.lower()}.toml", Region)
