"""What a current of a 4-20 mA loop means: classified first, scaled second, by whoever reads one.

NAMUR NE 43 says which currents are a measurement (3.8 to 20.5 mA) and which a failure (3.6 and less, 21.0 and more); between them lie guard
bands, no value and not yet a fault: the sample is bad, which holds every alarm as it is, and becomes a fault once the current has stayed there
for some seconds, all of them seen. Many gas transmitters have currents of their own for warm-up, calibration or over-range, steady or pulsed, some
of them amid NE 43's bands: which mean what is a profile, data at the end of this file, from the vendors' manuals. Nothing here is ever averaged: a
warning of one second in ten would vanish in a mean.

A pulsed signal is seen only as often as the loop is read: read it at least twice a second, or set the transmitter to its steady signal.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from hardware import gases
from hardware.drivers._ads1115 import DIODE, FULL_SCALE, lsb
from hardware.drivers._looks import Looks
from hardware.sample import Quality, Reason

if TYPE_CHECKING:
    from hardware.drivers._ads1115 import ConverterOptions, Gain

ZERO, SPAN = 4.0, 16.0
"""mA at the lower range value, and from there to the upper one."""
LOW_FAULT, LOW_VALID, HIGH_VALID, HIGH_FAULT = 3.6, 3.8, 20.5, 21.0
"""mA; NAMUR NE 43: failure at and beyond the outer two, measurement from the inner two inward, guard bands between."""
ACCURACY = 0.02
"""mA that converter and shunt may be off at 4 mA (0.15 % gain, 0.1 % shunt, 3 codes offset): only beyond it is a current below zero drift."""
FLOOR = LOW_VALID - ACCURACY
"""mA down to which a transmitter that stops following at 3.8 may be read: what is off is the converter, and there is still a value."""
CEILING = HIGH_VALID + 0.05
"""mA up to which a transmitter that stops following at 20.5 may be read: one at its ceiling is over its range, and must not pass for a fault. Only
the upper end has more than the accuracy: a transmitter at its ceiling has gas in front of it, one at its floor has nothing that endangers."""
MOST_SUPPLY = 5.5
"""Volts that the converter can be supplied with."""
WORST = 22.0
"""mA a failing transmitter may drive: it has to be seen, and must not endanger the pin."""
FEWEST = 1000
"""Codes that 4 to 20 mA must span at least; fewer is a shunt given in kilo-ohms or a wrong gain."""
DWELL = 3.0
"""Seconds in a guard band after which it is a fault."""
FOREVER = math.inf
OXYGEN = "oxygen"


class Verdict(NamedTuple):
    """What a current means."""

    quality: Quality
    reason: Reason | None


GOOD = Verdict(Quality.GOOD, None)
FAULT = Verdict(Quality.BAD, Reason.SENSOR_FAULT)
GUARD = Verdict(Quality.BAD, Reason.GUARD_BAND)
INHIBIT = Verdict(Quality.BAD, Reason.INHIBIT)
LOCKED = Verdict(Quality.BAD, Reason.OVER_RANGE)
BELOW = Verdict(Quality.BAD, Reason.UNDER_RANGE)
STARTING = Verdict(Quality.BAD, Reason.WARM_UP)
EITHER = Verdict(Quality.UNCERTAIN, Reason.AMBIGUOUS)
WARMING = Verdict(Quality.UNCERTAIN, Reason.WARM_UP)
DRIFTED = Verdict(Quality.UNCERTAIN, Reason.UNDER_ZERO)
BEYOND = Verdict(Quality.UNCERTAIN, Reason.OVER_RANGE)


class Window(NamedTuple):
    """Currents with one meaning: low <= mA < high; an end that belongs to the window is the next number after it (`_after`).

    oxygen: only (or only not) where oxygen is measured. patience: seconds after which a current that stays here is a fault instead. echo: what good
    values mean for `hold` seconds after a current was seen here, where the transmitter pulses; of these no value is better than the echo.
    """

    low: float
    high: float
    verdict: Verdict
    oxygen: bool | None = None
    patience: float = FOREVER
    echo: Verdict | None = None
    hold: float = 0.0


def window(current: float, profile: str, quantity: str = "") -> Window:
    """Where a current in mA lies: the vendor's own windows first, then the bands of NE 43."""
    oxygen = gases.named(quantity) == OXYGEN
    return next(found for found in PROFILES[profile] + NE43 if found.low <= current < found.high and found.oxygen in (None, oxygen))


def classify(current: float, profile: str, quantity: str = "") -> Verdict:
    """What one current in mA says when nothing is known of the ones before."""
    return window(current, profile, quantity).verdict


class Watch:
    """One loop over time: guard bands that become faults, and pulses that colour the values between them. Seconds are of any one clock. Patience is
    counted over the time in which the loop was read: after a reading that failed, or a gap between two, it begins anew."""

    def __init__(self, profile: str, quantity: str = "") -> None:
        self._profile = profile
        self._quantity = quantity
        self._place: Window | None = None
        self._since = 0.0
        self._echo: Verdict | None = None
        self._until = -FOREVER
        self._looks = Looks()

    def lost(self) -> None:
        """The loop could not be read."""
        self._looks.lost()

    def judge(self, current: float, now: float) -> Verdict:
        """What this current says, after those before it."""
        here = window(current, self._profile, self._quantity)
        if self._looks.unseen(now) is not None or here != self._place:
            self._place, self._since = here, now
        if now - self._since >= here.patience:
            return FAULT
        if here.echo is not None:
            self._echo, self._until = here.echo, now + here.hold
        elif self._echo is not None and now < self._until and here.verdict.quality < self._echo.quality:
            return self._echo
        return here.verdict


