"""A Modbus device as data: which registers it has and what they mean, in a TOML file, so that a new device needs no code.

Nobody can see at a device which of its numbers were meant, so a profile is strict: every mistake in it is told at once, with its place and what to
write, before anything is asked of a device. `[expect]` names registers whose content is known, for the trap of manuals that print addresses plus
one: a profile that is off by one reads a plausible number of something else.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from hardware.drivers._modbus_codes import codes, numbers

SHIPPED = Path(__file__).parent / "profiles"
SIZE = 64 << 10
"""Bytes of a profile at most."""
Kind = Literal["u16", "i16", "u32", "i32", "f32"]
Parity = Literal["none", "even", "odd"]
Address = Annotated[int, msgspec.Meta(ge=0, le=0xFFFF)]
Word = Literal[
    "ok", "alarm", "sensor_fault", "inhibit", "warm_up", "over_range", "under_range", "range", "saturated", "weak_signal", "no_target", "no_echo"
]  # fmt: skip
Otherwise = Literal["wrong_chip", "wrong_unit", "wrong_gas", "sensor_fault"]
Name = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,31}$")]
Struct = TypeVar("Struct")


class Register(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One number of the device. address: as on the wire. function: 3 holding, 4 input; the profile's where it names none. type, order: of 32 bits,
    whether the high word comes first. mask: bits that count, shifted down; all where none."""

    address: Address
    function: Literal[3, 4] | None = None
    type: Kind = "u16"
    order: Literal["high_first", "low_first"] = "high_first"
    mask: Annotated[int, msgspec.Meta(ge=0, le=0xFFFFFFFF)] = 0

    def __post_init__(self) -> None:
        if self.mask and self.type not in ("u16", "u32"):
            raise ValueError(f"a mask of a number of type {self.type} means nothing; use u16 or u32")
        if self.address + self.words > 0x10000:
            raise ValueError(f"address {self.address} has no second word; the last address is 65535")

    @property
    def words(self) -> int:
        """Registers it takes."""
        return 1 if self.type.endswith("16") else 2

    @property
    def width(self) -> int:
        """Bits of its number, once the mask has shifted it down."""
        return (self.mask // (self.mask & -self.mask)).bit_length() if self.mask else 16 * self.words


class Measured(Register, frozen=True, kw_only=True):
    """A channel. value = number * scale + offset, in `unit`. low, high: what it can measure; where the device has several ranges they are left out
    and asked for. point: where the device says how many decimals its number has; scale and offset then mean nothing. sentinels: numbers that are a
    message, as the register holds them. states: names of [states] that concern it, all where not given."""

    quantity: str
    unit: str
    decimals: Annotated[int, msgspec.Meta(ge=0, le=6)] = 0
    low: float | None = None
    high: float | None = None
    scale: float = 1.0
    offset: float = 0.0
    point: Register | None = None
    sentinels: dict[str, Word] = {}
    states: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if {"ok", "alarm"} & {*codes(self, self.sentinels, "sentinels").values()}:
            raise ValueError("sentinels are numbers that are no measurement; ok and alarm are words of a state")
        if self.scale == 0:
            raise ValueError("a scale of 0 makes every number the same; write units per count, for example 0.1")
        if self.point is not None and (self.scale, self.offset) != (1.0, 0.0):
            raise ValueError("point and scale exclude each other; leave scale and offset out where the device tells its decimals")
        if self.point is not None and "f32" in (self.type, self.point.type):
            raise ValueError("decimals go with whole numbers; leave point out, or write another type than f32")


class State(Register, frozen=True, kw_only=True):
    """What the device says about itself. values: by number; other: what a number that is not among them means. bits: by number of the bit, 0 the
    lowest, each what it means when it is set; bits that are not named mean nothing. A state with the word `alarm` is a channel of its own as well."""

    values: dict[str, Word] = {}
    other: Word = "sensor_fault"
    bits: dict[str, Word] = {}

    def __post_init__(self) -> None:
        super().__post_init__()
        _whole(self.type)
        if bool(self.values) == bool(self.bits):
            raise ValueError("a state has either values or bits; write one of the two tables")
        if any(not 0 <= bit < self.width for bit in numbers(self.bits, "bits")):
            raise ValueError(f"bits of a {self.type}{f' with the mask {self.mask:#x}' if self.mask else ''} go from 0 to {self.width - 1}")
        codes(self, self.values, "values")

    @property
    def alarms(self) -> bool:
        """Whether it can tell an alarm of the device: then it is a channel of its own, 0 or 1, by its name."""
        return "alarm" in (*self.values.values(), *self.bits.values(), *((self.other,) if self.values else ()))


class Known(Register, frozen=True, kw_only=True):
    """A register whose content is known: the device's own address (`device = true`), a number (equals), or one between two (between, both
    included). otherwise: what another content proves. always: looked at in every poll and not only when the device is first met."""

    device: bool = False
    equals: int | None = None
    between: tuple[int, int] | None = None
    otherwise: Otherwise = "wrong_chip"
    always: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        _whole(self.type)
        if (self.device, self.equals is not None, self.between is not None).count(True) != 1:
            raise ValueError("write one of: device = true, equals = NUMBER, between = [NUMBER, NUMBER]")

    def fits(self, number: float, device: int) -> bool:
        """Whether it is what was expected of the device with this address."""
        low, high = self.between or ((device, device) if self.device else (self.equals or 0, self.equals or 0))
        return low <= number <= high

    def told(self, device: int) -> str:
        """What was expected, in words."""
        return f"{self.between[0]} to {self.between[1]}" if self.between else str(device if self.device else self.equals)


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is not in a table of its own. title, source: what device, by which manual. baud, parity, stop_bits: as the device is delivered; left
    out where no manual says. function: of every register that names none. gap: registers that mean nothing to us which may be read along to save a
    question; 0 unless the manual allows it."""

    title: str
    source: str
    baud: Annotated[int, msgspec.Meta(ge=300, le=1_000_000)] | None = None
    parity: Parity | None = None
    stop_bits: Literal[1, 2] | None = None
    function: Literal[3, 4] = 3
    gap: Annotated[int, msgspec.Meta(ge=0, le=123)] = 0


class Profile(msgspec.Struct, frozen=True):
    """A device: its line, and its registers by name."""

    line: Line
    channels: dict[str, Measured]
    states: dict[str, State]
    expect: dict[str, Known]

    def given(self) -> list[str]:
        """Names of what it gives: its channels, and its states that can tell an alarm."""
        return [*self.channels, *(name for name, state in self.states.items() if state.alarms)]


SECTIONS: dict[str, type[Register]] = {"channels": Measured, "states": State, "expect": Known}
REMEDY = {
    "address": "write the number on the wire, 0 to 65535; manuals often print it plus one, plus 40001 or plus 30001",
    "function": "write 3 (holding registers) or 4 (input registers)",
    "type": "write u16, i16, u32, i32 or f32",
    "order": "write high_first or low_first",
    "otherwise": f"write one of: {', '.join(Otherwise.__args__)}",  # type: ignore[attr-defined]
    "parity": "write none, even or odd",
    "states": "write the names of tables [states.NAME]",
    **dict.fromkeys(("values", "bits", "sentinels", "other"), f"write one of: {', '.join(Word.__args__)}"),  # type: ignore[attr-defined]
}


def _whole(kind: Kind) -> None:
    if kind == "f32":
        raise ValueError("a state, or a register whose content is known, is a whole number; use u16, i16, u32 or i32")


def shipped() -> list[str]:
    """Names of the profiles that come with the package."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def load(name: str) -> Profile:
    """A shipped profile by its name, or the file at a path that ends with .toml; ValueError tells all its mistakes."""
    if not name.endswith(".toml") and name not in shipped():
        raise ValueError(f"there is no profile {name!r}; use one of {', '.join(shipped())}, or the path of a file of your own, which ends with .toml")
    path = Path(name) if name.endswith(".toml") else SHIPPED / f"{name}.toml"
    try:
        with path.open("rb") as file:
            data = file.read(SIZE + 1)
        if len(data) > SIZE:
            raise ValueError(f"profile {path}: larger than {SIZE >> 10} KiB; no device has so many registers worth reading")
        return parse(data.decode("utf-8-sig"), str(path))
    except OSError as error:
        raise ValueError(f"profile {path}: cannot be read ({error.strerror}); write the full path of a file the node may read") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"profile {path}: not UTF-8; save it as UTF-8") from error


