"""A contact on a supervised line, read as a resistance by an ADS1115: the one way to know a dry contact from a cut or a shorted cable.

A pull-up feeds the line; at its far end, inside the sensor, stands the end-of-line resistor, and the contact switches a resistor of its own in
parallel to it (or in series, for a contact that opens). Only two resistances are states:

    ohms = pull_up * V / (source - V)
    normal = end                            alarm = end * alarm / (end + alarm), or end + alarm

each with its tolerance. Next to nothing is a short circuit, nearly nothing but the pull-up an open wire, and anything else is no state: a wet
junction box, a corroded clamp, a wrong resistor. Those three give no value, so no alarm rises or clears by them, and each is told by its own reason
(short_circuit, disconnected, wiring). The windows are computed from the circuit, and a circuit whose windows touch is refused.

What the resistance is comes first, how long it must last second: `on_delay` and `off_delay` are counted over readings that followed one another and
were a state; a failed one, or a gap, begins them anew. The first reading counts at once. The measured volts and the resistance are channels of
their own.

Wiring: `source` (the converter's own 3.3 V) - pull-up - pin - cable - end-of-line resistor - ground; 100 nF at the pin. The resistors belong into the
sensor, not onto the terminals of the cabinet, or the cable is not supervised. What it cannot see: a contact that is welded or stuck.

    [[sensor]]
    name = "sump"
    driver = "supervised_loop"
    channel = "A2"
    meaning = "leak"
    pull_up = 10000
    end = 10000
    alarm = 4700
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from hardware.drivers._ads1115 import ConverterOptions, Pin, lsb
from hardware.drivers._contact import QUANTITY, Meaning
from hardware.drivers._edges import Debounce
from hardware.drivers._looks import Looks
from hardware.errors import HardwareError
from hardware.quantities import Seconds
from hardware.sample import Channel, Reason, Sample, bad

if TYPE_CHECKING:
    from hardware.buses import Buses
    from hardware.driver import Clock

SHORT, OPEN = 0.05, 10.0
"""Share of the lower state below which it is a short circuit, and multiple of the higher one above which the wire is open."""
FEWEST = 500
"""Codes between the two states at least."""
Ohms = Annotated[float, msgspec.Meta(gt=0)]


class Options(ConverterOptions, frozen=True, kw_only=True):
    """channel: A0 to A3. meaning: what 1 stands for: `alarm`, `fault`, `leak`, `water`, `door`, `tamper`, `running` or `button`; the channel has this
    name. pull_up: ohms to `source`. end: ohms at the end of the line. alarm: ohms that the contact switches. adds: how, `parallel` or `series` to
    `end`. tolerance: of a state's resistance, as a share (0.2 is 20 %). source: volts behind the pull-up. on_delay, off_delay: how long 1, and
    0, must last to count, as text with a unit.

    i2c: number of the bus. address: 0x48 to 0x4b. chip: ads1115, or ads1015 for the one of twelve bits. gain: 2/3 (as text), 1, 2, 4, 8 or 16:
    full scale 6.144, 4.096, 2.048, 1.024, 0.512 or 0.256 V. rate: conversions per second, of those the chip has. supply: of the converter, volts.
    """

    meaning: Meaning
    pull_up: Ohms
    end: Ohms
    alarm: Ohms
    channel: Pin = "A0"
    adds: Literal["parallel", "series"] = "parallel"
    tolerance: Annotated[float, msgspec.Meta(gt=0, lt=0.5)] = 0.2
    source: float = 3.3
    on_delay: Seconds = Seconds(0)
    off_delay: Seconds = Seconds(0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if "-" in self.channel:
            raise ValueError(f"channel {self.channel} is a pair; a line is read against ground, write A0, A1, A2 or A3")
        if not 1.0 <= self.source <= self.most():
            raise ValueError(f"a source of {self.source:g} V cannot be read up to an open wire; write 1 to {self.most():g} V, or use another gain")
        low, high = sorted(self.states())
        if low * (1 + self.tolerance) >= high * (1 - self.tolerance):
            raise ValueError(f"the states of {low:.0f} and {high:.0f} ohms cannot be told apart at this tolerance; use another `alarm` resistor")
        if (self.volts(high) - self.volts(low)) / lsb(self.gain) < FEWEST:
            raise ValueError(f"the two states are fewer than {FEWEST} codes apart; use resistors near the pull-up's, or another gain")

    def states(self) -> tuple[float, float]:
        """Ohms at rest and in alarm."""
        return self.end, self.end + self.alarm if self.adds == "series" else 1.0 / (1.0 / self.end + 1.0 / self.alarm)

    def volts(self, ohms: float) -> float:
        """Volts at the pin for a resistance of the line."""
        return self.source * ohms / (ohms + self.pull_up)

    def open_above(self) -> float:
        """Ohms above which the wire is open."""
        return OPEN * max(self.states())

    def claims(self) -> tuple[str, ...]:
        """The converter's input."""
        return self.used(self.channel)

    def channels(self) -> tuple[Channel, ...]:
        """The state, the line's resistance (`raw` in ohms), and the volts at the pin (`raw` is the ADC code)."""
        return (
            Channel(self.meaning, QUANTITY[self.meaning], "1", 0, 0.0, 1.0),
            Channel("resistance", "line_resistance", "Ohm", 0, 0.0, self.open_above()),
            Channel("volts", "voltage", "V", 4, 0.0, self.source, lsb(self.gain)),
        )


