"""What only shows when the parts of a configuration are seen together: a name, an input or a pin used twice, an alarm on nothing. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Protocol

from gateway.problems import Problem


class Mounted(Protocol):
    """A sensor as the configuration has it."""

    @property
    def sensor(self) -> Any:
        """Its name, driver and period."""

    @property
    def options(self) -> Any:
        """Its driver's options."""

    @property
    def series(self) -> dict[str, str]:
        """Its series by channel."""


class Wired(Protocol):
    """An output as the configuration has it."""

    @property
    def output(self) -> Any:
        """Its name and kind."""

    @property
    def options(self) -> Any:
        """Its kind's options."""


def check(tree: dict[str, Any], sensors: Sequence[Mounted], outputs: Sequence[Wired], alarms: Sequence[Any], problems: list[Problem]) -> None:
    """Add every clash to `problems`."""
    holders: dict[str, list[str]] = defaultdict(list)
    for mounted in sensors:
        for claim in [f"series {name}" for name in mounted.series.values()] + list(mounted.options.claims()):
            holders[claim].append(f"sensor {mounted.sensor.name}")
    for wired in outputs:
        for claim in [f"output {wired.output.name}", *wired.options.claims()]:
            holders[claim].append(f"output {wired.output.name}")
    for alarm in alarms:
        holders[f"alarm {alarm.name}"].append(f"alarm {alarm.name}")
    for what, who in holders.items():
        if len(who) > 1:
            problems.append(Problem(what, None, f"used twice, by {' and by '.join(who)}", "give each its own"))
    if not tree.get("sensor"):
        problems.append(Problem("sensor", None, "no sensor at all", "add a [[sensor]] table; `edge-gateway drivers` lists what there is"))
    for alarm in alarms:
        _check_alarm(tree, alarm, sensors, {wired.output.name for wired in outputs}, problems)


def _check_alarm(tree: dict[str, Any], alarm: Any, sensors: Sequence[Mounted], outputs: set[str], problems: list[Problem]) -> None:
    """An alarm watches a series there is, within what it can measure, and names outputs there are."""
    path = f"alarm {alarm.name}"
    channels = {m.series[channel.name]: channel for m in sensors for channel in m.options.channels()}
    channel = channels.get(alarm.series)
    if channel is None:
        if len(sensors) == len(tree.get("sensor", [])):  # else the sensor is there and broken, which is told already
            problems.append(Problem(f"{path}.series", alarm.series, "no such series", f"write one of: {', '.join(sorted(channels))}"))
    else:
        for key in ("a1", "a2"):
            limit = getattr(alarm, key)
            if limit is not None and not channel.low <= limit <= channel.high:
                remedy = f"write a value from {channel.low:g} to {channel.high:g} {channel.unit}"
                problems.append(Problem(f"{path}.{key}", limit, "outside what the sensor can measure", remedy))
    for name in alarm.outputs:
        if name not in outputs and len(outputs) == len(tree.get("output", [])):
            remedy = f"write one of: {', '.join(sorted(outputs))}" if outputs else "add an [[output]] table"
            problems.append(Problem(f"{path}.outputs", name, "no such output", remedy))
