"""The plainest alarm without a configuration: a threshold on one series, at work."""

from __future__ import annotations

from typing import Any

from gateway.model import SeriesInfo, Table
from gateway.rules import Kept, Rule, Watch, condition
from gateway.rules.kinds.threshold import Options

SHARED = ("outputs", "on_delay", "off_delay", "fault_after", "latching", "escalate_after", "escalate_to")


def threshold(name: str, series: str, a1: float, a2: float | None = None, **keys: Any) -> Rule:
    """A rule on one series, as the configuration would make it."""
    shared = {key: keys.pop(key) for key in SHARED if key in keys}
    options = Options(series=series, a1=a1, a2=a2, **keys)
    return Rule(name=name, kind="threshold", series=(series,), points=options.set_points(), options=options, **shared)


def watch(rule: Rule, *infos: SeriesInfo, kept: Kept | None = None) -> Watch:
    """The rule at work on these series, or on one of ppm that is read once a second."""
    table = Table(infos or (SeriesInfo(rule.series[0], "carbon_monoxide", "[ppm]", 1, 0.0, 500.0, 1.0, 0.1),))
    return Watch(rule, condition(rule, table), kept)
