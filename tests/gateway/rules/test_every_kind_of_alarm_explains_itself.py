"""Promise: a kind of alarm is one file: its keys are explained, its example can be pasted, its mistakes are told all at once with their remedy."""

import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway import rules
from gateway.model import Quality, Reading, Table
from gateway.problems import Problem
from gateway.rules import discovery
from gateway.rules.section import Section, Site, ruled
from tests.gateway.rules.playing import INFOS, ORIGINS, PLACE, TABLE, rule, told


@pytest.mark.parametrize("kind", discovery.names())
def test_every_key_is_explained(kind: str) -> None:
    for struct in (discovery.load(kind).options, Section):
        for field in msgspec.structs.fields(struct):
            if struct is Section and field.name in ("name", "kind"):
                continue
            assert re.search(rf"\b{field.encode_name}\b[^.]*:|\b{field.encode_name}\b.*\bdriven\b", struct.__doc__ or ""), (kind, field.name)


@pytest.mark.parametrize("kind", discovery.names())
def test_its_example_can_be_pasted(kind: str) -> None:
    text = discovery.load(kind).doc
    (table,) = tomllib.loads("\n".join(line.strip() for line in text[text.index("    [[alarm]]") :].splitlines()))["alarm"]
    problems: list[Problem] = []
    made = ruled(table, "alarm[0]", Site(INFOS, ORIGINS), problems)
    assert not problems
    assert made is not None
    assert made.kind == kind
    assert set(made.series) <= INFOS.keys()
    rules.condition(made, TABLE)


def made(kind: str) -> rules.Watch:
    text = discovery.load(kind).doc
    (table,) = tomllib.loads("\n".join(line.strip() for line in text[text.index("    [[alarm]]") :].splitlines()))["alarm"]
    found = ruled(table, "alarm[0]", Site(INFOS, ORIGINS), [])
    assert found is not None
    return rules.Watch(found, rules.condition(found, TABLE))


@pytest.mark.parametrize("kind", discovery.names())
def test_bad_data_alone_raises_nothing_and_faults(kind: str) -> None:
    watch = made(kind)
    if kind == "vote":  # `degrade`: with nobody left it acts; the published vectors say so
        pytest.skip("a vote has a policy of its own")
    words = [
        change.what
        for second in range(2000)
        for name in watch.rule.series
        for change in watch.feed(Reading(PLACE[name], second * 1000, None, None, Quality.BAD, 0, "timeout"))
    ]
    assert words == ["fault"]


@pytest.mark.parametrize("kind", discovery.names())
def test_what_it_keeps_is_small_plain_and_not_trusted(kind: str) -> None:
    watch = made(kind)
    for second in range(100):
        for name in watch.rule.series:
            watch.feed(Reading(PLACE[name], second * 60_000, 2, 2.0))
    body = msgspec.json.encode(watch.keep())
    assert len(body) < 4096
    kept = msgspec.json.decode(body, type=rules.Kept)
    again = rules.Watch(watch.rule, rules.condition(watch.rule, TABLE), kept)
    assert msgspec.json.encode(again.keep()) == body
    for nonsense in ([], {}, "x", 3, [1, 2, 3, 4], [[-9] * 3], None):
        again.condition.restore(nonsense)
        again.feed(Reading(PLACE[watch.rule.series[0]], 10**8, 2, 2.0))


