"""A Plantower dust sensor on a serial line: PMS5003, PMS7003 and relatives (32 bytes), PMS3003 (24), PMS5003T, PMS5003S and PMS5003ST.

A frame is `42 4D`, the length of what follows, big-endian words, and the 16-bit sum of all bytes before. The words of each model are data at the end
of this file. The sensor tells the mass of dust twice: calibrated with the maker's particles (CF=1) and for the atmosphere; this driver gives the
second. They are the maker's estimate from counted particles: good for smoke and trends, wrong in fog and for dust of other densities.

Active (as from the factory): it sends on its own, every 0.2 to 2.3 s. Passive (`mode = "passive"`): it is asked, and answers once; the driver sets
that mode, which is forgotten without supply, at the start and whenever no answer came. It is never put to sleep: each value would cost a warm-up.

What it sees alone: silence, frames garbled or of another model (SYNTAX: the length is not the model's), frames that come too rarely (an active one is
heard twice, and the second frame counts), the sensor's own error code (EXCEPTION), dust without particles (SENSOR_FAULT: PM10 above zero while the
smallest size counts none; not on the pms3003). What only a second witness sees: a fan that draws no air, a dusty laser, an insect; a number that is
plausible, or stands still. A reading ends within 5.8 s active, at most 4.6 s of a healthy one, and within 0.7 s passive; shorter periods than a
healthy one takes are refused.

Warm-up: fan and laser need 30 s after power-on or waking (UNCERTAIN, WARM_UP), counted from when it was opened or answers again after a silence.

Wiring: 5 V for the fan, but its pins are 3.3 V: RX and TX go to the Pi directly, never to 5 V logic. SET and RESET open or high. Its intake must not
look up, and the housing must not draw in its own exhaust. Source: Plantower data manuals PMS5003, PMS7003, PMS3003; recorded frames.

    [[sensor]]
    name = "dust"
    driver = "plantower_pms"
    period = "10 s"
    port = "/dev/serial0"
    model = "pms5003"
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from hardware.drivers._frames import Window
from hardware.drivers._line import PATIENCE, Line
from hardware.errors import HardwareError, ProtocolError
from hardware.quantities import Seconds
from hardware.sample import Channel, Quality, Reason, Sample, bad
from hardware.scout import Guess, OnSerial

if TYPE_CHECKING:
    from hardware.buses import Buses
    from hardware.driver import Clock

BAUD = 9600
START = b"\x42\x4d"
SLOWEST, SLACK, ANSWER = 2.3, 1.2, 0.5
"""Seconds between frames at the longest (its stable mode), how many times that a frame is waited for, and seconds within which it answers."""
DAY = 86400.0
"""Seconds that it may be told to warm up, at most."""
PER_CM3 = "/cm3"
"""UCUM code of particles per cubic centimetre."""
PASSIVE, ASK, WAKE = (b"\x42\x4d\xe1\x00\x00\x01\x70", b"\x42\x4d\xe2\x00\x00\x01\x71", b"\x42\x4d\xe4\x00\x01\x01\x74")
"""Commands: be passive, give a frame, wake up."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """port: device path or pyserial URL; prefer the path by-path or by-id, which does not change. model: pms5003 (also for PMS1003, PMS7003 and
    PMSA003), pms3003, pms5003t, pms5003s or pms5003st. mode: active (it talks on its own) or passive (it is asked; not the pms3003). counts:
    whether to give the numbers of particles too, one channel for each size. warm_up: how long after power-on its values are uncertain.
    """

    port: str
    model: Literal["pms5003", "pms3003", "pms5003t", "pms5003s", "pms5003st"]
    mode: Literal["active", "passive"] = "active"
    counts: bool = False
    warm_up: Seconds = Seconds(30)

    def __post_init__(self) -> None:
        if not 0 <= self.warm_up <= DAY:
            raise ValueError(f"warm_up is {self.warm_up:g} s; write at most 1 d, 30 s by the sheet")
        if self.mode == "passive" and not MODELS[self.model].asked:
            raise ValueError(f"a {self.model} cannot be asked; write mode = active")

    def slowest(self) -> float:
        """Seconds that a reading of a healthy sensor takes at most."""
        return 2 * SLOWEST if self.mode == "active" else ANSWER

    def bus(self) -> str:
        """The port: one sensor, one line."""
        return f"serial:{self.port}"

    def claims(self) -> tuple[str, ...]:
        """The whole port."""
        return (f"serial:{self.port}",)

    def channels(self) -> tuple[Channel, ...]:
        """Dust in ug/m3 for the atmosphere (`raw` is the word in the frame), what else the model measures, and the counts per cm3 where wanted."""
        return tuple(word.channel for word in MODELS[self.model].given(self.counts).values())


class Word(NamedTuple):
    """What a word of the frame says. signed: whether it may be below zero."""

    channel: Channel
    signed: bool = False


class Model(NamedTuple):
    """words: by place in the frame, the first after the length is 0. length: bytes after the length word. error: place of the word whose low byte
    is an error code. asked: whether it has a passive mode."""

    words: dict[int, Word]
    length: int = 28
    error: int | None = 12
    asked: bool = True

    @property
    def counting(self) -> bool:
        """Whether it tells how many particles there are."""
        return SMALLEST in self.words

    def given(self, counts: bool) -> dict[int, Word]:
        """The words that make channels, in their order in the frame."""
        return {place: word for place, word in sorted(self.words.items()) if counts or word.channel.unit != PER_CM3}

    def word(self, frame: bytes, place: int) -> int:
        """The word at a place."""
        at = 4 + 2 * place
        signed = place in self.words and self.words[place].signed
        return int.from_bytes(frame[at : at + 2], "big", signed=signed)


def parser(model: str) -> Window:
    """A fresh parser of a model's frames: a header with its length, and a sum."""
    length = MODELS[model].length

    def check(frame: bytes) -> Reason | None:
        return None if sum(frame[:-2]) == int.from_bytes(frame[-2:]) else Reason.CHECKSUM

    return Window(START + length.to_bytes(2), 4 + length, check)


