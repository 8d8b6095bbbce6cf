"""The converter under every analogue driver: one bounded, checked single-shot conversion of an ADS1115, or of its twelve-bit sister ADS1015.

The published library converts, in single-shot mode only and with gain and rate set once: its defects (channel never selected or a register
read as a sample in continuous mode, a conversion started by a setter, a bare wait for ever) cannot be reached from here. What it cannot know
is checked here by transfers of our own: that the chip is at rest before a conversion is started (the chip ignores a start while it converts, so
a late conversion of one input would pass for one of the next), that it still holds the configuration afterwards, that the code is not at the
rail, and, over many codes, that it has as many bits as were paid for. The whole exchange holds the bus, so drivers that share a chip share it
conversion by conversion; they share no object.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec

from hardware.buses.i2c import DeadlineI2C
from hardware.errors import BusError, Nak, ProtocolError
from hardware.sample import Quality, Reason, Sample

if TYPE_CHECKING:
    from hardware.buses.i2c import SharedI2C
    from hardware.driver import Clock

Model = Literal["ads1115", "ads1015"]
Gain = Literal["2/3", 1, 2, 4, 8, 16]
Rate = Literal[8, 16, 32, 64, 128, 250, 475, 490, 860, 920, 1600, 2400, 3300]
Pin = Literal["A0-A1", "A0-A3", "A1-A3", "A2-A3", "A0", "A1", "A2", "A3"]
"""An input: a pin against ground, or the first pin of a pair against the second."""

PINS: tuple[Pin, ...] = ("A0-A1", "A0-A3", "A1-A3", "A2-A3", "A0", "A1", "A2", "A3")
"""Inputs by MUX code."""
RATES: dict[Model, tuple[int, ...]] = {"ads1115": (8, 16, 32, 64, 128, 250, 475, 860), "ads1015": (128, 250, 490, 920, 1600, 2400, 3300)}
"""Conversions per second by DR code (TI data sheets of the two chips)."""
FULL_SCALE: dict[Gain, float] = {"2/3": 6.144, 1: 4.096, 2: 2.048, 4: 1.024, 8: 0.512, 16: 0.256}
"""Volts at the end of the range, by gain; in the order of the PGA code."""
ADDRESSES = (0x48, 0x49, 0x4A, 0x4B)
DIODE = 0.3
"""Volts above the supply at which a pin's protection conducts."""
OFFSET = 3
"""Codes of sixteen bits that a conversion may be off at zero."""
FINEST = 6
"""Digits after the point that a value may be shown with."""
LARGEST = 1e9
"""Largest number that an option may hold, and, inverted, the smallest that is not 0: far beyond every ohm, volt, ppm or metre that is meant."""
MARGIN = 0.005
"""Seconds beyond two conversion times after which a conversion has failed (its clock is within 10 %)."""
HIGH_RAIL, HIGH_RAIL_12, LOW_RAIL = 0x7FFF, 0x7FF0, -0x8000
"""Codes at which the input is clipped: the highest of sixteen bits, the highest of twelve bits, and the lowest, which both chips share."""
CONFIG = b"\x01"
BUSY_MASK, BUSY = 0x81, 0x01
"""First byte of the configuration, OS and MODE: converting once. In continuous mode a start is taken at any time."""
IGNORED = 0x7FFF
"""Every bit of the configuration but the highest, which is the chip's own."""
LOW_BITS = 0xF
"""Bits that a twelve-bit chip leaves at zero."""
ENOUGH = 16
"""Different codes in a row that must tell of another chip before it is called one: by chance a sixteen-bit chip never gives so many without low
bits, and an input that stands still gives too few to be judged by."""


class Conversion(NamedTuple):
    """A code that was read, and what is wrong with it, if anything: then it is kept and gives no value."""

    code: int
    reason: Reason | None


