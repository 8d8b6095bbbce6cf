"""Recordings as points of a signal: one column of a CSV file, cut to a range, with scenario time 0 at the start of the range.

Rows where the column is empty are skipped (the recording had no observation there); anything else that is not a number, and times that do not
grow, are refused with the line, because a world that guesses is no reference.
"""

from __future__ import annotations

import csv
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from pathlib import Path

from hardware.errors import Refused
from hardware.sim.signals import Csv, Points


def points(path: Path, signal: Csv) -> Points:
    """The points of the range, and one on either side of it where the file has one, so that its edges are right."""
    times: list[float] = []
    values: list[float] = []
    for line, moment, value in _rows(path, signal):
        if times and moment <= times[-1]:
            raise Refused(f"{path} line {line}: time does not grow; give a plain grid (`every`) or another file")
        times.append(moment)
        values.append(value * signal.scale + signal.offset)
    if not times:
        raise Refused(f"{path}: column {signal.column!r} holds no number")
    begin = times[0] if signal.begin is None else _bound(path, signal, signal.begin)
    end = times[-1] if signal.end is None else _bound(path, signal, signal.end)
    if not begin < end or begin > times[-1] or end < times[0]:
        raise Refused(f"{path}: the range from {signal.begin} to {signal.end} holds nothing of this file")
    first = max(0, bisect_right(times, begin) - 1)
    last = min(len(times), bisect_left(times, end) + 1)
    cut = [(times[index] - begin, values[index]) for index in range(first, last)]
    return tuple(_ended(cut, end - begin, signal))


def _ended(cut: list[tuple[float, float]], end: float, signal: Csv) -> list[tuple[float, float]]:
    """Points whose last is at the end of the range: what follows keeps the value the range ended with."""
    if cut[-1][0] <= end or len(cut) < 2:
        return cut
    (before, low), (after, high) = cut[-2], cut[-1]
    value = low if signal.between == "hold" else low + (high - low) * (end - before) / (after - before)
    return [*cut[:-1], (end, value)] if end > before else cut[:-1]


def _bound(path: Path, signal: Csv, text: str | float) -> float:
    try:
        return signal.moment(text)
    except ValueError as error:
        raise Refused(f"{path}: cannot read the range's {text!r}: {error}") from error


def _rows(path: Path, signal: Csv) -> Iterator[tuple[int, float, float]]:
    """Line number, time and number of every row that has one."""
    if bool(signal.time) == bool(signal.every):
        raise Refused(f"{path}: give either `time` (a column) or `every` (seconds between rows of a plain grid)")
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        for name in filter(None, (signal.column, signal.time)):
            if name not in (reader.fieldnames or ()):
                raise Refused(f"{path} has no column {name!r}; it has: {', '.join(reader.fieldnames or ())}")
        for index, row in enumerate(reader):
            if not row[signal.column]:
                continue
            try:
                moment = index * signal.every if signal.every else signal.moment(row[signal.time])
                yield reader.line_num, moment, float(row[signal.column])
            except ValueError as error:
                raise Refused(f"{path} line {reader.line_num}: {error}") from error
