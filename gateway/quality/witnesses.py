"""The tests that ask another series: a neighbour that measures the same, a witness that only knows yes and no (QARTOD tests 9 and 11).

Decision: a partner that is silent, old, bad, in maintenance, above its range, held or failed by its own tests is not asked: it is no witness, and
silence is no disagreement. Disagreement is suspect at most: nobody knows which of the two is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.checks import Checks
from gateway.model import Flag, Qartod, Reading

NO_WITNESS = Flag.MAINTENANCE | Flag.TEST | Flag.INHIBITED | Flag.FAILED | Flag.OVER_RANGE | Flag.HELD
YOUNG = 10.0
"""Seconds up to which a partner counts where the configuration does not say, and two of its periods where those are longer."""


class Witnesses:
    """Neighbour and witness of one series. periods: of all series by name, in seconds."""

    def __init__(self, checks: Checks, periods: Mapping[str, float]) -> None:
        self._checks = checks
        self._periods = periods

    def neighbour(self, ms: int, value: float, near: Mapping[str, Reading]) -> Qartod:
        """Suspect where the neighbour's newest value differs by more than the limit."""
        other = self._asked(self._checks.neighbour, ms, near)
        if other is None or self._checks.neighbour_limit is None:
            return Qartod.NOT_EVALUATED
        return Qartod.SUSPECT if abs(value - other) > self._checks.neighbour_limit else Qartod.PASS

    def witness(self, ms: int, value: float, near: Mapping[str, Reading]) -> Qartod:
        """Suspect where the value is not what the witness's yes, or no, allows."""
        other = self._asked(self._checks.witness, ms, near)
        if other is None:
            return Qartod.NOT_EVALUATED
        checks = self._checks
        low, high = (checks.on_low, checks.on_high) if other >= checks.witness_on else (checks.off_low, checks.off_high)
        if low is None and high is None:
            return Qartod.NOT_EVALUATED
        return Qartod.SUSPECT if (low is not None and value < low) or (high is not None and value > high) else Qartod.PASS

    def _asked(self, name: str, ms: int, near: Mapping[str, Reading]) -> float | None:
        reading = near.get(name)
        age = max(YOUNG, 2 * self._periods.get(name, 0.0)) if self._checks.age is None else self._checks.age
        if reading is None or abs(ms - reading.ms) > age * 1000 or reading.flags & NO_WITNESS:
            return None
        return reading.value
