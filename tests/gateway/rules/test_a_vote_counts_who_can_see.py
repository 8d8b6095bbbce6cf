"""Promise: a vote counts independent sensors that can see now; what a missing one means is chosen, an inhibited one never votes, and it is told."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from gateway.model import Flag, Reason
from gateway.problems import Problem
from gateway.rules.rule import Origin, origins_of
from gateway.rules.section import Site, ruled
from tests.gateway.rules.playing import INFOS, ORIGINS, Play, told

Rows = Callable[[str], list[dict[str, Any]]]
POLICIES = {"fault-as-vote": "fault_as_vote", "degrade": "degrade", "ignore-fault": "ignore"}
NAMES = ("lel-a", "lel-b", "lel-c")


def vote(count: int = 3, need: int = 2, policy: str = "degrade", **keys: Any) -> Play:
    return Play(kind="vote", need=need, policy=policy, members=[{"series": name, "a1": 20.0, "hysteresis": 4.0} for name in NAMES[:count]], **keys)


def round_(play: Play, second: float, *said: str | float) -> int:
    """A round of readings, one per member."""
    for name, word in zip(NAMES, said):
        if word == "fault":
            play.feed(None, second, name, reason=Reason.TIMEOUT)
        elif word == "inhibited":
            play.feed(50.0, second, name, flags=int(Flag.MAINTENANCE))
        else:
            play.feed({"alarm": 50.0, "normal": 0.0}.get(str(word), word if isinstance(word, float) else 0.0), second, name)
    return play.watch.state.level


def test_the_published_vectors(safety: Rows) -> None:
    rows = safety("vote")
    assert len(rows) == 5
    for row in rows:
        need, _, _, count, words = re.match(r"(\d)(o)(o)(\d) with (.*)", row["input"]).groups()  # type: ignore[union-attr]
        expected = dict(re.findall(r"([a-z-]+) (yes|no)", row["expected"].split(": ")[1]))
        assert expected.keys() == POLICIES.keys()
        for policy, answer in expected.items():
            play = vote(int(count), int(need), POLICIES[policy])
            for second in range(6):
                round_(play, second, *words.split(", "))
            assert (play.watch.state.level == 1) == (answer == "yes"), (row, policy)


def test_one_bad_frame_takes_nobodys_vote_and_gives_none() -> None:
    play = vote(2, 1, "fault_as_vote")
    for second in range(20):
        assert round_(play, second, "normal", "fault" if second % 3 else "normal") == 0
    assert play.words == []


def test_votes_that_are_not_of_one_time_are_no_agreement() -> None:
    play = vote(policy="ignore", window="3 s")
    for second in range(30):
        round_(play, second, "alarm" if second < 5 else "fault", "normal" if second < 20 else "alarm", "normal")
    assert play.watch.state.level == 0


def test_the_effective_vote_is_told() -> None:
    play = vote()
    for second in range(10):
        round_(play, second, "fault", "normal", "normal")
    round_(play, 10, "fault", "alarm", "normal")
    demand = play.changes[-1].demand
    assert demand is not None
    assert (play.words[-1], demand.note) == ("raised", "2oo3 running as 1oo2 (lel-a at fault)")


def test_a_missing_member_is_a_fault_of_its_own() -> None:
    play = vote()
    for second in range(60):
        round_(play, second, "fault", "normal", "normal")
    assert play.words == ["fault"]
    round_(play, 60, "normal", "normal", "normal")
    assert play.words == ["fault", "fault_cleared"]


def test_maintenance_on_a_voter_does_not_clear_what_it_voted_for() -> None:
    play = vote()
    round_(play, 0, "alarm", "alarm", "normal")
    assert {round_(play, second, "inhibited", "alarm", "normal") for second in range(1, 20)} == {1}
    assert {round_(play, second, "fault", "normal", "normal") for second in range(20, 40)} == {0}
    assert play.words == ["raised", "cleared"]


def test_a_vote_is_degraded_to_no_less_than_one() -> None:
    play = vote(3, 1)
    for second in range(6):
        round_(play, second, "fault", "normal", "normal")
    assert round_(play, 6, "fault", "alarm", "normal") == 1


def test_a_voter_that_dies_does_not_clear_what_it_alone_could_see() -> None:
    play = vote(2, 1)
    round_(play, 0, "alarm", "normal")
    assert {round_(play, second, "fault", "normal") for second in range(1, 40)} == {1}


@pytest.mark.parametrize(("words", "expected"), [(("fault", "fault", "normal"), "fault"), (("inhibited", "inhibited", "normal"), "inhibited")])
def test_a_vote_that_cannot_act_says_so_and_clears_nothing(words: tuple[str, ...], expected: str) -> None:
    play = vote(policy="ignore")
    round_(play, 0, "alarm", "alarm", "normal")
    for second in range(1, 60):
        round_(play, second, *words)
    assert (play.words, play.watch.state.level) == (["raised", expected], 1)


def test_nothing_is_decided_before_all_had_the_time_to_be_heard() -> None:
    play = vote(policy="fault_as_vote", need=1)
    play.feed(0.0, 0, "lel-a")
    assert play.words == []
    assert vote(need=1).feed(50.0, 0, "lel-a") == 1


def test_each_member_has_a_hysteresis_of_its_own() -> None:
    play = vote()
    assert [round_(play, 0, "alarm", "alarm", "normal"), round_(play, 1, 17.0, 17.0, 17.0), round_(play, 2, 17.0, 15.0, 17.0)] == [1, 1, 0]
    round_(play, 3, 17.0, 20.0, 0.0)
    again = vote()
    again.watch.condition.restore(play.watch.keep().condition)
    assert round_(again, 0, 17.0, 17.0, 17.0) == 1


def test_a_member_that_was_over_its_range_keeps_its_vote() -> None:
    play = vote()
    play.feed(None, 0, "lel-a", int(Flag.OVER_RANGE), Reason.OVER_RANGE)
    for name in NAMES[1:]:
        play.feed(0.0, 0, name)
    play.feed(0.0, 1, "lel-a", int(Flag.AFTER_OVER_RANGE))
    play.feed(50.0, 1, "lel-b")
    assert (play.watch.state.level, play.watch.state.occurrence) == (1, 1)


SHARED = {
    "one chip": (("i2c-1", "i2c-1:0x48/A0"), ("i2c-1", "i2c-1:0x48/A1"), "the chip i2c-1:0x48"),
    "one bus": (("i2c-1", "i2c-1:0x48/A0"), ("i2c-1", "i2c-1:0x49/A0"), "the bus i2c-1"),
    "one line": (("serial:/dev/ttyUSB0", "serial:/dev/ttyUSB0/5"), ("serial:/dev/ttyUSB0", "serial:/dev/ttyUSB0/6"), "the bus serial:/dev/ttyUSB0"),
}


@pytest.mark.parametrize("case", SHARED)
def test_members_that_share_a_chip_or_a_bus_are_refused(case: str) -> None:
    (bus, claim), (other_bus, other_claim), shared = SHARED[case]
    site = Site(INFOS, {**ORIGINS, "lel-a": origins_of(bus, (claim,)), "lel-b": origins_of(other_bus, (other_claim,))})
    problems: list[Problem] = []
    table = {"name": "v", "kind": "vote", "need": 2, "policy": "degrade", "members": [{"series": name, "a1": 20.0} for name in NAMES]}
    assert ruled(table, "alarm[0] v", site, problems) is None
    assert [str(problem) for problem in problems] == [
        f'alarm[0] v.members[1].series = "lel-b": shares {shared} with lel-a: one failure takes both votes; '
        "name a sensor on another bus, or give each sensor an alarm of its own"
    ]


def test_pins_are_wires_of_their_own_and_a_derived_series_comes_from_all_its_sources() -> None:
    pins = {name: origins_of("gpio", (f"gpio-{pin}",)) for pin, name in enumerate(NAMES)}
    table = {"name": "v", "kind": "vote", "need": 2, "policy": "degrade", "members": [{"series": name, "a1": 20.0} for name in NAMES]}
    assert ruled(table, "alarm[0] v", Site(INFOS, pins), []) is not None
    assert ruled(table, "alarm[0] v", Site(INFOS, {**pins, "lel-b": pins["lel-a"] | pins["lel-b"]}), []) is None
    assert origins_of("serial:/dev/serial0", ("serial:/dev/serial0",)) == {Origin("serial:/dev/serial0", "serial:/dev/serial0")}
    assert len(origins_of("i2c-1", ("i2c-1:0x48/A0", "i2c-1:0x49/A0"))) == 2


def test_a_vote_that_cannot_be_held_is_refused() -> None:
    members = [{"series": "lel-a", "a1": 20.0}, {"series": "lel-b", "a1": 20.0, "a2": 40.0}]
    assert told(kind="vote", need=3, policy="degrade", members=members) == [
        "alarm[0] x.need = 3: more votes than members; write 1 to 2",
        f"alarm[0] x.members = {str(members)[:57]}...: some have a2, some have not; give each as many set points",
    ]
    (line,) = told(kind="vote", need=1, members=members[:1] * 2)
    assert line.startswith('alarm[0] x.policy: missing; add it: one of "fault_as_vote", "degrade", "ignore"')
    (line,) = told(kind="vote", need=1, policy="degrade", members=[{"series": "lel-a", "a1": 200.0}, {"series": "lel-b", "a1": 20.0}])
    assert line == "alarm[0] x.members[0].a1 = 200.0: outside what the sensor can measure; write a value from 0 to 100 %{LEL}"
