"""The alarms' state across a restart: a file in the runtime directory, else the alarm lane of the outbox.

The file is written before a change is told, so a process that dies in between has neither told nor forgotten. After a power cut the runtime
directory is empty: then the state is the newest that the alarm lane holds of each alarm; what was timed goes on for as much running time as was left.
Only what is still configured is taken over. Where the lane cannot be read in time either, every alarm begins as normal with its fault, as a guess:
what the lane has of it counts again as soon as there is a start that can read it, unless it was raised since.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from gateway.contract.messages import Alarm
from gateway.model import AlarmState, Table
from gateway.rules import Kept, Rule, Watch, carried, condition
from gateway.voice import FLAGS, STATES, TIMES

log = logging.getLogger("gateway")
FILE, SPENT = "alarms.json", "outputs.json"
HIGHEST = 10
"""The highest level that an alarm can have."""
UNTOLD = 8
"""Messages of one alarm that may be on their way to the disk when the process dies."""
GUESS = 1_000_000
"""Occurrences that no alarm has in the life of a node: one every ten minutes for 19 years."""


ROOM = 32 << 10
"""Bytes of a new alarm segment that alarms which are over may take, to keep their numbers."""


class Word(msgspec.Struct, frozen=True, array_like=True):
    """A message about to be told. number: its place among all of them, in the order in which they go to the lane: their times may be in another."""

    number: int
    alarm: Alarm


class Remembered(msgspec.Struct, frozen=True):
    """One alarm as it is remembered. boot: whose times its state has; told: the newest messages that told it, which may not be on the disk yet;
    guessed: it began without knowing what was before."""

    boot: str
    kept: Kept
    told: list[Word] = []
    guessed: bool = False


class RuntimeMemory:
    """The file in the runtime directory. boot: this one. guessed: the alarms whose state is."""

    def __init__(self, runtime: Path, boot: str) -> None:
        self.boot = boot
        self.guessed: set[str] = set()
        self._path = runtime / FILE
        self._told: dict[str, list[Word]] = {}
        self._number = 0

    def save(self, watches: Sequence[Watch], about_to_tell: Sequence[Alarm] = ()) -> None:
        """Write the state of every alarm and what is about to be told, whole or not at all. A full or missing directory is told in the log:
        alarming goes on."""
        for alarm in about_to_tell:
            self._number += 1
            self._told[alarm.rule] = [*self._told.get(alarm.rule, []), Word(self._number, alarm)][-UNTOLD:]
        body = msgspec.json.encode({w.rule.name: self._remembered(w) for w in watches})
        whole = self._path.with_suffix(".new")
        try:
            whole.write_bytes(body)
            os.replace(whole, self._path)
        except OSError as error:
            log.error("the alarms' state cannot be kept in %s: %s; check the runtime directory", self._path, error)
            with suppress(OSError):
                self._path.unlink()  # an old state is worse than none: without it the alarm lane is asked

    def _remembered(self, watch: Watch) -> Remembered:
        name = watch.rule.name
        return Remembered(self.boot, watch.keep(), self._told.get(name, []), name in self.guessed)

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
        self._number = max((word.number for told in self._told.values() for word in told), default=0)
        self.guessed = {rule for rule, one in found.items() if one.guessed}
        return found

    def known(self, lane: dict[str, Remembered], found: dict[str, Remembered]) -> dict[str, Remembered]:
        """The lane has been read: what is the state of each alarm of the file, a guess no more. What was told of one that only seemed normal is not
        told again: the lane knows better."""
        settled = {rule: _settled(one, lane.get(rule)) for rule, one in found.items() if rule in self.guessed}
        self._told.update({rule: one.told for rule, one in settled.items()})
        self.guessed.clear()
        return found | settled

    def untold(self, alarm_log: Iterable[bytes], boot: str) -> list[Alarm]:
        """What was about to be told in this boot when the process died and never reached the alarm lane, in its order: all behind the last one that
        the lane has. Where it has none of them, those newer than all it has."""
        lane = [alarm for alarm in _decoded(alarm_log) if alarm.boot == boot]
        known = {_identity(alarm) for alarm in lane}
        words = sorted((word for told in self._told.values() for word in told if word.alarm.boot == boot), key=lambda word: word.number)
        last = max((word.number for word in words if _identity(word.alarm) in known), default=None)
        if last is not None:
            return [word.alarm for word in words if word.number > last]
        newest = max((alarm.mono for alarm in lane), default=float("-inf"))
        return [word.alarm for word in words if word.alarm.mono >= newest]


def _identity(alarm: Alarm) -> tuple[str, str, float, int]:
    """Which announcement of a boot it is."""
    return alarm.rule, alarm.change, alarm.mono, alarm.occurrence


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
    """The newest message of every alarm of the lane, in the order in which they were told."""
    newest: dict[str, bytes] = {}
    for told in _decoded(alarm_log):
        newest.pop(told.rule, None)
        newest[told.rule] = msgspec.json.encode(told)
    return newest


def orphans(alarm_log: Iterable[bytes], rules: Container[str]) -> list[Alarm]:
    """The newest message of every alarm that stands although there is no such rule any more. rules: names of those there are."""
    return [alarm for alarm in _decoded(list(standing(alarm_log).values())) if alarm.rule not in rules and not alarm.normal]


def ended(alarm: Alarm, said: Mapping[str, Any]) -> Alarm:
    """The end of an alarm whose rule is no more: whoever shows it may forget it. said: what the node says with every message."""
    over = dict.fromkeys(FLAGS, False) | {"acked": True, "fault": False, "level": 0, "latch": 0, "state": "NORMAL"}
    told: dict[str, Any] = {
        "change": "removed",
        "actor": "node (node)",
        "why": "no such rule in the configuration",
        "outputs": [],
        "before": [],
        "value": None,
    }
    return msgspec.structs.replace(alarm, **said, **over, **told, silenced_until=msgspec.UNSET, shelved_until=msgspec.UNSET)


def snapshot(newest: Mapping[str, bytes]) -> list[bytes]:
    """What a new alarm segment begins with: the state of every alarm that is not normal, and of those that are over while there is room, the latest
    first: their numbers must not come again. newest: by name of rule, as `standing` gives them."""
    told = [msgspec.structs.replace(alarm, before=[]) for alarm in _decoded(list(newest.values()))]
    notes = [msgspec.json.encode(alarm) for alarm in told if not alarm.normal]
    room = ROOM
    for payload in [msgspec.json.encode(alarm) for alarm in reversed(told) if alarm.normal]:
        room -= len(payload)
        if room < 0:
            break
        notes.append(payload)
    return notes


def watches(
    rules: Sequence[Rule], table: Table, memory: RuntimeMemory, alarm_log: Iterable[bytes] | None, boots: Sequence[tuple[str, int]] = ()
) -> list[Watch]:
    """The alarms at work, from the state they had. table: the series they look at; alarm_log: of the lane, None where it could not be read in time;
    boots: the earlier ones in their order, with the newest moment (ms) that is known of each."""
    found = memory.load()
    if found is None and alarm_log is None:
        memory.guessed = {rule.name for rule in rules}
        unknown = Remembered(memory.boot, Kept(AlarmState(occurrence=_unheard_of(memory.boot)), fault=True))
        found = dict.fromkeys(memory.guessed, unknown)
    elif alarm_log is not None:
        lane = fold(alarm_log) if found is None or memory.guessed else {}
        found = lane if found is None else memory.known(lane, found)
    begun = found or {}
    return [Watch(rule, condition(rule, table), _here(begun.get(rule.name), memory.boot, boots)) for rule in rules]


def _unheard_of(boot: str) -> int:
    """A number that no earlier occurrence has, so that an act on one of those touches nothing: above all that are counted, another on each boot."""
    return GUESS * (1 + int(boot[:3], 16))


def _settled(guess: Remembered, lane: Remembered | None) -> Remembered:
    """What was guessed, now that the lane is read: an alarm that was raised since stands, and what was held before is held on."""
    if lane is None:
        return msgspec.structs.replace(guess, guessed=False)
    new, old = guess.kept.state, lane.kept.state
    if not new.active:
        return Remembered(lane.boot, msgspec.structs.replace(lane.kept, fault=guess.kept.fault))
    held = {"latched": new.latched or old.latched, "latch": max(new.latch, old.latch), "over_range": new.over_range or old.over_range}
    kept = msgspec.structs.replace(guess.kept, state=msgspec.structs.replace(new, **held))
    return msgspec.structs.replace(guess, kept=kept, guessed=False)


def _here(found: Remembered | None, boot: str, boots: Sequence[tuple[str, int]]) -> Kept | None:
    """What was kept, with times of this boot."""
    if found is None or found.boot == boot:
        return None if found is None else found.kept
    known = [name for name, _ in boots]
    past = sum(ms for _, ms in boots[known.index(found.boot) :]) if found.boot in known else None
    return msgspec.structs.replace(found.kept, state=carried(found.kept.state, past))
