"""A 4-20 mA transmitter (flammable or toxic gas, oxygen, pressure, level) through a shunt on an ADS1115 input.

    I = V / R * 1000          (mA, volts, ohms)
    value = low + (I - 4) / 16 * (high - low)

The current is classified before it is scaled (hardware/drivers/_loop.py): NAMUR NE 43, and the vendor's own currents for warm-up, maintenance and
over-range where `profile` names the transmitter. A current below zero is kept with its sign, one above 20 mA with its value, because alarms need
it. What no current tells is not seen: a poisoned bead, a sensor under a plastic bag, the value that a transmitter holds while its sensor is changed.

%LEL is a share of a limit that two tables give differently: it needs the gas and the basis, or the limit (`lel`), which travel with the values as
their datum; with them the node can also read a transmitter that is scaled in one of %LEL and %vol out in the other (`scaled_in`).

A level transmitter may act in reverse: `low` is what 4 mA stand for and may be the larger of the two. A current above 20 mA is then below the range.

Wiring: transmitter between loop supply and the pin, shunt from pin to ground, a series resistor and a clamp at the pin. 150 ohms suit a chip
on 3.3 V: 22 mA are 3.3 V. A shunt of 0.1 %. Sources: NAMUR NE 43; TI data sheet ADS1115; the transmitters' manuals.

    [[sensor]]
    name = "lel"
    driver = "loop_4_20ma"
    quantity = "methane"
    unit = "%{LEL}"
    gas = "methane"
    basis = "iec"
    low = 0
    high = 100
    channel = "A1"
    profile = "draeger_polytron_8000"
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from hardware import gases
from hardware.drivers._ads1115 import ConverterOptions, Pin, lsb
from hardware.drivers._loop import (
    BEYOND,
    DRIFTED,
    LOW_FAULT,
    PROFILES,
    SPAN,
    WARMING,
    ZERO,
    Verdict,
    Watch,
    check_shunt,
    milliamperes,
    tells_oxygen_apart,
)
from hardware.errors import HardwareError
from hardware.quantities import Seconds
from hardware.sample import Channel, Quality, Reason, Sample, bad

if TYPE_CHECKING:
    from hardware.buses import Buses
    from hardware.driver import Clock

FLAMMABLE = ("%{LEL}", "%{vol}")
"""Units that a limit converts between."""
REVERSED = {DRIFTED: BEYOND, BEYOND: Verdict(Quality.UNCERTAIN, Reason.UNDER_RANGE)}
"""What a current just outside 4 to 20 mA means of a transmitter that acts in reverse."""


class Options(ConverterOptions, frozen=True, kw_only=True):
    """quantity: what is measured (`methane`, `oxygen`, `level`). unit: UCUM code of what is told. low, high: values at 4 and 20 mA, in `unit`, or in
    `scaled_in` where that is given: `%{vol}` or `%{LEL}`, the other of the two than `unit`. low may be above high: the transmitter acts in reverse.

    gas, basis: what %LEL refers to, a row of the table of limits (hardware/gases.py: `methane`, `propane`, ...; `iec` or `us`). lel: or the limit
    itself, %vol that are 100 %LEL, from the transmitter's certificate.

    channel: A0 to A3, or a pair (A0-A1, A0-A3, A1-A3, A2-A3) across the shunt. shunt: ohms. decimals: digits that mean something. profile: band
    table of the transmitter. warm_up: how long its values are uncertain after it is opened or its current came back.

    i2c: number of the bus. address: 0x48 to 0x4b. chip: ads1115, or ads1015 for the one of twelve bits. gain: 2/3 (as text), 1, 2, 4, 8 or 16:
    full scale 6.144, 4.096, 2.048, 1.024, 0.512 or 0.256 V. rate: conversions per second, of those the chip has. supply: of the converter, volts.
    """

    quantity: str
    unit: str
    low: float
    high: float
    scaled_in: Literal["%{vol}", "%{LEL}"] | None = None
    gas: str = ""
    basis: gases.Basis | None = None
    lel: float | None = None
    channel: Pin = "A0"
    shunt: float = 150.0
    decimals: int = 2
    profile: str = "ne43"
    warm_up: Seconds = Seconds(0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low == self.high:
            raise ValueError(f"low and high are both {self.low:g} and must differ; write the values at 4 and at 20 mA")
        if self.profile not in PROFILES:
            raise ValueError(f"there is no profile {self.profile!r}; use one of {', '.join(sorted(PROFILES))}")
        if tells_oxygen_apart(self.profile) and gases.named(self.quantity) is None:
            raise ValueError(
                f"{self.profile} has currents that mean something else for oxygen than for any other gas, and {self.quantity!r} is no known gas; "
                f"write `oxygen`, or the other gas by its name: {', '.join(sorted({*gases.NAMES.values(), *gases.MORE}))}"
            )
        check_shunt(self.shunt, self)
        self._check_limit()

    def _check_limit(self) -> None:
        """ValueError where %LEL is told of no gas, of half a gas, or of two."""
        limit = self.limit()
        if limit is None and self.unit == "%{LEL}" and self.scaled_in is None:
            raise ValueError(
                "%{LEL} is a share of a limit that two tables give differently; write gas and basis as on the transmitter's certificate, "
                'for example gas = "methane" and basis = "iec", or the limit in %vol as lel'
            )
        if limit is None and self.scaled_in is not None:
            raise ValueError(f"reading {self.scaled_in} out in {self.unit} needs the limit; write gas and basis, or lel")
        if limit is not None and self.unit not in FLAMMABLE:
            raise ValueError(f"a limit means nothing for {self.unit}; leave gas, basis and lel away, or write the unit {' or '.join(FLAMMABLE)}")
        if self.scaled_in == self.unit or (self.scaled_in is not None and self.unit not in FLAMMABLE):
            raise ValueError(f"scaled_in {self.scaled_in} reads out in the other of {' and '.join(FLAMMABLE)}; write that as unit, or leave it away")

    def limit(self) -> float | None:
        """%vol that are 100 %LEL; None where no basis is named. ValueError where it cannot be known."""
        if bool(self.gas) != (self.basis is not None) or (self.gas and self.lel is not None):
            raise ValueError("write gas together with basis (iec or us), or lel alone")
        if self.lel is not None and not 0 < self.lel <= 100:
            raise ValueError(f"lel {self.lel:g} is no limit; write the %vol that are 100 %LEL (methane: 4.4 or 5.0)")
        return gases.lel(self.gas, self.basis) if self.basis is not None else self.lel

    def ends(self) -> tuple[float, float]:
        """The values at 4 and 20 mA, in `unit`."""
        limit = self.limit()
        if self.scaled_in is None or limit is None:
            return self.low, self.high
        told = gases.to_lel if self.scaled_in == "%{vol}" else gases.to_volume
        return told(self.low, limit), told(self.high, limit)

    def datum(self) -> str:
        """What %LEL refers to, in words; nothing for other units."""
        if self.unit != "%{LEL}":
            return ""
        row = f" of {self.gas} ({self.basis})" if self.gas else ""
        return f"100 %LEL are {self.limit():g} %vol{row}"

    def claims(self) -> tuple[str, ...]:
        """The converter's input."""
        return self.used(self.channel)

    def channels(self) -> tuple[Channel, ...]:
        """One channel, named as its quantity; `raw` is the ADC code."""
        low, high = self.ends()
        slope = lsb(self.gain) / self.shunt * 1000.0 / SPAN * (high - low)
        intercept = low - ZERO / SPAN * (high - low)
        first, last = sorted((low, high))
        return (Channel(self.quantity, self.quantity, self.unit, self.decimals, first, last, slope, intercept, self.datum()),)


