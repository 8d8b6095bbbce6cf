"""One electrochemical gas cell through a transimpedance amplifier on an ADS1115 input.

A cell gives a current in proportion to the gas, the amplifier makes volts of it on top of a bias, and the converter reads those:

    V - V0 = S * c * R        (nA/ppm * ppm * ohm = 1e-9 V)
    c = (V - V0) / (S * R) * 1e9

with c in ppm, V and V0 (the output in clean air) in volts, S in nA/ppm, R in ohms. S is printed on each cell: cells of one type differ by a
factor of two, so there is no default. S is negative where the gas draws the output down (NO2, O3).

What the volts cannot say: a cell that is dry, poisoned or not plugged in reads clean air, faultlessly. Only test gas finds that. What they can
say: 0 V is an amplifier without supply; the supply rail on the side of the gas is more gas than can be measured; on the other side, a fault.
There is no zeroing here, least of all at the start: a start during a leak would zero the leak away.

    [[sensor]]
    name = "co"
    driver = "gas_cell"
    quantity = "carbon_monoxide"
    high = 500
    sensitivity = 2.44
    resistance = 1e6
    zero = 1.2
    channel = "A0"
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardware.drivers._ads1115 import FULL_SCALE, OFFSET, ConverterOptions, Pin, lsb
from hardware.quantities import Seconds
from hardware.sample import Channel, Quality, Reason, Sample, bad

if TYPE_CHECKING:
    from hardware.buses import Buses
    from hardware.driver import Clock

UNPOWERED = 0.02
"""Volts up to which the amplifier is without supply."""
HEADROOM = 0.05
"""Volts below its supply from which an amplifier no longer follows, and above which its output must rest in clean air to be told from 0 V."""
DRIFT, NOISE = 0.10, 0.02
"""Shares of the range below `low`: beyond the first the zero has wandered too far to trust anything, up to the second it is noise."""
FEWEST = 100
"""Codes that the range must span at least: fewer is a resistance given in kilo-ohms or a wrong gain."""


class Options(ConverterOptions, frozen=True, kw_only=True):
    """quantity: the gas (`carbon_monoxide`, `hydrogen_sulfide`). unit: UCUM code. low, high: measuring range of the cell, in `unit`.
    sensitivity: nA per `unit`, as printed on this very cell, negative where gas draws the output down. resistance: of the amplifier's feedback,
    ohms. zero: its output in clean air, volts.

    channel: A0 to A3, or a pair (A0-A1, A0-A3, A1-A3, A2-A3). decimals: digits that mean something. warm_up: how long after it is opened, or
    after its supply came back, a cell is not to be trusted: 60 min by SPEC Sensors' sheets.

    i2c: number of the bus. address: 0x48 to 0x4b. chip: ads1115, or ads1015 for the one of twelve bits. gain: 2/3 (as text), 1, 2, 4, 8 or 16:
    full scale 6.144, 4.096, 2.048, 1.024, 0.512 or 0.256 V. rate: conversions per second, of those the chip has. supply: of the amplifier and the
    converter, volts.
    """

    quantity: str
    low: float = 0.0
    high: float
    sensitivity: float
    resistance: float
    zero: float
    unit: str = "[ppm]"
    channel: Pin = "A0"
    decimals: int = 1
    warm_up: Seconds = Seconds(3600)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.low < self.high:
            raise ValueError(f"low ({self.low:g}) must be below high ({self.high:g}); they are the measuring range of the cell")
        if self.sensitivity == 0 or self.resistance <= 0:
            raise ValueError(
                f"a sensitivity of {self.sensitivity:g} nA and {self.resistance:g} ohms give no signal; read them off the cell and board"
            )
        self._check_volts()

    def volts(self, value: float) -> float:
        """The amplifier's output for a value in `unit`."""
        return self.zero + self.sensitivity * value * self.resistance * 1e-9

    def top(self) -> float:
        """Volts up to which the output can be followed."""
        return min(FULL_SCALE[self.gain], self.supply - HEADROOM)

    def _check_volts(self) -> None:
        """ValueError where the range does not fit between the rails, or is too small to measure."""
        for name, value in (("zero", 0.0), ("low", self.low), ("high", self.high)):
            if not HEADROOM <= self.volts(value) <= self.top():
                raise ValueError(
                    f"{name} makes {self.volts(value):.3f} V, outside {HEADROOM:g} to {self.top():g} V of gain {self.gain} on {self.supply:g} V; "
                    "check sensitivity, resistance (in ohms), zero and gain"
                )
        codes = abs(self.volts(self.high) - self.volts(self.low)) / lsb(self.gain)
        if codes < FEWEST:
            raise ValueError(f"the range makes only {codes:.1f} codes of the converter; write resistance in ohms, or raise the gain")

    def claims(self) -> tuple[str, ...]:
        """The converter's input."""
        return self.used(self.channel)

    def channels(self) -> tuple[Channel, ...]:
        """One channel, named as its quantity; `raw` is the ADC code."""
        per_volt = 1e9 / (self.sensitivity * self.resistance)
        slope, intercept = lsb(self.gain) * per_volt, -self.zero * per_volt
        return (Channel(self.quantity, self.quantity, self.unit, self.decimals, self.low, self.high, slope, intercept),)


class Driver:
    """One cell."""

    def __init__(self, options: Options, buses: Buses, clock: Clock) -> None:
        self.channels = options.channels()
        self._options = options
        self._clock = clock
        self._powered = clock.monotonic()
        self._converter = options.converter(buses.i2c(options.i2c), clock)

    def read(self) -> list[Sample]:
        """One conversion, judged by its volts first and by its value second."""
        channel = self.channels[0]
        code, failure = self._converter.read(self._options.channel)
        volts = code * lsb(self._options.gain)
        clipped = failure is Reason.OVER_RANGE
        reason = rail(volts, clipped, self._options) if failure is None or clipped else failure
        if volts <= UNPOWERED and (failure is None or clipped):
            self._powered = self._clock.monotonic()  # it has to warm up again once it has its supply back
        if reason is not None:
            return [bad(channel.name, reason, code)]
        sample = judged(channel, code, channel.value(code))
        if sample.quality is Quality.GOOD and self._clock.monotonic() - self._powered < self._options.warm_up:
            return [Sample(channel.name, code, sample.value, Quality.UNCERTAIN, Reason.WARM_UP)]
        return [self._converter.vouch(sample)]

    def close(self) -> None:
        """Nothing of its own to give back: the bus is shared."""


def rail(volts: float, clipped: bool, options: Options) -> Reason | None:
    """Why an output at one of its rails is no measurement; None between them. clipped: the converter was at the end of its own range."""
    if volts <= UNPOWERED:
        return Reason.SENSOR_FAULT
    if volts < options.top() and not clipped:
        return None
    return Reason.OVER_RANGE if options.sensitivity > 0 else Reason.SENSOR_FAULT


def judged(channel: Channel, code: int, value: float) -> Sample:
    """A value by where it lies in the range. Above it, by more than the converter's own error, the value is kept, because alarms need it; far below
    it nothing is worth keeping."""
    span = channel.high - channel.low
    if value < channel.low - DRIFT * span:
        return bad(channel.name, Reason.UNDER_RANGE, code)
    if value < channel.low - NOISE * span:
        return Sample(channel.name, code, value, Quality.UNCERTAIN, Reason.UNDER_ZERO)
    if value > channel.high + (OFFSET + 0.5) * abs(channel.slope):  # half a code, or the noise of the arithmetic decides
        return Sample(channel.name, code, value, Quality.UNCERTAIN, Reason.OVER_RANGE)
    return Sample(channel.name, code, value)
