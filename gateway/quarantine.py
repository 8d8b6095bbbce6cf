"""A bus that hangs is left out, so that a stuck gas board never silences the flood switch.

A thread that hangs cannot be killed, and a restart of the process would cost every other bus seconds without protection (measured: 2.5 to 3.1 s each
time, a quarter of the crossings in a minute). Decision: the thread is left to itself and the bus loses its seat at once. Its channels are then
BAD at their own period, so that their alarms say that they do not protect; nothing opens it. After a minute it is tried again; the third hang
within an hour leaves it out for an hour, and so does one within the hour after such a trial. Only a process that has left many threads
behind is started again. A reboot tries a bus anew, because a power cycle may have cured it (gateway/bootnote.py says where the count stands, and
why).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from math import inf
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

from gateway.bootnote import BootNote
from gateway.clock import NodeClock
from gateway.config import Config
from gateway.model import Sampled, SeriesInfo
from hardware.sample import Reason, bad

log = logging.getLogger("gateway")
FILE = "quarantine.json"
HANGS, HOUR = 3, 3600.0
"""So many hangs within so many real seconds; as long lasts the quarantine, and the trial after it."""
AGAIN = 60.0
"""Real seconds after which a bus that hung is tried again, where it is not in quarantine."""
LEFT_BEHIND = 8
"""Threads that hang and are left to themselves before the process is started again."""


class Record(msgspec.Struct, frozen=True):
    """Of one bus. hangs: when it hung within the last hour; until: to when it is left out, or was; real seconds of this boot."""

    hangs: list[float] = []
    until: float | None = None


class Quarantine:
    """Which buses are left out. now: real monotonic seconds."""

    def __init__(self, runtime: Path, boot: str, now: Callable[[], float]) -> None:
        self._note = BootNote(runtime / FILE, boot, dict[str, Record])
        self.now = now

    def hung(self, bus: str) -> bool:
        """This bus hangs. Whether it is in quarantine from now on."""
        records, now = self._note.read() or {}, self.now()
        before = records.get(bus, Record())
        hangs = [*(at for at in before.hangs if now - at < HOUR), now][-HANGS:]
        tried = before.until is not None and now - before.until < HOUR
        out = tried or len(hangs) >= HANGS
        records[bus] = Record([], now + HOUR) if out else Record(hangs, before.until)
        self._note.write(records)
        return out

    def out(self) -> dict[str, float]:
        """The buses that are left out now, and for how many real seconds yet."""
        now = self.now()
        records = (self._note.read() or {}).items()
        return {bus: one.until - now for bus, one in records if one.until is not None and one.until > now}


class Mute(NamedTuple):
    """A sensor of a bus that is left out: its name, seconds between its samples, and the place of each of its channels in the series table."""

    name: str
    period: float
    series: dict[str, int]


class Reader(Protocol):
    """What reads a bus: a Sampler."""

    bus: str
    rounds: int
    resting: bool

    def step(self, now: float) -> float:
        """Read what is due."""

    def close(self) -> None:
        """Close every driver."""


class Isolated:
    """Stands in for the sampler of a bus that is left out, and lets it at the bus when that is over.

    sensors: of the bus; put: takes a round of samples; left: real seconds until the bus is tried again, as `now` counts them; released: called
    then; end: seconds of the clock at which reading ends.
    """

    def __init__(
        self,
        reader: Reader,
        sensors: Sequence[Mute],
        clock: NodeClock,
        put: Callable[[list[Sampled]], None],
        left: float,
        now: Callable[[], float],
        released: Callable[[], None],
        end: float = inf,
    ) -> None:
        self.bus = reader.bus
        self._reader = reader
        self._sensors = sensors
        self._clock = clock
        self._put = put
        self._until, self._now = now() + left, now
        self._released = released
        self._end = end
        self._due = [clock.monotonic()] * len(sensors)
        self._rounds = 0

    @property
    def rounds(self) -> int:
        """How often something was said of the bus."""
        return self._rounds + self._reader.rounds

    @property
    def resting(self) -> bool:
        """Whether there is nothing more to say."""
        return self._reader.resting

    @property
    def left(self) -> float:
        """Real seconds until the bus is tried again; 0 where it is."""
        return max(0.0, self._until - self._now())

    def step(self, now: float) -> float:
        """Say what is due; gives the time of the next word."""
        if self._clock.monotonic() >= self._end:
            return self._reader.step(now)
        if self._until <= self._now():
            if self._until > -inf:
                self._until = -inf
                self._released()
            return self._reader.step(now)
        for place, sensor in enumerate(self._sensors):
            if self._due[place] <= now:
                at = round(self._clock.monotonic() * 1000)
                self._put([Sampled(index, at, bad(name, Reason.TIMEOUT)) for name, index in sensor.series.items()])
                self._due[place] += sensor.period * (1 + max(0.0, now - self._due[place]) // sensor.period)
        self._rounds += 1
        return min(self._due)

    def close(self) -> None:
        """Close every driver; none was opened while the bus was left out."""
        self._reader.close()


class Joint(NamedTuple):
    """What stand-ins are made with. series: of the table in force; put: takes a round of samples; end: seconds of the clock at which reading ends;
    tell: takes what, where and the detail of a notice."""

    config: Config
    series: Sequence[SeriesInfo]
    clock: NodeClock
    put: Callable[[list[Sampled]], None]
    end: float
    tell: Callable[[str, str, str], None]


def stood_in(readers: Sequence[Reader], quarantine: Quarantine, joint: Joint) -> list[Reader | Isolated]:
    """The readers of all buses, those that are left out stood in for, which is told."""
    out = quarantine.out()
    return [_stand_in(reader, out[reader.bus], True, quarantine, joint) if reader.bus in out else reader for reader in readers]


def set_aside(readers: Sequence[Reader], bus: str, quarantine: Quarantine, joint: Joint) -> Isolated:
    """Who stands in for a bus that hangs now, which is counted and told. readers: fresh ones of all buses."""
    quarantined = quarantine.hung(bus)
    (reader,) = (reader for reader in readers if reader.bus == bus)
    return _stand_in(reader, HOUR if quarantined else AGAIN, quarantined, quarantine, joint)


def _stand_in(reader: Reader, left: float, quarantined: bool, quarantine: Quarantine, joint: Joint) -> Isolated:
    place = {info.name: index for index, info in enumerate(joint.series)}
    own = [mounted for mounted in joint.config.sensors if mounted.options.bus() == reader.bus]
    mute = [
        Mute(mounted.sensor.name, float(mounted.sensor.period), {channel: place[name] for channel, name in mounted.series.items()}) for mounted in own
    ]
    why = f"hung {HANGS} times within an hour, or once when it was tried again," if quarantined else "hangs"
    detail = (
        f"{why} and is left out for {left / 60:.0f} min: its sensors ({', '.join(sensor.name for sensor in mute)}) do not protect. "
        "Look at their wiring and supply; a restart of the computer tries it at once"
    )
    log.error("%s %s", reader.bus, detail)
    joint.tell("bus_quarantined" if quarantined else "bus_hangs", reader.bus, detail)
    back = "is tried again; if it hangs once more within an hour it is left out again"
    return Isolated(reader, mute, joint.clock, joint.put, left, quarantine.now, lambda: joint.tell("bus_tried_again", reader.bus, back), joint.end)
