"""Alarms in words: how they stand, what an act means before it is done, and what it did."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway import cli
from gateway.clock import real
from gateway.limits import shown
from gateway.rules.acts import SILENCE
from gateway.status.snapshot import load
from gateway.status.words import silence, understood, unsound
from hardware.quantities import DURATIONS

Told = Mapping[str, Any]
"""An answer of the node, see gateway/control/alarming.py."""
WORDS = {
    "NORMAL": "normal",
    "UNACK": "ALARM, not acknowledged",
    "ACKED": "ALARM, acknowledged",
    "LATCH_UNACK": "latched, not acknowledged",
    "LATCH_ACKED": "latched, acknowledged",
    "RTN_UNACK": "over, not acknowledged",
}
"""The combined states of ISA-18.2 as a person says them."""


def listed(found: Told) -> list[str]:
    """Every alarm, then what the outputs show."""
    lines = [line for alarm in found["alarms"] for line in row(alarm)] or ["no alarm is configured"]
    for name, output in found["outputs"].items():
        shows = f"FAILS: {output['fails']}" if output["fails"] else f"shows level {output['level']}" if output["level"] else "rests"
        lines.append(f"output {name:20} {shows}")
    return lines


def row(alarm: Told) -> list[str]:
    """One alarm: a line, and more where there is more to say."""
    level = f" at level {alarm['level'] or alarm['latch']}" if alarm["level"] or alarm["latch"] else ""
    begun = alarm["onset"] or alarm["since"]
    since = f", since {moment(begun)}" if begun is not None and level else ""
    members = [_value(member["series"], member) for member in alarm["members"]]
    of = f"{alarm['kind']} of {', '.join(alarm['series'])}" if members else _value(alarm["series"][0], alarm)
    lines = [f"alarm {alarm['rule']:20}  {WORDS.get(alarm['state'], alarm['state'])}{level}, {of}{since}", *(f"{'':30}{line}" for line in members)]
    marks = [f"occurrence {alarm['occurrence']}"] if level or not alarm["acked"] else []
    marks += ["held by an over-range until a person resets it"] if alarm["over_range"] else ["latched until a reset"] if alarm["latched"] else []
    marks += ["readings have gone back"] if alarm["returned"] else []
    marks += [f"{key} for {lasting(alarm[key])} more" for key in ("silenced", "shelved", "inhibited") if alarm[key] is not None]
    marks += [f"drives {', '.join(alarm['outputs'])}"] if alarm["outputs"] else []
    marks += [_fault(alarm)] if alarm["fault"] else [alarm["note"]] if alarm["note"] else []
    return [*lines, *([f"{'':28}{'; '.join(marks)}"] if marks else [])]


def _value(series: str, found: Told) -> str:
    """The newest value of a series, how good it is, and the set point that it is held against."""
    value = "no value" if found["value"] is None else f"{found['value']:g} {shown(found['unit'])}"
    doubt = "" if found["quality"] == "good" else f" ({found['quality']}{', ' + found['reason'] if found['reason'] else ''})"
    return f"{series} {value}{doubt}" + ("" if found["limit"] is None else f", limit {found['limit']:g}")


def _fault(alarm: Told) -> str:
    """An alarm that lacks an input: it goes on with the others, or it cannot judge at all."""
    if alarm["degraded"]:
        return f"FAULT, degraded: {alarm['note'] or 'it judges with some of its sensors missing'}"
    return f"FAULT: it cannot judge its sensor and does not protect{' (' + alarm['note'] + ')' if alarm['note'] else ''}"


def warning(act: str, alarm: Told, found: Told, lasts: float | None) -> str:
    """What an act would do, before it is asked for: it may be refused. found: all alarms and outputs."""
    rule = alarm["rule"]
    sounders = [name for name in alarm["drives"] if found["outputs"].get(name, {}).get("sounder")]
    others = [name for name in alarm["drives"] if name not in sounders]
    quiet = f"{rule} would keep {', '.join(sounders)} quiet" if sounders else f"{rule} drives no sounder, so nothing would get quieter,"
    on = f"; {', '.join(others)} and the hub would not be touched" if others else ""
    loud = [other["rule"] for other in found["alarms"] if other["rule"] != rule and set(other["outputs"]) & set(sounders)]
    still = f" BUT {', '.join(loud)} would go on sounding: silence it too." if loud else ""
    return {
        "ack": f"ack: {rule} would be known to be seen; what it drives would go on until the readings go back.",
        "silence": f"silence: {quiet} for {lasting(SILENCE if lasts is None else lasts)}, and again loud while it stands{on}.{still}",
        "reset": f"reset: the latch of {rule} would be released, and what it drives would rest unless another alarm stands.",
        "shelve": f"shelve: {rule} WOULD NOT PROTECT for {lasting(lasts or 0.0)}: it would drive nothing, and be listed here and at the hub.",
        "unshelve": f"unshelve: {rule} would protect again, and drive at once what it asks for.",
    }[act]


def outcome(act: str, found: Told) -> str:
    """What was done, and how the alarm stands after it."""
    return "\n".join([f"done ({', '.join(found['done'])}):", *row(found["alarm"])])


def changed(entry: Told) -> str:
    """One change of an alarm, by whom and why."""
    value = "" if entry["value"] is None else f" {entry['value']:g} {shown(entry['unit'])}"
    limit = "" if entry["limit"] is None else f" (limit {entry['limit']:g})"
    level = f" level {entry['level']}" if entry["level"] else ""
    who = f", by {entry['actor']}" if entry["actor"] else ""
    blind = (entry["reason"] or entry["quality"]) if entry["change"] == "fault" else ""
    said = entry["why"] or entry["note"] or blind
    why = f": {said}" if said else ""
    state = WORDS.get(entry["state"], entry["state"])
    return f"{moment(entry['at'])}  {entry['rule']} #{entry['occurrence']} {entry['change']}{level},{value}{limit} {state}{who}{why}"


def moment(at: Told) -> str:
    """When it was: in UTC where the node knows it."""
    if at["utc"] is not None:
        return datetime.fromtimestamp(at["utc"], UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return f"{lasting(at['ago'])} ago" if at["ago"] is not None else f"second {at['mono']:.0f} of boot {at['boot']}"


def lasting(seconds: float) -> str:
    """About how long, in the largest unit that is at least two."""
    unit, size = next((item for item in sorted(DURATIONS.items(), key=lambda item: -item[1]) if seconds >= 2 * item[1]), ("s", 1.0))
    return f"{seconds:.0f} s" if size <= 1 else f"{seconds / size:.3g} {unit}"


def snapshot(runtime: Path, plain: bool) -> int:
    """What the node said last, from the file that `status` reads."""
    found = load(runtime)
    try:
        shot = None if found is None else understood(found)
    except ValueError:
        shot = None
    if found is None or shot is None:
        print(f"and no node has left a snapshot in {runtime} that can be read", file=sys.stderr)
        return cli.FAULT
    print(f"node {shot.node}: {silence(shot, real()) or 'it leaves snapshots, this is the newest'}", file=sys.stderr)
    if plain:
        print(json.dumps({"live": False, "alarms": found.get("alarms", {})}))
        return cli.FAULT
    for name, alarm in shot.alarms.items():
        level = f" at level {alarm.level}" if alarm.level else ""
        fault = f"; FAULT: it {unsound(alarm)}" if alarm.fault else ""
        print(f"alarm {name:20}  {WORDS.get(alarm.state, alarm.state)}{level}{'; ' if alarm.marks else ''}{', '.join(alarm.marks)}{fault}")
    return cli.FAULT
