"""Promise: once a combustible sensor was over its range, no reading clears the alarm; a person on the spot does, with a reason."""

from typing import Any

import pytest

from gateway.model import Quality, Reason
from gateway.rules import Refused, doubted
from tests.gateway.rules.playing import CLI, HUB, PANEL, Play


def fallen(**keys: Any) -> Play:
    """60, 105, 40, 0 %LEL."""
    play = Play(**{"series": "lel", "a1": 20.0, "a2": 40.0, **keys})
    assert [play.feed(60.0, 0), play.over(1, 105.0), play.feed(40.0, 2), play.feed(0.0, 3)] == [2, 2, 2, 2]
    return play


def test_the_alarm_stays_and_the_readings_are_uncertain() -> None:
    play = fallen()
    assert play.words == ["raised", "escalated", "returned"], "that the readings have gone back is told: from now on it can be reset"
    state = play.watch.state
    assert (state.active, state.latched, state.over_range, state.level) == (True, True, True, 2)
    reading = play.watch._newest
    assert reading is not None
    told = doubted(reading, "lel", [play.watch])
    assert (told.value, told.quality, told.reason) == (0.0, Quality.UNCERTAIN, "after_over_range")


def test_a_reset_from_afar_is_refused_and_one_on_the_spot_is_done() -> None:
    play = fallen()
    play.act("ack", HUB)
    with pytest.raises(Refused, match="only on the spot"):
        play.act("reset", HUB, why="proved safe with a portable")
    with pytest.raises(Refused, match="say why"):
        play.act("reset", PANEL, why="  ")
    assert play.act("reset", CLI, why="proved safe with a portable") == "NORMAL"
    assert (play.changes[-1].what, play.changes[-1].actor, play.changes[-1].why) == ("reset", "lee (cli)", "proved safe with a portable")
    assert play.watch.state.normal


def test_it_is_not_reset_unacknowledged_or_while_there_is_gas() -> None:
    play = fallen()
    with pytest.raises(Refused, match="acknowledge it first"):
        play.act("reset", why="safe")
    play.act("ack")
    play.feed(30.0, 4)
    play.act("ack")
    with pytest.raises(Refused, match="still beyond"):
        play.act("reset", why="safe")


def test_gas_that_comes_again_is_a_new_occurrence() -> None:
    play = fallen()
    play.act("ack")
    play.feed(25.0, 4)
    assert (play.words[-1], play.watch.state.occurrence, play.watch.state.acked) == ("raised", 2, False)
    assert (play.watch.state.level, play.watch.state.over_range) == (2, True)


def test_it_waits_neither_for_a_delay_nor_for_a_second_sample() -> None:
    play = Play(series="lel", a1=20.0, on_delay="10 s", n=2, m=3)
    assert [play.feed(60.0, 0), play.feed(100.0, 1), play.feed(0.0, 2)] == [0, 1, 1]


def test_a_status_without_a_number_latches_too() -> None:
    play = Play(series="lel", a1=20.0)
    assert [play.feed(None, 0, reason=Reason.OVER_RANGE), play.feed(0.0, 1)] == [1, 1]


def test_a_sensor_that_died_of_it_can_be_reset() -> None:
    play = Play(series="lel", a1=20.0, fault_after="2 s")
    play.over(0, 105.0)
    play.all([None] * 2, begin=1)
    play.act("ack")
    with pytest.raises(Refused):
        play.act("reset", why="safe")
    play.all([None] * 2, begin=3)
    assert play.act("reset", why="bead replaced") == "NORMAL"
    assert play.watch.fault


def test_other_units_latch_only_when_asked() -> None:
    plain = Play(series="co", a1=30.0)
    assert [plain.over(0, 500.0), plain.feed(0.0, 1)] == [1, 0]
    asked = Play(series="co", a1=30.0, over_range_latch=True)
    assert [asked.feed(499.0, 0), asked.feed(0.0, 1), asked.over(2, 500.0), asked.feed(0.0, 3)] == [1, 0, 1, 1]
    refused = Play(series="lel", a1=20.0, over_range_latch=False)
    assert [refused.feed(100.0, 0), refused.feed(0.0, 1)] == [1, 0]


def test_it_survives_a_restart() -> None:
    play = fallen()
    again = Play(play.watch.keep(), series="lel", a1=20.0, a2=40.0)
    again.feed(0.0, 0)
    assert again.words == []
    assert (again.watch.state.active, again.watch.state.over_range) == (True, True)
