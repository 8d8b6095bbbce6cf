"""Promise: on the recordings floods and timed releases are found, and the street that chatters, the tides and the month without a flood raise
nothing; by shipped defaults and what a survey gives, the same for all recordings of one kind. `make detections` prints the table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.recordings.running import run
from tests.recordings.scoring import Line
from tests.recordings.sets import cases
from tests.recordings.table import text

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found(recordings: Path) -> list[Line]:
    return run(cases(recordings))


def of(found: list[Line], place: str) -> list[Line]:
    chosen = [line for line in found if place in (line.set, line.name)]
    assert chosen
    return chosen


def test_nothing_is_other_than_it_has_to_be(found: list[Line]) -> None:
    assert [(line.set, line.name, line.rule, line.wrong) for line in found if line.wrong] == []


@pytest.mark.parametrize(
    ("place", "labels"),
    [("duly_pro_vervet", 3), ("flood_usgs_urban", 3), ("gas_ch4_controlled_release", 17), ("gas_chilbolton_ch4", 1), ("gas_nist_helium_leak", 6)],
)
def test_every_label_is_found(found: list[Line], place: str, labels: int) -> None:
    first = of(found, place)[0].rule
    own = [line for line in of(found, place) if line.rule == first]
    assert (sum(line.labels for line in own), sum(line.found for line in own), sum(line.false for line in own)) == (labels, labels, 0)


@pytest.mark.parametrize("place", ["jolly_tender_squid", "flood_owl_wilmington", "flood_ea_calder", "gas_industrial_h2s_so2", "gas_airquality_uci"])
def test_what_was_never_dangerous_raises_nothing(found: list[Line], place: str) -> None:
    own = [line for line in of(found, place) if line.rule not in ("with-10-mm", "rising", "one-sample") or place != "jolly_tender_squid"]
    assert [(line.name, line.rule, line.false) for line in own if line.false] == []
    assert all(line.readings > 500 for line in own)


def test_the_street_that_chatters_would_have_screamed(found: list[Line]) -> None:
    (ours,) = [line for line in of(found, "jolly_tender_squid") if line.rule == "water"]
    (plain,) = [line for line in of(found, "jolly_tender_squid") if line.rule == "one-sample"]
    assert ours.naive is not None
    assert ours.naive > 1000
    assert plain.false > 50
    assert ours.readings > 29_000


def test_the_table_and_its_json_can_be_read(found: list[Line]) -> None:
    page = "\n".join(text(found, 1.0))
    assert all(line.name in page for line in found)
    told = json.loads(json.dumps([line.told() for line in found]))
    (stream,) = [line for line in told if line["name"] == "dead_run" and line["rule"] == "flood"]
    assert (stream["missed"], stream["delay"]["max"] <= 300) == (0, True)
