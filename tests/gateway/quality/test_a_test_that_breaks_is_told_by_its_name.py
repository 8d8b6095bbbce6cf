"""Promise: a test that breaks by a defect of its own is told once by its name and its series, its bit says that it was not evaluated, and the value
and the other tests go on."""

from __future__ import annotations

import pytest

from gateway.model import Flag, Quality, SeriesInfo
from tests.gateway.appraising import DISTANCE, Bench, flags

TWIN = SeriesInfo("twin", "distance", "mm", 0, 30, 5000, 1.0)
ALL = """
[[quality]]
series = "distance"
spike = 100.0
spike_low = 100.0
rate = 10000.0
flat_suspect = 100
attenuated_suspect = 1.0
neighbour = "twin"
neighbour_limit = 1000.0
witness = "twin"
on_high = 4000.0
"""
PLACES = {
    "gross range": ("gateway.quality.examiner.gross_range", Flag.GROSS_RANGE),
    "spike": ("gateway.quality.points.Spike.take", Flag.SPIKE),
    "spike_before": ("gateway.quality.points.SpikeBefore.take", Flag.SPIKE),
    "rate of change": ("gateway.quality.points.RateOfChange.take", Flag.RATE_OF_CHANGE),
    "flat line": ("gateway.quality.points.FlatLine.take", Flag.FLAT_LINE),
    "attenuation": ("gateway.quality.attenuation.Attenuation.take", Flag.ATTENUATED),
    "witness": ("gateway.quality.witnesses.Witnesses.witness", Flag.MULTIVARIATE),
    "neighbour": ("gateway.quality.witnesses.Witnesses.neighbour", Flag.NEIGHBOUR),
}


@pytest.mark.parametrize("name", PLACES)
def test_it_costs_only_itself(name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    place, flag = PLACES[name]
    monkeypatch.setattr(place, lambda *given: 1 / 0)
    bench = Bench([DISTANCE, TWIN], ALL)
    for second in range(3):
        bench.feed("twin", second, 2000.0)
        reading = bench.feed("distance", second, 2000.0 + second)["distance"]
        assert (reading.value, reading.quality, reading.reason, flags(reading)) == (2000.0 + second, Quality.UNCERTAIN, "not_evaluated", flag)
    lines = [record.getMessage() for record in caplog.records]
    assert [line for line in lines if "twin" not in line] == [f"{name} of distance: ZeroDivisionError: division by zero"]
