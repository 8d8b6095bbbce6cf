"""Promise: a rule that cannot judge its input drives what is named for that, as an alarm of its own; a shelve and a silence hold it."""

from __future__ import annotations

from gateway.rules import outputs_of
from tests.gateway.rules.playing import Play, told


def blind() -> Play:
    play = Play(series="co", a1=30.0, a2=100.0, outputs=["siren"], fault_to=["beacon", "buzzer"])
    for second in range(7):
        play.feed(None, second)
    assert play.words == ["fault"]
    return play


def test_it_is_driven_while_the_fault_stands_and_no_longer() -> None:
    play = blind()
    assert outputs_of([play.watch]) == {"beacon": 1, "buzzer": 1}
    play.feed(1.0, 10)
    assert (play.words, outputs_of([play.watch])) == (["fault", "fault_cleared"], {})


def test_an_alarm_beside_it_shows_its_own_level() -> None:
    play, other = blind(), Play(series="co", a1=30.0, a2=100.0, outputs=["beacon"])
    other.feed(150.0, 0)
    assert outputs_of([other.watch, play.watch]) == outputs_of([play.watch, other.watch]) == {"beacon": 2, "buzzer": 1}


def test_a_silence_is_for_what_sounds_and_a_shelve_for_all() -> None:
    play = blind()
    play.act("silence", second=8)
    assert outputs_of([play.watch], {"buzzer"}) == {"beacon": 1}
    play.act("shelve", second=8, why="cell is being changed", until_s=600.0)
    assert outputs_of([play.watch], {"buzzer"}) == {}


def test_a_fault_that_drives_nothing_is_only_told() -> None:
    play = Play(series="co", a1=30.0, outputs=["siren"])
    for second in range(7):
        play.feed(None, second)
    assert (play.words, outputs_of([play.watch])) == (["fault"], {})
    assert told(series="co", a1=30.0, fault_to="beacon")
