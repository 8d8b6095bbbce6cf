"""The batch: Blocks of readings as CBOR columns of delta integers (`batch.cddl` beside this file is the same in CDDL).

A **Block** is encoded once, when it is sealed; these bytes go to the disk and, unchanged, to the wire. A **message** is a CBOR array: first a
head that makes it self-describing (series tables, clock anchors), then each Block as a byte string that holds its CBOR. So a backlog drains
at the speed of copying bytes, the hub's digest of a Block is of the bytes as sealed, and any CBOR library reads it (`README.md` has a decoder
of 30 lines).

Why plain CBOR arrays and not packed varints: 0.1 to 0.4 bytes per reading dearer, and readable by anybody. Moments are seconds as floats with
millisecond meaning, because no integer may exceed 2^32 (JavaScript readers would make BigInt of it); steps between them are whole milliseconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import cbor2

from gateway.contract.messages import ClockFix
from gateway.contract.unbatch import MAX_INT, VERSION, BadBatch, Batch, Block, Column, WireSeries, decode_message
from gateway.model import Reading, SeriesInfo, Table, senml_unit

__all__ = ["MAX_INT", "VERSION", "BadBatch", "Batch", "Block", "Column", "WireSeries", "decode_message", "encode_block", "encode_message"]


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
    start = min(times[0] for times in rounds)
    groups = [_group(times, start, members, per_series) for times, members in rounds.items()]
    return cbor2.dumps({"s": seq, "t": table, "b": boot, "m": start / 1000, "g": groups})


def _group(times: tuple[int, ...], start: int, members: list[int], rows: Mapping[int, list[Reading]]) -> list[Any]:
    """[series, start, period, residuals, values] and, where not every row is plainly good, the marks. A list and no map, because a node whose
    series all have times of their own pays for every byte here six times in a Block."""
    steps = [b - a for a, b in pairwise(times)]
    period = sorted(steps)[len(steps) // 2] if steps else 0
    values = [_deltas([row.raw for row in rows[series]]) for series in members]
    group: list[Any] = [members, times[0] - start, period, [step - period for step in steps], values]
    marks = [[place, *run] for place, series in enumerate(members) for run in _runs(rows[series])]
    return [*group, marks] if marks else group


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
