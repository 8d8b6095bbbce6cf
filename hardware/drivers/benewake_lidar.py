"""A Benewake lidar on a serial line: TFmini, TFmini-S, TFmini Plus, TF-Luna. Nine bytes at 115200 baud, by default a hundred times a second:

    59 59  distance (low, high)  strength (low, high)  temperature (low, high)  sum of the first eight

The distance is in cm, or in mm where somebody has set the lidar so: nothing in the frame tells which, `unit` must say it. The chip's temperature
is t / 8 - 256 degrees (not on the first TFmini, which has its mode there). The header also occurs inside frames: the sum tells them apart.

What is no distance: a strength of 65535 (SATURATED: a mirror, the sun) or below `weak` (WEAK_SIGNAL), the codes -1 (weak), -2 and -4 (saturated by
the signal, by ambient light), what lies outside the model's range; the first TFmini tells 12 m where nothing is within 12 m (NO_TARGET).

Water is a bad target: near infrared goes through clear water or is reflected away like from a mirror, so the number may be the ground's or none; and
lasers degrade in fog and heavy rain, that is, during the event. Use it for levels of opaque surfaces, or as the second witness of another kind.

What it sees alone: silence, garbled frames, too little or too much light. What only a second witness sees: a wrong but possible distance (a dirty
window, the bottom instead of the surface), a number that stands still. A reading ends within (discard + pings) times (2 / rate + 0.1 s), 0.8 s at 100
frames a second, 0.06 s of a healthy one. Slower than `rate` is seen from 1.15 / rate + 0.03 s between frames on.

Wiring: 5 V supply, the TX is 3.3 V and goes to RX. Never a wish of this driver: it sets no rate, unit or mode. Source: TF-Luna manual A03, TFmini-S
manual A00, TFmini-T manual A03, TFmini Plus data sheet A04.

    [[sensor]]
    name = "distance"
    driver = "benewake_lidar"
    port = "/dev/serial0"
    model = "tf_luna"
    unit = "cm"
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import msgspec

from hardware.drivers._frames import Window
from hardware.drivers._line import PATIENCE, Line
from hardware.drivers._pings import LINE, Ping, Pinger, Pinging, median, refusal, settle
from hardware.sample import Channel, Quality, Reason, Sample
from hardware.scout import Guess, OnSerial

if TYPE_CHECKING:
    from hardware.buses import Buses
    from hardware.driver import Clock

HEADER, LENGTH = b"\x59\x59", 9
BAUD = 115200
OVEREXPOSED = 0xFFFF
CODES = {-1: Reason.WEAK_SIGNAL, -2: Reason.SATURATED, -4: Reason.SATURATED}
"""What stands in place of a distance."""
TRIGGER = b"\x5a\x04\x04\x00"
"""The question for one measurement, of a TF-Luna whose rate somebody has set to 0."""


class Options(Pinging, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """port: device path or pyserial URL; prefer the path by-path or by-id, which does not change. model: tfmini, tfmini_s, tfmini_plus or tf_luna.
    unit: cm or mm, as the lidar is set; cm when it comes from the factory. weak: signal strength below which a distance is not trusted (100 by the
    sheets; the first TFmini's own limit is 20). rate: frames per second that the lidar is set to. trigger: ask for each frame (a tf_luna whose
    rate was set to 0) instead of listening. baud: bits per second, where the lidar was set to others.

    pings: frames per reading, 1 or 3 to 25. statistic: median, or mode (the number that came most often). discard: frames thrown away at the
    beginning of a reading of several pings, 0 to 10.
    """

    port: str
    model: Literal["tfmini", "tfmini_s", "tfmini_plus", "tf_luna"]
    unit: Literal["cm", "mm"]
    weak: Annotated[int, msgspec.Meta(ge=0, lt=OVEREXPOSED)] = 100
    rate: Annotated[float, msgspec.Meta(ge=1, le=1000)] = 100.0
    trigger: bool = False
    baud: Annotated[int, msgspec.Meta(ge=1200, le=921_600)] = BAUD

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.trigger and self.model != "tf_luna":
            raise ValueError(f"the question for one frame is known of the tf_luna only; let the {self.model} talk on its own: trigger = false")

    def slowest(self) -> float:
        """Seconds that a reading of a healthy lidar takes at most."""
        return self.frames() / self.rate

    def bus(self) -> str:
        """The port: one sensor, one line."""
        return f"serial:{self.port}"

    def claims(self) -> tuple[str, ...]:
        """The whole port."""
        return (f"serial:{self.port}",)

    def channels(self) -> tuple[Channel, ...]:
        """The distance in mm, `raw` is the number in the frame; the jitter of several pings; the strength of the signal; the chip's temperature."""
        model = MODELS[self.model]
        found = self.given(Channel("distance", "distance", "mm", 0, model.low, model.high, 10.0 if self.unit == "cm" else 1.0))
        found += (Channel("strength", "signal_strength", "1", 0, 0.0, float(OVEREXPOSED)),)
        if model.thermometer:
            found += (Channel("temperature", "temperature", "Cel", 1, -40.0, 125.0, 0.125, -256.0),)
        return found