class Driver:
    """One transmitter."""

    def __init__(self, options: Options, buses: Buses, clock: Clock) -> None:
        self.channels = options.channels()
        self._options = options
        self._clock = clock
        self._powered = clock.monotonic()
        self._watch = Watch(options.profile, options.quantity)
        self._converter = options.converter(buses.i2c(options.i2c), clock)

    def read(self) -> list[Sample]:
        """One conversion, classified by its current."""
        channel = self.channels[0]
        try:
            code, reason = self._converter.read(self._options.channel)
        except HardwareError:
            self._watch.lost()
            raise
        if reason is not None:
            self._watch.lost()
            return [bad(channel.name, reason, code)]
        now = self._clock.monotonic()
        current = milliamperes(code, self._options.gain, self._options.shunt)
        verdict = self._watch.judge(current, now)
        if current <= LOW_FAULT and verdict.quality is Quality.BAD:
            self._powered = now  # a transmitter without current warms up again once it has it back
        elif verdict.quality is Quality.GOOD and now - self._powered < self._options.warm_up:
            verdict = WARMING
        value = None if verdict.quality is Quality.BAD else channel.value(code)
        if self._options.low > self._options.high:
            verdict = REVERSED.get(verdict, verdict)
        return [self._converter.vouch(Sample(channel.name, code, value, verdict.quality, verdict.reason))]

    def close(self) -> None:
        """Nothing of its own to give back: the bus is shared."""
