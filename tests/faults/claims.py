"""The claims as data: rows of claims.toml, each cell a window, a window with a configured rule, or a limit with its reason.

A driver without a row there has one all the same, by the bus of its example: what every driver on such a bus must see is claimed, the rest are
limits. So a sensor that was just dropped into place is put on the bench, and a row of its own is written once somebody knows more of it.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from hardware.driver import load, names
from hardware.quantities import convert
from tests.faults.catalogue import FAULTS

PAGE = Path(__file__).parent / "claims.toml"
EXAMPLES = Path(__file__).parents[1] / "hardware" / "examples"
ALONE = 3
"""Periods that a cell with the default rules may claim at most."""
SEEN = {"i2c": ("off", "slow", "intermittent"), "serial": ("off", "slow", "intermittent", "garbage"), "host": ("off", "intermittent")}
"""What a driver without a row must see within ALONE, by the kind of its bus; on a pin nothing, because a cut contact looks like one at rest."""
UNKNOWN = "nobody has said yet: a row of its own in tests/faults/claims.toml says who sees it"
PATIENT = 100.0
"""How many times slower than by its sheet is late for every driver."""


@dataclass(frozen=True)
class Cell:
    """within: periods, None for a limit. ruled: whether it takes the configured flat line. limit: who sees it instead."""

    within: int | None
    ruled: bool = False
    limit: str = ""


@dataclass(frozen=True)
class Row:
    """One line of the table. example: of tests/hardware/examples. period: seconds between readings. noise: of the signals, as a share of their
    value; set: values of signals other than the example's; chip: keys of its wiring likewise. kind: `asked` for a serial sensor that is asked.
    slow_from: how many times slower than by its sheet is what the driver calls late. bridge: seconds of silence that its sheet allows. free: channels
    that move by themselves or tell the wire as it is. checksum: whether what it says carries one, over all of it. assumed: it stands on no
    page; then only the shapes count that its simulated chip can have."""

    example: str
    cells: dict[str, Cell]
    period: float = 2.0
    noise: float = 0.01
    set: dict[str, float] = field(default_factory=dict)
    chip: dict[str, Any] = field(default_factory=dict)
    kind: str = "talks"
    slow_from: float = 1.5
    bridge: float = 0.0
    free: tuple[str, ...] = ()
    checksum: bool = False
    assumed: bool = False

    @property
    def driver(self) -> str:
        return self.example.partition(".")[0]

    @property
    def flat(self) -> int:
        """The configured flat line, 0 for none."""
        cell = self.cells["stuck"]
        return cell.within or 0 if cell.ruled else 0


def rows(path: Path = PAGE) -> list[Row]:
    """Every row, in the order of the page, then those that are assumed; KeyError where a cell is missing or names no limit."""
    told: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    limits = told.pop("limits")
    found = []
    for example, table in told.items():
        cells = {fault: cell(table.pop(fault), limits) for fault in FAULTS}
        found.append(Row(example, cells, **table | {"free": tuple(table.get("free", ()))}))
    known = {row.driver for row in found}
    return found + [assumed(name) for name in names() if name not in known and (EXAMPLES / f"{name}.toml").is_file()]


def assumed(name: str) -> Row:
    """The row of a driver that has none."""
    tree = tomllib.loads((EXAMPLES / f"{name}.toml").read_text(encoding="utf-8"))
    bus = msgspec.convert(tree["options"], load(name).options, dec_hook=convert).bus()
    seen = SEEN.get(bus.partition(":")[0].partition("-")[0], ())
    cells = {fault: Cell(ALONE) if fault in seen else Cell(None, limit=UNKNOWN) for fault in FAULTS}
    return Row(name, cells, slow_from=PATIENT, checksum="garbage" in seen, assumed=True)


def cell(told: int | str, limits: dict[str, str]) -> Cell:
    if isinstance(told, int):
        return Cell(told)
    if told.startswith("flat "):
        return Cell(int(told.removeprefix("flat ")), True)
    return Cell(None, limit=limits[told])
