"""What a derivation gives, and the few rules that all kinds share: worst quality, carried flags, a series line by decimals, lengths.

Decision: what is done on purpose (maintenance, a test, an inhibit) is the matter of the channel it is done to. It follows from a series to what is
derived `from` it and never from a partner: a thermometer in maintenance must not silence the flood alarm, so such a partner counts as missing.
And an over-range is a statement about one measuring range: it says nothing of another series, except of one that rises with its source (`risen`)
or falls with it (`fallen`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from gateway.model import Flag, Quality, Reading, Reason, SeriesInfo
from gateway.problems import Mistake

LENGTHS = {"mm": 1.0, "cm": 10.0, "m": 1000.0}
"""Millimetres in the units of length that a series may have."""
ON_PURPOSE = Flag.MAINTENANCE | Flag.TEST | Flag.INHIBITED
"""What a person or the device does on purpose."""


class Outcome(NamedTuple):
    """A derived value in its series' unit, None exactly when the quality is BAD, then with a reason."""

    value: float | None
    quality: int = Quality.GOOD
    flags: int = 0
    reason: str = ""


def bad(reading: Reading, reason: str = "") -> Outcome:
    """No value can be derived: the flags and the reason of the reading that is to blame."""
    word = reason or reading.reason or Reason.STALE
    if word == Reason.OVER_RANGE or reading.flags & Flag.OVER_RANGE:
        flags = reading.flags & ~Flag.OVER_RANGE | Flag.GROSS_RANGE
        return Outcome(None, Quality.BAD, int(flags), Reason.RANGE if word == Reason.OVER_RANGE else word)
    return Outcome(None, Quality.BAD, reading.flags, word)


def of(value: float, inputs: Iterable[Reading], doubt: int = 0, reason: str = "") -> Outcome:
    """A value from inputs that all have one, the reading of the source first: their worst quality and their flags, and a doubt of the derivation
    itself. The reason is that of the worst input, the derivation's own where the inputs have none. An input above its range makes the value
    EXTRAPOLATED, never over-range."""
    if not math.isfinite(value):
        return Outcome(None, Quality.BAD, doubt, Reason.RANGE)
    quality, flags, word = int(Quality.UNCERTAIN if doubt else Quality.GOOD), doubt, ""
    for place, reading in enumerate(inputs):
        flags |= reading.flags & ~ON_PURPOSE if place else reading.flags
        if reading.quality > quality or not word:
            word = reading.reason or word
        quality = max(quality, reading.quality)
    if flags & Flag.OVER_RANGE:
        flags = flags & ~Flag.OVER_RANGE | Flag.EXTRAPOLATED
    return Outcome(value, quality, int(flags), Reason.EXTRAPOLATED if word == Reason.OVER_RANGE else word or reason)


def risen(made: Outcome, source: Reading) -> Outcome:
    """Of a series that rises with its source: a source above its range stands for one above its own, with or without a number."""
    if not source.flags & Flag.OVER_RANGE:
        return made
    flags = made.flags & ~(Flag.EXTRAPOLATED | Flag.GROSS_RANGE) | Flag.OVER_RANGE | source.flags & (Flag.EXTRAPOLATED | Flag.GROSS_RANGE)
    return made._replace(flags=int(flags), reason=source.reason)


def fallen(source: Reading) -> Reading:
    """The source as a series sees it that falls when it rises: above its range means below the other's. One with a number below its range is beyond
    what was measured there, EXTRAPOLATED; without a number (something stands in front of the sensor) it says nothing of the water."""
    flags, reason = source.flags, source.reason
    if flags & Flag.UNDER_RANGE and source.value is not None:
        flags = flags & ~Flag.UNDER_RANGE | Flag.EXTRAPOLATED
        reason = Reason.EXTRAPOLATED if reason == Reason.UNDER_RANGE else reason
    if flags & Flag.OVER_RANGE or reason == Reason.OVER_RANGE:
        flags = flags & ~Flag.OVER_RANGE | Flag.UNDER_RANGE
        reason = Reason.UNDER_RANGE if reason == Reason.OVER_RANGE else reason
    return msgspec.structs.replace(source, flags=int(flags), reason=reason)


def line(name: str, source: SeriesInfo, quantity: str, unit: str, decimals: int, span: tuple[float, float], datum: str = "") -> SeriesInfo:
    """The table's entry of a derived series: the raw number is the value in units of the last decimal; the period is the source's."""
    low, high = round(span[0], decimals), round(span[1], decimals)
    return SeriesInfo(name, quantity, unit, decimals, low, high, source.period, 10.0**-decimals, 0.0, "", datum or source.datum)


def fresh(reading: Reading, partner: Reading | None, max_age: float) -> bool:
    """Whether a partner is there, not older (or newer) than `max_age` seconds."""
    return partner is not None and there(partner) and abs(reading.ms - partner.ms) <= max_age * 1000


def there(partner: Reading) -> bool:
    """Whether a partner has a value that counts: one that is worked on or inhibited counts as missing."""
    return partner.value is not None and not partner.flags & ON_PURPOSE


def no_length(source: SeriesInfo) -> Iterator[Mistake]:
    """The mistake of a source that is not measured in a length."""
    if source.unit not in LENGTHS:
        yield Mistake("from", f"measured in {source.unit}, which is no length", f"name a series in {', '.join(LENGTHS)}")
