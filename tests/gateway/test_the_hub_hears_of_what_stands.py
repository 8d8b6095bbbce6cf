"""Promise: an alarm that stands is told to the hub though another one that chatters fills the lane, and is ended there when its rule is no more."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import msgspec
import pytest

from gateway.clock import ClockTable
from gateway.contract.messages import Alarm
from gateway.inbox import Inbox
from gateway.model import GapCause, Lane, Reading, SeriesInfo
from gateway.outbox import GapFact
from gateway.recorder import Inboxes, Recorder
from gateway.remembrance import ended, fold, orphans
from gateway.voice import Voice
from hardware.sim.clock import SteppedClock
from tests.gateway.stepped import Node
from tests.gateway.watching import threshold, watch

CO = SeriesInfo("co", "carbon_monoxide", "[ppm]", 1, 0.0, 500.0, 1.0, 0.1)
VOICE = Voice("n1", False, SteppedClock())


class Lane_(list[bytes]):
    """A lane that keeps what is posted."""

    epoch = "e"

    def seal(self) -> None:
        """Nothing to seal."""

    def post(self, lane: Lane, payload: bytes) -> int:
        """Keep an alarm."""
        if lane is Lane.ALARM:
            self.append(payload)
        return len(self)

    def fix_clock(self, *_: object) -> None:
        """No anchor comes here."""


def said(name: str, *values: float, latching: tuple[int, ...] = ()) -> list[Alarm]:
    at_work = watch(threshold(name, "co", 30.0, latching=latching), CO)
    changes = [c for second, value in enumerate(values) for c in at_work.feed(Reading(0, second * 1000, round(value * 10), value))]
    return [VOICE.alarm(change, CO, (), ("siren",)) for change in changes]


def words(lane: list[bytes]) -> list[tuple[str, str]]:
    return [(alarm.rule, alarm.change) for payload in lane for alarm in [msgspec.json.decode(payload, type=Alarm)]]


def test_what_stands_is_told_again_when_alarms_had_to_go_and_only_then() -> None:
    lane, evicted = Lane_(), Event()
    inboxes = Inboxes(Inbox(10), Inbox(10), Inbox(10))
    worker = Recorder(lane, inboxes, ClockTable(), VOICE, (5.0, 60.0), lambda: True, evicted=evicted)  # type: ignore[arg-type]
    for alarm in [*said("gas", 50.0), *said("noise", 50.0, 0.0)]:
        inboxes.alarms.put(alarm)
    worker.step(0.0)
    noise = [("noise", "raised"), ("noise", "cleared")]
    assert words(lane) == [("gas", "raised"), *noise]
    worker.step(1.0)
    assert len(lane) == 3
    evicted.set()
    worker.step(2.0)
    worker.step(3.0)
    again = words(lane)[3:]
    assert again.count(("gas", "raised")) == 1
    assert len(lane) <= 5, "once"


def test_an_alarm_whose_rule_is_gone_is_ended_once() -> None:
    lane = [msgspec.json.encode(alarm) for alarm in [*said("co", 50.0, latching=(1,)), *said("other", 50.0), *said("over", 50.0, 0.0)]]
    (orphan,) = orphans(lane, {"other", "over"})
    assert (orphan.rule, orphan.active, orphan.latched) == ("co", True, True)
    end = ended(orphan, {**VOICE.said(), "mono": 9.0, "onset": 9.0})
    assert (end.change, end.state, end.active, end.latched, end.level, end.occurrence) == ("removed", "NORMAL", False, False, 0, 1)
    assert (end.mono, end.actor) == (9.0, "node (node)")
    assert end.normal
    after = [*lane, msgspec.json.encode(end)]
    assert orphans(after, {"other", "over"}) == []
    assert not fold(after)["co"].kept.state.active, "should the rule come back, it begins as normal"


SENSOR = """
[[sensor]]
name = "co"
driver = "loop_4_20ma"
period = "1 s"
quantity = "carbon_monoxide"
unit = "[ppm]"
low = 0.0
high = 500.0
[[alarm]]
name = "{0}"
series = "co"
a1 = 30.0
hysteresis = 3.0
"""
SCENE = """
[signals.co]
kind = "constant"
value = 50.0
[chips."i2c-1:0x48"]
kind = "ads1115"
[chips."i2c-1:0x48".inputs.A0]
kind = "loop"
signal = "co"
lrv = 0.0
urv = 500.0
"""


def recorded(node: Node) -> list[tuple[str, str]]:
    """Have the node record what it told; gives what its alarm lane holds."""
    for alarm in node.alarms:
        node.app.alarms.put(alarm)
    node.alarms.clear()
    node.app.recorder.step(node.clock.monotonic())
    node.app.outbox.flush()
    return words([offer.payload for offer in node.app.outbox.read(node.app.outbox.epoch, Lane.ALARM, 0, 1 << 20)])


def test_the_joined_node_does_both(tmp_path: Path) -> None:
    node = Node(tmp_path, SENSOR.format("gas"), SCENE, SteppedClock())
    node.until(5)
    assert recorded(node) == [("gas", "raised")]
    epoch = node.app.outbox.epoch
    node.app._declare(GapFact(epoch, Lane.BATCH, GapCause.EVICTED, 1, 9))
    assert recorded(node) == [("gas", "raised")], "readings that had to go are another matter"
    node.app._declare(GapFact(epoch, Lane.ALARM, GapCause.EVICTED, 1, 9))
    assert recorded(node) == [("gas", "raised")] * 2
    node.app.stop()
    after = Node(tmp_path, SENSOR.format("carbon"), SCENE, node.clock)
    assert [(alarm.rule, alarm.change) for alarm in after.app.alarms.drain()] == [("gas", "removed")]
    after.app.stop()


@pytest.mark.parametrize("answered", [True, False])
def test_the_joined_node_knows_whether_it_was_answered(tmp_path: Path, answered: bool) -> None:
    horn = '[[output]]\nname = "horn"\nkind = "siren"\npin = 17\n'
    wanted = SENSOR.format("gas") + 'escalate_after = "10 s"\nescalate_to = ["horn"]\n' + horn
    node = Node(tmp_path, wanted, SCENE, SteppedClock())
    node.until(5)
    assert recorded(node) == [("gas", "raised")]
    if answered:
        node.app.outbox.receipted(node.app.outbox.epoch, Lane.ALARM, 1)
    node.until(30)
    assert [alarm.change for alarm in node.alarms] == ([] if answered else ["unheard"])
    assert node.app.guard.shown == ({} if answered else {"horn": 1})
    node.app.stop()
