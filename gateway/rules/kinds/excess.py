"""Gas above its background: a leak advisory for monitors at ppm level, where the air itself is never at zero. Never in place of a threshold.

The background is a low quantile of the last hours, because plumes come and go with the wind and clean air is what lies between them. It is bounded,
so that a slow leak cannot disappear into it: never below `floor`, never above `ceiling`, moving at most `rate`, and frozen while the value is in
excess. Until `learn` of clean air was heard it is taken at its ceiling. It survives a restart. Memory: 120 means, whatever the sampling rate.
An excess that stays is told until a person looks: a sensor that drifted above its excess for good does not teach itself.

    [[alarm]]
    name = "leak"
    kind = "excess"
    series = "ch4"
    a1 = 2.0
    floor = 1.7
    ceiling = 3.0
    outputs = ["beacon"]
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import msgspec

from gateway.model import Reading, SeriesInfo, Table
from gateway.problems import Mistake
from gateway.rules.kinds.threshold import Count, n_of_m
from gateway.rules.rule import Demand, Origin, Point, Rule, Usual
from gateway.rules.single import STALE, Tally, info_of
from gateway.rules.steps import Steps, judged, neat, recalled
from hardware.quantities import Seconds

PARTS = 120
Positive = Annotated[float, msgspec.Meta(gt=0)]
HOUR = 3600.0


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """series: which. a1, a2: excess over the background, in its unit, a2 above a1, or none. hysteresis_share: 0.2 clears strictly below 80 % of the
    excess. floor, ceiling: what the background never leaves. rate: most that it moves in an hour; by default a day from floor to ceiling. window,
    quantile: the background is this quantile of this long. learn: time before there is one. n, m: so many of the last so many samples."""

    series: str
    a1: Positive
    a2: Positive | None = None
    hysteresis_share: Annotated[float, msgspec.Meta(ge=0, lt=1)] = 0.2
    floor: float
    ceiling: float
    rate: Positive | None = None
    window: Seconds = Seconds(6 * HOUR)
    quantile: Annotated[float, msgspec.Meta(ge=0, le=0.5)] = 0.1
    learn: Seconds = Seconds(300)
    n: Count = 2
    m: Count = 3

    @property
    def usual(self) -> Usual:
        """Plumes come and go: it does not clear between two."""
        return Usual(off_delay=300.0)

    def steps(self, background: float) -> Steps:
        """Set points and clear levels over a background."""
        reaches, held = [self.a1] if self.a2 is None else [self.a1, self.a2], 1 - self.hysteresis_share
        return Steps(tuple(neat(background + reach) for reach in reaches), tuple(neat(background + reach * held) for reach in reaches))

    def most(self) -> float:
        """What the background moves in an hour at most."""
        return (self.ceiling - self.floor) / 24 if self.rate is None else self.rate

    def mistakes(self) -> Iterator[Mistake]:
        """Limits in the wrong order, a window that is none."""
        if self.a2 is not None and self.a2 <= self.a1:
            yield Mistake("a2", "thresholds crossed", f"write a value above a1 ({self.a1:g})")
        if self.ceiling <= self.floor:
            yield Mistake("ceiling", "not above floor", f"write more than {self.floor:g}")
        if not HOUR <= self.window <= 48 * HOUR:
            yield Mistake("window", "out of range", "write 1 h to 48 h")
        if not 0 < self.learn <= self.window:
            yield Mistake("learn", "out of range", "write at most the window")
        yield from n_of_m(self.n, self.m)

    def looks_at(self) -> dict[str, str]:
        """The one series."""
        return {"series": self.series}

    def levels(self) -> int:
        """One per excess."""
        return 1 if self.a2 is None else 2

    def points(self, infos: Mapping[str, SeriesInfo]) -> tuple[Point, ...]:
        """None that is fixed."""
        return ()

    def unfit(self, infos: Mapping[str, SeriesInfo], origins: Mapping[str, frozenset[Origin]]) -> Iterator[Mistake]:
        """A background or an excess that the sensor cannot measure."""
        info = infos[self.series]
        highest = self.steps(self.ceiling).sets[-1]
        if not info.low <= self.floor <= info.high:
            yield Mistake("floor", "outside what the sensor can measure", f"write a value from {info.low:g} to {info.high:g} {info.unit}")
        if highest > info.high:
            key = "a1" if self.a2 is None else "a2"
            wrong = f"over a background at its ceiling it is at {highest:g}, outside what the sensor can measure"
            yield Mistake(key, wrong, f"write less, or a ceiling so that both stay below {info.high:g} {info.unit}")


class Background:
    """The bounded low quantile of what was clean. kept as means of parts; a part is as long as the window divided by PARTS."""

    def __init__(self, options: Options, period: float) -> None:
        self._options = options
        self._width = max(1, round(options.window * 1000 / PARTS))
        self._hole = max(self._width, STALE * period * 1000)
        self._parts: deque[float] = deque(maxlen=PARTS)
        self._began: int | None = None
        self._last = 0
        self._heard = 0
        self._sum, self._count = 0.0, 0
        self._learned: float | None = None

    @property
    def value(self) -> float:
        """The background now; its ceiling while nothing is learned."""
        return self._options.ceiling if self._learned is None else self._learned

    def add(self, ms: int, value: float) -> None:
        """A clean value. A part that was begun before a hole ends there, and the hole is not time that was heard."""
        if self._began is None or not 0 <= ms - self._last <= self._hole:
            if self._count:
                self._parts.append(self._sum / self._count)
            self._began, self._last, self._sum, self._count = ms, ms, 0.0, 0
        self._heard += ms - self._last
        self._last = ms
        self._sum, self._count = self._sum + value, self._count + 1
        if ms - self._began >= self._width:
            self._parts.append(self._sum / self._count)
            self._began, self._sum, self._count = ms, 0.0, 0
            self._follow(self._width)
        elif self._learned is None and self._heard >= self._options.learn * 1000:
            self._follow(0)

    def _follow(self, lasted_ms: int) -> None:
        """Towards the quantile of what is known, as fast as allowed; the first time all the way."""
        known = sorted([*self._parts] or [self._sum / self._count])
        aim = min(max(known[int(self._options.quantile * (len(known) - 1))], self._options.floor), self._options.ceiling)
        if self._learned is None:
            self._learned = aim if self._heard >= self._options.learn * 1000 else None
            return
        most = self._options.most() * lasted_ms / 1000 / HOUR
        self._learned += min(max(aim - self._learned, -most), most)

    def keep(self) -> tuple[float | None, list[float]]:
        """The background and the parts."""
        return self._learned, [round(part, 6) for part in self._parts]

    def restore(self, learned: float | None, parts: list[float]) -> None:
        """Go on from them; the bounds are those of the configuration in force."""
        self._parts.extend(parts[-PARTS:])
        self._learned = None if learned is None else min(max(learned, self._options.floor), self._options.ceiling)


class Condition:
    """One series over its background."""

    def __init__(self, rule: Rule, table: Table) -> None:
        self._options: Options = rule.options
        period = info_of(table, self._options.series).period
        self._background = Background(self._options, period)
        self._tally = Tally(self._options.n, self._options.m, period)

    def feed(self, reading: Reading, level: int) -> Demand:
        """Judge over the background as it is; learn only from what is clean."""
        background = self._background.value
        demand = judged(reading, self._options.steps(background), level)
        if demand.level is None:
            return demand
        if reading.value is not None and demand.level == 0 and level == 0:
            self._background.add(reading.ms, reading.value)
        wanted = self._tally.level(reading.ms, demand.level, level)
        above = "" if reading.value is None else f"{reading.value - background:.3g} above "
        return demand._replace(level=wanted, note=f"{above}a background of {background:.3g}" if wanted else "")

    def keep(self) -> Any:
        """The background."""
        return list(self._background.keep())

    def restore(self, kept: Any) -> None:
        """Go on with the background."""
        found = recalled(kept, tuple[float | None, list[float]])
        if found is not None:
            self._background.restore(*found)
