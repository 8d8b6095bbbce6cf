"""The one worker that touches the outbox's disk: it flushes every few seconds, and at once when an alarm, an event or a Block waits.

It is a thread of its own because an fdatasync on a dying card takes seconds: only this thread waits for it.
"""

from __future__ import annotations

from typing import Protocol


class Flushable(Protocol):
    """What the flusher needs of the outbox."""

    def due(self) -> bool:
        """Whether something waits that must not wait for the interval."""

    def flush(self) -> None:
        """Write and sync everything queued; handles the disk's errors itself."""


FIRST = 0.5
"""Seconds after the start until the first flush: what is read first is durable soon, not an interval later."""


class Flusher:
    """Flushes a log. interval: seconds a plain reading may stay unsynced."""

    def __init__(self, log: Flushable, interval: float, now: float) -> None:
        self._log = log
        self._interval = interval
        self._first = self._next = now + min(interval, FIRST)

    def step(self, now: float) -> float:
        """Flush if it is time; gives the time of the next flush. An urgent one counts for the interval too, but not for the first."""
        if self._log.due() or now >= self._next:
            self._log.flush()
            if now >= self._first:
                self._next = now + self._interval
        return self._next
