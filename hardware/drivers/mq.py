"""A metal oxide of the MQ series (MQ-2 to 9, 131, 135 to 137, 303A, 309A) through an ADS1115. Indicative: it smells that something is there.

Its resistance Rs falls with the gas (rises, for MQ-131), in series with a load to ground:

    Rs = Vc * RL / V - RL        ratio = Rs / R0  (R0 / Rs for MQ-131)        ppm = a * ratio ** b   (_mq_tables.py)

V is the voltage across the load; behind a divider, RL is the load with the divider beside it, and V is what the divider left, undone. So the
ratio comes first and is what to alarm on; ppm is never better than UNCERTAIN: INDICATIVE, or EXTRAPOLATED outside the data sheet's range, where
clean air always lies (MQ-4 reads it as 16 ppm of methane). 10 % of Rs are 13 to 45 % of the gas; hydrogen, alcohol and silicone vapour are
read as gas, humidity and temperature move it, and without 2 % of oxygen it reads nothing. Never a basis for exposure limits.

R0 is a person's own measurement: the `resistance` in clean air after 24 h of heating (MQ-7, newer sheets: 48 h), divided by the model's ratio
in clean air. It is never learned here: a start during a leak would learn the leak. After a power cut the sensor needs `warm_up`.

Wiring: Vc - sensor - load - ground, the pin at the load. A converter on 3.3 V takes no 5 V: 10 kilo-ohms from the load to the pin and 20 from the
pin to ground leave 3.33 of 5 V, and make 7.5 of a load of 10 kilo-ohms. Measure Vc, and take the boards' own load resistor into account.

MQ-7, and MQ-9 for carbon monoxide, give a value only at the end of the low phase of a heater that changes between 5.0 V for 60 s and 1.4 V for
90 s. `heater_pin` switches it: it drives a transistor that shunts part of the feedback of an adjustable regulator, 5.0 V at `heater_hot`, 1.4 V
otherwise; with a resistor that holds it at `heater_hot` while nobody drives it. A node that stops leaves 5 V; one that is killed leaves the
phase it was in, without harm, and begins with a hot phase when it is back; a Pi without power leaves what the resistor says. Read it at
least every second. Volts are given at each reading; the rest once a cycle, and is BAD (WARM_UP) in between, because a value of up to 150 s ago
would be no reading of now: an alarm on it wants `fault_after` of 160 s and more, and no delays. Where a low phase was overslept, because nobody read
it at its end, there is no value for that cycle, and STALE until there is one again says so. Without `heater_pin` such a sensor gives volts and ratio
only: the usual 5 V breakout is no calibrated sensor of carbon monoxide.

    [[sensor]]
    name = "kitchen"
    driver = "mq"
    model = "MQ-5"
    gas = "lpg"
    load = 20000
    divider = [10000, 20000]
    r0 = 6500
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from hardware.drivers._ads1115 import Conversion, ConverterOptions, lsb
from hardware.drivers._mq_heater import Heater
from hardware.drivers._mq_tables import MODELS, Curve, concentration, refusal
from hardware.quantities import Seconds
from hardware.sample import Channel, Quality, Reason, Sample, bad

if TYPE_CHECKING:
    from hardware.buses import Buses
    from hardware.driver import Clock

Input = Literal["A0", "A1", "A2", "A3"]
OPEN, CLEANER = 1.6e6, 3.0
"""Ohms from which no sensor is there (published plausibility floor), and times the resistance in clean air from which it is none where r0 makes that
more: an MQ-8 of 30 kilo-ohms has 2.1 megohms in clean air, and is connected."""
SHORTED = 0.005
"""Share of Vc by which the load must stay below it; closer is a short, within what converter and resistors are off."""
FEWEST = 50.0
"""Ohms that a load or R0 must have at least; fewer are kilo-ohms."""
BEYOND = 10.0
"""Times the end of the range from which a curve is no number any more."""


class Options(ConverterOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """model: as printed (`MQ-7`). gas: which of its curves (`carbon_monoxide`); none gives the ratio alone. r0: ohms, measured by you in clean air
    after 24 to 48 h of heating and divided by the model's ratio there; none gives the resistance alone. curve: a and b of your own data sheet,
    instead of the published ones. low, high: range of the curve on the data sheet, in `unit`, where it is not known here. unit: UCUM code of
    the gas, where publications disagree, or of a curve of your own; it converts nothing.

    channel: A0 to A3. circuit: Vc, volts across sensor and load. load: RL, ohms. divider: ohms from the load to the pin and from the pin to ground;
    none where the pin is at the load. heater_pin: BCM number, 0 to 27, of the switch of a cycled heater. heater_hot: level of that pin for 5 V,
    `high` or `low`. warm_up: how long after it is opened, or was not there, a value is not to be trusted.

    i2c: number of the bus. address: 0x48 to 0x4b. chip: ads1115, or ads1015 for the one of twelve bits. gain: 2/3 (as text), 1, 2, 4, 8 or 16:
    full scale 6.144, 4.096, 2.048, 1.024, 0.512 or 0.256 V. rate: conversions per second. supply: of the converter, volts.
    """

    model: str
    load: float
    gas: str | None = None
    r0: float | None = None
    curve: tuple[float, float] | None = None
    low: float | None = None
    high: float | None = None
    unit: str | None = None
    channel: Input = "A0"
    circuit: float = 5.0
    divider: tuple[float, float] | None = None
    heater_pin: Annotated[int, msgspec.Meta(ge=0, le=27)] | None = None
    heater_hot: Literal["high", "low"] = "high"
    warm_up: Seconds = Seconds(300)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.model not in MODELS:
            raise ValueError(f"there is no model {self.model!r}; use one of {', '.join(MODELS)}")
        if self.load < FEWEST or (self.r0 is not None and not FEWEST <= self.r0 <= OPEN):
            raise ValueError(f"load and r0 are ohms, of {FEWEST:g} and more: load is {self.load:g}, r0 is {self.r0}")
        if self.divider is not None and min(self.divider) <= 0:
            raise ValueError("divider is two resistors, in ohms: from the load to the pin, and from the pin to ground")
        if not 0 < self.circuit * self.share() <= self.most():
            raise ValueError(
                f"{self.circuit:g} V make {self.circuit * self.share():.2f} V at the pin, and gain {self.gain} on {self.supply:g} V takes "
                f"{self.most():.2f} V; give a divider, as divider = [10000, 20000] for 5 V"
            )
        self._check_gas()

    def _check_gas(self) -> None:
        """ValueError where a gas is asked for that this sensor, so wired, cannot tell."""
        known = MODELS[self.model]
        cycled = any(curve.cycled for curve in known.curves.values())
        if self.heater_pin is not None and not cycled:
            raise ValueError(f"the heater of an {self.model} stays on; leave heater_pin out, and wire it to 5 V")
        if self.gas is None:
            if self.curve or self.low is not None or self.high is not None or self.unit is not None:
                raise ValueError("curve, low, high and unit belong to a gas; name it")
            return
        curve = self.measured()
        if self.r0 is None:
            clean = f"{known.clean:g}" if known.clean else "the ratio that its data sheet gives there"
            raise ValueError(f"{self.gas} needs r0: the resistance in clean air, after 24 to 48 h of heating, divided by {clean}")
        why = refusal(curve)
        if why:
            raise ValueError(f"{self.gas} is not offered with an {self.model}: {why}; leave gas out and watch the ratio")
        if curve.low is None or curve.high is None or not 0 <= curve.low < curve.high:
            raise ValueError(f"low and high: the range of {self.gas} on the data sheet of your {self.model} is needed, low below high")
        if curve.unit is None:
            raise ValueError(f"unit: publications of this curve of the {self.model} disagree; read it off your data sheet ([ppm], [ppb] or mg/L)")
        if curve.cycled != (self.heater_pin is not None):
            need = f"needs a cycled heater: give heater_pin, or leave {self.gas} out and watch the ratio"
            raise ValueError(f"{self.gas} with an {self.model} {need if curve.cycled else 'is read with the heater at 5 V: leave heater_pin out'}")

    def measured(self) -> Curve:
        """The curve of the gas, with what the person has given of it. ValueError where there is none."""
        curves = MODELS[self.model].curves
        name = self.gas or ""
        if name not in curves and self.curve is None:
            offered = ", ".join(known for known, curve in curves.items() if not refusal(curve)) or "none: give your data sheet's as curve = [a, b]"
            raise ValueError(f"there is no curve of {name} for an {self.model}; there is: {offered}")
        # A curve of one's own is still of that heater: a gas unknown here is cycled where all the model's are.
        base = curves.get(name) or Curve(0.0, 0.0, cycled=bool(curves) and all(curve.cycled for curve in curves.values()))
        if self.curve is not None:
            base = base._replace(a=self.curve[0], b=self.curve[1], low=None, high=None)
        elif None not in (self.unit, base.unit) and self.unit != base.unit:
            raise ValueError(
                f"the published curve of {name} is in {base.unit}, and a unit converts nothing; leave unit out, or give curve = [a, b] in it"
            )
        low, high = (base.low if self.low is None else self.low), (base.high if self.high is None else self.high)
        return base._replace(low=low, high=high, unit=self.unit or base.unit)

    def open_from(self) -> float:
        """Ohms from which no sensor is there."""
        return max(OPEN, CLEANER * (self.r0 or 0.0) * (MODELS[self.model].clean or 1.0))

    def share(self) -> float:
        """What the divider leaves of the voltage across the load."""
        return 1.0 if self.divider is None else self.divider[1] / sum(self.divider)

    def effective(self) -> float:
        """Ohms that the sensor sees: the load with the divider beside it."""
        return self.load if self.divider is None else 1 / (1 / self.load + 1 / sum(self.divider))

    def claims(self) -> tuple[str, ...]:
        """The converter's input, and the heater's pin."""
        return self.used(self.channel) + (() if self.heater_pin is None else (f"gpio-{self.heater_pin}",))

    def channels(self) -> tuple[Channel, ...]:
        """With r0 the `ratio`, with a gas the gas, then `resistance` in ohms and `volts` at the pin; `raw` of the volts is the ADC code, of
        the others the value itself in units of its last decimal."""
        most = self.open_from()
        found = [Channel("resistance", "resistance", "Ohm", 0, 0.0, most), Channel("volts", "voltage", "V", 5, 0.0, self.most(), lsb(self.gain))]
        if self.gas is not None:
            curve = self.measured()
            found.insert(0, Channel(self.gas, self.gas, curve.unit or "", 3, curve.low or 0.0, curve.high or 0.0, 0.001))
        if self.r0 is not None:
            end = self.r0 / FEWEST if MODELS[self.model].inverted else most / self.r0
            found.insert(0, Channel("ratio", "resistance_ratio", "1", 4, 0.0, end, 0.0001))
        return tuple(found)


class Driver:
    """One sensor. A read takes one conversion."""

    def __init__(self, options: Options, buses: Buses, clock: Clock) -> None:
        self.channels = options.channels()
        self._options = options
        self._clock = clock
        self._warm = clock.monotonic() + options.warm_up
        self._converter = options.converter(buses.i2c(options.i2c), clock)
        self._curve = None if options.gas is None else options.measured()
        self._heater: Heater | None = None
        if options.heater_pin is not None:
            self._heater = Heater(options.heater_pin, int(options.heater_hot == "high"), buses, clock)

    def read(self) -> list[Sample]:
        """Volts, and what they mean where the heater is in the state to mean something. HardwareError where the chip or the heater's pin fails."""
        due = self._heater is None or self._heater.step()
        conversion = self._converter.read(self._options.channel)
        found = self._meant(conversion, due)
        if self._heater is not None and due:
            self._heater.measured()
        found["volts"] = self._volts(conversion)
        return [found[channel.name] for channel in self.channels]

    def close(self) -> None:
        """Leave a heater at 5 V; the bus is shared."""
        if self._heater is not None:
            self._heater.close()

    def _volts(self, conversion: Conversion) -> Sample:
        """The pin as it is."""
        if conversion.reason is not None:
            return bad("volts", conversion.reason, conversion.code)
        return self._converter.vouch(Sample("volts", conversion.code, self.channels[-1].value(conversion.code)))

    def _meant(self, conversion: Conversion, due: bool) -> dict[str, Sample]:
        """Every channel but the volts. due: the heater is where the curves hold."""
        names = [channel.name for channel in self.channels[:-1]]
        ohms, fault = self._resistance(conversion)
        if fault is Reason.DISCONNECTED:
            self._warm = self._clock.monotonic() + self._options.warm_up
        if fault is None and not due:
            fault = Reason.STALE if self._heater is not None and self._heater.overslept else Reason.WARM_UP
        if fault is not None:
            return {name: bad(name, fault) for name in names}
        found = {"resistance": self._sample("resistance", ohms)}
        if self._options.r0 is not None:
            ratio = self._options.r0 / ohms if MODELS[self._options.model].inverted else ohms / self._options.r0
            found["ratio"] = self._sample("ratio", ratio)
            if self._curve is not None and self._options.gas is not None:
                found[self._options.gas] = self._smelt(self._options.gas, self._curve, ratio)
        return found

    def _resistance(self, conversion: Conversion) -> tuple[float, Reason | None]:
        """Rs in ohms, and why it is none."""
        options = self._options
        volts = conversion.code * lsb(options.gain) / options.share()
        if conversion.reason not in (None, Reason.OVER_RANGE):
            return 0.0, conversion.reason
        if volts >= options.circuit * (1 - SHORTED):
            return 0.0, Reason.SHORT_CIRCUIT
        most = options.open_from()
        ohms = options.effective() * (options.circuit / volts - 1) if volts > 0 else most * 2
        return ohms, Reason.DISCONNECTED if ohms > most else None

    def _sample(self, name: str, value: float) -> Sample:
        """A computed quantity in units of its last decimal."""
        channel = next(channel for channel in self.channels if channel.name == name)
        raw = round(value / channel.slope)
        if self._clock.monotonic() < self._warm:
            return Sample(name, raw, channel.value(raw), Quality.UNCERTAIN, Reason.WARM_UP)
        return self._converter.vouch(Sample(name, raw, channel.value(raw)))

    def _smelt(self, gas: str, curve: Curve, ratio: float) -> Sample:
        """The gas by its curve: never better than indicative."""
        value, low, high = concentration(curve.a, curve.b, ratio), curve.low or 0.0, curve.high or 0.0
        if value > BEYOND * high:
            return bad(gas, Reason.OVER_RANGE)
        sample = self._sample(gas, value)
        if sample.quality is not Quality.GOOD:
            return sample
        reason = Reason.INDICATIVE if low <= value <= high else Reason.EXTRAPOLATED
        return Sample(gas, sample.raw, sample.value, Quality.UNCERTAIN, reason)
