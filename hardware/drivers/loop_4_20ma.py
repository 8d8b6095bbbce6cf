"""A 4-20 mA transmitter (gas, pressure, level, ...) through a shunt on an ADS1115 input.

The current is classified first and scaled second: NAMUR NE 43 says which currents are a measurement (3.8 to 20.5 mA) and which a failure
(3.6 and less, 21.0 and more), and many gas transmitters speak currents of their own in between for warm-up, calibration or over-range. Which
currents mean what is a profile, data at the end of this file, from the vendors' manuals. A classified sample is never averaged: a warning of
one second in ten would vanish in a mean.

Wiring: transmitter between loop supply and the pin, shunt from pin to ground, a series resistor and a clamp at the pin. 150 ohms suit a chip
on 3.3 V: 22 mA are 3.3 V.

    [[sensor]]
    name = "lel"
    driver = "loop_4_20ma"
    quantity = "methane"
    unit = "%{LEL}"
    low = 0
    high = 100
    channel = "A1"
    profile = "draeger_polytron_8000"
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from hardware.drivers._ads1115 import ADDRESSES, FULL_SCALE, Converter, Gain, Pin, Rate, lsb
from hardware.sample import Channel, Quality, Reason, Sample, bad

if TYPE_CHECKING:
    from hardware.buses import Buses
    from hardware.driver import Clock

ZERO, SPAN = 4.0, 16.0
"""mA at the lower range value, and from there to the upper one."""
LOW_FAULT, LOW_VALID, HIGH_VALID, HIGH_FAULT = 3.6, 3.8, 20.5, 21.0
"""mA; NAMUR NE 43: failure at and beyond the outer two, measurement from the inner two inward, guard bands between."""
ACCURACY = 0.02
"""mA that converter and shunt may be off at 4 mA (0.15 % gain, 0.1 % shunt, 3 codes offset): only beyond it is a current below zero drift."""
WORST = 22.0
"""mA a failing transmitter may drive: it has to be seen, and must not endanger the pin."""
DIODE = 0.3
"""Volts above the supply at which a pin's protection conducts."""
FEWEST = 1000
"""Codes that 4 to 20 mA must span at least; fewer is a shunt given in kilo-ohms or a wrong gain."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """quantity: what is measured (`methane`, `oxygen`, `level`). unit: UCUM code. low, high: values at 4 and 20 mA, in `unit`.

    i2c: number of the bus. address: 0x48 to 0x4b. channel: A0 to A3. gain: 2/3 (as text), 1, 2, 4, 8 or 16: full scale 6.144, 4.096, 2.048,
    1.024, 0.512 or 0.256 V. rate: conversions per second. supply: of the converter chip, volts. shunt: ohms. decimals: digits that mean
    something. profile: band table of the transmitter.
    """

    quantity: str
    unit: str
    low: float
    high: float
    i2c: int = 1
    address: int = 0x48
    channel: Pin = "A0"
    gain: Gain = 1
    rate: Rate = 128
    supply: float = 3.3
    shunt: float = 150.0
    decimals: int = 2
    profile: str = "ne43"

    def __post_init__(self) -> None:
        if self.address not in ADDRESSES:
            raise ValueError(f"address 0x{self.address:02x} is none of an ADS1115's; use 0x48, 0x49, 0x4a or 0x4b, as its ADDR pin is wired")
        if not self.low < self.high:
            raise ValueError(f"low ({self.low:g}) must be below high ({self.high:g}); write the values at 4 and at 20 mA")
        if self.profile not in PROFILES:
            raise ValueError(f"there is no profile {self.profile!r}; use one of {', '.join(sorted(PROFILES))}")
        _check_shunt(self.shunt, self.gain, self.supply)

    def bus(self) -> str:
        """The physical bus."""
        return f"i2c-{self.i2c}"

    def claims(self) -> tuple[str, ...]:
        """The converter's input."""
        return (f"i2c-{self.i2c}:0x{self.address:02x}/{self.channel}",)

    def channels(self) -> tuple[Channel, ...]:
        """One channel, named as its quantity; `raw` is the ADC code."""
        slope = lsb(self.gain) / self.shunt * 1000.0 / SPAN * (self.high - self.low)
        intercept = self.low - ZERO / SPAN * (self.high - self.low)
        return (Channel(self.quantity, self.quantity, self.unit, self.decimals, self.low, self.high, slope, intercept),)


