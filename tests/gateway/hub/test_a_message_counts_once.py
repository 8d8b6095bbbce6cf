from __future__ import annotations

import msgspec

from gateway.contract.messages import Alarm, ClockFix
from tests.gateway.contract.examples import level, message
from tests.gateway.hub.desk import EPOCH, NODE, Desk, alarm, clock, encode, gap


def test_a_batch_that_comes_again_is_answered_and_not_stored_again(desk: Desk) -> None:
    payload = message([level(1), level(2)])
    desk.hear("batch", payload)
    desk.hear("batch", payload, message([level(2), level(3)]))
    assert desk.mark("batch") == {"upto": 3}
    assert len(desk.receipts) == 2
    assert desk.rows("SELECT count(*), count(DISTINCT seq || '-' || position) FROM readings") == [(24, 24)]
    assert desk.rows("SELECT count(*) FROM quarantine") == [0]


def test_an_alarm_sent_again_after_the_clock_became_known_is_the_same_alarm(desk: Desk) -> None:
    desk.hear("alarm", encode(alarm(1)))
    desk.hear("alarm", encode(msgspec.structs.replace(alarm(1), utc=1_780_000_000.0, clock="ntp", clock_error=0.1)))
    assert desk.rows("SELECT seq, rule, value, threshold, before FROM alarms") == [(1, "co_high", 61.5, 60.0, "[[4.0, 60.5]]")]
    assert desk.mark("alarm") == {"upto": 1}
    assert desk.rows("SELECT count(*) FROM quarantine") == [0]


def test_lanes_and_epochs_and_nodes_count_on_their_own(desk: Desk) -> None:
    desk.hear("alarm", encode(alarm(1)), encode(alarm(1, epoch="0002")))
    desk.hear("event", encode(gap(1)))
    desk.hear("alarm", encode(alarm(1, node="n2")), node="n2")
    assert desk.rows("SELECT node, epoch, seq FROM alarms ORDER BY 1, 2") == [(NODE, EPOCH, 1), (NODE, "0002", 1), ("n2", EPOCH, 1)]
    assert desk.rows("SELECT count(*) FROM events") == [1]


def test_a_volatile_twin_counts_once(desk: Desk) -> None:
    lost = {"readings": 3, "cause": "overflow"}
    desk.hear("alarm", encode(alarm(1, epoch="v-1", volatile=True, occurrence=4)))
    desk.hear("event", encode(gap(1, epoch="v-1", volatile=True, **lost)))
    desk.hear("alarm", encode(alarm(7, occurrence=4)))
    desk.hear("event", encode(gap(9, **lost)))
    assert desk.rows("SELECT epoch, twin FROM alarms ORDER BY received") == [("v-1", 0), (EPOCH, 1)]
    assert desk.rows("SELECT count(*) FROM alarms_utc") == [1]
    assert desk.rows("SELECT sum(readings) FROM gaps") == [3]
    assert desk.rows("SELECT count(*) FROM events_utc") == [1]


def test_two_changes_that_look_alike_are_two_where_none_is_volatile(desk: Desk) -> None:
    desk.hear("alarm", encode(alarm(1, occurrence=4)), encode(alarm(2, occurrence=4)))
    desk.hear("alarm", encode(alarm(1, epoch="0002", occurrence=4)))
    desk.hear("event", encode(gap(1, readings=3)), encode(gap(1, epoch="0002", readings=3)))
    assert desk.rows("SELECT count(*) FROM alarms_utc") == [3]
    assert desk.rows("SELECT sum(readings) FROM gaps") == [6]


def test_an_event_of_a_kind_nobody_knows_yet_is_kept(desk: Desk) -> None:
    body = msgspec.json.decode(encode(clock(1, ClockFix(1.0, 2.0, "ntp", 0.1)))) | {"kind": "earthquake", "magnitude": 4.5}
    desk.hear("event", encode(body))
    desk.hear("event", encode(body | {"utc": 5.0, "clock": "ntp", "clock_error": 0.1}))
    assert desk.rows("SELECT kind, json_extract(body, '$.magnitude') FROM events") == [("earthquake", 4.5)]
    assert desk.mark("event") == {"upto": 1}
    assert desk.rows("SELECT count(*) FROM quarantine") == [0]


def test_keys_nobody_knows_yet_are_ignored(desk: Desk) -> None:
    desk.hear("alarm", encode(msgspec.to_builtins(alarm(1)) | {"mood": [1, {"x": None}]}))
    assert desk.mark("alarm") == {"upto": 1}
    assert isinstance(alarm(1), Alarm)
