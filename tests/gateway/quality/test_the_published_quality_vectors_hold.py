"""Promise: gross range, flat line, rate of change and spike give the flags of the published tables; digits are QARTOD's."""

import re
from collections.abc import Callable
from itertools import chain
from typing import Any

from gateway.model import Flag, Qartod, Quality, SeriesInfo, qartod
from gateway.quality import gross_range, spikes
from gateway.quality.points import FlatLine, RateOfChange
from hardware.sample import Reason
from tests.gateway.appraising import Bench

Rows = Callable[[str], list[dict[str, Any]]]
DIGIT = {Qartod.PASS: 1, Qartod.NOT_EVALUATED: 2, Qartod.SUSPECT: 3, Qartod.FAIL: 4, Qartod.MISSING: 9}


def row(safety: Rows, word: str) -> tuple[list[float | None], list[int]]:
    ((given, expected),) = [(row["input"], row["expected"]) for row in safety("qc") if row["input"].startswith(word)]
    values = given.partition(":")[2].replace("−", "-").split(",")
    repeated = [part.split("×") for part in values]
    numbers = [
        [None if "missing" in part[0] else float(re.findall(r"-?[\d.]+", part[0])[0])] * (int(part[1]) if part[1:] else 1) for part in repeated
    ]
    return list(chain.from_iterable(numbers)), [int(digit) for digit in re.findall(r"\d", re.split(r"[(:]", expected)[0])]


def test_gross_range(safety: Rows) -> None:
    values, expected = row(safety, "gross range")
    assert [DIGIT[gross_range(value, (30, 4999), (300, 4900))] for value in values] == expected


def test_gross_range_of_a_running_series(safety: Rows) -> None:
    values, expected = row(safety, "gross range")
    bench = Bench([SeriesInfo("d", "distance", "mm", 0, 30, 4999, 1.0)], '[[quality]]\nseries = "d"\nlow = 300.0\nhigh = 4900.0')
    readings = bench.row("d", [Reason.TIMEOUT if value is None else value for value in values])
    assert [DIGIT[qartod(Quality(r.quality), r.raw, r.flags)] for r in readings] == expected
    assert [r.value for r in readings] == values
    assert [bool(r.flags & Flag.GROSS_RANGE) for r in readings] == [digit in (3, 4) for digit in expected]


def test_flat_line(safety: Rows) -> None:
    values, expected = row(safety, "flat line")
    test = FlatLine(3, 5, 0.001)
    assert [DIGIT[test.take(value or 0.0)] for value in values] == expected


def test_rate_of_change(safety: Rows) -> None:
    values, expected = row(safety, "rate of change")
    test = RateOfChange(254)
    assert [DIGIT[test.take(index * 60_000, value or 0.0)] for index, value in enumerate(values)] == expected


def test_spike(safety: Rows) -> None:
    values, expected = row(safety, "spike")
    assert [DIGIT[verdict] for verdict in spikes([value or 0.0 for value in values], 10, 25)] == expected
