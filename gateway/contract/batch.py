"""The batch: Blocks of readings as CBOR columns of delta integers (`batch.cddl` beside this file is the same in CDDL).

A **Block** is encoded once, when it is sealed; these bytes go to the disk and, unchanged, to the wire. A **message** is a CBOR array: first a
head that makes it self-describing (series tables, clock anchors), then each Block as a byte string that holds its CBOR. So a backlog drains
at the speed of copying bytes, the hub's digest of a Block is of the bytes as sealed, and any CBOR library reads it (`README.md` has a decoder
of 30 lines).

Why plain CBOR arrays and not packed varints: 0.1 to 0.4 bytes per reading dearer, and readable by anybody. Times are seconds as floats with
millisecond meaning, because no integer may exceed 2^32 (JavaScript readers would make BigInt of it).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import cbor2

from gateway.contract.messages import ClockFix
from gateway.model import Reading, SeriesInfo, Table, senml_unit

VERSION = 1
MAX_INT = 2**32


class BadBatch(ValueError):
    """The payload is not a batch of this version: what is wrong, and where in it."""


def encode_block(seq: int, table: str, boot: str, readings: Sequence[Reading]) -> bytes:
    """Seal readings (of one boot, in time order per series) into the bytes of one Block.

    Series whose times are the same to the millisecond share one time column.
    """
    per_series: dict[int, list[Reading]] = defaultdict(list)
    for reading in readings:
        per_series[reading.series].append(reading)
    rounds: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for series, rows in sorted(per_series.items()):
        rounds[tuple(row.ms for row in rows)].append(series)
    groups = [_group(times, members, per_series) for times, members in rounds.items()]
    return cbor2.dumps({"s": seq, "t": table, "b": boot, "g": groups})


def _group(times: tuple[int, ...], members: list[int], rows: Mapping[int, list[Reading]]) -> dict[str, Any]:
    steps = [b - a for a, b in pairwise(times)]
    period = sorted(steps)[len(steps) // 2] if steps else 0
    group: dict[str, Any] = {
        "i": members,
        "t": times[0] / 1000,
        "p": period,
        "r": [step - period for step in steps],
        "v": [_deltas([row.raw for row in rows[series]]) for series in members],
    }
    marks = [[place, *run] for place, series in enumerate(members) for run in _runs(rows[series])]
    if marks:
        group["q"] = marks
    return group


def _deltas(raws: list[int | None]) -> list[int | None]:
    out: list[int | None] = []
    last = 0
    for raw in raws:
        out.append(None if raw is None else raw - last)
        last = last if raw is None else raw
    return out


def _runs(rows: list[Reading]) -> Iterator[list[Any]]:
    """Runs of equal, not plainly good quality: [from, count, quality, flags, reason]."""
    start = 0
    for end in range(1, len(rows) + 1):
        first = rows[start]
        if end < len(rows) and (rows[end].quality, rows[end].flags, rows[end].reason) == (first.quality, first.flags, first.reason):
            continue
        if first.quality or first.flags or first.reason:
            yield [start, end - start, first.quality, first.flags, first.reason]
        start = end


def encode_message(
    node: str,
    epoch: str,
    sent: tuple[str, float],
    tables: Mapping[str, Table],
    clocks: Mapping[str, ClockFix],
    blocks: Sequence[bytes],
    simulated: bool = False,
) -> bytes:
    """Put a head before sealed Blocks. `sent`: (boot, mono) of the sending, echoed by the receipt; tables and clocks: those the Blocks need."""
    head: dict[str, Any] = {
        "v": VERSION,
        "n": node,
        "e": epoch,
        "m": list(sent),
        "tables": {name: [_entry(info) for info in table.series] for name, table in tables.items()},
        "clocks": {boot: [fix.mono, fix.utc, fix.source, fix.error] for boot, fix in clocks.items()},
    }
    if simulated:
        head["sim"] = True
    return cbor2.dumps([head, *blocks])


def _entry(info: SeriesInfo) -> list[Any]:
    """[name, unit, decimals] and, unless value = raw / 10^decimals, [slope, intercept]; then the calibration where there is one."""
    plain = info.intercept == 0 and info.slope == 10**-info.decimals
    entry: list[Any] = [info.name, senml_unit(info.unit), info.decimals]
    if not plain or info.calibration:
        entry += [info.slope, info.intercept]
    if info.calibration:
        entry.append(info.calibration)
    return entry


class WireSeries(NamedTuple):
    """A series as the batch itself describes it."""

    name: str
    unit: str
    decimals: int
    slope: float
    intercept: float
    calibration: str


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
    try:
        whole = cbor2.loads(payload)
        head, blocks = whole[0], whole[1:]
        if head["v"] != VERSION:
            raise BadBatch(f"batch version {head['v']!r}; this reader knows {VERSION}")
        tables = {name: [_series(entry) for entry in entries] for name, entries in head["tables"].items()}
        clocks = {boot: ClockFix(float(m), float(u), str(s), float(e)) for boot, (m, u, s, e) in head["clocks"].items()}
        sent = (str(head["m"][0]), float(head["m"][1]))
        decoded = [_block(cbor2.loads(block), tables) for block in blocks]
        return Batch(str(head["n"]), str(head["e"]), sent, clocks, bool(head.get("sim", False)), decoded, blocks)
    except BadBatch:
        raise
    except (cbor2.CBORDecodeError, EOFError, KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        raise BadBatch(f"not a batch: {type(error).__name__}: {error}") from error


def _series(entry: list[Any]) -> WireSeries:
    name, unit, decimals = str(entry[0]), str(entry[1]), int(entry[2])
    slope, intercept = (float(entry[3]), float(entry[4])) if len(entry) > 3 else (10.0**-decimals, 0.0)
    return WireSeries(name, unit, decimals, slope, intercept, str(entry[5]) if len(entry) > 5 else "")


def _block(block: dict[str, Any], tables: Mapping[str, list[WireSeries]]) -> Block:
    table = tables[block["t"]]
    columns: list[Column] = []
    position = 0
    for group in block["g"]:
        ms = [round(group["t"] * 1000)]
        for residual in group["r"]:
            ms.append(ms[-1] + group["p"] + residual)
        if not len(group["i"]) == len(group["v"]) > 0:
            raise BadBatch(f"block {block['s']}: {len(group['i'])} series and {len(group['v'])} columns")
        for place, (index, deltas) in enumerate(zip(group["i"], group["v"])):
            if len(deltas) != len(ms) or not 0 <= index < len(table):
                raise BadBatch(f"block {block['s']}: column {place} has {len(deltas)} values for {len(ms)} times, series {index} of {len(table)}")
            marks = [(f, n, q, b, r) for p, f, n, q, b, r in group.get("q", ()) if p == place]
            columns.append(Column(table[index], position, ms, _sums(deltas), marks))
            position += len(ms)
    seq = block["s"]
    if not isinstance(seq, int) or not 0 < seq < MAX_INT or not isinstance(block["b"], str):
        raise BadBatch(f"block {seq!r} of boot {block['b']!r}: no identity")
    return Block(seq, block["b"], columns, position)


def _sums(deltas: list[int | None]) -> list[int | None]:
    total = 0
    out: list[int | None] = []
    for delta in deltas:
        if delta is None:
            out.append(None)
        else:
            total += delta
            out.append(total)
    return out