def _check_shunt(shunt: float, gain: Gain, supply: float) -> None:
    """ValueError where a failure current would not be seen or would endanger the pin, or where the span is too small to measure."""
    limit = min(FULL_SCALE[gain], supply + DIODE)
    if shunt * WORST / 1000.0 > limit:
        largest = math.floor(limit / WORST * 1000.0)
        raise ValueError(
            f"a shunt of {shunt:g} ohms makes {shunt * WORST / 1000.0:.2f} V of the {WORST:g} mA a failing transmitter may drive, "
            f"and gain {gain} on a supply of {supply:g} V allows {limit:.2f} V; use at most {largest} ohms or a lower gain"
        )
    if shunt * SPAN / 1000.0 / lsb(gain) < FEWEST:
        raise ValueError(f"a shunt of {shunt:g} ohms at gain {gain} leaves fewer than {FEWEST} steps; give it in ohms, or raise the gain")


class Driver:
    """One transmitter."""

    def __init__(self, options: Options, buses: Buses, clock: Clock) -> None:
        self.channels = options.channels()
        self._options = options
        self._converter = Converter(buses.i2c(options.i2c), options.address, options.gain, options.rate, clock)

    def read(self) -> list[Sample]:
        """One conversion, classified by its current."""
        channel = self.channels[0]
        code, reason = self._converter.read(self._options.channel)
        if reason is not None:
            return [bad(channel.name, reason, code)]
        verdict = classify(self._current(code), self._options.profile, self._options.quantity)
        if verdict.quality is Quality.BAD:
            return [Sample(channel.name, code, None, verdict.quality, verdict.reason)]
        return [Sample(channel.name, code, channel.value(code), verdict.quality, verdict.reason)]

    def _current(self, code: int) -> float:
        """mA, to a ten-thousandth: finer than a code, coarse enough that a band's edge is met exactly."""
        return round(code * lsb(self._options.gain) / self._options.shunt * 1000.0, 4)

    def close(self) -> None:
        """Nothing of its own to give back: the bus is shared."""


class Verdict(NamedTuple):
    """What a current means."""

    quality: Quality
    reason: Reason | None


class Window(NamedTuple):
    """A current with a meaning of its own for one kind of transmitter: low <= mA < high. oxygen: only (or only not) for that quantity."""

    low: float
    high: float
    verdict: Verdict
    oxygen: bool | None = None


def classify(current: float, profile: str, quantity: str = "") -> Verdict:
    """What a current in mA says: the vendor's own windows first, then the bands of NE 43."""
    for window in PROFILES[profile]:
        if window.low <= current < window.high and window.oxygen in (None, quantity == "oxygen"):
            return window.verdict
    if current <= LOW_FAULT or current >= HIGH_FAULT:
        return FAULT
    if current < LOW_VALID or current > HIGH_VALID:
        return GUARD
    if current < ZERO - ACCURACY:
        return Verdict(Quality.UNCERTAIN, Reason.UNDER_ZERO)
    if current > ZERO + SPAN:
        return Verdict(Quality.UNCERTAIN, Reason.OVER_RANGE)
    return Verdict(Quality.GOOD, None)


FAULT = Verdict(Quality.BAD, Reason.SENSOR_FAULT)
GUARD = Verdict(Quality.BAD, Reason.GUARD_BAND)
INHIBIT = Verdict(Quality.BAD, Reason.INHIBIT)
LOCKED = Verdict(Quality.BAD, Reason.OVER_RANGE)
EITHER = Verdict(Quality.UNCERTAIN, Reason.AMBIGUOUS)

PROFILES: dict[str, tuple[Window, ...]] = {
    "ne43": (),
    # Polytron 8000 manual: fault up to 1.2 mA, maintenance 3.4 mA steady, warning 3.0 mA for 1 s in 10 s in turn with the value (so the last
    # value holds). Set the instrument to the steady maintenance signal: one that swings between 3 and 5 mA cannot be told from a value.
    "draeger_polytron_8000": (Window(3.3, 3.5, INHIBIT), Window(2.9, 3.1, GUARD)),
    # Ultima X manual: fault 3.0 mA, calibration and warm-up 3.75 mA, over-range locked at 21.0 mA; for oxygen 21.0 mA is calibration instead.
    "msa_ultima_x": (Window(3.7, LOW_VALID, INHIBIT), Window(20.9, 21.1, INHIBIT, oxygen=True), Window(20.9, 21.1, LOCKED, oxygen=False)),
    # M2 manual: fault below 2.4 mA, warm-up and calibration 3.5 mA; for oxygen 17.4 mA instead, which is also what clean air gives.
    "rki_m2": (Window(3.4, 3.6, INHIBIT, oxygen=False), Window(17.3, 17.5, EITHER, oxygen=True)),
}
"""Band tables by transmitter, windows with the tolerance of the loop (0.1 mA where the manual names one current). Anything else is NE 43."""
