"""One driver of the table on its bench: healthy for a while, then each shape of each fault, and between two shapes until it is well again.

Decision: sampler and appraiser are the node's own, on a clock that moves only as the wires take their time. What is seen is what a person would see:
a reading whose quality is worse than in health. Each sample goes to two appraisers, one with the default rules and one with the configured flat
line, so that a run answers for both. The sensor on the other bus is judged without the test of lateness: here all buses share one thread, on a node
none does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import msgspec

from gateway.appraisal import Appraiser
from gateway.checks import Checks
from gateway.model import Quality, Reading, Sampled, SeriesInfo
from gateway.sampler import Sampler, Sensor
from hardware.errors import Refused
from hardware.quantities import Seconds
from hardware.sim.buses import SimBuses
from hardware.sim.clock import SteppedClock
from hardware.sim.faults import Fault
from hardware.sim.scenario import parse
from hardware.sim.world import World
from tests.faults.catalogue import FAULTS, Shape, shapes
from tests.faults.claims import Row
from tests.faults.scene import build

HEALTHY = 10
"""Readings from which is known what health looks like."""
UNSEEN, GARBAGE = 4, 14
"""Periods after which what is a limit counts as unseen."""
TRIES = 12
"""Times that a sensor is given its settling time to be well again."""


@dataclass
class Sight:
    """What became of one shape. seen, configured: periods until the first reading worse than in health, None where there was none, by default rules
    and with the configured one. false: values given as good that were none. harmed: neighbours that gave less than good values."""

    shape: Shape
    seen: int | None = None
    configured: int | None = None
    false: list[str] = field(default_factory=list)
    harmed: list[str] = field(default_factory=list)


def infos(sensor: Sensor) -> list[SeriesInfo]:
    return [
        SeriesInfo(f"{sensor.name}-{c.name}", c.quantity, c.unit, c.decimals, c.low, c.high, sensor.period, c.slope, c.intercept)
        for c in sensor.options.channels()
        if c.name in sensor.series
    ]


class Bench:
    """A row of the table, healthy."""

    def __init__(self, row: Row, seed: int = 1) -> None:
        self.row = row
        scene = build(row)
        self.site, self._settle = scene.site, scene.settle
        self.clock = SteppedClock()
        self.world = World(parse(scene.tree), self.clock, seed)
        self._buses = SimBuses(self.world)
        here = [scene.sensor] + ([scene.near] if scene.near else [])
        table = [*infos(scene.sensor), *(infos(scene.near) if scene.near else [info_like(scene.far)]), *infos(scene.far)]
        self._channels = len(scene.sensor.series)
        self._names = [info.name for info in table]
        calm = Seconds(0)  # after an over-range values stay uncertain for minutes, or until somebody looks: here the next shape waits
        aside = [Checks(self._names[-1], late=0), *(Checks(name, recovery=calm) for name in self._names[1 : self._channels])]
        flat_on = f"tried-{next(iter(scene.sensor.series))}"
        self._default = Appraiser(table, [*aside, Checks(flat_on, recovery=calm)])
        self._ruled = Appraiser(table, [*aside, Checks(flat_on, recovery=calm, flat_suspect=row.flat)])
        self._round: list[tuple[int, Reading, Reading]] = []
        self._bus = Sampler(scene.sensor.options.bus(), here, self._buses, self.clock, self._take)
        self._far = Sampler(scene.far.options.bus(), [scene.far], self._buses, self.clock, self._take)
        self._health()

    def _take(self, samples: list[Sampled]) -> None:
        for sampled in samples:
            self._round.append((sampled.series, self._default.take(sampled)[0][0], self._ruled.take(sampled)[0][0]))

    def _step(self) -> list[tuple[int, Reading, Reading]]:
        """One reading of everything, and on to the next."""
        self._round = []
        due = [sampler.step(self.clock.monotonic()) for sampler in (self._bus, self._far)]
        self.clock.advance(min(due) - self.clock.monotonic())
        return self._round

    def _health(self) -> None:
        self._step()
        self.clock.advance(self._settle)
        self._step()
        self._worst = [Quality.GOOD] * len(self._names)
        values: dict[int, list[float]] = {}
        for _ in range(HEALTHY):
            for series, reading, ruled in self._step():
                self._worst[series] = Quality(max(self._worst[series], reading.quality, ruled.quality))
                if reading.value is not None:
                    values.setdefault(series, []).append(reading.value)
        self._truth = {series: self._band(series, found) for series, found in values.items()}
        assert max(self._worst) < Quality.BAD, f"{self.row.example} is not well: {dict(zip(self._names, self._worst))}"

    def _band(self, series: int, found: list[float]) -> tuple[float, float]:
        """Between what a true value lies: what was seen in health, three times as wide, and two counts more."""
        slope = abs(self._default.series[series].slope)
        wide = (max(found) - min(found)) + 2 * slope + 1e-9
        return min(found) - wide, max(found) + wide

    def run(self) -> dict[str, list[Sight]]:
        """Every shape of every fault, by fault."""
        return {fault: [self.suffer(shape, self._watch(fault)) for shape in self._shapes(fault)] for fault in FAULTS}

    def _shapes(self, fault: str) -> list[Shape]:
        """All five, or of an assumed row those that the chip can have."""
        return [shape for shape in shapes(fault, self.site) if not self.row.assumed or self._possible(shape)]

    def _possible(self, shape: Shape) -> bool:
        try:
            self.world.suffer([_moved(fault, 0.0, 0.0) for fault in shape.faults])  # long over: whether it could be, not that it is
        except Refused:
            return False
        return True

    def _watch(self, fault: str) -> int:
        """For how many periods a shape is watched: until it should have been seen, and two more. Where garbage is a limit: until chance has made a
        number of it."""
        return (self.row.cells[fault].within or (GARBAGE if fault == "garbage" else UNSEEN)) + 2

    def suffer(self, shape: Shape, periods: int) -> Sight:
        """Put a shape into the healthy world, watch it for some periods, and take it away."""
        sight = Sight(shape)
        begun, period = self.clock.scenario() - 0.1 * self.row.period, self.row.period
        over = begun + periods * period
        put = [_moved(fault, begun, over) for fault in shape.faults]
        self.world.suffer([fault for fault in put if fault.start < over])
        whole = {self.site.bus} | ({self.site.line} if self.site.kind == "rs485" else set())
        shared = any(fault.on in whole for fault in put)
        while self.clock.scenario() < over:
            for series, reading, ruled in self._step():
                after = max(1, math.ceil((reading.ms / 1000 - 10.0 - begun) / period - 0.11))
                self._judge(sight, series, reading, ruled, after, shared)
        self._recover(shape)
        return sight

    def _judge(self, sight: Sight, series: int, reading: Reading, ruled: Reading, after: int, shared: bool) -> None:
        if series < self._channels:
            if reading.quality > self._worst[series] and sight.seen is None:
                sight.seen = after
            if ruled.quality > self._worst[series] and sight.configured is None:
                sight.configured = after
            low, high = self._truth.get(series, (-math.inf, math.inf))
            name = self._names[series].removeprefix("tried-")
            if reading.quality is Quality.GOOD and reading.value is not None and not low <= reading.value <= high and name not in self.row.free:
                sight.false.append(f"{name} = {reading.value:g} in period {after}")
        elif reading.quality is not Quality.GOOD and not (shared and self._names[series].startswith("near")):
            sight.harmed.append(f"{self._names[series]} {Quality(reading.quality).name} {reading.reason}")

    def _recover(self, shape: Shape) -> None:
        """Until it is as it was; AssertionError where it does not become so."""
        well = 0
        for tried in range(TRIES):
            for _ in range(3):
                ill = [(self._names[s], r.reason) for s, r, ruled in self._step() if max(r.quality, ruled.quality) > self._worst[s]]
                well = 0 if ill else well + 1
            if well >= 2:
                return
            self.clock.advance(self._settle if tried else 0.0)
        raise AssertionError(f"{self.row.example} does not come back after {shape.name!r}: {ill}")


def info_like(sensor: Sensor) -> SeriesInfo:
    """A place in the table that nobody reads, where there is no neighbour."""
    return msgspec.structs.replace(infos(sensor)[0], name="nobody")


def _moved(fault: Fault, begun: float, over: float) -> Fault:
    return msgspec.structs.replace(fault, start=fault.start + begun, end=min(fault.end + begun, over))
