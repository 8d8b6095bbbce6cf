"""A siren on one GPIO pin, through a transistor or a relay board: it sounds while an alarm asks for it.

By default it sounds steadily at every level, because most sirens make a tone of their own and many need seconds to start. `max_on` is for the
neighbours: after that time it is silent although the alarm goes on, and sounds again at a higher level or a new occurrence. Let the alarm have a
beacon too: it has no `max_on`, and silencing the siren leaves it on.

Wiring: the pin to the board's input; `active = "low"` for boards that switch at a low pin. The board needs a resistor that pulls its input to
rest (10 kilo-ohms; to ground for `high`, to 3.3 V for `low`), because the pin is not always driven.

What the siren does while no node drives it:
- node stopped: it sounds on steadily while an alarm stood, also where it pulses and beyond `max_on`, which nobody counts then; else rest.
- node crashed, killed or restarting: it stays as it was at that moment: sounding, or silent in the pause of a pattern. So on Raspberry Pi OS;
  with `dtparam=strict_gpiod`, or a mainline kernel, the pin becomes an input: rest.
- node starting: the pin is driven at once with the level that is restored, before any sensor is read; a siren that had stopped by `max_on` stays
  silent. A pin library may make it an input for some microseconds on the way, too short for a relay.
- power gone, or the computer starting: the pin is an input, so the resistor decides: rest, until the node runs again. After a power cut `max_on`
  counts from the start.

    [[output]]
    name = "siren"
    kind = "siren"
    pin = 17
    max_on = "15 min"
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardware.outputs._pattern import Course, FromLevel, Pattern, check_max_on, check_patterns
from hardware.outputs._switch import CHIRPS, PinOptions, Switch
from hardware.quantities import Seconds

if TYPE_CHECKING:
    from hardware.buses import Buses


class Options(PinOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """pin: BCM number, 0 to 27. active: the level of the pin that sounds the siren, `high` or `low`. from_level: the lowest level it sounds for,
    1 to 9. patterns: for that level, the next, ... (the last for all above) `steady`, `slow` (1 s on, 1 s off), `fast` (twice a second), or a list of
    durations on, off, on, off, ... as text with a unit. max_on: how long it sounds at most, as text with a unit; 0 for as long as the alarm.
    """

    from_level: FromLevel = 1
    patterns: tuple[Pattern, ...] = ("steady",)
    max_on: Seconds = Seconds(0)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_patterns(self.patterns)
        check_max_on(self.max_on)


class Output(Switch):
    """An open siren."""

    sounder = True

    def __init__(self, options: Options, buses: Buses, level: int, spent: bool = False) -> None:
        course = Course(options.patterns, options.from_level, options.max_on, CHIRPS, level, spent)
        super().__init__("siren", options.pin, options.active == "high", buses, course)
