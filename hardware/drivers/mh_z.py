"""A Winsen CO2 module with infrared optics: MH-Z19, MH-Z19B, MH-Z19C, MH-Z14. Asked over a serial line, `FF 01 86 ... 79`.

The reply `FF 86 high low t ...` gives CO2 in ppm; it is the same in all of them, so there is no model to choose. What differs is the measuring
range, which the reply does not tell: read it off the module or its order number. At the range's end the number stays (OVER_RANGE).

After power-on the module replies at once and wrongly: all zeros, or 410 or 436 ppm without moving. For `warm_up` those numbers are no values, and
all others uncertain. A reply of all zeros at any time is a module that has just started: the warm-up then counts anew.

0 ppm is no value, and less than 300 is uncertain: no air has so little, a module that says so is dirty or calibrated in foul air. A number beyond 1.2
times the range is none.

Byte 4 is a temperature plus 40 in MH-Z19's that were recorded; no data sheet promises it, and it is that of the module's inside: it is offered
as an uncertain channel only on demand.

Traps. The module calibrates itself (ABC, on when it leaves the factory): once a day it takes the lowest value seen for 400 ppm of fresh air. Where
fresh air never comes, in a sewer, a tunnel or a plant, that makes every later value too low. Switch it off once, on a bench, with the maker's
tool. Nothing here sends a zero, span, ABC or range command: sent by mistake they ruin the module. The PWM output is not read: Linux cannot time it.
Nor are the frames that some models can be told to send on their own: no sheet at hand describes them, and asking works with all.

What it cannot see: a dirty or drifted lamp reads wrongly and steadily; only fresh air or test gas shows it. MH-Z14: calibrate within 6 months.

Wiring: 5 V supply; TX and RX are 3.3 V. The serial console must be off. Source: Winsen MH-Z19B manual (commands), a recorded MH-Z19B.
A reading ends within 1.2 s.

    [[sensor]]
    name = "co2"
    driver = "mh_z"
    port = "/dev/serial0"
    range = 5000
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from hardware.drivers._winsen import BAUD, GASES, READ, REPLY, Kind, Module, beyond, frames, word
from hardware.quantities import Seconds
from hardware.sample import Channel, Quality, Reason, Sample, bad
from hardware.scout import Guess, OnSerial

if TYPE_CHECKING:
    from hardware.buses import Buses
    from hardware.driver import Clock

WARMING = (410, 436)
"""ppm that the module repeats until it measures."""
COLD = 40
"""What the temperature byte is above the temperature, Celsius."""
INSIDE = range(COLD - 10, COLD + 71)
"""Temperature bytes of a module that works: -10 to 70 Celsius."""
FRESH = 300
"""ppm; no air on earth has less CO2."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """port: device path or pyserial URL; prefer the path by-path or by-id, which does not change. range: end of the module's measuring range, ppm:
    2000, 5000 or 10000. temperature: whether to give the undocumented temperature byte as a channel. warm_up: time after opening in which the
    module is not to be trusted: 3 min by the maker.
    """

    port: str
    range: Literal[2000, 5000, 10000]
    temperature: bool = False
    warm_up: Seconds = Seconds(180)

    def bus(self) -> str:
        """The port: one module, one line."""
        return f"serial:{self.port}"

    def claims(self) -> tuple[str, ...]:
        """The whole port."""
        return (f"serial:{self.port}",)

    def channels(self) -> tuple[Channel, ...]:
        """`co2` in ppm, `raw` the number in the reply; on demand `temperature` in Celsius, `raw` its byte."""
        co2 = Channel("co2", "carbon_dioxide", "[ppm]", 0, 0.0, float(self.range))
        inside = Channel("temperature", "temperature", "Cel", 0, float(INSIDE[0] - COLD), float(INSIDE[-1] - COLD), 1.0, -float(COLD))
        return (co2, inside) if self.temperature else (co2,)


class Driver:
    """One module on its own line."""

    def __init__(self, options: Options, buses: Buses, clock: Clock) -> None:
        self.channels = options.channels()
        self._options = options
        self._clock = clock
        self._started = clock.monotonic()
        self._module = Module(buses, options.port, clock, f"MH-Z on {options.port}")

    def read(self) -> list[Sample]:
        """One question, one reply. HardwareError where none comes in time, or none that can be read."""
        reply = self._module.ask(READ)
        if not any(reply[2:8]):
            self._started = self._clock.monotonic()
        co2 = self._judged(word(reply, 2), blank=not any(reply[2:8]))
        return [co2, *(_inside(channel, reply[4]) for channel in self.channels[1:])]

    def _judged(self, ppm: int, blank: bool) -> Sample:
        name = self.channels[0].name
        warming = self._clock.monotonic() - self._started < self._options.warm_up
        if blank or (warming and ppm in WARMING):
            return bad(name, Reason.WARM_UP, ppm)
        if ppm == 0:
            return bad(name, Reason.UNDER_RANGE, ppm)
        if over := beyond(self.channels[0], ppm):
            return over
        if ppm < FRESH:
            return Sample(name, ppm, float(ppm), Quality.UNCERTAIN, Reason.UNDER_RANGE)
        if warming:
            return Sample(name, ppm, float(ppm), Quality.UNCERTAIN, Reason.WARM_UP)
        return Sample(name, ppm, float(ppm))

    def close(self) -> None:
        """Close the port."""
        self._module.close()


def _inside(channel: Channel, code: int) -> Sample:
    """The temperature byte, never better than indicative."""
    if code not in INSIDE:
        return bad(channel.name, Reason.RANGE, code)
    return Sample(channel.name, code, channel.value(code), Quality.UNCERTAIN, Reason.INDICATIVE)


def tell(heard: bytes) -> Guess | None:
    """A reply with CO2 that air can have and a temperature in byte 4 or nothing there, and no second number."""
    for reply in frames().feed(heard):
        if reply[1] == REPLY and word(reply, 2) >= FRESH and not any(reply[5:8]) and (reply[4] == 0 or reply[4] in INSIDE):
            sure = reply[4] != 0 and reply[4] not in GASES
            what = "Winsen MH-Z CO2 module" if sure else "Winsen MH-Z CO2 module, or a ZE03 of any gas: the reply does not tell which"
            return Guess(f"{what}, {word(reply, 2)} ppm; its label tells the range", {}, sure)
    return None


SIGNATURES = (OnSerial({"baudrate": BAUD}, tell, READ),)
"""Answers the question for a concentration."""

PARSERS = {"reply": lambda: Kind(REPLY)}
"""Its replies."""
