"""Time: which boot this is, the clock that never steps, and how boots map to UTC.

A Pi has no clock battery. Everything is stamped (boot, monotonic); wall time is computed when a message is built, from the best anchor that
boot has by then. Anchors, best first: `gps`, `ntp`, `rtc`, `hub` (a receipt carries the hub's time, half the round trip bounds the error),
`bounded` (a boot that never got an anchor lies between its neighbours) and `free` (not known). An anchor replaces another only when its
source is better, or when it is the same source and tighter or the clock has drifted past both bounds.

This file and `hardware/sim/clock.py` are the only ones that read the time of the machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from gateway.contract.messages import ClockFix
from gateway.model import Instant

SOURCES = ("gps", "ntp", "rtc", "hub", "bounded", "free")
DRIFT = 50e-6
"""How fast a Pi's crystal may run away from an anchor, seconds per second (data sheets say 20 to 50 ppm over temperature)."""


class NodeClock(Protocol):
    """The clock a node lives on. `monotonic` and `sleep` are the hardware's Clock as well."""

    boot: str
    speed: float  # seconds of this clock per real second: 1 but in a simulation

    def monotonic(self) -> float:
        """Seconds since this boot; never goes back."""

    def sleep(self, seconds: float) -> None:
        """Wait."""

    def wall(self) -> tuple[float, str]:
        """What the operating system believes: UTC seconds and its source, `ntp` where it is synchronised, else `free`."""


class SystemClock:
    """The machine's own clock. Roots are parameters so that a test can lay out a machine in a folder."""

    speed = 1.0

    def __init__(self, proc: Path = Path("/proc"), run: Path = Path("/run")) -> None:
        self.boot = (proc / "sys/kernel/random/boot_id").read_text().strip().replace("-", "")[:12]
        self._synchronised = run / "systemd/timesync/synchronized"

    def monotonic(self) -> float:
        """CLOCK_BOOTTIME: also counts the time a machine slept."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def sleep(self, seconds: float) -> None:
        """Wait in real time."""
        if seconds > 0:
            time.sleep(seconds)

    def wall(self) -> tuple[float, str]:
        """The system's UTC; `ntp` once systemd-timesyncd has left its mark."""
        return time.time(), "ntp" if self._synchronised.exists() else "free"


def real() -> float:
    """Seconds of the machine's monotonic clock, for what runs on real time whatever the scenario's clock does: links, keepalives, windows."""
    return time.monotonic()


def utc_source(scenario: str = "") -> Callable[[], float]:
    """UTC for a process that only needs wall time (the hub): the machine's, or a scenario's, given as `origin:speed:utc0` (the machine's
    monotonic clock at scenario time 0, scenario seconds per real second, UTC at scenario time 0). ValueError where it is not that."""
    if not scenario:
        return time.time
    origin, speed, utc0 = (float(part) for part in scenario.split(":"))
    return lambda: utc0 + (time.monotonic() - origin) * speed


def stamp(clock: NodeClock) -> Instant:
    """This moment."""
    return Instant(clock.boot, round(clock.monotonic() * 1000))


NTP_ERROR = 0.05
"""What a synchronised systemd-timesyncd is taken to be good for, seconds."""


@dataclass
class ClockTable:
    """Which anchor each boot has. Order of boots is the order in which they were first named.

    on_change is called with (boot, fix) whenever an anchor is taken: the recorder stores it and tells the hub.
    """

    fixes: dict[str, ClockFix] = field(default_factory=dict)
    on_change: Callable[[str, ClockFix], None] = lambda boot, fix: None

    def fix(self, boot: str) -> ClockFix | None:
        """The anchor of a boot; None while it is free."""
        return self.fixes.get(boot)

    def offer(self, boot: str, fix: ClockFix) -> bool:
        """Take an anchor if it is better than what the boot has; says whether it was taken."""
        current = self.fixes.get(boot)
        if current is not None and not _better(fix, current):
            return False
        self.fixes[boot] = fix
        self.on_change(boot, fix)
        return True

    def utc(self, instant: Instant) -> tuple[float | None, str, float | None]:
        """UTC seconds, source and error bound of a moment; (None, "free", None) while nothing is known."""
        fix = self.fixes.get(instant.boot)
        if fix is None:
            return None, "free", None
        away = instant.ms / 1000 - fix.mono
        return fix.utc + away, fix.source, round(fix.error + abs(away) * DRIFT, 3)


def agrees(old: ClockFix, new: ClockFix) -> bool:
    """Whether an anchor only renews another one of the same source, within what that one claimed: nothing said by it was wrong."""
    away = new.mono - old.mono
    return old.source == new.source and abs(old.utc + away - new.utc) <= old.error + abs(away) * DRIFT


def _better(new: ClockFix, old: ClockFix) -> bool:
    rank_new, rank_old = SOURCES.index(new.source), SOURCES.index(old.source)
    if rank_new != rank_old:
        return rank_new < rank_old
    away = new.mono - old.mono
    if new.error < 0.5 * (old.error + abs(away) * DRIFT):
        return True
    disagreement = abs((new.utc - new.mono) - (old.utc - old.mono))
    return disagreement > new.error + old.error + abs(away) * DRIFT


def bound(table: ClockTable, boots: list[tuple[str, float]]) -> list[tuple[str, ClockFix]]:
    """Give every boot without an anchor the bounds its neighbours allow; gives the anchors that were taken.

    boots: (boot, newest mono known of it) in the order they happened. A boot began after the last known moment of the nearest earlier boot that
    has an anchor, and ended before the nearest later one began; its anchor is the middle of that room and its error half of it.
    """
    taken = []
    for index, (boot, last) in enumerate(boots):
        if table.fix(boot) is not None:
            continue
        earlier = [table.utc(Instant(b, round(end * 1000))) for b, end in boots[:index] if table.fix(b) is not None]
        later = [table.utc(Instant(b, 0)) for b, _ in boots[index + 1 :] if table.fix(b) is not None]
        if not earlier or not later:
            continue
        (end, _, before), (start, _, after) = earlier[-1], later[0]
        if end is None or start is None:
            continue
        room = start - end - last
        error = abs(room) / 2 + (before or 0.0) + (after or 0.0)  # less than no room: the neighbours are off by so much
        fix = ClockFix(mono=0.0, utc=end + room / 2, source="bounded", error=round(error, 3))
        if table.offer(boot, fix):
            taken.append((boot, fix))
    return taken
