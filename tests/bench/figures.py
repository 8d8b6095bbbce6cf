"""A figure, its budget and its verdict, and how a group of them is printed. Pure: nothing here measures.

A budget that is missed is printed as MISSED with its reason; a figure without a budget stands there to compare with.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Figure(NamedTuple):
    """One measured thing. budget: in words, empty where there is none. met: None without a budget. reason: why it was missed, as far as was found."""

    what: str
    measured: str
    budget: str = ""
    met: bool | None = None
    reason: str = ""

    @property
    def verdict(self) -> str:
        return {None: "", True: "met", False: "MISSED"}[self.met]


def at_most(what: str, value: float, limit: float, unit: str, reason: str = "", digits: int = 2, note: str = "") -> Figure:
    """A figure that must not exceed a limit. reason: printed where it does."""
    return Figure(what, f"{value:,.{digits}f} {unit}{note}", f"up to {limit:g} {unit}", value <= limit, reason)


def at_least(what: str, value: float, limit: float, unit: str, reason: str = "", note: str = "") -> Figure:
    """A figure that must reach a limit. reason: printed where it does not."""
    return Figure(what, f"{value:,.0f} {unit}{note}", f"at least {limit:,.0f} {unit}", value >= limit, reason)


def plain(what: str, value: float, unit: str, digits: int = 2, note: str = "") -> Figure:
    """A figure without a budget."""
    return Figure(what, f"{value:,.{digits}f} {unit}{note}")


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share (0 to 1) of the values does not exceed; ValueError where there are none."""
    if not values:
        raise ValueError("a percentile of nothing")
    ranked = sorted(values)
    place = -int(-share * len(ranked) // 1) - 1  # nearest rank, rounded up
    return ranked[min(max(place, 0), len(ranked) - 1)]


def spread(values: Sequence[float]) -> str:
    """How values are spread, in words beside the figure of their 99th percentile."""
    shares = ", ".join(f"p{share} {percentile(values, share / 100):.0f}" for share in (50, 90, 99))
    return f" ({shares}, max {max(values):.0f}, of {len(values)})"


HEAD = Figure("figure", "measured", "budget")


def table(figures: Sequence[Figure]) -> str:
    """A line for each figure; under a missed one the reason."""
    rows = [(figure.what, figure.measured, figure.budget, figure.verdict) for figure in figures]
    head = (HEAD.what, HEAD.measured, HEAD.budget, "")
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(4)]
    lines = []
    for row, figure in zip([head, *rows], [HEAD, *figures], strict=True):
        lines.append("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        if figure.met is False:
            lines.append(f"    reason: {figure.reason or 'not found'}")
    return "\n".join(lines)
