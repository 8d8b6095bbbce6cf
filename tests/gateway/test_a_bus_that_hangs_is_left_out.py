"""Promise: a bus that hung three times within an hour is left out for an hour, its channels are BAD at their own period, nothing opens it; then it
is tried once; the count survives the process and not the boot."""

from __future__ import annotations

from math import inf
from pathlib import Path

import pytest

from gateway.model import Sampled
from gateway.quarantine import FILE, HANGS, HOUR, Isolated, Mute, Quarantine
from gateway.sampler import Sampler, Sensor
from hardware.driver import Family
from hardware.sample import Channel, Quality, Reason, Sample
from hardware.sim.clock import SteppedClock

BOOT = "0123456789ab"


class Life:
    """Processes on one boot, one after another. at: real seconds."""

    def __init__(self, runtime: Path) -> None:
        self.runtime = runtime
        self.boot = BOOT
        self.at = 100.0

    def start(self) -> Quarantine:
        return Quarantine(self.runtime, self.boot, lambda: self.at)

    def hang(self, bus: str = "i2c-1", after: float = 10.0) -> bool:
        """A process in which a bus hangs; whether the bus is left out from the next one on."""
        self.at += after
        return self.start().hung(bus)


def test_the_third_hang_within_an_hour_and_no_other_bus(tmp_path: Path) -> None:
    life = Life(tmp_path)
    assert [life.hang() for _ in range(HANGS)] == [False, False, True]
    assert life.start().out() == {"i2c-1": HOUR}
    life.at += 600.0
    assert life.start().out() == {"i2c-1": HOUR - 600.0}
    assert [life.hang("serial0"), life.hang("serial0")] == [False, False]
    assert set(life.start().out()) == {"i2c-1"}


def test_three_hangs_that_are_more_than_an_hour_apart_are_none(tmp_path: Path) -> None:
    life = Life(tmp_path)
    assert not any(life.hang(after=HOUR / 2 + 1) for _ in range(20))
    assert life.start().out() == {}


def test_it_is_tried_once_after_an_hour(tmp_path: Path) -> None:
    life = Life(tmp_path)
    for _ in range(HANGS):
        life.hang()
    life.at += HOUR
    assert life.start().out() == {}, "tried"
    for _ in range(5):
        assert life.hang(after=12.0), "one hang in its trial puts it back"
        life.at += HOUR
    life.at += HOUR
    assert not life.hang(), "it worked for an hour: it begins anew"


def test_a_reboot_tries_it_again(tmp_path: Path) -> None:
    life = Life(tmp_path)
    for _ in range(HANGS):
        life.hang()
    life.boot, life.at = "ffffffffffff", 5.0
    assert life.start().out() == {}
    assert not life.hang()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"boot": "0123456789ab", "what": {"i2c-1": {"hangs": "never"}}}'])
def test_a_note_that_cannot_be_read_leaves_nothing_out(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    life = Life(tmp_path)
    assert life.start().out() == {}
    assert not life.hang()


def test_a_runtime_directory_that_refuses_leaves_nothing_out(tmp_path: Path) -> None:
    life = Life(tmp_path / "nowhere")
    assert [life.hang() for _ in range(HANGS)] == [False] * HANGS


class Bench:
    """A bus with two sensors in quarantine for a minute, on the stepped clock."""

    def __init__(self) -> None:
        self.clock = SteppedClock()
        self.opened = 0
        self.rounds: list[list[Sampled]] = []
        self.told = 0
        sensors = [self._sensor("slow", 5.0, 0), self._sensor("fast", 1.0, 1)]
        sampler = Sampler("i2c-1", sensors, None, self.clock, self.rounds.append)  # type: ignore[arg-type]
        mute = [Mute(sensor.name, sensor.period, sensor.series) for sensor in sensors]
        self.isolated = Isolated(sampler, mute, self.clock, self.rounds.append, 60.0, self.clock.monotonic, self._released, inf)

    def _released(self) -> None:
        self.told += 1

    def _sensor(self, name: str, period: float, place: int) -> Sensor:
        return Sensor(name, Family(name, object, self._open, ""), None, period, {"x": place})  # type: ignore[arg-type]

    def _open(self, options: object, buses: object, clock: object) -> Bench:
        self.opened += 1
        return self

    channels = (Channel("x", "x", "mm", 0, 0.0, 100.0),)

    def read(self) -> list[Sample]:
        return [Sample("x", 7, 7.0)]

    def close(self) -> None:
        pass

    def run(self, seconds: float) -> None:
        end = self.clock.monotonic() + seconds
        while (due := self.isolated.step(self.clock.monotonic())) < end:
            self.clock.advance(max(0.0, due - self.clock.monotonic()))
        self.clock.advance(end - self.clock.monotonic())


def test_its_channels_are_bad_at_their_period_and_nothing_opens_it() -> None:
    bench = Bench()
    assert bench.isolated.left == 60.0
    bench.run(59.5)
    assert bench.opened == 0
    samples = [sampled for round_ in bench.rounds for sampled in round_]
    assert {(sampled.sample.quality, sampled.sample.reason, sampled.sample.value) for sampled in samples} == {(Quality.BAD, Reason.TIMEOUT, None)}
    assert [sum(sampled.series == place for sampled in samples) for place in (0, 1)] == [12, 60]
    assert bench.isolated.rounds, "a node with such a bus is ready all the same"


def test_then_it_is_read_again_and_that_is_told_once() -> None:
    bench = Bench()
    bench.run(59.5)
    assert bench.told == 0
    bench.rounds.clear()
    bench.run(20.5)
    assert (bench.told, bench.opened, bench.isolated.left) == (1, 2, 0.0)
    assert {sampled.sample.value for round_ in bench.rounds for sampled in round_} == {7.0}


def test_at_the_end_of_a_scenario_nothing_more_is_said_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    bench.run(5.0)
    before = len(bench.rounds)
    monkeypatch.setattr(bench.isolated, "_end", bench.clock.monotonic())
    monkeypatch.setattr(bench.isolated._reader, "_end", bench.clock.monotonic())
    bench.run(5.0)
    assert bench.isolated.resting
    assert (len(bench.rounds), bench.opened, bench.told) == (before, 0, 0)
