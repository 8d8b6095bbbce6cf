"""All of several things at once, such as a level and a float switch: two that see the same water in different ways.

A member whose value is missing or inhibited is neither true nor false: one member that is false decides for none, else nobody can say, and the alarm
stays where it is. A member with fewer set points than another counts, once it is on, for every level. Give each member an alarm of its
own as well: a combination is quieter, not safer.

    [[alarm]]
    name = "close-road"
    kind = "combined"
    all_of = [
        { series = "depth", a1 = 150.0, hysteresis = 30.0 },
        { series = "float", a1 = 1.0 },
    ]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from gateway.model import Reading, SeriesInfo, Table
from gateway.problems import Mistake
from gateway.rules import members as seats
from gateway.rules.limits import Limits
from gateway.rules.rule import Demand, Origin, Point, Rule, Usual
from hardware.quantities import Seconds


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """all_of: what has to be beyond, each a table with the keys of an ordinary alarm (`series`, `a1`, `a2`, `direction`, `hysteresis`,
    `hysteresis_share`, `over_range_latch`). window: a value older than this is missing; by default three periods of the slowest member."""

    all_of: tuple[Limits, ...]
    window: Seconds | None = None

    @property
    def usual(self) -> Usual:
        """A member that is missing is told after half a minute."""
        return Usual(fault_after=30.0)

    def mistakes(self) -> Iterator[Mistake]:
        """A combination of nothing."""
        yield from seats.mistakes("all_of", self.all_of)

    def looks_at(self) -> dict[str, str]:
        """The members."""
        return seats.looks_at("all_of", self.all_of)

    def levels(self) -> int:
        """As many as the member with the most set points."""
        return max((len(member.sets()) for member in self.all_of), default=1)

    def points(self, infos: Mapping[str, SeriesInfo]) -> tuple[Point, ...]:
        """Those of the members."""
        return seats.points("all_of", self.all_of)

    def unfit(self, infos: Mapping[str, SeriesInfo], origins: Mapping[str, frozenset[Origin]]) -> Iterator[Mistake]:
        """Thresholds out of reach."""
        yield from seats.misfits("all_of", self.all_of, infos, self.window)


class Condition:
    """One combination."""

    def __init__(self, rule: Rule, table: Table) -> None:
        options: Options = rule.options
        self._seats = seats.Seats(options.all_of, table, options.window)

    def feed(self, reading: Reading, level: int) -> Demand:
        """Whether all are there, with every reading of one of them."""
        self._seats.take(reading)
        found = self._seats.now(reading.ms)
        missing = [seat.name for seat, demand in found if demand is None]
        inhibited = [seat.name for seat, demand in found if demand is not None and demand.inhibited]
        live = [(seat, demand) for seat, demand in found if demand is not None and not demand.inhibited]
        late = bool(missing) and self._seats.settled(reading.ms)
        quality = max((demand.quality for _, demand in live), default=0)
        wanted = min((self._counted(seat, demand) for seat, demand in live), default=self._seats.top)
        if (missing or inhibited) and wanted:
            note = ", ".join([f"{name} is missing" for name in missing] + [f"{name} is inhibited" for name in inhibited])
            return Demand(None, inhibited=not missing, fault=late, quality=quality, note=note)
        return Demand(wanted, wanted > 0 and any(demand.over_range for _, demand in live), fault=late, quality=quality)

    def _counted(self, seat: seats.Seat, demand: Demand) -> int:
        """A member at its own highest level counts for every level."""
        level = demand.level or 0
        return self._seats.top if level == seat.steps.top else level

    def keep(self) -> Any:
        """The members' own levels."""
        return self._seats.keep()

    def restore(self, kept: Any) -> None:
        """Go on with the members' own levels."""
        self._seats.restore(kept)
