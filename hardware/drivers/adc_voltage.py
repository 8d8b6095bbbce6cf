"""A voltage at an ADS1115 input: a supply to watch, or any transmitter that says its value in volts (0.5 to 4.5 V, 0 to 5 V, 0 to 10 V).

    source = V * ratio                      (ratio of the divider before the pin: (upper + lower) / lower)
    value = v1 + (source - s1) / (s2 - s1) * (v2 - v1)      through the two points (s1, v1) and (s2, v2), where they are given

0 V is a measurement (an empty tank, a dead battery) unless `open_below` says otherwise: a transmitter that starts at 0.5 V is not there below.
A pin at the end of its range gives no value at all. An open input is not 0 V: it floats and reads anything; a resistor of 1 megohm to ground, or
the divider itself, makes it 0 V.

Wiring: source, divider, pin; never more at the pin than the converter's supply, whatever the gain; one resistor of some kilo-ohms and a
clamp where the source may exceed it; 100 nF at the pin of a divider of high resistance. A pair (A0-A1) reads the difference of two pins, each of
which stays between ground and supply. Source: TI data sheet ADS1115.

    [[sensor]]
    name = "battery"
    driver = "adc_voltage"
    channel = "A0"
    ratio = 5.7
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardware.drivers._ads1115 import ADDRESSES, FULL_SCALE, OFFSET, PINS, RATES, ConverterOptions, Pin, lsb
from hardware.sample import Channel, Quality, Reason, Sample, bad
from hardware.scout import Guess, OnI2C

if TYPE_CHECKING:
    from hardware.buses import Buses
    from hardware.buses.i2c import SharedI2C
    from hardware.driver import Clock

FEWEST = 100
"""Codes that the range must span at least: fewer is a wrong ratio, point or gain."""

Points = tuple[tuple[float, float], tuple[float, float]]
"""Two pairs of volts at the source and value in `unit`."""


class Options(ConverterOptions, frozen=True, kw_only=True):
    """channel: A0 to A3, or a pair (A0-A1, A0-A3, A1-A3, A2-A3). ratio: volts at the source for one volt at the pin, 1 without a divider.

    points: two pairs of volts at the source and value, [[0.5, 0], [4.5, 10]]; without them the volts are the value. quantity: what is measured.
    unit: its UCUM code. low, high: measuring range in `unit`; without them the two points, or all that the input can read. open_below: volts at the
    source below which nothing is connected; without it 0 V is a measurement. decimals: digits that mean something.

    i2c: number of the bus. address: 0x48 to 0x4b. chip: ads1115, or ads1015 for the one of twelve bits. gain: 2/3 (as text), 1, 2, 4, 8 or 16:
    full scale 6.144, 4.096, 2.048, 1.024, 0.512 or 0.256 V. rate: conversions per second, of those the chip has. supply: of the converter, volts.
    """

    channel: Pin = "A0"
    ratio: float = 1.0
    points: Points | None = None
    quantity: str = "voltage"
    unit: str = "V"
    low: float | None = None
    high: float | None = None
    open_below: float | None = None
    decimals: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.ratio <= 0:
            raise ValueError(f"a ratio of {self.ratio:g} is no divider's; write volts at the source for one volt at the pin, 1 without a divider")
        if self.points is None and self.unit != "V":
            raise ValueError(f"volts are not {self.unit}; write two points, for example points = [[0.5, 0], [4.5, 10]], or leave unit away")
        if self.points is not None and (self.points[0][0] == self.points[1][0] or self.points[0][1] == self.points[1][1]):
            raise ValueError("the two points must differ in volts and in value; write the ends of the transmitter's range")
        low, high = self.span()
        if not low < high:
            raise ValueError(f"low ({low:g}) must be below high ({high:g}); they are the measuring range in {self.unit}")
        self._check_volts(low, high)

    def _check_volts(self, low: float, high: float) -> None:
        """ValueError where an end of the range cannot be read at the pin, or where the range is too small to measure."""
        bottom, top = self._pin_range()
        for name, value in (("low", low), ("high", high)):
            volts = self.volts(value) / self.ratio
            if not bottom - 1e-9 <= volts <= top + 1e-9:
                raise ValueError(
                    f"{name} makes {volts:.3f} V at {self.channel}, outside {bottom:g} to {top:g} V of gain {self.gain} on {self.supply:g} V; "
                    "check ratio, points, gain and supply"
                )
        codes = abs(self.volts(high) - self.volts(low)) / self.ratio / lsb(self.gain)
        if codes < FEWEST:
            raise ValueError(f"the range makes only {codes:.1f} codes of the converter; check ratio and points, or raise the gain")

    def _pin_range(self) -> tuple[float, float]:
        """Volts that the input can read."""
        top = min(FULL_SCALE[self.gain], self.supply)
        return (-top if "-" in self.channel else 0.0), top

    def line(self) -> tuple[float, float]:
        """Slope and intercept: value = volts at the source * slope + intercept."""
        (s1, v1), (s2, v2) = self.points or ((0.0, 0.0), (1.0, 1.0))
        slope = (v2 - v1) / (s2 - s1)
        return slope, v1 - s1 * slope

    def volts(self, value: float) -> float:
        """Volts at the source for a value in `unit`."""
        slope, intercept = self.line()
        return (value - intercept) / slope

    def span(self) -> tuple[float, float]:
        """Measuring range in `unit`."""
        ends = [value for _, value in self.points] if self.points else [volts * self.ratio for volts in self._pin_range()]
        return min(ends) if self.low is None else self.low, max(ends) if self.high is None else self.high

    def claims(self) -> tuple[str, ...]:
        """The converter's input."""
        return self.used(self.channel)

    def channels(self) -> tuple[Channel, ...]:
        """One channel, named as its quantity; `raw` is the ADC code."""
        slope, intercept = self.line()
        low, high = self.span()
        return (Channel(self.quantity, self.quantity, self.unit, self.decimals, low, high, lsb(self.gain) * self.ratio * slope, intercept),)


