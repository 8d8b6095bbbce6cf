"""A black box without its threads, on a clock that the test moves: one reading of a level a second, made of three pings, and alarms on demand."""

from __future__ import annotations

from pathlib import Path

from gateway.blackbox import About, BlackBox
from gateway.boxfile import files
from gateway.clock import ClockTable, stamp
from gateway.contract.messages import Alarm, ClockFix
from gateway.model import Sampled, SeriesInfo, Table
from hardware.sample import Quality, Reason, Sample, bad
from hardware.sim.clock import SteppedClock

TABLE = Table(tuple(SeriesInfo(name, "distance", "mm", 0, 0.0, 4500.0, 1.0) for name in ("level", "level.jitter", "other")))
BEHIND = {"water": frozenset({0, 1}), "flood": frozenset({0, 1}), "gas": frozenset({2})}
UTC = 1_780_000_000.0


class Boxed:
    """The box in `folder`; told: what the hub was told; alarms come by `alarm`, after the sample of that second."""

    def __init__(self, folder: Path, clock: SteppedClock | None = None) -> None:
        self.clock = clock or SteppedClock()
        self.told: list[tuple[str, str, str]] = []
        clocks = ClockTable({self.clock.boot: ClockFix(0.0, UTC, "ntp", 0.05)})
        about = About("n1", True, self.clock, lambda: TABLE, BEHIND, clocks.utc)
        self.folder = folder
        self.box = BlackBox(folder, about, lambda what, where, detail: self.told.append((what, where, detail)))
        self._due = 0.0

    def live(self, seconds: int, value: float | None = 1000.0, several: int = 1) -> None:
        """So many seconds, with `several` readings in each. value: None for a sensor that does not answer."""
        for _ in range(seconds * several):
            self.clock.advance(1.0 / several)
            now = self.clock.monotonic()
            self.box.take(*_said(stamp(self.clock).ms, value))
            if now >= self._due:
                self._due = self.box.step(now)

    def alarm(self, rule: str = "water", occurrence: int = 1, level: int = 1, change: str = "raised", step: bool = True) -> None:
        """What guard tells."""
        now = stamp(self.clock).ms / 1000
        flags = dict.fromkeys(("latched", "silenced", "shelved", "inhibited", "acked"), False)
        said = {
            "node": "n1",
            "boot": self.clock.boot,
            "mono": now,
            "rule": rule,
            "series": "level",
            "change": change,
            "level": level,
            "state": "UNACK",
        }
        said |= {"occurrence": occurrence, "value": 150.0, "unit": "mm", "limit": 150.0, "quality": "good", "onset": now - 2.0, "active": True}
        self.box.mark(Alarm(**said, **flags))  # type: ignore[arg-type]
        if step:
            self._due = self.box.step(self.clock.monotonic())

    def names(self) -> list[str]:
        """The files of the box."""
        return [path.name for path in files(self.folder)]


def _said(ms: int, value: float | None) -> tuple[list[Sampled], list[Sampled]]:
    """A reading of two channels and another sensor's, and the three pings behind the first."""
    if value is None:
        samples = [bad("level", Reason.NO_ECHO, 0), bad("level.jitter", Reason.NO_ECHO)]
        return [Sampled(place, ms, sample) for place, sample in enumerate(samples)], []
    samples = [Sample("level", round(value), value), Sample("level.jitter", 2, 2.0, Quality.UNCERTAIN, Reason.CHECKSUM), Sample("other", 7, 7.0)]
    pings = [Sample("level", round(value) + off, value + off) for off in (-2, 0)] + [bad("level", Reason.RANGE, 9999)]
    return [Sampled(place, ms, sample) for place, sample in enumerate(samples)], [
        Sampled(0, ms - 200 * (2 - index), ping) for index, ping in enumerate(pings)
    ]
