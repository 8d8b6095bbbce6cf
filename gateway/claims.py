"""What only shows when the parts of a configuration are seen together: a name, an input or a pin used twice, an alarm on nothing. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

from gateway.checks import WARM_UP_MOST, Checks
from gateway.derivation import Derived
from gateway.model import SeriesInfo
from gateway.problems import Problem
from gateway.rules import Rule
from gateway.sections import Mounted, Wired
from hardware.driver import Options
from hardware.sample import Channel

Measured = Channel | SeriesInfo
"""What has a unit and a range: the channel of a sensor, or a derived series."""


INSTANT = 1e-6
"""Seconds that are no difference."""


class Parts(NamedTuple):
    """What could be made of the configuration, each with its path. whole: every sensor (output, series) of the file is among them; where not, the
    missing one is told already, and naming it elsewhere is no second mistake."""

    sensors: list[tuple[str, Mounted]]
    outputs: list[tuple[str, Wired]]
    alarms: list[tuple[str, Rule]]
    whole_sensors: bool
    whole_outputs: bool
    derived: list[tuple[str, Derived]]
    checks: list[tuple[str, Checks]]
    whole_series: bool


def check(parts: Parts) -> Iterator[Problem]:
    """Every clash."""
    holders: dict[str, str] = {}
    for path, value, claim in _claims(parts):
        holder = _holder(claim, holders)
        if holder is not None:
            yield Problem(path, value, f"used already by {holder}", "give each its own")
        else:
            holders[claim] = path
    if not parts.sensors and parts.whole_sensors:
        yield Problem("sensor", None, "no sensor at all", "add a [[sensor]] table; `edge-gateway drivers` lists what there is")
    channels: dict[str, Measured] = {mounted.series[c.name]: c for _, mounted in parts.sensors for c in mounted.options.channels()}
    channels |= {found.info.name: found.info for _, found in parts.derived}
    yield from _checks(parts, channels)
    yield from _hurried(parts)
    outputs = {wired.output.name for _, wired in parts.outputs}
    for path, alarm in parts.alarms:
        yield from _patience(path, alarm, parts)
        for key, names in (("outputs", alarm.outputs), ("escalate_to", alarm.escalate_to)):
            for name in names:
                if name not in outputs and parts.whole_outputs:
                    remedy = f"write one of: {', '.join(sorted(outputs))}" if outputs else "add an [[output]] table"
                    yield Problem(f"{path}.{key}", name, "no such output", remedy)


def _holder(claim: str, holders: dict[str, str]) -> str | None:
    """Who has this already: the same thing, the whole of which it is a part (`i2c-1:0x48` of `i2c-1:0x48/A0`), or a part of it."""
    return next((path for held, path in holders.items() if f"{claim}/".startswith(f"{held}/") or f"{held}/".startswith(f"{claim}/")), None)


def _claims(parts: Parts) -> Iterator[tuple[str, str, str]]:
    """Path, value, and what nobody else may have: names by kind, inputs and pins in the words of whoever uses them."""
    for path, mounted in parts.sensors:
        for channel, series in mounted.series.items():
            yield (f"{path}.series.{channel}" if channel in mounted.sensor.series else f"{path}.name", series, f"series {series}")
        yield from ((path, claim, claim) for claim in mounted.options.claims())
    for path, found in parts.derived:
        yield f"{path}.name", found.info.name, f"series {found.info.name}"
    for path, wired in parts.outputs:
        yield f"{path}.name", wired.output.name, f"output {wired.output.name}"
        yield from ((path, claim, claim) for claim in wired.options.claims())
    for path, alarm in parts.alarms:
        yield f"{path}.name", alarm.name, f"alarm {alarm.name}"
    for path, checks in parts.checks:
        yield f"{path}.series", checks.series, f"quality of {checks.series}"


def _hurried(parts: Parts) -> Iterator[Problem]:
    """Sensors that are to be read more often than a healthy one can be, where their options tell how long that takes (hardware/driver.py)."""
    for path, mounted in parts.sensors:
        least = slowest(mounted.options)
        if mounted.sensor.period < least - INSTANT:
            fewer = ", or fewer pings" if getattr(mounted.options, "pings", 1) > 1 else ""
            wrong = f"with these options a healthy sensor needs up to {least:.3g} s from one reading to the next"
            yield Problem(f"{path}.period", f"{mounted.sensor.period:g} s", wrong, f'write period = "{easy(least):g} s" or more{fewer}')


def slowest(options: Options) -> float:
    """Seconds that must lie between two readings of a healthy sensor; 0 where its options tell of none."""
    told: Callable[[], float] | None = getattr(options, "slowest", None)
    return 0.0 if told is None else told()


def easy(seconds: float) -> float:
    """A period that is easy to read and not shorter: whole seconds, below one second tenths."""
    step = 1.0 if seconds > 1 else 0.1
    return round(math.ceil(seconds / step - INSTANT) * step, 1)


def _checks(parts: Parts, channels: dict[str, Measured]) -> Iterator[Problem]:
    """Series of [[quality]] tables that are not there, a neighbour that measures something else, tests that could never speak."""
    periods = {name: float(mounted.sensor.period) for _, mounted in parts.sensors for name in mounted.series.values()}
    periods |= {found.info.name: found.info.period for _, found in parts.derived}
    for path, checks in parts.checks:
        for key in ("series", "neighbour", "witness"):
            named = getattr(checks, key)
            if named and named not in channels and parts.whole_series:
                yield Problem(f"{path}.{key}", named, "no such series", f"write one of: {', '.join(sorted(channels))}")
        own, other = channels.get(checks.series), channels.get(checks.neighbour)
        if own is not None and other is not None and own.unit != other.unit:
            yield Problem(f"{path}.neighbour", checks.neighbour, f"measured in {other.unit}, not in {own.unit}", "name a series of the same unit")
        witness = channels.get(checks.witness)
        span = None if witness is None else (witness.low, witness.high)
        for mistake in checks.misfits(periods.get(checks.series, 0.0), span):
            yield Problem(f"{path}.{mistake.key}", getattr(checks, mistake.key), mistake.wrong, mistake.remedy)


def _patience(path: str, alarm: Rule, parts: Parts) -> Iterator[Problem]:
    """A rate that takes longer to be ready after a gap than its alarm waits before it is at fault."""
    windows = [(found.info.name, found.options.window) for _, found in parts.derived if found.kind == "rate" and found.info.name in alarm.series]
    for name, window in windows:
        ready = window / 2
        if max(alarm.fault_after, WARM_UP_MOST) < ready:
            wrong = f"{name} takes {ready:g} s to be ready, so the alarm would be at fault after every start"
            yield Problem(f"{path}.fault_after", f"{alarm.fault_after:g} s", wrong, f'write at least "{ready:g} s", or shorten the rate\'s window')
