"""The black box: every sample of the alarm's sensors from a minute before to a minute after it, with the single measurements behind each, in a file.

Decision: a worker of its own, because files wait for a card and guard waits for nobody. Samples lie packed in a ring in memory; an alarm leaves a
mark; only this worker touches the disk. What is raised or escalated while a file is open joins it, so a cascade of alarms is one file and a
chattering one writes few; a file ends a minute after its last alarm, and takes in none that comes later than two minutes after its first. It is
written when an alarm joins, with what is before, and again, replaced whole, at its end: a power cut leaves the first. A full or dead disk costs the
files only, and is told once. The ring: `MEMORY` bytes at most; 16 readings a second need 80 kB for the minute before an alarm.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from gateway.boxfile import SIZE, Head, Told, encode, files, moment, number_of, pack, told, where
from gateway.clock import NodeClock
from gateway.contract.messages import Alarm
from gateway.inbox import Inbox
from gateway.model import Instant, Sampled, SeriesInfo, Table

log = logging.getLogger("gateway")
FRESH = "writing.new"
"""How a file is called that is not whole yet."""
BEFORE, AFTER, JOINS = 60.0, 60.0, 120.0
"""Seconds before the first alarm of a file, after its last one, and after its first one in which others join it."""
ROWS = 32_768
"""Samples in memory: four minutes, the longest file, of 136 a second. Where there are more, the oldest go and the file begins later."""
OBJECT, PLACE = 33, 8
MEMORY = ROWS * (SIZE + OBJECT + 1 + PLACE)
"""Bytes that the ring takes at most: each sample is an object of bytes and its place."""
FILES, BYTES = 64, 8 << 20
"""Files kept, and bytes of all of them; the oldest go first. Two minutes of ten samples a second are 30 kB."""
SPARE = 16 << 20
"""Bytes that are left free on the disk for what matters more."""
LOOK = 5.0
"""Seconds between two looks for what is too old."""
MARKS = 100
BEGINS = ("raised", "escalated")
Utc = Callable[[Instant], tuple[float | None, str, float | None]]
Tell = Callable[[str, str, str], None]


class About(NamedTuple):
    """What the files are told of the node. table: the one in force; behind: by name of rule, the places of its sensors' series; utc: of a moment,
    with its source and its error."""

    node: str
    simulated: bool
    clock: NodeClock
    table: Callable[[], Table]
    behind: Mapping[str, frozenset[int]]
    utc: Utc


@dataclass
class _Open:
    """The file of what is happening. number: in its name; begin, until: first and last moment it is about; joins: until then alarms join it (ms)."""

    number: int
    begin: int
    until: int
    joins: int
    alarms: list[Told] = field(default_factory=list)
    places: frozenset[int] = frozenset()

    def join(self, alarm: Alarm, places: frozenset[int]) -> bool:
        """One more alarm; says whether the file did not have it at this level yet."""
        new = all((one.rule, one.level) != (alarm.rule, alarm.level) for one in self.alarms)
        self.until = max(self.until, round((alarm.mono + AFTER) * 1000))
        self.places |= places
        if new or len(self.alarms) < MARKS:
            self.alarms.append(told(alarm))
        return new

    @property
    def name(self) -> str:
        """Of the file."""
        return f"{self.number:06d}-{self.alarms[0].rule}-{self.alarms[0].occurrence}.cbor"


class BlackBox:
    """folder: where the files are, made when the first is. tell: says (what, where, detail) to the hub. marks.wake: called when there is a mark."""

    def __init__(self, folder: Path, about: About, tell: Tell) -> None:
        self._folder = folder
        self._about = about
        self._tell = tell
        self._ring: deque[bytes] = deque(maxlen=ROWS)
        self._lock = threading.Lock()
        self.marks: Inbox[Alarm] = Inbox(MARKS)
        self._open: list[_Open] = []
        self._failing = False

    def take(self, samples: Sequence[Sampled], details: Sequence[Sampled]) -> None:
        """What a sensor said, and what that was made of. On the bus's thread; only memory is touched."""
        rows = [pack(sampled, True) for sampled in details] + [pack(sampled, False) for sampled in samples]
        with self._lock:
            self._ring.extend(rows)

    def mark(self, alarm: Alarm) -> None:
        """An alarm is told. On guard's thread; never waits."""
        if alarm.change in BEGINS:
            self.marks.put(alarm)

    def step(self, now: float) -> float:
        """End and begin files, forget what is too old; gives the time of the next look."""
        for alarm in self.marks.drain():
            self._join(alarm)
        ended = [one for one in self._open if now * 1000 >= one.until]
        self._open = [one for one in self._open if one not in ended]
        for one in ended:
            self._write(one, complete=True)
        self._forget(now)
        return min([now + LOOK, *(one.until / 1000 for one in self._open)])

    def close(self) -> None:
        """At stop, when no bus is read any more: what is open gets what there is."""
        for alarm in self.marks.drain():
            self._join(alarm)
        for one in self._open:
            self._write(one, complete=False)
        self._open = []

    def _join(self, alarm: Alarm) -> None:
        """Into the file that is open, or into a new one; on the disk at once, where it brings something new."""
        at = round(alarm.mono * 1000)
        if not self._open or at > min(self._open[-1].joins, self._open[-1].until):
            number = 1 + max((number_of(path) for path in files(self._folder)), default=0)
            self._open.append(_Open(number, at - round(BEFORE * 1000), at, at + round(JOINS * 1000)))
        if self._open[-1].join(alarm, self._about.behind.get(alarm.rule, frozenset())):
            self._write(self._open[-1], complete=False)

    def _forget(self, now: float) -> None:
        """Drop what no file can want any more."""
        oldest = min([round((now - BEFORE - LOOK) * 1000), *(one.begin for one in self._open)])
        with self._lock:
            while self._ring and where(self._ring[0])[0] < oldest:
                self._ring.popleft()

    def _write(self, one: _Open, complete: bool) -> None:
        """Write a file, whole or not at all, and tell of it; where the disk refuses, tell that once."""
        with self._lock:
            held = list(self._ring)
        placed = ((packed, *where(packed)) for packed in held)
        rows = sorted((packed for packed, ms, place in placed if one.begin <= ms <= one.until and place in one.places), key=moment)
        begin, end = (moment(rows[0]) / 1000, moment(rows[-1]) / 1000) if rows else (one.begin / 1000, one.until / 1000)
        rules = ", ".join(dict.fromkeys(f"{alarm.rule} {alarm.occurrence}" for alarm in one.alarms))
        try:
            size = self._put(one, rows, (begin, end), complete)
        except OSError as error:
            if not self._failing:
                log.error("the black box of %s cannot be kept in %s: %s", rules, self._folder, error)
                self._tell("black_box_fails", str(self._folder), f"{error.strerror or error}; alarms, outputs and readings are not affected")
            self._failing = True
            return
        self._failing = False
        so_far = "" if complete else ", so far"
        self._tell("black_box", one.name, f"alarm {rules}: {len(rows)} samples from {begin:.3f} s to {end:.3f} s of this boot, {size} bytes{so_far}")

    def _put(self, one: _Open, rows: list[bytes], span: tuple[float, float], complete: bool) -> int:
        """The file on the disk, in the place of what was there of that name; gives its size."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self._folder / FRESH
        try:
            if (room := os.statvfs(self._folder)).f_bavail * room.f_frsize < SPARE:
                raise OSError(errno.ENOSPC, f"less than {SPARE >> 20} MiB are free")
            table, used = self._about.table().series, sorted(one.places)
            with fresh.open("wb") as file:
                for piece in encode(self._head(one, [table[place] for place in used], span, complete, len(rows)), rows, used):
                    file.write(piece)
                file.flush()
                os.fdatasync(file.fileno())
                size = file.tell()
            self._make_room(one.name, size)
            os.replace(fresh, self._folder / one.name)
        except OSError:
            with suppress(OSError):
                fresh.unlink()
            raise
        return size

    def _head(self, one: _Open, series: list[SeriesInfo], span: tuple[float, float], complete: bool, rows: int) -> Head:
        clock = self._about.clock
        utc, source, error = self._about.utc(Instant(clock.boot, round(one.alarms[0].mono * 1000)))
        return Head(
            node=self._about.node, simulated=self._about.simulated, boot=clock.boot, alarms=one.alarms, begin=span[0], end=span[1],
            complete=complete, utc=utc, clock=source, clock_error=error, series=series, rows=rows,
        )  # fmt: skip

    def _make_room(self, name: str, size: int) -> None:
        """Remove the oldest until there is room for one more of this size."""
        kept = [(path, path.stat().st_size) for path in files(self._folder) if path.name != name]
        while kept and (len(kept) >= FILES or sum(of for _, of in kept) + size > BYTES):
            kept.pop(0)[0].unlink()