@lru_cache(maxsize=32)
def parse(text: str, where: str) -> Profile:
    """The profile in TOML text; ValueError with every mistake, one to a line."""
    try:
        tree = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"profile {where}: no TOML ({error}); mend it") from error
    problems: list[str] = []
    line = _struct(Line, {key: value for key, value in tree.items() if key not in SECTIONS}, "", problems)
    tables = {name: dict(_section(kind, name, tree.get(name, {}), problems)) for name, kind in SECTIONS.items()}
    problems += _crossed(tree, tables["channels"])
    if line is None or problems:
        raise ValueError(f"profile {where}: " + "\n".join(problems))
    return Profile(line, **tables)


def _section(kind: type[Register], name: str, tables: Any, problems: list[str]) -> Iterator[tuple[str, Any]]:
    """Every table of a section that could be read."""
    if not isinstance(tables, dict):
        problems.append(f"{name}: must hold tables; write [{name}.NAME]")
        return
    for key, table in tables.items():
        try:
            msgspec.convert(key, Name)
        except msgspec.ValidationError:
            problems.append(f"{name}.{key}: no name; write small letters, digits and _ and begin with a letter")
        if (made := _struct(kind, table, f"{name}.{key}.", problems)) is not None:
            yield key, made


def _struct(kind: type[Struct], table: Any, path: str, problems: list[str]) -> Struct | None:
    """The struct, or None and every mistake in `problems`: field by field, because msgspec stops at its first."""
    if not isinstance(table, dict):
        problems.append(f"{path.rstrip('.')}: must be a table; write [{path.rstrip('.')}]")
        return None
    fields = {field.name: field for field in msgspec.structs.fields(kind)}  # type: ignore[arg-type]
    before = len(problems)
    problems += [f"{path}{key}: unknown key; use one of {', '.join(fields)}" for key in table if key not in fields]
    problems += [f"{path}{name}: is missing; {REMEDY.get(name, 'write it')}" for name, f in fields.items() if f.required and name not in table]
    for name in fields.keys() & table.keys():
        try:
            msgspec.convert(table[name], fields[name].type)
        except msgspec.ValidationError as error:
            problems.append(f"{path}{name}: {error}; {REMEDY.get(name, 'correct it')}")
    if len(problems) > before:
        return None
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        problems.append(f"{path.rstrip('.') or 'profile'}: {error}")
        return None


def _crossed(tree: dict[str, Any], channels: dict[str, Any]) -> Iterator[str]:
    """What only shows when the tables are seen together."""
    if not tree.get("channels"):
        yield "channels: none at all; write at least one [channels.NAME]"
    states = tree.get("states", {})
    yield from (f"states.{name}: there is a channel of this name, too; write another" for name in channels if name in states)
    for name, channel in channels.items():
        yield from (f"channels.{name}.states: there is no [states.{state}]" for state in channel.states or () if state not in states)
        if channel.low is not None and channel.high is not None and not channel.low < channel.high:
            yield f"channels.{name}.low: {channel.low:g} must be below high ({channel.high:g})"
