"""Alphasense four-electrode gas cells (A4 and B4) on their analogue board (ISB or AFE), through an ADS1115.

Each cell gives two voltages: of the working electrode (WE), which sees gas, and of the auxiliary one (AE), which does not and shows what the
temperature does to the zero. The board adds an electronic zero of its own to each. With WEu, AEu as measured, WEe, AEe the electronic zeros,
WEo, AEo the zeros of the sensor in zero air (all in mV) and a factor by temperature (_alphasense_tables.py), the working electrode alone is

    algorithm 1: WEc = (WEu - WEe) - n * (AEu - AEe)                    algorithm 3: WEc = (WEu - WEe) - (WEo - AEo) - k' * (AEu - AEe)
    algorithm 2: WEc = (WEu - WEe) - k * (WEo / AEo) * (AEu - AEe)      algorithm 4: WEc = (WEu - WEe) - WEo - k''   (k'' is in mV)
    ppb = WEc / S,   for OX: ppb = (WEc - ppb of NO2 * cross-sensitivity) / S         (Alphasense AAN 803-02, 803-04)

The temperature is that of the cells, from the board's PT1000: T = (V - k) * 1000 + 20 with k = v20 - (t20 - 20) / 1000. Without one there is no
ppb but NO_COMPENSATION, and the millivolts stay; a fixed temperature compensates nothing and is not offered.

Wiring: every WE, AE and the PT1000 to an input of its own; a board with more wants a second chip at another address. Boards on 3.5 to 6.4 V
can drive a pin above a converter's supply of 3.3 V: a series resistor and a clamp. All cells of one board are one sensor here, as they share
its PT1000 and an OX cell needs the NO2 cell beside it; a chip that is gone takes the whole board with it.

Traps: k'' of algorithm 4 is millivolts, also where the rest is volts; the sheet's TOTAL zero is electronic plus sensor zero and is none of
these options; AEo is 0 on some sheets, and algorithm 2 divides by it. These are air-quality boards: output ends at some ppm, and there WE is
at the rail, SENSOR_FAULT, where nothing tells a clipped output from a broken one. New cells, and cells that were without supply, drift for
hours (NO, NO2 and OX a day): `warm_up` starts anew whenever the driver is opened or an electrode was at a rail.
What it cannot see: a cell that is dry, poisoned or pulled out of its socket gives a steady zero. Only test gas finds that.

    [[sensor]]
    name = "air"
    driver = "alphasense_isb"
    temperature = { channel = "A2", v20 = 0.297, t20 = 20.0 }
    [[sensor.cells]]
    type = "SO2-B4"
    serial = "164200206"
    working = "A0"
    auxiliary = "A1"
    we_electronic = 350.4
    we_sensor = 19.0
    sensitivity = 0.301
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from hardware.drivers._ads1115 import ADDRESSES, Converter, ConverterOptions, check_numbers, lsb
from hardware.drivers._alphasense_tables import NO2, OX, POINTS, PREFIXES, TYPES, factor
from hardware.quantities import Seconds
from hardware.sample import Channel, Quality, Reason, Sample, bad

if TYPE_CHECKING:
    from hardware.buses import Buses
    from hardware.driver import Clock

Input = Literal["A0", "A1", "A2", "A3"]
UNPOWERED, HEADROOM = 0.02, 0.05
"""Volts up to which a board is without supply, and below the converter's supply from which an output counts as clipped."""
NOISE, DRIFT = 3.0, 15.0
"""mV below zero that WEc may be: up to the first it is noise (about 10 ppb), up to the second drift of the zero (about 50 ppb, what the sheets
allow in a year); beyond it the correction exceeds the signal, and the factor, a mean over many cells, does not fit this one."""
COLDEST, HOTTEST = -60.0, 100.0
"""Degrees beyond which the PT1000 is broken or not there."""
FINEST, HIGHEST = 0.1, 6400.0
"""mV: finest digit of a calibration sheet, and the highest supply that a board takes."""
LEAST, MOST = 0.02, 5.0
"""mV per ppb between which a sensitivity lies; nA per ppm is hundreds."""
NEEDS: dict[int, tuple[str, ...]] = {
    1: ("ae_electronic",),
    2: ("ae_electronic", "we_sensor", "ae_sensor"),
    3: ("ae_electronic", "we_sensor", "ae_sensor"),
    4: ("we_sensor",),
}
"""What each algorithm takes from the calibration sheet beside WEe and S."""


