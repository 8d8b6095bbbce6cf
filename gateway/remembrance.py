"""The alarms' state across a restart: a file in the runtime directory, else the alarm lane of the outbox.

The file is written before a change is told, so a process that dies in between has neither told nor forgotten. After a power cut the runtime
directory is empty: then the state is the newest that the alarm lane holds of each alarm; what was timed goes on for as much running time as was left.
Only what is still configured is taken over.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from gateway.contract.messages import Alarm
from gateway.model import AlarmState, Table
from gateway.rules import Kept, Rule, Watch, carried, condition
from gateway.voice import STATES, TIMES

log = logging.getLogger("gateway")
FILE, SPENT = "alarms.json", "outputs.json"
HIGHEST = 10
"""The highest level that an alarm can have."""
UNTOLD = 8
"""Messages of one alarm that may be on their way to the disk when the process dies."""


class Remembered(msgspec.Struct, frozen=True):
    """One alarm as it is remembered. boot: whose times its state has; told: the newest messages that told it, which may not be on the disk yet."""

    boot: str
    kept: Kept
    told: list[Alarm] = []


class RuntimeMemory:
    """The file in the runtime directory. boot: this one."""

    def __init__(self, runtime: Path, boot: str) -> None:
        self.boot = boot
        self._path = runtime / FILE
        self._told: dict[str, list[Alarm]] = {}

    def save(self, watches: Sequence[Watch], about_to_tell: Sequence[Alarm] = ()) -> None:
        """Write the state of every alarm and what is about to be told, whole or not at all. A full or missing directory is told in the log:
        alarming goes on."""
        for alarm in about_to_tell:
            self._told[alarm.rule] = [*self._told.get(alarm.rule, []), alarm][-UNTOLD:]
        body = msgspec.json.encode({w.rule.name: Remembered(self.boot, w.keep(), self._told.get(w.rule.name, [])) for w in watches})
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

    def load(self) -> dict[str, Remembered] | None:
        """What was kept; None where nothing readable is there."""
        try:
            found = msgspec.json.decode(self._path.read_bytes(), type=dict[str, Remembered])
        except (OSError, msgspec.MsgspecError):
            return None
        if not all(0 <= one.kept.state.level <= HIGHEST for one in found.values()):
            return None
        self._told = {rule: one.told for rule, one in found.items()}
        return found

    def untold(self, alarm_log: Iterable[bytes], boot: str) -> list[Alarm]:
        """What was about to be told when the process died and never reached the alarm lane: newer than all the lane has of this boot."""
        lane = [alarm for alarm in _decoded(alarm_log) if alarm.boot == boot]
        newest = max((alarm.mono for alarm in lane), default=float("-inf"))
        known = {(alarm.rule, alarm.change, alarm.mono, alarm.occurrence) for alarm in lane}
        own = [alarm for told in self._told.values() for alarm in told if alarm.boot == boot and alarm.mono >= newest]
        return [alarm for alarm in own if (alarm.rule, alarm.change, alarm.mono, alarm.occurrence) not in known]


def _decoded(alarm_log: Iterable[bytes]) -> Iterator[Alarm]:
    """The alarms of a lane that can be read and believed."""
    for payload in alarm_log:
        with suppress(msgspec.MsgspecError):
            alarm = msgspec.json.decode(payload, type=Alarm)
            if 0 <= alarm.level <= HIGHEST:
                yield alarm


def fold(alarm_log: Iterable[bytes]) -> dict[str, Remembered]:
    """The newest state of each alarm in the alarm lane, snapshots and changes alike."""
    found: dict[str, Remembered] = {}
    for told in _decoded(alarm_log):
        times = {key: round(until * 1000) for key in TIMES if isinstance(until := getattr(told, key), float)}
        state = msgspec.convert({key: getattr(told, key) for key in STATES} | times, AlarmState)
        memory = None if told.memory is msgspec.UNSET else told.memory
        found[told.rule] = Remembered(told.boot, Kept(state, told.fault or told.change == "fault", memory))
    return found


def standing(alarm_log: Iterable[bytes]) -> dict[str, bytes]:
    """The newest message of every alarm of the lane that is not normal: what a new alarm segment begins with."""
    newest: dict[str, bytes] = {}
    for told in _decoded(alarm_log):
        newest.pop(told.rule, None)
        if not told.normal:
            newest[told.rule] = msgspec.json.encode(told)
    return newest


def watches(
    rules: Sequence[Rule], table: Table, memory: RuntimeMemory, alarm_log: Iterable[bytes], boots: Sequence[tuple[str, int]] = ()
) -> list[Watch]:
    """The alarms at work, from the state they had. table: the series they look at; boots: the earlier ones in their order, with the newest moment
    (ms) that is known of each."""
    found = memory.load()
    if found is None:
        found = fold(alarm_log)
    return [Watch(rule, condition(rule, table), _here(found.get(rule.name), memory.boot, boots)) for rule in rules]


def _here(found: Remembered | None, boot: str, boots: Sequence[tuple[str, int]]) -> Kept | None:
    """What was kept, with times of this boot."""
    if found is None or found.boot == boot:
        return None if found is None else found.kept
    known = [name for name, _ in boots]
    past = sum(ms for _, ms in boots[known.index(found.boot) :]) if found.boot in known else None
    return msgspec.structs.replace(found.kept, state=carried(found.kept.state, past))
