"""The newest changes of the alarms, for whoever asks what happened: what was told, by whom and why.

Decision: what was told is the history, no second record: at the start it is read from the alarm lane of the outbox, from then on every word that
guard tells is noted as well. In memory, bounded; the hub has all of it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from threading import Lock

import msgspec

from gateway.contract.messages import Alarm

KEPT = 500
"""Changes that are kept: months of a quiet node, an hour of a flood of alarms."""


class Entry(msgspec.Struct, frozen=True):
    """One change, with the words of the message that told it (gateway/contract/messages.py, Alarm)."""

    rule: str
    change: str
    state: str
    level: int
    occurrence: int
    boot: str
    mono: float
    onset: float
    series: str
    value: float | None
    unit: str
    limit: float | None
    actor: str = ""
    why: str = ""
    outputs: list[str] = []
    quality: str = ""
    reason: str = ""
    note: str = ""


class Changes:
    """Written by guard's thread, read by the door's. log: the alarm lane, oldest first; what cannot be read of it is left out."""

    def __init__(self, log: Iterable[bytes] = ()) -> None:
        self._lock = Lock()
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._newest: dict[tuple[str, str], Entry] = {}
        for entry in _read(log):
            self._add(entry)

    def note(self, alarm: Alarm) -> None:
        """A change is told."""
        entry = msgspec.convert(alarm, Entry, from_attributes=True)
        with self._lock:
            self._add(entry)

    def _add(self, entry: Entry) -> None:
        self._entries.append(entry)
        self._newest[entry.rule, entry.change] = self._newest[entry.rule, ""] = entry

    def last(self, count: int, rule: str = "") -> list[Entry]:
        """The newest changes, of one rule where it is named, newest last."""
        with self._lock:
            found = list(self._entries)
        return [entry for entry in found if rule in ("", entry.rule)][-count:]

    def newest(self, rule: str, change: str = "") -> Entry | None:
        """The newest change of a rule, or the newest of a kind, however long ago; None where none is known."""
        return self._newest.get((rule, change))


def _read(log: Iterable[bytes]) -> list[Entry]:
    """The entries of a lane in the order in which they happened, each once: a segment begins with copies of what stands."""
    found: dict[tuple[str, float, str, str, int], Entry] = {}
    for payload in log:
        with suppress(msgspec.MsgspecError):
            entry = msgspec.json.decode(payload, type=Entry)
            found.setdefault((entry.boot, entry.mono, entry.rule, entry.change, entry.occurrence), entry)
    boots = {boot: place for place, boot in enumerate(dict.fromkeys(entry.boot for entry in found.values()))}
    return sorted(found.values(), key=lambda entry: (boots[entry.boot], entry.mono))