class Converter:
    """One way of using a chip: bus, address, gain, rate and model. Opens (and probes) the chip; a HardwareError where it is not there.

    A read ends within two conversion times and 5 ms, and as much again where another conversion has to end first.
    """

    def __init__(self, bus: SharedI2C, address: int, gain: Gain, rate: Rate, clock: Clock, chip: Model = "ads1115") -> None:
        self.view = DeadlineI2C(bus, clock)
        self._bus = bus
        self._where = f"{bus.name} address 0x{address:02x}"
        self._address = address
        self._gain = gain
        self._rate = rate
        self._time = 1.0 / rate
        self._model: Model = chip
        self._against: set[int] = set()  # codes in a row that the model named could not have given, or would hardly have
        self._chip: Any = self._open(rate)

    def _open(self, rate: Rate) -> Any:
        import adafruit_ads1x15

        kind = adafruit_ads1x15.ADS1115 if self._model == "ads1115" else adafruit_ads1x15.ADS1015
        with self.view.within(self._budget):
            self.view.transfer(self._address, CONFIG, 2)  # a NAK or a missing bus is told as it is, before the library makes it a ValueError
            try:
                return kind(self.view, gain=2 / 3 if self._gain == "2/3" else self._gain, data_rate=rate, address=self._address)
            except ValueError as error:
                raise Nak(f"{self._where}: {error}; check the address jumper and the wires") from error

    @property
    def _budget(self) -> float:
        return 2 * self._time + MARGIN

    @property
    def mislabelled(self) -> bool:
        """Whether the codes read so far are those of the other chip: twelve bits sold as sixteen, or the reverse. The volts are right all the
        same. A sixteen-bit chip taken for a twelve-bit one is mostly told by its time-outs: it converts up to sixteen times more slowly."""
        return len(self._against) >= ENOUGH

    @property
    def _ceiling(self) -> int:
        """Where the codes end: lower where the chip has twelve bits, or is known by now to have them."""
        return HIGH_RAIL_12 if self._model == "ads1015" or self.mislabelled else HIGH_RAIL

    def read(self, pin: Pin) -> Conversion:
        """Select, convert and read one input. BusError where no code was read; a code that was read is always given."""
        mux = PINS.index(pin)
        with self._bus.claimed():
            self._rest()
            with self.view.within(self._budget, settle=self._time, pace=self._time / 10):
                code: int = self._chip.read(mux)
                try:
                    self._verify(mux)
                except (BusError, ProtocolError) as error:
                    return Conversion(code, error.reason)
        if not LOW_RAIL < code < self._ceiling:
            return Conversion(code, Reason.OVER_RANGE)
        self._learn(code)
        return Conversion(code, None)

    def vouch(self, sample: Sample) -> Sample:
        """The sample as far as this chip can be believed: a good value of a mislabelled chip is kept, uncertain, with WRONG_CHIP."""
        if sample.quality is not Quality.GOOD or not self.mislabelled:
            return sample
        return Sample(sample.channel, sample.raw, sample.value, Quality.UNCERTAIN, Reason.WRONG_CHIP, sample.at)

    def _learn(self, code: int) -> None:
        """One more code to know the chip by."""
        if (not code & LOW_BITS) == (self._model == "ads1115"):
            if not self.mislabelled:
                self._against.add(code)
        elif self._model == "ads1115" or not self.mislabelled:  # a low bit proves sixteen; a code without one proves nothing
            self._against.clear()

    def _rest(self) -> None:
        """Wait until no single conversion is running; the view bounds it."""
        with self.view.within(self._budget, pace=self._time / 10):
            while self.view.transfer(self._address, CONFIG, 2)[0] & BUSY_MASK == BUSY:
                continue

    def _verify(self, mux: int) -> None:
        """The chip must still hold what was written: a reset or another chip converts another input in another range."""
        held = int.from_bytes(self.view.transfer(self._address, CONFIG, 2)) & IGNORED
        wanted = config_word(mux, self._gain, self._rate, self._model) & IGNORED
        if held != wanted:
            raise ProtocolError(Reason.WRONG_CHIP, f"{self._where}: configuration is 0x{held:04x}, written was 0x{wanted:04x}: reset or wrong chip")


class ConverterOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every driver on this converter asks a person for. Each driver's Options takes it over and explains it again:

    i2c: number of the bus. address: 0x48 to 0x4b. chip: ads1115, or ads1015 for the one of twelve bits. gain: 2/3 (as text), 1, 2, 4, 8 or 16:
    full scale 6.144, 4.096, 2.048, 1.024, 0.512 or 0.256 V. rate: conversions per second, of those the chip has. supply: of the converter, volts.
    """

    i2c: int = 1
    address: int = 0x48
    chip: Model = "ads1115"
    gain: Gain = 1
    rate: Rate = 128
    supply: float = 3.3

    def __post_init__(self) -> None:
        check_numbers(self)
        if self.address not in ADDRESSES:
            raise ValueError(f"address 0x{self.address:02x} is none of an ADS1115's; use 0x48, 0x49, 0x4a or 0x4b, as its ADDR pin is wired")
        if self.rate not in RATES[self.chip]:
            raise ValueError(f"rate {self.rate} is none of an {self.chip.upper()}'s; use one of {', '.join(map(str, RATES[self.chip]))}")
        if not 2.0 <= self.supply <= 5.5:
            raise ValueError(f"a supply of {self.supply:g} V is none of the converter's; it takes 2 to 5.5 V, write what it is wired to")

    def bus(self) -> str:
        """The physical bus."""
        return f"i2c-{self.i2c}"

    def most(self) -> float:
        """Volts up to which an input can be read: where the range or the pin's protection ends."""
        return min(FULL_SCALE[self.gain], self.supply + DIODE)

    def used(self, *inputs: Pin) -> tuple[str, ...]:
        """What nobody else may have: first the inputs by name, then the pins of the pairs among them.

        Several pairs may share A3, which the chip has as their common reference, so a pair claims only its own part of A3; whoever reads A3 against
        ground claims the whole of it.
        """
        chip = f"i2c-{self.i2c}:0x{self.address:02x}"
        pins = []
        for plus, dash, minus in (pin.partition("-") for pin in inputs):
            if dash:
                pins += [f"{chip}/{plus}", f"{chip}/A3/{plus}" if minus == "A3" else f"{chip}/{minus}"]
        return (*(f"{chip}/{pin}" for pin in inputs), *pins)

    def converter(self, bus: SharedI2C, clock: Clock) -> Converter:
        """Open the chip as configured."""
        return Converter(bus, self.address, self.gain, self.rate, clock, self.chip)


def check_numbers(options: msgspec.Struct) -> None:
    """ValueError where an option is no number that can be computed with, or asks for decimals that nobody can read."""
    for name in options.__struct_fields__:
        value = getattr(options, name)
        if name == "decimals" and not 0 <= value <= FINEST:
            raise ValueError(f"decimals = {value} is out of range; write 0 to {FINEST}, the digits that mean something")
        for number in _numbers(value):
            if not math.isfinite(number) or abs(number) > LARGEST or 0 < abs(number) < 1 / LARGEST:
                raise ValueError(f"{name} = {number:g} is no number to measure with; write it in the unit that its description names")


def _numbers(value: object) -> list[float]:
    """The floating-point numbers in an option, also those in pairs of pairs."""
    if isinstance(value, tuple):
        return [number for item in value for number in _numbers(item)]
    return [value] if isinstance(value, float) else []


def lsb(gain: Gain) -> float:
    """Volts per code; both chips give codes of sixteen bits, left-aligned."""
    return FULL_SCALE[gain] / 32768


def config_word(mux: int, gain: Gain, rate: int, chip: Model = "ads1115") -> int:
    """The configuration that starts one conversion: OS, MUX, PGA, single-shot, DR, comparator off (TI data sheet, Config register)."""
    pga = list(FULL_SCALE).index(gain)
    return 0x8000 | mux << 12 | pga << 9 | 0x0100 | RATES[chip].index(rate) << 5 | 0x0003
