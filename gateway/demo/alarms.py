"""The way of every alarm in real time: from the chip's read that raised it to the output and to the hub's receipt at the node.

An output that sounds already has no way to measure: that is told in words and never as a time of nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from gateway.demo.account import Read


class Told(NamedTuple):
    """An alarm at the hub: onset is the scenario time of the reading that decided; limit the threshold it crossed."""

    rule: str
    series: str
    change: str
    seq: int
    onset: float
    limit: float | None


class Traces(NamedTuple):
    """In real time: every change of an output as (time, name, whether it acts), and every receipt for alarms as (time, number)."""

    outputs: Sequence[tuple[float, str, int]]
    receipts: Sequence[tuple[float, int]]


def story(told: Sequence[Told], reads: Sequence[tuple[Read, float]], traces: Traces, wired: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """One object per alarm. output: `switched` after `output_ms`, `already on`, `never`; None where the rule has no output or the alarm only grew
    worse. receipt_ms: until the hub's receipt was back at the node, None where none came. wired: outputs of each rule."""
    moments: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for read, real in reads:
        moments[read.series].append((read.at, real))
    return [_one(alarm, _crossing(moments[alarm.series], alarm.onset), traces, wired.get(alarm.rule, ())) for alarm in told]


def _one(alarm: Told, crossed: float | None, traces: Traces, outputs: Sequence[str]) -> dict[str, Any]:
    back = next((at for at, upto in traces.receipts if crossed is not None and upto >= alarm.seq and at >= crossed), None)
    output: str | None = None
    switched: float | None = None
    if alarm.change == "raised" and outputs:
        output, switched = _output(crossed, [(at, level) for at, name, level in traces.outputs if name in outputs])
    return {
        "rule": alarm.rule,
        "change": alarm.change,
        "limit": alarm.limit,
        "onset": round(alarm.onset, 3),
        "output": output,
        "output_ms": _after(crossed, switched),
        "receipt_ms": _after(crossed, back),
    }


def _crossing(moments: list[tuple[float, float]], onset: float) -> float | None:
    """Real time at which the read nearest to a scenario time was complete."""
    place = bisect_left(moments, (onset, 0.0))
    near = moments[max(0, place - 1) : place + 1]
    return min(near, key=lambda moment: abs(moment[0] - onset))[1] if near else None


def _output(crossed: float | None, changes: list[tuple[float, int]]) -> tuple[str, float | None]:
    """What the output did for a crossing, and when it switched if it did."""
    if crossed is None:
        return "never", None
    before = [level for at, level in changes if at < crossed]
    if before and before[-1]:
        return "already on", None
    switched = next((at for at, level in changes if level and at >= crossed), None)
    return ("never" if switched is None else "switched"), switched


def _after(begin: float | None, end: float | None) -> float | None:
    return None if begin is None or end is None else round((end - begin) * 1000, 1)
