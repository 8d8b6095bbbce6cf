"""DFRobot's gas modules SEN0465 to SEN0476 (O2, CO, H2S, Cl2, NH3, SO2, NO2, O3, H2, HCl, HF, PH3): I2C, or a serial line of 9600 baud, by a switch.

The reply `FF 86 high low gas decimals adc-high adc-low sum` is the cell's number without compensation, which gas it is, how many decimals its number
has (0 to 2, whatever the maker's page says of the gas), and a thermistor: V = 3 ADC / 1024, R = 10000 V / (3 - V), T = 1 / (1 / 298.15 + ln(R /
10000) / 3380.13) - 273.15. Another gas than configured is WRONG_GAS. The maker's compensation is not used: published libraries give 0 ppm outside its
window, and a thousandfold inside. Raw number and temperature are both given, so that a table of your own can be applied.

Which bytes the sum covers is not agreed on: the maker's libraries check bytes 1 to 6, its page says 1 to 7. `checksum_over = "learn"` takes either
until a good reply tells them apart (its last byte of temperature is not zero), and from then on only that one; a reply that fits neither is never
taken. Where the sum leaves that byte out the temperature is UNCERTAIN: one flipped bit of it would be noticed by nobody.

On I2C the answer lies in a register until the next one, so a module that hangs would show its last number for ever. Each reading therefore asks two
questions, temperature and concentration, and waits for the answer to each: an answer of the other kind is an old one, and no value. A module that
has never answered the first is still read; a number that the register held already before it was asked for is then uncertain, STALE.

Passive mode is set at the start, after every failure, and when a module on a serial line is heard talking on its own; one that does not answer is
read all the same. A number beyond 1.2 times the range is none. Measuring ranges are those of DFRobot's pages; the maker says the modules are not for
personal safety. `warm_up`: 5 min after power-on; a day after long storage, which nothing here can know. What it cannot see: a dead cell reads clean
air; only test gas finds that.

Wiring: 3.3 to 5.5 V; switch SEL 0 for I2C (0x74 to 0x77 by A0 and A1), 1 for serial. Source: DFRobot wiki SKU SEN0465 to SEN0476.
A reading ends within 0.7 s on I2C, 2.7 s on a serial line.

    [[sensor]]
    name = "co"
    driver = "dfrobot_multigas"
    gas = "co"
    i2c = 1
    address = 0x74
"""

from __future__ import annotations

import errno
import math
from typing import TYPE_CHECKING, Literal
from weakref import WeakKeyDictionary

import msgspec

from hardware.drivers._winsen import BAUD, CODES, ECHO, GASES, LENGTH, MODE, READ, REPLY, Kind, Module, beyond, checksum, command, word
from hardware.errors import ProtocolError, Timeout
from hardware.quantities import Seconds
from hardware.sample import Channel, Quality, Reason, Sample, bad
from hardware.scout import Guess, OnI2C, OnSerial

if TYPE_CHECKING:
    from hardware.buses import Buses
    from hardware.buses.i2c import SharedI2C
    from hardware.driver import Clock

