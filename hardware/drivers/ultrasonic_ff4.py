"""An ultrasonic distance sensor that speaks four bytes, `FF high low sum`, over a serial line: DFRobot A02YYUW and its many relatives.

The sensors talk all the time and a frame carries no time, so what lies in the buffer may be minutes old: each reading forgets it, waits for a
quiet line, and takes the next whole frame. There is no such thing as the last distance here: without a new frame there is no value.

A frame is known by its header, its sum and a distance that is possible at all; where four bytes are none, the search goes on one byte later,
because the header's FF also occurs inside frames. The numbers of each model are data at the end of this file, from the makers' pages.

A reading takes several pings (`pings`, hardware/drivers/_pings.py) and has a second channel, `jitter`. With pings = 1 a reading is one frame. It ends
within (discard + pings) times (twice the model's slowest interval + 0.1 s): 4.2 s of an a02yyuw at worst, 0.6 to 1.8 s of a healthy one, so give the
sensor a period of 2 s and more, or fewer pings: a shorter period is refused. The sen0627 rests 2.5 s between questions and takes one ping.

What it sees alone: silence, garbled frames, frames that come too rarely (later than 1.15 times the sheet's slowest interval and
0.03 s after the one before), no echo, something in the blind zone. What only a second witness sees: a wrong but possible distance (a leaf, a parked
car, a bent pole), and a number that stands still; its jitter is then 0, which calm water has too.

Wiring: 5 V sensors need a divider to 3.3 V at the Pi's RX; leave the sensor's own RX open (processed values). The serial console must be off.

    [[sensor]]
    name = "distance"
    driver = "ultrasonic_ff4"
    period = "2 s"
    port = "/dev/serial0"
    model = "a02yyuw"
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, NamedTuple

import msgspec

from hardware.drivers._frames import Window
from hardware.drivers._line import PATIENCE, Line
from hardware.drivers._pings import Pinger, Pinging, settle
from hardware.errors import NotReady
from hardware.sample import Channel, Reason, Sample
from hardware.scout import Guess, OnSerial

if TYPE_CHECKING:
    from hardware.buses import Buses
    from hardware.driver import Clock

HEADER, LENGTH = b"\xff", 4
FARTHEST = 100_000
"""mm: no sensor of this kind measures farther."""
NO_DISTANCE = 0x8000
"""Numbers from here on are no distance of any model (33 m): four bytes that say so are the middle of something, unless the model means it."""


class Options(Pinging, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """port: device path or pyserial URL; prefer the path by-path or by-id, which does not change. model: a02yyuw, a01nyub, me007ys, jsn_sr04t
    (automatic mode), aj_sr04m (automatic mode), sen0627 (asked each time: pings = 1, and a period of 3 s or more) or sen0754. low, high: nearest
    and farthest distance it can measure, in mm, where the model's own do not fit; sen0627 and sen0754 have none here, write those of the data sheet.

    pings: frames per reading, 1 or 3 to 25. statistic: median, or mode (the number that came most often). discard: frames thrown away at the
    beginning of a reading of several pings, 0 to 10: the sensor's own filter still holds what was before.
    """

    port: str
    model: str
    low: Annotated[float, msgspec.Meta(le=FARTHEST)] | None = None
    high: Annotated[float, msgspec.Meta(le=FARTHEST)] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.model not in MODELS:
            raise ValueError(f"there is no model {self.model!r}; use one of {', '.join(sorted(MODELS))}")
        low, high = self.range()
        if low is None or high is None:
            raise ValueError(f"model {self.model} needs low and high; write the nearest and farthest distance of its data sheet, in mm")
        if not 0 < low < high:
            raise ValueError(f"low ({low:g}) must be above 0 and below high ({high:g}); both are distances in mm")
        if MODELS[self.model].trigger and self.pings > 1:
            raise ValueError(f"model {self.model} rests {MODELS[self.model].rest:g} s between questions; write pings = 1")

    def range(self) -> tuple[float | None, float | None]:
        """Nearest and farthest distance, mm."""
        model = MODELS[self.model]
        return (model.low if self.low is None else self.low, model.high if self.high is None else self.high)

    def slowest(self) -> float:
        """Seconds from one reading of a healthy sensor to the next at least: its frames at the sheet's slowest, or its rest and a fifth more."""
        model = MODELS[self.model]
        return max(self.frames() * model.slowest, 1.2 * model.rest)

    def bus(self) -> str:
        """The port: one sensor, one line."""
        return f"serial:{self.port}"

    def claims(self) -> tuple[str, ...]:
        """The whole port."""
        return (f"serial:{self.port}",)

    def channels(self) -> tuple[Channel, ...]:
        """The distance in mm, `raw` is the number in the frame; and the jitter of several pings."""
        low, high = self.range()
        return self.given(Channel("distance", "distance", "mm", 0, float(low or 0), float(high or 0), MODELS[self.model].scale))


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
        self._options = options
        self._model = MODELS[options.model]
        self._clock = clock
        self._asked = float("-inf")
        port = buses.serial(options.port, baudrate=self._model.baud, timeout=PATIENCE)
        self._line = Line(port, clock, self._model.baud, f"{options.model} on {options.port}")
        asking = self._ask if self._model.trigger else None
        self._pinger = Pinger(self._line, clock, partial(parser, self._model), self._judged, self._model.slowest, asking)

    def read(self) -> list[Sample]:
        """The middle of the next frames. HardwareError where none comes in time, or none that can be read."""
        with self._line.port.claimed():
            pings = self._pinger.take(self._options)
        return settle(pings, self._options, self.channels)

    def details(self) -> list[Sample]:
        """The pings of the newest reading."""
        return self._pinger.details(self.channels[0])

    def _ask(self) -> None:
        now = self._clock.monotonic()
        if now - self._asked < self._model.rest:
            raise NotReady(f"{self._line.where}: asked again within {self._model.rest:g} s; give the sensor a longer period")
        self._asked = now
        self._line.port.write(self._model.trigger)

    def _judged(self, frame: bytes) -> tuple[int, Reason | None]:
        """The number of a good frame, and why it is no distance."""
        channel, number = self.channels[0], frame[1] << 8 | frame[2]
        if number in self._model.sentinels:
            return number, self._model.sentinels[number]
        if number == 0:
            return number, Reason.NO_ECHO
        if channel.value(number) <= channel.low:
            return number, Reason.OBSTRUCTED
        return number, Reason.RANGE if channel.value(number) > channel.high else None

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


SLOW, FAST = (("a02yyuw", "A02YYUW or a relative"), ("aj_sr04m", "AJ-SR04M")), (("sen0754", "SEN0754"),)
"""What a scan may hear at 9600 and at 115200 bits per second."""


def tell(data: bytes, among: tuple[tuple[str, str], ...] = SLOW) -> Guess | None:
    """Known by at least three whole frames that are most of what was heard. Which of the relatives it is, the frames do not say."""
    for name, what in among:
        frames = parser(MODELS[name]).feed(data)
        if len(frames) >= 3 and 2 * LENGTH * len(frames) > len(data):
            return Guess(
                f"an ultrasonic distance sensor of four-byte frames ({what}); read the model off it, its range depends on that", {"model": name}
            )
    return None


SIGNATURES = (OnSerial({"baudrate": 9600}, tell), OnSerial({"baudrate": 115200}, partial(tell, among=FAST)))
