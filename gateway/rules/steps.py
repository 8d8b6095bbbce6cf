"""From one reading to the level it asks for: set at or beyond a set point, cleared only strictly inside the clear level. Every kind uses this.

Order, as instruments do it: the state of the device, then over-range, then validity, then the number. Over-range is no bad reading but the worst
one: on a rising rule it is beyond every set point, with or without a number. A suspect or uncertain number is judged like any other: quality
control flags, it never keeps a number from the alarms.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import msgspec

from gateway.model import Flag, Quality, Reading, Reason
from gateway.rules.rule import Demand

T = TypeVar("T")
ON_PURPOSE = Flag.MAINTENANCE | Flag.TEST | Flag.INHIBITED
"""What a person or the device does on purpose: such a reading neither raises, nor clears, nor votes, and is no fault."""


class Steps(NamedTuple):
    """sets: set points of level 1, 2, ...; clears: strictly inside of which each level ends. rising: beyond means above."""

    sets: tuple[float, ...]
    clears: tuple[float, ...]
    rising: bool = True

    @property
    def top(self) -> int:
        """The highest level."""
        return len(self.sets)

    def level(self, value: float, at: int) -> int:
        """The level a value asks for where the alarm stands at `at`: a level that is there already is held down to its clear level."""
        sign = 1.0 if self.rising else -1.0
        level = 0
        for step, (reach, leave) in enumerate(zip(self.sets, self.clears, strict=True), 1):
            if sign * value >= sign * reach or (at >= step and sign * value >= sign * leave):
                level = step
        return level


def steps(sets: Sequence[float], hysteresis: float = 0.0, share: float = 0.0, rising: bool = True) -> Steps:
    """Set points with clear levels inside them, by an amount or by a share of each set point."""
    sign = 1.0 if rising else -1.0
    return Steps(tuple(sets), tuple(neat(reach - sign * (hysteresis + abs(reach) * share)) for reach in sets), rising)


def neat(value: float) -> float:
    """Without the last digits of binary arithmetic: 80 % of 30.1 is 24.08, and a reading of 24.08 is not below it."""
    return float(f"{value:.12g}")


def judged(reading: Reading, by: Steps, at: int, latch_at: float | None = None) -> Demand:
    """What one reading asks for. latch_at: number from which an over-range latches (infinite: only when the device says so); None: it never does."""
    if reading.flags & ON_PURPOSE or reading.reason == Reason.INHIBIT:
        return Demand(None, inhibited=True, quality=reading.quality)
    over = reading.reason == Reason.OVER_RANGE
    if by.rising and (over or (latch_at is not None and reading.value is not None and reading.value >= latch_at)):
        return Demand(by.top, over_range=latch_at is not None, quality=max(reading.quality, Quality.UNCERTAIN))
    if reading.value is None or reading.quality == Quality.BAD or not math.isfinite(reading.value):
        return Demand(None, quality=Quality.BAD)
    return Demand(by.level(reading.value, at), quality=reading.quality)


def recalled(kept: object, kind: type[T]) -> T | None:
    """What was kept, as the type it had; None where it is something else."""
    try:
        return msgspec.convert(kept, kind)
    except msgspec.ValidationError:
        return None
