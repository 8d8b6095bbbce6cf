"""Promise: set at or beyond the set point, cleared strictly inside the hysteresis, delays as configured; bad data neither raises nor clears."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from gateway.model import Flag, Quality, Reason
from gateway.rules import doubted, outputs_of
from tests.gateway.rules.playing import Play

Rows = Callable[[str], list[dict[str, Any]]]


def numbers(text: str) -> list[float]:
    return [float(found) for found in re.findall(r"-?\d+(?:\.\d+)?", text)]


def test_the_published_vectors(safety: Rows) -> None:
    rows = {row["input"]: row["expected"] for row in safety("thr")}
    assert len(rows) == 3
    for text, expected in rows.items():
        given, _, setting = text.partition(";")
        if text.startswith("LEL"):
            play = Play(series="lel", a1=numbers(setting)[0], hysteresis_share=0.2, over_range_latch=False)
            levels = play.all(list(numbers(given)))
        elif text.startswith("O2"):
            limit, deadband = numbers(setting)
            play = Play(series="o2", a1=limit, direction="falling", hysteresis=deadband)
            levels = play.all(list(numbers(given)[1:]))
        else:
            limit, delay = numbers(setting)
            play = Play(series="co", a1=limit, on_delay=f"{delay:g} s")
            points = [tuple(map(float, point)) for point in re.findall(r"(\d+):(\d+)", given)]
            levels = [play.feed(value, second) for second, value in points]
            assert levels == [0] * (len(points) - 1) + [1]
            assert (points[-1][0], expected.startswith("raised only at t=20")) == (20, True)
            continue
        assert levels == [int(level) for level in expected.split(" ")[0].split(",")]


def test_a_share_of_the_set_point_is_exact_in_decimals() -> None:
    assert Play(series="co", a1=30.1, hysteresis_share=0.2).all([30.1, 24.08, 24.07]) == [1, 1, 0]
    assert Play(series="o2", a1=19.5, direction="falling", hysteresis_share=0.02).all([19.5, 19.89, 19.9]) == [1, 1, 0]


def test_both_set_points_escalate_and_ease() -> None:
    play = Play(series="co", a1=30.0, a2=100.0, hysteresis=5.0)
    assert play.all([29, 31, 101, 96, 94, 26, 24]) == [0, 1, 2, 2, 1, 1, 0]
    assert play.watch.state.occurrence == 1
    assert play.words == ["raised", "escalated", "eased", "cleared"]


def test_bad_data_neither_raises_nor_clears_and_becomes_a_fault_of_its_own() -> None:
    play = Play(series="co", a1=30.0, fault_after="3 s")
    assert play.all([31, None, None, None, None, None]) == [1] * 6
    assert (play.watch.fault, play.changes[-1].onset, play.changes[-1].ms) == (True, 1000, 4000)
    play.feed(31.0, 9)
    assert play.words == ["raised", "fault", "fault_cleared"]
    assert play.watch.state.active


def test_bad_data_begins_both_delays_anew() -> None:
    play = Play(series="co", a1=30.0, on_delay="3 s", off_delay="3 s")
    assert play.all([31, 31, None, 31, 31, 31, 31]) == [0, 0, 0, 0, 0, 0, 1]
    assert play.all([0, 0, None, 0, 0, 0, 0], begin=7) == [1, 1, 1, 1, 1, 1, 0]


def test_each_level_is_left_only_after_its_own_off_delay() -> None:
    play = Play(series="co", a1=30.0, a2=100.0, off_delay="3 s")
    assert play.all([110, 50, 50, 50, 50, 0, 0, 50, 0, 0, 0, 0]) == [2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 0]
    straight = Play(series="co", a1=30.0, a2=100.0, off_delay="3 s")
    assert straight.all([110, 50, 50, 0, 0, 0, 0]) == [2, 2, 2, 2, 1, 1, 0]


def test_a_peak_begins_the_off_delay_anew_even_where_it_is_too_short_to_escalate() -> None:
    play = Play(series="co", a1=30.0, a2=100.0, on_delay="3 s", off_delay="3 s")
    assert play.all([50, 50, 50, 50, 0, 0, 110, 0, 0, 0, 0]) == [0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0]


def test_a_worse_level_does_not_begin_the_on_delay_anew() -> None:
    assert Play(series="co", a1=30.0, a2=100.0, on_delay="3 s").all([50, 50, 50, 110]) == [0, 0, 0, 2]


def test_a_new_occurrence_is_unacknowledged_again() -> None:
    play = Play(series="co", a1=30.0)
    play.all([31, 20, 31])
    assert (play.watch.state.occurrence, play.watch.state.acked, play.watch.state.name) == (2, False, "UNACK")


def test_over_range_without_a_number_is_beyond_every_set_point() -> None:
    play = Play(series="co", a1=30.0, a2=100.0)
    play.feed(10.0, 0)
    assert play.feed(None, 1, reason=Reason.OVER_RANGE) == 2
    assert (play.words, play.watch.fault, play.watch.state.latched) == (["raised"], False, False)


def test_over_range_says_nothing_to_a_falling_rule() -> None:
    play = Play(series="o2", a1=19.5, direction="falling")
    assert play.feed(None, 0, reason=Reason.OVER_RANGE) == 0
    assert play.feed(19.0, 1, reason=Reason.OVER_RANGE, quality=Quality.UNCERTAIN) == 1


@pytest.mark.parametrize("flags", [Flag.SPIKE, Flag.RATE_OF_CHANGE | Flag.FAILED, Flag.WARM_UP, Flag.GROSS_RANGE])
def test_what_quality_control_suspects_still_alarms(flags: Flag) -> None:
    assert Play(series="co", a1=30.0).feed(50.0, 0, flags=int(flags), quality=Quality.UNCERTAIN) == 1


@pytest.mark.parametrize("flags", [Flag.MAINTENANCE | Flag.TEST, Flag.INHIBITED])
def test_what_is_done_on_purpose_stands_still_and_is_told(flags: Flag) -> None:
    play = Play(series="co", a1=30.0, fault_after="2 s", outputs=["siren"])
    play.feed(50.0, 0)
    levels = [play.feed(0.0 if second < 5 else None, second, flags=int(flags)) for second in range(1, 60)]
    assert set(levels) == {1}
    assert play.words == ["raised", "inhibited"]
    assert outputs_of([play.watch]) == {"siren": 1}
    play.feed(0.0, 60)
    assert play.words == ["raised", "inhibited", "uninhibited", "cleared"]


def test_an_inhibit_that_does_not_end_becomes_a_fault() -> None:
    play = Play(series="co", a1=30.0)
    play.feed(None, 0, reason=Reason.INHIBIT)
    assert not play.watch.expire(3_599_000)
    (change,) = play.watch.expire(3_600_000)
    assert (change.what, change.why) == ("fault", "inhibited for 60 min")
    assert not play.watch.expire(3_700_000)
    play.feed(None, 3800, reason=Reason.INHIBIT)
    assert play.watch.fault
    play.feed(1.0, 3801)
    assert play.words[-2:] == ["uninhibited", "fault_cleared"]


def test_n_of_m_samples_have_to_agree_both_ways() -> None:
    play = Play(series="co", a1=30.0, n=2, m=3)
    assert play.all([31, 0, 0, 31, 0, 31, 0, 0, 0]) == [0, 0, 0, 0, 0, 1, 0, 0, 0]
    assert Play(series="co", a1=30.0, a2=100.0, n=2, m=3).all([110, 31, 110, 0, 0]) == [0, 1, 2, 1, 0]


def test_too_few_samples_after_a_hole_leave_the_alarm_where_it_is() -> None:
    play = Play(series="co", a1=30.0, n=2, m=3)
    assert play.all([31, 31]) == [0, 1]
    assert [play.feed(value, second) for value, second in ((0, 100), (0, 101))] == [1, 0]
    again = Play(play.watch.keep(), series="co", a1=30.0, n=2, m=3)
    assert [again.feed(31, second) for second in (0, 100, 101)] == [0, 0, 1]


def test_outputs_show_the_highest_level_that_asks_for_them() -> None:
    low = Play(series="co", a1=1.0, outputs=["siren"])
    high = Play(series="co", a1=1.0, a2=2.0, outputs=["siren", "beacon"])
    low.feed(1.5, 0)
    high.feed(3.0, 0)
    assert outputs_of([low.watch, high.watch]) == {"siren": 2, "beacon": 2}


def test_outputs_that_nobody_answered_for_escalate() -> None:
    play = Play(series="co", a1=1.0, outputs=["siren"], escalate_after="30 s", escalate_to=["horn"])
    play.feed(3.0, 0)
    assert outputs_of([play.watch]) == {"siren": 1}
    assert [change.what for change in play.watch.hear(True, 30_000)] == ["unheard"]
    assert play.watch.hear(True, 31_000) == [], "it is told once"
    assert outputs_of([play.watch]) == {"siren": 1, "horn": 1}
    assert [change.what for change in play.watch.hear(False, 32_000)] == ["heard"]
    assert outputs_of([play.watch]) == {"siren": 1}


def test_only_an_over_range_of_its_own_series_puts_a_reading_in_doubt() -> None:
    play = Play(series="lel", a1=20.0)
    play.over(0)
    reading = play.changes[0].reading
    assert reading is not None
    later = type(reading)(0, 1000, 100, 1.0)
    assert doubted(later, "lel", [play.watch]).flags == Flag.AFTER_OVER_RANGE
    assert doubted(later, "co", [play.watch]) is later
    assert doubted(reading, "lel", [play.watch]) is reading
