"""The account outside the node: one line per completed read, none for a read that failed, and counters that go on after a kill."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hardware.driver import load
from hardware.errors import HardwareError

SCENE = """
[signals.n]
kind = "counter"
[chips."i2c-1:0x48"]
kind = "ads1115"
[chips."i2c-1:0x48".inputs.A0]
kind = "code"
signal = "n"
[chips."i2c-1:0x48".inputs.A3]
kind = "code"
signal = "n"
[[faults]]
kind = "intermittent"
on = "i2c-1:0x48"
from = 5
to = 25
share = 0.5
period = 0.003
"""


@pytest.fixture
def sensors(simulate: Any, clock: Any) -> Any:
    def build() -> list[Any]:
        buses = simulate(SCENE, seed=4)
        family = load("loop_4_20ma")
        options = {"quantity": "x", "unit": "1", "low": 0, "high": 1}
        return [family.open(msgspec.convert(options | {"channel": channel}, family.options), buses, clock) for channel in ("A0", "A3")]

    return build


def account(reads: Path, channel: str) -> list[int]:
    lines = [json.loads(line) for line in reads.read_text().splitlines()]
    assert all(chip == "i2c-1:0x48" and at >= 0 and real > 0 for chip, _, _, at, real in lines)
    return [raw for _, name, raw, _, _ in lines if name == channel]


def test_what_the_driver_got_is_what_the_world_wrote_and_nothing_else(sensors: Any, clock: Any, reads: Path) -> None:
    got: dict[int, list[int]] = {0: [], 1: []}
    both = sensors()
    failures = 0
    while clock.scenario() < 30:
        for index, sensor in enumerate(both):
            try:
                got[index].append(sensor.read()[0].raw)
            except HardwareError:
                failures += 1
        clock.advance(0.1)
    assert failures > 20
    assert account(reads, "A0") == got[0] == list(range(5000, 5000 + len(got[0])))
    assert account(reads, "A3") == got[1] == list(range(5000, 5000 + len(got[1])))


def test_counters_go_on_in_the_next_process(sensors: Any, reads: Path) -> None:
    for _ in range(3):
        one, other = sensors()
        one.read(), one.read(), other.read()
    assert account(reads, "A0") == list(range(5000, 5006))
    assert account(reads, "A3") == list(range(5000, 5003))


def test_a_conversion_read_twice_is_one_read(sensors: Any, simulate: Any, reads: Path) -> None:
    one, _ = sensors()
    one.read()
    for _ in range(3):
        one._converter._bus.transfer(0x48, b"\x00", 2)
    assert account(reads, "A0") == [5000]
