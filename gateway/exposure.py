"""The mean of a concentration over a rolling window, weighted by time, with how much of the window is known: STEL, TWA, any window of minutes.

Decision: area exposure, the dose of the place, not of a person, and never the first alarm. A value counts from its time until the next one, at most
for `hold`: what was not measured is not filled in, it is missing from the coverage, and below 75 per cent of coverage there is no value, only a
lower bound (what is missing counted as nothing). The window is a ring of whole minutes that begin with the first reading; each has the exact sum
of its values by milliseconds, so nothing is rounded and memory is bounded. What is told is told at the end of a minute and stands until the
next. Pure, and on monotonic time alone: a clock step makes no dose. A time that goes back is another boot: the ring begins anew.
"""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

import msgspec

from gateway.model import Flag, Quality, Reading, Reason

MINUTE = 60_000
ENOUGH = 0.75
"""Share of the window that has to be known for a value."""
WHOLE = 0.99
"""Share from which the window counts as whole: one read of a hundred that failed is no doubt."""
LEFT_OUT = Flag.MAINTENANCE | Flag.TEST | Flag.INHIBITED | Flag.WARM_UP
"""Flags of readings that say nothing about the air: test gas, maintenance, a sensor that is not ready."""


class Minute(msgspec.Struct, array_like=True):
    """One minute of the ring. index: since the ring began. dose: value times milliseconds. known: milliseconds that have a value. least: dose of
    the time above the range without a number, at the range's end. quality, flags, reason: the worst of its readings."""

    index: int
    dose: float = 0.0
    known: int = 0
    least: float = 0.0
    quality: int = 0
    flags: int = 0
    reason: str = ""


class Kept(msgspec.Struct, frozen=True):
    """A ring as it is kept while the process restarts. began, last: monotonic milliseconds, of the boot in which it was kept."""

    window: int
    began: int
    last: int
    minutes: list[Minute]


class Standing(NamedTuple):
    """What the window that ended with the last whole minute says, in the unit of the values.

    mean: None below 75 per cent of coverage. so_far: mean of the known time, however short. lower: what is missing counted as nothing; what was above
    the range at its end. projected: as if the missing time had the newest value, which of a young window is what it comes to if that stays;
    None where there is no newest. coverage: share of the window that is known. quality, flags, reason: the worst of the readings in it, PARTIAL
    where the window is not whole.
    """

    mean: float | None
    so_far: float | None
    lower: float
    projected: float | None
    coverage: float
    quality: int
    flags: int
    reason: str


NOTHING = Standing(None, None, 0.0, None, 0.0, Quality.UNCERTAIN, Flag.PARTIAL, "partial")


class Exposure:
    """A rolling window. window: minutes. hold: seconds that a value counts for while no newer comes. full: end of the sensor's range, which is the
    least that a reading above the range without a number stands for; None where it is not known."""

    def __init__(self, window: int, hold: float, full: float | None = None) -> None:
        self._window, self._hold, self._full = window, round(hold * 1000), full
        self._minutes: deque[Minute] = deque(maxlen=window + 1)
        self._begun = False
        self._began = self._last = 0
        self._held: Reading | None = None
        self._over = False
        self._standing, self._told = NOTHING, 0

    def take(self, reading: Reading) -> Standing:
        """The window at the time of a reading, which counts from there on. One that is BAD or says nothing about the air ends the one before it."""
        if not self._begun or reading.ms < self._last:
            self._forget(reading.ms)
        self._account(reading.ms)
        self._over = reading.value is None and bool(reading.flags & Flag.OVER_RANGE or reading.reason == Reason.OVER_RANGE) and self._full is not None
        counts = (reading.value is not None or self._over) and not reading.flags & LEFT_OUT
        self._held = reading if counts else None
        return self._tell()

    def keep(self) -> Kept | None:
        """The ring, for `restore` after a restart of the process; None where nothing was read yet."""
        if not self._begun:
            return None
        return Kept(self._window, self._began, self._last, [msgspec.structs.replace(minute) for minute in self._minutes])

    def restore(self, kept: Kept | None) -> None:
        """Go on with a ring that was kept in this same boot; one of another window is not used. Who keeps it knows the boot: after another the times
        mean nothing, and the ring begins empty, which makes it PARTIAL. The time of the restart itself is not known."""
        if kept is None or kept.window != self._window:
            return
        self._forget(kept.began)
        self._minutes.extend(msgspec.structs.replace(minute) for minute in kept.minutes)
        self._last = kept.last

    def _forget(self, ms: int) -> None:
        self._minutes.clear()
        self._begun, self._began, self._last = True, ms, ms
        self._held = None
        self._standing, self._told = NOTHING, 0

    def _account(self, ms: int) -> None:
        """Lay the held value over the time since the last reading, minute by minute, at most as long as it holds."""
        held, at = self._held, self._last
        end = min(ms, at + self._hold)
        while held is not None and at < end:
            minute = self._minute(at)
            until = min(end, self._start(minute.index + 1))
            self._add(minute, held, until - at)
            at = until
        self._last = ms
        newest = self._index(ms)
        while self._minutes and self._minutes[0].index < newest - self._window:
            self._minutes.popleft()

    def _add(self, minute: Minute, held: Reading, lasting: int) -> None:
        if held.value is None:
            minute.least += (self._full or 0.0) * lasting
        else:
            minute.dose += held.value * lasting
            minute.known += lasting
        minute.flags |= held.flags
        if held.quality >= minute.quality and held.quality:
            minute.quality, minute.reason = Quality.UNCERTAIN, held.reason or minute.reason

    def _index(self, ms: int) -> int:
        return (ms - self._began) // MINUTE

    def _start(self, index: int) -> int:
        return self._began + index * MINUTE

    def _minute(self, ms: int) -> Minute:
        index = self._index(ms)
        if not self._minutes or self._minutes[-1].index < index:
            self._minutes.append(Minute(index))
        return self._minutes[-1]

    def _tell(self) -> Standing:
        """The window of whole minutes, reckoned anew once a minute."""
        newest = self._index(self._last)
        if newest != self._told:
            self._told = newest
            self._standing = self._reckon([minute for minute in self._minutes if newest - self._window <= minute.index < newest])
        return self._standing

    def _reckon(self, minutes: list[Minute]) -> Standing:
        whole = self._window * MINUTE
        dose, known = math.fsum(minute.dose for minute in minutes), sum(minute.known for minute in minutes)
        coverage = known / whole
        so_far = dose / known if known else None
        newest = self._held.value if self._held is not None else None
        projected = None if newest is None else (dose + newest * (whole - known)) / whole
        flags, quality, reason = 0, int(Quality.GOOD), ""
        for minute in minutes:
            flags |= minute.flags
            quality, reason = max(quality, minute.quality), minute.reason or reason
        if coverage < WHOLE:
            flags, quality, reason = flags | Flag.PARTIAL, int(Quality.UNCERTAIN), reason or "partial"
        lower = (dose + math.fsum(minute.least for minute in minutes)) / whole
        return Standing(so_far if coverage >= ENOUGH else None, so_far, lower, projected, coverage, quality, flags, reason)
