"""The only writer: readings, alarms and events go through here into the outbox, on one thread.

A Reading is journalled the moment it comes. Blocks are sealed every few seconds while the hub listens and every minute while it does not (a
backlog costs less in larger Blocks); a change of an alarm seals at once, so that the hub has the readings around it. The recorder never
touches the outbox's disk itself: the flusher does, on its own thread, so a stalled card holds up nobody else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event
from typing import NamedTuple, Protocol

import msgspec

from gateway.clock import NTP_ERROR, ClockTable, agrees, bound
from gateway.containment import contained
from gateway.contract.messages import Alarm, AnyEvent, Clock, ClockFix
from gateway.inbox import Inbox
from gateway.model import GapCause, Instant, Labelled, Lane, Reading, Table
from gateway.voice import Voice

WALL_EVERY = 1.0
"""Seconds between two looks at the operating system's clock."""


class Log(Protocol):
    """What the recorder needs of the outbox. A post wakes the flusher by itself."""

    @property
    def epoch(self) -> str:
        """Identity of the outbox."""

    def append(self, reading: Reading, table: Table) -> None:
        """Journal a reading under the table it was judged by."""

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


Fact = AnyEvent | HubTime


class Inboxes(NamedTuple):
    """What the recorder drains. Apart from each other, so that neither readings nor events can ever push an alarm out."""

    readings: Inbox[Labelled]
    alarms: Inbox[Alarm]
    facts: Inbox[Fact]


class Recorder:
    """Drains its inboxes into the log.

    seal: seconds between Blocks while the hub listens, and while it does not. listening: whether the hub answers at present. boots: earlier boots in
    their order, with the newest moment (ms) known of each. posted: hears of the number of each alarm. evicted: set when alarms had to go that the hub
    does not have: then what stands is told again. standing: newest message of every alarm, in the order in which they were posted, for the start of
    an alarm segment.
    """

    def __init__(
        self,
        log: Log,
        inboxes: Inboxes,
        clocks: ClockTable,
        voice: Voice,
        seal: tuple[float, float],
        listening: Callable[[], bool],
        boots: Sequence[tuple[str, int]] = (),
        posted: Callable[[Alarm, str, int], None] = lambda alarm, epoch, seq: None,
        evicted: Event | None = None,
    ) -> None:
        self._log = log
        self._in = inboxes
        self._clocks = clocks
        self._voice = voice
        self._seal_live, self._seal_offline = seal
        self._listening = listening
        self._posted = posted
        self._evicted = evicted or Event()
        self._boots = [(boot, ms / 1000) for boot, ms in boots]
        self._sealed_at = voice.clock.monotonic()
        self._looked_at = float("-inf")
        self.recorded = 0
        self.standing: dict[str, bytes] = {}

    def step(self, now: float) -> float:
        """Record what came, seal when it is time, look at the clock; gives when to run again at the latest."""
        self._declare_overflow()
        self._drain()
        self._tell_again()
        if now - self._looked_at >= WALL_EVERY:
            self._looked_at = now
            self._look_at_clock()
        interval = self._seal_live if self._listening() else self._seal_offline
        if now - self._sealed_at >= interval:
            self._seal(now)
        return min(self._sealed_at + interval, self._looked_at + WALL_EVERY)

    def _drain(self) -> None:
        """Readings first, so that an alarm's seal has the readings that led to it; then alarms, then the rest. What cannot be recorded costs
        only itself, and is told."""
        alarms = self._in.alarms.drain()
        for labelled in self._in.readings.drain():
            contained("recording a reading", lambda r=labelled: self._record(*r), lambda error, r=labelled: self._refused(r.reading))  # type: ignore[misc]
        for alarm in alarms:
            contained(f"recording alarm {alarm.rule}", lambda a=alarm: self._raise(a), lambda error: None)  # type: ignore[misc]
        for fact in self._in.facts.drain():
            contained("recording an event", lambda f=fact: self._say(f), lambda error: None)  # type: ignore[misc]

    def _record(self, reading: Reading, table: Table) -> None:
        self._log.append(reading, table)
        self.recorded += 1

    def _refused(self, reading: Reading) -> None:
        """A reading that the outbox cannot hold is a hole."""
        at = Instant(self._voice.clock.boot, reading.ms)
        self._say(self._voice.gap(self._log.epoch, Lane.BATCH, GapCause.REJECTED, begin=at, end=at, readings=1))

    def _raise(self, alarm: Alarm) -> None:
        payload = msgspec.json.encode(alarm)
        self._posted(alarm, self._log.epoch, self._log.post(Lane.ALARM, payload))
        self.standing.pop(alarm.rule, None)  # behind the post: a segment that begins with it knows what was before, not what it is about to tell
        self.standing[alarm.rule] = payload
        self._seal(self._voice.clock.monotonic())

    def _tell_again(self) -> None:
        """An alarm that came and went again and again has pushed others out of the lane: the hub must still hear of what stands."""
        if self._evicted.is_set():
            self._evicted.clear()
            for payload in list(self.standing.values()):
                if not msgspec.json.decode(payload, type=Alarm).normal:
                    self._log.post(Lane.ALARM, payload)

    def _say(self, fact: Fact) -> None:
        if isinstance(fact, HubTime):
            self._anchor(fact.boot, fact.fix)
        else:
            self._log.post(Lane.EVENT, msgspec.json.encode(fact))

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
        """Offer an anchor; when the table takes it, keep it, and tell the hub where that corrects anything it has."""
        before = self._clocks.fix(boot)
        if self._clocks.offer(boot, fix):
            if before is not None and agrees(before, fix):
                self._log.fix_clock(boot, fix)
                return
            self._tell_clock(boot, fix)
            now = self._voice.clock.monotonic()
            for other, bounds in bound(self._clocks, [*self._boots, (self._voice.clock.boot, now)]):
                self._tell_clock(other, bounds)

    def _tell_clock(self, boot: str, fix: ClockFix) -> None:
        self._log.fix_clock(boot, fix)
        self._log.post(Lane.EVENT, msgspec.json.encode(Clock(**self._voice.said(), of=boot, fix=fix)))

    def _declare_overflow(self) -> None:
        count, ends = self._in.readings.lost()
        if count:
            boot = self._voice.clock.boot
            begin, end = Instant(boot, ends[0].reading.ms), Instant(boot, ends[-1].reading.ms)
            self._say(self._voice.gap(self._log.epoch, Lane.BATCH, GapCause.OVERFLOW, begin=begin, end=end, readings=count))
        for name, dropped in (("alarms", self._in.alarms.lost()[0]), ("events", self._in.facts.lost()[0])):
            if dropped:
                self._say(self._voice.notice("overflow", name, f"{dropped} {name} were dropped inside the node: it could not record them in time"))

    def close(self) -> None:
        """Record what is still there; the outbox seals and flushes when it is closed."""
        self._declare_overflow()
        self._drain()
