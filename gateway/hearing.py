"""Which alarms nobody at the hub has answered: from the word that a node gave to the receipt that covers it.

Decision: only a receipt counts, because it says that the hub has stored the alarm; a broker that took the message proves nobody. A raise that never
got a number (a queue that overflowed, a disk that hangs) was not heard either. The time counts from the oldest raise without an answer, so that an
alarm that comes and goes, or gets worse, waits no longer than one that stands. Who acknowledges has heard. After a restart of the process the wait
begins anew for what the hub does not have. Memory only, three threads (guard tells, the recorder numbers, the uplink hears), no one of them waits for
another for longer than a few instructions.
"""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock
from typing import NamedTuple

from gateway.contract.messages import Alarm
from gateway.model import Lane

NEWS = ("raised", "escalated")
"""The changes that somebody has to hear of."""

EPOCHS = 8
"""Of so many epochs, those heard of last, the newest answer is remembered."""


class _Wait(NamedTuple):
    """A rule's newest raise. since: when the oldest one without an answer was told, ms; key: which is the newest; epoch, seq: its number, once it has
    one."""

    since: int
    key: tuple[str, float]
    epoch: str = ""
    seq: int = 0


class Hearing:
    """What waits for its receipt, by name of rule."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: dict[str, _Wait] = {}
        self._upto: dict[str, int] = {}

    def resume(self, rules: Iterable[str], now_ms: int, epoch: str, seq: int) -> None:
        """After a restart: the alarms of these rules stand, and the hub has not all up to this number of the alarm lane."""
        with self._lock:
            self._waiting |= {name: _Wait(now_ms, ("resumed", 0.0), epoch, seq) for name in rules}

    def told(self, alarm: Alarm, now_ms: int) -> None:
        """Guard tells a change."""
        with self._lock:
            if alarm.change in NEWS:
                before = self._waiting.get(alarm.rule)
                self._waiting[alarm.rule] = _Wait(now_ms if before is None else before.since, (alarm.change, alarm.mono))
            elif alarm.change == "acked":
                self._waiting.pop(alarm.rule, None)

    def posted(self, alarm: Alarm, epoch: str, seq: int) -> None:
        """The change has its number in the alarm lane."""
        with self._lock:
            wait = self._waiting.get(alarm.rule)
            if wait is not None and wait.key == (alarm.change, alarm.mono):
                self._waiting[alarm.rule] = wait._replace(epoch=epoch, seq=seq)
                if seq <= self._upto.get(epoch, 0):  # the answer was here before the number
                    del self._waiting[alarm.rule]

    def receipt(self, epoch: str, lane: Lane, upto: int) -> None:
        """The hub has everything of this lane up to here."""
        if lane is Lane.ALARM:
            with self._lock:
                self._upto[epoch] = max(upto, self._upto.pop(epoch, 0))
                for old in list(self._upto)[:-EPOCHS]:
                    del self._upto[old]
                self._waiting = {name: wait for name, wait in self._waiting.items() if wait.epoch != epoch or wait.seq > upto}

    def overdue(self, rule: str, after: float, now_ms: int) -> bool:
        """Whether a rule's raise has waited for a receipt for longer than this, in seconds."""
        with self._lock:
            wait = self._waiting.get(rule)
        return wait is not None and now_ms - wait.since >= after * 1000
