"""A node's care for its sensors without its threads: configuration, guard, store, acts, on a clock that the test moves; gas is a raw number."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gateway.appraisal import Appraiser
from gateway.calibrations import Store
from gateway.clock import ClockTable, stamp
from gateway.config import Config, build
from gateway.contract.messages import AnyEvent, ClockFix
from gateway.control.requests import Actor, Refusal, answer
from gateway.guard import Guard
from gateway.inbox import Inbox
from gateway.model import Flag, Labelled, Reading, Sampled, SeriesInfo, Table
from gateway.rules import Rule
from gateway.voice import Voice
from gateway.wiring import Care, Orders
from hardware.sample import Reason, Sample, bad
from hardware.sim.clock import SteppedClock
from tests.gateway.watching import threshold
from tests.gateway.watching import watch as watch_of

TODAY = 1_780_000_000.0
"""2026-05-28, UTC."""
TOKEN = "ab" * 8
"""Of every maintenance here, unless the test says otherwise."""
OWNED = ("maintain", "release", "capture", "calibrate", "bump")
RULE = threshold("co", "co", 30.0, 100.0)


def config(folder: Path, **options: Any) -> Config:
    """One 4-20 mA transmitter of carbon monoxide, 0 to 500 ppm, read once a second, and a derived-free table."""
    folder.mkdir(parents=True, exist_ok=True)
    derived = options.pop("derived", [])
    loop = {"driver": "loop_4_20ma", "period": "1 s", "quantity": "carbon_monoxide", "unit": "[ppm]", "low": 0.0, "high": 500.0, **options}
    tree: dict[str, Any] = {
        "node": {"site": "daegu", "name": "n1", "state": str(folder), "runtime": str(folder)},
        "sensor": [{"name": "co", **loop}, {"name": "spare", **loop, "channel": "A1"}],
        "derived": derived,
    }
    return build(tree, folder / "gateway.toml", "00000000")


class Workshop:
    """The parts, joined as in a node. events: what was told; readings: what reached the recorder, each with its table.
    unread: the disk does not answer when it is asked for the calibrations."""

    def __init__(
        self,
        folder: Path,
        known: Table | None = None,
        today: float | None = TODAY,
        rules: tuple[Rule, ...] = (),
        unread: bool = False,
        **options: Any,
    ) -> None:
        self.present = 0.0
        self.clock = SteppedClock()
        self.clocks = ClockTable()
        if today is not None:
            self.set_clock(today)
        self.events: list[AnyEvent] = []
        self.readings: list[Labelled] = []
        self.alarms: list[Any] = []
        self.inhibited: list[Any] = []
        self.rounds: Inbox[list[Sampled]] = Inbox(1000)
        orders: Orders = Inbox(100)
        voice = Voice("n1", False, self.clock)
        self.announced = 0
        store = Store(folder, unread=True) if unread else None
        self.care = Care(config(folder, **options), known, voice, self.clocks.utc, orders, self.readings.append, self.events.append, store)
        self.appraiser: Appraiser = self.care.appraiser()
        watches = [watch_of(rule) for rule in rules]
        self.guard = Guard(
            self.appraiser, self.rounds, self.care.record, lambda c, b, o: c, self._tell, watches, orders=orders  # type: ignore[arg-type, return-value]
        )  # fmt: skip
        self.door = self.care.door(self.guard, self._announce, lambda: self.present)
        self.base: SeriesInfo = config(folder, **options).table().series[0]

    def _tell(self, change: Any) -> None:
        """What an alarm would sound or clear; that its input is inhibited on purpose stands apart."""
        (self.inhibited if change.what in ("inhibited", "uninhibited") else self.alarms).append(change)

    def _announce(self) -> None:
        self.announced += 1

    def set_clock(self, utc: float) -> None:
        """Let the node know what time it is."""
        self.clocks.fixes[self.clock.boot] = ClockFix(self.clock.monotonic(), utc, "ntp", 0.05)

    def raw(self, value: float) -> int:
        """The raw number that the configuration's line takes for a value."""
        return round((value - self.base.intercept) / self.base.slope)

    def feed(self, *values: float | None, series: int = 0, reason: Reason | None = None) -> None:
        """One reading a second, of the raw number that the configuration takes for the value."""
        for value in values:
            self.clock.advance(1.0)
            channel = "carbon_monoxide"
            sample = bad(channel, reason or Reason.NAK) if value is None else _sample(channel, self.raw(value), value, reason)
            self.rounds.put([Sampled(series, stamp(self.clock).ms, sample)])
            self.guard.step(self.clock.monotonic())
            self.look()

    def look(self) -> None:
        """What the door does at every step, then guard."""
        self.door.tick()
        self.guard.step(self.clock.monotonic())

    def ask(self, do: str, uid: int | None = 1000, **content: Any) -> dict[str, Any]:
        """Ask at the door, then let guard follow. Refusal where it is not done."""
        content = {"token": TOKEN, **content} if do in OWNED else content
        try:
            return answer(self.door.acts, Actor(uid), json.dumps({"do": do, **content}).encode())
        finally:
            self.guard.step(self.clock.monotonic())

    def refused(self, do: str, **content: Any) -> str:
        """Why something is refused; AssertionError where it is not."""
        try:
            self.ask(do, **content)
        except Refusal as refusal:
            return str(refusal)
        raise AssertionError(f"{do} {content} was done")

    def take(self, *points: tuple[float, float]) -> None:
        """Put co into maintenance and take points: (value that the configuration's line shows, reference)."""
        self.ask("maintain", series="co", who="kim")
        for shown, reference in points:
            self.ask("capture", series="co", reference=reference, begin=True)
            self.feed(*[shown] * 125)
            found = self.ask("capture", series="co", reference=reference)
            assert found["stable"], found

    def calibrate(self, kind: str, *points: tuple[float, float], **content: Any) -> dict[str, Any]:
        """A whole calibration of co, given back at its end; the fact."""
        self.take(*points)
        told = self.ask("calibrate", series="co", kind=kind, **{"who": "kim", "gas": "CO in N2", "certificate": "4711", **content})
        self.ask("release", series="co")
        fact: dict[str, Any] = told["fact"]
        return fact

    def newest(self, series: int = 0) -> Reading:
        """The newest reading that the recorder got of a series."""
        return next(labelled.reading for labelled in reversed(self.readings) if labelled.reading.series == series)

    def told(self, what: str) -> list[AnyEvent]:
        """The notices of a kind."""
        return [event for event in self.events if getattr(event, "what", "") == what]


def _sample(channel: str, raw: int, value: float, reason: Reason | None) -> Sample:
    from hardware.sample import Quality

    return Sample(channel, raw, value, Quality.GOOD if reason is None else Quality.UNCERTAIN, reason)


def flagged(reading: Reading, flag: Flag) -> bool:
    """Whether a reading has a flag."""
    return bool(reading.flags & flag)
