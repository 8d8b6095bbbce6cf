"""What people do to a sensor, as facts that are never changed: a calibration, a bump test.

Decision: a calibration is kept and sent whole (what was applied, what the channel said before and after, who vouches for it), because a hub that
only had the new line could neither judge old readings again nor see a sensor grow old. Its identity is the digest of its content, so that a copy
with one flipped bit is another fact, and the chain of `previous` shows that none is missing.
"""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec

Kind = Literal["zero", "span", "multipoint", "power_law"]
Result = Literal["pass", "fail", "broken_off"]


class Point(msgspec.Struct, frozen=True):
    """One reference that was applied. reference, as_found, as_left: in the series' unit, as_found by the line before, as_left by the one after.
    raw: mean of the raw numbers while it was stable; spread: between the smallest and the largest of them; readings: how many."""

    reference: float
    raw: float
    spread: float
    readings: int
    as_found: float
    as_left: float


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """Who did something, with what, and when. uid: of the person's login on the node. utc: null where the node did not know it then; boot and
    mono always tell the moment. concentration: of the gas, in the series' unit. certificate: of the gas or the reference instrument."""

    series: str
    unit: str
    gas: str = ""
    concentration: float | None = None
    certificate: str = ""
    who: str = ""
    uid: int | None = None
    boot: str = ""
    mono: float = 0.0
    utc: float | None = None
    clock: str = "free"
    clock_error: float | None = None
    note: str = ""
    simulated: bool = False


class CalibrationFact(Done, frozen=True, kw_only=True):
    """A calibration. From it on `value = raw * slope + intercept`, for kinds zero and span.

    id: of the content; previous: the one before of this series, empty for the first; version: counts from 1. base: slope and intercept that the
    configuration gives. For kind multipoint the value is on straight lines between the points (raw, reference), beyond the ends on the
    outermost lines; for kind power_law it is `factor * x^exponent` with x the value by `base`. Then slope and intercept
    only code the value, and the raw number is the series `NAME.raw`. due: date (UTC) by which it is to be done again. certificate_expires:
    date of the certificate. forced: why limits were overridden, empty where none was.
    """

    id: str = ""
    previous: str = ""
    version: int = 1
    kind: Kind
    base: tuple[float, float]
    points: list[Point]
    slope: float
    intercept: float
    factor: float | None = None
    exponent: float | None = None
    certificate_expires: str = ""
    due: str = ""
    forced: str = ""


class BumpFact(Done, frozen=True, kw_only=True):
    """A bump test: gas was applied, and what the channel made of it.

    result: `pass`, `fail`, or `broken_off` by the person. baseline: value before; peak: farthest value; share: part of the way from baseline to
    concentration that was to be reached within `within` seconds; response: seconds from the start until it was reached, null where it was not;
    rise: seconds of it since the value began to move. recovered: seconds until the value was back, null where it was not in time.
    passed: alarm thresholds that the peak went beyond, as [alarm, level, limit]; missed: those it did not.
    """

    result: Result
    baseline: float
    peak: float
    share: float
    within: float
    response: float | None = None
    rise: float | None = None
    recovered: float | None = None
    passed: list[tuple[str, int, float]] = []
    missed: list[tuple[str, int, float]] = []


def identity(fact: CalibrationFact) -> str:
    """Eight hexadecimal digits of the digest of all of a calibration but its id: the same on every machine."""
    return hashlib.blake2b(msgspec.json.encode(msgspec.structs.replace(fact, id="")), digest_size=4).hexdigest()


def identified(fact: CalibrationFact) -> CalibrationFact:
    """The calibration with its id."""
    return msgspec.structs.replace(fact, id=identity(fact))
