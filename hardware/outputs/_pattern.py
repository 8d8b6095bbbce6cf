"""What an output shows over time: the pulses of a level, how long a sounder sounds, and the self-test. Pure: no pin, no clock, no thread; time comes
with each step, so a month of alarms costs a test nothing and a late step never shifts the pulses that follow.

A level that rises, or an occurrence that is new, always begins with the pulse and never with the pause: nobody waits for an alarm to be heard.
"""

from __future__ import annotations

import math
from itertools import accumulate
from typing import Annotated, Literal

import msgspec

from hardware.quantities import Seconds

Pattern = Literal["steady", "slow", "fast"] | tuple[Seconds, ...]
"""A name, or seconds on, off, on, off, ... that begin anew when they end."""
FromLevel = Annotated[int, msgspec.Meta(ge=1, le=9)]
"""The lowest level an output acts for; an alarm has up to nine (a ladder of stages)."""

NAMED: dict[str, tuple[float, ...]] = {"steady": (), "slow": (1.0, 1.0), "fast": (0.25, 0.25)}
"""Seconds on and off. `fast` is two flashes a second: more than three can trigger seizures (WCAG 2.2, 2.3.1)."""
SHORTEST, LONGEST = 0.1, 10.0
"""Seconds of a pulse or a pause: what a relay and a guard that is late can keep, and what nobody takes for the end of the alarm."""
MOST = 16
"""Pulses and pauses of one pattern."""
SHORT_ALARM = 10.0
"""Seconds that a sounder sounds at least: what is shorter nobody can place."""
TICK = 0.001
"""Seconds that a step may come early: a moment computed and reached by sums of fractions is never met to the last bit."""


def check_patterns(patterns: tuple[Pattern, ...]) -> None:
    """ValueError where there is no pattern, or one that cannot be kept."""
    if not patterns:
        raise ValueError('patterns is empty; write one for each level, for example ["slow", "fast", "steady"]')
    for seconds in (pulses(pattern) for pattern in patterns if pattern != "steady"):
        if not seconds or len(seconds) % 2 or len(seconds) > MOST:
            wanted = f'write them in pairs on and off, up to {MOST}, for example ["1 s", "2 s"]'
            raise ValueError(f"patterns has one of {len(seconds)} durations; {wanted}")
        wrong = [each for each in seconds if not SHORTEST <= each <= LONGEST]
        if wrong:
            raise ValueError(f"patterns has a pulse or pause of {wrong[0]:g} s; write each from {SHORTEST:g} s to {LONGEST:g} s")


def check_max_on(max_on: float) -> None:
    """ValueError where a sounder would fall silent before anybody knows what it was."""
    if 0 < max_on < SHORT_ALARM:
        raise ValueError(f'max_on is {max_on:g} s; write at least "{SHORT_ALARM:g} s", or leave it out to sound as long as the alarm')


def pulses(pattern: Pattern) -> tuple[float, ...]:
    """Seconds on, off, on, off, ...; empty for what does not pulse."""
    return NAMED[pattern] if isinstance(pattern, str) else tuple(map(float, pattern))


def phase(seconds: tuple[float, ...], elapsed: float) -> tuple[bool, float]:
    """Whether it is on so many seconds after the pattern began, and for how long still: infinite for what does not pulse, else at least TICK."""
    if not seconds:
        return True, math.inf
    ends = list(accumulate(seconds))
    at = (elapsed + TICK) % ends[-1]
    index = next(index for index, end in enumerate(ends) if at < end)
    return index % 2 == 0, max(TICK, ends[index] - at + TICK)


class Course:
    """What one output shows, from step to step.

    patterns: for `from_level`, the next level, ...; the last serves all above. max_on: seconds after which it stops by itself, 0 for never.
    test: pulses of the self-test, empty where it may not be tested. level, spent: what it is to show from the start (hardware/output.py).
    """

    def __init__(
        self, patterns: tuple[Pattern, ...], from_level: int, max_on: float, test: tuple[float, ...], level: int, spent: bool = False
    ) -> None:
        self._patterns = [pulses(pattern) for pattern in patterns]
        self._from = from_level
        self._max_on = max_on
        self._test = test
        self._rank = self._rank_of(level)
        self.spent = spent and self._rank > 0 and max_on > 0
        self._sounding_since: float | None = None
        self._pulsing_since: float | None = None
        self._testing = False
        self._testing_since: float | None = None
        self.acting = self.standing

    @property
    def standing(self) -> bool:
        """Whether an alarm is to be shown, pulses and pauses aside."""
        return self._rank > 0 and not self.spent

    def ask(self, level: int, again: bool) -> None:
        """Show a level from now on; a higher one, and any one `again`, begins anew."""
        rank, before = self._rank_of(level), self._rank
        self._rank = rank
        anew = rank > before or (again and rank > 0)
        if anew or rank == 0:
            self.spent = False
            self._sounding_since = None
        if anew or self._pattern(rank) != self._pattern(before):
            self._pulsing_since = None
        if self.standing:
            self._testing = False
            self.acting = self.acting or self._pulsing_since is None
        elif not self._testing:
            self.acting = False

    def test(self) -> bool:
        """Pulse from the next step on; False where an alarm is shown or the output may not be tested."""
        if self.standing or not self._test:
            return False
        self._testing, self._testing_since = True, None
        return True

    def step(self, now: float) -> float:
        """Bring `acting` up to `now`; gives the time at which it changes next, infinite where nothing changes by itself."""
        if self.standing:
            return self._sound(now)
        if self._testing:
            self._testing_since = now if self._testing_since is None else self._testing_since
            elapsed = now - self._testing_since
            if elapsed + TICK < sum(self._test):
                self.acting, lasts = phase(self._test, elapsed)
                return now + lasts
            self._testing = False
        self.acting = False
        return math.inf

    def _sound(self, now: float) -> float:
        self._sounding_since = now if self._sounding_since is None else self._sounding_since
        self._pulsing_since = now if self._pulsing_since is None else self._pulsing_since
        end = self._sounding_since + self._max_on if self._max_on else math.inf
        if now + TICK >= end:
            self.spent, self.acting = True, False
            return math.inf
        self.acting, lasts = phase(self._pattern(self._rank), now - self._pulsing_since)
        return min(end, now + lasts)

    def _rank_of(self, level: int) -> int:
        """1 for the lowest level it acts for, and so on; 0 for what it does not act for."""
        return max(0, level - self._from + 1)

    def _pattern(self, rank: int) -> tuple[float, ...]:
        return self._patterns[min(max(rank, 1), len(self._patterns)) - 1]
