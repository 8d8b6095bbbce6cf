"""A float switch, or any other contact that says water or no water, on a GPIO pin through gpiozero.

Each reading is the state of the contact at that moment, and before it every change since the reading before, each with its own time: a closure that
was over before anybody looked is told too. A switch that is already under water when the node starts is told by the first reading, without delay.
A wave makes the contact chatter: `on_delay` and `off_delay` are how long wet, and dry, must last to count (2 to 5 s and 30 to 60 s are usual);
every edge starts them anew, and `raw` is then the level that has lasted. With 0 s, the default, every edge counts and what must last is the
alarm's decision. A contact that changes more often than a contact can is UNCERTAIN (bounce).

Wiring: the contact between the pin and ground (`pull = "up"`), or between the pin and 3.3 V (`pull = "down"`); the Pi's own resistor (about 50
kilo-ohms) holds the pin while the contact is open, and a long cable wants one of 1 to 10 kilo-ohms beside it, in the same direction. A broken
wire looks like an open contact. So prefer a switch that is closed while dry (`normal = "closed"`): then a broken wire says water, where with
the other kind it says dry for ever. A float that sticks says nothing new, and nothing here can tell: test it by hand. Where life depends on it, use
two resistors and the driver `supervised_loop`.

    [[sensor]]
    name = "float"
    driver = "float_switch"
    pin = 5
    normal = "closed"
    on_delay = "2 s"
    off_delay = "30 s"
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from hardware.drivers._contact import Contact, ContactReader, check_delays, check_pull
from hardware.quantities import Seconds
from hardware.sample import Channel, Sample

if TYPE_CHECKING:
    from hardware.buses import Buses
    from hardware.driver import Clock


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """pin: BCM number, 0 to 27. normal: the contact while dry, `open` or `closed`. pull: where the Pi's resistor pulls while the contact is open,
    `up` for a contact to ground, `down` for one to 3.3 V. on_delay, off_delay: how long water, and none, must last to count, as text with a unit,
    at most 1 d.
    """

    pin: Annotated[int, msgspec.Meta(ge=0, le=27)]
    normal: Literal["open", "closed"]
    pull: Literal["up", "down"] = "up"
    on_delay: Seconds = Seconds(0)
    off_delay: Seconds = Seconds(0)

    def __post_init__(self) -> None:
        check_pull(self.pin, self.pull)
        check_delays(self.on_delay, self.off_delay)

    def bus(self) -> str:
        """All pins are one bus: a look at one takes microseconds."""
        return "gpio"

    def claims(self) -> tuple[str, ...]:
        """The pin."""
        return (f"gpio-{self.pin}",)

    def contact(self) -> Contact:
        """The contact as it is wired."""
        return Contact(self.pin, self.pull, self.normal == "closed", self.on_delay, self.off_delay)

    def channels(self) -> tuple[Channel, ...]:
        """1 for water, 0 for none; `raw` is the level of the pin, 1 for 3.3 V."""
        return (self.contact().channel("water", "water_presence"),)


class Driver:
    """One contact."""

    def __init__(self, options: Options, buses: Buses, clock: Clock) -> None:
        self.channels = options.channels()
        self._reader = ContactReader(options.contact(), self.channels[0], "float switch", buses, clock)

    def read(self) -> list[Sample]:
        """Every change since the last reading, then the state now. HardwareError where the pin cannot be read."""
        return self._reader.read()

    def close(self) -> None:
        """Give the pin back."""
        self._reader.close()
