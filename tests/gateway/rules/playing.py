"""Rules as a person writes them, fed with readings by name of series: the way from a table of `gateway.toml` to the changes, nothing in between."""

from __future__ import annotations

from typing import Any

from gateway import rules
from gateway.model import Flag, Quality, Reading, Reason, SeriesInfo, Table
from gateway.problems import Problem
from gateway.rules import Act, Actor, Change, Kept, Watch
from gateway.rules.rule import Origin, Rule
from gateway.rules.section import Site, ruled

PANEL, CLI, HUB = Actor("kim", "panel"), Actor("lee", "cli"), Actor("desk", "hub")
TABLE = Table(
    (
        SeriesInfo("lel", "methane", "%{LEL}", 1, 0, 100, 1.0, 0.1),
        SeriesInfo("o2", "oxygen", "%{vol}", 1, 0, 25, 1.0, 0.1),
        SeriesInfo("co", "carbon_monoxide", "[ppm]", 1, 0, 500, 1.0, 0.1),
        SeriesInfo("depth", "depth", "mm", 0, -100, 2500, 1.0),
        SeriesInfo("rise", "rate_of_depth", "mm/min", 2, -500, 500, 1.0, 0.01),
        SeriesInfo("float", "float", "1", 0, 0, 1, 1.0),
        SeriesInfo("rain.class", "rain_class", "1", 0, 0, 3, 1.0),
        SeriesInfo("ch4", "methane", "[ppm]", 2, 0, 1000, 60.0, 0.01),
        SeriesInfo("lel-a", "methane", "%{LEL}", 1, 0, 100, 1.0, 0.1),
        SeriesInfo("lel-b", "methane", "%{LEL}", 1, 0, 100, 1.0, 0.1),
        SeriesInfo("lel-c", "methane", "%{LEL}", 1, 0, 100, 1.0, 0.1),
        SeriesInfo("level", "level", "m", 3, 0, 5, 1.0, 0.001),
        SeriesInfo("distance", "distance", "mm", 0, 300, 5000, 1.0),
    )
)
PLACE = {info.name: place for place, info in enumerate(TABLE.series)}
INFOS: dict[str, SeriesInfo | None] = {info.name: info for info in TABLE.series}
ORIGINS = {name: frozenset({Origin(f"serial:{name}", f"serial:{name}")}) for name in INFOS}


def told(**keys: Any) -> list[str]:
    """The mistakes of a table."""
    problems: list[Problem] = []
    assert ruled({"name": "x", **keys}, "alarm[0] x", Site(INFOS, ORIGINS), problems) is None
    return [str(problem) for problem in problems]


def rule(**keys: Any) -> Rule:
    """The rule of a table without a mistake."""
    problems: list[Problem] = []
    made = ruled({"name": "x", **keys}, "alarm[0] x", Site(INFOS, ORIGINS), problems)
    assert made is not None, problems
    return made


class Play:
    """One watch and its changes."""

    def __init__(self, kept: Kept | None = None, **keys: Any) -> None:
        self.rule = rule(**keys)
        self.watch = Watch(self.rule, rules.condition(self.rule, TABLE), kept)
        self.changes: list[Change] = []

    def feed(self, value: float | None, second: float, series: str = "", flags: int = 0, reason: str = "", quality: int = 0) -> int:
        """One reading; gives the level after it."""
        place = PLACE[series or self.rule.series[0]]
        quality = Quality.BAD if value is None else quality
        raw = None if value is None else round(value * 100)
        self.changes += self.watch.feed(Reading(place, round(second * 1000), raw, value, quality, flags, reason))
        return self.watch.state.level

    def all(self, values: list[float | None], step: float = 1.0, begin: float = 0.0) -> list[int]:
        """Readings one after the other; gives the levels after each."""
        return [self.feed(value, begin + index * step) for index, value in enumerate(values)]

    def over(self, second: float, value: float | None = None) -> int:
        """The device says that it is over its range."""
        return self.feed(value, second, "", Flag.OVER_RANGE, Reason.OVER_RANGE, Quality.UNCERTAIN)

    def act(self, what: Any, actor: Actor = PANEL, second: float = 0.0, occurrence: int | None = None, **more: Any) -> str:
        """An act; gives the state's name after it."""
        act = Act(what, self.rule.name, self.watch.state.occurrence if occurrence is None else occurrence, actor, **more)
        self.changes += rules.act([self.watch], act, round(second * 1000))
        return self.watch.state.name

    @property
    def words(self) -> list[str]:
        """What was told so far."""
        return [change.what for change in self.changes]
