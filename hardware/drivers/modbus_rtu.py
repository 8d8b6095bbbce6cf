"""A Modbus RTU device on an RS-485 line: gas transmitters, level probes, radar level meters; what it is stands in a profile, a register map in TOML.

A poll asks as few questions as the map has gaps, and judges a number by everything that was read with it: its decimals, its unit, the device's own
status. A device that says it is broken has no good level, whatever its level register holds. What is known of a device (its own address, its
speed, ...) is compared when it is first met and after every failure: a map that is off by one, or another device, is refused in words.

Several devices share one line, each a sensor of its own with the same port, baud, parity and stop bits. A read ends within `timeout` per question
and the time of its bytes on the wire. A device without a readable answer costs one question; then it is left alone for 2 s, so that an answer
that comes too late is forgotten instead of being taken for the next one. A device that answers later than that, each time, by just a period, would
be believed. What the device calls an alarm is a channel, 0 or 1, by the name of the state that tells it.

Sources: Modbus application protocol 1.1b3, Modbus over serial line 1.02; the manual of each device stands in its profile.
Wiring: A to A, B to B, and a common ground; 120 ohm at both ends of the line. Where nobody holds the idle line, the adapter needs bias resistors.
Traps: makers swap A and B; manuals print addresses plus one; delivered settings differ (9600 8N1 and 9600 8E1 are common); two new devices both
have address 1: set it one by one, with the maker's tool, for nothing is ever written from here.
What it cannot see: a transmitter that repeats an old number, or measures wrong, without saying so.

    [[sensor]]
    name = "river"
    driver = "modbus_rtu"
    port = "/dev/ttyUSB0"
    device = 1
    profile = "geolux_lx80"
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from hardware.drivers._modbus import ERROR, HOLDING, INPUT, OVERHEAD, Answers, Question, Traffic
from hardware.drivers._modbus_codes import codes, numbers
from hardware.drivers._modbus_master import IN_THE_AIR, POLL, Master
from hardware.drivers._modbus_plan import Words, blocks, counts, needed, number, states_of, words
from hardware.drivers._modbus_profile import Known, Parity, Profile, load, shipped
from hardware.errors import HardwareError, ProtocolError, Timeout
from hardware.quantities import Seconds
from hardware.sample import MOST, Channel, Quality, Reason, Sample, bad
from hardware.scout import Guess, OnSerial

if TYPE_CHECKING:
    from hardware.buses import Buses
    from hardware.driver import Clock

LATE = 2.0
"""Seconds for which an unanswered question is in the air: sooner, its answer could be taken for that to the next one."""
KEPT = (Reason.OVER_RANGE, Reason.WARM_UP, Reason.UNDER_RANGE, Reason.WEAK_SIGNAL)
"""What leaves a number uncertain and no worse, the first that is true; every other word of a profile takes it away."""
CHOICES = {"profile": shipped}
LETTER = {"none": "N", "even": "E", "odd": "O"}


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """port: device path or pyserial URL; prefer the path by-path or by-id, which does not change. device: its Modbus address, 1 to 247. profile: name
    of a shipped register map, or path of one of your own (a TOML file). baud, parity (none, even, odd), stop_bits: of the line, where they are not
    those the device is delivered with; all devices of a line need the same. timeout: how long the device may take until its answer begins. only:
    names of the channels to read; all of the profile where not given. ranges: lowest and highest value by channel, in its unit, where the device has
    another range than the profile (`ranges = { level = [0, 5] }`). warm_up: how long after it first answered, or answers again, a value is uncertain,
    for devices that do not tell it themselves.
    """

    port: str
    device: Annotated[int, msgspec.Meta(ge=1, le=247)]
    profile: str
    baud: Annotated[int, msgspec.Meta(ge=300, le=1_000_000)] | None = None
    parity: Parity | None = None
    stop_bits: Annotated[int, msgspec.Meta(ge=1, le=2)] | None = None
    timeout: Seconds = Seconds(0.3)
    only: tuple[str, ...] = ()
    ranges: dict[str, tuple[float, float]] = {}
    warm_up: Seconds = Seconds(0)

    def __post_init__(self) -> None:
        if not 0.02 <= self.timeout <= 5:
            raise ValueError(f"a timeout of {self.timeout:g} s cannot work; write one from 20 ms to 5 s")
        profile = self.map()
        if strange := sorted({*self.only} - {*profile.given()} | self.ranges.keys() - profile.channels.keys()):
            raise ValueError(f"profile {self.profile} has no channel {strange[0]!r}; use one of {', '.join(profile.given())}")
        self.settings()
        self.channels()

    def map(self) -> Profile:
        """The register map; ValueError with all its mistakes."""
        return load(self.profile)

    def settings(self) -> dict[str, Any]:
        """pyserial's settings of the line; ValueError where neither option nor profile names one."""
        line = self.map().line
        told = {"baud": self.baud or line.baud, "parity": self.parity or line.parity, "stop_bits": self.stop_bits or line.stop_bits}
        if missing := [key for key, value in told.items() if value is None]:
            raise ValueError(f"profile {self.profile} does not know {', '.join(missing)}; read them off the device and write them here")
        return {"baudrate": told["baud"], "parity": LETTER[str(told["parity"])], "stopbits": told["stop_bits"], "timeout": POLL}

    def bus(self) -> str:
        """The port: the devices of one line are read in turn."""
        return f"serial:{self.port}"

    def claims(self) -> tuple[str, ...]:
        """The address on the line."""
        return (f"serial:{self.port}/{self.device}",)

    def channels(self) -> tuple[Channel, ...]:
        """The profile's, or `only` those; `raw` is the number in the register, or in units of the last decimal where the device tells decimals. A
        state that can tell an alarm of the device is a channel of its own: 1 while it does."""
        profile = self.map()
        return tuple(self._channel(profile, name) for name in self.only or profile.given())

    def _channel(self, profile: Profile, name: str) -> Channel:
        if name not in profile.channels:
            return Channel(name, "device_alarm", "1", 0, 0.0, 1.0)
        told = profile.channels[name]
        low, high = self.ranges.get(name, (told.low, told.high))
        if low is None or high is None:
            raise ValueError(f"the range of {name} is not known; write ranges = {{ {name} = [LOW, HIGH] }}, in {told.unit}, as on the device")
        if not low < high:
            raise ValueError(f"range of {name}: {low:g} must be below {high:g}")
        computed = told.point is not None or told.type == "f32"
        slope, intercept = (10.0**-told.decimals, 0.0) if computed else (told.scale, told.offset)
        return Channel(name, told.quantity, told.unit, told.decimals, low, high, slope, intercept)


