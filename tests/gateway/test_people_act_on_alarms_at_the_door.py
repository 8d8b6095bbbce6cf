"""Promise: at the door a person sees how each alarm stands and does just what is allowed to just what was seen; who did what, and why, is told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from gateway.appraisal import Appraiser
from gateway.control.changes import Changes
from gateway.control.ordering import Orders, ordered
from gateway.control.requests import Refusal
from gateway.inbox import Inbox
from hardware.sim.buses import SimBuses
from hardware.sim.clock import SteppedClock
from tests.gateway.post import Post, copper

Simulate = Callable[..., SimBuses]
GAS = [[0, 0.0], [5, 60.0]]
GONE = [[0, 0.0], [5, 60.0], [20, 0.0]]
BEYOND = [[0, 0.0], [5, 120.0], [20, 0.0]]


@pytest.fixture
def post(tmp_path: Path, clock: SteppedClock, simulate: Simulate) -> Post:
    """A node in carbon monoxide that does not go."""
    return Post(tmp_path, clock, simulate(copper(co=GAS)))


def test_the_list_tells_all_of_it(post: Post) -> None:
    post.run(15)
    found = post.ask("alarms")
    co, methane = found["alarms"]
    assert (co["rule"], co["kind"], co["series"], co["state"], co["level"], co["limit"]) == ("co", "threshold", ["co"], "UNACK", 1, 30.0)
    assert co["value"] == pytest.approx(60.0, abs=0.1)
    assert (co["unit"], co["quality"], co["occurrence"], co["fault"], co["latched"], co["over_range"]) == ("[ppm]", "good", 1, False, True, False)
    assert co["onset"]["utc"] == pytest.approx(1_780_000_005, abs=2)
    assert co["since"]["ago"] == pytest.approx(10, abs=2)
    assert co["outputs"] == {"siren": 1, "beacon": 1}
    assert (methane["state"], methane["level"], methane["limit"], methane["outputs"], methane["since"]) == ("NORMAL", 0, 20.0, {}, None)
    assert found["outputs"]["siren"] == {"level": 1, "fails": "", "sounder": True}
    assert found["outputs"]["beacon"]["sounder"] is False
    with pytest.raises(Refusal, match="there are: co, methane"):
        post.ask("alarms", rule="CO")


def test_a_silence_is_for_the_siren_and_ends(post: Post) -> None:
    post.run(10)
    assert post.shown == (1, 1)
    told = post.act("silence", "co", seconds=30)
    assert told["silenced"] == pytest.approx(30, abs=0.1)
    assert post.shown == (0, 1), "the beacon goes on"
    post.run(20)
    assert (post.shown, round(post.alarm("co")["silenced"])) == ((0, 1), 10)
    post.run(11)
    assert (post.shown, post.alarm("co")["silenced"]) == ((1, 1), None)
    assert [alarm.change for alarm in post.alarms] == ["raised", "silenced", "unsilenced"]
    assert "1 to 600 s" in post.refused("silence", "co", seconds=3600)


def test_what_came_late_does_nothing(tmp_path: Path, clock: SteppedClock, simulate: Simulate) -> None:
    post = Post(tmp_path, clock, simulate(copper(co=[[0, 0.0], [5, 60.0], [20, 0.0], [30, 60.0], [40, 150.0]])))
    post.run(10)
    first = post.alarm("co")
    post.run(25)
    for what in ("ack", "silence", "reset"):
        assert "the present one is 2; look at it first" in post.refused(what, "co", occurrence=first["occurrence"], level=1)
    second = post.alarm("co")
    post.run(10)
    assert "has risen from level 1 to 2 since" in post.refused("ack", "co", occurrence=second["occurrence"], level=second["level"])
    assert post.alarm("co")["acked"] is False
    assert post.act("ack", "co", occurrence=2, level=2)["state"] == "ACKED"


def test_a_reset_waits_for_the_readings_and_the_eyes(tmp_path: Path, clock: SteppedClock, simulate: Simulate) -> None:
    post = Post(tmp_path, clock, simulate(copper(co=GONE)))
    post.run(10)
    assert "acknowledge it first" in post.refused("reset", "co")
    post.act("ack", "co")
    assert "still active" in post.refused("reset", "co")
    post.run(15)
    assert (post.alarm("co")["state"], post.shown) == ("LATCH_ACKED", (1, 1))
    assert post.act("reset", "co", why="aired")["state"] == "NORMAL"
    assert post.shown == (0, 0)


def test_after_an_over_range_a_person_says_how_the_place_was_proved_safe(tmp_path: Path, clock: SteppedClock, simulate: Simulate) -> None:
    post = Post(tmp_path, clock, simulate(copper(lel=BEYOND)))
    post.run(10)
    post.act("ack", "methane")
    assert post.alarm("methane")["over_range"] is True
    assert "still beyond" in post.refused("reset", "methane", why="aired for an hour")
    post.run(15)
    assert (post.alarm("methane")["returned"], post.shown) == (True, (1, 1))
    assert "say why" in post.refused("reset", "methane")
    assert "say why" in post.refused("reset", "methane", why="   ")
    assert post.act("reset", "methane", why="second detector: 0 %LEL")["state"] == "NORMAL"
    assert post.shown == (0, 0)


def test_a_shelve_has_a_reason_is_listed_and_ends(post: Post) -> None:
    post.run(10)
    assert "say why" in post.refused("shelve", "co", seconds=600)
    assert "say for how long" in post.refused("shelve", "co", why="welding")
    assert "60 to 28800 s" in post.refused("shelve", "co", why="welding", seconds=10)
    post.act("shelve", "co", why="welding", seconds=120)
    assert (post.shown, round(post.alarm("co")["shelved"])) == ((0, 0), 120)
    post.run(100)
    assert (post.shown, round(post.alarm("co")["shelved"])) == ((0, 0), 20)
    post.run(21)
    assert (post.shown, post.alarm("co")["shelved"]) == ((1, 1), None)
    assert "not shelved" in post.refused("unshelve", "co")
    post.act("shelve", "co", why="welding", seconds=120)
    assert (post.act("unshelve", "co")["shelved"], post.shown) == (None, (1, 1))


def test_an_inhibited_input_is_listed_with_its_time(post: Post) -> None:
    post.run(2)
    post.ask("maintain", series="co", who="kim", seconds=300)
    post.run(5)
    assert post.alarm("co")["inhibited"] == pytest.approx(295, abs=2)


def test_the_history_tells_who_and_why_and_outlives_the_process(post: Post, tmp_path: Path, clock: SteppedClock, simulate: Simulate) -> None:
    post.run(10)
    post.act("ack", "co", why="on my way")
    post.act("shelve", "co", why="welding", seconds=60, who="lee")
    post.run(61)
    told = [(c["change"], c["actor"], c["why"], c["occurrence"]) for c in post.ask("alarm_history", rule="co")["changes"]]
    assert told == [
        ("raised", "", "", 1),
        ("acked", "kim, uid 1000 (cli)", "on my way", 1),
        ("shelved", "lee, uid 1000 (cli)", "welding", 1),
        ("unshelved", "node (node)", "its time is over", 1),
    ]
    assert [c["change"] for c in post.ask("alarm_history", last=2)["changes"]] == ["shelved", "unshelved"]
    assert post.ask("alarm_history", rule="methane")["changes"] == []
    with pytest.raises(Refusal, match="no alarm 'rain'"):
        post.ask("alarm_history", rule="rain")
    lane = [msgspec.json.encode(alarm) for alarm in post.alarms]
    lane = [*lane[:2], b"{torn", *lane[2:], lane[-1]]  # a segment begins with a copy of what stands
    post.buses.close()
    after = Post(tmp_path / "other", clock, simulate(copper(co=GAS)), log=lane)
    again = after.ask("alarm_history")["changes"]
    assert [(c["change"], c["actor"], c["why"], c["occurrence"]) for c in again] == told
    assert again[0]["at"]["utc"] == pytest.approx(1_780_000_005, abs=2)
    assert after.alarm("co")["onset"] is not None


def test_a_history_is_in_the_order_of_its_boots(post: Post) -> None:
    post.run(10)
    (alarm,) = post.alarms
    lane = [msgspec.structs.replace(alarm, boot=boot, mono=mono) for boot, mono in (("b", 900.0), ("b", 950.0), ("a", 7.0), ("b", 900.0), ("a", 5.0))]
    found = Changes(map(msgspec.json.encode, lane)).last(10)
    assert [(entry.boot, entry.mono) for entry in found] == [("b", 900.0), ("b", 950.0), ("a", 5.0), ("a", 7.0)]


def test_a_self_test_is_told_whatever_came_of_it(tmp_path: Path, clock: SteppedClock, simulate: Simulate) -> None:
    post = Post(tmp_path, clock, simulate(copper(co=[[0, 0.0], [30, 60.0]])))
    post.run(2)
    assert post.ask("test_output", output="siren", who="kim") == {"output": "siren"}
    assert 1 in post.run(3, lambda: post.pin(17)), "it is heard"
    post.run(20)
    assert post.shown == (0, 0)
    with pytest.raises(Refusal, match="there are: beacon, siren"):
        post.ask("test_output", output="horn", who="kim")
    post.run(10)
    with pytest.raises(Refusal, match="an alarm is shown"):
        post.ask("test_output", output="siren", who="kim")
    assert post.shown == (1, 1)
    told = post.told("output_test")
    assert told[0] == ("siren", "by kim, uid 1000 (cli): it shows itself")
    assert [where for where, _ in told] == ["siren", "horn", "siren"]


def test_what_is_asked_is_bounded(post: Post) -> None:
    for content in ({"what": "dance"}, {"rule": "x" * 65}, {"why": "x" * 201}, {"seconds": 30_000}, {"seconds": -1}, {"level": 11}, {"who": " "}):
        with pytest.raises(Refusal, match="not a request"):
            post.ask("alarm", **{"what": "ack", "rule": "co", "who": "kim", **content})
    with pytest.raises(Refusal, match="not a request"):
        post.ask("alarm_history", last=501)


def test_a_guard_that_does_not_answer_is_told_and_does_nothing_later(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.control.ordering.ordered.__defaults__", (0.02,))
    post.run(10)
    post.orders.wake = lambda: None
    assert "nothing was done" in post.refused("silence", "co")
    post.run(1)
    assert (post.shown, post.alarm("co")["silenced"]) == ((1, 1), None), "what was said not to be done is not done later"


def test_a_guard_that_has_begun_and_hangs_may_still_do_it() -> None:
    orders: Orders = Inbox(10)
    begun, go_on = threading.Event(), threading.Event()

    def act() -> None:
        begun.set()
        go_on.wait(30)

    def guard() -> None:
        (order,) = orders.drain()
        order(Appraiser([]))

    thread = threading.Thread(target=guard)

    def wake() -> None:
        thread.start()
        begun.wait(30)

    orders.wake = wake
    with pytest.raises(Refusal, match="it may still happen"):
        ordered(orders, act, 0.02)
    go_on.set()
    thread.join(30)


def test_an_act_that_breaks_half_done_is_told(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    post.run(10)

    def fails(*what: object) -> None:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(post.guard, "do", fails)
    assert "part of it may be done" in post.refused("silence", "co")
