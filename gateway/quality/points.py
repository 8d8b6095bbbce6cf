"""The tests that look at one point and the few before it: rate of change, flat line, spike, timing (QARTOD water-level manual, tests 1, 6, 7, 8).

Each is a small object that is fed every point in order and answers at once, because alarms wait for no test. QARTOD judges a spike when its
successor is known: SpikeBefore does, one reading late, and what was already told is not changed. The newest point is only suspected, against the
line through the two before it.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

from gateway.model import Qartod


class RateOfChange:
    """QARTOD test 7. limit: in the series' unit per minute; beyond it a point is suspect, never more: a wave front is fast too."""

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._last: tuple[int, float] | None = None

    def take(self, ms: int, value: float) -> Qartod:
        """Judge against the point before; the first, and one without time between, is not evaluated."""
        last, self._last = self._last, (ms, value)
        if last is None or ms <= last[0]:
            return Qartod.NOT_EVALUATED
        return Qartod.SUSPECT if abs(value - last[1]) * 60_000 / (ms - last[0]) > self._limit else Qartod.PASS


class FlatLine:
    """QARTOD test 8, on raw codes: a dry street stays at 0 mm for weeks, its echo does not.

    suspect, fail: so many equal points in a row, 0 for never. tolerance: codes within this of the newest are equal to it.
    """

    def __init__(self, suspect: int, fail: int, tolerance: float = 0.0) -> None:
        self._suspect, self._fail, self._tolerance = suspect, fail, tolerance
        self._runs: deque[list[float]] = deque(maxlen=max(suspect, fail, 1) if tolerance else 1)  # code and how often in a row

    def take(self, code: float) -> Qartod:
        """Judge by how many points in a row, back from this one, were equal to it."""
        if self._runs and self._runs[-1][0] == code:
            self._runs[-1][1] += 1
        else:
            self._runs.append([code, 1])
        enough, count = self._fail or self._suspect, 0.0
        for before, times in reversed(self._runs):
            if abs(before - code) > self._tolerance or count >= enough:
                break
            count += times
        if self._fail and count >= self._fail:
            return Qartod.FAIL
        return Qartod.SUSPECT if self._suspect and count >= self._suspect else Qartod.PASS


class Spike:
    """The newest point against the straight line through the two before it. limit: in the series' unit.

    Provisional, so suspect at most: whether it was a spike or the first point of a step only its successor tells. A step is suspected for two
    points and then is the new level; a steady rise is none.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._before: tuple[float, ...] = ()

    def take(self, value: float) -> Qartod:
        """Judge the newest point; the first two are not evaluated."""
        before, self._before = self._before, (*self._before[-1:], value)
        if len(before) < 2:
            return Qartod.NOT_EVALUATED
        return Qartod.SUSPECT if abs(value - (2 * before[1] - before[0])) > self._limit else Qartod.PASS

    def forget(self) -> None:
        """Begin anew after a gap: what is far away in time is no neighbour."""
        self._before = ()


class SpikeBefore:
    """QARTOD test 6: the point before the newest, against the mean of its two neighbours. low, high: further than `high` fails, further than `low` is
    suspect; None for never. The rule suspects the good neighbours of a spike too; that is published so, and one reason why it never deletes."""

    def __init__(self, low: float | None, high: float | None) -> None:
        self._low, self._high = math.inf if low is None else low, math.inf if high is None else high
        self._before: tuple[float, ...] = ()

    def take(self, value: float) -> Qartod:
        """With the newest point, judge the one before it; the first has no neighbour and is not evaluated."""
        before, self._before = self._before, (*self._before[-1:], value)
        if len(before) < 2:
            return Qartod.NOT_EVALUATED
        distance = abs(before[1] - (before[0] + value) / 2)
        return Qartod.FAIL if distance > self._high else Qartod.SUSPECT if distance > self._low else Qartod.PASS

    def forget(self) -> None:
        """Begin anew after a gap."""
        self._before = ()


def spikes(values: Sequence[float], low: float, high: float) -> list[Qartod]:
    """QARTOD test 6 over a complete row, the verdict of each point in its own place; the ends are not evaluated."""
    test = SpikeBefore(low, high)
    return [*[test.take(value) for value in values][1:], Qartod.NOT_EVALUATED][: len(values)]


class Timing:
    """QARTOD test 1 without a clock: a reading that comes late says so of itself; one that never comes is the status' and the alarms' matter.

    late: seconds since the reading before. jitter: seconds that the time between two may differ from the period, None for any. Suspect too: a
    reading that is older than the one before by more than a period (a contact's edges come in with times of their own).
    """

    def __init__(self, period: float, late: float, jitter: float | None) -> None:
        self._period, self._late, self._jitter = period * 1000, late * 1000, None if jitter is None else jitter * 1000
        self._last: int | None = None

    def take(self, ms: int) -> Qartod:
        """Judge the time since the reading before, whatever its quality; the first is not evaluated."""
        last, self._last = self._last, ms
        if last is None:
            return Qartod.NOT_EVALUATED
        after = ms - last
        off = self._jitter is not None and abs(after - self._period) > self._jitter
        return Qartod.SUSPECT if after < -self._period or after > self._late or off else Qartod.PASS
