"""Which series an alarm stands on now: their sensors are read faster, if they have an event period. Pure: who knows the time gives it.

Decision: an event is while the readings are beyond a set point, or have been so for less than the rule's own delays; not while only a person's
reset is missing, which can take days. A minute longer, so that the tail of a plume is seen as finely as its front. Guard says so at every step and
never waits for anybody: the set is replaced as a whole, and who reads sensors looks at it when it is woken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from gateway.derivation import Derived
from gateway.model import Table
from gateway.rules import Rule, Watch
from gateway.sections import Mounted

HOLD = 60.0
"""Seconds after the end of an event during which its sensors are still read as in it."""


def behind(rules: Iterable[Rule], sensors: Sequence[Mounted], derived: Sequence[Derived], table: Table) -> dict[str, frozenset[int]]:
    """By name of rule, the places of all series of the sensors that it looks at, directly or through what is derived from them."""
    place = {info.name: index for index, info in enumerate(table.series)}
    origin: dict[str, frozenset[int]] = {}
    for mounted in sensors:
        own = frozenset(place[name] for name in mounted.series.values())
        origin.update(dict.fromkeys(mounted.series.values(), own))
    for found in derived:  # each stands after what it is derived from
        sources = (found.source, *found.options.partners().values())
        origin[found.info.name] = frozenset().union(*(origin.get(name, frozenset()) for name in sources))
    return {rule.name: frozenset().union(*(origin.get(name, frozenset()) for name in rule.series)) for rule in rules}


class Haste:
    """The places of the series that are to be read faster. behind: by name of rule; changed: called when they are others, and must not wait."""

    def __init__(self, behind: Mapping[str, frozenset[int]], changed: Callable[[], None] = lambda: None) -> None:
        self.places: frozenset[int] = frozenset()
        self.changed = changed
        self._behind = behind
        self._until: dict[str, float] = {}

    def look(self, watches: Iterable[Watch], now: float) -> None:
        """See what the alarms do. now: monotonic seconds."""
        for watch in watches:
            if watch.stirring:
                self._until[watch.rule.name] = now + HOLD
        wanted = frozenset().union(*(self._behind.get(name, frozenset()) for name, until in self._until.items() if until > now))
        if wanted != self.places:
            self.places = wanted
            self.changed()
