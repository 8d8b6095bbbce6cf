"""Waiting for test gas to go, after a calibration that was not finished. Pure: time comes with the readings and with `break_off`.

Decision: whoever breaks off mostly still has the gas on the sensor, and the siren would sound for what a person brought. So the channel stays in
maintenance while its value is beyond an alarm threshold, but only for a bounded time: gas that does not go may be real.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.control.session import Taken
from gateway.model import Reason, Threshold

GONE = 2
"""Readings in succession within the thresholds after which the gas has gone."""


class Clearing:
    """rules: the alarms on the series; until: monotonic milliseconds at which it ends in any case."""

    def __init__(self, rules: Sequence[Threshold], until: int) -> None:
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


def limits(rules: Sequence[Threshold]) -> list[tuple[str, int, float]]:
    """Every threshold as (alarm, level, limit)."""
    return [(rule.name, level, limit) for rule in rules for level in (1, 2) if (limit := rule.limit(level)) is not None]


def beyond(rules: Sequence[Threshold], value: float) -> list[tuple[str, int, float]]:
    """The thresholds that a value is at or beyond, as in `limits`."""
    found = [(rule, level, limit) for rule in rules for level in (1, 2) if (limit := rule.limit(level)) is not None]
    return [(rule.name, level, limit) for rule, level, limit in found if (value >= limit if rule.direction == "rising" else value <= limit)]
