"""Promise: whatever a driver does, its bus loop goes on: a BAD sample with the reason, the other sensors untouched, and the driver comes back."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from gateway.model import Sampled
from gateway.sampler import Sampler, Sensor
from hardware.driver import Family
from hardware.errors import Nak, PortGone, Timeout
from hardware.sample import Channel, Quality, Reason, Sample
from hardware.sim.clock import SteppedClock

CHANNEL = Channel("x", "x", "mm", 0, 0.0, 100.0)


class Sensorish:
    """A driver whose reads are a script of values and errors."""

    opened = 0

    def __init__(self, script: list[Any], buses: Any, clock: SteppedClock) -> None:
        self.channels = (CHANNEL,)
        self.closed = False
        self._script = script
        self._clock = clock
        Sensorish.opened += 1

    def read(self) -> Sequence[Sample]:
        step = self._script.pop(0) if self._script else 1
        if isinstance(step, Exception):
            raise step
        if isinstance(step, float):
            self._clock.advance(step)
            step = 1
        return [Sample("x", step, float(step))]

    def close(self) -> None:
        self.closed = True


def loop(clock: SteppedClock, *scripts: list[Any], period: float = 1.0) -> tuple[Sampler, list[list[Sampled]]]:
    rounds: list[list[Sampled]] = []
    sensors = [
        Sensor(f"s{index}", Family("fake", object, Sensorish, ""), script, period, {"x": index})  # type: ignore[arg-type]
        for index, script in enumerate(scripts)
    ]
    return Sampler("i2c-1", sensors, None, clock, rounds.append), rounds  # type: ignore[arg-type]


def play(sampler: Sampler, clock: SteppedClock, seconds: float) -> None:
    end = clock.monotonic() + seconds
    while clock.monotonic() < end:
        clock.advance(max(0.0, sampler.step(clock.monotonic()) - clock.monotonic()))


def test_a_transient_nak_is_tried_again_within_the_round() -> None:
    clock = SteppedClock()
    sampler, rounds = loop(clock, [Nak(121, "x"), Nak(121, "x"), 7])
    sampler.step(clock.monotonic())
    assert rounds[0][0].sample.raw == 7


def test_three_naks_are_a_bad_sample_with_the_reason() -> None:
    clock = SteppedClock()
    sampler, rounds = loop(clock, [Nak(121, "x")] * 3)
    sampler.step(clock.monotonic())
    sample = rounds[0][0].sample
    assert (sample.value, sample.quality, sample.reason) == (None, Quality.BAD, Reason.NAK)


def test_a_timeout_is_not_tried_again() -> None:
    clock = SteppedClock()
    sampler, rounds = loop(clock, [Timeout(110, "x"), 7])
    sampler.step(clock.monotonic())
    assert rounds[0][0].sample.reason is Reason.TIMEOUT


def test_a_defect_in_the_driver_is_contained_and_others_are_read() -> None:
    clock = SteppedClock()
    sampler, rounds = loop(clock, [ZeroDivisionError("oops")], [5])
    sampler.step(clock.monotonic())
    assert rounds[0][0].sample.reason is Reason.DRIVER
    assert rounds[1][0].sample.raw == 5


def test_an_unplugged_sensor_is_opened_again_within_five_seconds() -> None:
    clock = SteppedClock()
    sampler, rounds = loop(clock, [PortGone(19, "x")] * 4)
    Sensorish.opened = 0
    play(sampler, clock, 30.0)
    values = [(r[0].ms, r[0].sample.value) for r in rounds]
    assert Sensorish.opened > 1
    first_good = next(ms for ms, value in values if value is not None)
    last_try = max(ms for ms, value in values if value is None)
    assert first_good - last_try <= 5000


def test_every_period_has_a_sample_also_while_the_sensor_is_away() -> None:
    clock = SteppedClock()
    sampler, rounds = loop(clock, [PortGone(19, "x")] * 3)
    play(sampler, clock, 10.0)
    assert len(rounds) == 10


def test_readings_of_one_round_share_their_time_and_a_slow_one_has_its_own() -> None:
    clock = SteppedClock()
    sampler, rounds = loop(clock, [1], [2], [0.2])
    sampler.step(clock.monotonic())
    times = [r[0].ms for r in rounds]
    assert times[0] == times[1]
    assert times[2] == times[0] + 200


def test_a_late_round_skips_what_it_missed_and_never_bursts() -> None:
    clock = SteppedClock()
    sampler, rounds = loop(clock, [1, 7.5])
    play(sampler, clock, 12.0)
    times = [r[0].ms - 10_000 for r in rounds]
    assert times[:2] == [0, 8500], times
    assert times[2] == 9000, "the next reading is on the sensor's own grid"
    assert all(b - a >= 500 for a, b in pairwise(times))
