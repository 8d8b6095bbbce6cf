"""A relay on one GPIO pin that acts while an alarm asks for it: a barrier, a sign, a fan, a valve, the input of somebody else's panel.

`fail_safe = true`: the coil has power at rest and loses it to act, so that a cut wire, a dead board and lost power act too, as the fault relay of a
gas detector does (Det-Tronics manual 557764). `fail_safe = false`: the coil has power while it acts, for what must not move by a power cut. Which is
right is the site's decision and has no default. It does not pulse, is never silenced and has no `max_on`. A self-test moves what hangs on it, for one
second, and only where `testable = true`. Opening a barrier again is a person's act: let its alarm latch.

Wiring: the pin to the board's input; `active` is the level at which the board gives the coil power. The board needs a resistor that pulls its input
to the coil without power (10 kilo-ohms; to ground for `high`, to 3.3 V for `low`), because the pin is not always driven. Fail-safe, use the contact
that is closed without power (NC) for what is to be switched on by the alarm.

What the relay does while no node drives it:
- node stopped: it stays as it is, acting while an alarm stood. Also fail-safe: a stop for an update moves no barrier.
- node crashed, killed or restarting: it stays as it is on Raspberry Pi OS, so fail-safe alone does not see a dead program; systemd starts it again,
  and the hardware watchdog resets a computer on which that fails. With `dtparam=strict_gpiod`, or a mainline kernel, the pin becomes an input, the
  coil loses power, and a fail-safe relay acts; an update then moves it too.
- node starting: the pin is driven at once with the level that is restored, before any sensor is read. A pin library may make it an input for some
  microseconds on the way, too short for a coil.
- power gone, or the computer starting or reset: no power on the coil: a fail-safe relay acts until the node runs again, any other rests.

    [[output]]
    name = "barrier"
    kind = "relay"
    pin = 23
    fail_safe = true
    from_level = 3
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardware.outputs._pattern import Course, FromLevel
from hardware.outputs._switch import PinOptions, Switch

if TYPE_CHECKING:
    from hardware.buses import Buses

PULSE = (1.0,)
"""The self-test: one second, long enough to be heard and seen."""


class Options(PinOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """pin: BCM number, 0 to 27. active: the level of the pin that gives the coil power, `high` or `low`. fail_safe: true where the coil has power at
    rest and loses it to act, false where it gets power to act. from_level: the lowest level it acts for, 1 to 9 (3 is 150 mm of water on the default
    ladder, where underpass barriers close). testable: whether a self-test may move it.
    """

    fail_safe: bool
    from_level: FromLevel = 1
    testable: bool = False


class Output(Switch):
    """An open relay."""

    def __init__(self, options: Options, buses: Buses, level: int, spent: bool = False) -> None:
        course = Course(("steady",), options.from_level, 0.0, PULSE if options.testable else (), level, spent)
        super().__init__("relay", options.pin, (options.active == "high") != options.fail_safe, buses, course)
