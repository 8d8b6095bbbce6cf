"""A MaxBotix ultrasonic distance sensor on a serial line: HRXL-MaxSonar-WR, HRUSB and XL, lines of text such as `R1234` and a carriage return.

`R`, four digits of millimetres (three of centimetres on the XL; a space before the carriage return on the HRUSB). With nothing in range a sensor
tells the end of its range, 5000 or 9999 by model, and nearer than it can measure the beginning, 300 or 500: neither is a distance (NO_TARGET,
OBSTRUCTED; the latter is a spider's web more often than a flood). So R5000 is a real distance on a 10 m model and "nothing there" on a 5 m one: the
model has no default. 0 is a dead sensor.

A line has no checksum. A bit that flips in a digit makes another digit, and 1234 mm is as good a line as 1834 mm: a single line cannot be trusted,
and with pings = 1 it is. With several pings those that lie further than `agree` from their middle are refused, and without a majority there is no
value (AMBIGUOUS). Noise that garbles most pings alike remains unseen, and so does a wrong but possible distance: only a second witness sees those.

What it sees alone: silence, lines that are none, lines that come too rarely, codes, contradiction. A reading ends within
(discard + pings) times (twice the model's interval + 0.1 s), 2.4 s of an mb7389 at worst, 0.9 s of a healthy one (1.2 s of the slowest models): a
shorter period is refused, 2 s is a good one. A line that is cut off is SHORT; one that has its end and too few digits is SYNTAX: another model.

Traps. MB7369 and MB7389 tell the LARGEST echo, all others the FIRST: in a narrow shaft the largest may be a ledge. In free run (pin 4 open or high)
the sensor filters: a target that moves more than 240 mm from line to line is followed late; that is why the first line of a reading is discarded.
Triggered (a pulse on pin 4) it does not filter and is 5 mm worse; this driver leaves pin 4 alone. Its thermometer sits in a housing that the sun
heats; an MB7955 outside is better, and a host can read neither. At power-up it sends a page of text.

Wiring: the TTL models (MB738x, MB7395) go to RX through a divider where they run on 5 V. The RS-232 models (MB736x, MB7375) send the same line
INVERTED between 0 V and their supply: they need an RS-232 receiver or an inverter, on a bare RX every byte is garbled. Data sheet: PD11500.

    [[sensor]]
    name = "distance"
    driver = "maxbotix"
    period = "2 s"
    port = "/dev/serial0"
    model = "mb7389"
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, NamedTuple

import msgspec

from hardware.drivers._frames import Window
from hardware.drivers._line import PATIENCE, Line
from hardware.drivers._pings import Pinger, Pinging, agreeing, settle
from hardware.sample import Channel, Reason, Sample
from hardware.scout import Guess, OnSerial

if TYPE_CHECKING:
    from hardware.buses import Buses
    from hardware.driver import Clock

FARTHEST = 10_000
"""mm: more than four digits tell, and three of centimetres."""
BANNER = 256
"""Bytes in which a line must come: the page of text at power-up has about a hundred. Noise does not pass for a line within any number of them."""


class Options(Pinging, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """port: device path or pyserial URL; prefer the path by-path or by-id, which does not change. model: the number on its label (mb7360 to mb7395,
    mb1403 to mb1443), or xl for a sensor that tells three digits of centimetres. low, high: nearest and farthest number that it tells, in mm, which
    it also tells where something is nearer and where nothing is in range; only for models that have none here: write those of the data sheet.
    baud: bits per second, only where the model has none here (mb14xx: see its data sheet).

    pings: lines per reading, 1 or 3 to 25. statistic: median, or mode (the number that came most often). discard: lines thrown away at the beginning
    of a reading of several pings, 0 to 10. agree: mm that a ping may lie from the middle of all; more is a garbled line.
    """

    port: str
    model: str
    low: Annotated[float, msgspec.Meta(ge=1, le=FARTHEST)] | None = None
    high: Annotated[float, msgspec.Meta(ge=1, le=FARTHEST)] | None = None
    baud: Annotated[int, msgspec.Meta(ge=1200, le=115_200)] | None = None
    agree: Annotated[float, msgspec.Meta(gt=0, le=FARTHEST)] = 100.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.model not in MODELS:
            raise ValueError(f"there is no model {self.model!r}; use one of {', '.join(sorted(MODELS))}")
        model = MODELS[self.model]
        for name, known, written in (("low", model.low, self.low), ("high", model.high, self.high), ("baud", model.baud, self.baud)):
            if known is None and written is None:
                raise ValueError(f"model {self.model} needs {name}; write that of its data sheet")
            if known is not None and written is not None:
                raise ValueError(f"{name} of model {self.model} is {known:g}; leave it out, or check the model")
        low, high = self.range()
        if not 0 < low < high:
            raise ValueError(f"low ({low:g}) must be above 0 and below high ({high:g}); both are distances in mm")

    def range(self) -> tuple[float, float]:
        """Nearest and farthest distance that it tells, mm."""
        model = MODELS[self.model]
        return float(model.low or self.low or 0), float(model.high or self.high or 0)

    def slowest(self) -> float:
        """Seconds that a reading of a healthy sensor takes at most."""
        return self.frames() * MODELS[self.model].slowest

    def bus(self) -> str:
        """The port: one sensor, one line."""
        return f"serial:{self.port}"

    def claims(self) -> tuple[str, ...]:
        """The whole port."""
        return (f"serial:{self.port}",)

    def channels(self) -> tuple[Channel, ...]:
        """The distance in mm, `raw` is the number in the line; and the jitter of several pings."""
        low, high = self.range()
        return self.given(Channel("distance", "distance", "mm", 0, low, high, FORMATS[MODELS[self.model].form].scale))


class Format(NamedTuple):
    """How a line is written. digits: how many. end: what follows them. scale: mm per count."""

    digits: int
    end: bytes
    scale: float


class Lines(Window):
    """Windows that are lines: once a line has ended, nothing makes a longer one of it."""

    def _may_become(self) -> bool:
        return b"\r" not in self._window and super()._may_become()


def parser(form: str) -> Window:
    """A fresh parser of lines of a format. Stray bytes before the `R` (a rogue 0xFF, the rest of a line cut off) are passed over."""
    digits, end, _ = FORMATS[form]

    def check(line: bytes) -> Reason | None:
        return None if line[1 : 1 + digits].isdigit() and line[1 + digits :] == end else Reason.SYNTAX

    return Lines(b"R", 1 + digits + len(end), check)


class Driver:
    """One sensor on its own line."""

    def __init__(self, options: Options, buses: Buses, clock: Clock) -> None:
        self.channels = options.channels()
        self._options = options
        model = MODELS[options.model]
        self._digits, _, scale = FORMATS[model.form]
        self._low, self._high = (round(limit / scale) for limit in options.range())
        self._agree = round(options.agree / scale)
        baud = model.baud or options.baud or 0
        port = buses.serial(options.port, baudrate=baud, timeout=PATIENCE)
        self._line = Line(port, clock, baud, f"{options.model} on {options.port}")
        self._pinger = Pinger(self._line, clock, partial(parser, model.form), self._judged, model.slowest, most=BANNER)

    def read(self) -> list[Sample]:
        """The middle of the next lines. HardwareError where none comes in time, or none that can be read."""
        with self._line.port.claimed():
            pings = self._pinger.take(self._options)
        return settle(agreeing(pings, self._agree), self._options, self.channels)

    def details(self) -> list[Sample]:
        """The pings of the newest reading."""
        return self._pinger.details(self.channels[0])

    def _judged(self, line: bytes) -> tuple[int, Reason | None]:
        """The number of a line, and why it is no distance."""
        number = int(line[1 : 1 + self._digits])
        if number == 0:
            return number, Reason.SENSOR_FAULT
        if number <= self._low:
            return number, Reason.OBSTRUCTED
        if number == self._high:
            return number, Reason.NO_TARGET
        return number, Reason.RANGE if number > self._high else None

    def close(self) -> None:
        """Close the port: nobody else is on it, and a sensor that failed gets a fresh one."""
        self._line.port.close()


class Model(NamedTuple):
    """What differs between models. low, high: numbers told for "nearer" and "nothing", mm. slowest: seconds from line to line. form: of the line.
    baud: bits per second. None: not in the sheets at hand."""

    low: float | None
    high: float | None
    slowest: float
    form: str = "hrxl"
    baud: int | None = 9600


FORMATS = {"hrxl": Format(4, b"\r", 1), "hrusb": Format(4, b" \r", 1), "xl": Format(3, b"\r", 10)}
"""By family of sensors."""

MODELS: dict[str, Model] = {
    **dict.fromkeys(("mb7360", "mb7367", "mb7380", "mb7387"), Model(300, 5000, 1 / 7.5)),
    **dict.fromkeys(("mb7369", "mb7389"), Model(300, 5000, 1 / 6.67)),
    **dict.fromkeys(("mb7363", "mb7366", "mb7383", "mb7386"), Model(500, 9999, 1 / 6)),
    **dict.fromkeys(("mb7368", "mb7388"), Model(500, 9999, 1 / 5.17)),
    **dict.fromkeys(("mb7375", "mb7395"), Model(None, None, 1 / 6.33)),
    # Their sheets at hand name no rate; other models of their maker give a line every 0.1 s.
    **dict.fromkeys(("mb1403", "mb1413", "mb1423", "mb1433", "mb1443"), Model(300, 5000, 0.2, "hrusb", None)),
    "xl": Model(None, None, 0.2, "xl"),
}
"""By the number on the label."""

PARSERS = {form: partial(parser, form) for form in FORMATS}
"""By format of the line."""


def tell(data: bytes, form: str = "hrxl") -> Guess | None:
    """Known by at least three lines that are most of what was heard. 5 m or 10 m, the lines do not say before one is beyond 5 m."""
    lines = parser(form).feed(data)
    if len(lines) < 3 or 2 * sum(map(len, lines)) <= len(data):
        return None
    if form != "hrxl":
        return Guess("a MaxBotix sensor; read the model off its label", {"model": "xl"} if form == "xl" else {"model": "mb1403", "baud": USB})
    far = any(int(line[1:5]) > 5000 for line in lines)
    what = "a MaxBotix HRXL; read the model off its label: 5000 is a distance on those of 10 m and 'nothing there' on others"
    return Guess(what, {"model": "mb7383" if far else "mb7389"})


USB = 57600
"""Bits per second at which a scan listens for a sensor with its own USB: those of its maker's other sensors with USB."""

SIGNATURES = (
    OnSerial({"baudrate": 9600}, tell),
    OnSerial({"baudrate": 9600}, partial(tell, form="xl")),
    OnSerial({"baudrate": USB}, partial(tell, form="hrusb")),
)
