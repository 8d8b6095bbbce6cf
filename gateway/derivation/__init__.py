"""The door of every kind of derived series: one module in `gateway.derivation.kinds` with two classes, `Options` and `Derivation`.

Decision: what is computed from readings is a series of its own beside them, with its unit, range, datum and quality, so that the measured number
is kept and the hub can compute again. `Options` is a frozen msgspec.Struct: the keys a person writes in a [[derived]] table, each explained in
its docstring; it says what the series looks like before anything is measured. Pure: time comes with the readings, memory is bounded, and
`value = raw * 10^-decimals` holds on node and hub alike. The quality is the worst of the inputs' and their flags are carried on.
A kind that remembers for longer than a moment keeps what it knows over a restart of the process (Lasting) and over another calibration (Adjusting):
a sum that began again at 0 would clear the alarm that stands on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, get_type_hints, runtime_checkable

import msgspec

from gateway.derivation.outcome import Outcome
from gateway.model import Reading, SeriesInfo
from gateway.problems import Mistake
from hardware import doors

PACKAGE = "gateway.derivation.kinds"


class Options(Protocol):
    """What a person configures for one series of this kind."""

    def partners(self) -> dict[str, str]:
        """The other series it looks at: key of the option, name of the series. Their readings trigger nothing; those of `from` do."""

    def unfit(self, source: SeriesInfo, partners: Mapping[str, SeriesInfo]) -> Iterator[Mistake]:
        """What is wrong with these options on this source and these partners (by key), such as a unit that is no length."""

    def series(self, name: str, source: SeriesInfo) -> SeriesInfo:
        """What the series looks like."""


class Derivation(Protocol):
    """One derived series at work."""

    def take(self, reading: Reading, partners: Mapping[str, Reading]) -> Outcome:
        """What the newest reading of the source makes, with the newest readings of the partners (by key; none where there was none yet)."""


@runtime_checkable
class Lasting(Protocol):
    """A Derivation that can go on after a restart of the process in the same boot."""

    def keep(self) -> Any:
        """What it knows, small and fit for msgspec; None where that is nothing."""

    def restore(self, kept: Any) -> None:
        """Go on from what `keep` gave, decoded as the type that stands here; ValueError where it does not fit."""


@runtime_checkable
class Adjusting(Protocol):
    """A Derivation that knows itself what another line of its source means to it; any other goes on from what it would keep."""

    def recalibrated(self, source: SeriesInfo) -> None:
        """Readings are by this line from here on."""


class Derived(msgspec.Struct, frozen=True):
    """One [[derived]] table that may be used. source: the series it is derived from; info: what it looks like itself."""

    kind: str
    source: str
    options: Any
    info: SeriesInfo


@dataclass(frozen=True)
class Family:
    """What `load` hands out. options: the kind's keys; make: its Derivation, from its options and what source and partners (by key) look like.
    kept: type of what it keeps over a restart, None where that is nothing."""

    name: str
    options: type[Any]
    make: Callable[[Any, SeriesInfo, Mapping[str, SeriesInfo]], Derivation]
    doc: str
    kept: Any = None


def names() -> list[str]:
    """The kinds there are: the files in `gateway/derivation/kinds`, without importing any."""
    return doors.names(PACKAGE)


def load(name: str) -> Family:
    """Import a kind; Refused with the list of names where there is none, or where a class is missing."""
    module = doors.load(PACKAGE, "kind of derived series", name, ("Options", "Derivation"), "gateway/derivation/__init__.py")
    kept = get_type_hints(module.Derivation.restore).get("kept") if hasattr(module.Derivation, "restore") else None
    return Family(name, module.Options, module.Derivation, module.__doc__ or "", kept)