def classify(ohms: float, options: Options) -> bool | Reason:
    """Whether a resistance of the line is the alarm, or why it is no state at all."""
    rest, alarm = options.states()
    for state, active in ((rest, False), (alarm, True)):
        if abs(ohms - state) <= options.tolerance * state:
            return active
    if ohms < SHORT * min(rest, alarm):
        return Reason.SHORT_CIRCUIT
    return Reason.DISCONNECTED if ohms > options.open_above() else Reason.WIRING


class Driver:
    """One line."""

    def __init__(self, options: Options, buses: Buses, clock: Clock) -> None:
        self.channels = options.channels()
        self._options = options
        self._clock = clock
        self._converter = options.converter(buses.i2c(options.i2c), clock)
        self._debounce: Debounce | None = None
        self._seen: bool | Reason = Reason.WIRING
        self._looks = Looks()

    def read(self) -> list[Sample]:
        """One conversion, classified. HardwareError where there was none."""
        options, (state, resistance, volts) = self._options, self.channels
        try:
            code, reason = self._converter.read(options.channel)
        except HardwareError:
            self._looks.lost()
            raise
        if reason is not None:
            self._looks.lost()
            return [bad(state.name, reason), bad(resistance.name, reason), bad(volts.name, reason, code)]
        ohms = self._ohms(volts.value(code))
        measured = self._converter.vouch(Sample(volts.name, code, volts.value(code)))
        if ohms > options.open_above():
            line = bad(resistance.name, Reason.DISCONNECTED)
        else:
            line = self._converter.vouch(Sample(resistance.name, round(ohms), float(round(ohms))))
        return [self._state(classify(ohms, options)), line, measured]

    def _ohms(self, volts: float) -> float:
        left = self._options.source - volts
        return math.inf if left <= 0 else max(0.0, self._options.pull_up * volts / left)

    def _state(self, verdict: bool | Reason) -> Sample:
        """The state that has lasted. A fault of the line stops the delay, which begins anew after it."""
        name, now = self.channels[0].name, self._clock.monotonic()
        unseen = self._looks.unseen(now)
        if unseen is not None:
            self._hold(unseen)
            self._seen = Reason.STALE
        before, self._seen = self._seen, verdict
        if isinstance(verdict, Reason):
            self._hold(now)
            return bad(name, verdict)
        if self._debounce is None:
            self._debounce = Debounce(verdict, now, self._options.on_delay, self._options.off_delay)
        elif isinstance(before, Reason) or before != verdict:
            self._debounce.edge(verdict, now)
        self._debounce.changes(now)  # settles it; a change has no time of its own between two conversions
        return self._converter.vouch(Sample(name, int(self._debounce.active), float(self._debounce.active)))

    def _hold(self, since: float) -> None:
        """Stop the delay: what counted then goes on to count until a state has lasted after it."""
        if self._debounce is not None:
            self._debounce.edge(self._debounce.active, since)

    def close(self) -> None:
        """Nothing of its own to give back: the bus is shared."""
