"""Samples by hand, for tests of what is made of them: an Appraiser from series and the text of [[derived]] and [[quality]] tables."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable

from gateway.appraisal import Appraiser
from gateway.checks import Checks
from gateway.derivation import Derived
from gateway.derivation.section import derive
from gateway.model import ChannelState, Flag, Reading, Sampled, SeriesInfo
from gateway.problems import Problem, fill
from hardware.sample import Quality, Reason, Sample

DISTANCE = SeriesInfo("distance", "distance", "mm", 0, 30, 5000, 1.0)
AIR = SeriesInfo("air", "temperature", "Cel", 1, -40, 85, 1.0, 0.1)
RAIN = SeriesInfo("rain", "rain", "mm", 1, 0, 100_000, 10.0, 0.2)
FLOAT = SeriesInfo("float", "water", "1", 0, 0, 1, 1.0)


class Bench:
    """An Appraiser, fed by name of series; `states` is what each channel was doing last."""

    def __init__(self, series: Iterable[SeriesInfo], text: str = "") -> None:
        tree, problems = tomllib.loads(text), list[Problem]()
        known: dict[str, SeriesInfo | None] = {info.name: info for info in series}
        sensors = [info for info in known.values() if info is not None]
        derived = [derive(table, table["name"], known, True, problems) for table in tree.get("derived", [])]
        checks = [fill(Checks, table, table["series"], problems) for table in tree.get("quality", [])]
        assert not problems, problems
        self.derived: list[Derived] = [found for found in derived if found is not None]
        self.appraiser = Appraiser(
            [*sensors, *(found.info for found in self.derived)], [found for found in checks if found is not None], self.derived
        )
        self.states: dict[str, ChannelState] = {}

    def info(self, name: str) -> SeriesInfo:
        """A series of the table in force."""
        return next(info for info in self.appraiser.series if info.name == name)

    def feed(self, name: str, seconds: float, value: float | Reason, doubt: Reason | None = None) -> dict[str, Reading]:
        """One sample: a value, or the reason why there is none; gives the readings it causes, by series."""
        info = self.info(name)
        if isinstance(value, Reason):
            sample = Sample(name, None, None, Quality.BAD, value)
        else:
            raw = round((value - info.intercept) / info.slope)
            sample = Sample(name, raw, raw * info.slope + info.intercept, Quality.UNCERTAIN if doubt else Quality.GOOD, doubt)
        return self.take(name, seconds, sample)

    def take(self, name: str, seconds: float, sample: Sample) -> dict[str, Reading]:
        """One sample as a driver says it."""
        names = [info.name for info in self.appraiser.series]
        judged = self.appraiser.take(Sampled(names.index(name), round(seconds * 1000), sample))
        names = [info.name for info in self.appraiser.series]
        self.states |= {names[reading.series]: state for reading, state in judged}
        return {names[reading.series]: reading for reading, _ in judged}

    def row(self, name: str, values: Iterable[float | Reason], step: float = 1.0) -> list[Reading]:
        """The readings of a series fed with one value after another."""
        return [self.feed(name, index * step, value)[name] for index, value in enumerate(values)]


def flags(reading: Reading) -> Flag:
    """The bits of a reading by name."""
    return Flag(reading.flags)
