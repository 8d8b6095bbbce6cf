"""Promise: whatever one part does (a driver, an output, a value, a full queue), the others go on, an alarm is told, and what is lost is declared."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.appraisal import Appraiser
from gateway.clock import ClockTable
from gateway.contract.messages import Alarm, Notice
from gateway.guard import Guard
from gateway.inbox import Inbox
from gateway.model import Labelled, Lane, Reading, Sampled, SeriesInfo, Table
from gateway.recorder import Inboxes, Recorder
from gateway.remembrance import RuntimeMemory, snapshot, standing, watches
from gateway.rules import Change
from gateway.sampler import Sampler, Sensor
from gateway.serve import Brake, look
from gateway.supervisor import Seat, Supervisor
from gateway.voice import Voice
from gateway.watchdog import Watchdog
from hardware.driver import Family
from hardware.sample import Channel, Reason, Sample
from hardware.sim.clock import SteppedClock
from tests.gateway.watching import threshold
from tests.gateway.watching import watch as watch_of

CO = SeriesInfo("co", "carbon_monoxide", "[ppm]", 1, 0.0, 500.0, 1.0, 0.1)
LEVEL = SeriesInfo("level", "level", "mm", 0, 0.0, 500.0, 1.0)
TABLE = Table((CO, LEVEL))
VOICE = Voice("n1", False, SteppedClock())


class Log:
    """An outbox that remembers, and refuses readings of one raw number."""

    epoch = "0001-000000000000"

    def __init__(self) -> None:
        self.readings: list[Reading] = []
        self.posts: list[tuple[Lane, dict[str, Any]]] = []
        self.seals = 0

    def append(self, reading: Reading, table: Table) -> None:
        if reading.raw == 13:
            raise OverflowError("this one does not fit")
        self.readings.append(reading)

    def seal(self) -> int | None:
        self.seals += 1
        return self.seals

    def post(self, lane: Lane, payload: bytes) -> int:
        self.posts.append((lane, msgspec.json.decode(payload)))
        return len(self.posts)

    def fix_clock(self, boot: str, fix: Any) -> None:
        pass


def recorder(capacity: int = 100) -> tuple[Recorder, Log, Inboxes]:
    log, inboxes = Log(), Inboxes(Inbox(capacity), Inbox(capacity), Inbox(capacity))
    return Recorder(log, inboxes, ClockTable(), VOICE, (5.0, 60.0), lambda: True), log, inboxes


def alarm(change: str = "raised", state: str = "UNACK") -> Alarm:
    watch = watch_of(threshold("co", "co", 30.0))
    (told,) = watch.feed(Reading(0, 1000, 310, 31.0))
    return msgspec.structs.replace(VOICE.alarm(told, CO, (), ()), change=change, state=state)


def test_a_reading_that_cannot_be_recorded_is_a_gap_and_the_alarm_behind_it_is_recorded() -> None:
    worker, log, inboxes = recorder()
    for raw in (12, 13, 14):
        inboxes.readings.put(Labelled(Reading(0, raw * 1000, raw, raw * 0.1), TABLE))
    inboxes.alarms.put(alarm())
    worker.step(0.0)
    assert [reading.raw for reading in log.readings] == [12, 14]
    assert [post["cause"] for lane, post in log.posts if post.get("kind") == "gap"] == ["rejected"]
    assert [post["change"] for lane, post in log.posts if lane is Lane.ALARM] == ["raised"]
    assert log.seals == 1, "an alarm seals at once"


def test_a_full_queue_is_declared_and_no_flood_of_events_pushes_an_alarm_out() -> None:
    worker, log, inboxes = recorder(capacity=4)
    inboxes.alarms.put(alarm())
    for index in range(10):
        inboxes.readings.put(Labelled(Reading(0, index * 1000, 100 + index, 1.0), TABLE))
        inboxes.facts.put(VOICE.notice("x", "y", "z"))
    worker.step(0.0)
    gap, notice = (post for lane, post in log.posts if lane is Lane.EVENT and post.get("cause", post.get("what")) == "overflow")
    assert (gap["cause"], gap["readings"], gap["begin"][1], gap["end"][1]) == ("overflow", 6, 0.0, 5.0)
    assert "6 events were dropped" in notice["detail"]
    assert [lane for lane, _ in log.posts].count(Lane.ALARM) == 1


def test_the_standing_alarms_are_kept_for_the_next_segment() -> None:
    worker, _, inboxes = recorder()
    inboxes.alarms.put(alarm())
    worker.step(0.0)
    assert standing(worker.standing.values()).keys() == {"co"}
    inboxes.alarms.put(alarm("cleared", "NORMAL"))
    worker.step(0.0)
    (note,) = snapshot(worker.standing)
    kept = msgspec.json.decode(note, type=Alarm)
    assert (kept.change, kept.occurrence, kept.before) == ("cleared", 1, []), "one that is over keeps its number, and nothing that takes room"


class Ears:
    def __init__(self) -> None:
        self.outputs: list[tuple[str, str]] = []
        self.gaps: list[int] = []

    def output(self, name: str, error: str) -> None:
        self.outputs.append((name, error))

    def lost(self, count: int, first: Any, last: Any) -> None:
        self.gaps.append(count)


class Defective:
    """An output with a defect of its own, not a fault of the copper."""

    sounder = True
    spent = False

    def set(self, level: int, again: bool = False) -> None:
        raise RuntimeError("a defect")

    def step(self, now: float) -> float:
        raise RuntimeError("a defect")

    def self_test(self) -> bool:
        return False

    def close(self) -> None:
        pass


def guard(inbox: Inbox[list[Sampled]], told: list[str], ears: Ears, readings: list[Reading]) -> Guard:
    watch = watch_of(threshold("co", "co", 30.0, outputs=("siren",)))

    def phrase(change: Change, before: Sequence[Reading], on: Sequence[str]) -> Alarm:
        return VOICE.alarm(change, CO, before, on)

    siren = {"siren": lambda level: Defective()}
    return Guard(Appraiser([CO, LEVEL]), inbox, readings.append, phrase, lambda alarm: told.append(alarm.change), [watch], siren, None, ears)


def test_an_output_with_a_defect_loses_neither_the_alarm_nor_the_reading() -> None:
    inbox: Inbox[list[Sampled]] = Inbox(10)
    told: list[str] = []
    ears, readings = Ears(), []
    worker = guard(inbox, told, ears, readings)
    inbox.put([Sampled(0, 1000, Sample("co", 400, 40.0)), Sampled(1, 1000, Sample("level", 10, 10.0))])
    worker.step(0.0)
    assert told == ["raised"]
    assert len(readings) == 2
    assert ears.outputs == [("siren", "RuntimeError: a defect")], "told once, not at every try"


def test_rounds_that_guard_never_saw_are_declared() -> None:
    inbox: Inbox[list[Sampled]] = Inbox(2)
    ears: Ears = Ears()
    worker = guard(inbox, [], ears, [])
    for index in range(5):
        inbox.put([Sampled(0, index * 1000, Sample("co", 1, 0.1))])
    worker.step(0.0)
    assert ears.gaps == [3]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_no_sample(value: float) -> None:
    with pytest.raises(ValueError, match="no measurement"):
        Sample("co", 1, value)
    with pytest.raises(ValueError, match="beyond what the wire carries"):
        Sample("co", 2**60, 1.0)


class Silent:
    """A driver that answers nothing and cannot be closed."""

    def __init__(self, options: Any, buses: Any, clock: Any) -> None:
        self.channels = (Channel("x", "x", "mm", 0, 0.0, 100.0),)
        self.reads = 0

    def read(self) -> list[Sample]:
        self.reads += 1
        if self.reads > 1:
            raise ZeroDivisionError("a defect")
        return []

    def close(self) -> None:
        raise RuntimeError("cannot be closed")


def test_a_driver_that_says_nothing_or_cannot_be_closed_is_bad_and_alone() -> None:
    clock = SteppedClock()
    rounds: list[list[Sampled]] = []
    family = Family("silent", object, Silent, "")  # type: ignore[arg-type]
    sampler = Sampler("b", [Sensor("s", family, None, 1.0, {"x": 0})], None, clock, rounds.append)  # type: ignore[arg-type]
    for _ in range(3):
        sampler.step(clock.monotonic())
        clock.advance(1.0)
    assert [[sampled.sample.reason for sampled in round_] for round_ in rounds] == [[Reason.DRIVER]] * 3
    sampler.close()


def test_a_memory_that_cannot_be_written_never_outlives_the_truth(tmp_path: Path) -> None:
    memory = RuntimeMemory(tmp_path, "boot")
    rule = threshold("co", "co", 30.0)
    memory.save([watch_of(rule)])
    (tmp_path / "alarms.new").mkdir()  # the next write fails
    memory.save([watch_of(rule)])
    assert memory.load() is None
    (found,) = watches([rule], TABLE, memory, [msgspec.json.encode(alarm())])
    assert found.state.level == 1, "the lane is asked"


def test_a_state_beyond_reason_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "alarms.json").write_text('{"co": {"state": {"level": 7, "active": true}, "fault": false}}')
    assert RuntimeMemory(tmp_path, "boot").load() is None


class Joined:
    """The part of an App that a look at the heartbeats needs."""

    def __init__(self, *late: str) -> None:
        self.failed: set[str] = set()
        self.revived = 0
        self._dying = set(late)
        self.supervisor = Supervisor(self._late)
        for name in ("guard", "i2c-1", "recorder", "flusher", "uplink"):
            seat = self.supervisor.add(name, None, None, 10.0)  # type: ignore[arg-type]
            seat.spent = name in self._dying

    def _late(self, seat: Seat) -> bool:
        self.failed.add(seat.name)
        return seat.name == "uplink"

    def revive(self) -> None:
        self.revived += 1

    def line(self) -> str:
        return "a line"


@pytest.mark.parametrize(
    ("late", "goes_on"),
    [
        ((), True),
        (("guard",), False),
        (("guard", "flusher"), False),
        (("i2c-1", "recorder"), False),
        (("flusher",), True),
        (("recorder", "flusher"), True),
    ],
)
def test_only_a_dead_disk_may_wait_and_never_hides_a_dead_guard(tmp_path: Path, late: tuple[str, ...], goes_on: bool) -> None:
    now = [100.0]
    brake = Brake(tmp_path, "0123456789ab", lambda: now[0])
    assert brake.may_restart(), "it has restarted for the disk a moment ago"
    app = Joined(*late)
    assert look(app, Watchdog({}), brake) is goes_on  # type: ignore[arg-type]
    if late and goes_on:
        assert app.revived == 1
        now[0] += 3601.0
        assert not look(app, Watchdog({}), brake), "an hour later it may restart again"  # type: ignore[arg-type]


def test_a_flusher_that_only_waits_for_the_disk_never_ends_the_process(tmp_path: Path) -> None:
    app = Joined()
    app.supervisor.seats["flusher"].beat -= 3600.0
    for hour in range(5):
        brake = Brake(tmp_path, "0123456789ab", lambda hour=hour: hour * 3601.0)  # type: ignore[misc]
        assert look(app, Watchdog({}), brake)  # type: ignore[arg-type]
    app.supervisor.seats["guard"].beat -= 3600.0
    assert not look(app, Watchdog({}), brake), "but never hides a dead guard"  # type: ignore[arg-type]


def test_a_notice_is_an_event_the_hub_knows() -> None:
    assert isinstance(VOICE.notice("output_fails", "siren", "no pin"), Notice)
