"""300 readings of six series, whole message, with epoch, boot, anchor and quality."""

from __future__ import annotations

import random

from gateway.contract.batch import encode_block, encode_message
from gateway.contract.messages import ClockFix
from gateway.model import Reading, SeriesInfo, Table

SERIES = (("ch4", "%{LEL}", 1), ("co", "[ppm]", 2), ("h2s", "[ppm]", 3), ("level", "mm", 0), ("temperature", "Cel", 2), ("humidity", "%", 1))
TABLE = Table(tuple(SeriesInfo(name, name, unit, decimals, 0, 5000, 1.0, 10.0**-decimals) for name, unit, decimals in SERIES))
BOOT, SEED = "5c1a09b2e4f7", 7


def per_reading(own_times: bool) -> float:
    rng = random.Random(SEED)
    walk = [1000 * place for place in range(6)]
    readings = []
    for row in range(50):
        shared = rng.randint(-8, 8)
        for place in range(6):
            walk[place] += rng.randint(-9, 9)
            jitter = rng.randint(-8, 8) if own_times else shared
            readings.append(Reading(place, 8_640_000 + 1000 * row + jitter, walk[place], 0.0))
    block = encode_block(4711, TABLE.id, BOOT, readings)
    fix = ClockFix(12.345, 1_780_000_000.123, "ntp", 0.05)
    return len(encode_message("dn-lienchieu-0017", "0001-9f3a2b1c44d0", (BOOT, 8700.123), {TABLE.id: TABLE}, {BOOT: fix}, [block])) / 300


def test_six_series_sampled_in_one_round() -> None:
    assert per_reading(own_times=False) <= 2.3


def test_six_series_each_with_times_of_its_own() -> None:
    assert per_reading(own_times=True) <= 3.2
