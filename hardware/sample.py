"""What a driver may say: a Sample of a Channel, its Quality and, when it is not good, the Reason.

A failed read is never a number: `value is None` exactly when the quality is BAD, and then a Reason is named. `0.0` is a measurement.
The raw code stays beside the value wherever one was read, also when the value is refused (a clipped conversion, a sentinel), so that a
reading can be judged again later.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum, StrEnum

MOST = 2**53
"""Largest raw number, either sign: what every reader of the wire holds exactly."""


class Quality(IntEnum):
    """How far a value may be trusted; the order is the order of badness."""

    GOOD = 0
    UNCERTAIN = 1
    BAD = 2


class Reason(StrEnum):
    """Why a sample is not plainly good. Names follow the field (NE 43, NE 107, data sheets); a driver adds none of its own."""

    NAK = "nak"  # the chip did not acknowledge its address or a byte
    TIMEOUT = "timeout"  # no answer before the deadline
    PORT_GONE = "port_gone"  # the bus or the serial port is not there (unplugged, not yet enumerated)
    BUS = "bus"  # any other error of the bus
    SYNTAX = "syntax"  # bytes that are no frame
    SHORT = "short"  # a frame that ended early
    CHECKSUM = "checksum"  # a frame whose checksum or CRC is wrong
    EXCEPTION = "exception"  # the device answered with an error code of its own
    WRONG_GAS = "wrong_gas"  # a valid frame of another gas
    WRONG_UNIT = "wrong_unit"  # a valid frame in another unit
    WRONG_CHIP = "wrong_chip"  # the configuration read back is not the one written: reset, swapped or mislabelled chip
    STALE = "stale"  # an old value again
    RANGE = "range"  # outside what the sensor can measure
    OVER_RANGE = "over_range"  # above the measuring range or clipped at full scale
    UNDER_RANGE = "under_range"  # below the measuring range
    UNDER_ZERO = "under_zero"  # small negative drift, kept with its sign
    NO_TARGET = "no_target"  # nothing came back within range
    NO_ECHO = "no_echo"  # the sensor heard nothing at all
    OBSTRUCTED = "obstructed"  # something stands in the blind zone
    INTERFERENCE = "interference"  # another transmitter on the same channel
    WEAK_SIGNAL = "weak_signal"  # too little came back to be trusted
    SATURATED = "saturated"  # too much light or gas to be measured
    GUARD_BAND = "guard_band"  # between measurement and fault (NE 43): neither a value nor yet a fault
    SENSOR_FAULT = "sensor_fault"  # the sensor says, or its signal shows, that it is broken
    DISCONNECTED = "disconnected"  # open wire
    SHORT_CIRCUIT = "short_circuit"  # shorted wire
    INHIBIT = "inhibit"  # the device is in maintenance or calibration
    WARM_UP = "warm_up"  # the device is not ready after power-on
    WIRING = "wiring"  # a resistance that stands for no state of the loop
    BOUNCE = "bounce"  # edges closer together than the contact can move
    AMBIGUOUS = "ambiguous"  # the signal stands for two states of this device
    INDICATIVE = "indicative"  # the kind of sensor cannot give more than a tendency
    EXTRAPOLATED = "extrapolated"  # outside the data sheet's curve
    NO_COMPENSATION = "no_compensation"  # the quantity that compensates this one is missing
    DRIVER = "driver"  # the driver itself failed: a defect in our code


@dataclass(frozen=True, slots=True)
class Channel:
    """One quantity that a driver gives, known before the sensor is ever reached.

    name: the driver's own short name of it, unique in the driver (`level`, `co`).
    quantity: what is measured, in words of the field (`distance`, `carbon_monoxide`).
    unit: UCUM code (`mm`, `[ppm]`, `%{LEL}`, `Cel`).
    decimals: digits after the point that mean something in `unit`.
    low, high: what the sensor can measure, in `unit`.
    slope, intercept: `value = raw * slope + intercept`, raw an integer (ADC code, mm); this is what lets a hub go back to the raw number.
    datum: what the value refers to, in words (the basis of %LEL, the reference of a level); empty where the unit says it all.
    """

    name: str
    quantity: str
    unit: str
    decimals: int
    low: float
    high: float
    slope: float = 1.0
    intercept: float = 0.0
    datum: str = ""

    def value(self, raw: int) -> float:
        """The physical value of a raw code, in `unit`, not rounded."""
        return raw * self.slope + self.intercept


@dataclass(frozen=True, slots=True)
class Sample:
    """One reading of one channel, as the driver saw it.

    value: in the channel's unit; None exactly when quality is BAD. raw: the integer that was read, None where nothing was read.
    at: monotonic seconds, only where the driver knows better than the sampler when it happened (the tip of a bucket); else None.
    """

    channel: str
    raw: int | None
    value: float | None
    quality: Quality = Quality.GOOD
    reason: Reason | None = None
    at: float | None = None

    def __post_init__(self) -> None:
        if (self.value is None) != (self.quality is Quality.BAD):
            raise ValueError(f"sample of {self.channel}: the value is missing exactly when the quality is BAD")
        if self.value is not None and not math.isfinite(self.value):
            raise ValueError(f"sample of {self.channel}: {self.value} is no measurement")
        if self.raw is not None and not -MOST <= self.raw <= MOST:
            raise ValueError(f"sample of {self.channel}: raw {self.raw} is beyond what the wire carries")
        if self.quality is not Quality.GOOD and self.reason is None:
            raise ValueError(f"sample of {self.channel}: a sample that is not good names its reason")


def bad(channel: str, reason: Reason, raw: int | None = None) -> Sample:
    """A read that gave no value, and why."""
    return Sample(channel, raw, None, Quality.BAD, reason)
