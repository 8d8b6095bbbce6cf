"""Temperature factors of Alphasense's four-electrode cells, and how a cell is known by its serial number: data, no arithmetic.

Source: Alphasense application notes AAN 803-02 and 803-04 ("correcting for background currents"), as carried by three published programs that
were compared row by row. Two of them disagree in two rows, by one and the same factor of 1.6: for NO-B4 and SO2-B4 the factors of algorithm 1
are 1.6 times those of algorithm 2 (which is 1 at 20 degrees by its nature), so what stands here under 2 is the normalised row, and NO-B4's
other row, which names no algorithm that fits it, is not offered.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

POINTS = (-30.0, -20.0, -10.0, 0.0, 10.0, 20.0, 30.0, 40.0, 50.0)
"""Degrees Celsius of the factors."""

Factors = tuple[float, float, float, float, float, float, float, float, float]


class Type(NamedTuple):
    """One type of cell. quantity: its gas; factors: by algorithm, the recommended one first."""

    quantity: str
    factors: dict[int, Factors]


CO, H2S, NO, NO2, OX, SO2 = "carbon_monoxide", "hydrogen_sulfide", "nitric_oxide", "nitrogen_dioxide", "ozone", "sulfur_dioxide"

TYPES: dict[str, Type] = {
    "CO-A4": Type(CO, {1: (1, 1, 1, 1, -0.2, -0.9, -1.5, -1.5, -1.5), 4: (13, 12, 16, 11, 4, 0, -15, -18, -36)}),
    "H2S-A4": Type(H2S, {2: (-1.5, -1.5, -1.5, -0.5, 0.5, 1, 0.8, 0.5, 0.3), 1: (3, 3, 3, 1, -1, -2, -1.5, -1, -0.5)}),
    "NO-A4": Type(NO, {3: (0.7, 0.7, 0.7, 0.7, 0.8, 1, 1.2, 1.4, 1.6), 4: (-25, -25, -25, -25, -16, 0, 56, 200, 615)}),
    "NO2-A43F": Type(NO2, {1: (0.8, 0.8, 1, 1.2, 1.6, 1.8, 1.9, 2.5, 3.6), 3: (0.2, 0.2, 0.2, 0.2, 0.7, 1, 1.3, 2.1, 3.5)}),
    "OX-A431": Type(OX, {3: (0.1, 0.1, 0.2, 0.3, 0.7, 1, 1.7, 3, 4), 1: (1, 1.2, 1.2, 1.6, 1.7, 2, 2.1, 3.4, 4.6)}),
    "SO2-A4": Type(SO2, {4: (0, 0, 0, 0, 0, 0, 5, 25, 45), 1: (1.3, 1.3, 1.3, 1.2, 0.9, 0.4, 0.4, 0.4, 0.4)}),
    "CO-B4": Type(CO, {1: (0.7, 0.7, 0.7, 0.7, 1, 3, 3.5, 4, 4.5), 2: (0.2, 0.2, 0.2, 0.2, 0.3, 1, 1.2, 1.3, 1.5)}),
    "H2S-B4": Type(H2S, {1: (-0.6, -0.6, 0.1, 0.8, -0.7, -2.5, -2.5, -2.2, -1.8), 2: (0.2, 0.2, 0, -0.3, 0.3, 1, 1, 0.9, 0.7)}),
    "NO-B4": Type(NO, {2: (1.8, 1.8, 1.4, 1.1, 1.1, 1, 0.9, 0.9, 0.8), 3: (0.8, 0.8, 0.8, 0.8, 0.9, 1, 1.1, 1.2, 1.3)}),
    "NO2-B43F": Type(NO2, {1: (1.3, 1.3, 1.3, 1.3, 1, 0.6, 0.4, 0.2, -1.5), 3: (1, 1, 1, 1, 1, 1, 0.4, -0.1, -4)}),
    "OX-B431": Type(OX, {1: (0.9, 0.9, 1, 1.3, 1.5, 1.7, 2, 2.5, 3.7), 3: (0.5, 0.5, 0.5, 0.6, 0.6, 1, 2.8, 5, 5.3)}),
    "SO2-B4": Type(
        SO2, {4: (-4, -4, -4, -4, -4, 0, 20, 140, 450), 1: (1.6, 1.6, 1.6, 1.6, 1.6, 1.6, 1.9, 3, 5.8), 2: (1, 1, 1, 1, 1, 1, 1.2, 1.9, 3.6)}
    ),
}
"""Every type that is offered."""

PREFIXES = {
    "132": "CO-A4",
    "133": "H2S-A4",
    "130": "NO-A4",
    "212": "NO2-A43F",
    "214": "OX-A431",
    "134": "SO2-A4",
    "162": "CO-B4",
    "202": "NO2-B43F",
    "204": "OX-B431",
    "164": "SO2-B4",
}
"""First three digits of a serial number to the type; others are not known here, which says nothing against them."""


def factor(kind: str, algorithm: int, temperature: float) -> float:
    """The temperature factor, linear between the points of the note (published programs that fit one polynomial through all nine points are wrong
    by more than the signal), and the end value outside -30 to 50 degrees."""
    row = TYPES[kind].factors[algorithm]
    if temperature <= POINTS[0]:
        return row[0]
    for index, (low, high) in enumerate(pairwise(POINTS)):
        if temperature <= high:
            return row[index] + (row[index + 1] - row[index]) * (temperature - low) / (high - low)
    return row[-1]
