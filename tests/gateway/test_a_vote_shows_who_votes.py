"""Promise: where several sensors decide, the list shows each with its value and its quality, and what the vote has become; an alarm that judges with
what is left is degraded, not blind; a fault in the history has its reason; and who acted is named with the login that the kernel knows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.cli._alarms import changed, row, warning
from gateway.control.requests import Actor, Refusal, answer
from gateway.rules.rule import Demand
from gateway.status.report import _alarm
from gateway.status.words import faults, understood
from hardware.sim.buses import SimBuses
from hardware.sim.clock import SteppedClock
from tests.gateway.post import GASES, Post, copper

Simulate = Callable[..., SimBuses]
BOTH = """
[[alarm]]
name = "both"
kind = "combined"
all_of = [{ series = "co", a1 = 30.0 }, { series = "lel", a1 = 20.0 }]
"""
AT = {"utc": None, "ago": 5.0, "mono": 1.0, "boot": "b"}


@pytest.fixture
def post(tmp_path: Path, clock: SteppedClock, simulate: Simulate) -> Post:
    """Carbon monoxide that does not go, no methane."""
    return Post(tmp_path, clock, simulate(copper(co=[[0, 0.0], [5, 60.0]])), GASES + BOTH)


def told(post: Post, demand: Demand, fault: bool) -> dict[str, Any]:
    """The alarm as it is shown while its condition says this."""
    (watch,) = [watch for watch in post.alarming.watches if watch.rule.name == "both"]
    watch.demand, watch.fault = demand, fault
    return {**post.alarm("both"), "watch": watch}


def test_the_members_are_shown_with_their_values(post: Post) -> None:
    post.run(10)
    found = post.alarm("both")
    assert [(m["series"], m["unit"], m["quality"], m["limit"]) for m in found["members"]] == [
        ("co", "[ppm]", "good", 30.0),
        ("lel", "%{LEL}", "good", 20.0),
    ]
    first, *lines = row(found)
    assert first.startswith("alarm both")
    assert "combined of co, lel" in first
    assert [line.strip() for line in lines[:2]] == ["co 60 ppm, limit 30", "lel 0 %LEL, limit 20"]
    assert post.alarm("co")["members"] == []
    assert "co 60 ppm, limit 30" in row(post.alarm("co"))[0]


def test_what_the_vote_has_become_is_shown_and_a_vote_with_who_is_left_is_degraded(post: Post) -> None:
    post.run(3)
    note = "2oo3 running as 1oo2 (lel at fault)"
    left = told(post, Demand(0, fault=True, note=note), True)
    assert (left["note"], left["degraded"], left["fault"]) == (note, True, True)
    assert f"FAULT, degraded: {note}" in row(left)[-1]
    assert "does not protect" not in row(left)[-1]
    blind = told(post, Demand(None, fault=True, note=f"{note}: it cannot act"), True)
    assert blind["degraded"] is False
    assert f"does not protect ({note}: it cannot act)" in row(blind)[-1]
    whole = told(post, Demand(0, note=note), False)
    assert (whole["degraded"], row(whole)[-1].strip()) == (False, note)
    never = told(post, Demand(0), True)
    never["watch"].demand = None
    assert post.alarm("both")["degraded"] is False, "what was at fault before a restart is not known to judge"


@pytest.mark.parametrize(("level", "words"), [(0, "is degraded: 2oo3 running as 1oo2"), (None, "cannot judge its sensor and does not protect")])
def test_the_status_tells_the_two_apart(post: Post, level: int | None, words: str) -> None:
    post.run(3)
    watch = told(post, Demand(level, fault=True, note="2oo3 running as 1oo2"), True)["watch"]
    assert faults(understood({"alarms": {"both": _alarm(watch)}})) == [f"alarm both {words}"]


def test_a_fault_in_the_history_has_its_reason(tmp_path: Path, clock: SteppedClock, simulate: Simulate) -> None:
    cut = copper(co=[[0, 10.0], [5, -125.0]]).replace("urv = 500.0", "urv = 500.0\nfloor = 0.0")  # 0 mA from then on
    post = Post(tmp_path, clock, simulate(cut))
    post.run(30)
    (fault,) = [entry for entry in post.ask("alarm_history", rule="co")["changes"] if entry["change"] == "fault"]
    assert fault["reason"], "the driver's own word"
    assert changed(fault).endswith(f": {fault['reason']}")


def test_a_note_is_part_of_the_history() -> None:
    entry = {"at": AT, "rule": "v", "change": "fault", "state": "NORMAL", "level": 0, "occurrence": 0, "value": 1.0, "unit": "%{LEL}", "limit": 20.0}
    entry |= {"actor": "", "why": "", "quality": "good", "reason": "", "note": "2oo3 running as 1oo2 (a at fault)"}
    assert changed(entry).endswith("v #0 fault, 1 %LEL (limit 20) normal: 2oo3 running as 1oo2 (a at fault)")


def test_a_note_comes_from_the_message(post: Post) -> None:
    post.run(10)
    assert post.alarms
    assert {"note", "quality", "reason"} <= post.ask("alarm_history")["changes"][0].keys()


@pytest.mark.parametrize(("uid", "who"), [(1000, "kim, uid 1000 (cli)"), (0, "kim, uid 0 (cli)"), (None, "kim (cli)")])
def test_who_acted_is_named_with_the_login(post: Post, uid: int | None, who: str) -> None:
    post.run(10)
    answer(post.door.acts, Actor(uid), b'{"do": "alarm", "what": "ack", "rule": "co", "who": "kim"}')
    assert post.alarms[-1].actor == who
    with pytest.raises(Refusal):
        answer(post.door.acts, Actor(uid), b'{"do": "test_output", "output": "siren", "who": "kim"}')
    assert post.told("output_test")[-1][1].startswith(f"by {who}: ")


@pytest.mark.parametrize("act", ["ack", "silence", "reset", "shelve", "unshelve"])
def test_what_an_act_means_is_said_before_it_as_what_it_would_do(post: Post, act: str) -> None:
    post.run(10)
    said = warning(act, post.alarm("co"), post.ask("alarms"), 60.0)
    assert said.lower().startswith((f"{act}: co would ", "reset: the latch of co would "))
