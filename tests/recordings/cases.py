"""What a case is: recordings of one place, each played as a node of its own, with what is known to have happened there and what has to be found.

Decision: a label is a span of UTC with a name. An alarm that is raised within `lead` before it and `tail` behind it belongs to it; what is raised
outside all labels and all masks is false. A mask is a span of which the recording itself says that its labels are incomplete there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.recordings.tracks import Track


class Span(NamedTuple):
    """begin, end: UTC seconds."""

    begin: float
    end: float
    name: str = ""


@dataclass(frozen=True)
class Play:
    """One node. site: the stem of its files in `sites`. track: what its sensor meets. survey: what was measured at the place, by the dotted path of
    the key in the site's configuration (`derived.depth.mount_height`). reads: seconds between readings, None for one at each number of the track."""

    name: str
    site: str
    track: Track
    survey: Mapping[str, Any] = field(default_factory=dict)
    reads: float | None = None


class Wanted(NamedTuple):
    """Of one rule, what has to come out. found: at least so many of the labels. false: at most so many; None where the table only tells."""

    found: int = 0
    false: int | None = 0


@dataclass(frozen=True)
class Case:
    """One or more lines of the table. wanted: by name of rule, only those are told. lead, tail: seconds. seen: by label, when any sensor could first
    have known, where the recording says so. naive: what a plain rule on the raw numbers would have raised. note: what a reader of the table has to
    know."""

    set: str
    name: str
    plays: tuple[Play, ...]
    wanted: Mapping[str, Wanted]
    events: tuple[Span, ...] = ()
    masks: tuple[Span, ...] = ()
    lead: float = 0.0
    tail: float = 0.0
    seen: Mapping[str, float] = field(default_factory=dict)
    naive: int | None = None
    note: str = ""
