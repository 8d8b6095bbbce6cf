"""A bump test: does gas reach the sensor, and does the sensor answer? Pure: time comes with the readings and with `look`.

Decision: the node runs the test, not the client that asked for it, so that it ends, is recorded and gives the channel back whatever becomes of the
client. After the answer, and as well where none came, because the bottle may still be on, the channel stays in maintenance until gas was seen
and has gone, or `recover` seconds have passed: else the test gas itself would sound the siren; but no longer, because a channel in maintenance
protects nobody. Answering and going take two readings in succession: one may be a spike. Readings of no use do not count.

The answer is measured on the way from the value before (baseline) to the gas's concentration, so that it also serves oxygen, which falls.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from gateway.contract.care import BumpFact, Result
from gateway.control.clearing import Mark, beyond, limits
from gateway.control.session import UNUSABLE, Taken
from gateway.model import Flag, Reason, SeriesInfo

SHARE = 0.5
"""Part of the way that counts as an answer: a bump test is qualitative, a sensor at half of its sensitivity is to be replaced."""
WITHIN = 120.0
"""Seconds for it, where nothing is known of the sensor's T90; else twice T90."""
RECOVER = 300.0
"""Seconds for the gas to go."""
BEGUN, GONE = 0.1, 0.2
"""Parts of the way at which the value has begun to move, and at which the gas counts as gone."""
LEAST_WAY = 0.05
"""Share of the measuring range that the gas must differ from the value before."""

USELESS = UNUSABLE & ~(Flag.OVER_RANGE | Flag.AFTER_OVER_RANGE)
"""What a reading of a test must not have: above its range a sensor has answered."""
CONFIRMED = 2.0
"""Periods beyond `within` in which a second reading may confirm an answer that came in time."""


class Settings(NamedTuple):
    """What is asked of the sensor; see the constants. within, recover: seconds."""

    share: float = SHARE
    within: float = WITHIN
    recover: float = RECOVER


class Bump:
    """A test at work. began: monotonic milliseconds. rules: the alarms on the series, whose thresholds are told. state: `waiting` for the answer,
    `clearing`, then `over`."""

    def __init__(self, info: SeriesInfo, rules: Sequence[Mark], baseline: float, concentration: float, began: int, settings: Settings) -> None:
        self.info = info
        self.baseline = baseline
        self.concentration = concentration
        self.settings = settings
        self.state = "waiting"
        self.peak = baseline
        self.response: float | None = None
        self.recovered: float | None = None
        self.result: Result = "fail"
        self._rules = rules
        self._began = began
        self._moved: float | None = None
        self._reached: float | None = None
        self._gone: float | None = None
        self._end = settings.within + settings.recover

    def part(self, value: float) -> float:
        """Which part of the way a value is at."""
        return (value - self.baseline) / (self.concentration - self.baseline)

    def feed(self, taken: Taken) -> None:
        """Judge one reading. A sensor above its range has answered, also where it gives no number; any other bad reading is no answer."""
        reading = taken.reading
        at = (reading.ms - self._began) / 1000
        value = reading.value
        if value is None and reading.reason == Reason.OVER_RANGE and self.concentration > self.baseline:
            value = self.info.high
        if value is None or reading.flags & USELESS or at < 0 or self.state == "over":
            return
        part = self.part(value)
        if part > self.part(self.peak):
            self.peak = value
        if self._moved is None and part >= BEGUN:
            self._moved = at
        if self.state == "waiting":
            self._answer(at, part)
        else:
            self._clear(at, value)

    def _answer(self, at: float, part: float) -> None:
        """Whether this reading, and the one before, are at or beyond the share."""
        if part < self.settings.share:
            self._reached = None
        elif self._reached is not None:
            self.response, self.result, self.state = self._reached, "pass", "clearing"
        elif at <= self.settings.within:
            self._reached = at

    def _clear(self, at: float, value: float) -> None:
        """Whether this reading, and the one before, show that gas that was seen has gone."""
        if not self._seen() or self.part(value) > GONE or beyond(self._rules, value):
            self._gone = None
        elif self._gone is None:
            self._gone = at
        else:
            self.recovered, self.state = self._gone, "over"

    def _seen(self) -> bool:
        return self.response is not None or self.part(self.peak) > GONE

    def look(self, ms: int) -> None:
        """The time that has passed without a reading counts as well."""
        at = (ms - self._began) / 1000
        confirming = CONFIRMED * self.info.period if self._reached is not None else 0.0
        if self.state == "waiting" and at > self.settings.within + confirming:
            self.state = "clearing"
        if self.state == "clearing" and at > self._end:
            self.state = "over"

    def break_off(self, ms: int, now: bool) -> None:
        """The person ends it: a test that was not finished tells nothing against the sensor. Gas that was seen has its time to go, unless it has to
        end now; a test that waits for that already goes on waiting."""
        if self.state == "waiting":
            self.result = "broken_off"
            self.state = "clearing" if self._seen() or beyond(self._rules, self.peak) else "over"
            self._end = (ms - self._began) / 1000 + self.settings.recover
        if now:
            self.state = "over"

    def fact(self, said: BumpFact) -> BumpFact:
        """The test as a fact; said: one with who, when and what."""
        passed = beyond(self._rules, self.peak)
        return msgspec.structs.replace(
            said,
            result=self.result,
            baseline=self._shown(self.baseline),
            peak=self._shown(self.peak),
            response=self.response,
            rise=None if self.response is None or self._moved is None else round(self.response - self._moved, 3),
            recovered=self.recovered,
            passed=passed,
            missed=[limit for limit in limits(self._rules) if limit not in passed],
        )

    def _shown(self, value: float) -> float:
        return round(value, self.info.decimals)
