"""Promise: no number of the data is without a source that has a name and a date, none stands twice differently, and each that is doubted says so."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from gateway import limits
from gateway.derivation.kinds.rain_class import rain_class
from gateway.limits import data
from gateway.limits.data import FOLDER
from hardware import gases

FILES = sorted(path for path in FOLDER.rglob("*.toml") if path.name != "sources.toml")
# Sums of rain stand in a class, which has the source for all of them.
SUMS = {"hours", "value"}


def numbers(tree: Any, path: str, problems: list[str]) -> Iterator[dict[str, Any]]:
    """Every table that holds a `value`; every bare number beside none is a finding."""
    if isinstance(tree, list):
        for index, item in enumerate(tree):
            yield from numbers(item, f"{path}[{index}]", problems)
    elif isinstance(tree, dict):
        if "value" in tree and tree.keys() != SUMS:
            yield tree
        for key, item in tree.items():
            if isinstance(item, int | float) and "value" not in tree and key not in ("class", "toxic"):
                problems.append(f"{path}.{key}: a number without a source")
            yield from numbers(item, f"{path}.{key}", problems)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_number_names_its_sources(path: Any) -> None:
    problems: list[str] = []
    found = list(numbers(tomllib.loads(path.read_text()), path.stem, problems))
    assert found
    for number in found:
        if not number.get("from") or not set(number["from"]) <= limits.sources().keys():
            problems.append(f"{path.stem}: {number} has no source that is known")
    assert problems == []


def test_a_number_without_source_is_a_defect_that_is_seen() -> None:
    problems: list[str] = []
    list(numbers({"limits": [{"most": 3}]}, "x", problems))
    assert problems == ["x.limits[0].most: a number without a source"]
    with pytest.raises(msgspec.ValidationError, match="from"):
        msgspec.convert({"of": "A", "kind": "TWA", "value": 1}, limits.Limit)


@pytest.mark.parametrize("letter", sorted(limits.sources()))
def test_each_source_has_a_name_and_a_date(letter: str) -> None:
    source = limits.sources()[letter]
    assert len(source.name) > 5
    assert re.fullmatch(r"(undated, (read|written) )?\d{4}(-\d{2}){0,2}", source.date), source


def test_what_nobody_looked_up_is_marked_and_what_is_marked_is_told() -> None:
    for name in limits.gases():
        for limit in limits.limits_of(name):
            assert "K" not in limit.sources or limit.mark, limit
            assert not limit.mark or data.MARKS[limit.mark] in str(limit)
            assert all(limits.sources()[letter].date in str(limit) for letter in limit.sources)


def test_every_source_is_used() -> None:
    used = {letter for path in FILES for letter in re.findall(r'"(\w+)"', " ".join(re.findall(r"from = \[(.*?)\]", path.read_text())))}
    used |= set(data.region("KR").toxic_basis)
    assert limits.sources().keys() - used == set()


def test_lower_explosive_limits_are_those_that_drivers_reckon_with() -> None:
    for gas, by_basis in gases.LEL.items():
        known = {limit.of: limit.value for limit in limits.limits_of(gas) if limit.kind == "LEL"}
        for basis, value in by_basis.items():
            if f"{basis.upper()} tables" in known:
                assert known[f"{basis.upper()} tables"] == value, (gas, basis)


def test_the_classes_of_rain_are_those_that_are_derived() -> None:
    for found in limits.rain_of("KR"):
        for way in found.any_of:
            sums = {part.hours: part.value for part in way}
            one, three = sums.get(1, 0.0), max(sums.get(3, 0.0), sums.get(1, 0.0))
            assert rain_class(one, three, max(sums.get(12, 0.0), three)) >= found.number
            less = {hours: value - 0.2 for hours, value in sums.items()}
            assert rain_class(less.get(1, 0.0), less.get(3, less.get(1, 0.0)), less.get(12, 0.0)) < found.number


def test_the_stages_rise_and_the_barrier_closes_at_150() -> None:
    stages = limits.water().stages
    assert [stage.value for stage in stages] == [10, 50, 150, 300, 600]
    assert next(stage for stage in stages if stage.name == "close").value == 150


def test_molar_masses_agree_with_an_independent_table() -> None:
    # Viet Nam's regulation prints them beside its limits.
    printed = {"hydrogen_chloride": 36.46, "ammonia": 17.03, "carbon_dioxide": 44.01, "carbon_monoxide": 28.01, "chlorine": 70.90}
    for gas, mass in printed.items():
        found = limits.gas(gas).molar_mass
        assert found is not None
        assert found.value == pytest.approx(mass, abs=0.01)
