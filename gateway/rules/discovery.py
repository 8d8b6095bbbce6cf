"""The kinds of alarm rules there are: the files in `gateway/rules/kinds`, found by name. Nobody keeps a list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.model import Table
from gateway.rules.rule import Condition, Rule
from hardware import doors

PACKAGE = "gateway.rules.kinds"


@dataclass(frozen=True)
class Family:
    """What `load` hands out. options: the kind's keys; make: its Condition, from the rule and the table of series."""

    name: str
    options: type[Any]
    make: Callable[[Rule, Table], Condition]
    doc: str


def names() -> list[str]:
    """The kinds there are, without importing any."""
    return doors.names(PACKAGE)


def load(name: str) -> Family:
    """Import a kind; Refused with the list of names where there is none, or where a class is missing."""
    module = doors.load(PACKAGE, "kind of alarm", name, ("Options", "Condition"), "gateway/rules/rule.py")
    return Family(name, module.Options, module.Condition, module.__doc__ or "")


def condition(rule: Rule, table: Table) -> Condition:
    """A rule's Condition on this table; ValueError names a series that the table has not."""
    known = {info.name for info in table.series}
    for name in rule.series:
        if name not in known:
            raise ValueError(f"alarm {rule.name}: no series {name} in the table; there are: {', '.join(sorted(known))}")
    return load(rule.kind).make(rule, table)
