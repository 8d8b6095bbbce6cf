"""One loop per physical bus: the drivers that are due are read, and what they say goes to guard.

A bad driver is a BAD sample, never a dead bus. Readings taken in the same round carry the same time as long as the round took less than
`ROUND`: the wire then needs one time column for all of them, and 50 ms are far below what any of these sensors resolves. A driver that knows
better (a bucket's tip) stamps its samples itself. A late round skips what it missed; it never catches up in a burst.

While an alarm stands on what it measures, a sensor that has an event period is read at that one, from its last reading on; afterwards at its own
period again, on its own grid as if nothing had been. Who says so is asked at every step and never waited for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from gateway.clock import NodeClock
from gateway.containment import contained
from gateway.model import Sampled
from hardware.buses import Buses
from hardware.driver import Detailed, Driver, Family, Options
from hardware.errors import BusError, HardwareError, PortGone, Timeout
from hardware.sample import Reason, Sample, bad

ROUND = 0.05
TRIES = 3
"""How often a bus error is tried again within one round (a transient NAK is common on a long cable)."""
REOPEN = (1.0, 2.0)
"""Seconds to wait before a sensor that failed is opened again: first, and every later time. With a period of 1 s a sensor that was plugged in again
gives values within 5 s."""
HAIR = 1e-6
"""Seconds that are no difference between two points of a grid."""


class Sensor(NamedTuple):
    """One configured sensor: its family and options, seconds between readings, and the place of its channels in the series table. event_period:
    seconds between readings while an alarm stands on them; None where that makes no difference."""

    name: str
    family: Family
    options: Options
    period: float
    series: dict[str, int]
    event_period: float | None = None


class _Slot:
    """A sensor's place in the loop: when it is due, whether it is open, when it may be opened again. usual: next point of its own grid; details: what
    the newest reading was made of."""

    def __init__(self, sensor: Sensor, now: float) -> None:
        self.sensor = sensor
        self.due = self.usual = now
        self.hurried = False
        self._last: float | None = None
        self.details: Sequence[Sample] = ()
        self.driver: Driver | None = None
        self.failures = 0
        self.open_at = now
        self.reason = Reason.PORT_GONE

    def silent(self) -> list[Sample]:
        """A BAD sample for every channel."""
        return [bad(name, self.reason) for name in self.sensor.series]

    def hurry(self, places: frozenset[int], now: float) -> None:
        """Be read at the event period while one of the sensor's series is among those places. It begins with the next point after the last reading,
        and no two readings are ever closer together than that."""
        every = self.sensor.event_period
        wanted = every is not None and not places.isdisjoint(self.sensor.series.values())
        if every is None or wanted == self.hurried:
            return
        self.hurried = wanted
        if self._last is None:
            return
        if wanted:
            self.due = min(self.usual, _after(self._last, every, now))
            return
        while self.usual - self._last < every - HAIR:
            self.usual += self.sensor.period
        self.due = self.usual

    def later(self, now: float) -> None:
        """The next due time that is not already missed, on the sensor's own grid or on that of the event."""
        self._last = self.due
        if self.usual <= now + HAIR:
            self.usual = _after(self.usual, self.sensor.period, now)
        self.due = _after(self.due, self.sensor.event_period, now) if self.hurried and self.sensor.event_period else self.usual

    def close(self) -> None:
        driver, self.driver = self.driver, None
        if driver is not None:
            contained(f"closing {self.sensor.name}", driver.close, lambda error: None)


