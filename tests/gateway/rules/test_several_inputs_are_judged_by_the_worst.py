"""Promise: of several inputs the worst quality is told, who is missing or inhibited is named, and each counts for as long as its window says."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.model import Flag, Quality, Reading, Reason
from gateway.problems import Problem
from gateway.rules.rule import Demand, Origin
from gateway.rules.section import Site, ruled
from tests.gateway.rules.playing import INFOS, PLACE, Play, rule, told

NAMES = ("lel-a", "lel-b", "lel-c")
TWO = [{"series": name, "a1": 20.0, "a2": 40.0, "hysteresis": 4.0} for name in NAMES]
BEGIN = 10**7
"""Milliseconds: a node that has been up for a while."""
MADE = int(Flag.MAINTENANCE)


class Condition:
    """A condition alone, fed by name; `at` is where its alarm stands."""

    def __init__(self, **keys: Any) -> None:
        self.condition = Play(**keys).watch.condition
        self.at = 0

    def feed(self, name: str, second: float, value: float | None, flags: int = 0, reason: str = "", quality: int = Quality.GOOD) -> Demand:
        quality = Quality.BAD if value is None else quality
        return self.condition.feed(Reading(PLACE[name], BEGIN + round(second * 1000), 1, value, quality, flags, reason), self.at)

    def all(self, second: float, **values: float | None) -> Demand:
        for name, value in values.items():
            found = self.feed(name.replace("_", "-"), second, value)
        return found


def vote(policy: str = "degrade", need: int = 2, count: int = 3, **keys: Any) -> Condition:
    return Condition(kind="vote", need=need, policy=policy, members=TWO[:count], **keys)


def both(**keys: Any) -> Condition:
    return Condition(kind="combined", all_of=[{"series": "lel-a", "a1": 20.0, "a2": 40.0}, {"series": "lel-b", "a1": 20.0}], **keys)


def test_a_full_vote_says_nothing_besides() -> None:
    assert vote().all(0, lel_a=50.0, lel_b=30.0, lel_c=0.0) == Demand(1)
    assert vote().all(0, lel_a=50.0, lel_b=41.0, lel_c=0.0) == Demand(2)
    assert vote(need=3).all(0, lel_a=50.0, lel_b=41.0, lel_c=20.0) == Demand(1)
    assert vote(need=1).all(0, lel_a=0.0, lel_b=0.0, lel_c=0.0) == Demand(0)


def test_the_worst_of_the_votes_is_told() -> None:
    one = vote()
    one.feed("lel-a", 0, 50.0, int(Flag.SPIKE), "spike", Quality.UNCERTAIN)
    assert one.all(0, lel_b=50.0, lel_c=0.0) == Demand(2, quality=Quality.UNCERTAIN)


def test_before_all_were_heard_an_over_range_holds_what_is_won() -> None:
    note = "not all members heard yet"
    one = vote(need=1)
    assert one.feed("lel-a", 0, 105.0)[:2] == (2, True)
    assert one.feed("lel-b", 1, 0.0)[:2] == (2, True), "one of two is enough"
    lost = vote(need=2)
    assert lost.feed("lel-a", 0, 105.0) == Demand(None, note=note)
    low = Condition(kind="vote", need=1, policy="degrade", members=[{"series": name, "a1": 20.0} for name in NAMES])
    assert low.feed("lel-a", 0, 105.0)[:2] == (1, True)


def test_before_all_were_heard_only_what_is_sure_is_told() -> None:
    """The window is three periods of a second; after it who was not heard is missing."""
    one = vote(need=1)
    assert one.feed("lel-a", 0, 0.0) == Demand(None, note="not all members heard yet")
    assert one.feed("lel-b", 1, 30.0) == Demand(1, note="not all members heard yet")
    assert one.feed("lel-b", 3, 0.0) == Demand(None, note="not all members heard yet")
    assert one.feed("lel-a", 3.001, 0.0) == Demand(0, fault=True, note="1oo3 running as 1oo2 (lel-c at fault)")


@pytest.mark.parametrize(("policy", "expected"), [
    ("degrade", Demand(0, fault=True, note="2oo3 running as 1oo2 (lel-a at fault)")),
    ("fault_as_vote", Demand(0, fault=True, note="2oo3 running as 2oo3 (lel-a at fault)")),
    ("ignore", Demand(0, fault=True, note="2oo3 running as 2oo2 (lel-a at fault)")),
])  # fmt: skip
def test_the_vote_that_runs_is_named(policy: str, expected: Demand) -> None:
    one = vote(policy)
    one.all(0, lel_a=0.0, lel_b=0.0, lel_c=0.0)
    one.all(5, lel_b=0.0, lel_c=0.0)
    assert one.all(5, lel_c=0.0) == expected


@pytest.mark.parametrize(("policy", "levels"), [("degrade", [0, 1, 2]), ("fault_as_vote", [0, 1, 2]), ("ignore", [0, 0, 0])])
def test_one_vote_beside_a_fault(policy: str, levels: list[int]) -> None:
    one = vote(policy)
    one.all(0, lel_a=0.0, lel_b=0.0, lel_c=0.0)
    assert [one.all(second, lel_b=value, lel_c=0.0).level for second, value in ((5, 0.0), (6, 30.0), (7, 50.0))] == levels


def test_with_nobody_left_a_degraded_vote_acts_on_the_highest_level() -> None:
    one = vote()
    one.all(0, lel_a=0.0, lel_b=0.0, lel_c=0.0)
    found = one.feed("lel-a", 9, None)
    assert found == Demand(2, fault=True, note="2oo3 running as 1oo0 (lel-a at fault, lel-b at fault, lel-c at fault)")
    lazy = vote("ignore")
    lazy.all(0, lel_a=0.0, lel_b=0.0, lel_c=0.0)
    note = "2oo3 running as 2oo0 (lel-a at fault, lel-b at fault, lel-c at fault): it cannot act"
    assert lazy.feed("lel-a", 9, None) == Demand(None, fault=True, note=note)


def test_inhibited_voters_are_named_and_are_no_fault() -> None:
    one = vote()
    one.all(0, lel_b=0.0, lel_c=0.0)
    assert one.feed("lel-a", 0, 50.0, MADE) == Demand(0, note="2oo3 running as 2oo2 (lel-a inhibited)")
    note = "2oo3 running as 2oo1 (lel-a inhibited, lel-b inhibited): it cannot act"
    assert one.feed("lel-b", 0, 50.0, MADE) == Demand(None, inhibited=True, note=note)
    mixed = vote("ignore")
    mixed.all(0, lel_a=0.0, lel_b=0.0, lel_c=0.0)
    mixed.feed("lel-a", 5, 50.0, MADE)
    note = "2oo3 running as 2oo1 (lel-b at fault, lel-a inhibited): it cannot act"
    assert mixed.feed("lel-c", 5, 0.0) == Demand(None, inhibited=False, fault=True, note=note)


def test_what_stands_stays_while_those_who_cannot_see_could_make_it_up() -> None:
    one = vote()
    one.all(0, lel_b=50.0, lel_c=0.0)
    one.feed("lel-a", 0, 50.0, MADE)
    for at, expected in ((0, 0), (1, 1), (2, 2)):
        one.at = at
        assert one.feed("lel-b", 1, 50.0).level == expected
    one.feed("lel-b", 2, 0.0)
    assert one.feed("lel-c", 2, 0.0).level == 0


def test_an_over_range_of_a_voter_holds_only_where_the_vote_is_won() -> None:
    one = vote()
    one.feed("lel-a", 0, None, int(Flag.OVER_RANGE), Reason.OVER_RANGE)
    assert one.all(0, lel_b=0.0, lel_c=0.0) == Demand(0, quality=Quality.BAD)
    assert one.feed("lel-b", 1, 50.0) == Demand(2, over_range=True, quality=Quality.BAD)


def test_a_combination_needs_all_and_its_lesser_member_counts_for_every_level() -> None:
    one = both()
    assert [one.all(0, lel_a=a, lel_b=b) for a, b in ((50.0, 0.0), (50.0, 20.0), (30.0, 99.0), (19.0, 99.0))] == [
        Demand(0), Demand(2), Demand(1), Demand(0),
    ]  # fmt: skip


def test_who_is_missing_from_a_combination_is_named_and_is_a_fault_in_time() -> None:
    one = both()
    assert one.feed("lel-a", 0, 50.0) == Demand(None, note="lel-b is missing")
    assert one.feed("lel-a", 3, 50.0) == Demand(None, note="lel-b is missing")
    assert one.feed("lel-a", 3.001, 50.0) == Demand(None, fault=True, note="lel-b is missing")
    assert one.feed("lel-a", 4, 0.0) == Demand(0, fault=True), "one that sees nothing decides"
    assert one.feed("lel-b", 5, 50.0, MADE) == Demand(0, fault=False)
    one.feed("lel-a", 5, 50.0)
    assert one.feed("lel-b", 5, 50.0, MADE) == Demand(None, inhibited=True, note="lel-b is inhibited")
    assert one.feed("lel-b", 9, 50.0, MADE) == Demand(None, fault=True, note="lel-a is missing, lel-b is inhibited")


def test_the_worst_of_a_combination_is_told() -> None:
    one = both()
    one.feed("lel-a", 0, 50.0, int(Flag.SPIKE), "spike", Quality.UNCERTAIN)
    assert one.feed("lel-b", 0, 50.0) == Demand(2, quality=Quality.UNCERTAIN)
    one.feed("lel-a", 1, 105.0)
    assert one.feed("lel-b", 1, 50.0) == Demand(2, over_range=True, quality=Quality.UNCERTAIN)
    assert one.feed("lel-b", 2, 0.0) == Demand(0, quality=Quality.UNCERTAIN), "nothing holds while the other sees nothing"


@pytest.mark.parametrize(("window", "seconds"), [({}, 3.0), ({"window": "10 s"}, 10.0), ({"window": "2 s"}, 2.0)])
def test_a_value_counts_for_its_window_and_not_longer(window: dict[str, str], seconds: float) -> None:
    one = both(**window)
    one.all(0, lel_a=50.0, lel_b=50.0)
    assert one.feed("lel-a", seconds, 50.0).level == 2
    assert one.feed("lel-a", seconds + 0.001, 50.0) == Demand(None, fault=True, note="lel-b is missing")
    assert one.feed("lel-b", seconds - 1, 50.0).level == 2, "a reading of a moment before counts like one of a moment after"


def test_the_window_is_that_of_the_slowest() -> None:
    """Methane in ppm is read every minute: three of them."""
    one = Condition(kind="combined", all_of=[{"series": "ch4", "a1": 5.0}, {"series": "float", "a1": 1.0}])
    one.feed("ch4", 0, 9.0)
    assert one.feed("float", 180, 1.0).level == 1
    assert one.feed("float", 180.001, 1.0).level is None


def test_an_over_range_holds_at_the_first_level_too() -> None:
    members = [{"series": name, "a1": 20.0} for name in NAMES[:2]]
    for one in (Condition(kind="combined", all_of=members), Condition(kind="vote", need=2, policy="degrade", members=members)):
        one.feed("lel-a", 0, 105.0)
        assert one.feed("lel-b", 0, 50.0) == Demand(1, over_range=True, quality=Quality.UNCERTAIN)


def test_quiet_members_are_no_fault_for_ever() -> None:
    for play in (
        Play(kind="combined", all_of=[{"series": "lel-a", "a1": 20.0}, {"series": "lel-b", "a1": 20.0}]),
        Play(kind="vote", need=2, policy="degrade", members=TWO),
    ):
        for second in range(100):
            for name in play.rule.series:
                play.feed(0.0, second, name)
        assert play.words == []


def test_the_levels_of_members_are_kept_within_what_they_have() -> None:
    one = vote()
    one.all(0, lel_a=50.0, lel_b=30.0, lel_c=0.0)
    assert one.condition.keep() == [2, 1, 0]
    pair = both()
    pair.all(0, lel_a=50.0, lel_b=20.0)
    assert pair.condition.keep() == [2, 1]
    again = vote()
    again.condition.restore([9, -3, 1])
    assert again.condition.keep() == [2, 0, 1]
    for other in ([1, 1], [1, 1, 1, 1], [1, 1, "x"], None):
        again.condition.restore(other)
        assert again.condition.keep() == [2, 0, 1]


def test_a_member_that_was_over_its_range_keeps_its_level_only_where_that_latches() -> None:
    for latch, expected in ((True, [2, 0, 0]), (False, [0, 0, 0])):
        members = [{**member, "over_range_latch": latch} for member in TWO]
        one = Condition(kind="vote", need=2, policy="degrade", members=members)
        one.feed("lel-a", 0, 105.0)
        one.feed("lel-a", 1, 0.0, int(Flag.AFTER_OVER_RANGE))
        assert one.condition.keep() == expected
    one.feed("lel-a", 2, 30.0)
    assert one.condition.keep() == [1, 0, 0]


def test_two_to_sixteen_members_and_a_window_of_two_readings() -> None:
    voters = [{"series": name, "a1": value} for name in ("co", "lel") for value in (5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0)]
    assert len(rule(kind="combined", all_of=voters).points) == 16
    assert len(rule(kind="combined", all_of=voters[:2], window="2 s").points) == 2
    (line,) = told(kind="combined", all_of=[*voters, {"series": "o2", "a1": 5.0}])
    assert "17 of them; write 2 to 16" in line
    (line,) = told(kind="combined", all_of=voters[:1])
    assert line.startswith("alarm[0] x.all_of = ")
    (line,) = told(kind="combined", all_of=[{"series": "ch4", "a1": 5.0}, {"series": "co", "a1": 5.0}], window="119 s")
    assert 'x.window = "119 s": shorter than two readings of the slowest member (60 s each); write at least "120 s"' in line
    crossed = [{"series": "lel-b", "a1": 20.0, "a2": 10.0}, {"series": "lel-a", "a1": 20.0, "a2": 40.0}]
    (line,) = told(kind="vote", need=1, policy="degrade", members=crossed)
    assert line.startswith("alarm[0] x.members[0].a2: thresholds crossed; write a value above a1 (20)")


def test_as_many_votes_as_members_are_the_most() -> None:
    assert rule(kind="vote", need=3, policy="degrade", members=TWO)
    (line,) = told(kind="vote", need=4, policy="degrade", members=TWO)
    assert line == "alarm[0] x.need = 4: more votes than members; write 1 to 3"


def test_each_member_that_shares_something_is_told_once_with_the_first_of_what_it_shares() -> None:
    shared = {name: frozenset({Origin("bus-b", "chip-b"), Origin("bus-a", "chip-a")}) for name in NAMES}
    for origins, words in ((shared, "the chip chip-a"), ({name: frozenset({Origin("b", name), Origin("a", name)}) for name in NAMES}, "the bus a")):
        problems: list[Problem] = []
        table = {"name": "v", "kind": "vote", "need": 2, "policy": "degrade", "members": TWO}
        assert ruled(table, "alarm[0]", Site(INFOS, origins), problems) is None
        assert [(problem.path, problem.wrong.partition(":")[0]) for problem in problems] == [
            ("alarm[0].members[1].series", f"shares {words} with lel-a"), ("alarm[0].members[2].series", f"shares {words} with lel-a"),
        ]  # fmt: skip
    problems = []
    twice = {"name": "v", "kind": "vote", "need": 2, "policy": "degrade", "members": [TWO[0], TWO[0]]}
    assert ruled(twice, "alarm[0]", Site(INFOS, {}), problems) is None
    assert [problem.wrong.partition(":")[0] for problem in problems] == ["shares the sensor with lel-a"]
