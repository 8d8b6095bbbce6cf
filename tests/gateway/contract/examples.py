"""Blocks and messages to test with, made from plain data by Hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from gateway.contract.batch import encode_block, encode_message
from gateway.contract.messages import ClockFix
from gateway.model import Reading, SeriesInfo, Table

UNITS = ("mm", "[ppm]", "Cel", "%{LEL}")
TABLE = Table(
    tuple(
        SeriesInfo(f"series{place}", "distance", UNITS[place % 4], place % 4, 0, 5000, 1.0, 10.0 ** -(place % 4), 0.0)
        if place % 3
        else SeriesInfo(f"series{place}", "gas", UNITS[place % 4], 2, 0, 100, 1.0, 0.0625, -12.5, "cal-7" if place else "")
        for place in range(8)
    )
)
BOOTS = ("5c1a09b2e4f7", "0123456789ab")
qualities = st.sampled_from([(0, 0, ""), (0, 0, ""), (0, 0, ""), (0, 1 << 16, ""), (1, 1 << 15, "under_zero"), (2, 1 << 11, "nak")])
raws = st.one_of(st.integers(-30000, 30000), st.integers(-(2**31), 2**31))


@st.composite
def block_readings(draw: st.DrawFn) -> list[Reading]:
    """Readings of one boot: rounds of several series together, each in time order."""
    out: list[Reading] = []
    for series in draw(st.lists(st.integers(0, 7), min_size=1, max_size=8, unique=True)):
        shared = draw(st.booleans())
        start = 10_000 if shared else draw(st.integers(0, 2**40))
        steps = [1000] * draw(st.integers(0, 8)) if shared else draw(st.lists(st.integers(0, 5000), max_size=8))
        for row in range(len(steps) + 1):
            quality, flags, reason = draw(qualities)
            raw = draw(raws) if quality < 2 else draw(st.none() | raws)
            value = None if quality == 2 or raw is None else TABLE.series[series].slope * raw
            out.append(Reading(series, start + sum(steps[:row]), raw, value, quality, flags, reason))
    return out


def sealed(seq: int, readings: list[Reading], boot: str = BOOTS[0]) -> bytes:
    """One Block of these readings."""
    return encode_block(seq, TABLE.id, boot, readings)


def message(blocks: list[bytes], clock: bool = True, node: str = "n1", epoch: str = "0001-9f3a2b1c44d0", sent: float = 77.5) -> bytes:
    """One batch message around Blocks."""
    clocks = {BOOTS[0]: ClockFix(12.5, 1_780_000_000.25, "ntp", 0.05)} if clock else {}
    return encode_message(node, epoch, (BOOTS[0], sent), {TABLE.id: TABLE}, clocks, blocks)


def level(seq: int, count: int = 4, start: int = 0) -> bytes:
    """A Block of `count` rounds of two series, with raw codes that no other seq has."""
    rows = [Reading(s, 1000 * (seq * count + n) + 500, start + (seq * count + n) * 2 + s - 1, 1.0) for n in range(count) for s in (1, 2)]
    return sealed(seq, rows)
