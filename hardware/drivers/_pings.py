"""Robust sampling of a distance: a reading takes several pings, throws out what is no distance, and gives the middle of the rest.

One ping may hit a raindrop, a cyclist or the noise of another sonar. So a reading of several pings
1. throws away the first ones, in which the sensor's own filter still holds what was before the pause (`discard`);
2. takes out everything that is no distance (codes for no echo or no target, the blind zone, frames that came too late) before it looks for the
   middle: a code for "nothing there" is a large number and would pull any mean or median towards a dry road;
3. gives no value when fewer than half of the pings are left, with the reason that most of the others had;
4. else gives the median, or the mode, of the numbers that were really read: with an even count the lower of the two middle ones, never their mean;
   A value of which pings came late, garbled or not at all is UNCERTAIN: a wire or a supply is loose, and the next reading may have none;
5. and says how far the pings lay apart, in a channel of its own: `jitter`, the median of their distances from the value given. It is robust as the
   median is; of normal noise it is 0.67 standard deviations. Calm water has little, weeds, rain and waves have much, a frozen number has none.

A frame that comes later than the sheet allows after the one before is no ping: its sensor is failing, or something lies between it and here. The
first of a reading is held against the last of the reading before, with what was forgotten in between (hardware/drivers/_line.py, `rare`). Where this
process stood still for a while, the gap is ours: frames that queued up meanwhile are old, so they are forgotten, and counted as frames that came. A
gap of which nothing tells that it is ours is the sensor's.
The reading's time is that of the last byte of its last ping. The pings themselves are its details (hardware/driver.py, Detailed).

A reading ends: at once where the line is silent or garbled from the start, as soon as too many pings have failed for the rest to be half, and in any
case within (discard + pings) times the wait for one frame. In health it takes (discard + pings) times the sheet's slowest interval, and a sensor must
not be read more often than that: `slowest` of its options tells, and a shorter period is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import msgspec

from hardware.drivers._line import DELAY, PATIENCE, rare
from hardware.errors import ProtocolError, Timeout
from hardware.sample import Channel, Quality, Reason, Sample

if TYPE_CHECKING:
    from hardware.driver import Clock
    from hardware.drivers._frames import Window
    from hardware.drivers._line import Line

JITTER = "jitter"
"""Name of the channel that says how far apart the pings lay."""
LINE = (Reason.TIMEOUT, Reason.SHORT, Reason.SYNTAX, Reason.CHECKSUM)
"""Why a ping is lost that speak of the line or the supply, not of what the sensor looks at."""


class Pinging(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The options of every driver that samples robustly. pings: frames per reading, 1 or 3 to 25. statistic: median, or mode (the number that came
    most often; it is for sensors whose pings repeat exactly). discard: frames thrown away first, 0 to 10, where there are several pings."""

    pings: Annotated[int, msgspec.Meta(ge=1, le=25)] = 5
    statistic: Literal["median", "mode"] = "median"
    discard: Annotated[int, msgspec.Meta(ge=0, le=10)] = 1

    def __post_init__(self) -> None:
        if self.pings == 2:
            raise ValueError("two pings have no middle; write pings = 1, or 3 and more")

    def frames(self) -> int:
        """How many frames a reading takes."""
        return self.pings + (self.discard if self.pings > 1 else 0)

    def given(self, distance: Channel) -> tuple[Channel, ...]:
        """The distance, and the jitter where there is more than one ping."""
        if self.pings == 1:
            return (distance,)
        return (distance, Channel(JITTER, JITTER, distance.unit, distance.decimals, 0.0, distance.high - distance.low, distance.slope))


class Ping(NamedTuple):
    """One frame, or the lack of one. raw: its number, None without a frame. reason: why it is no distance, None where it is. frame: its bytes.
    at: monotonic seconds at its last byte."""

    raw: int | None
    reason: Reason | None
    frame: bytes = b""
    at: float = 0.0


