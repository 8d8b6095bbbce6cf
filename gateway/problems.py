"""Filling typed structs from a TOML table, collecting every mistake instead of stopping at the first.

msgspec stops at its first error, so each key is converted on its own. A mistake names the path, the value found, what is wrong and what to
write instead; an unknown key names the nearest known one.
"""

from __future__ import annotations

import difflib
import typing
from typing import Any, NamedTuple, TypeVar, cast

import msgspec

from hardware import quantities
from hardware.errors import HardwareError

S = TypeVar("S")
"""A msgspec.Struct; unbound, because drivers promise their Options by protocol."""
_WORDS = {str: "text in quotes", int: "a whole number", float: "a number", bool: "true or false", quantities.Seconds: 'a duration such as "5 s"',
          quantities.Size: 'a size such as "128 MiB"'}  # fmt: skip


class Problem(NamedTuple):
    """One mistake: where, what stands there, what is wrong, what to do."""

    path: str
    value: Any
    wrong: str
    remedy: str

    def __str__(self) -> str:
        shown = "" if self.value is None else f" = {_shown(self.value)}"
        return f"{self.path}{shown}: {self.wrong}; {self.remedy}"


def _shown(value: Any) -> str:
    text = f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def fill(kind: type[S], table: dict[str, Any], path: str, problems: list[Problem], others: tuple[str, ...] = ()) -> S | None:
    """A struct of `kind` from a table; None where it cannot be made. Every mistake is added to `problems`, unknown keys included; those alone do
    not keep the struct from being made, so that what else is wrong with it is found in the same go. others: keys of the same table that belong to
    somebody else, for the hint."""
    fields = {f.encode_name: f for f in msgspec.structs.fields(cast(type[msgspec.Struct], kind))}
    for key in sorted(table.keys() - fields.keys()):
        near = difflib.get_close_matches(key, [*fields, *others], 1)
        remedy = f"did you mean {near[0]}?" if near else f"known keys: {', '.join([*fields, *others])}"
        problems.append(Problem(f"{path}.{key}", table[key], "unknown key", remedy))
    count = len(problems)
    values: dict[str, Any] = {}
    for key, field in fields.items():
        if key in table:
            try:
                values[field.name] = msgspec.convert(table[key], field.type, dec_hook=quantities.convert)
            except msgspec.ValidationError as error:
                problems.append(Problem(f"{path}.{key}", table[key], _tidy(error), f"write {_expected(field.type)}"))
        elif field.required:
            problems.append(Problem(f"{path}.{key}", None, "missing", f"add it: {_expected(field.type)}"))
    if len(problems) > count:
        return None
    try:
        return kind(**values)
    except (ValueError, HardwareError) as error:
        wrong, _, remedy = str(error).partition("; ")
        problems.append(Problem(path, None, wrong, remedy or "see the option's description"))
        return None


def _tidy(error: msgspec.ValidationError) -> str:
    """msgspec's sentence without its marks."""
    text = str(error).replace("`", "").replace(" - at $", " at ")
    return text[0].lower() + text[1:]


def _expected(kind: Any) -> str:
    """What belongs there, in words."""
    if typing.get_origin(kind) is typing.Annotated:
        base, *metas = typing.get_args(kind)
        bounds = [f"{word} {getattr(m, name):g}" for m in metas for name, word in _BOUNDS if getattr(m, name, None) is not None]
        return " ".join([_expected(base), *bounds])
    if typing.get_origin(kind) is typing.Literal:
        return "one of " + ", ".join(_shown(choice) for choice in typing.get_args(kind))
    inner = [_expected(arg) for arg in typing.get_args(kind) if arg is not type(None) and arg is not Ellipsis]
    if typing.get_origin(kind) in (tuple, list):
        return "a list of " + " and ".join(inner)
    return " or ".join(inner) if inner else _WORDS.get(kind, "a table")


_BOUNDS = (("ge", "at least"), ("gt", "above"), ("le", "at most"), ("lt", "below"))
