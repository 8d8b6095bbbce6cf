"""Promise: a sensor whose series an alarm stands on is read at its event period from the next point on, however long its own period is; afterwards on
its own grid again, as if nothing had been; never in a burst, and its neighbours are not touched."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.model import Sampled
from gateway.sampler import Sampler, Sensor
from hardware.driver import Family
from hardware.errors import Timeout
from hardware.sample import Channel, Reason, Sample, bad
from hardware.sim.clock import BOOT_OFFSET, SteppedClock

CHANNEL = Channel("x", "x", "mm", 0, 0.0, 100.0)


class Slowly:
    """A driver whose next reads take so many seconds each; then none takes any."""

    def __init__(self, takes: list[float], buses: Any, clock: SteppedClock) -> None:
        self.channels = (CHANNEL,)
        self._takes, self._clock = takes, clock

    def read(self) -> Sequence[Sample]:
        self._clock.advance(self._takes.pop(0) if self._takes else 0.0)
        return [Sample("x", 1, 1.0)]

    def close(self) -> None:
        """Nothing is open."""


class Scene:
    """A sampler whose wake event is this scene: it steps when it is due, or when the hurried places change."""

    def __init__(self, *sensors: tuple[float, float | None, list[float]]) -> None:
        self.clock = SteppedClock()
        self.places: frozenset[int] = frozenset()
        self.read: dict[int, list[float]] = {place: [] for place in range(len(sensors))}
        made = [
            Sensor(f"s{place}", Family("fake", object, Slowly, ""), takes, period, {"x": place}, event)  # type: ignore[arg-type]
            for place, (period, event, takes) in enumerate(sensors)
        ]
        self.sampler = Sampler("bus", made, None, self.clock, self._put, hurried=lambda: self.places)  # type: ignore[arg-type]
        self._due = 0.0

    def _put(self, samples: list[Sampled]) -> None:
        for sampled in samples:
            self.read[sampled.series].append(round(sampled.ms / 1000 - BOOT_OFFSET, 3))

    def until(self, second: float) -> None:
        """Live up to a moment."""
        while self._due < BOOT_OFFSET + second:
            self.clock.advance(max(0.0, self._due - self.clock.monotonic()))
            self._due = self.sampler.step(self.clock.monotonic())
        self.clock.advance(max(0.0, BOOT_OFFSET + second - self.clock.monotonic()))

    def hurry(self, *places: int) -> None:
        """What guard does: replace the set, wake the thread."""
        self.places = frozenset(places)
        self._due = self.sampler.step(self.clock.monotonic())


def test_a_sensor_read_once_a_minute_is_hurried_at_once() -> None:
    scene = Scene((60.0, 10.0, []))
    scene.until(13.0)
    scene.hurry(0)
    scene.until(45.0)
    assert scene.read[0] == [0.0, 20.0, 30.0, 40.0]


def test_afterwards_it_is_on_its_own_grid_again() -> None:
    scene = Scene((60.0, 10.0, []))
    scene.until(13.0)
    scene.hurry(0)
    scene.until(91.0)
    scene.hurry()
    scene.until(200.0)
    assert scene.read[0] == [0.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 120.0, 180.0]


def test_a_second_start_finds_the_sensor_in_its_event() -> None:
    scene = Scene((60.0, 10.0, []))
    scene.places = frozenset({0})
    scene.until(25.0)
    assert scene.read[0] == [0.0, 10.0, 20.0]


def test_nobody_else_is_hurried() -> None:
    scene = Scene((5.0, 1.0, []), (5.0, 1.0, []), (5.0, None, []))
    scene.hurry(1, 2)
    scene.until(9.5)
    assert scene.read[0] == scene.read[2] == [0.0, 5.0]
    assert scene.read[1] == [float(second) for second in range(10)]


def test_a_round_that_hangs_in_an_event_is_not_caught_up() -> None:
    scene = Scene((5.0, 0.5, [0.0, 0.0, 3.3]))
    scene.until(0.2)
    scene.hurry(0)
    scene.until(6.0)
    assert scene.read[0] == [0.0, 0.5, 4.3, 4.5, 5.0, 5.5]


def test_a_hung_neighbour_does_not_shift_the_event() -> None:
    scene = Scene((2.0, 0.5, []), (2.0, None, [2.6]))
    scene.until(0.1)
    scene.hurry(0)
    scene.until(4.1)
    assert scene.read[0] == [0.0, 2.6, 3.0, 3.5, 4.0], "what was due at 2.0 comes late, what was missed since is not made up"


def test_readings_of_an_event_share_the_round_of_their_neighbours() -> None:
    scene = Scene((1.0, 0.2, [0.01] * 500), (1.0, None, [0.01] * 100))
    scene.hurry(0)
    scene.until(60.5)
    assert scene.read[1] == [float(second) for second in range(61)]
    assert set(scene.read[1]) <= set(scene.read[0]), "whole seconds stay whole seconds: one time column for both"


def test_a_thread_that_wakes_a_hair_too_early_reads_once() -> None:
    scene = Scene((1.0, 0.2, []))
    scene.until(0.5)
    scene.clock.advance(0.5 - 1e-9)
    now = scene.clock.monotonic()
    assert scene.sampler.step(now) == BOOT_OFFSET + 2.0
    assert scene.read[0] == [0.0, 1.0]


class Pinging(Slowly):
    """A driver whose first reading is made of two measurements, whose second fails, and whose third breaks when it is asked for them."""

    said = 0

    def read(self) -> Sequence[Sample]:
        self.said += 1
        if self.said == 2:
            raise Timeout(110, "x")
        return super().read()

    def details(self) -> Sequence[Sample]:
        if self.said == 3:
            raise ZeroDivisionError("a defect")
        return [Sample("x", 0, 0.0, at=self._clock.monotonic() - 0.2), bad("x", Reason.RANGE), Sample("unknown", 0, 0.0)]


def test_samples_are_kept_with_what_they_were_made_of_and_nothing_stale() -> None:
    clock = SteppedClock()
    kept: list[tuple[list[float | None], list[tuple[int, float | None]]]] = []
    put: list[list[Sampled]] = []

    def keep(samples: Sequence[Sampled], details: Sequence[Sampled]) -> None:
        assert len(put) == len(kept), "kept before it is judged, so that an alarm finds it"
        kept.append(([sampled.sample.value for sampled in samples], [(sampled.ms, sampled.sample.value) for sampled in details]))

    sensor = Sensor("s", Family("fake", object, Pinging, ""), [], 1.0, {"x": 0})  # type: ignore[arg-type]
    sampler = Sampler("bus", [sensor], None, clock, put.append, keep=keep)  # type: ignore[arg-type]
    for _ in range(3):
        sampler.step(clock.monotonic())
        clock.advance(1.0)
    assert kept == [([1.0], [(9800, 0.0), (10000, None)]), ([None], []), ([1.0], [])]


def test_who_keeps_and_fails_costs_no_reading() -> None:
    clock = SteppedClock()
    put: list[list[Sampled]] = []

    def keep(samples: Sequence[Sampled], details: Sequence[Sampled]) -> None:
        raise OSError("a defect")

    sensor = Sensor("s", Family("fake", object, Slowly, ""), [], 1.0, {"x": 0})  # type: ignore[arg-type]
    sampler = Sampler("bus", [sensor], None, clock, put.append, keep=keep)  # type: ignore[arg-type]
    assert sampler.step(clock.monotonic()) == clock.monotonic() + 1.0
    assert [sampled.sample.value for sampled in put[0]] == [1.0]


@given(
    period=st.sampled_from([1.0, 2.0, 7.0, 60.0]),
    share=st.sampled_from([0.1, 0.2, 0.3, 0.5, 0.7, 0.95]),
    begins=st.floats(0.0, 120.0),
    lasts=st.floats(0.0, 200.0),
)
def test_no_two_readings_are_closer_than_the_event_period_and_the_grid_is_kept(period: float, share: float, begins: float, lasts: float) -> None:
    event = round(period * share, 3)
    scene = Scene((period, event, []))
    scene.until(begins)
    before = len(scene.read[0])
    scene.hurry(0)
    scene.until(begins + lasts)
    scene.hurry()
    during = len(scene.read[0])
    scene.until(begins + lasts + 5 * period)
    times = scene.read[0]
    steps = [later - earlier for earlier, later in pairwise(times)]
    assert min(steps) >= event - 0.002, times
    assert max(steps) <= period + event + 0.002, times
    if lasts > event:
        assert times[before] - begins <= event + 0.002, "the first of the event comes within one event period"
    assert all(abs(at / period - round(at / period)) * period < 0.002 for at in times[:before] + times[during:]), "on the sensor's own grid"
