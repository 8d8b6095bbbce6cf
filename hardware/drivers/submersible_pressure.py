"""A submersible pressure probe (water level, flood depth) on a 4-20 mA loop through a shunt on an ADS1115 input.

    I = V / R * 1000                                   (mA, volts, ohms)
    h = (I - 4) / 16 * high                            (metres of water of 1000 kg/m3, as the probe is scaled)
    depth = (h - column(air - behind)) * 1000 / density,    column(p) = p * 100 / (1000 * 9.80665)    (hPa; 1 hPa = 10.197 mm)

A gauge probe has the air behind its diaphragm too, through a vent tube in the cable: nothing is to be compensated, and `depth` is one straight
line of the current. An absolute probe has a vacuum behind it, a sealed one the air of the day it was closed: the weather (30 hPa: 306 mm) is in
the current and has to be taken out, so a barometer on another input of the same converter is asked for. No air pressure is ever assumed: without
the barometer its last reading serves for an hour, uncertain, then there is no depth, but the current is told all the same.

What the current cannot say: a vent tube that water or dirt has closed makes a gauge probe a sealed one, and the depth then follows the weather by
10.197 mm per hPa (`apparent`); a probe in silt, or lifted out of its mount, reads a plausible depth. A neighbour, a barometer at the hub, or a
look at the staff gauge tells. Small negative depths are zero drift and kept with their sign; the probe is never zeroed here.

Wiring: loop supply, probe, pin; shunt from pin to ground, series resistor and clamp at the pin; a surge arrester at a cable that leaves the
pole; the vent tube's end in a dry box with desiccant. Sources: NAMUR NE 43; TI data sheet ADS1115; QARTOD manual for water level (moisture in the
vent tube).

    [[sensor]]
    name = "underpass"
    driver = "submersible_pressure"
    channel = "A0"
    high = 10
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from hardware.drivers._ads1115 import Conversion, ConverterOptions, Pin, lsb
from hardware.drivers._loop import DRIFTED, GOOD, LOW_VALID, SPAN, ZERO, Verdict, Watch, check_shunt, milliamperes
from hardware.errors import HardwareError
from hardware.sample import Channel, Quality, Reason, Sample, bad

if TYPE_CHECKING:
    from hardware.buses import Buses
    from hardware.driver import Clock

GRAVITY = 9.80665
"""Metres per second squared, the standard one, by which probes are scaled in metres of water."""
SCALED = 1000.0
"""kg/m3 of the water a probe is scaled in."""
AIR = (500.0, 1100.0)
"""hPa that air on the ground can have, from high mountains to the deepest anticyclone; anything else is a barometer that fails."""
LASTS = 3600.0
"""Seconds for which the last air pressure serves: weather changes it by a few hPa, a few centimetres of water, in that time."""
FAR = (LOW_VALID - ZERO) / SPAN
"""Share of the range below zero from which a depth is no drift but a probe or barometer that fails: as far as NE 43 lets a gauge probe go."""


def column(pressure: float) -> float:
    """Metres of water (1000 kg/m3) that weigh as much as a pressure in hPa: 0.010197 for 1 hPa."""
    return pressure * 100.0 / (SCALED * GRAVITY)


def depth(head: float, density: float, excess: float = 0.0) -> float:
    """Metres of water above the diaphragm. head: what the probe indicates, metres of water of 1000 kg/m3. density: of the real water, kg/m3.
    excess: air pressure outside above the pressure behind the diaphragm, hPa; 0 for a gauge probe with an open vent."""
    return (head - column(excess)) * SCALED / density


def apparent(change: float, density: float = SCALED) -> float:
    """Metres by which a gauge probe with a clogged vent tube seems to rise when the air pressure has changed by so many hPa since it clogged."""
    return -depth(0.0, density, change)


class Options(ConverterOptions, frozen=True, kw_only=True):
    """high: metres of water (1000 kg/m3) at 20 mA, as on the probe's plate; 4 mA is none. density: of the water it hangs in, kg/m3 (fresh 1000, sea
    1025). kind: `gauge` (vented cable), `absolute` or `sealed`. sealed_at: hPa behind the diaphragm of a sealed one. tolerance: metres below zero
    that are no drift yet.

    barometer: input (A0 to A3, on the same converter) of an air pressure transmitter, for the kinds absolute and sealed. barometer_points: two
    pairs of volts at that input and hPa, [[0.6, 800], [3.0, 1100]].

    channel: A0 to A3, or a pair (A0-A1, A0-A3, A1-A3, A2-A3) across the shunt. shunt: ohms. decimals: digits of the depth, in metres, that mean
    something.

    i2c: number of the bus. address: 0x48 to 0x4b. chip: ads1115, or ads1015 for the one of twelve bits. gain: 2/3 (as text), 1, 2, 4, 8 or 16:
    full scale 6.144, 4.096, 2.048, 1.024, 0.512 or 0.256 V. rate: conversions per second, of those the chip has. supply: of the converter, volts.
    """

    high: float
    density: float = SCALED
    kind: Literal["gauge", "absolute", "sealed"] = "gauge"
    sealed_at: float = 1013.25
    tolerance: float = 0.02
    barometer: Pin | None = None
    barometer_points: tuple[tuple[float, float], tuple[float, float]] | None = None
    channel: Pin = "A0"
    shunt: float = 150.0
    decimals: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        check_shunt(self.shunt, self)
        if self.high <= 0:
            raise ValueError(f"high ({self.high:g}) must be above 0; write the metres of water at 20 mA, as on the probe's plate")
        if not 500 <= self.density <= 2000:
            raise ValueError(f"a density of {self.density:g} is no water's; write it in kg/m3 (fresh 1000, sea 1025)")
        if self.tolerance < 0:
            raise ValueError(f"tolerance ({self.tolerance:g}) must not be negative; write the metres below zero that are no drift yet")
        if not AIR[0] <= self.sealed_at <= AIR[1]:
            raise ValueError(f"sealed_at ({self.sealed_at:g}) is no air pressure; write hPa, 1013.25 where the data sheet says nothing")
        self._check_barometer()

    def _check_barometer(self) -> None:
        if self.kind == "gauge":
            if self.barometer is not None or self.barometer_points is not None:
                raise ValueError("a gauge probe needs no barometer; leave barometer and barometer_points away, or write the kind absolute or sealed")
            return
        if self.barometer is None or self.barometer_points is None:
            raise ValueError(f"the weather is in the current of this kind ({self.kind}); write barometer and barometer_points, or kind = gauge")
        probe, air = self.used(self.channel), self.used(self.barometer)
        if any(one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/") for one in probe for other in air):
            raise ValueError(f"barometer {self.barometer} and channel {self.channel} share a pin; give the air pressure an input of its own")
        (v1, p1), (v2, p2) = self.barometer_points
        if v1 == v2 or p1 == p2 or max(v1, v2) > self.most():
            raise ValueError(f"barometer_points must differ in volts and in hPa, and lie within {self.most():g} V; write the ends of its range")
        if self.believed(p1 - v1 * (p2 - p1) / (v2 - v1)):
            raise ValueError("a barometer with a broken wire (0 V) would tell a plausible air pressure; use one that starts above 0 V, or at 4 mA")

    def believed(self, air: float) -> bool:
        """Whether the barometer can have measured this: within its own range (beyond it by what NE 43 allows), and the pressure of air at all."""
        if self.barometer_points is None:
            return False
        low, high = sorted(pressure for _, pressure in self.barometer_points)
        slack = -FAR * (high - low)
        return max(low - slack, AIR[0]) <= air <= min(high + slack, AIR[1])

    def claims(self) -> tuple[str, ...]:
        """The converter's inputs, the probe's first."""
        return self.used(self.channel, *([self.barometer] if self.barometer else []))

    def channels(self) -> tuple[Channel, ...]:
        """The current in mA and, where there is a barometer, the air pressure in hPa, `raw` the ADC code; the depth in metres, `raw` the code where
        it is one straight line of it (gauge), else whole units of the last decimal."""
        amperes = lsb(self.gain) / self.shunt * 1000.0
        most = self.high * SCALED / self.density
        current = Channel("current", "current", "mA", 4, ZERO, ZERO + SPAN, amperes)
        if self.barometer_points is None:
            return (Channel("depth", "water_depth", "m", self.decimals, 0.0, most, amperes / SPAN * most, -ZERO / SPAN * most), current)
        (v1, p1), (v2, p2) = self.barometer_points
        slope = (p2 - p1) / (v2 - v1)
        low, high = sorted((p1, p2))
        air = Channel("air_pressure", "air_pressure", "hPa", 2, low, high, lsb(self.gain) * slope, p1 - v1 * slope)
        return (current, air, Channel("depth", "water_depth", "m", self.decimals, 0.0, most, 10.0**-self.decimals))


class Driver:
    """One probe, and its barometer."""

    def __init__(self, options: Options, buses: Buses, clock: Clock) -> None:
        self.channels = options.channels()
        self._options = options
        self._clock = clock
        self._by_name = {channel.name: channel for channel in self.channels}
        self._watch = Watch("ne43")
        self._last_air: tuple[float, float] | None = None  # hPa, and when
        self._converter = options.converter(buses.i2c(options.i2c), clock)

    def read(self) -> list[Sample]:
        """One conversion of each input. A current that is no measurement (NE 43) gives no depth."""
        try:
            conversion = self._converter.read(self._options.channel)
        except HardwareError:
            self._watch.lost()
            raise
        current, verdict = self._current(conversion)
        told = [current]
        if self._options.barometer is None:
            told.insert(0, self._depth(verdict, conversion.code, self._by_name["depth"].value(conversion.code)))
        else:
            air = self._air(self._converter.read(self._options.barometer))
            told += [air, self._compensated(verdict, current, fresh=air.value is not None)]
        return [self._converter.vouch(sample) for sample in told]

    def _current(self, conversion: Conversion) -> tuple[Sample, Verdict]:
        """The current itself, good wherever a code was read, and what it says of the water."""
        if conversion.reason is not None:
            self._watch.lost()
            return bad("current", conversion.reason, conversion.code), Verdict(Quality.BAD, conversion.reason)
        current = milliamperes(conversion.code, self._options.gain, self._options.shunt)
        verdict = self._watch.judge(current, self._clock.monotonic())
        return Sample("current", conversion.code, self._by_name["current"].value(conversion.code)), verdict

    def _depth(self, verdict: Verdict, raw: int | None, value: float) -> Sample:
        """The depth, judged by the current first and by where zero is second."""
        if verdict.quality is Quality.BAD:
            return Sample("depth", raw, None, verdict.quality, verdict.reason)
        if verdict in (GOOD, DRIFTED):
            verdict = DRIFTED if value < -self._options.tolerance else GOOD
        return Sample("depth", raw, value, verdict.quality, verdict.reason)

    def _air(self, conversion: Conversion) -> Sample:
        """The air pressure, and the last one kept for an hour without."""
        value = self._by_name["air_pressure"].value(conversion.code)
        if conversion.reason is not None:
            return bad("air_pressure", conversion.reason, conversion.code)
        if not self._options.believed(value):
            return bad("air_pressure", Reason.RANGE, conversion.code)
        self._last_air = (value, self._clock.monotonic())
        return Sample("air_pressure", conversion.code, value)

    def _compensated(self, verdict: Verdict, current: Sample, fresh: bool) -> Sample:
        """The depth below the air pressure that is known; none where none is. fresh: it is this round's."""
        if current.value is None or verdict.quality is Quality.BAD:
            return Sample("depth", None, None, Quality.BAD, verdict.reason)
        if self._last_air is None or self._clock.monotonic() - self._last_air[1] > LASTS:
            return bad("depth", Reason.NO_COMPENSATION)
        channel, options = self._by_name["depth"], self._options
        head = (current.value - ZERO) / SPAN * options.high
        behind = options.sealed_at if options.kind == "sealed" else 0.0
        raw = round(depth(head, options.density, self._last_air[0] - behind) / channel.slope)
        if channel.value(raw) < FAR * channel.high:
            return bad("depth", Reason.UNDER_RANGE, raw)
        sample = self._depth(verdict, raw, channel.value(raw))
        if sample.quality is Quality.GOOD and not fresh:
            return Sample("depth", raw, sample.value, Quality.UNCERTAIN, Reason.NO_COMPENSATION)
        return sample

    def close(self) -> None:
        """Nothing of its own to give back: the bus is shared."""
