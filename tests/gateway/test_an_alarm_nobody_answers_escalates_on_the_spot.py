"""Promise: an alarm that no receipt answers in time drives what it escalates to, until the hub has it, somebody acknowledges it, or it is over; a
restart changes nothing of that, and a receipt for something else is no answer."""

from __future__ import annotations

from pathlib import Path

import msgspec

from gateway.appraisal import Appraiser
from gateway.contract.messages import Alarm
from gateway.guard import Guard
from gateway.hearing import Hearing
from gateway.inbox import Inbox
from gateway.model import Lane, Sampled, SeriesInfo, Table
from gateway.outbox.unsynced import Unsynced
from gateway.remembrance import RuntimeMemory, watches
from gateway.rules import Act, Actor
from gateway.voice import Voice
from hardware.sample import Sample
from hardware.sim.clock import SteppedClock
from tests.gateway.watching import threshold

CO = SeriesInfo("co", "carbon_monoxide", "[ppm]", 1, 0.0, 500.0, 1.0, 0.1)
RULE = threshold("co", "co", 30.0, 100.0, outputs=("siren",), escalate_after=10.0, escalate_to=("horn",))


class Node:
    """Guard and what it needs to know who was heard; the recorder's part is done by hand."""

    def __init__(self, runtime: Path, clock: SteppedClock) -> None:
        self.clock = clock
        self.told: list[Alarm] = []
        self.hearing = Hearing()
        self.inbox: Inbox[list[Sampled]] = Inbox(100)
        self.memory = RuntimeMemory(runtime, clock.boot)
        voice = Voice("n", False, clock)
        self.guard = Guard(
            Appraiser([CO]), self.inbox, lambda reading: None, lambda change, before, on: voice.alarm(change, CO, before, on), self.told.append,
            watches([RULE], Table((CO,)), self.memory, ()), memory=self.memory, hearing=self.hearing,
        )  # fmt: skip

    def run(self, seconds: int, ppm: float) -> dict[str, int]:
        """Let time pass with one reading a second; gives the levels that the outputs show."""
        for _ in range(seconds):
            self.clock.advance(1.0)
            self.inbox.put([Sampled(0, round(self.clock.monotonic() * 1000), Sample("co", round(ppm * 10), ppm))])
            self.guard.step(self.clock.monotonic())
        return dict(self.guard.shown)

    def post(self, seq: int, epoch: str = "e") -> None:
        """The newest message gets its number."""
        self.hearing.posted(self.told[-1], epoch, seq)

    @property
    def words(self) -> list[str]:
        """The changes told."""
        return [alarm.change for alarm in self.told]


def test_without_a_receipt_it_escalates_after_the_time_and_not_before(tmp_path: Path) -> None:
    node = Node(tmp_path, SteppedClock())
    assert node.run(10, 50.0) == {"siren": 1}
    assert node.run(1, 50.0) == {"siren": 1, "horn": 1}
    assert node.words == ["raised", "unheard"]
    assert (node.told[-1].unheard, node.told[-1].actor, node.told[-1].why) == (True, "node (node)", "no receipt for 10 s")


def test_a_receipt_ends_it_and_one_in_time_keeps_it_from_happening(tmp_path: Path) -> None:
    node = Node(tmp_path, SteppedClock())
    node.run(1, 50.0)
    node.post(7)
    node.run(20, 50.0)
    for epoch, lane, upto in (("e", Lane.ALARM, 6), ("other", Lane.ALARM, 99), ("e", Lane.BATCH, 99)):
        node.hearing.receipt(epoch, lane, upto)
        assert node.run(1, 50.0) == {"siren": 1, "horn": 1}, "that answers something else"
    node.hearing.receipt("e", Lane.ALARM, 7)
    assert node.run(1, 50.0) == {"siren": 1}
    assert node.words == ["raised", "unheard", "heard"]
    node.run(1, 150.0)
    node.post(9)
    node.hearing.receipt("e", Lane.ALARM, 9)
    assert node.run(30, 150.0) == {"siren": 2}
    assert node.words[3:] == ["escalated"]