class Driver:
    """One device of a line."""

    def __init__(self, options: Options, buses: Buses, clock: Clock) -> None:
        self.channels = options.channels()
        self._options = options
        self._profile = options.map()
        self._clock = clock
        settings = options.settings()
        self._where = f"{self._profile.line.title}, device {options.device} on {options.port}"
        port = buses.serial(options.port, **settings)
        self._master = Master(port, clock, settings["baudrate"], self._where)
        self._in_the_air = IN_THE_AIR.setdefault(port, {})
        self._blocks = blocks(needed(self._profile, [channel.name for channel in self.channels]), self._profile.line.function, self._profile.line.gap)
        self._met = False
        self._first: float | None = None

    def read(self) -> list[Sample]:
        """One poll. HardwareError where a question has no answer, or where the device is not the one that was expected."""
        asked, why = self._in_the_air.get(self._options.device, (float("-inf"), Reason.TIMEOUT))
        if (wait := asked + LATE - self._clock.monotonic()) > 0:
            raise self._waiting(wait, why)
        try:
            if not self._met:
                self._expect(self._ask(list(self._profile.expect.values())), always=False)
            read = self._ask()
            self._expect(read, always=True)
        except HardwareError:
            self._met = False
            raise
        self._met = True
        self._first = self._clock.monotonic() if self._first is None else self._first
        said = {name: self._said(name, read) for name in self._profile.states if self._was_read(name)}
        return [self._sample(channel, read, said) for channel in self.channels]

    def close(self) -> None:
        """Nothing of its own to give back: the line is shared."""

    def _ask(self, known: list[Known] | None = None) -> Words:
        """What the poll needs, or what is known of the device, in as few questions as there are gaps."""
        line = self._profile.line
        read: Words = {}
        for block in self._blocks if known is None else blocks(known, line.function, line.gap):
            try:
                data = self._master.ask(Question(self._options.device, *block), self._options.timeout)
            except (Timeout, ProtocolError) as error:
                self._lost(error.reason)
                raise
            read |= words(block, data)
        return read

    def _lost(self, why: Reason) -> None:
        """A question without an answer. An exception is one, and so is an answer of the right length with a wrong sum; after anything else, noise
        too, the answer may be on its way still. A device that is silent may be without supply, and warms up when it has it back."""
        if self._master.answered:
            return
        self._in_the_air[self._options.device] = (self._clock.monotonic(), why)
        if why is Reason.TIMEOUT:
            self._first = None

    def _waiting(self, seconds: float, why: Reason) -> HardwareError:
        """The error of the question that is not asked now."""
        late = f"asked again in {seconds:.1f} s, when a late answer can no longer be taken for a new one"
        if why is Reason.TIMEOUT:
            return Timeout(errno.ETIMEDOUT, f"{self._where}: did not answer; {late}")
        return ProtocolError(why, f"{self._where}: did not answer readably ({why}); {late}")

    def _expect(self, read: Words, always: bool) -> None:
        """ProtocolError where a register does not hold what is known of the device."""
        for name, known in self._profile.expect.items():
            if always and not known.always:
                continue
            found = number(known, self._profile.line.function, read)
            if not known.fits(found, self._options.device):
                raise ProtocolError(
                    Reason(known.otherwise),
                    f"{self._where}: {name}, register {known.address} as on the wire, holds {found:g} where the profile expects "
                    f"{known.told(self._options.device)}; check that the profile {self._options.profile} is of this device and how it is set up, and "
                    "in a profile of your own that its addresses are those on the wire (manuals print them plus one)",
                )

    def _was_read(self, state: str) -> bool:
        told = self._profile.channels
        return any(state == c.name or (c.name in told and state in states_of(self._profile, told[c.name])) for c in self.channels)

    def _said(self, name: str, read: Words) -> set[str]:
        """What the device says by one of its states."""
        state = self._profile.states[name]
        found = int(number(state, self._profile.line.function, read))
        if state.values:
            return {codes(state, state.values, "values").get(found, state.other)}
        return {word for bit, word in numbers(state.bits, "bits").items() if found >> bit & 1}

    def _sample(self, channel: Channel, read: Words, said: Mapping[str, set[str]]) -> Sample:
        if channel.name in self._profile.states:
            return self._judged(channel, int("alarm" in said[channel.name]), said[channel.name])
        told, function = self._profile.channels[channel.name], self._profile.line.function
        found = number(told, function, read)
        raw = counts(told, found, number(told.point, function, read) if told.point else 0)
        if raw is None or abs(raw) > MOST:
            return bad(channel.name, Reason.WRONG_UNIT if told.point else Reason.SENSOR_FAULT, int(found) if told.point else None)
        words_said = {word for state in states_of(self._profile, told) for word in said[state]}
        if sentinel := codes(told, told.sentinels, "sentinels").get(found):
            words_said.add(sentinel)
        return self._judged(channel, raw, words_said)

    def _judged(self, channel: Channel, raw: int, words_said: set[str]) -> Sample:
        """A number by what the device says of it, its range and the warm-up."""
        reasons = [Reason(word) for word in sorted(words_said - {"ok", "alarm"})]
        if worst := next((reason for reason in reasons if reason not in KEPT), None):
            return bad(channel.name, worst, raw)
        value = channel.value(raw)
        if value > channel.high:
            reasons.append(Reason.OVER_RANGE)
        if value < channel.low:
            reasons.append(Reason.UNDER_RANGE)
        if self._clock.monotonic() - (self._first or 0.0) < self._options.warm_up:
            reasons.append(Reason.WARM_UP)
        colour = next((reason for reason in KEPT if reason in reasons), None)
        return Sample(channel.name, raw, value, Quality.UNCERTAIN, colour) if colour else Sample(channel.name, raw, value)


