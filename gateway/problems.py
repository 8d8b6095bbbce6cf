"""Filling typed structs from a TOML table, collecting every mistake instead of stopping at the first.

msgspec stops at its first error, so each key is converted on its own. A mistake names the path, the value found, what is wrong and what to
write instead; an unknown key names the nearest known one. What a struct knows about its own values it tells by a method `mistakes`, all at once;
a driver's Options, which raise at the first, are told under the option that their sentence begins with.
"""

from __future__ import annotations

import datetime
import difflib
import json
import math
import re
import typing
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar, cast

import msgspec

from hardware import quantities
from hardware.errors import HardwareError, Refused

S = TypeVar("S")
"""A msgspec.Struct; unbound, because drivers promise their Options by protocol."""
T = TypeVar("T")
MOST = 10
"""Unknown keys told of one table, each with its hint; of more only the number."""
_WORDS = {str: "text in quotes", int: "a whole number", float: "a number", bool: "true or false", quantities.Seconds: 'a duration such as "5 s"',
          quantities.Size: 'a size such as "128 MiB"', datetime.date: "a date such as 2026-05-12"}  # fmt: skip


class Problem(NamedTuple):
    """One mistake: where, what stands there, what is wrong, what to do."""

    path: str
    value: Any
    wrong: str
    remedy: str

    def __str__(self) -> str:
        shown = "" if self.value is None else f" = {_shown(self.value)}"
        return f"{self.path}{shown}: {self.wrong}; {self.remedy}"


class Mistake(NamedTuple):
    """What a struct finds wrong with itself: the key, what is wrong, what to do. secret: the value is not to be shown."""

    key: str
    wrong: str
    remedy: str
    secret: bool = False


def _shown(value: Any) -> str:
    """As it would stand in the file, on one line, not too long; nothing in it reaches a terminal as a control character."""
    try:
        text = json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    except ValueError:  # Python's limit for the digits of a number
        text = "a number with thousands of digits"
    text = re.sub(r"[\x7f-\x9f\u2028\u2029\u202a-\u202e]", "?", text)
    return text if len(text) <= 60 else text[:57] + "..."


def name(key: str) -> str:
    """A key or a name as a part of a path: as it is where that is plain, else in quotes."""
    return key if re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", key) else _shown(key)


def unknown(found: Iterable[str], table: dict[str, Any], path: str, known: list[str], problems: list[Problem]) -> None:
    """Tell keys that nobody knows, each with the nearest known one, at most MOST of them."""
    keys = sorted(found)
    for key in keys[:MOST]:
        near = difflib.get_close_matches(key[:64], known, 1)
        remedy = f"did you mean {near[0]}?" if near else f"known keys: {', '.join(known)}"
        problems.append(Problem(f"{path}.{name(key)}" if path else name(key), table[key], "unknown key" if path else "unknown section", remedy))
    if keys[MOST:]:
        problems.append(Problem(path or "file", None, f"{len(keys) - MOST} more unknown keys", "remove them"))


def fill(kind: type[S], table: Any, path: str, problems: list[Problem], others: tuple[str, ...] = ()) -> S | None:
    """A struct of `kind` from a table; None where it cannot be made. Every mistake is added to `problems`; unknown keys, and what the struct finds
    wrong with itself, do not keep it from being made, so that what else is wrong is found in the same go. others: keys of the same table that belong
    to somebody else, for the hint."""
    if not isinstance(table, dict):
        problems.append(Problem(path, table, "not a table", f"write [{path}] on a line of its own and the keys below it"))
        return None
    fields = {f.encode_name: f for f in msgspec.structs.fields(cast(type[msgspec.Struct], kind))}
    unknown(table.keys() - fields.keys(), table, path, [*fields, *others], problems)
    values: dict[str, Any] = {}
    bad: set[str] = set()
    for key, field in fields.items():
        count = len(problems)
        if key in table:
            values[field.name] = _value(field.type, table[key], f"{path}.{key}", problems)
        elif field.required:
            problems.append(Problem(f"{path}.{key}", None, "missing", f"add it: {_expected(field.type)}"))
        if len(problems) > count:
            bad.add(key)
            values.pop(field.name, None)
    if bad and (not hasattr(kind, "mistakes") or any(fields[key].required for key in bad)):
        return None
    defaults = {key: field.default for key, field in fields.items() if field.default is not msgspec.NODEFAULT}
    made, mistakes = _make(kind, values, defaults | table)
    for mistake in mistakes:
        if mistake.key not in bad:  # else its value is the default, which nobody wrote
            value = "(not shown)" if mistake.secret else table.get(mistake.key, defaults.get(mistake.key))
            problems.append(Problem(f"{path}.{mistake.key}" if mistake.key else path, value, mistake.wrong, mistake.remedy))
    return None if bad else made


def find(load: Callable[[str], T], table: dict[str, Any], path: str, key: str, what: str, problems: list[Problem]) -> T | None:
    """What a table names and `load` finds: a driver, a kind of output; None, told where it is a name, if there is none or its file does not load."""
    asked = table.get(key)
    if not isinstance(asked, str):
        return None  # missing, or not text: told already
    try:
        return load(asked)
    except Refused as error:
        problems.append(Problem(f"{path}.{key}", asked, f"unknown {what}", str(error).partition("; ")[2] or str(error)))
    except (ImportError, SyntaxError) as error:
        problems.append(Problem(f"{path}.{key}", asked, f"its file does not load: {error}", "mend the file, or install what it imports"))
    return None


def _value(kind: Any, value: Any, path: str, problems: list[Problem]) -> Any:
    """A value of the type a key has; None, after telling it, where it is not one."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return fill(kind, value, path, problems)
    if not _finite(value):
        problems.append(Problem(path, value, "not a number that can be measured with", f"write {_expected(kind)}"))
        return None
    try:
        return msgspec.convert(value, kind, dec_hook=quantities.convert)
    except msgspec.ValidationError as error:
        wrong, _, remedy = _tidy(error).partition("; ")
        problems.append(Problem(path, value, wrong, remedy or f"write {_expected(kind)}"))
        return None


def _finite(value: Any) -> bool:
    if isinstance(value, int):
        return value.bit_length() < 64
    if isinstance(value, float):
        return math.isfinite(value)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return all(_finite(item) for item in inner)


def _make(kind: type[S], values: dict[str, Any], shown: dict[str, Any]) -> tuple[S | None, list[Mistake]]:
    """The struct and what it finds wrong with itself, by its method `mistakes` or by an error it raises."""
    try:
        made = kind(**values)
    except (ValueError, ArithmeticError, HardwareError) as error:
        wrong, _, remedy = str(error).partition("; ")
        first = wrong.split(" ", 1)[0]
        return None, [Mistake(first if first in shown else "", wrong, remedy or "`edge-gateway drivers NAME` tells what each option means")]
    tell = getattr(made, "mistakes", None)
    return made, [] if tell is None else list(tell())


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
