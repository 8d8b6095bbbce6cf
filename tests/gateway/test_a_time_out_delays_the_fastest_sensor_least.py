"""Promise: of the sensors due in one round the one that is read most often comes first, wherever it stands in the configuration; so a neighbour's
time-out of one period delays it by a moment, not by a period."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest

from gateway.model import Sampled
from gateway.sampler import Sampler, Sensor
from hardware.driver import Family
from hardware.errors import Timeout
from hardware.sample import Channel, Sample
from hardware.sim.clock import SteppedClock

CHANNEL = Channel("x", "x", "mm", 0, 0.0, 100.0)
FAST, TIME_OUT, CONVERSION = 0.1, 0.1, 0.008


class Device:
    """A driver whose reads take so long; one that takes the time-out fails by it."""

    def __init__(self, takes: float, buses: Any, clock: SteppedClock) -> None:
        self.channels = (CHANNEL,)
        self._takes, self._clock = takes, clock

    def read(self) -> Sequence[Sample]:
        self._clock.advance(self._takes)
        if self._takes == TIME_OUT:
            raise Timeout("no answer")
        return [Sample("x", 1, 1.0)]

    def close(self) -> None:
        """Nothing is open."""


def gaps(*sensors: tuple[float, float, float | None]) -> float:
    """The longest time between two samples of the fast sensor. sensors: seconds of a read, period, event period."""
    clock, read = SteppedClock(), []
    family = Family("fake", object, Device, "")  # type: ignore[arg-type]
    made = [Sensor(f"s{place}", family, takes, period, {"x": place}, event) for place, (takes, period, event) in enumerate(sensors)]  # type: ignore[arg-type]
    fast = min(range(len(sensors)), key=lambda place: sensors[place][2] or sensors[place][1])

    def put(samples: list[Sampled]) -> None:
        read.extend(clock.monotonic() for sampled in samples if sampled.series == fast)

    hurried = frozenset(range(len(sensors)))
    sampler = Sampler("bus", made, None, clock, put, hurried=lambda: hurried)  # type: ignore[arg-type]
    due = clock.monotonic()
    while clock.monotonic() < 70.0:
        clock.advance(max(0.0, due - clock.monotonic()))
        due = sampler.step(clock.monotonic())
    return max(later - earlier for earlier, later in pairwise(read))


@pytest.mark.parametrize("event", [None, FAST])
def test_a_neighbour_that_stands_first_and_times_out_costs_a_moment(event: float | None) -> None:
    fast = (CONVERSION, FAST if event is None else 30.0, event)
    assert gaps((TIME_OUT, 1.0, None), fast) < FAST + 2 * CONVERSION
    assert gaps(fast, (TIME_OUT, 1.0, None)) < FAST + 2 * CONVERSION
