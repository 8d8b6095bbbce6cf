"""Promise: each stage of water is told once, a fast rise is told before it, a float agrees or not, heavy rain has the classes of the authority."""

from typing import Any

import pytest

from gateway.model import Flag, Quality
from tests.gateway.rules.playing import Play


def test_the_default_ladder() -> None:
    play = Play(kind="ladder", series="depth", n=1, m=1, off_delay="0 s")
    assert tuple(p.value for p in play.rule.points) == (10, 50, 150, 300, 600)
    assert play.all([9, 10, 50, 149, 150, 300, 600, 480, 479, 240, 239, 120, 119, 40, 39, 5, 4]) == [
        0, 1, 2, 2, 3, 4, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1, 0,
    ]  # fmt: skip
    assert play.watch.state.occurrence == 1


def test_the_ladder_in_another_unit() -> None:
    play = Play(kind="ladder", series="level", n=1, m=1)
    assert tuple(p.value for p in play.rule.points) == (0.01, 0.05, 0.15, 0.3, 0.6)
    assert play.all([0.009, 0.01, 0.15]) == [0, 1, 3]


def test_five_in_a_row_and_a_long_off_delay_by_default() -> None:
    play = Play(kind="ladder", series="depth")
    assert play.all([2000, 0, 2000, 2000, 2000, 2000, 0, 160, 160, 160, 160, 160]) == [0] * 11 + [3]
    assert {play.feed(0, second) for second in range(12, 612)} == {3}
    assert play.feed(0, 612) == 0


def test_two_of_three_may_be_enough() -> None:
    play = Play(kind="ladder", series="depth", n=2, m=3)
    assert play.all([2000, 0, 0, 2000, 0, 0, 160, 160]) == [0, 0, 0, 0, 0, 0, 0, 3]


def rise(**keys: Any) -> Play:
    return Play(kind="rise", series="rise", a1=15.0, depth="depth", off_delay="0 s", stage=150.0, **keys)


def both(play: Play, second: float, depth: float | None, rate: float | None, **more: Any) -> int:
    play.feed(depth, second, "depth")
    return play.feed(rate, second, "rise", **more)


def test_a_fast_rise_is_told_before_the_stage_is_reached() -> None:
    play = rise()
    assert [both(play, second, 60.0, rate) for second, rate in enumerate((15, 15, 14, 15, 20, 15))] == [0, 0, 0, 0, 0, 1]
    demand = play.changes[0].demand
    assert demand is not None
    assert demand.note == "150 mm in 6.0 min at this rate"
    assert [both(play, second, 60.0, rate) for second, rate in ((6, 12.0), (7, 11.9))] == [1, 0]


def test_a_rise_that_quality_control_suspects_is_judged_all_the_same() -> None:
    play = rise()
    flags = int(Flag.RATE_OF_CHANGE)
    assert [both(play, second, 100.0, 300.0, flags=flags, quality=Quality.UNCERTAIN) for second in range(3)] == [0, 0, 1]


def test_a_rise_on_a_dry_road_is_none_and_without_a_depth_nobody_can_say() -> None:
    play = rise(fault_after="5 s")
    assert {both(play, second, 30.0, 100.0) for second in range(10)} == {0}
    for second in range(10, 12):
        both(play, second, 31.0, 100.0)
    for second in range(12, 30):
        play.feed(100.0, second, "rise")
    demand = play.changes[-1].demand
    assert demand is not None
    assert (play.words, demand.note, play.watch.state.active) == (["raised", "fault"], "depth is missing", True)


def combined() -> Play:
    members = [{"series": "depth", "a1": 50.0, "a2": 150.0, "hysteresis": 10.0}, {"series": "float", "a1": 1.0}]
    return Play(kind="combined", all_of=members, fault_after="5 s")


def pair(play: Play, second: float, depth: float | None, wet: float | None, **more: Any) -> int:
    play.feed(depth, second, "depth")
    return play.feed(wet, second, "float", **more)


def test_all_have_to_be_there() -> None:
    play = combined()
    assert [pair(play, s, d, w) for s, (d, w) in enumerate([(200, 0), (0, 1), (60, 1), (160, 1), (60, 1), (200, 0)])] == [0, 0, 1, 2, 1, 0]


def test_one_that_cannot_see_neither_raises_nor_clears_but_one_that_sees_nothing_decides() -> None:
    play = combined()
    pair(play, 0, 160.0, 1.0)
    assert {pair(play, second, 160.0, None) for second in range(1, 30)} == {2}
    assert play.words == ["raised", "fault"]
    assert pair(play, 30, 0.0, None) == 0
    assert pair(play, 31, 160.0, None) == 0


def test_one_in_maintenance_is_no_fault() -> None:
    play = combined()
    assert {pair(play, second, 160.0, 1.0, flags=int(Flag.MAINTENANCE)) for second in range(1, 30)} == {0}
    assert play.words == ["inhibited"]


def test_rain_has_the_classes_of_the_authority() -> None:
    play = Play(kind="rain", series="rain.class", off_delay="0 s")
    assert play.all([0, 1, 2, 3, 2, 0]) == [0, 1, 2, 3, 2, 0]


def test_sums_that_are_not_whole_raise_and_do_not_clear() -> None:
    play = Play(kind="rain", series="rain.class", off_delay="0 s")
    levels = [play.feed(value, second, flags=flags) for second, (value, flags) in enumerate([(2, 0), (0, Flag.PARTIAL), (3, Flag.PARTIAL), (0, 0)])]
    assert levels == [2, 2, 3, 0]


@pytest.mark.parametrize("kind", ["ladder", "rain"])
def test_water_that_falls_after_an_over_range_is_measured_again(kind: str) -> None:
    play = Play(kind=kind, series="depth" if kind == "ladder" else "rain.class", off_delay="0 s", **({"n": 1, "m": 1} if kind == "ladder" else {}))
    assert play.over(0) == len(play.rule.points)
    assert play.feed(0.0, 1) == 0
