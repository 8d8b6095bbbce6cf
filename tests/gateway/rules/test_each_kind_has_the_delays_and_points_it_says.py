"""Promise: where a person says nothing, each kind of alarm has the delays, levels and set points that its text says; what is said stands above."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from gateway.rules import Point, discovery
from gateway.rules.kinds import combined, excess, ladder, rise, threshold, vote
from gateway.rules.limits import Limits
from gateway.rules.rule import Origin, Rule, Usual, origins_of
from gateway.rules.section import Section, Site, ruled
from hardware.errors import Refused
from tests.gateway.rules.playing import INFOS, ORIGINS, rule, told

PAIR = [{"series": "depth", "a1": 50.0, "a2": 150.0}, {"series": "float", "a1": 1.0}]
VOTERS = [{"series": name, "a1": 20.0, "a2": 40.0} for name in ("lel-a", "lel-b", "lel-c")]
KINDS: dict[str, tuple[dict[str, Any], tuple[float, float, float], int, tuple[str, ...]]] = {
    "threshold": ({"series": "co", "a1": 30.0}, (0, 0, 5), 1, ("co",)),
    "ladder": ({"series": "depth"}, (0, 600, 5), 5, ("depth",)),
    "rise": ({"series": "rise", "a1": 15.0, "a2": 30.0, "depth": "depth"}, (0, 300, 600), 2, ("rise", "depth")),
    "rain": ({"series": "rain.class"}, (0, 600, 60), 3, ("rain.class",)),
    "excess": ({"series": "ch4", "a1": 2.0, "floor": 1.7, "ceiling": 3.0}, (0, 300, 180), 1, ("ch4",)),
    "combined": ({"all_of": PAIR}, (0, 0, 30), 2, ("depth", "float")),
    "vote": ({"members": VOTERS, "need": 2, "policy": "degrade"}, (0, 0, 30), 2, ("lel-a", "lel-b", "lel-c")),
}
"""Keys, on-delay, off-delay, patience with bad readings (seconds; three periods at least: ch4 is read once a minute), levels, series."""


def test_these_are_all() -> None:
    assert set(discovery.names()) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_said_is_the_kind_s(kind: str) -> None:
    keys, delays, levels, series = KINDS[kind]
    made = rule(kind=kind, **keys)
    assert (made.kind, made.on_delay, made.off_delay, made.fault_after, made.series) == (kind, *delays, series)
    assert (made.outputs, made.latching, made.escalate_after, made.escalate_to) == ((), (), 0.0, ())
    highest = rule(kind=kind, **keys, latching=[levels])
    assert highest.latching == (levels,)
    (line,) = told(kind=kind, **keys, latching=[levels + 1])
    assert "latching" in line
    (line,) = told(kind=kind, **keys, latching=[0])
    assert "latching" in line


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_said_stands(kind: str) -> None:
    said = {"on_delay": "1 s", "off_delay": "2 s", "fault_after": "3 s", "escalate_after": "1 d", "escalate_to": ["horn"], "outputs": ["siren"]}
    made = rule(kind=kind, **KINDS[kind][0], **said)
    assert (made.on_delay, made.off_delay, made.fault_after, made.escalate_after) == (1.0, 2.0, 3.0, 86_400.0)
    assert (made.outputs, made.escalate_to, made.drives) == (("siren",), ("horn",), ("siren", "horn"))
    none = rule(kind=kind, **KINDS[kind][0], on_delay="0 s", off_delay="0 s", fault_after="0 s")
    assert (none.on_delay, none.off_delay, none.fault_after) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("key", ["on_delay", "off_delay", "fault_after", "escalate_after"])
def test_no_delay_is_longer_than_a_day(key: str) -> None:
    more = {"escalate_to": ["horn"]} if key == "escalate_after" else {}
    assert rule(series="co", a1=30.0, **{key: "1 d"}, **more)
    (line,) = told(series="co", a1=30.0, **{key: "86401 s"}, **more)
    assert line.startswith(f"alarm[0] x.{key} = ")


def test_the_set_points_are_told_by_their_keys() -> None:
    assert rule(series="o2", a1=19.5, a2=18.0, direction="falling").points == (
        Point("a1", "o2", 1, 19.5, False), Point("a2", "o2", 2, 18.0, False),
    )  # fmt: skip
    assert rule(kind="rise", **KINDS["rise"][0]).points == (Point("a1", "rise", 1, 15.0), Point("a2", "rise", 2, 30.0))
    assert rule(kind="rain", series="rain.class").points == tuple(Point("series", "rain.class", level, level) for level in (1, 2, 3))
    assert rule(kind="ladder", series="level").points == tuple(
        Point(f"stages[{place}]", "level", place + 1, value) for place, value in enumerate((0.01, 0.05, 0.15, 0.3, 0.6))
    )
    assert rule(kind="combined", all_of=PAIR).points == (
        Point("all_of[0].a1", "depth", 1, 50.0), Point("all_of[0].a2", "depth", 2, 150.0), Point("all_of[1].a1", "float", 1, 1.0),
    )  # fmt: skip
    assert [(point.key, point.series, point.level, point.value) for point in rule(kind="vote", **KINDS["vote"][0]).points][2:4] == [
        ("members[1].a1", "lel-b", 1, 20.0), ("members[1].a2", "lel-b", 2, 40.0),
    ]  # fmt: skip
    assert rule(kind="excess", **KINDS["excess"][0]).points == ()


def test_a_set_point_is_found_by_its_level_and_series() -> None:
    pair = rule(kind="combined", all_of=PAIR)
    assert [pair.limit(level) for level in (0, 1, 2, 3)] == [None, 50.0, 150.0, None]
    assert [pair.limit(level, "float") for level in (1, 2)] == [1.0, None]
    assert [point.key for point in pair.on("float")] == ["all_of[1].a1"]
    assert pair.on("co") == ()


@pytest.mark.parametrize(("rising", "expected"), [(True, [False, True, True]), (False, [True, True, False])])
def test_a_set_point_is_reached_at_it_and_beyond(rising: bool, expected: list[bool]) -> None:
    assert [Point("a1", "co", 1, 30.0, rising).reached(value) for value in (29.9, 30.0, 30.1)] == expected


def test_the_keys_of_a_member_name_it() -> None:
    assert set(combined.Options(all_of=(Limits(series="a", a1=1.0), Limits(series="b", a1=1.0))).looks_at()) == {
        "all_of[0].series", "all_of[1].series",
    }  # fmt: skip
    (line,) = told(kind="combined", all_of=[*PAIR, {"series": "lel", "a1": 101.0}])
    assert line.startswith("alarm[0] x.all_of[2].a1 = 101.0: outside what the sensor can measure")
    (line,) = told(kind="combined", all_of=[*PAIR, {"series": "gone", "a1": 1.0}])
    assert line.startswith('alarm[0] x.all_of[2].series = "gone": no such series')
    (line,) = told(kind="vote", need=2, policy="degrade", members=[{"series": "lel-a", "a1": 20.0}, {"series": "gone", "a1": 20.0}])
    assert line.startswith('alarm[0] x.members[1].series = "gone": no such series')


def test_a_kind_that_is_not_there_or_lacks_a_class_says_so(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (line,) = told(kind="nothing", series="co", a1=1.0)
    assert line.startswith('alarm[0] x.kind = "nothing": unknown kind of alarm; there are: combined, excess')
    (tmp_path / "half.py").write_text("class Options:\n    pass\n")
    monkeypatch.setattr("gateway.rules.kinds.__path__", [str(tmp_path)])
    with pytest.raises(Refused, match=r"kind of alarm 'half' .* has no Condition; see gateway/rules/rule\.py"):
        discovery.load("half")


def test_defaults_of_the_options_are_those_of_their_texts() -> None:
    plain = {
        threshold.Options: {"a2": None, "direction": "rising", "hysteresis": 0.0, "hysteresis_share": 0.0, "over_range_latch": None, "n": 1, "m": 1},
        rise.Options: {"a2": None, "deeper_than": 30.0, "samples": 3, "hysteresis_share": 0.2, "stage": 0.0},
        excess.Options: {"a2": None, "hysteresis_share": 0.2, "rate": None, "window": 21_600.0, "quantile": 0.1, "learn": 300.0, "n": 2, "m": 3},
        ladder.Options: {"stages": (), "clears": (), "n": 5, "m": 5},
        vote.Options: {"window": None},
        combined.Options: {"window": None},
    }
    for options, expected in plain.items():
        found = {field.name: field.default for field in msgspec.structs.fields(options) if not field.required}
        assert found == expected, options


def test_a_rule_by_itself_waits_for_nothing_and_has_five_seconds_of_patience() -> None:
    plain = Rule("x", "threshold", ("co",))
    assert plain == Rule("x", "threshold", ("co",), (), 0.0, 0.0, 5.0, (), 0.0, (), (), None)
    assert Usual() == (0.0, 0.0, 5.0)


def test_a_pin_is_a_wire_and_anything_else_a_bus() -> None:
    assert origins_of("gpio", ("gpio-5",)) == {Origin("gpio-5", "gpio-5")}
    assert origins_of("i2c-1", ("i2c-1:0x48/A0", "i2c-1:0x48/A1")) == {Origin("i2c-1", "i2c-1:0x48")}
    assert origins_of("serial:/dev/ttyUSB0", ("serial:/dev/ttyUSB0/5",)) == {Origin("serial:/dev/ttyUSB0", "serial:/dev/ttyUSB0/5")}
    assert origins_of("machine", ()) == {Origin("machine", "machine")}
    assert origins_of("i2c-1", ("other:7",)) == {Origin("i2c-1", "other:7")}


def test_the_patience_with_bad_readings_is_three_readings_of_the_slowest_series() -> None:
    """Methane in ppm is read every minute, the float every second."""
    assert rule(kind="combined", all_of=[{"series": "ch4", "a1": 5.0}, {"series": "float", "a1": 1.0}]).fault_after == 180.0


def test_an_exposure_is_waited_for_and_half_an_hour_of_warming_up_before_it() -> None:
    ready = {"co": 675.0, "lel": 60.0, "o2": 0.0}
    for series, seconds in (("co", 2475.0), ("lel", 1860.0), ("o2", 5.0), ("depth", 5.0)):
        made = ruled({"name": "x", "series": series, "a1": 20.0}, "alarm[0]", Site(INFOS, ORIGINS, ready=ready), [])
        assert made is not None
        assert made.fault_after == seconds
    pair = [{"series": "lel", "a1": 20.0}, {"series": "co", "a1": 20.0}]
    made = ruled({"name": "x", "kind": "combined", "all_of": pair}, "alarm[0]", Site(INFOS, ORIGINS, ready=ready), [])
    assert made is not None
    assert made.fault_after == 2475.0


def test_what_a_section_gets_wrong_is_told_at_its_key() -> None:
    for keys, key in (({"name": "a b"}, "name"), ({"escalate_after": "5 s"}, "escalate_to"), ({"escalate_to": ["horn"]}, "escalate_after")):
        (line,) = told(series="co", a1=30.0, **keys)
        assert line.startswith(f"alarm[0] x.{key}")
    assert told(series="co", a1=30.0, on_delay="-1 s")


def test_a_section_is_a_threshold_that_drives_nothing_where_nothing_is_said() -> None:
    assert Section(name="x") == Section(
        name="x",
        kind="threshold",
        outputs=(),
        on_delay=None,
        off_delay=None,
        fault_after=None,
        latching=(),
        escalate_after=0.0,
        escalate_to=(),
        preset="",
    )  # type: ignore[arg-type]
