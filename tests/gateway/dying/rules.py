"""The two alarms whose every state is tried: a threshold in %LEL that latches and is held by an over-range, and a ladder of five stages of water."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.gateway.dying.walk import Step, steps

OUTPUTS = [{"name": "siren", "kind": "siren", "pin": 17}, {"name": "beacon", "kind": "beacon", "pin": 27, "patterns": ["steady"]}]
SENSOR = {"driver": "loop_4_20ma", "period": "1 s", "profile": "draeger_polytron_8000"}


class Case(NamedTuple):
    """A rule on one sensor, and all that can happen to it. urv: what 20 mA stand for."""

    name: str
    tree: dict[str, Any]
    steps: dict[str, Step]
    urv: float


def _case(name: str, sensor: dict[str, Any], alarm: dict[str, Any], made: dict[str, Step], urv: float) -> Case:
    alarm = {"name": name, "series": name, "outputs": ["siren", "beacon"], "fault_after": "3 s", **alarm}
    return Case(name, {"sensor": [{"name": name, **SENSOR, **sensor}], "output": OUTPUTS, "alarm": [alarm]}, made, urv)


def two(**alarm: Any) -> dict[str, Any]:
    """A configuration with two alarms on methane: `gas` from 20 %LEL on with these keys, and `high` from 80 %LEL on, which latches nothing either."""
    plain = {"series": "gas", "over_range_latch": False, "hysteresis": 2.0}
    alarms = [{"name": "gas", "a1": 20.0, "outputs": ["siren"], **plain, **alarm}, {"name": "high", "a1": 80.0, **plain}]
    return {**GAS.tree, "alarm": alarms}


GAS = _case(
    "gas",
    {"quantity": "methane", "unit": "%{LEL}", "gas": "methane", "basis": "iec", "low": 0.0, "high": 100.0},
    {"a1": 20.0, "a2": 40.0, "hysteresis": 2.0, "latching": [2]},
    steps({"clear": 0.0, "A1": 30.0, "A2": 60.0}, 200.0, 60.0),
    100.0,
)
WATER = _case(
    "water",
    {"quantity": "level", "unit": "mm", "low": 0.0, "high": 1000.0},
    {"kind": "ladder", "n": 3, "m": 5, "off_delay": "2 s", "latching": [3]},
    steps({"clear": 0.0, "wet": 30.0, "advisory": 100.0, "close": 200.0, "severe": 450.0, "extreme": 800.0}, 2000.0, 800.0),
    1000.0,
)
CASES = (GAS, WATER)
