"""What a sample's reason and value say about its quality, before any test that remembers: device state, validity, over-range, scaling, gross range.

Decision: a value outside what the sensor can measure fails the gross range test (QARTOD 4) and stays a value, so that the alarms still see it. Where
nothing else is configured that begins a little beyond the range: what lies there is the driver's to judge, which knows drift and noise by their name.
"""

from __future__ import annotations

from gateway.calibration import Curve, calibrated, raw_of
from gateway.model import ChannelState, Flag, Qartod, Quality, Reading, Reason, Sampled, SeriesInfo
from hardware.sample import Sample

SLACK = 0.04
"""Share of the range, at either end, that a value may lie beyond it before it fails: wider than NAMUR NE 43's own measuring band (-1.25 % to
103.1 %), because a clean-air zero that is read a code low is no gross error."""
_FLAG_OF = {
    Reason.NAK: Flag.BUS_FAULT,
    Reason.TIMEOUT: Flag.BUS_FAULT,
    Reason.PORT_GONE: Flag.BUS_FAULT,
    Reason.BUS: Flag.BUS_FAULT,
    Reason.SYNTAX: Flag.SYNTAX,
    Reason.SHORT: Flag.SYNTAX,
    Reason.CHECKSUM: Flag.SYNTAX,
    Reason.STALE: Flag.TIMING,
    Reason.RANGE: Flag.GROSS_RANGE,
    Reason.OVER_RANGE: Flag.OVER_RANGE,
    Reason.UNDER_RANGE: Flag.UNDER_RANGE,
    Reason.UNDER_ZERO: Flag.UNDER_ZERO,
    Reason.SATURATED: Flag.SATURATED,
    Reason.GUARD_BAND: Flag.HELD,
    Reason.INHIBIT: Flag.INHIBITED,
    Reason.WARM_UP: Flag.WARM_UP,
    Reason.EXTRAPOLATED: Flag.EXTRAPOLATED,
    Reason.INDICATIVE: Flag.INDICATIVE,
    Reason.NO_COMPENSATION: Flag.UNCOMPENSATED,
}
_STATE_OF = {Reason.INHIBIT: ChannelState.INHIBITED, Reason.WARM_UP: ChannelState.WARM_UP, Reason.OVER_RANGE: ChannelState.OVER_RANGE}


def state_of(sample: Sample) -> ChannelState:
    """What the device says it is doing: this is asked before anything else."""
    if sample.reason in _STATE_OF:
        return _STATE_OF[sample.reason]
    return ChannelState.FAULT if sample.quality is Quality.BAD else ChannelState.NORMAL


def flags_of(sample: Sample) -> Flag:
    """The bits a driver's reason stands for; any other reason is the sensor's own fault."""
    return Flag(0) if sample.reason is None else _FLAG_OF.get(sample.reason, Flag.SENSOR_FAULT)


def gross_range(value: float | None, span: tuple[float, float], operator: tuple[float | None, float | None] = (None, None)) -> Qartod:
    """QARTOD test 4. Outside the sensor's span: fail. Outside what the operator expects (an end that is None is not tested): suspect. No value:
    missing. The ends belong to the span."""
    if value is None:
        return Qartod.MISSING
    if not span[0] <= value <= span[1]:
        return Qartod.FAIL
    low, high = operator
    return Qartod.SUSPECT if (low is not None and value < low) or (high is not None and value > high) else Qartod.PASS


def failing(info: SeriesInfo) -> tuple[float, float]:
    """The span outside which a value of a series fails: its range with SLACK at either end."""
    slack = SLACK * (info.high - info.low)
    return info.low - slack, info.high + slack


def judge(info: SeriesInfo, sampled: Sampled, curve: Curve | None = None) -> Reading:
    """A sample as a Reading of its series: calibrated, by the curve where there is one, and qualified by what it says of itself.

    Under a curve the reading's raw number only codes the value; what was read is the companion series' (gateway.calibration).
    """
    sample = sampled.sample
    flags = flags_of(sample)
    reason = sample.reason or ""
    if sample.value is None:
        return Reading(sampled.series, sampled.ms, sample.raw, None, Quality.BAD, int(flags), reason)
    value = calibrated(info, sample.raw, sample.value, curve)
    quality = sample.quality
    if gross_range(value, failing(info)) is Qartod.FAIL:
        flags |= Flag.GROSS_RANGE | Flag.FAILED
        quality = max(quality, Quality.UNCERTAIN)
        reason = reason or Reason.RANGE
    if curve is not None and sample.raw is not None and curve.beyond(sample.raw):
        flags |= Flag.EXTRAPOLATED
        quality = max(quality, Quality.UNCERTAIN)
        reason = reason or Reason.EXTRAPOLATED
    raw = raw_of(info, value) if sample.raw is None or curve is not None else sample.raw
    return Reading(sampled.series, sampled.ms, raw, value, quality, int(flags), reason)
