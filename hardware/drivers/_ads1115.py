"""The converter under every analogue driver: one bounded, checked single-shot conversion of an ADS1115.

The published library converts, in single-shot mode only and with gain and rate set once: its defects (channel never selected or a register
read as a sample in continuous mode, a conversion started by a setter, a bare wait for ever) cannot be reached from here. What it cannot know
is checked here by transfers of our own: that the chip is at rest before a conversion is started (the chip ignores a start while it converts, so
a late conversion of one input would pass for one of the next), that it still holds the configuration afterwards, and that the code is not at
the rail. The whole exchange holds the bus, so drivers that share a chip share it conversion by conversion; they share no object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from hardware.buses.i2c import DeadlineI2C
from hardware.errors import BusError, Nak, ProtocolError
from hardware.sample import Reason

if TYPE_CHECKING:
    from hardware.buses.i2c import SharedI2C
    from hardware.driver import Clock

Gain = Literal["2/3", 1, 2, 4, 8, 16]
Rate = Literal[8, 16, 32, 64, 128, 250, 475, 860]
Pin = Literal["A0", "A1", "A2", "A3"]

FULL_SCALE: dict[Gain, float] = {"2/3": 6.144, 1: 4.096, 2: 2.048, 4: 1.024, 8: 0.512, 16: 0.256}
"""Volts at the end of the range, by gain."""
ADDRESSES = (0x48, 0x49, 0x4A, 0x4B)
MARGIN = 0.005
"""Seconds beyond two conversion times after which a conversion has failed (its clock is within 10 %)."""
HIGH_RAIL, LOW_RAIL = 0x7FF0, -0x8000
"""Codes from and to which the input is clipped; the last sixteen codes count, because a twelve-bit chip ends there."""
CONFIG = b"\x01"
BUSY_MASK, BUSY = 0x81, 0x01
"""First byte of the configuration, OS and MODE: converting once. In continuous mode a start is taken at any time."""
IGNORED = 0x7FFF
"""Every bit of the configuration but the highest, which is the chip's own."""


class Conversion(NamedTuple):
    """A code that was read, and what is wrong with it, if anything: then it is kept and gives no value."""

    code: int
    reason: Reason | None


class Converter:
    """One way of using a chip: bus, address, gain and rate. Opens (and probes) the chip; a HardwareError where it is not there."""

    def __init__(self, bus: SharedI2C, address: int, gain: Gain, rate: Rate, clock: Clock) -> None:
        self.view = DeadlineI2C(bus, clock)
        self._bus = bus
        self._where = f"{bus.name} address 0x{address:02x}"
        self._address = address
        self._gain = gain
        self._time = 1.0 / rate
        self._chip: Any = self._open(rate)

    def _open(self, rate: Rate) -> Any:
        from adafruit_ads1x15 import ADS1115

        with self.view.within(self._budget):
            self.view.transfer(self._address, CONFIG, 2)  # a NAK or a missing bus is told as it is, before the library makes it a ValueError
            try:
                return ADS1115(self.view, gain=2 / 3 if self._gain == "2/3" else self._gain, data_rate=rate, address=self._address)
            except ValueError as error:
                raise Nak(f"{self._where}: {error}; check the address jumper and the wires") from error

    @property
    def _budget(self) -> float:
        return 2 * self._time + MARGIN

    def read(self, pin: Pin) -> Conversion:
        """Select, convert and read one input against ground. BusError where no code was read; a code that was read is always given."""
        mux = 4 + int(pin[1])
        with self._bus.claimed():
            self._rest()
            with self.view.within(self._budget, settle=self._time, pace=self._time / 10):
                code: int = self._chip.read(mux)
                try:
                    self._verify(mux)
                except (BusError, ProtocolError) as error:
                    return Conversion(code, error.reason)
        return Conversion(code, None if LOW_RAIL < code < HIGH_RAIL else Reason.OVER_RANGE)

    def _rest(self) -> None:
        """Wait until no single conversion is running; the view bounds it."""
        with self.view.within(self._budget, pace=self._time / 10):
            while self.view.transfer(self._address, CONFIG, 2)[0] & BUSY_MASK == BUSY:
                continue

    def _verify(self, mux: int) -> None:
        """The chip must still hold what was written: a reset or another chip converts another input in another range."""
        held = int.from_bytes(self.view.transfer(self._address, CONFIG, 2)) & IGNORED
        wanted = config_word(mux, self._gain, round(1 / self._time)) & IGNORED
        if held != wanted:
            raise ProtocolError(Reason.WRONG_CHIP, f"{self._where}: configuration is 0x{held:04x}, written was 0x{wanted:04x}: reset or wrong chip")


def lsb(gain: Gain) -> float:
    """Volts per code."""
    return FULL_SCALE[gain] / 32768


def config_word(mux: int, gain: Gain, rate: int) -> int:
    """The configuration that starts one conversion: OS, MUX, PGA, single-shot, DR, comparator off (TI data sheet, Config register)."""
    pga = list(FULL_SCALE).index(gain)
    dr = (8, 16, 32, 64, 128, 250, 475, 860).index(rate)
    return 0x8000 | mux << 12 | pga << 9 | 0x0100 | dr << 5 | 0x0003
