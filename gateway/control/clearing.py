"""Waiting for test gas to go, after a calibration that was not finished. Pure: time comes with the readings and with `break_off`.

Decision: whoever breaks off mostly still has the gas on the sensor, and the siren would sound for what a person brought. So the channel stays in
maintenance while its value is beyond an alarm threshold, but only for a bounded time: gas that does not go may be real.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from gateway.control.session import Taken
from gateway.model import Reason
from gateway.rules import Point

GONE = 2
"""Readings in succession within the thresholds after which the gas has gone."""


class Mark(NamedTuple):
    """A set point of an alarm on the series."""

    alarm: str
    point: Point


class Clearing:
    """rules: the set points on the series; until: monotonic milliseconds at which it ends in any case."""

    def __init__(self, rules: Sequence[Mark], until: int) -> None:
        self._rules = rules
        self._until = until
        self._within = 0

    def feed(self, taken: Taken) -> None:
        """A new reading; one that is no number, or of which the device says that it is above its range, does not show that the gas has gone."""
        reading = taken.reading
        gone = reading.value is not None and reading.reason != Reason.OVER_RANGE and not beyond(self._rules, reading.value)
        self._within = self._within + 1 if gone else 0

    def look(self, ms: int) -> bool:
        """True when the gas has gone, or had its time."""
        return self._within >= GONE or ms >= self._until

    def break_off(self, ms: int, now: bool) -> bool:
        """It goes on unless it has to end now."""
        return not now and not self.look(ms)

    def told(self) -> dict[str, Any]:
        """That it waits."""
        return {"clearing": True}


def limits(rules: Sequence[Mark]) -> list[tuple[str, int, float]]:
    """Every set point as (alarm, level, limit)."""
    return [(mark.alarm, mark.point.level, mark.point.value) for mark in rules]


def beyond(rules: Sequence[Mark], value: float) -> list[tuple[str, int, float]]:
    """The set points that a value is at or beyond, as in `limits`."""
    return limits([mark for mark in rules if mark.point.reached(value)])
