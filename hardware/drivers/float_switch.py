"""A float switch, or any other contact that says water or no water, on a GPIO pin through gpiozero.

Each reading is the level of the pin at that moment: it is looked at, no edge is waited for, so a switch that is already under water when the
node starts is told by the first reading. A wave or a bouncing contact shows as readings that change; what must last to count is the alarm's
decision (its on- and off-delay), not this driver's, so nothing is smoothed here and nothing is remembered.

Wiring: the contact between the pin and ground (`pull = "up"`), or between the pin and 3.3 V (`pull = "down"`); the Pi's own resistor (about 50
kilo-ohms) holds the pin while the contact is open, and a long cable wants one of 1 to 10 kilo-ohms beside it, in the same direction. A broken
wire looks like an open contact. So prefer a switch that is closed while dry (`normal = "closed"`): then a broken wire says water, where with
the other kind it says dry for ever.

    [[sensor]]
    name = "float"
    driver = "float_switch"
    pin = 5
    normal = "closed"
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from hardware.buses.gpio import pin_errors
from hardware.sample import Channel, Sample

if TYPE_CHECKING:
    from hardware.buses import Buses
    from hardware.driver import Clock

PULLED_UP = (2, 3)
"""Pins with a resistor of 1.8 kilo-ohms to 3.3 V on the board, for I2C."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """pin: BCM number, 0 to 27. normal: the contact while dry, `open` or `closed`. pull: where the Pi's resistor pulls while the contact is open,
    `up` for a contact to ground, `down` for one to 3.3 V.
    """

    pin: Annotated[int, msgspec.Meta(ge=0, le=27)]
    normal: Literal["open", "closed"]
    pull: Literal["up", "down"] = "up"

    def __post_init__(self) -> None:
        if self.pin in PULLED_UP and self.pull == "down":
            raise ValueError(f"GPIO{self.pin} is pulled up on the board; wire the contact to ground and write pull = up, or use another pin")

    def bus(self) -> str:
        """All pins are one bus: a look at one takes microseconds."""
        return "gpio"

    def claims(self) -> tuple[str, ...]:
        """The pin."""
        return (f"gpio-{self.pin}",)

    def channels(self) -> tuple[Channel, ...]:
        """1 for water, 0 for none; `raw` is the level of the pin, 1 for 3.3 V."""
        wet = int((self.normal == "open") != (self.pull == "up"))  # the level of the pin under water
        slope, intercept = (1.0, 0.0) if wet else (-1.0, 1.0)
        return (Channel("water", "water_presence", "1", 0, 0.0, 1.0, slope, intercept),)


class Driver:
    """One contact."""

    def __init__(self, options: Options, buses: Buses, clock: Clock) -> None:
        from gpiozero import InputDevice

        self.channels = options.channels()
        self._where = f"float switch on GPIO{options.pin}"
        factory = buses.pin(options.pin, self._where)
        with pin_errors(self._where):
            self._device = InputDevice(options.pin, pull_up=options.pull == "up", pin_factory=factory)

    def read(self) -> list[Sample]:
        """The level now. HardwareError where the pin cannot be read."""
        with pin_errors(self._where):
            level = int(self._device.pin.state)
        channel = self.channels[0]
        return [Sample(channel.name, level, channel.value(level))]

    def close(self) -> None:
        """Give the pin back."""
        self._device.close()
