"""A dry contact on a GPIO pin: a relay of a gas panel (A1, A2, FAULT), a liquid-leak sensor, a door, a tamper switch, a level switch,
a push button.

What a gas panel tells by a relay is told as it is, 1 or 0; the alarm's own delays belong to the panel. Its FAULT relay is energised while all is
well, so that a panel without power tells a fault too (convention as in the Det-Tronics manual 557764). Write `normal` as the contact is drawn on the
relay's sheet, without power, and `energised = true`: a normally-open contact is then closed in health, and open means FAULT.

Each reading is the state now, and before it every change since the reading before, each with its time; a contact that was already closed at the
start is told by the first reading, without delay. `on_delay` and `off_delay`: how long the state must last to count, anew with every edge; 0 tells
every edge. More edges than a contact can make are UNCERTAIN (bounce).

Wiring: the contact between the pin and ground (`pull = "up"`), or between the pin and 3.3 V (`pull = "down"`). Contacts of a panel are free of
voltage or are not connected: an optocoupler or relay stands between the pin and anything else. A leak sensor stands at the low point of the sump,
within a centimetre of the floor. What it cannot see: a broken wire looks like an open contact, so a contact that is closed at rest tells the
break as its event and the other kind never tells anything again; a welded or stuck contact looks like its state. `supervised_loop` sees both.

A push button is open at rest, with delays of 20 ms against its bouncing. A period of 100 to 200 ms answers a finger at once; a press that is over
before anybody reads it is told all the same.

    [[sensor]]
    name = "panel-fault"
    driver = "contact"
    pin = 6
    meaning = "fault"
    normal = "open"
    energised = true
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from hardware.drivers._contact import QUANTITY, Contact, ContactReader, Meaning, check_delays, check_pull
from hardware.quantities import Seconds
from hardware.sample import Channel, Sample

if TYPE_CHECKING:
    from hardware.buses import Buses
    from hardware.driver import Clock


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """pin: BCM number, 0 to 27. meaning: what 1 stands for: `alarm`, `fault`, `leak`, `water`, `door` (open), `tamper`, `running` or `button` (down);
    the channel has this name. normal: the contact at rest, `open` or `closed`; of a relay, as it is drawn: without power. energised: whether it is a
    relay whose coil has power at rest, which turns `normal` round. pull: where the Pi's resistor pulls while the contact is open, `up` for a contact
    to ground, `down` for one to 3.3 V. on_delay, off_delay: how long 1, and 0, must last to count, as text with a unit, at most 1 d.
    """

    pin: Annotated[int, msgspec.Meta(ge=0, le=27)]
    meaning: Meaning
    normal: Literal["open", "closed"]
    energised: bool = False
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
        return Contact(self.pin, self.pull, (self.normal == "closed") != self.energised, self.on_delay, self.off_delay)

    def channels(self) -> tuple[Channel, ...]:
        """One channel, named as its meaning; `raw` is the level of the pin that has lasted."""
        return (self.contact().channel(self.meaning, QUANTITY[self.meaning]),)


class Driver:
    """One contact."""

    def __init__(self, options: Options, buses: Buses, clock: Clock) -> None:
        self.channels = options.channels()
        self._reader = ContactReader(options.contact(), self.channels[0], f"{options.meaning} contact", buses, clock)

    def read(self) -> list[Sample]:
        """Every change since the last reading, then the state now. HardwareError where the pin cannot be read."""
        return self._reader.read()

    def close(self) -> None:
        """Give the pin back."""
        self._reader.close()
