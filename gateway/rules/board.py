"""All rules together: one act on one of them, what the outputs are to show, and which readings an over-range puts in doubt. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from gateway.model import Flag, Quality, Reading
from gateway.rules.acts import Act, Refused
from gateway.rules.watch import Change, Watch

AFTER_OVER_RANGE = "after_over_range"
"""The reason of a reading that an over-range before it puts in doubt, as the quality tests say it."""
FAULT_LEVEL = 1
"""What an output shows for an alarm that cannot judge its input."""


def act(watches: Iterable[Watch], what: Act, now_ms: int) -> list[Change]:
    """Do an act on the rule it names: the one way for panel, command line and hub. Refused where there is no such rule, or it is not allowed."""
    known = {watch.rule.name: watch for watch in watches}
    if what.rule not in known:
        raise Refused(f"{what.what} of {what.rule}: no such alarm; there are: {', '.join(sorted(known))}")
    return known[what.rule].act(what, now_ms)


def outputs_of(watches: Iterable[Watch], sounders: Collection[str] = ()) -> dict[str, int]:
    """Which outputs are wanted, and at which level: the highest of the alarms that name them and are active or latched, and not shelved.

    sounders: outputs that a silence keeps quiet; every other output goes on. An alarm that nobody has answered in time drives what it escalates to as
    well; one that cannot judge its input drives what is named for that. An alarm whose input is inhibited by now stands as it is: maintenance does
    not end what gas began.
    """
    wanted: dict[str, int] = {}
    for watch in watches:
        state, rule = watch.state, watch.rule
        if state.shelved:
            continue
        if watch.fault:
            heard = [output for output in rule.fault_to if not (state.silenced and output in sounders)]
            wanted |= {output: max(wanted.get(output, 0), FAULT_LEVEL) for output in heard}
        level = max(state.level if state.active else 0, state.latch if state.latched else 0)
        if not level:
            continue
        for output in (*rule.outputs, *(rule.escalate_to if state.unheard else ())):
            if not (state.silenced and output in sounders):
                wanted[output] = max(wanted.get(output, 0), level)
    return wanted


def doubted(reading: Reading, series: str, watches: Iterable[Watch]) -> Reading:
    """The reading as it is to be told: uncertain while an over-range of its series holds an alarm. To be asked before the alarms are fed."""
    held = any(watch.state.over_range and watch.rule.series == (series,) for watch in watches)
    if not held or reading.value is None or reading.flags & Flag.OVER_RANGE:
        return reading
    quality, flags = max(reading.quality, Quality.UNCERTAIN), reading.flags | Flag.AFTER_OVER_RANGE
    return Reading(reading.series, reading.ms, reading.raw, reading.value, quality, int(flags), reading.reason or AFTER_OVER_RANGE)
