"""What the alarms of a case made of it: labels found and how late, labels missed, raises that belong to nothing."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from tests.recordings.cases import Case, Span, Wanted
from tests.recordings.playing import Played, Turn

RAISED = "raised"


class Line(NamedTuple):
    """One line of the table.

    days: of all its recordings together. bad: readings without a value. delays: seconds from each found label. standing: labels that began while the
    alarm stood already, for another reason. behind: seconds from when a sensor could first have known. masked: raises in spans whose labels are
    incomplete. faults: of the alarm's own. seconds: that the runs took, one after the other. wrong: what is not as it has to be.
    """

    set: str
    name: str
    rule: str
    days: float
    readings: int
    bad: int
    labels: int
    found: int
    standing: int
    delays: tuple[float, ...]
    behind: tuple[float, ...]
    false: int
    masked: int
    faults: int
    naive: int | None
    seconds: float
    note: str
    wrong: tuple[str, ...]

    def told(self) -> dict[str, Any]:
        """As JSON has it, the delays with their middle."""
        rounded = {"delays": [round(late, 1) for late in self.delays], "behind": [round(late, 1) for late in self.behind]}
        return self._asdict() | rounded | {"delay": ends(self.delays), "missed": self.labels - self.found}


def ends(delays: Sequence[float]) -> dict[str, float] | None:
    """The shortest, the middle and the longest."""
    return {"min": round(min(delays), 1), "median": round(statistics.median(delays), 1), "max": round(max(delays), 1)} if delays else None


def score(case: Case, played: Sequence[Played]) -> Iterator[Line]:
    """A line for each rule that the case tells of."""
    days = sum((one.track.times[-1] - one.track.times[0]) / 86_400 for one in case.plays)
    for rule, wanted in case.wanted.items():
        turns = [[turn for turn in one.turns if turn.rule == rule] for one in played]
        raises = sorted(turn.at for own in turns for turn in own if turn.what == RAISED)
        late = {span: found for span in case.events for found in [first(raises, span, case)] if found is not None}
        behind = tuple(span.begin + found - case.seen[span.name] for span, found in late.items() if span.name in case.seen)
        standing = sum(1 for span in case.events if span not in late and any(stands(own, span.begin) for own in turns))
        outside = [at for at in raises if not any(belongs(at, span, case) for span in case.events)]
        masked = [at for at in outside if any(span.begin <= at <= span.end for span in case.masks)]
        false = len(outside) - len(masked)
        yield Line(
            case.set, case.name, rule, days, sum(one.readings for one in played), sum(one.bad for one in played), len(case.events), len(late),
            standing, tuple(late.values()), behind, false, len(masked), sum(turn.what == "fault" for own in turns for turn in own), case.naive,
            sum(one.seconds for one in played), case.note, tuple(wrong(wanted, len(late), len(case.events), false)),
        )  # fmt: skip


def belongs(at: float, span: Span, case: Case) -> bool:
    """Whether a moment is that of a label."""
    return span.begin - case.lead <= at <= span.end + case.tail


def first(raises: Iterable[float], span: Span, case: Case) -> float | None:
    """How long after a label's beginning the first alarm was raised; below zero where that was before."""
    return next((at - span.begin for at in raises if belongs(at, span, case)), None)


def stands(turns: Iterable[Turn], moment: float) -> bool:
    """Whether an alarm stands at a moment."""
    return next((turn.level > 0 for turn in reversed([turn for turn in turns if turn.at <= moment])), False)


def wrong(wanted: Wanted, found: int, labels: int, false: int) -> Iterator[str]:
    """What is not as it has to be."""
    if found < wanted.found:
        yield f"found {found} of {labels}, {wanted.found} have to be"
    if wanted.false is not None and false > wanted.false:
        yield f"{false} false, at most {wanted.false} may be"
