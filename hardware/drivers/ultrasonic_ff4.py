"""An ultrasonic distance sensor that speaks four bytes, `FF high low sum`, over a serial line: DFRobot A02YYUW and its many relatives.

The sensors talk all the time and a frame carries no time, so what lies in the buffer may be minutes old: each reading forgets it, waits for a
quiet line, and takes the next whole frame. There is no such thing as the last distance here: without a new frame there is no value.

A frame is known by its header, its sum and a distance that is possible at all; where four bytes are none, the search goes on one byte later,
because the header's FF also occurs inside frames. The numbers of each model are data at the end of this file, from the makers' pages.

Wiring: 5 V sensors need a divider to 3.3 V at the Pi's RX; leave the sensor's own RX open (processed values). The serial console must be off.

    [[sensor]]
    name = "distance"
    driver = "ultrasonic_ff4"
    port = "/dev/serial0"
    model = "a02yyuw"
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from hardware.drivers._frames import Window
from hardware.drivers._line import PATIENCE, Line
from hardware.errors import NotReady
from hardware.sample import Channel, Reason, Sample, bad

if TYPE_CHECKING:
    from hardware.buses import Buses
    from hardware.driver import Clock

HEADER, LENGTH = b"\xff", 4
NO_DISTANCE = 0x8000
"""Numbers from here on are no distance of any model (33 m): four bytes that say so are the middle of something, unless the model means it."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """port: device path or pyserial URL; prefer the path by-path or by-id, which does not change. model: a02yyuw, a01nyub, me007ys, jsn_sr04t
    (automatic mode), aj_sr04m (automatic mode), sen0627 (asked each time: period of 3 s or more) or sen0754. low, high: nearest and farthest
    distance it can measure, in mm, where the model's own do not fit; sen0627 and sen0754 have none here, write those of the data sheet.
    """

    port: str
    model: str
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise ValueError(f"there is no model {self.model!r}; use one of {', '.join(sorted(MODELS))}")
        low, high = self.range()
        if low is None or high is None:
            raise ValueError(f"model {self.model} needs low and high; write the nearest and farthest distance of its data sheet, in mm")
        if not 0 < low < high:
            raise ValueError(f"low ({low:g}) must be above 0 and below high ({high:g}); both are distances in mm")

    def range(self) -> tuple[float | None, float | None]:
        """Nearest and farthest distance, mm."""
        model = MODELS[self.model]
        return (model.low if self.low is None else self.low, model.high if self.high is None else self.high)

    def bus(self) -> str:
        """The port: one sensor, one line."""
        return f"serial:{self.port}"

    def claims(self) -> tuple[str, ...]:
        """The whole port."""
        return (f"serial:{self.port}",)

    def channels(self) -> tuple[Channel, ...]:
        """The distance in mm; `raw` is the number in the frame."""
        low, high = self.range()
        return (Channel("distance", "distance", "mm", 0, float(low or 0), float(high or 0), MODELS[self.model].scale),)


def parser(model: Model) -> Window:
    """A fresh parser of a model's frames: a header, a sum, and a distance that is possible at all."""

    def check(frame: bytes) -> Reason | None:
        header, high, low, total = frame
        number = high << 8 | low
        known = number < NO_DISTANCE or number in model.sentinels
        return None if known and total == (high + low + (header if model.header_counts else 0)) & 0xFF else Reason.CHECKSUM

    return Window(HEADER, LENGTH, check)


class Driver:
    """One sensor on its own line."""

    def __init__(self, options: Options, buses: Buses, clock: Clock) -> None:
        self.channels = options.channels()
        self._model = MODELS[options.model]
        self._clock = clock
        self._asked = float("-inf")
        port = buses.serial(options.port, baudrate=self._model.baud, timeout=PATIENCE)
        self._line = Line(port, clock, self._model.baud, f"{options.model} on {options.port}")

    def read(self) -> list[Sample]:
        """The next frame. HardwareError where none comes in time, or none that can be read."""
        with self._line.port.claimed():
            self._line.forget()
            self._ask()
            _, high, low, _ = self._line.next(parser(self._model), 2 * self._model.slowest + PATIENCE)
        number = high << 8 | low
        channel = self.channels[0]
        reason = self._refused(channel, number)
        return [bad(channel.name, reason, number) if reason else Sample(channel.name, number, channel.value(number))]

    def _ask(self) -> None:
        if not self._model.trigger:
            return
        now = self._clock.monotonic()
        if now - self._asked < self._model.rest:
            raise NotReady(f"{self._line.where}: asked again within {self._model.rest:g} s; give the sensor a longer period")
        self._asked = now
        self._line.port.write(self._model.trigger)

    def _refused(self, channel: Channel, number: int) -> Reason | None:
        """Why a number of a good frame is no distance."""
        if number in self._model.sentinels:
            return self._model.sentinels[number]
        if number == 0:
            return Reason.NO_ECHO
        if channel.value(number) <= channel.low:
            return Reason.OBSTRUCTED
        return Reason.RANGE if channel.value(number) > channel.high else None

    def close(self) -> None:
        """Close the port: nobody else is on it, and a sensor that failed gets a fresh one."""
        self._line.port.close()


class Model(NamedTuple):
    """What differs between the relatives.

    scale: mm per count. low, high: mm; None where no sheet was at hand. slowest: seconds from frame to frame, or from question to answer.
    baud: bits per second. header_counts: the sum includes the header. sentinels: numbers that are a message. trigger: bytes that ask for a
    measurement; rest: seconds between questions.
    """

    scale: float
    low: float | None
    high: float | None
    slowest: float
    baud: int = 9600
    header_counts: bool = True
    sentinels: Mapping[int, Reason] = MappingProxyType({})
    trigger: bytes = b""
    rest: float = 0.0


MODELS: dict[str, Model] = {
    "a02yyuw": Model(1, 30, 4500, 0.3),
    "a01nyub": Model(1, 280, 7500, 0.3),
    "me007ys": Model(1, 280, 4500, 0.3),
    "jsn_sr04t": Model(1, 200, 6000, 0.2),
    "aj_sr04m": Model(1, 200, 4500, 0.2, header_counts=False),
    # One byte of zeros holds the sensor's RX low for 0.94 ms at 9600 baud: the falling edge and the 10 us to 2 ms it asks for.
    "sen0627": Model(10, None, None, 1.2, trigger=b"\x00", rest=2.5),
    "sen0754": Model(1, None, None, 0.1, baud=115200, sentinels={0xFFFD: Reason.NO_TARGET, 0xFFFE: Reason.INTERFERENCE}),
}
"""By model: DFRobot SEN0311 (a02yyuw), SEN0313 (a01nyub), SEN0312 (me007ys), SEN0627, SEN0754; JSN-SR04T; AJ-SR04M."""

PARSERS = {name: partial(parser, model) for name, model in MODELS.items()}
"""By model."""
