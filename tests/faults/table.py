"""The table: what the bench saw, in one line per row and one cell per fault, and where a claim and the bench differ."""

from __future__ import annotations

from collections.abc import Iterator

from tests.faults.bench import Bench, Sight
from tests.faults.catalogue import FAULTS
from tests.faults.claims import ALONE, Cell, Row

ASSUMED = ", which is assumed of every driver on such a bus; write what this one sees into tests/faults/claims.toml"
Sights = dict[str, list[Sight]]


def tried(row: Row, seed: int = 1) -> Sights:
    """A row's sights, by fault."""
    return Bench(row, seed).run()


def after(sight: Sight, cell: Cell) -> int | None:
    """Periods until it was seen, by the rules that the cell goes by."""
    return sight.configured if cell.ruled else sight.seen


def told(cell: Cell, sights: list[Sight]) -> str:
    """One cell as text: periods and shapes seen, or the limit with what is seen all the same."""
    if not sights:
        return "none"
    seen = [found for sight in sights if (found := after(sight, cell)) is not None]
    count = f"({len(seen)}/{len(sights)})"
    if cell.within is None:
        return f"limit {count}"
    span = f"{min(seen)}-{max(seen)}" if seen and min(seen) < max(seen) else f"{min(seen, default='?')}"
    return f"{span} {'flat ' if cell.ruled else ''}{count}"


def disputes(row: Row, sights: Sights) -> Iterator[str]:
    """Where the table says more, or less, than the bench saw. An assumed row says less on purpose."""
    for fault in FAULTS:
        cell = row.cells[fault]
        for sight in sights[fault]:
            where = f"{row.example} {fault} {sight.shape.name!r}"
            if sight.harmed:
                yield f"{where}: others were harmed: {sight.harmed[0]}"
            if fault == "garbage" and row.checksum and sight.false:
                yield f"{where}: a false value was given as good: {sight.false[0]}"
            if cell.within is not None and ((seen := after(sight, cell)) is None or seen > cell.within):
                assumed = (
                    ", which is assumed of every driver on such a bus; write what this one sees into tests/faults/claims.toml" if row.assumed else ""
                )
                yield f"{where}: seen after {seen} periods, claimed within {cell.within}{assumed}"
        if cell.within is not None and not cell.ruled and cell.within > ALONE:
            yield f"{row.example} {fault}: {cell.within} periods are too many to be called seen"
        if row.assumed:
            continue
        if cell.within is not None and len(sights[fault]) != 5:
            yield f"{row.example} {fault}: claimed, but it has {len(sights[fault])} shapes"
        if cell.within is None and sights[fault] and all(sight.seen and not sight.false for sight in sights[fault]):
            yield f"{row.example} {fault}: stated as a limit, but every shape was seen: claim it"


def lines(found: list[tuple[Row, Sights]]) -> Iterator[str]:
    """The table as text, and below it the limits."""
    head = ["", *FAULTS]
    body = [[row.example, *(told(row.cells[fault], sights[fault]) for fault in FAULTS)] for row, sights in found]
    widths = [max(len(line[place]) for line in [head, *body]) for place in range(len(head))]
    for line in [head, *body]:
        yield "  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip()
    yield ""
    yield "Periods between readings until the first that is worse than in health, (shapes seen of five). flat: with flat_suspect configured."
    limits: dict[str, list[str]] = {}
    for row, _ in found:
        for fault in FAULTS:
            if text := row.cells[fault].limit:
                limits.setdefault(text, []).append(f"{row.example} {fault}")
    for text, where in limits.items():
        yield f"\n{text}:\n    {', '.join(where)}"
