"""Promise: a crossing at the chip sounds the siren and is told once; after a restart the siren shows what it did, and nothing is told again."""

from collections.abc import Sequence
from math import inf
from pathlib import Path

import msgspec

from gateway.appraisal import Appraiser
from gateway.contract.messages import Alarm
from gateway.guard import Guard
from gateway.inbox import Inbox
from gateway.model import Quality, Reading, Sampled, SeriesInfo, Table
from gateway.quality import judge
from gateway.remembrance import RuntimeMemory, fold, watches
from gateway.rules import Change, Watch
from gateway.voice import Voice
from hardware.errors import HardwareError
from hardware.sample import Reason, Sample, bad
from hardware.sim.clock import SteppedClock
from tests.gateway.watching import threshold

CO = SeriesInfo("co", "carbon_monoxide", "[ppm]", 1, 0.0, 500.0, 1.0, 0.1)
RULE = threshold("co", "co", 30.0, 100.0, hysteresis=5.0, outputs=("siren",))


class Siren:
    """Remembers what it was told; may be broken."""

    sounder = True
    spent = False

    def __init__(self) -> None:
        self.levels: list[int] = []
        self.broken = False

    def set(self, level: int, again: bool = False) -> None:
        if self.broken:
            raise HardwareError("the pin cannot be written")
        self.levels.append(level)

    def step(self, now: float) -> float:
        return inf

    def self_test(self) -> bool:
        return False

    def close(self) -> None:
        pass


class Bench:
    """Guard with an inbox, a siren, a memory, and lists of what came out."""

    def __init__(self, runtime: Path, alarm_log: Sequence[bytes] = (), broken: bool = False) -> None:
        runtime.mkdir(exist_ok=True)
        self.inbox: Inbox[list[Sampled]] = Inbox(100)
        self.readings: list[Reading] = []
        self.told: list[tuple[Change, int, list[str]]] = []
        self.alarms: list[Alarm] = []
        self.siren = Siren()
        self.siren.broken = broken
        self.memory = RuntimeMemory(runtime, SteppedClock().boot)
        found: list[Watch] = watches([RULE], Table((CO,)), self.memory, alarm_log)
        appraiser, siren = Appraiser([CO]), {"siren": self._open}
        self.guard = Guard(appraiser, self.inbox, self.readings.append, self._phrase, self.alarms.append, found, siren, self.memory)

    def _phrase(self, change: Change, before: Sequence[Reading], on: Sequence[str]) -> Alarm:
        self.told.append((change, len(before), list(on)))
        return Voice("n1", False, SteppedClock()).alarm(change, CO, before, on)

    def _open(self, level: int) -> Siren:
        self.siren.set(level)
        return self.siren

    def feed(self, *values: float | None, start: int = 0) -> None:
        for index, value in enumerate(values):
            sample = bad("co", Reason.NAK) if value is None else Sample("co", round(value * 10), value)
            self.inbox.put([Sampled(0, start + index * 1000, sample)])
            self.guard.step(0.0)


def test_a_crossing_sounds_the_siren_and_is_told_with_what_led_to_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "run")
    bench.feed(10, 20, 31, 32, 101, 60, 20)
    assert bench.siren.levels == [0, 1, 2, 1, 0], "opened silent, then sounded, escalated, eased, silent"
    assert [(change.what, before, on) for change, before, on in bench.told] == [
        ("raised", 3, ["siren"]),
        ("escalated", 5, ["siren"]),
        ("eased", 6, ["siren"]),
        ("cleared", 7, []),
    ]
    assert len(bench.readings) == 7


def test_a_restart_restores_the_siren_and_tells_nothing_twice(tmp_path: Path) -> None:
    Bench(tmp_path / "run").feed(10, 31)
    after = Bench(tmp_path / "run")
    assert after.siren.levels == [1], "the output is opened sounding"
    after.feed(32, 33, start=5000)
    assert after.told == []
    after.feed(10, start=9000)
    assert [change.what for change, _, _ in after.told] == ["cleared"]
    assert after.told[0][0].state.occurrence == 1


def test_an_alarm_that_died_before_it_was_durable_is_told_after_the_restart(tmp_path: Path) -> None:
    before = Bench(tmp_path / "run")
    before.feed(10, 31)
    boot = SteppedClock().boot
    after = Bench(tmp_path / "run")
    (untold,) = after.memory.untold([], boot)
    assert (untold.change, untold.level) == ("raised", 1)
    lane = [msgspec.json.encode(alarm) for alarm in before.alarms]
    assert after.memory.untold(lane, boot) == [], "what the lane has is not told again"
    assert after.memory.untold([], "another boot.") == []
    later = msgspec.structs.replace(before.alarms[0], rule="other", mono=99.0)
    assert after.memory.untold([msgspec.json.encode(later)], boot) == [], "the lane has gone on beyond it: it stood there once"


def test_after_a_power_cut_the_alarm_lane_tells_the_state(tmp_path: Path) -> None:
    before = Bench(tmp_path / "run")
    before.feed(10, 31)
    voice = Voice("n1", False, SteppedClock())
    lane = [msgspec.json.encode(voice.alarm(change, CO, (), on)) for change, _, on in before.told]
    after = Bench(tmp_path / "another", lane)
    assert after.guard.shown == {"siren": 1}
    after.feed(32, start=5000)
    assert after.told == []


def test_a_damaged_memory_falls_back_to_the_lane(tmp_path: Path) -> None:
    runtime = tmp_path / "run"
    before = Bench(runtime)
    before.feed(31)
    voice = Voice("n1", False, SteppedClock())
    lane = [b"garbage", *(msgspec.json.encode(voice.alarm(change, CO, (), on)) for change, _, on in before.told)]
    (runtime / "alarms.json").write_text("{ not json")
    assert Bench(runtime, lane).guard.shown == {"siren": 1}
    assert fold([b"garbage"]) == {}


def test_bad_readings_freeze_the_alarm_and_raise_its_fault(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "run")
    bench.feed(31, None, None, None, None, None, None, None)
    assert [change.what for change, _, _ in bench.told] == ["raised", "fault"]
    assert bench.siren.levels == [0, 1]


def test_a_siren_that_cannot_be_written_is_tried_again_and_shown(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "run")
    bench.siren.broken = True
    bench.feed(31)
    assert bench.guard.failing
    bench.siren.broken = False
    bench.guard.step(0.0)
    assert bench.siren.levels == [0, 1]
    assert not bench.guard.failing


def test_a_siren_that_cannot_be_opened_keeps_no_alarm_from_the_hub(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "run", broken=True)
    assert "cannot be written" in bench.guard.failing["siren"]
    bench.feed(31)
    assert [change.what for change, _, _ in bench.told] == ["raised"]
    bench.siren.broken = False
    bench.guard.step(0.0)
    assert bench.siren.levels == [1]


def test_a_value_is_computed_from_the_raw_number_by_the_table() -> None:
    reading = judge(CO, Sampled(0, 5, Sample("co", 123, 99.0)))
    assert (reading.raw, round(reading.value or 0, 6)) == (123, 12.3)


def test_a_driver_without_a_raw_number_gets_one_that_stands_for_its_value() -> None:
    reading = judge(CO, Sampled(0, 5, Sample("co", None, 12.34)))
    assert reading.raw == 123


def test_a_value_outside_the_range_is_flagged_and_kept() -> None:
    reading = judge(CO, Sampled(0, 5, Sample("co", 6000, 600.0)))
    assert (reading.value, reading.quality, reading.reason) == (600.0, Quality.UNCERTAIN, Reason.RANGE)
