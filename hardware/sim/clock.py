"""Two clocks for a simulated world: one that runs on real time at a speed, one that only moves when it is told to.

*Scaled*: node and hub are processes that share the scenario's time; each is handed the origin (on the machine's monotonic clock) and the speed.
*Stepped*: one thread, no waiting; a sleep is a step. A boot starts at `BOOT_OFFSET`, as a kernel's clock has run some seconds by then.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

BOOT_OFFSET = 10.0


def real() -> float:
    """Seconds on the machine's own monotonic clock, whatever the scenario's speed: how long something really took, on one machine."""
    return time.monotonic()


class ScenarioClock(Protocol):
    """What a simulated world needs of a clock; both clocks of this file have it."""

    def scenario(self) -> float:
        """Scenario time, seconds since the scenario began."""

    def sleep(self, seconds: float) -> None:
        """Let that many scenario seconds pass."""


class ScaledClock:
    """The scenario's time for one boot of one process.

    origin: value of the machine's monotonic clock at scenario time 0. speed: scenario seconds per real second. boot: identity of this boot;
    booted: scenario time at which it began. utc0: UTC at scenario time 0. wall_at: the operating system's clock, scenario time to (UTC, source).
    """

    def __init__(self, origin: float, speed: float, boot: str, booted: float, wall_at: Callable[[float], tuple[float, str]]) -> None:
        self.boot = boot
        self.speed = speed
        self._origin = origin
        self._booted = booted
        self._wall_at = wall_at

    def scenario(self) -> float:
        """Scenario time, seconds since the scenario began."""
        return (time.monotonic() - self._origin) * self.speed

    def monotonic(self) -> float:
        """Seconds on this boot's clock."""
        return self.scenario() - self._booted + BOOT_OFFSET

    def sleep(self, seconds: float) -> None:
        """Wait that many scenario seconds."""
        if seconds > 0:
            time.sleep(seconds / self.speed)

    def wall(self) -> tuple[float, str]:
        """The operating system's wall clock as the scenario has it."""
        return self._wall_at(self.scenario())


class SteppedClock:
    """Time that moves only by `sleep` and `advance`; starts at scenario time 0."""

    speed = 1.0

    def __init__(self, boot: str = "0123456789ab", wall_at: Callable[[float], tuple[float, str]] | None = None) -> None:
        self.boot = boot
        self._now = 0.0
        self._wall_at = wall_at or (lambda scenario: (1_780_000_000.0 + scenario, "ntp"))

    def scenario(self) -> float:
        """Scenario time, seconds."""
        return self._now

    def monotonic(self) -> float:
        """Seconds on this boot's clock."""
        return self._now + BOOT_OFFSET

    def sleep(self, seconds: float) -> None:
        """Move on; zero or less moves nothing."""
        self._now += max(0.0, seconds)

    advance = sleep

    def wall(self) -> tuple[float, str]:
        """The operating system's wall clock."""
        return self._wall_at(self._now)