PARSERS = {"answers": partial(Answers, Question(1, HOLDING, 2, 3)), "input": partial(Answers, Question(5, INPUT, 100, 2)), "traffic": Traffic}
"""Of a level probe's poll, of a gas transmitter's, of everything on a line."""

FIRST = 4
"""Registers a scan asks for: of the known devices, those of the level probe tell what it is."""


def tell(parity: Parity, baud: int, heard: bytes) -> Guess | None:
    """What the bytes of a scan mean: any answer or exception with a right CRC is a Modbus device; a level probe tells its address, speed and unit.
    parity, baud: of the line they were heard on."""
    for frame in Traffic().feed(heard):
        if not (frame[1] & ERROR or (frame[1] in (HOLDING, INPUT) and len(frame) == OVERHEAD + frame[2])):
            continue
        device = frame[0]
        line = {"device": device, "baud": baud, "parity": parity}
        held = [int.from_bytes(frame[place : place + 2], "big") for place in range(3, len(frame) - 2, 2)]
        if not frame[1] & ERROR and len(held) == FIRST and held[0] == device and held[1] <= 7 and held[2] <= 8 and held[3] <= 4:
            return Guess(f"Modbus device {device}, by its registers a level probe (QDY30A and relatives)", line | {"profile": "level_probe"})
        return Guess(f"Modbus device {device}; which one it does not say: write the profile of its register map", line, sure=True)
    return None


def _signature(device: int, baud: int, parity: Parity) -> OnSerial:
    settings = {"baudrate": baud} | ({} if parity == "none" else {"parity": LETTER[parity]})  # 8N1 is the port's own: other sensors talk there too
    return OnSerial(settings, partial(tell, parity, baud), Question(device, HOLDING, 0, FIRST).frame(), 0.4)


SIGNATURES = (_signature(1, 9600, "none"), _signature(1, 9600, "even"), _signature(1, 19200, "even"), _signature(2, 9600, "none"))
"""The lines devices are delivered with; address 1 is what nearly all of them have, 2 what the second of two is given. Only reading is asked."""