class Driver:
    """One sensor on its own line."""

    def __init__(self, options: Options, buses: Buses, clock: Clock) -> None:
        self.channels = options.channels()
        self._options = options
        self._model = MODELS[options.model]
        self._clock = clock
        port = buses.serial(options.port, baudrate=BAUD, timeout=PATIENCE)
        self._line = Line(port, clock, BAUD, f"{options.model} on {options.port}")
        self._powered = clock.monotonic()
        self._lost = False  # it was silent: when it answers again, it may have been without supply
        self._told = False  # it knows that it is to be passive

    def read(self) -> list[Sample]:
        """The next frame. HardwareError where none comes in time, or none that can be read."""
        with self._line.port.claimed():
            try:
                frame = self._asked() if self._options.mode == "passive" else self._heard()
            except HardwareError as error:
                self._lost, self._told = self._lost or not isinstance(error, ProtocolError), False
                raise
        if self._lost:
            self._lost, self._powered = False, self._clock.monotonic()
        return self._judged(frame)

    def _heard(self) -> bytes:
        """The second of two frames: the first shows how long the second took."""
        self._line.forget()
        for _ in range(2):
            frame = self._line.next(parser(self._options.model), SLACK * SLOWEST, self._most)
        return frame

    def _asked(self) -> bytes:
        """The answer to a question."""
        if not self._told:
            self._line.port.write(WAKE + PASSIVE)
            self._told = True
        self._line.forget()
        self._line.port.write(ASK)
        return self._line.next(parser(self._options.model), ANSWER, self._most)

    @property
    def _most(self) -> int:
        """Bytes in which a frame must come: three and what is left of one."""
        return 4 * (4 + self._model.length)

    def _judged(self, frame: bytes) -> list[Sample]:
        model, fault = self._model, None
        if model.error is not None and model.word(frame, model.error) & 0xFF:
            fault = Reason.EXCEPTION
        elif model.counting and model.word(frame, PM10) > 0 and model.word(frame, SMALLEST) == 0:
            fault = Reason.SENSOR_FAULT
        warm = self._clock.monotonic() - self._powered >= self._options.warm_up
        return [self._sample(word.channel, model.word(frame, place), fault, warm) for place, word in model.given(self._options.counts).items()]

    def _sample(self, channel: Channel, raw: int, fault: Reason | None, warm: bool) -> Sample:
        if fault is not None:
            return bad(channel.name, fault, raw)
        value = channel.value(raw)
        if value < channel.low:
            return bad(channel.name, Reason.RANGE, raw)
        if not warm:
            return Sample(channel.name, raw, value, Quality.UNCERTAIN, Reason.WARM_UP)
        if value > channel.high:
            return Sample(channel.name, raw, value, Quality.UNCERTAIN, Reason.OVER_RANGE)
        return Sample(channel.name, raw, value)

    def close(self) -> None:
        """Close the port: nobody else is on it, and a sensor that failed gets a fresh one."""
        self._line.port.close()


