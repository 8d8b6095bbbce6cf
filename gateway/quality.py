"""What a sample's reason and value say about its quality, as flags. Pure: no clock, no memory, no I/O.

QC flags and never deletes: a value outside the measuring range stays, is marked, and is still evaluated by the alarms.
"""

from __future__ import annotations

from gateway.calibration import calibrated, raw_of
from gateway.model import ChannelState, Flag, Quality, Reading, Reason, Sampled, SeriesInfo
from hardware.sample import Sample

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


def gross_range(info: SeriesInfo, value: float) -> Flag:
    """GROSS_RANGE where a value lies outside what the sensor can measure."""
    return Flag(0) if info.low <= value <= info.high else Flag.GROSS_RANGE


def judge(info: SeriesInfo, sampled: Sampled) -> Reading:
    """A sample as a Reading of its series: calibrated and qualified."""
    sample = sampled.sample
    flags = flags_of(sample)
    reason = sample.reason or ""
    if sample.value is None:
        return Reading(sampled.series, sampled.ms, sample.raw, None, Quality.BAD, int(flags), reason)
    value = calibrated(info, sample.raw, sample.value)
    outside = gross_range(info, value)
    quality = max(sample.quality, Quality.UNCERTAIN if outside else Quality.GOOD)
    raw = raw_of(info, value) if sample.raw is None else sample.raw
    return Reading(sampled.series, sampled.ms, raw, value, quality, int(flags | outside), reason or (Reason.RANGE if outside else ""))
