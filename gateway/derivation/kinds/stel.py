"""Short-term area exposure: the mean of a concentration over the last 15 minutes, weighted by time (STEL, as 29 CFR 1910.1000 and MoEL reckon it).

It describes what the place gave anybody who stood there, not the dose of a person, and it comes late by its nature: 5 minutes at 100 ppm after
clean air are 33 ppm. So it is never the first alarm. A value counts until the next reading, at most `hold`; less than 75 per cent of the window
makes no value (PARTIAL): give the `lower_bound`, the mean `so_far` or what is `projected` a series of its own where they are wanted. Told once a
minute. Never from a metal-oxide sensor: an indicative reading gives no value. What is read in maintenance, under test or in warm-up is not counted.

    [[derived]]
    name = "co.stel"
    kind = "stel"
    from = "co"
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gateway.derivation import dose
from gateway.derivation.outcome import Outcome
from gateway.exposure import Kept
from gateway.model import Reading, SeriesInfo
from gateway.problems import Mistake

MINUTES = 15


class Options(dose.Dose, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """hold: how long a value counts while no newer comes, three periods of the source where not given. give: which figure the series is: `mean`,
    `lower_bound`, `so_far`, `projected` or `coverage`."""

    def unfit(self, source: SeriesInfo, partners: Mapping[str, SeriesInfo]) -> Iterator[Mistake]:
        """A source that nobody is exposed to, a hold that makes up time."""
        yield from dose.unfit(self, source, MINUTES * 60)

    def ready(self) -> float:
        """Seconds after a start until there is a figure."""
        return dose.ready(self, MINUTES * 60)

    def series(self, name: str, source: SeriesInfo) -> SeriesInfo:
        """The source's unit, labelled as area exposure."""
        return dose.series(self, name, source, "_stel", f"mean over {MINUTES} min, weighted by time")


class Derivation:
    """One short-term exposure."""

    def __init__(self, options: Options, source: SeriesInfo, partners: Mapping[str, SeriesInfo]) -> None:
        self._work = dose.Worker(options, source, MINUTES)

    def take(self, reading: Reading, partners: Mapping[str, Reading]) -> Outcome:
        """The figure of the window of 15 whole minutes before this reading."""
        return self._work.take(reading)

    def keep(self) -> Kept | None:
        """The ring, for a restart of the process in this boot."""
        return self._work.keep()

    def restore(self, kept: Kept | None) -> None:
        """Go on with a ring that was kept in this boot."""
        self._work.restore(kept)