class Cell(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One cell, with its calibration sheet. type: as printed (`NO2-B43F`). serial: number on the cell, checked against the type where its prefix is
    known. algorithm: 1 to 4 as far as the note has factors for the type; the recommended one where not given. working, auxiliary: converter
    inputs, A0 to A3, of the WE and AE output. address: of their chip, where it is not the sensor's.
    we_electronic, ae_electronic: electronic zeros of the board (WEe, AEe), mV. we_sensor, ae_sensor: zeros of the cell (WEo, AEo; not the total
    zeros), mV. sensitivity: mV per ppb. no2_cross: for OX, mV per ppb of NO2.
    """

    type: str
    working: Input
    auxiliary: Input
    we_electronic: float
    sensitivity: float
    serial: str = ""
    algorithm: Literal[1, 2, 3, 4] | None = None
    address: int | None = None
    ae_electronic: float | None = None
    we_sensor: float | None = None
    ae_sensor: float | None = None
    no2_cross: float | None = None

    def __post_init__(self) -> None:
        check_numbers(self)
        if self.type not in TYPES:
            raise ValueError(f"there is no cell {self.type!r}; use one of {', '.join(sorted(TYPES))}")
        printed = PREFIXES.get(self.serial[:3])
        if printed not in (None, self.type):
            raise ValueError(f"serial number {self.serial} is that of a {printed}, and type says {self.type}; read both off the cell again")
        if self.chosen not in TYPES[self.type].factors:
            known = ", ".join(str(number) for number in TYPES[self.type].factors)
            raise ValueError(f"algorithm {self.algorithm} has no factors for {self.type}; use one of {known} (the first is recommended)")
        missing = [name for name in NEEDS[self.chosen] if getattr(self, name) is None]
        if missing:
            raise ValueError(f"algorithm {self.chosen} of {self.type} needs {', '.join(missing)} from the cell's calibration sheet, in mV")
        if self.chosen == 2 and abs(self.ae_sensor or 0.0) < FINEST:
            raise ValueError(f"ae_sensor is {self.ae_sensor:g} on this sheet, and algorithm 2 divides by it; use another algorithm that the type has")
        for name in ("we_electronic", "ae_electronic", "we_sensor", "ae_sensor", "no2_cross"):
            if abs(getattr(self, name) or 0.0) > HIGHEST:
                raise ValueError(f"{name} of {getattr(self, name):g} is more than a board gives; write it in mV, as on the calibration sheet")
        if not LEAST <= self.sensitivity <= MOST:
            raise ValueError(
                f"a sensitivity of {self.sensitivity:g} is none in mV per ppb ({LEAST:g} to {MOST:g}); nA per ppm times the board's gain "
                "(mV per nA), divided by 1000, is, and it is above 0 for every cell, as the gain of NO2 and OX boards is negative"
            )
        _check_address(self.address)
        if (self.no2_cross is None) == (self.quantity == OX):
            raise ValueError("no2_cross belongs to an OX cell, and to no other: mV per ppb of NO2, from its calibration sheet")

    @property
    def quantity(self) -> str:
        """Its gas."""
        return TYPES[self.type].quantity

    @property
    def chosen(self) -> int:
        """The algorithm it is read with."""
        return self.algorithm or next(iter(TYPES[self.type].factors))

    @property
    def paired(self) -> bool:
        """Whether the algorithm looks at the auxiliary electrode."""
        return self.chosen != 4


class Thermometer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The board's PT1000. channel: its input. v20: volts on the board's sheet. t20: degrees Celsius at which they were read. address: of its chip,
    where it is not the sensor's."""

    channel: Input
    v20: float
    t20: float
    address: int | None = None

    def __post_init__(self) -> None:
        check_numbers(self)
        _check_address(self.address)
        if not UNPOWERED < self.v20 < HIGHEST / 1000:
            raise ValueError(f"v20 of {self.v20:g} V is none of a PT1000 board's; write it in volts, as 0.297 for 297 mV")
        if not COLDEST <= self.t20 <= HOTTEST:
            raise ValueError(f"t20 of {self.t20:g} degrees is no temperature of a bench; write the degrees Celsius at which v20 was read")


def _check_address(address: int | None) -> None:
    """ValueError where no chip can have it."""
    if address is not None and address not in ADDRESSES:
        raise ValueError(f"address 0x{address:02x} is none of an ADS1115's; use 0x48, 0x49, 0x4a or 0x4b, as its ADDR pin is wired")


class Options(ConverterOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """cells: one table for each cell (type, working, auxiliary, we_electronic, sensitivity and, by algorithm, ae_electronic, we_sensor, ae_sensor in
    mV; serial, algorithm, address, no2_cross). temperature: table of the board's PT1000 (channel, v20 in volts, t20 in degrees Celsius,
    address); without it there are millivolts only.

    i2c: number of the bus. address: 0x48 to 0x4b. chip: ads1115, or ads1015 for the one of twelve bits. gain: 2/3 (as text), 1, 2, 4, 8 or 16:
    full scale 6.144, 4.096, 2.048, 1.024, 0.512 or 0.256 V. rate: conversions per second. supply: of the converter, volts. warm_up: how long
    after it is opened, or has come back from a rail, a cell is not to be trusted; give a day for new cells and for NO, NO2 and OX.
    """

    cells: tuple[Cell, ...]
    temperature: Thermometer | None = None
    warm_up: Seconds = Seconds(6 * 3600)

    def __post_init__(self) -> None:
        super().__post_init__()
        gases = [cell.quantity for cell in self.cells]
        if not gases or len(set(gases)) < len(gases):
            raise ValueError("cells must name one cell or more, each of another gas; a second cell of the same gas is a sensor of its own")
        if OX in gases and NO2 not in gases:
            raise ValueError("an OX cell answers to ozone and to NO2; name the NO2 cell beside it under cells too, or leave the OX cell out")
        if len(set(self.claims())) < len(self.claims()):
            raise ValueError("two electrodes are on one input; give every WE, AE and the PT1000 an input of its own")
        for cell in self.cells:
            if not UNPOWERED * 1000 < cell.we_electronic < self.top() * 1000:
                raise ValueError(f"we_electronic of {cell.we_electronic:g} mV lies outside {UNPOWERED:g} to {self.top():g} V; write it in mV")

    def top(self) -> float:
        """Volts up to which an output can be followed."""
        return min(self.most(), self.supply - HEADROOM)

    def inputs(self) -> list[tuple[int, Input]]:
        """Address of the chip and input: WE and AE of each cell, then the PT1000."""
        used = [(cell.address, name) for cell in self.cells for name in (cell.working, cell.auxiliary)]
        if self.temperature is not None:
            used.append((self.temperature.address, self.temperature.channel))
        return [(self.address if address is None else address, name) for address, name in used]

    def claims(self) -> tuple[str, ...]:
        """The inputs."""
        return tuple(f"{self.bus()}:0x{address:02x}/{name}" for address, name in self.inputs())

    def channels(self) -> tuple[Channel, ...]:
        """Per cell the gas in ppb (`raw` in hundredths, as it is computed), `<gas>_we` and `<gas>_ae` in mV (`raw` is the ADC code); then
        `temperature`. A gas reaches as far as the output can be followed."""
        found: list[Channel] = []
        for cell in self.cells:
            gas, per_ppb = cell.quantity, cell.sensitivity
            high = (self.top() * 1000 - cell.we_electronic) / per_ppb
            found.append(Channel(gas, gas, "[ppb]", 2, -DRIFT / per_ppb, high, 0.01))
            found += [Channel(f"{gas}_{name}", "voltage", "mV", 3, 0.0, self.top() * 1000, lsb(self.gain) * 1000) for name in ("we", "ae")]
        if self.temperature is not None:
            k = self.temperature.v20 - (self.temperature.t20 - 20) / 1000
            found.append(Channel("temperature", "temperature", "Cel", 2, COLDEST, HOTTEST, lsb(self.gain) * 1000, 20 - k * 1000))
        return tuple(found)


class Driver:
    """One board. A read takes two conversions for each cell and one for the temperature."""

    def __init__(self, options: Options, buses: Buses, clock: Clock) -> None:
        self.channels = options.channels()
        self._options = options
        self._clock = clock
        self._settled = {cell.quantity: clock.monotonic() + options.warm_up for cell in options.cells}
        bus = buses.i2c(options.i2c)
        self._converters = {
            address: Converter(bus, address, options.gain, options.rate, clock, options.chip)
            for address in sorted({at for at, _ in options.inputs()})
        }

    def read(self) -> list[Sample]:
        """One round: all inputs as they are, then every gas from them. HardwareError where a chip does not answer."""
        raw = [channel for channel in self.channels if channel.unit != "[ppb]"]  # in the order of the inputs
        found = {channel.name: self._measured(channel, *place) for channel, place in zip(raw, self._options.inputs(), strict=True)}
        for cell in sorted(self._options.cells, key=lambda cell: cell.quantity == OX):  # OX last: it needs the NO2
            found[cell.quantity] = self._gas(cell, found)
        return [found[channel.name] for channel in self.channels]

    def close(self) -> None:
        """Nothing of its own to give back: the bus is shared."""

    def _measured(self, channel: Channel, address: int, name: Input) -> Sample:
        """One input. At a rail it is a board without supply, a broken wire or an output that can follow no further."""
        converter = self._converters[address]
        code, reason = converter.read(name)
        if reason not in (None, Reason.OVER_RANGE):
            return bad(channel.name, reason, code)
        value = channel.value(code)
        inside = UNPOWERED < code * lsb(self._options.gain) < self._options.top() and channel.low <= value <= channel.high
        if reason is not None or not inside:
            return bad(channel.name, Reason.SENSOR_FAULT, code)
        return converter.vouch(Sample(channel.name, code, value))

    def _gas(self, cell: Cell, found: dict[str, Sample]) -> Sample:
        """The gas of one cell, as far as what it is computed from can be trusted."""
        gas = cell.quantity
        we, ae, temperature = found[f"{gas}_we"], found[f"{gas}_ae"], found.get("temperature")
        if Reason.SENSOR_FAULT in (we.reason, ae.reason):
            self._settled[gas] = self._clock.monotonic() + self._options.warm_up  # without supply or flooded with gas: it has to settle again
        for electrode in (we, ae) if cell.paired else (we,):
            if electrode.reason is not None and electrode.value is None:
                return bad(gas, electrode.reason)
        sister = found[NO2] if gas == OX else None
        if we.value is None or temperature is None or temperature.value is None or (sister is not None and sister.value is None):
            return bad(gas, Reason.NO_COMPENSATION)
        signal = corrected(cell, factor(cell.type, cell.chosen, temperature.value), we.value, ae.value or 0.0)
        if sister is not None:
            signal -= (sister.value or 0.0) * (cell.no2_cross or 0.0)
        raw = round(signal / cell.sensitivity * 100)
        reason = self._doubt(cell, signal, temperature.value) or next((s.reason for s in (we, sister) if s is not None and s.reason), None)
        return Sample(gas, raw, raw * 0.01, Quality.UNCERTAIN if reason else Quality.GOOD, reason)

    def _doubt(self, cell: Cell, signal: float, temperature: float) -> Reason | None:
        """Why a value is not plainly good, the gravest reason first."""
        if signal < -DRIFT or not POINTS[0] <= temperature <= POINTS[-1]:
            return Reason.EXTRAPOLATED
        if signal < -NOISE:
            return Reason.UNDER_ZERO
        if signal > self._options.top() * 1000 - cell.we_electronic:
            return Reason.OVER_RANGE
        return Reason.WARM_UP if self._clock.monotonic() < self._settled[cell.quantity] else None


def corrected(cell: Cell, factor: float, we: float, ae: float) -> float:
    """WEc in mV of one cell, by its algorithm. factor: n, k, k' or k'' at the temperature of the cell; we, ae: mV as measured (ae is not used by
    algorithm 4)."""
    we -= cell.we_electronic
    ae -= cell.ae_electronic or 0.0
    we_zero, ae_zero = cell.we_sensor or 0.0, cell.ae_sensor or 0.0
    match cell.chosen:
        case 1:
            return we - factor * ae
        case 2:
            return we - factor * (we_zero / ae_zero) * ae
        case 3:
            return we - (we_zero - ae_zero) - factor * ae
        case _:
            return we - we_zero - factor
