"""Reading a batch. The bytes come from the network, so everything is checked before anything of it leaves this file.

What a hostile sender can make us spend is bounded: the payload by `MAX_MESSAGE`, nesting by `MAX_DEPTH`, and no item of CBOR is accepted that
is larger in memory than on the wire (no semantic tag, no reference, no length that the bytes do not hold). Checks run over whole columns in
C (`map(type, ...)`, `min`, `max`), because a hub drains hundreds of thousands of readings a second through here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple, NoReturn

import cbor2

from gateway.contract.messages import ClockFix

VERSION = 1
MAX_INT = 2**32
MAX_RAW = 2**53
"""Largest raw number and largest time in milliseconds: what a float, and so a JavaScript reader, holds exactly."""
MAX_MESSAGE = 256 * 1024
MAX_DEPTH = 8
MAX_TEXT = 64


class BadBatch(ValueError):
    """The payload is not a batch of this version: what is wrong, and where in it."""


class WireSeries(NamedTuple):
    """A series as the batch itself describes it."""

    name: str
    unit: str
    decimals: int
    slope: float
    intercept: float
    calibration: str

    def value(self, raw: int) -> float:
        """The value a raw number stands for, rounded to the decimals that mean something."""
        return round(raw * self.slope + self.intercept, self.decimals)


class Column(NamedTuple):
    """One series of one Block: parallel lists. `marks` are runs [from, count, quality, flags, reason]; a row outside every run is good.

    first: position in the Block of this column's first reading; the position of a reading is part of its identity at the hub.
    """

    series: WireSeries
    first: int
    ms: list[int]
    raws: list[int | None]
    marks: list[tuple[int, int, int, int, str]]


class Block(NamedTuple):
    """One decoded Block."""

    seq: int
    boot: str
    columns: list[Column]
    size: int


class Batch(NamedTuple):
    """One decoded message; `sealed` are the Blocks' bytes as the node sealed them, in the order of `blocks`."""

    node: str
    epoch: str
    sent: tuple[str, float]
    clocks: dict[str, ClockFix]
    simulated: bool
    blocks: list[Block]
    sealed: list[bytes]


def decode_message(payload: bytes) -> Batch:
    """Decode and check a batch; BadBatch names the first thing that is wrong, and nothing half-read leaves here."""
    if len(payload) > MAX_MESSAGE:
        raise BadBatch(f"{len(payload)} bytes; a batch has at most {MAX_MESSAGE}")
    try:
        head, *sealed = _list(_load(payload, "message"), "message")
        if not isinstance(head, dict) or head["v"] != VERSION:
            raise BadBatch(f"batch version {_shown(head['v'])}; this reader knows {VERSION}")
        tables = {_text(name, "table"): [_series(entry) for entry in _list(entries, "table")] for name, entries in _map(head["tables"]).items()}
        clocks = {_text(boot, "boot"): _fix(fix) for boot, fix in _map(head["clocks"]).items()}
        boot, mono = _list(head["m"], "m")
        sent = _text(boot, "boot of m"), _moment(mono, "m")
        blocks = [_block(place, block, tables) for place, block in enumerate(sealed)]
        simulated = head.get("sim", False)
        if not isinstance(simulated, bool):
            raise BadBatch(f"sim is {_shown(simulated)}")
        return Batch(_text(head["n"], "n"), _text(head["e"], "e"), sent, clocks, simulated, blocks, sealed)
    except BadBatch:
        raise
    except (KeyError, IndexError, TypeError, ValueError, ArithmeticError) as error:
        raise BadBatch(f"not a batch: {type(error).__name__}: {_shown(error)}") from error


class _NoTags(dict[int, Any]):
    """Stands for the table of semantic tags: none is allowed (a date, a regular expression or a rational has no place in a batch)."""

    def get(self, key: int, default: object = None) -> Any:
        return _no_tag

    __missing__ = get


def _no_tag(*_: object) -> NoReturn:
    raise BadBatch("a semantic tag")


_NO_TAGS = _NoTags()


def _load(data: bytes, where: str) -> object:
    try:
        loaded: object = cbor2.loads(
            data, semantic_decoders=_NO_TAGS, tag_hook=_no_tag, max_depth=MAX_DEPTH, allow_indefinite=False, allow_duplicate_keys=False
        )
    except (cbor2.CBORError, ValueError, RecursionError, OverflowError) as error:
        raise BadBatch(f"{where} is not CBOR of this version: {_shown(error)}") from error
    return loaded


def _shown(thing: object) -> str:
    """What was wrong, never longer than a line: it ends in logs and in the quarantine."""
    text = str(thing) if isinstance(thing, Exception) else f"{type(thing).__name__}" if isinstance(thing, (list, dict, bytes)) else repr(thing)
    return text[:120]


def _list(thing: object, what: str) -> list[Any]:
    if type(thing) is not list:
        raise BadBatch(f"{what} is {_shown(thing)}, not a list")
    return thing


def _map(thing: object) -> dict[Any, Any]:
    if type(thing) is not dict:
        raise BadBatch(f"{_shown(thing)} stands where a map belongs")
    return thing


def _text(thing: object, what: str) -> str:
    if type(thing) is not str or not 0 < len(thing) <= MAX_TEXT:
        raise BadBatch(f"{what} is {_shown(thing)}, not a text of 1 to {MAX_TEXT} characters")
    return thing


def _number(thing: object, what: str, low: float = -1e18, high: float = 1e18) -> float:
    """A finite number; NaN fails the comparison, a bool the type."""
    if type(thing) not in (int, float) or not low <= thing <= high:  # type: ignore[operator]
        raise BadBatch(f"{what} is {_shown(thing)}, not a number within [{low}, {high}]")
    return float(thing)  # type: ignore[arg-type]


