"""So many of so many independent sensors have to agree (1oo2, 2oo3): for an act that one false alarm must not begin.

Common practice: any single detector announces by an alarm of its own, the vote acts. What a faulted input means is a policy that has to be chosen:
`fault_as_vote` (a missing sensor votes for the alarm), `degrade` (2oo3 runs as 1oo2, then 1oo1; with all of them at fault it acts), `ignore` (a
missing sensor says nothing: two faults of three and nothing acts any more, which is told as a fault). An inhibited input never votes. An alarm that
stands is cleared only by sensors that can see: not while those that cannot could still make it up. Sensors on one chip or one bus are not
independent: such a vote is refused.

    [[alarm]]
    name = "evacuate"
    kind = "vote"
    need = 2
    policy = "degrade"
    members = [
        { series = "lel-a", a1 = 20.0 },
        { series = "lel-b", a1 = 20.0 },
        { series = "lel-c", a1 = 20.0 },
    ]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

from gateway.model import Reading, SeriesInfo, Table
from gateway.problems import Mistake
from gateway.rules import members as seats
from gateway.rules.kinds.threshold import Count
from gateway.rules.limits import Limits
from gateway.rules.rule import Demand, Origin, Point, Rule, Usual
from hardware.quantities import Seconds


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """members: the sensors, each a table with the keys of an ordinary alarm (`series`, `a1`, `a2`, `direction`, `hysteresis`, `hysteresis_share`,
    `over_range_latch`), all with as many set points. need: how many of them have to agree. policy: what a faulted one means: `fault_as_vote`,
    `degrade` or `ignore`. window: a value older than this is missing; by default three periods of the slowest member."""

    members: tuple[Limits, ...]
    need: Count
    policy: Literal["fault_as_vote", "degrade", "ignore"]
    window: Seconds | None = None

    @property
    def usual(self) -> Usual:
        """A member that is missing is told after half a minute."""
        return Usual(fault_after=30.0)

    def mistakes(self) -> Iterator[Mistake]:
        """A vote that cannot be held."""
        yield from seats.mistakes("members", self.members)
        if self.need > len(self.members):
            yield Mistake("need", "more votes than members", f"write 1 to {len(self.members)}")
        if len({len(member.sets()) for member in self.members}) > 1:
            yield Mistake("members", "some have a2, some have not", "give each as many set points")

    def looks_at(self) -> dict[str, str]:
        """The members."""
        return seats.looks_at("members", self.members)

    def levels(self) -> int:
        """One per set point of a member."""
        return len(self.members[0].sets())

    def points(self, infos: Mapping[str, SeriesInfo]) -> tuple[Point, ...]:
        """Those of the members."""
        return seats.points("members", self.members)

    def unfit(self, infos: Mapping[str, SeriesInfo], origins: Mapping[str, frozenset[Origin]]) -> Iterator[Mistake]:
        """Thresholds out of reach, members that are not independent."""
        yield from seats.misfits("members", self.members, infos, self.window)
        yield from seats.dependent("members", self.members, origins)


class Condition:
    """One vote."""

    def __init__(self, rule: Rule, table: Table) -> None:
        self._options: Options = rule.options
        self._seats = seats.Seats(self._options.members, table, self._options.window)

    def feed(self, reading: Reading, level: int) -> Demand:
        """Hold the vote anew with every reading."""
        self._seats.take(reading)
        found = self._seats.now(reading.ms)
        live = [demand for _, demand in found if demand is not None and not demand.inhibited]
        missing = [seat.name for seat, demand in found if demand is None]
        inhibited = [seat.name for seat, demand in found if demand is not None and demand.inhibited]
        if missing and not self._seats.settled(reading.ms):
            wanted = self._level(live, self._options.need, 0)
            over = wanted > 0 and any(demand.over_range for demand in live)
            return Demand(wanted or None, over, note="not all members heard yet")
        return self._held(live, missing, inhibited, level)

    def _held(self, live: list[Demand], missing: list[str], inhibited: list[str], level: int) -> Demand:
        policy, lost = self._options.policy, len(missing)
        need = max(1, self._options.need - lost) if policy == "degrade" else self._options.need
        extra = lost if policy == "fault_as_vote" else 0
        nobody = policy == "degrade" and lost and not live and not inhibited
        wanted = self._seats.top if nobody else self._level(live, need, extra)
        note = self._note(need, len(live) + extra, missing, inhibited)
        quality = max((demand.quality for demand in live), default=0)
        if not wanted and need > len(live) + extra:
            return Demand(None, inhibited=not lost, fault=lost > 0, quality=quality, note=f"{note}: it cannot act")
        wanted = max(wanted, min(level, self._level(live, self._options.need, lost + len(inhibited))))
        over = wanted > 0 and any(demand.over_range for demand in live)
        return Demand(wanted, over, fault=lost > 0, quality=quality, note=note)

    def _level(self, live: list[Demand], need: int, extra: int) -> int:
        """The highest level that enough vote for."""
        votes = sorted([*(demand.level or 0 for demand in live), *[self._seats.top] * extra], reverse=True)
        return votes[need - 1] if len(votes) >= need else 0

    def _note(self, need: int, present: int, missing: list[str], inhibited: list[str]) -> str:
        """The effective vote, where it is not the one that was asked for."""
        if not missing and not inhibited:
            return ""
        absent = [f"{name} at fault" for name in missing] + [f"{name} inhibited" for name in inhibited]
        asked = f"{self._options.need}oo{len(self._options.members)}"
        return f"{asked} running as {need}oo{present} ({', '.join(absent)})"

    def keep(self) -> Any:
        """The members' own levels."""
        return self._seats.keep()

    def restore(self, kept: Any) -> None:
        """Go on with the members' own levels."""
        self._seats.restore(kept)
