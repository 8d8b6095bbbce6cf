"""A [[derived]] table of `gateway.toml`: filled, checked against the series it names, and given its place behind them.

Decision: a derived series may name series of sensors and derived ones above it, so there is no circle and each is made after what it needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from gateway.contract.topics import NAME
from gateway.derivation import Derived, load
from gateway.model import SeriesInfo
from gateway.problems import Mistake, Problem, fill, find


class Section(msgspec.Struct, frozen=True):
    """One series that is computed from others: its name, its kind, and the series whose readings it follows (`from`); every further key is an option
    of the kind."""

    name: str
    kind: str
    source: str = msgspec.field(name="from")

    def mistakes(self) -> Iterator[Mistake]:
        """A name that is none."""
        if not NAME.fullmatch(self.name):
            yield Mistake("name", "not a name of a series", "use letters, digits, '-', '_' and '.', at most 64, a letter or digit first")


def derive(table: dict[str, Any], path: str, known: dict[str, SeriesInfo | None], whole: bool, problems: list[Problem]) -> Derived | None:
    """A derived series, added to the series that are known: those of sensors and those above it; None, told, where it cannot be made. whole: the
    series of all sensors are known; where not, one that is missing is told already."""
    made = _derived(table, path, known, whole, problems)
    if isinstance(table.get("name"), str):
        known.setdefault(table["name"], None if made is None else made.info)
    return made


def _derived(table: dict[str, Any], path: str, known: Mapping[str, SeriesInfo | None], whole: bool, problems: list[Problem]) -> Derived | None:
    shared = [field.encode_name for field in msgspec.structs.fields(Section)]
    section = fill(Section, {key: value for key, value in table.items() if key in shared}, path, problems)
    family = find(load, table, path, "kind", "kind of derived series", problems)
    if family is None:
        return None
    options = fill(family.options, {key: value for key, value in table.items() if key not in shared}, path, problems, tuple(shared))
    if section is None or options is None:
        return None
    wanted = {"from": section.source, **options.partners()}
    missing = {key: series for key, series in wanted.items() if series not in known}
    for key, series in missing.items() if whole else ():
        remedy = f"write one of: {', '.join(sorted(known))}; a derived one stands above those that are derived from it"
        problems.append(Problem(f"{path}.{key}", series, "no such series above it", remedy))
    found = {key: info for key, series in wanted.items() for info in [known.get(series)] if info is not None}
    if len(found) < len(wanted):
        return None
    source = found.pop("from")
    unfit = list(options.unfit(source, found))
    problems += [Problem(f"{path}.{mistake.key}", table.get(mistake.key), mistake.wrong, mistake.remedy) for mistake in unfit]
    return None if unfit else Derived(section.kind, section.source, options, options.series(section.name, source))