def _after(point: float, every: float, now: float) -> float:
    """The first point after `point` on its grid that is not already missed."""
    return point + every * (1 + max(0.0, now - point) // every)


def nobody(samples: Sequence[Sampled], details: Sequence[Sampled]) -> None:
    """Keeps nothing."""


ALWAYS = (float("-inf"), float("inf"))
REST = 1.0
"""Seconds between two steps once a scenario is over."""


class Sampler:
    """Reads the sensors of one bus. put: takes a round's samples and never waits; window: monotonic seconds between which there is reading. hurried:
    places of the series on which an alarm stands; keep: takes each sensor's samples, and what they were made of, before `put`, and never waits."""

    def __init__(
        self,
        bus: str,
        sensors: Sequence[Sensor],
        buses: Buses,
        clock: NodeClock,
        put: Callable[[list[Sampled]], None],
        window: tuple[float, float] = ALWAYS,
        hurried: Callable[[], frozenset[int]] = frozenset,
        keep: Callable[[Sequence[Sampled], Sequence[Sampled]], None] = nobody,
    ) -> None:
        self.bus = bus
        self.rounds = 0
        self.resting = False
        self._buses = buses
        self._clock = clock
        self._put = put
        self._hurried = hurried
        self._keep = keep
        urgent = sorted(sensors, key=lambda sensor: sensor.event_period or sensor.period)  # a neighbour's time-out costs it a moment, not a period
        self._slots = [_Slot(sensor, max(clock.monotonic(), window[0])) for sensor in urgent]
        self._end = window[1]

    def step(self, now: float) -> float:
        """Read what is due; gives the time of the next reading."""
        start = self._clock.monotonic()
        self.resting = start >= self._end
        if self.resting:
            return now + REST
        hurried = self._hurried()
        for slot in self._slots:
            slot.hurry(hurried, now)
            if slot.due <= now + HAIR:
                samples, details = self._stamped(slot, start)
                contained("keeping samples", lambda s=samples, d=details: self._keep(s, d), lambda error: None)  # type: ignore[misc]
                self._put(samples)
                slot.later(self._clock.monotonic())
        self.rounds += 1
        return min(slot.due for slot in self._slots)

    def _stamped(self, slot: _Slot, start: float) -> tuple[list[Sampled], list[Sampled]]:
        """A sensor's samples with their time and their place, and what they were made of."""
        slot.details = ()
        samples = self._read(slot)
        end = self._clock.monotonic()
        common = round((start if end - start <= ROUND else end) * 1000)

        def stamped(said: Sequence[Sample]) -> list[Sampled]:
            return [
                Sampled(slot.sensor.series[sample.channel], common if sample.at is None else min(common, round(sample.at * 1000)), sample)
                for sample in said
                if sample.channel in slot.sensor.series
            ]

        return stamped(samples), stamped(slot.details)

    def _read(self, slot: _Slot) -> Sequence[Sample]:
        """The driver's samples, or a BAD one for each channel; opens and closes the driver as needed."""
        if slot.driver is None and self._clock.monotonic() < slot.open_at:
            return slot.silent()

        def failed(error: Exception) -> Sequence[Sample]:
            return self._failed(slot, Reason.DRIVER, gone=True)

        return contained(f"sensor {slot.sensor.name}", lambda: self._try(slot), failed)

    def _try(self, slot: _Slot) -> Sequence[Sample]:
        for attempt in range(1, TRIES + 1):
            try:
                if slot.driver is None:
                    slot.driver = slot.sensor.family.open(slot.sensor.options, self._buses, self._clock)
                samples = slot.driver.read()
            except HardwareError as error:
                final = isinstance(error, Timeout | PortGone) or not isinstance(error, BusError)
                if final or attempt == TRIES:
                    return self._failed(slot, error.reason, gone=isinstance(error, PortGone))
            else:
                slot.failures = 0
                if isinstance(slot.driver, Detailed):
                    slot.details = contained(f"details of {slot.sensor.name}", slot.driver.details, lambda error: ())
                answered = {sample.channel for sample in samples}
                return [*samples, *(bad(name, Reason.DRIVER) for name in slot.sensor.series if name not in answered)]
        raise AssertionError("unreachable: the last try returns")

    def _failed(self, slot: _Slot, reason: Reason, gone: bool) -> list[Sample]:
        """Count a failure; after three in a row, or at once where the port is gone, close and wait before opening again."""
        slot.failures += 1
        slot.reason = reason
        if gone or slot.failures >= TRIES or slot.driver is None:
            slot.close()
            slot.open_at = self._clock.monotonic() + REOPEN[min(slot.failures, len(REOPEN)) - 1]
        return slot.silent()

    def close(self) -> None:
        """Close every driver."""
        for slot in self._slots:
            slot.close()
