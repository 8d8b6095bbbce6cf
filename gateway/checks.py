"""One [[quality]] table of `gateway.toml`: what is tested about a series beyond what its driver and its measuring range say. Typed and frozen.

Decision: a test that is not configured is not run, because every limit is a matter of the site; only the timing has a default. What the tests
mean stands in `gateway.quality`, the practice behind them in QARTOD's water-level manual (IOOS, 2021).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from gateway.problems import Mistake
from hardware.quantities import Seconds

Positive = Annotated[float, msgspec.Meta(gt=0)]
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
DAY = 86400.0
FEWEST = 24
"""Readings from which a window tells that a signal hardly moves."""
WARM_UP_MOST = 1800.0
"""Seconds that half the window of a rate may take to fill before that is a fault of its alarm."""
MOST_NEAR = 3600
"""Points that a flat line with a tolerance looks back at."""
DEFAULT_LATE = 3.0
"""Periods."""


class Checks(msgspec.Struct, frozen=True):
    """What is tested about one series; limits in its unit. Each test has a flag of its own, none deletes a value or keeps it from the alarms.

    series: which. low, high: what the operator expects to see; outside is suspect (outside the measuring range always fails).
    spike: suspect at once when the newest value is further than this from the line through the two before. spike_low, spike_high: the published rule,
    which knows only with the next reading: that one says `spike_before_suspect`, `spike_before_fail` when the value before it was further than
    this from the mean of its neighbours. rate: suspect above this change per minute.
    flat_suspect, flat_fail: so many equal raw codes in a row; flat_tolerance: codes this near the newest count as equal to it.
    attenuated_suspect, attenuated_fail: the signal moved less than this over `attenuated_window`; attenuated_by: `range` or `sd`.
    neighbour: series beside this one, of the same unit; suspect when the two differ by more than `neighbour_limit`.
    witness: series that says yes or no, such as a float switch; suspect when this value is outside on_low to on_high while it says yes, or outside
    off_low to off_high while it says no. witness_on: it says yes from here on. age: a neighbour or witness older than this is not asked; two of its
    periods, at least 10 s, where not given.
    late: suspect when a reading comes later than so many periods (and than 1 s) after the one before, 0 for never. jitter: suspect when the time
    between two readings differs from the period by more.
    recovery: after an over-range, values are uncertain for this long; see the cell's data sheet. Where not given: 10 min in ppm or ppb, in %LEL until
    somebody has seen to the sensor, else no time.
    """

    series: str
    low: float | None = None
    high: float | None = None
    spike: Positive | None = None
    spike_low: Positive | None = None
    spike_high: Positive | None = None
    rate: Positive | None = None
    flat_suspect: Count = 0
    flat_fail: Count = 0
    flat_tolerance: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    attenuated_suspect: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    attenuated_fail: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    attenuated_window: Seconds = Seconds(12 * 3600)
    attenuated_by: Literal["range", "sd"] = "range"
    neighbour: str = ""
    neighbour_limit: Positive | None = None
    witness: str = ""
    on_low: float | None = None
    on_high: float | None = None
    off_low: float | None = None
    off_high: float | None = None
    witness_on: float = 0.5
    age: Seconds | None = None
    late: Annotated[float, msgspec.Meta(ge=0)] = DEFAULT_LATE
    jitter: Seconds | None = None
    recovery: Seconds | None = None

    def tests(self) -> list[str]:
        """The tests that this table asks for, in words."""
        asked = {
            "range": self.low is not None or self.high is not None,
            "spike": any(limit is not None for limit in (self.spike, self.spike_low, self.spike_high)),
            "rate of change": self.rate is not None,
            "flat line": bool(self.flat_suspect or self.flat_fail),
            "attenuated": bool(self.attenuated_suspect or self.attenuated_fail),
            "neighbour": bool(self.neighbour),
            "witness": bool(self.witness),
            "timing": self.late != DEFAULT_LATE or self.jitter is not None,
            "after over-range": bool(self.recovery),
        }
        return [name for name, wanted in asked.items() if wanted] or ["as by default"]

    def mistakes(self) -> Iterator[Mistake]:
        """Ends in the wrong order, limits without what they belong to, durations that never end."""
        for low, high in (("low", "high"), ("on_low", "on_high"), ("off_low", "off_high"), ("spike_low", "spike_high")):
            below, above = getattr(self, low), getattr(self, high)
            if below is not None and above is not None and above <= below:
                yield Mistake(high, f"not above {low}", f"write more than {below:g}")
        if 0 < self.flat_fail <= self.flat_suspect:
            yield Mistake("flat_fail", "not above flat_suspect", f"write more than {self.flat_suspect}")
        if 1 in (self.flat_suspect, self.flat_fail):
            yield Mistake("flat_suspect" if self.flat_suspect == 1 else "flat_fail", "one point is always equal to itself", "write 2 or more")
        if 0 < self.attenuated_suspect <= self.attenuated_fail:
            yield Mistake("attenuated_fail", "not below attenuated_suspect", f"write less than {self.attenuated_suspect:g}")
        if self.flat_tolerance and max(self.flat_suspect, self.flat_fail) > MOST_NEAR:
            key = "flat_fail" if self.flat_fail else "flat_suspect"
            yield Mistake(key, "too many to look back at with a tolerance", f"write at most {MOST_NEAR}, or no flat_tolerance")
        yield from self._lonely()
        for key, least in (("attenuated_window", 60.0), ("age", 0.1), ("recovery", 0.0)):
            value = getattr(self, key)
            if value is not None and not least <= value <= 7 * DAY:
                yield Mistake(key, "out of range", f"write {least:g} s to 7 d")

    def misfits(self, period: float, partner: tuple[float, float] | None) -> Iterator[Mistake]:
        """What is wrong with these tests on a series that is read every `period` seconds. partner: what the witness can measure, if known."""
        if (self.attenuated_suspect or self.attenuated_fail) and self.attenuated_window < FEWEST * period:
            yield Mistake("attenuated_window", f"holds fewer than {FEWEST} readings", f'write at least "{FEWEST * period:g} s"')
        if partner is not None and not partner[0] < self.witness_on <= partner[1]:
            wrong = f"the witness would always say the same: it measures {partner[0]:g} to {partner[1]:g}"
            yield Mistake("witness_on", wrong, f"write more than {partner[0]:g}, at most {partner[1]:g}")

    def _lonely(self) -> Iterator[Mistake]:
        """Limits of a partner that is not named, and the other way round."""
        limits = [key for key in ("on_low", "on_high", "off_low", "off_high") if getattr(self, key) is not None]
        if limits and not self.witness:
            yield Mistake(limits[0], "nobody is asked", "name the series that is: witness")
        if self.witness and not limits:
            yield Mistake("witness", "nothing is asked of it", "write on_low, on_high, off_low or off_high")
        if bool(self.neighbour) != (self.neighbour_limit is not None):
            key = "neighbour_limit" if self.neighbour else "neighbour"
            yield Mistake(key, "missing beside the other", "write both neighbour and neighbour_limit")
        for key in ("neighbour", "witness"):
            if getattr(self, key) == self.series:
                yield Mistake(key, "the series itself", "name another series")