PM10, SMALLEST = 5, 6
"""Places of the words that must agree: dust up to 10 um in the atmosphere, particles above 0.3 um."""


def _counts(*sizes: str) -> dict[int, Word]:
    """Particles above a size in um: the frame has them per 0.1 litre, one hundredth of that is per cm3."""
    return {SMALLEST + place: Word(Channel(f"n{size}", f"particles_{size}", PER_CM3, 2, 0.0, 655.35, 0.01)) for place, size in enumerate(sizes)}


def _formaldehyde(place: int) -> dict[int, Word]:
    return {place: Word(Channel("hcho", "formaldehyde", "mg/m3", 3, 0.0, 2.0, 0.001))}


def _climate(place: int) -> dict[int, Word]:
    temperature = Word(Channel("temperature", "temperature", "Cel", 1, -40.0, 85.0, 0.1), signed=True)
    return {place: temperature, place + 1: Word(Channel("humidity", "humidity", "%", 1, 0.0, 100.0, 0.1))}


DUST = {3 + place: Word(Channel(name, name, "ug/m3", 0, 0.0, 1000.0)) for place, name in enumerate(("pm1", "pm2.5", "pm10"))}
ALL, FEW = _counts("0.3", "0.5", "1", "2.5", "5", "10"), _counts("0.3", "0.5", "1", "2.5")
MODELS: dict[str, Model] = {
    "pms5003": Model(DUST | ALL),
    "pms3003": Model(DUST, length=20, error=None, asked=False),
    "pms5003t": Model(DUST | FEW | _climate(10)),
    # Its thirteenth word is formaldehyde, so it has none for an error.
    "pms5003s": Model(DUST | ALL | _formaldehyde(12), error=None),
    "pms5003st": Model(DUST | ALL | _formaldehyde(12) | _climate(13), length=36, error=16),
}
"""By model. 1000 ug/m3 is the top of the range; it is effective up to 500."""

PARSERS = {name: partial(parser, name) for name in MODELS}
"""By model."""


def tell(data: bytes) -> Guess | None:
    """Known by a whole frame; frames of 32 bytes are those of four models (and of Honeywell's HPMA115), and the words do not say which."""
    for name, what in (("pms5003", "PMS5003 or PMS7003, or a 5003T or 5003S"), ("pms3003", "PMS3003"), ("pms5003st", "PMS5003ST")):
        if parser(name).feed(data):
            return Guess(f"a Plantower {what}; read the model off its label", {"model": name})
    return None


SIGNATURES = (OnSerial({"baudrate": BAUD}, tell, wait=3.0),)