def test_every_key_of_an_alarm_stays_valid() -> None:
    table: dict[str, Any] = {
        "series": "co", "a1": 30.0, "a2": 100.0, "direction": "rising", "hysteresis": 3.0,
        "on_delay": "1 s", "off_delay": "2 s", "fault_after": "9 s", "outputs": ["siren"],
    }  # fmt: skip
    assert ruled({"name": "x", **table}, "alarm[0] x", Site(INFOS, ORIGINS), []) is not None
    made = rule(**table)
    assert (made.kind, made.series, tuple(p.value for p in made.points), made.outputs) == ("threshold", ("co",), (30.0, 100.0), ("siren",))
    assert (made.on_delay, made.off_delay, made.fault_after) == (1.0, 2.0, 9.0)
    assert [made.limit(level) for level in (0, 1, 2, 3)] == [None, 30.0, 100.0, None]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"series": "co"}, r"x\.a1: missing; add it: a number"),
        ({"series": "co", "a1": 30.0, "histeresis": 3.0}, r"x\.histeresis = 3\.0: unknown key; did you mean hysteresis\?"),
        ({"series": "co", "a1": 30.0, "kind": "treshold"}, r"x\.kind = \"treshold\": unknown kind of alarm; there are: combined, "),
        ({"series": "c0", "a1": 30.0}, r'x\.series = "c0": no such series; write one of: ch4, co, '),
        ({"series": "co", "a1": 30.0, "a2": 20.0}, r"x\.a2 = 20\.0: thresholds crossed; write a value above a1 \(30\)"),
        ({"series": "o2", "a1": 19.0, "a2": 20.0, "direction": "falling"}, r"x\.a2 = 20\.0: thresholds crossed; write a value below a1 \(19\)"),
        ({"series": "co", "a1": 600.0}, r"x\.a1 = 600\.0: outside what the sensor can measure; write a value from 0 to 500"),
        ({"series": "co", "a1": 0.0}, r"x\.a1 = 0\.0: the alarm would never clear: the sensor measures nothing beyond"),
        ({"series": "co", "a1": 30.0, "hysteresis": 30.0}, r"x\.hysteresis = 30\.0: the alarm would never clear.*write less than 30"),
        ({"series": "depth", "a1": 50.0, "hysteresis_share": 0.2, "hysteresis": 3.0}, r"x\.hysteresis_share = 0\.2: given twice"),
        ({"series": "o2", "a1": 19.0, "direction": "falling", "over_range_latch": True}, r"x\.over_range_latch = true: an over-range says nothing"),
        ({"series": "co", "a1": 30.0, "n": 3, "m": 2}, r"x\.n = 3: more than m \(2\)"),
        ({"series": "co", "a1": 30.0, "latching": [2]}, r"x\.latching = \[2\]: no such level; write \[1\]"),
        ({"series": "co", "a1": 30.0, "escalate_to": ["horn"]}, r"x\.escalate_after = 0\.0: missing beside escalate_to"),
        ({"series": "co", "a1": 30.0, "on_delay": "2 d"}, r'x\.on_delay = "2 d": out of range; write up to 1 d'),
        ({"series": "co", "a1": 30.0, "on_delay": 2}, r"x\.on_delay = 2: not a duration"),
        ({"kind": "ladder", "series": "co"}, r'x\.series = "co": measured in \[ppm\], which is no length'),
        ({"kind": "ladder", "series": "distance", "stages": [400.0]}, r'x\.series = "distance": a distance falls when the water rises'),
        ({"kind": "ladder", "series": "depth", "stages": [50.0, 10.0]}, r"x\.stages = \[50\.0, 10\.0\]: thresholds crossed"),
        ({"kind": "ladder", "series": "depth", "stages": [50.0], "clears": [50.0]}, r"x\.clears = \[50\.0\]: a clear level that is not below"),
        ({"kind": "ladder", "series": "depth", "stages": [50.0, 100.0], "clears": [5.0]}, r"x\.clears = \[5\.0\]: not one for each stage; write 2"),
        ({"kind": "ladder", "series": "depth", "stages": [9000.0]}, r"x\.stages = \[9000\.0\]: 9000 outside what the sensor can measure"),
        ({"kind": "ladder", "series": "depth", "stages": []}, r""),
        ({"kind": "rise", "series": "depth", "depth": "depth", "a1": 15.0}, r'x\.series = "depth": measured in mm, which is no rate of rise'),
        (
            {"kind": "rise", "series": "rise", "depth": "distance", "a1": 15.0, "deeper_than": 300.0},
            r'x\.depth = "distance": a distance in mm, which is no depth',
        ),
        ({"kind": "rise", "series": "rise", "depth": "depth", "a1": 900.0}, r"x\.a1 = 900\.0: outside what the series can show"),
        ({"kind": "rain", "series": "depth"}, r'x\.series = "depth": a depth, which is no class of rain'),
        ({"kind": "excess", "series": "ch4", "a1": 2.0, "floor": 3.0, "ceiling": 2.0}, r"x\.ceiling = 2\.0: not above floor"),
        ({"kind": "excess", "series": "ch4", "a1": 999.0, "floor": 1.7, "ceiling": 3.0}, r"x\.a1 = 999\.0: over a background at its ceiling"),
        ({"kind": "combined", "all_of": [{"series": "depth", "a1": 50.0}]}, r"x\.all_of = .*: 1 of them; write 2 to 16"),
        ({"kind": "combined", "all_of": [{"series": "depth", "a1": 50.0}] * 2, "window": "1 s"}, r'x\.window = "1 s": shorter than two readings'),
        ({"kind": "combined", "all_of": [{"series": "depth", "a1": 5.0, "b": 1}]}, r"x\.all_of = .*: object contains unknown field b at \[0\]"),
    ],
)
def test_a_mistake_names_its_remedy(keys: dict[str, Any], expected: str) -> None:
    if not expected:
        assert tuple(p.value for p in rule(**keys).points) == (10, 50, 150, 300, 600)
        return
    (line,) = told(**keys)
    assert re.match(r"alarm\[0\] " + expected, line), line


def test_all_mistakes_are_told_at_once() -> None:
    lines = told(name="a b", series="co", a1=600.0, a2=500.0, latching=[3], escalate_to=["x"], fault_after="9 d", foo=1)
    assert len(lines) >= 5


def test_a_series_that_is_told_missing_already_is_no_second_mistake() -> None:
    problems: list[Problem] = []
    table = {"name": "x", "series": "gone", "a1": 1.0}
    assert ruled(table, "alarm[0]", Site({"gone": None}), problems) is None
    assert ruled(table, "alarm[0]", Site({}, whole=False), problems) is None
    assert problems == []


def test_a_rule_on_a_table_without_its_series_says_so() -> None:
    with pytest.raises(ValueError, match="alarm x: no series co in the table"):
        rules.condition(rule(series="co", a1=30.0), Table(()))


def test_a_file_that_is_dropped_in_is_a_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = Path(discovery.__file__).parent / "kinds"
    (tmp_path / "limit.py").write_text((source / "threshold.py").read_text())
    monkeypatch.setattr("gateway.rules.kinds.__path__", [str(source), str(tmp_path)])
    assert discovery.load("limit").options.__name__ == "Options"
