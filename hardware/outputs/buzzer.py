"""A buzzer beside the node, on one GPIO pin: it tells the people in the room, and by its pulses which level it is.

An active buzzer is meant, which makes its tone itself; a passive piezo disc on a pin only clicks. It is a sounder as the siren is: silence and
`max_on` are for it, and after `max_on` it sounds again at a higher level or a new occurrence.

Wiring: up to a few milliamperes from the pin to ground, more through a transistor; `active = "low"` for modules that sound at a low pin. The input
needs a resistor that pulls it to rest (10 kilo-ohms; to ground for `high`, to 3.3 V for `low`), because the pin is not always driven.

What the buzzer does while no node drives it:
- node stopped: it sounds on steadily while an alarm stood, beyond `max_on`, which nobody counts then; else rest.
- node crashed, killed or restarting: it stays as it was at that moment: sounding, or silent in the pause of a pattern. So on Raspberry Pi OS;
  with `dtparam=strict_gpiod`, or a mainline kernel, the pin becomes an input: rest.
- node starting: the pin is driven at once with the level that is restored, beginning with the pulse; one that had stopped by `max_on` stays silent.
- power gone, or the computer starting: the pin is an input, so the resistor decides: rest, until the node runs again.

    [[output]]
    name = "buzzer"
    kind = "buzzer"
    pin = 22
    patterns = ["slow", "fast", "steady"]
    max_on = "5 min"
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardware.outputs._pattern import Course, FromLevel, Pattern, check_max_on, check_patterns
from hardware.outputs._switch import CHIRPS, PinOptions, Switch
from hardware.quantities import Seconds

if TYPE_CHECKING:
    from hardware.buses import Buses


class Options(PinOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """pin: BCM number, 0 to 27. active: the level of the pin that sounds the buzzer, `high` or `low`. from_level: the lowest level it sounds for,
    1 to 9. patterns: for that level, the next, ... (the last for all above) `steady`, `slow` (1 s on, 1 s off), `fast` (twice a second), or a list of
    durations on, off, on, off, ... as text with a unit. max_on: how long it sounds at most, as text with a unit; 0 for as long as the alarm.
    """

    from_level: FromLevel = 1
    patterns: tuple[Pattern, ...] = ("slow", "fast", "steady")
    max_on: Seconds = Seconds(0)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_patterns(self.patterns)
        check_max_on(self.max_on)


class Output(Switch):
    """An open buzzer."""

    sounder = True

    def __init__(self, options: Options, buses: Buses, level: int, spent: bool = False) -> None:
        course = Course(options.patterns, options.from_level, options.max_on, CHIRPS, level, spent)
        super().__init__("buzzer", options.pin, options.active == "high", buses, course)
