"""Promise: the published flood row holds from the bytes on the wire to the depth that is recorded: simulated line, MaxBotix driver, sampler,
appraiser, derivation. Nothing in between is a helper of the test, and no code for "nothing there" becomes a depth."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from gateway.derivation.kinds.depth import shown
from gateway.model import Flag, Quality, Reading, SeriesInfo
from gateway.sampler import Sampler, Sensor
from hardware.driver import load
from tests.gateway.appraising import Bench, flags

Rows = Callable[[str], list[dict[str, Any]]]
PORT = "/dev/serial0"
FAMILY = load("maxbotix")
EVERY, LINES = 0.14, 16
"""Seconds from line to line, and how many lines of one distance: more than a reading takes."""
PERIOD = EVERY * LINES


def numbers(text: str) -> list[float]:
    return [float(found.replace("−", "-")) for found in re.findall(r"[-−]?\d+(?:\.\d+)?", text)]


def flood_row(safety: Rows) -> tuple[float, list[int], list[str]]:
    """Mount height, distances, and what is expected of each in words."""
    (row,) = [row for row in safety("flood") if row["input"].startswith("MB7389")]
    mount, *distances = numbers(row["input"].removeprefix("MB7389"))
    words = [part.strip() for part in row["expected"].removeprefix("depth ").split(";")]
    assert len(words) == len(distances) == 6
    return mount, [round(distance) for distance in distances], words


def lived(simulate: Any, clock: Any, mount: float, distances: list[int], pings: int) -> list[dict[str, Reading]]:
    """For each distance, the readings by series of the one time that a sampler read the sensor while it said that distance."""
    lines = [distance for distance in distances for _ in range(LINES)]
    said = ", ".join(f'[{0.02 + EVERY * k:.3f}, "{(b"R%04d" % number).hex()}0d"]' for k, number in enumerate(lines))
    buses = simulate(f'[chips."serial:{PORT}"]\nkind = "scripted"\nsaid = [{said}]\n')
    options = msgspec.convert({"port": PORT, "model": "mb7389", "pings": pings}, FAMILY.options)
    channels = options.channels()
    table = [SeriesInfo(c.name, c.quantity, c.unit, c.decimals, c.low, c.high, PERIOD, c.slope, c.intercept) for c in channels]
    depth = f'[[derived]]\nname = "depth"\nkind = "depth"\nfrom = "distance"\nmount_height = {mount}\nsurvey_date = 2026-05-12\n'
    bench = Bench(table, depth)
    found: list[dict[str, Reading]] = []

    def put(samples: list[Any]) -> None:
        names = [info.name for info in bench.appraiser.series]
        found.append({names[reading.series]: reading for sampled in samples for reading, _ in bench.appraiser.take(sampled)})

    places = {channel.name: place for place, channel in enumerate(channels)}
    sampler = Sampler(options.bus(), [Sensor("sonar", FAMILY, options, PERIOD, places)], buses, clock, put)
    for _ in distances:
        clock.advance(sampler.step(clock.monotonic()) - clock.monotonic())
    return found


@pytest.mark.parametrize("pings", [1, 5])
def test_the_flood_row(safety: Rows, simulate: Any, clock: Any, pings: int) -> None:
    mount, distances, expected = flood_row(safety)
    assert distances == [2400, 2495, 2490, 2510, 300, 5000]
    for distance, words, readings in zip(distances, expected, lived(simulate, clock, mount, distances, pings), strict=True):
        depth, raw = readings["depth"], readings["distance"].raw
        assert raw == distance, "what the line said is recorded, whatever it means"
        if words in ("OBSTRUCTED", "NO_TARGET"):
            assert (depth.value, depth.quality, depth.reason) == (None, Quality.BAD, words.lower())
            assert readings["distance"].value is None
            continue
        assert depth.value is not None
        assert (depth.value, depth.quality) == (numbers(words)[0], Quality.UNCERTAIN if "watch" in words else Quality.GOOD)
        assert ("shown as 0" in words) == (shown(depth.value) == 0.0)
        assert ("watch the offset" in words) == bool(flags(depth) & Flag.UNDER_ZERO)