RANGES: dict[str, tuple[float, int]] = {
    "o2": (25, 1),
    "co": (1000, 0),
    "h2s": (100, 0),
    "cl2": (20, 1),
    "nh3": (100, 0),
    "so2": (20, 1),
    "no2": (20, 1),
    "o3": (10, 1),
    "h2": (1000, 0),
    "hcl": (10, 1),
    "hf": (10, 1),
    "ph3": (1000, 1),
}
"""End of the range in ppm (O2: %vol) and decimals, by gas."""
GROUP = (0x74, 0x75, 0x76, 0x77)
"""Addresses a module leaves the factory with."""
PASSIVE, WARMTH = command(MODE, 0x04), command(0x87)
"""Answer only when asked; and the question for the temperature, which changes nothing."""
REGISTER = b"\x00"
PACE, SLOWEST = 0.02, 0.2
"""Seconds between looks at the register (the maker's libraries wait 10 ms and 100 ms), and until a module is late."""
FINE = 2
"""Decimals of the finest number that a reply can tell; every number is kept in units of the last of them."""
COUNTS = 1024
"""Codes of the thermistor's converter."""
COLD, HOT = -40.0, 85.0
"""Celsius between which the electronics can be at all."""
ENDS = {"learn": (7, 8), "1-6": (7,), "1-7": (8,)}
"""Where the bytes end that a sum may cover."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """gas: o2, co, h2s, cl2, nh3, so2, no2, o3, h2, hcl, hf or ph3. i2c: number of the bus, and address: 0x74 to 0x77, or that of another group; or
    port: device path or pyserial URL of a serial line, and then no I2C. decimals: digits after the point that are shown, where the module tells more
    than its page; what it tells is read by itself. checksum_over: bytes its sum covers: learn, 1-6 or 1-7. warm_up: time after opening in which it is
    not to be trusted.
    """

    gas: str
    i2c: int = 1
    address: int = 0x74
    port: str = ""
    decimals: Literal[0, 1, 2] | None = None
    checksum_over: Literal["learn", "1-6", "1-7"] = "learn"
    warm_up: Seconds = Seconds(300)

    def __post_init__(self) -> None:
        if self.gas not in RANGES:
            raise ValueError(f"there is no module for {self.gas!r}; use one of {', '.join(sorted(RANGES))}")
        if not 0x60 <= self.address <= 0x77:
            raise ValueError(
                f"address 0x{self.address:02x} is none of a module's; use 0x74 to 0x77, as A0 and A1 are set, or 0x60 to 0x73 of another group"
            )

    def bus(self) -> str:
        """The physical bus."""
        return f"serial:{self.port}" if self.port else f"i2c-{self.i2c}"

    def claims(self) -> tuple[str, ...]:
        """The port, or the address."""
        return (self.bus() if self.port else f"{self.bus()}:0x{self.address:02x}",)

    def digits(self) -> int:
        """Digits after the point."""
        return RANGES[self.gas][1] if self.decimals is None else self.decimals

    def channels(self) -> tuple[Channel, ...]:
        """The gas, `raw` its number in hundredths; the board's `temperature`; the `thermistor`'s volts, `raw` the ADC code."""
        unit = "%{vol}" if self.gas == "o2" else "[ppm]"
        gas = Channel(self.gas, GASES[CODES[self.gas]].quantity, unit, self.digits(), 0.0, float(RANGES[self.gas][0]), 10.0**-FINE)
        board = Channel("temperature", "temperature", "Cel", 2, COLD, HOT, 0.01)
        return (gas, board, Channel("thermistor", "voltage", "V", 4, 0.0, 3.0, 3 / COUNTS))


class Sum:
    """Which bytes the sum covers, as far as it is known."""

    def __init__(self, over: str) -> None:
        self._ends = ENDS[over]

    @property
    def whole(self) -> bool:
        """Whether it is known to cover every byte."""
        return self._ends == (8,)

    def check(self, frame: bytes) -> Reason | None:
        """CHECKSUM where the sum fits in no way that is still possible."""
        return None if any(checksum(frame, end) == frame[8] for end in self._ends) else Reason.CHECKSUM

    def learn(self, frame: bytes) -> None:
        """A good reply of the right gas rules out what does not fit it."""
        self._ends = tuple(end for end in self._ends if checksum(frame, end) == frame[8])


_RENEWED: WeakKeyDictionary[SharedI2C, set[int]] = WeakKeyDictionary()
"""Addresses at which a module has answered the question for the temperature, by bus: a driver that is opened again must not take a module that hangs
for one that never answers it."""


class Register:
    """A module's register on an I2C bus, with the door of a serial module: seen has nothing, because nobody talks unasked there."""

    def __init__(self, bus: SharedI2C, address: int, clock: Clock, total: Sum) -> None:
        self.seen: dict[int, bytes] = {}
        self.where = f"multi-gas module on {bus.name} address 0x{address:02x}"
        self._bus = bus
        self._address = address
        self._clock = clock
        self._sum = total

    def ask(self, question: bytes) -> bytes:
        """The answer to a question, within SLOWEST seconds; Timeout where the register still holds another."""
        self._bus.transfer(self._address, REGISTER + question, 0)
        deadline = self._clock.monotonic() + SLOWEST
        while True:
            self._clock.sleep(PACE)
            answer = self._bus.transfer(self._address, REGISTER, LENGTH)
            reason = self._sum.check(answer) if answer[0] == 0xFF else Reason.SYNTAX
            if reason is None and answer[1] == question[2]:
                return answer
            if self._clock.monotonic() >= deadline:
                raise self._failure(reason, answer)

    def renewed(self) -> bool:
        """Whether the register will hold something else than before when it is asked for the concentration: another question was answered, or it
        holds no concentration now. HardwareError where a module that has answered that question before does not."""
        answered = _RENEWED.setdefault(self._bus, set())
        try:
            self.ask(WARMTH)
        except (Timeout, ProtocolError):
            if self._address in answered:
                raise
            return self._bus.transfer(self._address, REGISTER, LENGTH)[1] != REPLY
        answered.add(self._address)
        return True

    def _failure(self, reason: Reason | None, answer: bytes) -> Timeout | ProtocolError:
        if reason is None or not any(answer):
            return Timeout(errno.ETIMEDOUT, f"{self.where}: no answer in {SLOWEST:g} s; switch it off and on, check its supply")
        return ProtocolError(reason, f"{self.where}: no readable answer ({answer.hex(' ')}: {reason}); check wiring and checksum_over")

    def close(self) -> None:
        """Nothing of its own to give back: the bus is shared."""


