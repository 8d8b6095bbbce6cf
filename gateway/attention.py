"""What follows an alarm besides outputs and words: its sensors are read faster, and what they say around it is kept. Joined here, for the app."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gateway.blackbox import About, BlackBox, Utc
from gateway.boxfile import FOLDER
from gateway.clock import NodeClock
from gateway.config import Config
from gateway.contract.messages import Notice
from gateway.haste import Haste, behind
from gateway.model import Sampled, Table
from gateway.sampler import Sampler, Sensor
from gateway.supervisor import Supervisor
from gateway.voice import Voice
from hardware import driver
from hardware.buses import Buses

WITHIN = 60.0
"""Seconds that a file may take to be written; a card that takes longer is waited for, and nobody waits with it."""
SEAT = "blackbox"


class Attention:
    """table: gives the one in force; utc: of a moment; tell: takes a notice. haste: who is to be read faster; box: the black box."""

    def __init__(self, config: Config, voice: Voice, table: Callable[[], Table], utc: Utc, tell: Callable[[Notice], None]) -> None:
        around = behind(config.alarms, config.sensors, config.derived, config.table())
        about = About(voice.node, voice.simulated, voice.clock, table, around, utc)
        self.haste = Haste(around)
        self.box = BlackBox(Path(config.node.state) / FOLDER, about, lambda *said: tell(voice.notice(*said)))
        self._config = config

    def samplers(self, buses: Buses, clock: NodeClock, put: Callable[[list[Sampled]], None], window: tuple[float, float]) -> list[Sampler]:
        """One per bus, in the order of the configuration; which of its sensors comes first in a round is the sampler's own matter."""
        place = {info.name: index for index, info in enumerate(self._config.table().series)}
        per_bus: dict[str, list[Sensor]] = {}
        for mounted in self._config.sensors:
            sensor, series = mounted.sensor, {channel: place[name] for channel, name in mounted.series.items()}
            event = None if sensor.event_period is None else float(sensor.event_period)
            made = Sensor(sensor.name, driver.load(sensor.driver), mounted.options, float(sensor.period), series, event)
            per_bus.setdefault(mounted.options.bus(), []).append(made)
        return [Sampler(bus, found, buses, clock, put, window, lambda: self.haste.places, self.box.take) for bus, found in per_bus.items()]

    def seat(self, supervisor: Supervisor, clock: NodeClock, buses: list[str]) -> None:
        """Give the black box its seat, and have the buses woken when the pace changes."""
        self.box.marks.wake = supervisor.add(SEAT, self.box, clock, WITHIN).wake.set

        def wake() -> None:
            for seat in [supervisor.seats[bus] for bus in buses if bus in supervisor.seats]:
                seat.wake.set()

        self.haste.changed = wake
