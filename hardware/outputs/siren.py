"""A siren on one GPIO pin, through a transistor or a relay board: it sounds while an alarm asks for it, whatever the alarm's level.

Wiring: the pin to the board's input; `active = "low"` for boards that switch at a low pin. The board needs a resistor that pulls its input to
rest (10 kilo-ohms; to ground for `high`, to 3.3 V for `low`), because the pin is not always driven.

What the siren does while no node drives it:
- node stopped, crashed, killed or restarting: it goes on as it was. The pin is left as it is, and the kernels of Raspberry Pi OS keep an
  output whose program is gone (`persist_gpio_outputs`, on by default since 2024). A mainline kernel turns it into an input: rest.
- node starting: the pin is driven at once with the level that is restored, before any sensor is read. A pin library may make it an input for
  some microseconds on the way, too short for a relay.
- power gone, or the computer starting: the pin is an input, so the resistor decides: rest, until the node runs again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from hardware.buses.gpio import pin_errors

if TYPE_CHECKING:
    from hardware.buses import Buses


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """pin: BCM number, 0 to 27. active: the level of the pin that sounds the siren, `high` or `low`."""

    pin: Annotated[int, msgspec.Meta(ge=0, le=27)]
    active: Literal["high", "low"] = "high"

    def claims(self) -> tuple[str, ...]:
        """The pin."""
        return (f"gpio-{self.pin}",)


class Output:
    """An open siren. level: what it shows at once. HardwareError where the pin cannot be had or driven."""

    def __init__(self, options: Options, buses: Buses, level: int) -> None:
        from hardware.outputs._steady import SteadyOutput

        self._where = f"siren on GPIO{options.pin}"
        factory = buses.pin(options.pin, self._where)
        with pin_errors(self._where):
            self._device = SteadyOutput(options.pin, active_high=options.active == "high", initial_value=level > 0, pin_factory=factory)

    def set(self, level: int) -> None:
        """Sound for any level above 0; HardwareError where the pin cannot be written."""
        with pin_errors(self._where):
            self._device.value = level > 0

    def close(self) -> None:
        """Give the pin back as it is: a siren that sounds goes on."""
        self._device.close()
