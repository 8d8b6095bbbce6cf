"""Promise: an over-range in a vote latches before all members were heard; it is released only when the readings are back, whoever else is at fault;
and members in maintenance never make one faulted sensor act for all."""

from __future__ import annotations

import pytest

from gateway.model import Flag, Reason
from gateway.rules import Refused
from tests.gateway.rules.playing import Play

PAIR = [{"series": "lel-a", "a1": 20.0, "a2": 40.0}, {"series": "lel-b", "a1": 20.0, "a2": 40.0}]


def vote(need: int, members: int = 2) -> Play:
    names = ["lel-a", "lel-b", "lel-c"][:members]
    return Play(kind="vote", need=need, policy="degrade", members=[{"series": name, "a1": 20.0, "a2": 40.0} for name in names])


def test_before_everybody_was_heard_it_latches_and_is_told_once() -> None:
    play = vote(1)
    play.feed(105.0, 0, "lel-a")
    for second in range(1, 30):
        play.feed(0.0, second, "lel-a")
        play.feed(0.0, second, "lel-b")
    assert (play.watch.state.active, play.watch.state.over_range) == (True, True)
    assert play.words == ["raised", "returned"]


def test_a_fault_beside_it_is_no_proof_that_the_gas_has_gone() -> None:
    play = vote(1)
    for second in range(60):
        play.feed(105.0, second, "lel-a")
        play.feed(None, second, "lel-b")
    assert play.watch.fault
    play.act("ack", second=60)
    with pytest.raises(Refused, match="still beyond the set point"):
        play.act("reset", second=60, why="aired and measured")


@pytest.mark.parametrize("inhibited", [1, 2])
def test_one_faulted_member_beside_members_in_maintenance_does_not_act(inhibited: int) -> None:
    play = vote(2, 3)
    names = ["lel-a", "lel-b", "lel-c"]
    for second in range(60):
        for place, name in enumerate(names):
            if place < inhibited:
                play.feed(0.0, second, name, int(Flag.MAINTENANCE))
            else:
                play.feed(None, second, name, 0, Reason.TIMEOUT)
    assert play.watch.state.level == 0
    assert play.watch.fault, "that it cannot act is told"


def test_with_all_at_fault_it_acts() -> None:
    play = vote(2, 3)
    for second in range(60):
        for name in ("lel-a", "lel-b", "lel-c"):
            play.feed(None, second, name, 0, Reason.TIMEOUT)
    assert play.watch.state.level == 2
