"""Durations and sizes as a person writes them: text with a unit (`"5 s"`, `"128 MiB"`), a plain number in code.

A bare number in a configuration is refused: `period = 5` leaves everybody guessing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

DURATIONS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
SIZES = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
_TEXT = re.compile(r"\s*([0-9]{1,15}(?:\.[0-9]{1,15})?)\s*([A-Za-z]{1,3})\s*", re.ASCII)


class Seconds(float):
    """A duration in seconds."""


class Size(int):
    """A size in bytes."""


def _parse(text: Any, units: dict[str, float] | dict[str, int], what: str, example: str) -> float:
    match = _TEXT.fullmatch(text) if isinstance(text, str) else None
    if match is None or match[2] not in units:
        wrong = f"{what} is never negative" if isinstance(text, str) and text.strip().startswith("-") else f"not {what}"
        raise ValueError(f"{wrong}; write a number and one of {', '.join(units)}, in quotes, for example {example}")
    return float(match[1]) * units[match[2]]


def told(value: float, units: Mapping[str, float]) -> str:
    """A duration or a size as a person writes it, in the largest unit of which it is a whole number; `units`: DURATIONS or SIZES."""
    for unit, size in sorted(units.items(), key=lambda item: -item[1]):
        if value and not round(value / size, 6) % 1:
            return f"{value / size:.0f} {unit}"
    smallest = "s" if "s" in units else "B"
    return f"{value / units[smallest]:g} {smallest}"


def convert(kind: type, value: Any) -> Any:
    """msgspec's hook for the types of this file; ValueError says how to write it."""
    if kind is Seconds:
        return Seconds(_parse(value, DURATIONS, "a duration", '"5 s"'))
    if kind is Size:
        return Size(_parse(value, SIZES, "a size", '"128 MiB"'))
    raise NotImplementedError(kind)
