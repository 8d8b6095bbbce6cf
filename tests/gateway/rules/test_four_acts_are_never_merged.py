"""Promise: silence, acknowledge, reset and shelve are four acts with who, when and why; each is bounded, and a late one touches nothing newer."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from gateway import rules
from gateway.model import AlarmState
from gateway.rules import Act, Actor, Kept, Refused, carried, outputs_of
from tests.gateway.rules.playing import HUB, Play

Rows = Callable[[str], list[dict[str, Any]]]


def test_the_published_vectors(safety: Rows) -> None:
    rows = safety("state")
    assert len(rows) == 5
    for row in rows:
        kind, _, steps = row["input"].partition(": ")
        play = Play(series="co", a1=30.0, latching=[1] if kind == "latching" else [])
        names = []
        for second, step in enumerate(steps.split(", ")):
            if step.startswith("condition"):
                play.feed(50.0 if step.endswith("true") else 0.0, second)
            else:
                play.act(step, second=second)
            names.append(play.watch.state.name)
        expected = row["expected"].split(" → ")
        seen = [name for index, name in enumerate(names) if index == 0 or name != names[index - 1]]
        assert seen == expected, row


def test_a_silence_is_for_the_sounder_alone_and_ends() -> None:
    play = Play(series="co", a1=30.0, outputs=["siren", "beacon"])
    play.feed(50.0, 0)
    play.act("silence", second=1)
    assert outputs_of([play.watch], sounders={"siren"}) == {"beacon": 1}
    assert (play.watch.state.acked, play.watch.state.silenced) == (False, True)
    assert not play.watch.expire(60_999)
    (change,) = play.watch.expire(61_000)
    assert (change.what, change.actor) == ("unsilenced", "node (node)")
    assert outputs_of([play.watch], sounders={"siren"}) == {"siren": 1, "beacon": 1}


@pytest.mark.parametrize("newer", [[0.0, 50.0], [150.0]])
def test_a_new_occurrence_and_a_second_level_sound_again(newer: list[float]) -> None:
    play = Play(series="co", a1=30.0, a2=100.0, outputs=["siren"])
    play.feed(50.0, 0)
    play.act("silence", second=1, until_s=600)
    play.act("ack", second=1)
    play.all(list(newer), begin=2)
    assert (play.watch.state.silenced, play.watch.state.acked) == (False, False)


def test_an_acknowledgement_silences_and_clears_nothing() -> None:
    play = Play(series="co", a1=30.0, outputs=["siren"])
    play.feed(50.0, 0)
    assert play.act("ack", HUB) == "ACKED"
    assert outputs_of([play.watch], sounders={"siren"}) == {"siren": 1}


def test_a_late_act_touches_nothing_newer() -> None:
    play = Play(series="co", a1=30.0, a2=100.0, latching=[1, 2])
    play.all([50.0, 0.0, 50.0, 0.0])
    for what in ("ack", "silence", "reset"):
        with pytest.raises(Refused, match="about occurrence 1, the present one is 2"):
            play.act(what, occurrence=1)
    play.feed(150.0, 10)
    with pytest.raises(Refused, match="risen from level 1 to 2"):
        play.act("ack", level=1)
    assert play.watch.state.name == "UNACK"


def test_from_afar_the_occurrence_has_to_be_named() -> None:
    play = Play(series="co", a1=30.0)
    play.feed(50.0, 0)
    with pytest.raises(Refused, match="name the occurrence"):
        rules.act([play.watch], Act("ack", "x", None, HUB), 0)
    assert rules.act([play.watch], Act("ack", "x", None, Actor("kim", "panel")), 0)[0].actor == "kim (panel)"


def test_a_latch_holds_its_outputs_until_the_reset() -> None:
    play = Play(series="co", a1=30.0, a2=100.0, latching=[2], outputs=["siren"])
    assert play.all([150.0, 50.0]) == [2, 1]
    assert outputs_of([play.watch]) == {"siren": 2}
    play.act("ack")
    with pytest.raises(Refused, match="still active"):
        play.act("reset")
    play.feed(0.0, 2)
    assert (play.watch.state.name, outputs_of([play.watch])) == ("LATCH_ACKED", {"siren": 2})
    play.act("reset", HUB)
    assert (play.watch.state.name, outputs_of([play.watch])) == ("NORMAL", {})


def test_a_level_that_does_not_latch_clears() -> None:
    play = Play(series="co", a1=30.0, a2=100.0, latching=[2], outputs=["siren"])
    play.all([50.0, 0.0])
    assert (play.watch.state.name, outputs_of([play.watch])) == ("RTN_UNACK", {})


def test_a_shelve_is_timed_reasoned_and_told() -> None:
    play = Play(series="co", a1=30.0, outputs=["siren"])
    for more, match in (({"until_s": 3600}, "say why"), ({"why": "painting"}, "how long"), ({"why": "painting", "until_s": 30_000}, "60 to 28800")):
        with pytest.raises(Refused, match=match):
            play.act("shelve", **more)
    play.act("shelve", HUB, why="painting", until_s=3600)
    play.feed(50.0, 1)
    assert (play.words, outputs_of([play.watch])) == (["shelved", "raised"], {})
    (change,) = play.watch.expire(3_600_000)
    assert (change.what, change.state.active, outputs_of([play.watch])) == ("unshelved", True, {"siren": 1})
    with pytest.raises(Refused, match="not shelved"):
        play.act("unshelve")


@pytest.mark.parametrize("what", ["ack", "silence", "reset", "unshelve"])
def test_nothing_is_done_where_there_is_nothing_to_do(what: str) -> None:
    with pytest.raises(Refused, match=re.escape(f"{what} of x: ")):
        Play(series="co", a1=30.0).act(what)


@pytest.mark.parametrize("until_s", [0.5, 601.0, float("inf"), float("nan")])
def test_a_silence_is_bounded(until_s: float) -> None:
    play = Play(series="co", a1=30.0)
    play.feed(50.0, 0)
    with pytest.raises(Refused, match="out of range"):
        play.act("silence", until_s=until_s)


def test_nobody_acts_without_a_name_or_on_nothing() -> None:
    play = Play(series="co", a1=30.0)
    with pytest.raises(Refused, match="say who"):
        play.act("ack", Actor(" ", "panel"))
    with pytest.raises(Refused, match="no such alarm; there are: x"):
        rules.act([play.watch], Act("ack", "y", None, Actor("kim", "panel")), 0)


def test_in_another_boot_a_time_goes_on_for_as_much_running_as_was_left() -> None:
    state = AlarmState(active=True, acked=False, shelved=True, level=1, occurrence=1, shelved_until=900_000)
    play = Play(Kept(carried(state, 600_000)), series="co", a1=30.0)
    assert play.watch.state.shelved_until == 300_000
    assert play.watch.expire(299_999) == []
    assert [change.what for change in play.watch.expire(300_000)] == ["unshelved"]
    spent = Play(Kept(carried(state, 900_000)), series="co", a1=30.0)
    assert [change.what for change in spent.watch.expire(10)] == ["unshelved"], "its time was over before the power came back"


def test_where_nobody_knows_how_long_the_node_ran_what_was_timed_ends() -> None:
    state = AlarmState(active=True, acked=False, silenced=True, shelved=True, level=1, occurrence=1, silenced_until=900_000, shelved_until=900_000)
    play = Play(Kept(carried(state, None)), series="co", a1=30.0)
    assert [change.what for change in play.watch.expire(10)] == ["unsilenced", "unshelved"]
    assert play.watch.state.active


def test_a_time_too_far_away_is_over() -> None:
    state = AlarmState(shelved=True, shelved_until=10**12)
    assert [change.what for change in Play(Kept(state), series="co", a1=30.0).watch.expire(0)] == ["unshelved"]