def parser() -> Window:
    """A fresh parser of frames: a header and a sum."""
    return Window(HEADER, LENGTH, lambda frame: None if sum(frame[:-1]) & 0xFF == frame[-1] else Reason.CHECKSUM)


class Driver:
    """One lidar on its own line."""

    def __init__(self, options: Options, buses: Buses, clock: Clock) -> None:
        self.channels = options.channels()
        self._options = options
        self._model = MODELS[options.model]
        port = buses.serial(options.port, baudrate=options.baud, timeout=PATIENCE)
        self._line = Line(port, clock, options.baud, f"{options.model} on {options.port}")
        asking = (lambda: port.write(TRIGGER)) if options.trigger else None
        self._pinger = Pinger(self._line, clock, parser, self._judged, 1 / options.rate, asking)

    def read(self) -> list[Sample]:
        """The middle of the next frames. HardwareError where none comes in time, or none that can be read."""
        with self._line.port.claimed():
            pings = self._pinger.take(self._options)
        told = [channel for channel in self.channels if channel.name in ("distance", "jitter")]
        samples = settle(pings, self._options, told)
        return samples + [self._beside(channel, pings, samples[0].at) for channel in self.channels[len(told) :]]

    def details(self) -> list[Sample]:
        """The pings of the newest reading."""
        return self._pinger.details(self.channels[0])

    def _beside(self, channel: Channel, pings: list[Ping], at: float | None) -> Sample:
        """The middle of what else stands in the frames, whether their distances are any good or not."""
        place = 4 if channel.name == "strength" else 6
        numbers = [int.from_bytes(ping.frame[place : place + 2], "little") for ping in pings if ping.frame]
        lost = [ping for ping in pings if ping.reason in LINE]
        if 2 * len(numbers) < self._options.pings:  # a few frames amid noise may be noise: their sum is one byte
            return Sample(channel.name, None, None, Quality.BAD, refusal(lost)[0], at)
        raw = median(numbers)
        if not channel.low <= channel.value(raw) <= channel.high:
            return Sample(channel.name, raw, None, Quality.BAD, Reason.RANGE, at)
        quality, why = (Quality.UNCERTAIN, refusal(lost)[0]) if lost else (Quality.GOOD, None)
        return Sample(channel.name, raw, channel.value(raw), quality, why, at)

    def _judged(self, frame: bytes) -> tuple[int, Reason | None]:
        """The number of a good frame, and why it is no distance."""
        number, strength = int.from_bytes(frame[2:4], "little"), int.from_bytes(frame[4:6], "little")
        if strength == OVEREXPOSED:
            return number, Reason.SATURATED
        if number - 0x10000 in CODES:
            return number, CODES[number - 0x10000]
        if strength < self._options.weak:
            return number, Reason.WEAK_SIGNAL
        channel = self.channels[0]
        distance = channel.value(number)
        if distance == channel.high and self._model.ends:
            return number, Reason.NO_TARGET
        if distance < channel.low:
            return number, Reason.OBSTRUCTED
        return number, Reason.RANGE if distance > channel.high else None

    def close(self) -> None:
        """Close the port: nobody else is on it, and a sensor that failed gets a fresh one."""
        self._line.port.close()


class Model(NamedTuple):
    """What differs between the models. low, high: mm between which it measures (a white target). thermometer: whether the frame has a temperature.
    ends: whether `high` stands for everything farther."""

    low: float
    high: float
    thermometer: bool = True
    ends: bool = False


MODELS: dict[str, Model] = {
    "tfmini": Model(300.0, 12000.0, thermometer=False, ends=True),
    "tfmini_s": Model(100.0, 12000.0),
    "tfmini_plus": Model(100.0, 12000.0),
    "tf_luna": Model(200.0, 8000.0),
}
"""By model."""

PARSERS = {"nine bytes": parser}
"""All models have one frame."""


def tell(data: bytes) -> Guess | None:
    """Known by at least three frames that are most of what was heard. Model and unit the frames do not say."""
    frames = parser().feed(data)
    if len(frames) < 3 or 2 * LENGTH * len(frames) <= len(data):
        return None
    return Guess(
        "a Benewake lidar; read the model off it, and hold the distance against a tape measure: unit may be mm", {"model": "tf_luna", "unit": "cm"}
    )


SIGNATURES = (OnSerial({"baudrate": BAUD}, tell, wait=0.5),)
