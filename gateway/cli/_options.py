"""What a person may write for an option, in words: its kind, its bounds, what holds where it is left out. As it is written in a configuration."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import inspect as kinds

from hardware.quantities import DURATIONS, SIZES, Seconds, Size, told

PLAIN = {kinds.StrType: "text", kinds.BoolType: "true or false", kinds.AnyType: "anything"}


def lines(options: type) -> Iterator[str]:
    """A line per option of a Struct: name, kind, default."""
    for field in msgspec.structs.fields(options):
        yield f"  {field.encode_name:16} {kind(field.type, field.encode_name)}; {default(field)}"


def default(field: msgspec.structs.FieldInfo) -> str:
    """What holds where it is left out."""
    if field.required:
        return "required"
    found = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
    return "may be left out" if found is None or found in ((), [], {}, "") else f"default {written(found, field.encode_name)}"


def written(value: Any, key: str = "") -> str:
    """A value as it is written in TOML; an address of a bus in hexadecimal, as data sheets print it."""
    if isinstance(value, Seconds):
        return f'"{told(value, DURATIONS)}"'
    if isinstance(value, Size):
        return f'"{told(value, SIZES)}"'
    if key == "address" and isinstance(value, int):
        return f"0x{value:02x}"
    return json.dumps(msgspec.to_builtins(value), ensure_ascii=False)


def kind(of: Any, key: str = "") -> str:
    """A type in words."""
    return _told(kinds.type_info(of), key)


def _told(of: kinds.Type, key: str = "") -> str:
    match of:
        case kinds.Metadata(type=inner):
            return _told(inner, key)
        case kinds.UnionType(types=several):
            return " or ".join(_told(one, key) for one in several if not isinstance(one, kinds.NoneType))
        case kinds.CustomType(cls=own):
            return 'a duration, for example "5 s"' if own is Seconds else 'a size, for example "128 MiB"' if own is Size else own.__name__
        case kinds.IntType() | kinds.FloatType():
            return ("whole number" if isinstance(of, kinds.IntType) else "number") + _bounds(of, key)
        case kinds.LiteralType(values=values):
            return f"one of {', '.join(written(value, key) for value in sorted(values, key=lambda value: (isinstance(value, str), value)))}"
        case kinds.EnumType(cls=members):
            return f"one of {', '.join(written(member.value) for member in members)}"
        case kinds.TupleType(item_types=items):
            return f"[{', '.join(_told(item) for item in items)}]"
        case kinds.VarTupleType(item_type=item) | kinds.ListType(item_type=item) | kinds.SetType(item_type=item):
            return f"list of {_told(item)}"
        case kinds.DictType(key_type=keys, value_type=values):
            return f"table of {_told(values)} by {_told(keys)}"
        case kinds.StructType(fields=fields):
            return f"table with {', '.join(field.encode_name for field in fields)}"
        case _:
            return PLAIN.get(type(of), "text")


def _bounds(of: kinds.IntType | kinds.FloatType, key: str) -> str:
    """The numbers that are allowed, where there are bounds."""

    def shown(bound: float) -> str:
        return f"0x{int(bound):02x}" if key == "address" else str(int(bound)) if bound == int(bound) else f"{bound:g}"

    low, high = (of.ge if of.ge is not None else of.gt), (of.le if of.le is not None else of.lt)
    words = [f"{'above ' if of.ge is None else ''}{shown(low)}"] if low is not None else []
    words += [f"{'below ' if of.le is None else ''}{shown(high)}"] if high is not None else []
    if not words:
        return ""
    return (
        f", {' to '.join(words)}"
        if len(words) == 2
        else f", {'at least ' if of.ge is not None else 'at most ' if of.le is not None else ''}{words[0]}"
    )
