"""What only shows when the parts of a configuration are seen together: a name, an input or a pin used twice, an alarm on nothing. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gateway.problems import Problem
from gateway.sections import Alarm, Mounted, Wired
from hardware.sample import Channel


class Parts(NamedTuple):
    """What could be made of the configuration, each with its path. whole: every sensor (output) of the file is among them; where not, the missing
    one is told already, and naming it elsewhere is no second mistake."""

    sensors: list[tuple[str, Mounted]]
    outputs: list[tuple[str, Wired]]
    alarms: list[tuple[str, Alarm]]
    whole_sensors: bool
    whole_outputs: bool


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
    channels = {mounted.series[channel.name]: channel for _, mounted in parts.sensors for channel in mounted.options.channels()}
    outputs = {wired.output.name for _, wired in parts.outputs}
    for path, alarm in parts.alarms:
        channel = channels.get(alarm.series)
        if channel is not None:
            yield from _limits(path, alarm, channel)
        elif parts.whole_sensors:
            yield Problem(f"{path}.series", alarm.series, "no such series", f"write one of: {', '.join(sorted(channels))}")
        for name in alarm.outputs:
            if name not in outputs and parts.whole_outputs:
                remedy = f"write one of: {', '.join(sorted(outputs))}" if outputs else "add an [[output]] table"
                yield Problem(f"{path}.outputs", name, "no such output", remedy)


def _holder(claim: str, holders: dict[str, str]) -> str | None:
    """Who has this already: the same thing, the whole of which it is a part (`i2c-1:0x48` of `i2c-1:0x48/A0`), or a part of it."""
    return next((path for held, path in holders.items() if f"{claim}/".startswith(f"{held}/") or f"{held}/".startswith(f"{claim}/")), None)


def _claims(parts: Parts) -> Iterator[tuple[str, str, str]]:
    """Path, value, and what nobody else may have: names by kind, inputs and pins in the words of whoever uses them."""
    for path, mounted in parts.sensors:
        for channel, series in mounted.series.items():
            yield (f"{path}.series.{channel}" if channel in mounted.sensor.series else f"{path}.name", series, f"series {series}")
        yield from ((path, claim, claim) for claim in mounted.options.claims())
    for path, wired in parts.outputs:
        yield f"{path}.name", wired.output.name, f"output {wired.output.name}"
        yield from ((path, claim, claim) for claim in wired.options.claims())
    for path, alarm in parts.alarms:
        yield f"{path}.name", alarm.name, f"alarm {alarm.name}"


def _limits(path: str, alarm: Alarm, channel: Channel) -> Iterator[Problem]:
    """Thresholds that the sensor can reach, and that it can leave again: an alarm clears only strictly inside its threshold less the hysteresis."""
    outside = False
    for key, limit in (("a1", alarm.a1), ("a2", alarm.a2)):
        if limit is not None and not channel.low <= limit <= channel.high:
            outside = True
            remedy = f"write a value from {channel.low:g} to {channel.high:g} {channel.unit}"
            yield Problem(f"{path}.{key}", limit, "outside what the sensor can measure", remedy)
    end, room = (channel.low, alarm.a1 - channel.low) if alarm.direction == "rising" else (channel.high, channel.high - alarm.a1)
    if outside:
        return
    if room <= 0:
        yield Problem(f"{path}.a1", alarm.a1, "the alarm would never clear: the sensor measures nothing beyond", f"write a value inside {end:g}")
    elif alarm.hysteresis >= room:
        wrong = f"the alarm would never clear: {alarm.a1:g} less the hysteresis is at or beyond the end of the range, {end:g}"
        yield Problem(f"{path}.hysteresis", alarm.hysteresis, wrong, f"write less than {room:g}")
