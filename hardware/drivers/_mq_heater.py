"""The heater of an MQ-7 or MQ-9 in its cycle: 60 s at 5.0 V, which cleans, 90 s at 1.4 V, at whose end there is a value. One pin switches it.

The phases are kept by looking: `step` is called at every reading and the pin changes there, so a phase is right to within the period of the
sensor. A low phase is measured where it is the data sheet's 90 s to within one second; one that was overslept is not measured at all, and told.
The pin goes high for 5 V (or low, as configured) before anything else, and is left there when the sensor is closed: the hot side is the one a
sensor may stay in for ever.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from hardware.buses.gpio import pin_errors
from hardware.errors import HardwareError

if TYPE_CHECKING:
    from hardware.buses import Buses
    from hardware.driver import Clock

HOT, LOW, SLACK = 60.0, 90.0, 1.0
"""Seconds of the two phases, and by how much they may be off (Hanwei data sheets of MQ-7 and MQ-9)."""


class Heater:
    """One switched heater. pin: BCM number; level: of the pin, 0 or 1, at which the heater has 5 V. overslept: whether the last low phase was, so
    that there was nothing to measure. HardwareError where the pin cannot be had."""

    def __init__(self, pin: int, level: int, buses: Buses, clock: Clock) -> None:
        self.overslept = False
        self._clock = clock
        self._level = level
        self._where = f"MQ heater on GPIO{pin}"
        factory = buses.pin(pin, self._where)
        with pin_errors(self._where):
            # A pin without a gpiozero device around it: nothing makes an input of it when the object or the process ends.
            self._pin: Any = factory.pin(pin)
            self._pin.output_with_state(level)
        self._hot, self._since = True, clock.monotonic()

    def step(self) -> bool:
        """Change the phase where it is time; True where the low phase is at its end and is to be measured now, before `measured`."""
        lasted = self._clock.monotonic() - self._since
        if self._hot:
            if lasted >= HOT - SLACK:
                self._turn(hot=False)
            return False
        if lasted > LOW + SLACK:
            self.overslept = True
            self._turn(hot=True)
            return False
        return lasted >= LOW - SLACK

    def measured(self) -> None:
        """The low phase has given its value: clean again."""
        self.overslept = False
        self._turn(hot=True)

    def close(self) -> None:
        """Leave the heater at 5 V; never raises, may be called twice."""
        with suppress(HardwareError):
            self._turn(hot=True)

    def _turn(self, hot: bool) -> None:
        with pin_errors(self._where):
            self._pin.state = self._level if hot else 1 - self._level
        self._hot, self._since = hot, self._clock.monotonic()