class Driver:
    """One module, on I2C or on a line of its own."""

    def __init__(self, options: Options, buses: Buses, clock: Clock) -> None:
        self.channels = options.channels()
        self._options = options
        self._clock = clock
        self._started = clock.monotonic()
        self._unset = True  # passive mode has to be set before the next reading
        self._acknowledges = False  # whether it has ever answered to that
        self._sum = Sum(options.checksum_over)
        self._module: Module | Register = (
            Module(buses, options.port, clock, f"multi-gas module on {options.port}", self._sum.check)
            if options.port
            else Register(buses.i2c(options.i2c), options.address, clock, self._sum)
        )

    def read(self) -> list[Sample]:
        """One reply. HardwareError where none comes in time, none can be read, or it is another gas's."""
        unset, self._unset = self._unset, True
        if unset and self._refuses():
            raise ProtocolError(Reason.EXCEPTION, f"{self._module.where}: it refuses passive mode; switch it off and on")
        renewed = self._module.renewed() if isinstance(self._module, Register) else True
        reply = self._module.ask(READ)
        gas = self._gas(reply)
        self._sum.learn(reply)
        self._unset = bool(self._module.seen.keys() - {ECHO, MODE})
        if not renewed and gas.quality is Quality.GOOD:
            gas = Sample(gas.channel, gas.raw, gas.value, Quality.UNCERTAIN, Reason.STALE)
        return [gas, *self._temperature(word(reply, 6))]

    def _refuses(self) -> bool:
        """Whether it says no to passive mode. One that has never answered to it may be in it; one that has must answer again."""
        try:
            answer = self._module.ask(PASSIVE)
        except (Timeout, ProtocolError):
            if self._acknowledges:
                raise
            return False
        self._acknowledges = True
        return answer[2] != 1

    def _gas(self, reply: bytes) -> Sample:
        channel, options = self.channels[0], self._options
        if reply[4] != CODES[options.gas]:
            told = GASES[reply[4]].key if reply[4] in GASES else f"gas 0x{reply[4]:02x}"
            raise ProtocolError(Reason.WRONG_GAS, f"{self._module.where}: a module for {told}, configured is {options.gas}; check which one is there")
        if reply[5] > FINE:
            text = f"{self._module.where}: a number with {reply[5]} decimals, and there are 0 to {FINE}; check which module is there"
            raise ProtocolError(Reason.SYNTAX, text)
        raw = word(reply, 2) * 10 ** (FINE - reply[5])
        if over := beyond(channel, raw):
            return over
        warming = self._clock.monotonic() - self._started < options.warm_up
        quality, reason = (Quality.UNCERTAIN, Reason.WARM_UP) if warming else (Quality.GOOD, None)
        return Sample(channel.name, raw, channel.value(raw), quality, reason)

    def _temperature(self, code: int) -> list[Sample]:
        """Celsius and volts; not better than uncertain where the sum leaves a byte of them out."""
        board, volts = self.channels[1:]
        if not 0 < code < COUNTS:
            reason = Reason.SHORT_CIRCUIT if code == 0 else Reason.DISCONNECTED
            return [bad(board.name, reason), bad(volts.name, reason, code)]
        doubt = (Quality.GOOD, None) if self._sum.whole else (Quality.UNCERTAIN, Reason.INDICATIVE)
        raw = round(celsius(code) * 100)
        first = Sample(board.name, raw, board.value(raw), *doubt) if COLD <= raw / 100 <= HOT else bad(board.name, Reason.RANGE, raw)
        return [first, Sample(volts.name, code, volts.value(code), *doubt)]

    def close(self) -> None:
        """Close the port, where there is one."""
        self._module.close()


def celsius(code: int) -> float:
    """The thermistor's temperature for an ADC code between 0 and 1024, both excluded."""
    return 1 / (1 / 298.15 + math.log(code / (COUNTS - code)) / 3380.13) - 273.15


def guess(reply: bytes, place: dict[str, int]) -> Guess | None:
    """What a whole reply says; None where it is none of a module that works."""
    gas, code = GASES.get(reply[4]), word(reply, 6)
    if reply[1] != REPLY or gas is None or gas.key not in RANGES or reply[5] > FINE or not 0 < code < COUNTS or not COLD < celsius(code) < HOT:
        return None
    return Guess(f"DFRobot multi-gas module for {gas.key}", {"gas": gas.key} | place, sure=True)


def ask(bus: SharedI2C, address: int, clock: Clock) -> Guess | None:
    """Whether a multi-gas module answers at an address. The question is nine bytes written, because the module is asked in no other way."""
    return guess(Register(bus, address, clock, Sum("learn")).ask(READ), {"i2c": int(bus.name.removeprefix("i2c-")), "address": address})


def tell(heard: bytes) -> Guess | None:
    """A reply that tells gas, decimals and a temperature."""
    return next((found for reply in Kind(REPLY, Sum("learn").check).feed(heard) if (found := guess(reply, {}))), None)


SIGNATURES = (OnI2C(GROUP, ask), OnSerial({"baudrate": BAUD}, tell, READ))
"""Answers the question for a concentration, with its gas."""

PARSERS = {over: lambda over=over: Kind(REPLY, Sum(over).check) for over in ENDS}
"""By coverage of the sum."""
