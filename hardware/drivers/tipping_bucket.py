"""A tipping-bucket rain gauge: every tip is counted, each with its own time, however seldom it is read.

`rain` is what has fallen through the bucket since the driver was opened, tips times `mm_per_tip`; `raw` is the number of tips. It only grows, and a
total below the one before means that the node started anew and counts from 0: sums over hours are made of its increments. Each tip has a sample with
its time, and the last sample is the total now.

`intensity` spreads each tip over the time since the tip before; while none comes it is at most one tip over the time waited, so it fades and is
never held. The first tip since the driver was opened has no tip before it and gives none. What falls while the bucket moves is lost: measured
0.98 % at 19.9 mm/h and 8.78 % at 175.2 mm/h (Duchon et al., J. Atmos. Oceanic Technol. 2014), so indicated = true * (1 - k * true) with k near
0.0005 h/mm, and it is solved for the true intensity. A gauge's own dynamic calibration overrides k; 0 for a gauge that corrects itself. Beyond 160
mm/h indicated (175.2 true) k is a guess: UNCERTAIN (extrapolated). The total is not corrected. A gauge with a syphon does not tip evenly: its sums
are right and its intensity is not.

A reed closes for 50 to 100 ms and may bounce, when it closes and when it opens: a closing within 10 ms of an opening is the same tip, however long
it was closed. Within `lock_out` of a tip there can be no other (the bucket takes half a second), so a real second closing there is not counted and
told UNCERTAIN (bounce): look at the magnet and the cable.

Wiring: reed between the pin and ground (`pull = "up"`), with 1 to 10 kilo-ohms to 3.3 V beside a long cable and 100 nF at the pin.
What it cannot see: no tips are no rain, a blocked funnel, a cut cable or a frozen bucket, and only a neighbour, the radar or the thermometer
tells which; the first tip after a dry spell carries older water; rain under `mm_per_tip` is not there yet.

    [[sensor]]
    name = "gauge"
    driver = "tipping_bucket"
    period = "10 s"
    pin = 6
    mm_per_tip = 0.2
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from hardware.buses.gpio import Watch
from hardware.drivers._contact import check_pull
from hardware.drivers._edges import INSTANT, Chatter
from hardware.quantities import Seconds
from hardware.sample import Channel, Quality, Reason, Sample

if TYPE_CHECKING:
    from hardware.buses import Buses
    from hardware.buses.gpio import Look
    from hardware.driver import Clock

SETTLE = 0.01
"""Seconds within which a reed that opens and closes again has only bounced."""
FITTED = 160.0
"""mm/h indicated up to which the undercatch is measured: 175.2 mm/h true, of which 8.78 % are lost."""
MOST_RAIN = 1e6
"""mm: more than falls in a century."""
DECIMALS = 2
"""Of the intensity."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """pin: BCM number, 0 to 27. mm_per_tip: rain of one tip in mm, from the gauge's plate (0.1, 0.2, 0.254, 0.5 are usual). undercatch: k in h/mm,
    the share of the rain that is lost per mm/h of intensity. lock_out: time after a tip in which there can be no other, as text with a unit. pull:
    where the Pi's resistor pulls while the reed is open, `up` for a reed to ground, `down` for one to 3.3 V.
    """

    pin: Annotated[int, msgspec.Meta(ge=0, le=27)]
    mm_per_tip: Annotated[float, msgspec.Meta(ge=0.01, le=10)]
    undercatch: Annotated[float, msgspec.Meta(ge=0, le=0.005)] = 0.0005
    lock_out: Seconds = Seconds(0.1)
    pull: Literal["up", "down"] = "up"

    def __post_init__(self) -> None:
        check_pull(self.pin, self.pull)
        if not 0.01 <= self.lock_out <= 0.5:
            raise ValueError(f"lock_out is {self.lock_out:g} s; write 0.01 s to 0.5 s: longer loses tips of heavy rain")

    def bus(self) -> str:
        """All pins are one bus: a look at one takes microseconds."""
        return "gpio"

    def claims(self) -> tuple[str, ...]:
        """The pin."""
        return (f"gpio-{self.pin}",)

    def channels(self) -> tuple[Channel, ...]:
        """The total since opening, in mm, and the intensity, in mm/h."""
        decimals = next(digits for digits in range(5) if digits == 4 or math.isclose(self.mm_per_tip, round(self.mm_per_tip, digits)))
        most = math.ceil(true_intensity(3600.0 * self.mm_per_tip / self.lock_out, self.undercatch))
        return (
            Channel("rain", "rain", "mm", decimals, 0.0, MOST_RAIN, self.mm_per_tip),
            Channel("intensity", "rain_intensity", "mm/h", DECIMALS, 0.0, most, 10.0**-DECIMALS),
        )


def true_intensity(indicated: float, k: float) -> float:
    """The intensity in mm/h of which a gauge indicates `indicated`; where k allows none so high, the highest it allows."""
    return indicated if k == 0 else (1.0 - math.sqrt(max(0.0, 1.0 - 4.0 * k * indicated))) / (2.0 * k)


class Tips:
    """Which closings of the reed are tips. Pure: times are given."""

    def __init__(self, lock_out: float) -> None:
        self.count = 0
        self.last = -math.inf  # when it tipped last, and for how long it had not before
        self.interval = math.inf
        self._lock_out = lock_out
        self._closed = False
        self._opened = -math.inf

    def edge(self, closed: bool, at: float) -> Reason | None:
        """The reed closed or opened; BOUNCE where that would be a tip that cannot be. Two closings in a row: the opening between was not reported."""
        before, self._closed = self._closed, closed
        if not closed:
            self._opened = at
            return None
        if at - self._opened < SETTLE:
            return None
        if at - self.last < self._lock_out - INSTANT:
            return None if before else Reason.BOUNCE
        self.count, self.last, self.interval = self.count + 1, at, at - self.last
        return None

    def rate(self, now: float) -> float:
        """Tips per second: one over the last interval, or over the time waited since where that is longer."""
        return 0.0 if math.isinf(self.interval) else 1.0 / max(self.interval, now - self.last)


class Driver:
    """One gauge."""

    def __init__(self, options: Options, buses: Buses, clock: Clock) -> None:
        self.channels = options.channels()
        self._options = options
        where = f"rain gauge on GPIO{options.pin}"
        self._begun: float | None = clock.monotonic()
        self._watch = Watch(options.pin, options.pull, buses.pin(options.pin, where), clock, where)
        self._tips = Tips(options.lock_out)
        self._chatter = Chatter()
        self._level: int | None = None

    def read(self) -> list[Sample]:
        """Every tip since the last reading, then the total and the intensity now. HardwareError where the pin cannot be read."""
        look = self._watch.look()
        told = self._tipped(look)
        if look.lost:
            self._chatter.lost(look.at)
        if self._begun is not None and told:
            told.insert(0, self._total(0, self._begun))  # a total that begins anew begins with 0
        self._begun = None
        return [*told, self._total(self._tips.count, reason=self._doubt(look.at)), self._intensity(look.at)]

    def _tipped(self, look: Look) -> list[Sample]:
        """A sample for each tip, and for each closing that was refused."""
        told = []
        for at, level in self._edges(look):
            self._chatter.edge(at)
            before = self._tips.count
            refused = self._tips.edge(level == int(self._options.pull == "down"), at)
            if self._tips.count > before or (refused and not self._chatter.chatters(at)):
                told.append(self._total(self._tips.count, at, refused or self._doubt(at)))
        return told

    def _edges(self, look: Look) -> list[tuple[float, int]]:
        """The edges of a look, and one that only the level tells of (lost, or still on its way). At the start a closed reed is no tip."""
        edges: list[tuple[float, int]] = [(edge.at, edge.level) for edge in look.edges]
        last = edges[-1][1] if edges else self._level
        self._level = look.level
        return edges if last is None or last == look.level else [*edges, (look.at, look.level)]

    def _doubt(self, at: float) -> Reason | None:
        return Reason.BOUNCE if self._chatter.chatters(at) else None

    def _total(self, count: int, at: float | None = None, reason: Reason | None = None) -> Sample:
        quality = Quality.UNCERTAIN if reason else Quality.GOOD
        return Sample("rain", count, self.channels[0].value(count), quality, reason, at)

    def _intensity(self, now: float) -> Sample:
        channel, k = self.channels[1], self._options.undercatch
        indicated = 3600.0 * self._options.mm_per_tip * self._tips.rate(now)
        raw = round(min(true_intensity(indicated, k), channel.high) / channel.slope)
        if k and indicated > FITTED:
            return Sample(channel.name, raw, channel.value(raw), Quality.UNCERTAIN, Reason.EXTRAPOLATED)
        return Sample(channel.name, raw, channel.value(raw))

    def close(self) -> None:
        """Give the pin back."""
        self._watch.close()
