"""The class of a rain by the thresholds of the Korea Meteorological Administration: 0 none, 1 advisory, 2 warning, 3 extreme.

Advisory: 60 mm in 3 h or 110 mm in 12 h; warning: 90 mm in 3 h or 180 mm in 12 h (both defined on forecasts: here observed totals are put in their
place). Extreme (the emergency text): 50 mm in 1 h and 90 mm in 3 h, or 72 mm in 1 h. As published in 2020 to 2024; older pages print a rule
of 6 h. The class is a tendency for the people on duty; a public warning is issued by the authority alone.

    [[derived]]
    name = "rain.class"
    kind = "rain_class"
    from = "rain.12h"
    one_hour = "rain.1h"
    three_hours = "rain.3h"
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import IntEnum

import msgspec

from gateway.derivation.outcome import Outcome, bad, fresh, line, of
from gateway.model import Reading, Reason, SeriesInfo
from gateway.problems import Mistake


class RainClass(IntEnum):
    """Classes of heavy rain, the higher the worse."""

    NONE = 0
    ADVISORY = 1
    WARNING = 2
    EXTREME = 3


def rain_class(one: float, three: float, twelve: float) -> RainClass:
    """The class of rolling sums over 1, 3 and 12 h, in mm; each threshold belongs to its class."""
    if one >= 72 or (one >= 50 and three >= 90):
        return RainClass.EXTREME
    if three >= 90 or twelve >= 180:
        return RainClass.WARNING
    return RainClass.ADVISORY if three >= 60 or twelve >= 110 else RainClass.NONE


WINDOWS = {"from": "12h", "one_hour": "1h", "three_hours": "3h"}
"""What each sum is over, as its quantity says it."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """one_hour, three_hours: series of the rain's rolling sums over 1 h and 3 h, in mm; that over 12 h is `from`. All of one gauge."""

    one_hour: str
    three_hours: str

    def partners(self) -> dict[str, str]:
        """The two shorter sums."""
        return {"one_hour": self.one_hour, "three_hours": self.three_hours}

    def unfit(self, source: SeriesInfo, partners: Mapping[str, SeriesInfo]) -> Iterator[Mistake]:
        """A sum that is not in mm, or not over this window."""
        for key, info in {"from": source, **partners}.items():
            ending = f"_sum_{WINDOWS[key]}"
            if info.unit != "mm":
                yield Mistake(key, f"measured in {info.unit}", "name a rolling sum in mm")
            elif not info.quantity.endswith(ending):
                yield Mistake(key, f"measures {info.quantity}", f'name a series of kind "sum" with window = "{WINDOWS[key]}"')

    def series(self, name: str, source: SeriesInfo) -> SeriesInfo:
        """A number from 0 to 3."""
        return line(name, source, "rain_class", "1", 0, (0, 3))


class Derivation:
    """One class of rain."""

    def __init__(self, options: Options, source: SeriesInfo, partners: Mapping[str, SeriesInfo]) -> None:
        self._max_age = 3 * source.period

    def take(self, reading: Reading, partners: Mapping[str, Reading]) -> Outcome:
        """The class; without one of the sums there is none. Sums that are PARTIAL make a class that is true or too low."""
        if reading.value is None:
            return bad(reading)
        sums = [partners.get(key) for key in ("one_hour", "three_hours")]
        found = [partner for partner in sums if partner is not None and fresh(reading, partner, self._max_age)]
        if len(found) < 2:
            blamed = next((partner for partner in sums if partner is not None and partner.value is None), None)
            return bad(blamed or reading, "" if blamed else Reason.STALE)
        one, three = (partner.value or 0.0 for partner in found)
        return of(float(rain_class(one, three, reading.value)), [reading, *found])
