"""The table of detections as text: a line for each rule on each recording, below it what a reader has to know, and what is not as it has to be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.recordings.scoring import Line, ends

HEAD = (
    "set", "recording", "rule", "days", "readings", "bad", "labels", "found", "delay min/median/max", "false", "masked", "faults", "naive", "run s",
)  # fmt: skip


def span(seconds: float) -> str:
    """A delay as a person reads it."""
    sign, whole = "-" if seconds < 0 else "", abs(seconds)
    if whole < 120:
        return f"{sign}{whole:.0f} s"
    return f"{sign}{whole / 60:.0f} min" if whole < 7200 else f"{sign}{whole / 3600:.1f} h"


def three(delays: Sequence[float]) -> str:
    """The shortest, the middle and the longest of delays."""
    found = ends(delays)
    return "" if found is None else " / ".join(span(found[key]) for key in ("min", "median", "max"))


def cells(line: Line) -> tuple[str, ...]:
    """One line of the table."""
    return (
        line.set, line.name, line.rule, f"{line.days:.1f}", str(line.readings), str(line.bad), str(line.labels), str(line.found), three(line.delays),
        str(line.false), str(line.masked), str(line.faults), "" if line.naive is None else str(line.naive), f"{line.seconds:.1f}",
    )  # fmt: skip


def text(found: Sequence[Line], seconds: float) -> Iterator[str]:
    """The whole table."""
    rows = [HEAD, *(cells(line) for line in found)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEAD))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
    yield ""
    yield "labels: what is known to have happened. false: raised outside all labels; masked: raised where the labels are known to be incomplete."
    yield "faults: of the alarm itself, for want of readings. naive: what one sample at four inches raises on the numbers as they are."
    yield f"Played one reading for each number that was recorded; {seconds:.0f} s in all."
    for note, names in notes(found).items():
        yield f"{', '.join(names)}: {note}"
    for line in found:
        if line.behind:
            yield f"{line.name}: {three(line.behind)} after the first number of 4 ppm at any monitor"
        yield from (f"NOT AS IT HAS TO BE: {line.set} {line.name} {line.rule}: {wrong}" for wrong in line.wrong)


def notes(found: Sequence[Line]) -> dict[str, list[str]]:
    """Every note with the recordings that it is about."""
    told: dict[str, list[str]] = {}
    for line in found:
        names = told.setdefault(line.note, [])
        if line.note and line.name not in names:
            names.append(line.name)
    return {note: names for note, names in told.items() if note}
