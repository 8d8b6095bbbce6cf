"""Promise: what keeps the street that chatters silent is the five in a row and the survey, and the table shows it when either is taken away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.recordings.cases import Play
from tests.recordings.playing import play
from tests.recordings.sets import street
from tests.recordings.tracks import DAY, Track

pytestmark = pytest.mark.slow
CARELESS: dict[str, tuple[dict[str, Any], range]] = {
    "as shipped": ({}, range(1)),
    "two of three": ({"alarm.water.n": 2, "alarm.water.m": 3}, range(5, 1000)),
    "one sample": ({"alarm.water.n": 1, "alarm.water.m": 1}, range(20, 1000)),
    "no survey": ({"derived.depth.deepest": None}, range(5, 1000)),
}


@pytest.fixture(scope="module")
def squid(recordings: Path) -> Play:
    (found,) = [case.plays[0] for case in street(recordings) if case.name == "jolly_tender_squid"]
    begin = found.track.times[0]
    return Play(found.name, found.site, found.track.within(begin, begin + 4 * DAY), found.survey)


@pytest.mark.parametrize("way", CARELESS)
def test_it_is_silent_only_as_shipped(squid: Play, way: str) -> None:
    otherwise, raises = CARELESS[way]
    turns = play(Play(squid.name, squid.site, squid.track, {**squid.survey, **otherwise})).turns
    assert sum(turn.what == "raised" and turn.rule == "water" for turn in turns) in raises


def test_a_street_that_was_never_played_raises_too_when_water_comes(squid: Play) -> None:
    """The silence is no deafness: the same street, with the same chatter, under an hour of 20 cm of water."""
    begin = squid.track.times[0] + DAY
    wet = [value - 200 if begin <= at < begin + 3600 and value > 2000 else value for at, value in zip(squid.track.times, squid.track.values)]
    turns = play(Play(squid.name, squid.site, Track(squid.track.times, tuple(wet), squid.track.rows), squid.survey)).turns
    raised = [turn.at - begin for turn in turns if turn.what == "raised" and turn.rule == "water"]
    assert len(raised) == 1
    assert 0 < raised[0] < 1800