def _moment(thing: object, what: str) -> float:
    return _number(thing, what, 0, MAX_RAW / 1000)


def _integer(thing: object, what: str, low: int, high: int) -> int:
    if type(thing) is not int or not low <= thing <= high:
        raise BadBatch(f"{what} is {_shown(thing)}, not a whole number within [{low}, {high}]")
    return thing


def _fix(fix: object) -> ClockFix:
    mono, utc, source, error = _list(fix, "clock")
    return ClockFix(_moment(mono, "mono of a clock"), _number(utc, "utc"), _text(source, "source"), _number(error, "error", 0))


def _series(entry: object) -> WireSeries:
    name, unit, decimals, *more = _list(entry, "series")
    decimals = _integer(decimals, "decimals", 0, 15)
    slope, intercept = (_number(more[0], "slope"), _number(more[1], "intercept")) if more else (10.0**-decimals, 0.0)
    calibration = _text(more[2], "calibration") if len(more) > 2 else ""
    return WireSeries(_text(name, "series name"), unit if unit == "" else _text(unit, "unit"), decimals, slope, intercept, calibration)


def _block(place: int, sealed: object, tables: Mapping[str, Sequence[WireSeries]]) -> Block:
    where = f"block {place}"
    if type(sealed) is not bytes:
        raise BadBatch(f"{where} is {_shown(sealed)}, not a byte string")
    block = _map(_load(sealed, where))
    seq = _integer(block["s"], f"sequence number of {where}", 1, MAX_INT - 1)
    table = tables.get(_text(block["t"], f"table of {where}"))
    if table is None:
        raise BadBatch(f"{where} needs table {block['t']!r}, which the head does not have")
    start = round(_moment(block["m"], f"m of {where}") * 1000)
    columns: list[Column] = []
    position = 0
    for group in _list(block["g"], f"groups of {where}"):
        for column in _columns(_list(group, f"a group in {where}"), start, table, position, where):
            columns.append(column)
            position += len(column.ms)
    if not columns:
        raise BadBatch(f"{where} has no readings")
    return Block(seq, _text(block["b"], f"boot of {where}"), columns, position)


def _columns(group: list[Any], start: int, table: Sequence[WireSeries], position: int, where: str) -> list[Column]:
    """The columns of one group, which share their times. A Block costs at most as many list slots as it has bytes: counts cannot lie."""
    members, offset, period, residuals, values, *more = group
    if len(more) > 1:
        raise BadBatch(f"{where}: a group of {len(group)} parts")
    offset = _integer(offset, f"start of a group in {where}", 0, MAX_RAW)
    period = _integer(period, f"period in {where}", -MAX_RAW, MAX_RAW)
    steps = _integers(residuals, f"residuals in {where}")
    ms = list(accumulate([period + step for step in steps], initial=start + offset))
    _bounded(ms, 0, f"a time in {where}")
    places, columns = _list(members, f"series in {where}"), _list(values, f"values in {where}")
    if not len(places) == len(columns) > 0:
        raise BadBatch(f"{where}: {len(places)} series and {len(columns)} columns")
    marks = _marks(_list(more[0], f"marks in {where}"), len(places), len(ms), where) if more else {}
    out: list[Column] = []
    for nth, (index, deltas) in enumerate(zip(places, columns)):
        series = table[_integer(index, f"series in {where}", 0, len(table) - 1)]
        raws = _raws(_list(deltas, f"column {nth} of {where}"), where)
        if len(raws) != len(ms):
            raise BadBatch(f"{where}: column {nth} has {len(raws)} values for {len(ms)} times")
        out.append(Column(series, position + nth * len(ms), ms, raws, marks.get(nth, [])))
    return out


def _integers(thing: object, what: str) -> list[int]:
    found = _list(thing, what)
    if not set(map(type, found)) <= {int}:
        raise BadBatch(f"{what} has something that is not a whole number")
    return found


def _bounded(numbers: list[int], low: int, what: str) -> None:
    if numbers and (min(numbers) < low or max(numbers) > MAX_RAW):
        raise BadBatch(f"{what} is outside [{low}, 2^53]")


def _raws(deltas: list[Any], where: str) -> list[int | None]:
    """Running sums over the numbers; a null stands for itself."""
    if not set(map(type, deltas)) <= {int, type(None)}:
        raise BadBatch(f"{where}: a raw number that is no whole number")
    sums = list(accumulate([delta for delta in deltas if delta is not None]))
    _bounded(sums, -MAX_RAW, f"a raw number in {where}")
    if len(sums) == len(deltas):
        return list(sums)
    following = iter(sums)
    return [None if delta is None else next(following) for delta in deltas]


def _marks(marks: list[Any], places: int, rows: int, where: str) -> dict[int, list[tuple[int, int, int, int, str]]]:
    """Runs by place, in order and apart, each within the rows there are."""
    out: dict[int, list[tuple[int, int, int, int, str]]] = {}
    for mark in marks:
        place, first, count, quality, flags, reason = _list(mark, f"a mark in {where}")
        _integer(place, f"place of a mark in {where}", 0, places - 1)
        runs = out.setdefault(place, [])
        free = runs[-1][0] + runs[-1][1] if runs else 0
        _integer(first, f"start of a mark in {where}", free, rows - 1)
        _integer(count, f"length of a mark in {where}", 1, rows - first)
        _integer(quality, f"quality in {where}", 0, 2)
        _integer(flags, f"flags in {where}", 0, MAX_INT - 1)
        runs.append((first, count, quality, flags, reason if reason == "" else _text(reason, f"reason in {where}")))
    return out
