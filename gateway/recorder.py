"""The only writer: readings, alarms and events go through here into the outbox, on one thread.

A Reading is journalled the moment it comes. Blocks are sealed every few seconds while the hub listens and every minute while it does not (a
backlog costs less in larger Blocks); a change of an alarm seals at once, so that the hub has the readings around it. The recorder never
touches the outbox's disk itself: the flusher does, on its own thread, so a stalled card holds up nobody else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

import msgspec

from gateway.clock import NTP_ERROR, ClockTable
from gateway.contract.messages import Alarm, AnyEvent, Clock, ClockFix
from gateway.inbox import Inbox
from gateway.model import GapCause, Instant, Lane, Reading
from gateway.voice import Voice

WALL_EVERY = 1.0
"""Seconds between two looks at the operating system's clock."""


class Log(Protocol):
    """What the recorder needs of the outbox. A post wakes the flusher by itself."""

    @property
    def epoch(self) -> str:
        """Identity of the outbox."""

    def append(self, reading: Reading) -> None:
        """Journal a reading."""

    def seal(self) -> int | None:
        """Make a Block of what is journalled."""

    def post(self, lane: Lane, payload: bytes) -> int:
        """Queue an alarm or an event, urgently."""

    def fix_clock(self, boot: str, fix: ClockFix) -> None:
        """Keep a boot's anchor."""


class HubTime(NamedTuple):
    """An anchor that a receipt gave."""

    boot: str
    fix: ClockFix


Fact = Alarm | AnyEvent | HubTime


class Recorder:
    """Drains its two inboxes into the log: readings, and facts (alarms, events, anchors), which no flood of readings can push out.

    seal: seconds between Blocks while the hub listens, and while it does not. listening: whether the hub answers at present.
    """

    def __init__(
        self,
        log: Log,
        readings: Inbox[Reading],
        facts: Inbox[Fact],
        clocks: ClockTable,
        voice: Voice,
        seal: tuple[float, float],
        listening: Callable[[], bool],
    ) -> None:
        self._log = log
        self._readings = readings
        self._facts = facts
        self._clocks = clocks
        self._voice = voice
        self._seal_live, self._seal_offline = seal
        self._listening = listening
        self._sealed_at = voice.clock.monotonic()
        self._looked_at = float("-inf")
        self.recorded = 0

    def step(self, now: float) -> float:
        """Record what came, seal when it is time, look at the clock; gives when to run again at the latest."""
        self._declare_overflow()
        self._drain()
        if now - self._looked_at >= WALL_EVERY:
            self._looked_at = now
            self._look_at_clock()
        interval = self._seal_live if self._listening() else self._seal_offline
        if now - self._sealed_at >= interval:
            self._seal(now)
        return min(self._sealed_at + interval, self._looked_at + WALL_EVERY)

    def _drain(self) -> None:
        """Readings first, so that an alarm's seal has the readings that led to it."""
        facts = self._facts.drain()
        for reading in self._readings.drain():
            self._log.append(reading)
            self.recorded += 1
        for fact in facts:
            self._say(fact)

    def _say(self, entry: Fact) -> None:
        if isinstance(entry, Alarm):
            self._log.post(Lane.ALARM, msgspec.json.encode(entry))
            self._seal(self._voice.clock.monotonic())
        elif isinstance(entry, HubTime):
            self._anchor(entry.boot, entry.fix)
        else:
            self._log.post(Lane.EVENT, msgspec.json.encode(entry))

    def _seal(self, now: float) -> None:
        self._sealed_at = now
        self._log.seal()

    def _look_at_clock(self) -> None:
        clock = self._voice.clock
        before = clock.monotonic()
        utc, source = clock.wall()
        if source == "ntp":
            self._anchor(clock.boot, ClockFix(mono=round(before, 3), utc=round(utc, 3), source="ntp", error=NTP_ERROR))

    def _anchor(self, boot: str, fix: ClockFix) -> None:
        """Offer an anchor; when the table takes it, keep it and tell the hub, which corrects what left without it."""
        if self._clocks.offer(boot, fix):
            self._log.fix_clock(boot, fix)
            voice = self._voice
            self._log.post(Lane.EVENT, msgspec.json.encode(Clock(**voice.said(), of=boot, fix=fix)))

    def _declare_overflow(self) -> None:
        count, ends = self._readings.lost()
        if not count:
            return
        boot = self._voice.clock.boot
        begin, end = Instant(boot, ends[0].ms), Instant(boot, ends[-1].ms)
        gap = self._voice.gap(self._log.epoch, Lane.BATCH, GapCause.OVERFLOW, begin=begin, end=end, readings=count)
        self._log.post(Lane.EVENT, msgspec.json.encode(gap))

    def close(self) -> None:
        """Record what is still there; the outbox seals and flushes when it is closed."""
        self._declare_overflow()
        self._drain()
