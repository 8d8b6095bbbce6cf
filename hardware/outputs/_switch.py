"""An actuator that one GPIO pin turns on and off: what siren, beacon, buzzer and relay share. What it shows when is `_pattern.Course`'s.

What becomes of a pin whose program is gone is the kernel's decision, not ours: the GPIO device releases the line when the process ends, however it
ends. The kernels of Raspberry Pi OS then leave an output as it is (`persist_gpio_outputs`, raspberrypi/linux pull request 6150, 2024);
`dtparam=strict_gpiod` in config.txt, or a mainline kernel, makes it an input, and then a resistor decides. A computer that starts or is reset
(power, watchdog) has inputs only. So each kind of output says what its wiring makes of these three: as it is, input, input.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from hardware.buses.gpio import pin_errors
from hardware.errors import HardwareError

if TYPE_CHECKING:
    from hardware.buses import Buses
    from hardware.outputs._pattern import Course

PULLED_UP = (2, 3)
"""Pins with a resistor of 1.8 kilo-ohms to 3.3 V on the board, for I2C."""
CHIRPS = (0.3, 0.7, 0.3, 0.7, 0.3)
"""The self-test of what is heard or seen: three short pulses, over after 2.3 s."""


class PinOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """pin: BCM number, 0 to 27. active: the level of the pin at which the board's input is on, `high` or `low`."""

    pin: Annotated[int, msgspec.Meta(ge=0, le=27)]
    active: Literal["high", "low"] = "high"

    def __post_init__(self) -> None:
        if self.pin in PULLED_UP and self.active == "high":
            raise ValueError(f"pin {self.pin} is pulled to 3.3 V on the board, so it would be on whenever no node drives it; use another pin")

    def claims(self) -> tuple[str, ...]:
        """The pin."""
        return (f"gpio-{self.pin}",)


class Switch:
    """An open actuator, showing at once what its course says. high: the level of the pin while it acts. HardwareError where the pin cannot be had."""

    sounder = False

    def __init__(self, kind: str, pin: int, high: bool, buses: Buses, course: Course) -> None:
        from hardware.outputs._steady import SteadyOutput

        self._where = f"{kind} on GPIO{pin}"
        self._course = course
        factory = buses.pin(pin, self._where)
        self._shown = course.acting
        with pin_errors(self._where):
            self._device = SteadyOutput(pin, active_high=high, initial_value=self._shown, pin_factory=factory)

    @property
    def spent(self) -> bool:
        """Whether it has stopped by itself (`max_on`) although its alarm goes on."""
        return self._course.spent

    def set(self, level: int, again: bool = False) -> None:
        """Show a level; the pin is written each time, so that one that was disturbed is right again. HardwareError where it cannot be written."""
        self._course.ask(level, again)
        self._write(self._course.acting)

    def step(self, now: float) -> float:
        """Go on with the pulses, `max_on` and the self-test; HardwareError where the pin cannot be written: the next step, or `set`, tries again."""
        due = self._course.step(now)
        if self._course.acting != self._shown:
            self._write(self._course.acting)
        return due

    def self_test(self) -> bool:
        """Pulse shortly, from the next step on; False where an alarm is shown, or where the output may not be tested."""
        return self._course.test()

    def close(self) -> None:
        """Give the pin back in the state its alarm asks for: acting without pauses, or at rest."""
        if not self._device.closed and self._shown != self._course.standing:
            with suppress(HardwareError):
                self._write(self._course.standing)
        self._device.close()

    def _write(self, acting: bool) -> None:
        with pin_errors(self._where):
            self._device.value = acting
        self._shown = acting
