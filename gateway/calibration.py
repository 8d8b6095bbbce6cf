"""From a raw number to a value: the straight line of the series' table entry. Pure.

A calibration is a fact about a channel (slope, intercept, identity); applying it means putting it into the series table, so that node and hub
compute the same value from the same raw number, and raw numbers can be judged again when a calibration turns out wrong.
"""

from __future__ import annotations

from gateway.model import SeriesInfo


def calibrated(info: SeriesInfo, raw: int | None, reported: float) -> float:
    """The value of a sample in the series' unit: from its raw number by the table in force; what the driver reported where there is no raw."""
    return reported if raw is None else raw * info.slope + info.intercept


def raw_of(info: SeriesInfo, value: float) -> int:
    """The integer that stands for a value of a driver that has no raw number: the nearest on the series' line."""
    return round((value - info.intercept) / info.slope)
