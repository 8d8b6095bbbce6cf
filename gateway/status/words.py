"""A node's snapshot in words, and what in it is a fault.

Decision: the snapshot is read as a shape of its own in which nothing is required, because the node that left it may be older or newer than who
reads it; what is not there is not told.
"""

from __future__ import annotations

import os
from typing import Any

import msgspec

from gateway.derivation.kinds.depth import shown

LEFT_OUT = "its sensors do not protect; look at their wiring and supply, a restart of the computer tries it at once"
OLD = 10.0
"""Seconds without a snapshot after which a node is not taken to be working; it leaves one every two."""


class Series(msgspec.Struct):
    """One series: its newest value, of what, how good it is and why."""

    value: float | None = None
    unit: str = ""
    quantity: str = ""
    quality: str = "missing"
    reason: str = ""
    state: str = "normal"


class Alarm(msgspec.Struct):
    """One alarm: its combined state, its level, whether it is itself at fault. degraded: it judges with what is left; note: what a person should know
    besides. marks: latched, silenced, shelved, ..."""

    state: str = "?"
    level: int = 0
    fault: bool = False
    degraded: bool = False
    note: str = ""
    marks: list[str] = []


class Outbox(msgspec.Struct):
    """The outbox: what waits, and whether its disk takes writes. adrift: it did not answer at the start; flush_s: seconds of the last flush; evicted:
    times the oldest was given up."""

    unreceipted: int = 0
    unsealed: int = 0
    degraded: bool = False
    adrift: bool = False
    flush_s: float = 0.0
    evicted: int = 0


class Hub(msgspec.Struct):
    """The way to the hub. since: seconds connected; receipt_age: seconds since the hub was heard."""

    connected: bool = False
    since: float | None = None
    reason: str | None = ""
    receipt_age: float | None = None


class Thread(msgspec.Struct):
    """One thread. late: it did not come back within its deadline; left_out: seconds until a bus that hung again and again is tried again."""

    late: bool = False
    left_out: float = 0.0


class Shot(msgspec.Struct):
    """What is read of a snapshot. written: seconds of the machine's monotonic clock; pid: of the process that wrote it."""

    node: str = "?"
    site: str = "?"
    simulated: bool = False
    uptime: float = 0.0
    clock: str = "unknown"
    clock_error: float | None = None
    written: float | None = None
    pid: int | None = None
    series: dict[str, Series] = {}
    alarms: dict[str, Alarm] = {}
    outputs: dict[str, Any] = {}
    outbox: Outbox | None = None
    hub: Hub | None = None
    threads: dict[str, Thread] = {}


def understood(shot: dict[str, Any]) -> Shot:
    """The snapshot, typed; ValueError where another version means something else by a key."""
    return msgspec.convert(shot, Shot)


def silence(shot: Shot, now: float) -> str | None:
    """Why the node is not taken to be working, in words; None where it is. now: the machine's monotonic clock."""
    if shot.written is None or shot.pid is None:
        return "this snapshot does not say when it was written (another version left it): whether the node runs is not known"
    age = now - shot.written
    if age < 0:
        return "stopped before this machine started, this is its last word"
    if not _lives(shot.pid):
        return f"stopped {age:.0f} s ago, this is its last word"
    return f"has said nothing for {age:.0f} s though its process {shot.pid} is there, this is its last word" if age > OLD else None


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return pid > 0


def faults(shot: Shot) -> list[str]:
    """What somebody has to look at, in words."""
    found = [f"sensor {name}: {series.quality}{_reason(series)}" for name, series in shot.series.items() if series.quality in ("bad", "missing")]
    found += [f"alarm {name} {unsound(alarm)}" for name, alarm in shot.alarms.items() if alarm.fault]
    found += [f"output {name} {shown}" for name, shown in shot.outputs.items() if str(shown).startswith("fails")]
    if shot.outbox is not None and shot.outbox.adrift:
        found.append("the disk did not answer when the node started: it starts again as soon as the disk does; if it does not, change the card")
    elif shot.outbox is not None and shot.outbox.degraded:
        found.append("the disk does not take writes")
    found += [
        f"{name} hung again and again and is left out for {t.left_out / 60:.0f} min: {LEFT_OUT}" for name, t in shot.threads.items() if t.left_out
    ]
    return found + [f"thread {name} is late" for name, thread in shot.threads.items() if thread.late]


def unsound(alarm: Alarm) -> str:
    """What an alarm that is at fault still does: it goes on with the inputs that are left, or it protects nobody."""
    if alarm.degraded:
        return f"is degraded: {alarm.note or 'it judges with some of its sensors missing'}"
    return "cannot judge its sensor and does not protect"


def lines(shot: Shot) -> list[str]:
    """The snapshot in words, one fact a line; faults last."""
    clock = shot.clock if shot.clock_error is None else f"{shot.clock}, within {shot.clock_error} s"
    out = [f"node {shot.node} of {shot.site}{' (SIMULATED)' if shot.simulated else ''}, up {shot.uptime:.0f} s, clock {clock}"]
    for name, series in shot.series.items():
        value = "no value" if series.value is None else f"{_shown(series)} {series.unit}"
        unready = "" if series.state == "normal" else f", {series.state}: not protecting"
        out.append(f"  {name:24} {value:>16}  {series.quality}{_reason(series)}{unready}")
    for name, alarm in shot.alarms.items():
        level = f" at A{alarm.level}" if alarm.level else ""
        out.append(f"  alarm {name:18} {', '.join([alarm.state + level, *alarm.marks])}{', FAULT' if alarm.fault else ''}")
    out += [f"  output {name:17} {shown}" for name, shown in shot.outputs.items()]
    out += [] if shot.outbox is None else [_outbox(shot.outbox)]
    out += [] if shot.hub is None else [_hub(shot.hub)]
    return out + [f"FAULT   {fault}" for fault in faults(shot)]


def _shown(series: Series) -> float | None:
    """The value as a person is shown it: a depth below the noise floor is no water. What is recorded stays as it is."""
    return shown(series.value) if series.quantity == "depth" and series.unit == "mm" and series.value is not None else series.value


def _reason(series: Series) -> str:
    return f" ({series.reason})" if series.reason else ""


def _outbox(box: Outbox) -> str:
    disk = "the disk DOES NOT TAKE WRITES" if box.degraded else f"last flush took {box.flush_s * 1000:.0f} ms"
    lost = f", {box.evicted} times the oldest was given up" if box.evicted else ""
    return f"outbox  {box.unreceipted} messages without a receipt, {box.unsealed} readings not in a Block yet, {disk}{lost}"


def _hub(link: Hub) -> str:
    heard = "never heard" if link.receipt_age is None else f"last heard {link.receipt_age:.0f} s ago"
    if link.connected:
        return f"hub     connected for {link.since or 0.0:.0f} s, {heard}"
    return f"hub     not connected ({link.reason or 'not tried yet'}), {heard}; the node goes on and keeps everything"