def milliamperes(code: int, gain: Gain, shunt: float) -> float:
    """The current, to a ten-thousandth: finer than a code, coarse enough that a band's edge is met exactly."""
    return round(code * lsb(gain) / shunt * 1000.0, 4)


def check_shunt(shunt: float, options: ConverterOptions) -> None:
    """ValueError where a failure current would not be seen or would endanger the pin, or where the span is too small to measure."""
    limit, worst = options.most(), shunt * WORST / 1000.0
    if worst > limit:
        raise ValueError(
            f"a shunt of {shunt:g} ohms makes {worst:.2f} V of the {WORST:g} mA a failing transmitter may drive, and gain {options.gain} on a supply "
            f"of {options.supply:g} V allows {limit:.2f} V; use at most {math.floor(limit / WORST * 1000.0)} ohms{_instead(worst, options)}"
        )
    if shunt * SPAN / 1000.0 / lsb(options.gain) < FEWEST:
        raise ValueError(f"a shunt of {shunt:g} ohms at gain {options.gain} leaves fewer than {FEWEST} steps; give it in ohms, or raise the gain")


def _instead(worst: float, options: ConverterOptions) -> str:
    """What else than a smaller shunt would make room: what the limit is, the converter's supply or its gain, and both where both are."""
    ways = []
    if worst > options.supply + DIODE:
        needed = math.ceil(round((worst - DIODE) * 10, 6)) / 10
        if needed > MOST_SUPPLY:
            return ""
        ways.append(f"a converter supplied with {needed:g} V (the supply is the limit)")
    if worst > FULL_SCALE[options.gain]:
        ways.append("a lower gain")
    return ", or " + " and ".join(ways)


def _after(value: float) -> float:
    return math.nextafter(value, FOREVER)


NE43 = (
    Window(-FOREVER, _after(LOW_FAULT), FAULT),
    Window(_after(LOW_FAULT), FLOOR, GUARD, patience=DWELL),
    Window(FLOOR, ZERO - ACCURACY, DRIFTED),
    Window(ZERO - ACCURACY, _after(ZERO + SPAN), GOOD),
    Window(_after(ZERO + SPAN), _after(CEILING), BEYOND),
    Window(_after(CEILING), HIGH_FAULT, GUARD, patience=DWELL),
    Window(HIGH_FAULT, FOREVER, FAULT),
)

PULSE = 2.5
"""Seconds between two pulses of a maintenance signal of about 1 Hz at the most, seen at two readings a second."""
_PULSED = (Window(2.9, _after(3.1), INHIBIT, echo=INHIBIT, hold=PULSE), Window(4.9, _after(5.1), EITHER))
_STEADY = (Window(3.3, _after(3.5), INHIBIT),)
_M2 = (Window(3.4, _after(3.6), INHIBIT, oxygen=False), Window(17.3, _after(17.5), EITHER, oxygen=True), Window(2.4, _after(LOW_FAULT), BELOW))

PROFILES: dict[str, tuple[Window, ...]] = {
    "ne43": (),
    # Polytron 8000 manual p. 82, 89: fault up to 1.2 mA, maintenance 3.4 mA steady, warning 3.0 mA for 1 s in 10 s in turn with the value, which
    # goes on meaning what it says; 3.0 mA that stays is no warning.
    "draeger_polytron_8000": (*_STEADY, Window(2.9, _after(3.1), GUARD, patience=DWELL)),
    # The same, set to a maintenance signal that swings between 3 and 5 mA once a second: 5 mA is also a value, so it is never good. A warning
    # (3 mA for 1 s) cannot be told from maintenance here.
    "draeger_polytron_8000_pulsed": _PULSED,
    # Polytron 7000 manual p. 39: fault below 3.2 mA and above 23 mA, maintenance and warm-up 3.4 mA, or 5 mA for 0.4 s and 3 mA for 0.7 s.
    "draeger_polytron_7000": _STEADY,
    "draeger_polytron_7000_pulsed": _PULSED,
    # PIR 7000 manual p. 48: fault current preset to 1 mA; while it warms up (its warning "warm-up 2") that current for 0.7 s in 11 s.
    "draeger_pir_7000": (Window(0.9, _after(1.1), STARTING, patience=1.5, echo=WARMING, hold=12.0),),
    # Ultima X manual p. 25: fault 3.0 mA, calibration and warm-up 3.75 mA, over-range locked at 21.0 mA; for oxygen 21.0 mA is calibration or
    # warm-up instead. A change of the sensor holds the last gas value for 60 s, which no current tells.
    "msa_ultima_x": (
        Window(3.7, _after(LOW_VALID), INHIBIT),
        Window(20.9, _after(21.1), INHIBIT, oxygen=True),
        Window(20.9, _after(21.1), LOCKED, oxygen=False),
    ),
    # M2 manual p. 31: fault below 2.4 mA, warm-up and calibration 3.5 mA; for oxygen 17.4 mA instead, which is also what clean air gives.
    "rki_m2": _M2,
    # M2A: as the M2, but it follows a falling signal down to 1.15 mA for 30 s before it calls it a fault.
    "rki_m2a": (*_M2, Window(1.15, 2.4, BELOW, patience=30.0)),
    # Toxic gas detector with a start delay of 90 s (write warm_up = "90 s"); 2.5 mA is its zero drifted by more than 10 %: a fault, not a service.
    "toxic_drift": (Window(2.4, _after(2.6), FAULT),),
}
"""Windows by transmitter. Where the manual names one current the window reaches 0.1 mA to either side, both ends included, which is what a loop and
its shunt may be off; only that of 3.75 mA reaches 0.05 mA, because a measurement begins above it. Anything else is NE 43."""


def tells_oxygen_apart(profile: str) -> bool:
    """Whether a transmitter's currents mean something else where it measures oxygen."""
    return any(window.oxygen is not None for window in PROFILES[profile])