class Driver:
    """One input."""

    def __init__(self, options: Options, buses: Buses, clock: Clock) -> None:
        self.channels = options.channels()
        self._options = options
        self._converter = options.converter(buses.i2c(options.i2c), clock)

    def read(self) -> list[Sample]:
        """One conversion. A value beyond the range by more than the converter's own error is kept, uncertain."""
        channel, options = self.channels[0], self._options
        code, reason = self._converter.read(options.channel)
        volts = code * lsb(options.gain) * options.ratio
        if reason is None and options.open_below is not None and volts < options.open_below:
            reason = Reason.DISCONNECTED
        if reason is not None:
            return [bad(channel.name, reason, code)]
        value, error = channel.value(code), OFFSET * abs(channel.slope)
        if value > channel.high + error:
            return [Sample(channel.name, code, value, Quality.UNCERTAIN, Reason.OVER_RANGE)]
        if value < channel.low - error:
            return [Sample(channel.name, code, value, Quality.UNCERTAIN, Reason.UNDER_RANGE)]
        return [self._converter.vouch(Sample(channel.name, code, value))]

    def close(self) -> None:
        """Nothing of its own to give back: the bus is shared."""


RESET, THRESHOLDS = 0x8583, (0x8000, 0x7FFF)
"""What the configuration and the two thresholds hold after power-on (TI data sheet)."""


def known(bus: SharedI2C, address: int, clock: Clock) -> Guess | None:
    """Whether the registers are this converter's; only reads. Others may have this address (a TMP102, for one), so it is sure only where all three
    registers are as after power-on; a configuration that this gateway leaves is a guess."""
    config, *thresholds = (int.from_bytes(bus.transfer(address, bytes([register]), 2)) for register in (1, 2, 3))
    if tuple(thresholds) != THRESHOLDS:
        return None
    if config == RESET:
        return Guess("ADS1115 or ADS1015, analogue-to-digital converter, as after power-on", {"channel": "A0"}, sure=True)
    ours = {0x0103 | pga << 9 | rate << 5 for pga in range(len(FULL_SCALE)) for rate in range(max(map(len, RATES.values())))}
    if config & ~(0x8000 | (len(PINS) - 1) << 12) in ours:
        return Guess("ADS1115 or ADS1015, analogue-to-digital converter, set up for single conversions", {"channel": "A0"})
    return None


SIGNATURES = (OnI2C(ADDRESSES, known),)
