"""What every driver of a dry contact on a pin shares: the wiring that a person configures, and the reading of it.

Each change that counts has a sample of its own with its time, and the last sample of a reading is the state now. A reading tells every change,
however seldom it is read, but for those of a time in which the contact chattered: they are UNCERTAIN (bounce), only the newest are told, and where
that left some out the state now says so too. So a storm of edges costs a bounded number of samples, and no closure is lost that is none of a storm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from hardware.buses.gpio import Watch
from hardware.drivers._edges import INSTANT, MOST, Chatter, Debounce
from hardware.sample import Channel, Quality, Reason, Sample

if TYPE_CHECKING:
    from hardware.buses import Buses
    from hardware.buses.gpio import Look
    from hardware.driver import Clock

Meaning = Literal["alarm", "fault", "leak", "water", "door", "tamper", "running", "button"]
QUANTITY: dict[Meaning, str] = {
    "alarm": "alarm_relay",
    "fault": "fault_relay",
    "leak": "liquid_leak",
    "water": "water_presence",
    "door": "door_open",
    "tamper": "tamper",
    "running": "running",
    "button": "push_button",
}
"""What each meaning measures, in words of the field."""
DAY = 86400.0
"""Seconds that a state must last to count, at most."""
PULLED_UP = (2, 3)
"""Pins with a resistor of 1.8 kilo-ohms to 3.3 V on the board, for I2C."""


class Contact(NamedTuple):
    """A contact as it is wired. pin: BCM number. pull: where the Pi's resistor pulls while it is open. closed_at_rest: whether it is closed while
    there is nothing to tell. on_delay, off_delay: seconds."""

    pin: int
    pull: str
    closed_at_rest: bool
    on_delay: float
    off_delay: float

    def active_level(self) -> int:
        """The pin's level, 0 or 1, while there is something to tell."""
        return int(self.closed_at_rest == (self.pull == "up"))

    def channel(self, name: str, quantity: str) -> Channel:
        """1 while there is something to tell, 0 while not; `raw` is the level of the pin that has lasted, 1 for 3.3 V."""
        slope, intercept = (1.0, 0.0) if self.active_level() else (-1.0, 1.0)
        return Channel(name, quantity, "1", 0, 0.0, 1.0, slope, intercept)


def check_delays(on_delay: float, off_delay: float) -> None:
    """ValueError where one of them, in seconds, is longer than a day: a contact that never tells."""
    for name, seconds in (("on_delay", on_delay), ("off_delay", off_delay)):
        if not 0 <= seconds <= DAY:
            raise ValueError(f"{name} is {seconds:g} s; write at most 1 d: what must last longer is never told")


def check_pull(pin: int, pull: str) -> None:
    """ValueError where the board itself pulls the pin the other way."""
    if pin in PULLED_UP and pull == "down":
        raise ValueError(f"GPIO{pin} is pulled up on the board; wire the contact to ground and write pull = up, or use another pin")


class ContactReader:
    """An open contact, read as the samples of one channel. what: names it in messages and as the pin's owner."""

    def __init__(self, contact: Contact, channel: Channel, what: str, buses: Buses, clock: Clock) -> None:
        where = f"{what} on GPIO{contact.pin}"
        self._contact = contact
        self._channel = channel
        self._watch = Watch(contact.pin, contact.pull, buses.pin(contact.pin, where), clock, where)
        self._chatter = Chatter()
        self._opened = clock.monotonic()
        self._debounce: Debounce | None = None
        self._level = 0

    def read(self) -> list[Sample]:
        """The changes since the last reading, each with its time, then the state now. HardwareError where the pin cannot be read."""
        look = self._watch.look()
        first = self._debounce is None and bool(look.edges)
        debounce = self._debounced(look)
        told = [self._sample(self._active(1 - look.edges[0].level), self._opened, self._opened)] if first else []  # it is an edge of its own
        told += [self._sample(change.active, change.at, change.at) for change in debounce.changes(look.at) if change.at < look.at - INSTANT]
        kept = _bounded(told)
        return [*kept, self._sample(debounce.active, look.at, doubt=len(kept) < len(told))]

    def _debounced(self, look: Look) -> Debounce:
        """The debounce, after the edges of this look; the first look begins it."""
        if self._debounce is None:
            self._level = 1 - look.edges[0].level if look.edges else look.level
            contact = self._contact
            self._debounce = Debounce(self._active(self._level), self._opened, contact.on_delay, contact.off_delay)
        for at, level in look.edges:
            self._chatter.edge(at)
            self._seen(self._debounce, level, at)
        if look.lost:
            self._chatter.lost(look.at)
        if look.level != self._level:  # its edge was lost, or is still on its way
            self._seen(self._debounce, look.level, look.at)
        return self._debounce

    def _seen(self, debounce: Debounce, level: int, at: float) -> None:
        self._level = level
        debounce.edge(self._active(level), at)

    def _active(self, level: int) -> bool:
        return level == self._contact.active_level()

    def _sample(self, active: bool, when: float, at: float | None = None, doubt: bool = False) -> Sample:
        level = self._contact.active_level() if active else 1 - self._contact.active_level()
        if doubt or self._chatter.chatters(when):
            return Sample(self._channel.name, level, self._channel.value(level), Quality.UNCERTAIN, Reason.BOUNCE, at)
        return Sample(self._channel.name, level, self._channel.value(level), at=at)

    def close(self) -> None:
        """Give the pin back."""
        self._watch.close()


def _bounded(told: list[Sample]) -> list[Sample]:
    """All of them, but of those of a storm only the newest."""
    surplus = sum(sample.reason is Reason.BOUNCE for sample in told) - MOST
    kept = []
    for sample in told:
        if sample.reason is Reason.BOUNCE and surplus > 0:
            surplus -= 1
        else:
            kept.append(sample)
    return kept