@dataclass
class Pinger:
    """How the pings of one sensor are taken. parser: makes a fresh one. judge: a frame's number, and why it is no distance. slowest: seconds from
    frame to frame by the sheet. ask: sends the question, where the sensor needs one; then no frame is late by the one before. most: bytes in which
    a frame must come."""

    line: Line
    clock: Clock
    parser: Callable[[], Window]
    judge: Callable[[bytes], tuple[int, Reason | None]]
    slowest: float
    ask: Callable[[], None] | None = None
    most: int = 64
    _heard: float | None = None  # when the last frame came, None after a failure
    _taken: Sequence[Ping] = ()

    @property
    def wait(self) -> float:
        """Seconds in which one frame must come: one that is garbled leaves time for the next."""
        return 2 * self.slowest + PATIENCE

    def take(self, options: Pinging) -> list[Ping]:
        """The pings of one reading; HardwareError where not even the first frame comes. Call it with the port claimed."""
        before, self._heard, self._taken = self._heard, None, ()
        gone = self.line.forget()
        skip = options.frames() - options.pings
        pings = [self._ping(before, gone)]
        while len(pings) < skip + options.pings and 2 * _missed(pings[skip:]) <= options.pings:
            before = pings[-1].at
            try:
                pings.append(self._ping(before))
            except (Timeout, ProtocolError) as error:
                pings.append(Ping(None, error.reason, at=self.clock.monotonic()))
        self._heard = pings[-1].at if pings[-1].frame else None
        self._taken = pings[skip:] if options.pings > 1 else ()
        return pings[skip:]

    def details(self, distance: Channel) -> list[Sample]:
        """The pings of the newest reading, as they came; none where it was one, which is the reading itself, or where it failed."""
        return [
            Sample(distance.name, ping.raw, None, Quality.BAD, ping.reason or Reason.TIMEOUT, ping.at)
            if ping.reason is not None or ping.raw is None
            else Sample(distance.name, ping.raw, distance.value(ping.raw), at=ping.at)
            for ping in self._taken
        ]

    def _ping(self, before: float | None, gone: int = 0) -> Ping:
        parser = self.parser()
        if self.ask:
            self.ask()
        elif self.line.port.in_waiting // parser.missing * self.slowest > DELAY:
            gone += self.line.forget()  # more than an adapter holds back: we were not looking, and what waits is old
        frame = self.line.next(parser, self.wait, self.most)
        now = self.line.at
        number, reason = self.judge(frame)
        if queued := self.line.port.in_waiting // len(frame):
            gone += (queued + 1) * len(frame)  # they came in the same time, and one more is on its way
        late = self.ask is None and before is not None and rare(now - self.line.stood - before, gone, len(frame), self.slowest)
        return Ping(number, reason or (parser.fault if late else None), frame, now)


def _missed(pings: Sequence[Ping]) -> int:
    """Pings without a frame."""
    return sum(1 for ping in pings if ping.raw is None)


def agreeing(pings: Sequence[Ping], within: int) -> list[Ping]:
    """The pings with those refused (AMBIGUOUS) that lie further than `within` counts from the middle of all: for sensors without a checksum, whose
    garbled numbers look like any other."""
    good = sorted(ping.raw for ping in pings if ping.reason is None and ping.raw is not None)
    if not good:
        return list(pings)
    middle = median(good)
    return [
        ping._replace(reason=Reason.AMBIGUOUS) if ping.reason is None and ping.raw is not None and abs(ping.raw - middle) > within else ping
        for ping in pings
    ]


def settle(pings: Sequence[Ping], options: Pinging, channels: Sequence[Channel]) -> list[Sample]:
    """What the pings of one reading say: the distance and, where there is a second channel, the jitter."""
    good = [ping for ping in pings if ping.reason is None]
    at = max(ping.at for ping in good or pings) if options.pings > 1 else None
    if 2 * len(good) < options.pings:
        reason, number = refusal(pings)
        return [Sample(channels[0].name, number, None, Quality.BAD, reason, at)] + [
            Sample(channel.name, None, None, Quality.BAD, reason, at) for channel in channels[1:]
        ]
    numbers = [ping.raw for ping in good if ping.raw is not None]
    raw = median(numbers) if options.statistic == "median" else mode(numbers)
    values = (raw, median([abs(number - raw) for number in numbers]))
    lost = [ping for ping in pings if ping.reason in LINE]
    quality, why = (Quality.UNCERTAIN, refusal(lost)[0]) if lost else (Quality.GOOD, None)
    return [Sample(channel.name, value, channel.value(value), quality, why, at) for channel, value in zip(channels, values, strict=False)]


def refusal(pings: Sequence[Ping]) -> tuple[Reason, int | None]:
    """The reason that most pings were refused for (of equally many, the one that came first), and the middle number of those; TIMEOUT without any."""
    reasons = Counter(ping.reason for ping in pings if ping.reason is not None)
    reason = reasons.most_common(1)[0][0] if reasons else Reason.TIMEOUT
    numbers = [ping.raw for ping in pings if ping.reason is reason and ping.raw is not None]
    return reason, median(numbers) if numbers else None


def median(numbers: Sequence[int]) -> int:
    """The middle one; of an even count the lower of the two, so that it was really read."""
    return sorted(numbers)[(len(numbers) - 1) // 2]


def mode(numbers: Sequence[int]) -> int:
    """The one that came most often; of equally frequent ones that nearest to the median, the lower first."""
    middle, counts = median(numbers), Counter(numbers)
    return min(counts, key=lambda number: (-counts[number], abs(number - middle), number))
