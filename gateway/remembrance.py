"""The alarms' state across a restart: a file in the runtime directory, else the alarm lane of the outbox.

The file is written before a change is told, so a process that dies in between has neither told nor forgotten. After a power cut the runtime
directory is empty: then the state is the newest that the alarm lane holds of each alarm. Only what is still configured is taken over.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from gateway.alarms import Watch
from gateway.contract.messages import Alarm
from gateway.model import AlarmState, Threshold

log = logging.getLogger("gateway")
FILE, SPENT = "alarms.json", "outputs.json"


class Kept(msgspec.Struct, frozen=True):
    """One alarm's state as it is kept, with the newest message that told it."""

    state: AlarmState
    fault: bool
    told: Alarm | None = None


class RuntimeMemory:
    """The file in the runtime directory."""

    def __init__(self, runtime: Path) -> None:
        self._path = runtime / FILE
        self._told: dict[str, Alarm] = {}

    def save(self, watches: Sequence[Watch], about_to_tell: Sequence[Alarm] = ()) -> None:
        """Write the state of every alarm and what is about to be told, whole or not at all. A full or missing directory is told in the log:
        alarming goes on."""
        self._told.update({alarm.rule: alarm for alarm in about_to_tell})
        body = msgspec.json.encode({w.rule.name: Kept(w.state, w.fault, self._told.get(w.rule.name)) for w in watches})
        whole = self._path.with_suffix(".new")
        try:
            whole.write_bytes(body)
            os.replace(whole, self._path)
        except OSError as error:
            log.error("the alarms' state cannot be kept in %s: %s; check the runtime directory", self._path, error)
            with suppress(OSError):
                self._path.unlink()  # an old state is worse than none: without it the alarm lane is asked

    def keep_spent(self, names: Sequence[str]) -> None:
        """Write which outputs have stopped by themselves, whole or not at all. Where it cannot be kept they sound again after a restart."""
        whole = self._path.with_name(f"{SPENT}.new")
        try:
            whole.write_bytes(msgspec.json.encode(sorted(names)))
            os.replace(whole, self._path.with_name(SPENT))
        except OSError as error:
            log.error("what the outputs did cannot be kept in %s: %s; check the runtime directory", self._path.parent, error)
            with suppress(OSError):
                self._path.with_name(SPENT).unlink()

    def spent(self) -> set[str]:
        """Which outputs had stopped by themselves; none where nothing readable is there."""
        try:
            return set(msgspec.json.decode(self._path.with_name(SPENT).read_bytes(), type=list[str]))
        except (OSError, msgspec.MsgspecError):
            return set()

    def load(self) -> dict[str, Kept] | None:
        """What was kept; None where nothing readable is there."""
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=dict[str, Kept])
        except (OSError, msgspec.MsgspecError):
            return None
        if not all(0 <= one.state.level <= 2 for one in kept.values()):
            return None
        self._told = {rule: one.told for rule, one in kept.items() if one.told is not None}
        return kept

    def untold(self, alarm_log: Iterable[bytes], boot: str) -> list[Alarm]:
        """What was about to be told when the process died and never reached the alarm lane: newer than all the lane has of this boot."""
        lane = [alarm for alarm in _decoded(alarm_log) if alarm.boot == boot]
        newest = max((alarm.mono for alarm in lane), default=float("-inf"))
        known = {(alarm.rule, alarm.change, alarm.mono, alarm.occurrence) for alarm in lane}
        own = [alarm for alarm in self._told.values() if alarm.boot == boot and alarm.mono >= newest]
        return [alarm for alarm in own if (alarm.rule, alarm.change, alarm.mono, alarm.occurrence) not in known]


def _decoded(alarm_log: Iterable[bytes]) -> Iterator[Alarm]:
    """The alarms of a lane that can be read and believed."""
    for payload in alarm_log:
        with suppress(msgspec.MsgspecError):
            alarm = msgspec.json.decode(payload, type=Alarm)
            if 0 <= alarm.level <= 2:
                yield alarm


def fold(alarm_log: Iterable[bytes]) -> dict[str, Kept]:
    """The newest state of each alarm in the alarm lane, snapshots and changes alike."""
    kept: dict[str, Kept] = {}
    for told in _decoded(alarm_log):
        state = AlarmState(
            told.active, told.acked, told.latched, told.silenced, told.shelved, told.inhibited, told.level if told.active else 0, told.occurrence
        )
        fault = told.change == "fault" or (told.rule in kept and kept[told.rule].fault and told.change != "fault_cleared")
        kept[told.rule] = Kept(state, fault)
    return kept


def standing(alarm_log: Iterable[bytes]) -> dict[str, bytes]:
    """The newest message of every alarm of the lane that is not normal: what a new alarm segment begins with."""
    newest: dict[str, bytes] = {}
    for told in _decoded(alarm_log):
        newest.pop(told.rule, None)
        if told.state != "NORMAL" or told.change == "fault":
            newest[told.rule] = msgspec.json.encode(told)
    return newest


def watches(rules: Sequence[Threshold], memory: RuntimeMemory, alarm_log: Iterable[bytes]) -> list[Watch]:
    """The alarms at work, from the state they had."""
    kept = memory.load()
    if kept is None:
        kept = fold(alarm_log)
    nothing = Kept(AlarmState(), False)
    return [Watch(rule, kept.get(rule.name, nothing).state, kept.get(rule.name, nothing).fault) for rule in rules]
