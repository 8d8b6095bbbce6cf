"""Several series that decide together: each with its own thresholds and hysteresis, looked at only while its newest value is young enough.

Decision: a single bad reading takes nobody's vote away; a member is missing once its newest value is older than the coherence window, and right after
the start nobody is missing before the window has passed. An over-range that holds an alarm of its own on the same series keeps its vote.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gateway.model import Flag, Reading, SeriesInfo, Table
from gateway.problems import Mistake
from gateway.rules.limits import Limits
from gateway.rules.rule import Demand, Origin, Point
from gateway.rules.single import info_of, place_of
from gateway.rules.steps import judged, recalled

PERIODS = 3
"""The coherence window in periods of the slowest member, where the person gives none."""
MOST = 16


class Seat:
    """One member with its newest judged value."""

    def __init__(self, limits: Limits, table: Table) -> None:
        info = info_of(table, limits.series)
        self.name, self.place, self.period = limits.series, place_of(table, limits.series), info.period
        self.steps = limits.steps()
        self.level = 0
        self._latch_at = limits.latch_at(info)
        self._ms = 0
        self._demand: Demand | None = None

    def take(self, reading: Reading) -> None:
        """Judge a reading of this member; a bad one leaves the value before it until that is too old."""
        demand = judged(reading, self.steps, self.level, self._latch_at)
        if demand.level is not None:
            if self._latch_at is not None and reading.flags & Flag.AFTER_OVER_RANGE:
                demand = demand._replace(level=max(demand.level, self.level))
            self.level = demand.level or 0
        elif not demand.inhibited:
            return
        self._ms, self._demand = reading.ms, demand

    def now(self, ms: int, window_ms: float) -> Demand | None:
        """What it asks for; None where its newest value is too old, or there is none."""
        return self._demand if self._demand is not None and abs(ms - self._ms) <= window_ms else None


class Seats:
    """The members of one rule."""

    def __init__(self, members: Sequence[Limits], table: Table, window: float | None) -> None:
        self._seats = [Seat(member, table) for member in members]
        slowest = max(seat.period for seat in self._seats)
        self._window = (PERIODS * slowest if window is None else window) * 1000
        self._begun: int | None = None
        self.top = max(seat.steps.top for seat in self._seats)

    def take(self, reading: Reading) -> None:
        """Hand a reading to whom it belongs."""
        self._begun = reading.ms if self._begun is None else self._begun
        for seat in self._seats:
            if seat.place == reading.series:
                seat.take(reading)

    def now(self, ms: int) -> list[tuple[Seat, Demand | None]]:
        """Every member with what it asks for; None for one that is missing."""
        return [(seat, seat.now(ms, self._window)) for seat in self._seats]

    def settled(self, ms: int) -> bool:
        """Whether everybody had the time to be heard since the start."""
        return self._begun is not None and ms - self._begun > self._window

    def keep(self) -> Any:
        """The members' own levels: what their hysteresis hangs on."""
        return [seat.level for seat in self._seats]

    def restore(self, kept: Any) -> None:
        """Go on with the levels, where they are of as many members."""
        levels = recalled(kept, list[int])
        if levels is not None and len(levels) == len(self._seats):
            for seat, level in zip(self._seats, levels):
                seat.level = min(max(level, 0), seat.steps.top)


def looks_at(key: str, members: Sequence[Limits]) -> dict[str, str]:
    """The series of the members, by the key that names each."""
    return {f"{key}[{index}].series": member.series for index, member in enumerate(members)}


def points(key: str, members: Sequence[Limits]) -> tuple[Point, ...]:
    """The set points of all members."""
    return tuple(point for index, member in enumerate(members) for point in member.set_points(f"{key}[{index}]."))


def mistakes(key: str, members: Sequence[Limits]) -> Iterator[Mistake]:
    """Too few or too many members, and what is wrong with each."""
    if not 2 <= len(members) <= MOST:
        yield Mistake(key, f"{len(members)} of them", f"write 2 to {MOST}")
    for index, member in enumerate(members):
        yield from (Mistake(f"{key}[{index}].{found.key}", found.wrong, found.remedy) for found in member.wrong())


def misfits(key: str, members: Sequence[Limits], infos: Mapping[str, SeriesInfo], window: float | None) -> Iterator[Mistake]:
    """Thresholds that a member's sensor cannot reach or leave, a window in which a member is not heard."""
    for index, member in enumerate(members):
        yield from (Mistake(f"{key}[{index}].{found.key}", found.wrong, found.remedy) for found in member.misfits(infos[member.series]))
    slowest = max(infos[member.series].period for member in members)
    if window is not None and window < 2 * slowest:
        yield Mistake("window", f"shorter than two readings of the slowest member ({slowest:g} s each)", f'write at least "{2 * slowest:g} s"')


def dependent(key: str, members: Sequence[Limits], origins: Mapping[str, frozenset[Origin]]) -> Iterator[Mistake]:
    """Members that share a chip or a bus: they fail together, and their agreement proves nothing."""
    for index, member in enumerate(members):
        for other in members[:index]:
            mine, theirs = origins.get(member.series, frozenset()), origins.get(other.series, frozenset())
            chips = {origin.chip for origin in mine} & {origin.chip for origin in theirs}
            buses = {origin.bus for origin in mine} & {origin.bus for origin in theirs}
            if member.series == other.series or chips or buses:
                shared = f"the chip {min(chips)}" if chips else f"the bus {min(buses)}" if buses else "the sensor"
                wrong = f"shares {shared} with {other.series}: one failure takes both votes"
                yield Mistake(f"{key}[{index}].series", wrong, "name a sensor on another bus, or give each sensor an alarm of its own")
                break
