"""What only shows when the parts of a configuration are seen together: a name, an input or a pin used twice, an alarm on nothing. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from gateway.checks import WARM_UP_MOST, Checks
from gateway.derivation import Derived
from gateway.derivation.dose import Exposed
from gateway.model import SeriesInfo
from gateway.problems import Problem
from gateway.rules import Rule
from gateway.sections import Button, Mounted, Wired
from hardware.driver import Options
from hardware.sample import Channel

Measured = Channel | SeriesInfo
"""What has a unit and a range: the channel of a sensor, or a derived series."""


ANSWER = 1.0
"""Seconds within which a button answers: who presses and hears nothing presses again."""
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
    buttons: Sequence[tuple[str, Button]] = ()


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
    yield from _buttons(parts, channels)
    outputs = {wired.output.name for _, wired in parts.outputs}
    for path, alarm in parts.alarms:
        yield from _patience(path, alarm, parts)
        for key, names in (("outputs", alarm.outputs), ("escalate_to", alarm.escalate_to), ("fault_to", alarm.fault_to)):
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
    for path, button in parts.buttons:
        yield f"{path}.name", button.name, f"button {button.name}"
        yield f"{path}.series", button.series, f"button on {button.series}"


def _hurried(parts: Parts) -> Iterator[Problem]:
    """Sensors that are to be read more often than a healthy one can be, where their options tell how long that takes (hardware/driver.py)."""
    for path, mounted in parts.sensors:
        least, sensor = slowest(mounted.options), mounted.sensor
        for key, every in (("period", sensor.period), ("event_period", sensor.event_period)):
            if every is not None and every < least - INSTANT:
                fewer = ", or fewer pings" if getattr(mounted.options, "pings", 1) > 1 else ""
                wrong = f"with these options a healthy sensor needs up to {least:.3g} s from one reading to the next"
                yield Problem(f"{path}.{key}", f"{every:g} s", wrong, f'write {key} = "{easy(least):g} s" or more{fewer}')


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
    paced = {name for _, mounted in parts.sensors if mounted.sensor.event_period is not None for name in mounted.series.values()}
    paced |= {found.info.name for _, found in parts.derived if found.source in paced}
    for path, checks in parts.checks:
        if checks.jitter is not None and checks.series in paced:
            wrong = "its sensor has an event_period, so the time between two readings differs on purpose"
            yield Problem(f"{path}.jitter", f"{checks.jitter:g} s", wrong, "leave out either")
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


def _buttons(parts: Parts, channels: Mapping[str, Measured]) -> Iterator[Problem]:
    """Buttons on nothing, on what is no contact, on what an alarm looks at, or that answer too late."""
    periods = {name: float(mounted.sensor.period) for _, mounted in parts.sensors for name in mounted.series.values()}
    for path, button in parts.buttons:
        found, name = channels.get(button.series), button.series
        if found is None and parts.whole_series:
            yield Problem(f"{path}.series", name, "no such series", f"write one of: {', '.join(sorted(channels))}")
        elif found is not None and (found.unit, found.decimals, found.low, found.high) != ("1", 0, 0.0, 1.0):
            yield Problem(f"{path}.series", name, "not a contact, which is 0 or 1", 'name the series of a sensor with driver = "contact"')
        used = [alarm.name for _, alarm in parts.alarms if name in alarm.series]
        if used:
            yield Problem(f"{path}.series", name, f"alarm {used[0]} looks at it too", "give the button a contact of its own")
        if periods.get(name, 0.0) > ANSWER:
            wrong = f"it is read every {periods[name]:g} s only, so a press would be answered too late"
            yield Problem(f"{path}.series", name, wrong, 'give its sensor period = "200 ms"')


def _patience(path: str, alarm: Rule, parts: Parts) -> Iterator[Problem]:
    """A rate or an exposure that takes longer to be ready than its alarm waits before it is at fault."""
    for _, found in parts.derived:
        if found.info.name in alarm.series and isinstance(found.options, Exposed) and alarm.fault_after < found.options.ready():
            wrong = f"{found.info.name} takes {found.options.ready():g} s to be ready, so the alarm would be at fault after every start"
            yield Problem(f"{path}.fault_after", f"{alarm.fault_after:g} s", wrong, "leave it out, or write more")
    windows = [(found.info.name, found.options.window) for _, found in parts.derived if found.kind == "rate" and found.info.name in alarm.series]
    for name, window in windows:
        ready = window / 2
        if max(alarm.fault_after, WARM_UP_MOST) < ready:
            wrong = f"{name} takes {ready:g} s to be ready, so the alarm would be at fault after every start"
            yield Problem(f"{path}.fault_after", f"{alarm.fault_after:g} s", wrong, f'write at least "{ready:g} s", or shorten the rate\'s window')