def test_a_worse_level_waits_for_its_own_receipt(tmp_path: Path) -> None:
    node = Node(tmp_path, SteppedClock())
    node.run(1, 50.0)
    node.post(1)
    node.hearing.receipt("e", Lane.ALARM, 1)
    node.run(1, 150.0)
    node.post(2)
    assert node.run(11, 150.0) == {"siren": 2, "horn": 2}


def test_whoever_acknowledges_has_heard_it(tmp_path: Path) -> None:
    node = Node(tmp_path, SteppedClock())
    node.run(15, 50.0)
    node.guard.do(Act("ack", "co", 1, Actor("kim", "panel")), round(node.clock.monotonic() * 1000))
    assert node.run(5, 50.0) == {"siren": 1}
    assert node.words == ["raised", "unheard", "acked", "heard"]


def test_an_alarm_that_is_over_escalates_no_more(tmp_path: Path) -> None:
    node = Node(tmp_path, SteppedClock())
    node.run(15, 50.0)
    assert node.run(60, 0.0) == {}
    assert node.words == ["raised", "unheard", "cleared"]
    node.guard.do(Act("ack", "co", 1, Actor("kim", "panel")), round(node.clock.monotonic() * 1000))
    node.run(1, 0.0)
    assert node.words[3:] == ["acked", "heard"]


def test_one_that_was_over_before_its_time_begins_none(tmp_path: Path) -> None:
    node = Node(tmp_path, SteppedClock())
    node.run(5, 50.0)
    node.run(60, 0.0)
    assert node.words == ["raised", "cleared"]


def test_an_alarm_that_comes_and_goes_waits_no_longer_than_one_that_stands(tmp_path: Path) -> None:
    node = Node(tmp_path, SteppedClock())
    for _ in range(3):
        node.run(4, 50.0)
        node.run(2, 0.0)
    assert node.words.count("unheard") == 1
    assert node.run(1, 50.0) == {"siren": 1, "horn": 1}


def test_getting_worse_silences_nothing(tmp_path: Path) -> None:
    node = Node(tmp_path, SteppedClock())
    node.run(12, 50.0)
    assert node.run(1, 150.0) == {"siren": 2, "horn": 2}
    assert node.words == ["raised", "unheard", "escalated"]


def test_an_answer_that_comes_before_the_number_is_one(tmp_path: Path) -> None:
    node = Node(tmp_path, SteppedClock())
    node.run(1, 50.0)
    node.hearing.receipt("e", Lane.ALARM, 7)
    node.post(7)
    assert node.run(30, 50.0) == {"siren": 1}


def test_a_restart_goes_on_with_it(tmp_path: Path) -> None:
    clock = SteppedClock()
    before = Node(tmp_path, clock)
    before.run(15, 50.0)
    after = Node(tmp_path, clock)
    assert after.guard.watches[0].state.unheard
    after.hearing.resume(["co"], round(clock.monotonic() * 1000) - 10_000, "e", 3)
    assert after.run(5, 50.0) == {"siren": 1, "horn": 1}
    assert after.words == []
    after.hearing.receipt("e", Lane.ALARM, 3)
    after.run(1, 50.0)
    assert after.words == ["heard"]


def test_the_message_says_that_it_was_driven(tmp_path: Path) -> None:
    node = Node(tmp_path, SteppedClock())
    node.run(15, 50.0)
    assert node.told[-1].outputs == ["siren", "horn"]
    assert msgspec.json.decode(msgspec.json.encode(node.told[-1]), type=Alarm) == node.told[-1]


def test_what_went_out_without_the_disk_is_answered_under_its_own_number() -> None:
    times = iter([0.0, 0.5, 2.0])
    unsynced = Unsynced(lambda: next(times))
    unsynced.add("e", Lane.ALARM, 41, b"first")
    unsynced.add("e", Lane.ALARM, 42, b"second")
    assert unsynced.held() == [(unsynced.epoch, Lane.ALARM, 1, 2)]
    assert [(own.epoch, own.seq) for own in unsynced.receipted(Lane.ALARM, 1)] == [("e", 41)]
    assert [offer.payload for offer in unsynced.read(Lane.ALARM, 0)] == [b"second"]
    assert unsynced.receipted(Lane.ALARM, 1) == []
