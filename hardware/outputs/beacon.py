"""A beacon on one GPIO pin, through a transistor or a relay board: it shows that an alarm stands, as long as it stands.

A light disturbs nobody's night, so it is never silenced and has no `max_on`: when the sirens are quiet it is what still warns. It flashes slowly at
the first level and fast from the second; a beacon that flashes by itself takes `patterns = ["steady"]`. More than three flashes a second are refused:
they can trigger seizures (WCAG 2.2, 2.3.1).

Wiring: the pin to the board's input; `active = "low"` for boards that switch at a low pin. The board needs a resistor that pulls its input to
rest (10 kilo-ohms; to ground for `high`, to 3.3 V for `low`), because the pin is not always driven. A mechanical relay wears with every flash:
use a transistor for patterns.

What the beacon does while no node drives it:
- node stopped: it shines steadily while an alarm stood; else rest.
- node crashed, killed or restarting: it stays as it was at that moment: shining, or dark in the pause of a pattern. So on Raspberry Pi OS; with
  `dtparam=strict_gpiod`, or a mainline kernel, the pin becomes an input: rest.
- node starting: the pin is driven at once with the level that is restored, beginning with the flash.
- power gone, or the computer starting: the pin is an input, so the resistor decides: rest, until the node runs again.

    [[output]]
    name = "beacon"
    kind = "beacon"
    pin = 27
    patterns = ["slow", "fast"]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardware.outputs._pattern import Course, FromLevel, Pattern, check_patterns, pulses
from hardware.outputs._switch import CHIRPS, PinOptions, Switch

if TYPE_CHECKING:
    from hardware.buses import Buses

FLASHES = 3
"""Flashes in one second at most."""


class Options(PinOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """pin: BCM number, 0 to 27. active: the level of the pin that lights the beacon, `high` or `low`. from_level: the lowest level it shines for,
    1 to 9. patterns: for that level, the next, ... (the last for all above) `steady`, `slow` (1 s on, 1 s off), `fast` (twice a second), or a list of
    durations on, off, on, off, ... as text with a unit.
    """

    from_level: FromLevel = 1
    patterns: tuple[Pattern, ...] = ("slow", "fast")

    def __post_init__(self) -> None:
        super().__post_init__()
        check_patterns(self.patterns)
        for seconds in map(pulses, self.patterns):
            flashes = [on + off for on, off in zip(seconds[::2], seconds[1::2], strict=True)]
            if flashes and min(flashes) * FLASHES < 1:
                raise ValueError(f"patterns has more than {FLASHES} flashes a second, which can trigger seizures; make a flash with its pause longer")


class Output(Switch):
    """An open beacon."""

    def __init__(self, options: Options, buses: Buses, level: int, spent: bool = False) -> None:
        course = Course(options.patterns, options.from_level, 0.0, CHIRPS, level, spent)
        super().__init__("beacon", options.pin, options.active == "high", buses, course)
