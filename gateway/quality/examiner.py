"""All tests of one series at work: a judged reading in, the same reading with the bits of the tests that spoke up out.

Decision: a verdict of fail sets FAILED beside the test's own bit, and the quality is UNCERTAIN at most: the value stays a value, and
`gateway.model.qartod` still says fail. The reason is the driver's own where there is one, else the first test that spoke. What is done on purpose
(maintenance) is not tested, and the tests begin anew after it. A test that breaks costs only itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from gateway.checks import Checks
from gateway.containment import contained
from gateway.model import Flag, Qartod, Quality, Reading, Reason, SeriesInfo
from gateway.quality.attenuation import Attenuation
from gateway.quality.judgement import failing, gross_range
from gateway.quality.points import FlatLine, RateOfChange, Spike, SpikeBefore, Timing
from gateway.quality.witnesses import Witnesses

SOON = 1.0
"""Seconds that no reading is called late within: a busy machine is no fault of the sensor."""
_WORD = {flag: (flag.name or "").lower() for flag in Flag} | {Flag.GROSS_RANGE: str(Reason.RANGE)}
BEFORE = "spike_before"
"""The test that judges the point before the newest; its verdict stands in the reason, as `spike_before_suspect` or `spike_before_fail`."""
BROKEN = None
RECOVERY = {"[ppm]": 600.0, "[ppb]": 600.0, "%{LEL}": math.inf}
"""Seconds after an over-range where the configuration does not say, by unit. A toxic cell saturates and recovers slowly: its data sheet has the time,
ten minutes are a cautious guess. A flooded catalytic bead may be damaged: until somebody has seen to it (MSA S5000, Ultima X)."""
Spoken = tuple[Flag, str]
"""A flag and its word."""


class Point(NamedTuple):
    """What a test is asked about. near: the newest reading of every series, by name; code: the raw number that was read."""

    ms: int
    value: float
    code: float | None
    near: Mapping[str, Reading]


ON_PURPOSE = Flag.MAINTENANCE | Flag.TEST


class Examiner:
    """info: of the series; checks: what is configured for it, the defaults where nothing is; periods: of all series by name, in seconds. over: when
    the series was last above its range, ms."""

    def __init__(self, info: SeriesInfo, checks: Checks | None = None, periods: Mapping[str, float] | None = None) -> None:
        self._info = info
        self._checks = checks or Checks(info.name)
        self._witnesses = Witnesses(self._checks, periods or {}) if self._checks.neighbour or self._checks.witness else None
        self._operator = (self._checks.low, self._checks.high)
        self._span = self._outside(info)
        recovery = RECOVERY.get(info.unit, 0.0) if self._checks.recovery is None else self._checks.recovery
        self._recovery = recovery * 1000
        self._broken: set[str] = set()
        self.over: int | None = None
        self._before: int | None = None
        self.restart()

    def restart(self) -> None:
        """Begin anew: after maintenance, or when another calibration came into force, the points before are no measure for those after."""
        checks, period = self._checks, self._info.period
        self._flat = FlatLine(checks.flat_suspect, checks.flat_fail, checks.flat_tolerance) if checks.flat_suspect or checks.flat_fail else None
        self._spike = Spike(checks.spike) if checks.spike is not None else None
        limits = checks.spike_low, checks.spike_high
        self._spike_before = SpikeBefore(*limits) if any(limit is not None for limit in limits) else None
        self._rate = RateOfChange(checks.rate) if checks.rate is not None else None
        self._attenuation = None
        if checks.attenuated_suspect or checks.attenuated_fail:
            self._attenuation = Attenuation(
                checks.attenuated_suspect, checks.attenuated_fail, checks.attenuated_window, checks.attenuated_by, period=period
            )
        self._timing = Timing(period, max(checks.late * period, SOON), checks.jitter) if checks.late or checks.jitter is not None else None
        self._run = list(self._made())

    def recalibrated(self, info: SeriesInfo) -> None:
        """Another line is in force. A cell that was flooded is still flooded."""
        self._info, self._span = info, self._outside(info)
        self.restart()

    def _outside(self, info: SeriesInfo) -> tuple[float, float]:
        """The span outside which a value fails: with a little room, but exactly the range where a person has written a span."""
        return failing(info) if self._operator == (None, None) else (info.low, info.high)

    def recovered(self) -> None:
        """The time after an over-range is over."""
        self.over = None

    def take(self, reading: Reading, near: Mapping[str, Reading], code: float | None = None) -> Reading:
        """The reading with what the tests say. near: the newest reading of every series, by name; code: the raw number that was read, the reading's
        own where not given (under a curve that only codes the value)."""
        if reading.flags & ON_PURPOSE:
            self.over = reading.ms if self._beyond(reading) else self.over
            self.restart()
            return reading
        spoke = [*self._states(reading), *self._tests(reading, near, code)]
        if not spoke:
            return reading
        flags = reading.flags
        for flag, _ in spoke:
            flags |= flag
        quality = max(reading.quality, Quality.UNCERTAIN)
        return Reading(reading.series, reading.ms, reading.raw, reading.value, quality, int(flags), reading.reason or spoke[0][1])

    def _beyond(self, reading: Reading) -> bool:
        """Whether the sensor is above its range, by its own word or by its number."""
        return bool(reading.flags & Flag.OVER_RANGE) or (reading.value is not None and reading.value > self._span[1])

    def _states(self, reading: Reading) -> Iterator[Spoken]:
        """What colours a value whatever it is: the time after an over-range, and lateness."""
        if self._beyond(reading):
            self.over = reading.ms
        elif self.over is not None and reading.ms - self.over < self._recovery:
            yield Flag.AFTER_OVER_RANGE, _WORD[Flag.AFTER_OVER_RANGE]
        if self._timing is not None and self._timing.take(reading.ms) is Qartod.SUSPECT:
            yield Flag.TIMING, _WORD[Flag.TIMING]

    def _tests(self, reading: Reading, near: Mapping[str, Reading], code: float | None) -> Iterator[Spoken]:
        """The flags of the tests on the value, FAILED after one that fails it. A reading without a value is not tested and forgotten."""
        if reading.value is None:
            return
        before, self._before = self._before, reading.ms
        if before is not None and reading.ms - before > max(3 * self._info.period, SOON) * 1000:
            for spike in (self._spike, self._spike_before):
                if spike is not None:
                    spike.forget()
        point = Point(reading.ms, reading.value, reading.raw if code is None else code, near)
        for name, flag, test in self._run:
            yield from self._asked(name, flag, test, point)

    def _asked(self, name: str, flag: Flag, test: Callable[[Point], Qartod], point: Point) -> Iterator[Spoken]:
        """What one test says. One that breaks costs only itself: it is told once, asked no more, and the values say that they are not evaluated."""
        verdict = BROKEN if name in self._broken else contained(f"{name} of {self._info.name}", lambda: test(point), lambda error: BROKEN)
        if verdict is BROKEN:
            self._broken.add(name)
            yield flag, "not_evaluated"
        elif name == BEFORE:
            if verdict in (Qartod.SUSPECT, Qartod.FAIL):
                yield flag, f"{BEFORE}_{verdict}"
        elif verdict in (Qartod.SUSPECT, Qartod.FAIL):
            yield flag, _WORD[flag]
            if verdict is Qartod.FAIL:
                yield Flag.FAILED, _WORD[Flag.FAILED]

    def _made(self) -> Iterator[tuple[str, Flag, Callable[[Point], Qartod]]]:
        """The tests that are configured, in their order: name, bit, how it is asked."""
        yield "gross range", Flag.GROSS_RANGE, lambda point: gross_range(point.value, self._span, self._operator)
        spike, before, rate, flat, attenuation, witnesses = (
            self._spike, self._spike_before, self._rate, self._flat, self._attenuation, self._witnesses,
        )  # fmt: skip
        if spike is not None:
            yield "spike", Flag.SPIKE, lambda point: spike.take(point.value)
        if before is not None:
            yield BEFORE, Flag.SPIKE, lambda point: before.take(point.value)
        if rate is not None:
            yield "rate of change", Flag.RATE_OF_CHANGE, lambda point: rate.take(point.ms, point.value)
        if flat is not None:
            yield "flat line", Flag.FLAT_LINE, lambda point: Qartod.NOT_EVALUATED if point.code is None else flat.take(point.code)
        if attenuation is not None:
            yield "attenuation", Flag.ATTENUATED, lambda point: attenuation.take(point.ms, point.value)
        if witnesses is not None:
            yield "witness", Flag.MULTIVARIATE, lambda point: witnesses.witness(point.ms, point.value, point.near)
            yield "neighbour", Flag.NEIGHBOUR, lambda point: witnesses.neighbour(point.ms, point.value, point.near)
