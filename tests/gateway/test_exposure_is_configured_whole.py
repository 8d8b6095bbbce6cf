"""Promise: an exposure that would mislead (of %LEL, of oxygen, of a source read too seldom, with a hold that makes up time) is refused."""

from __future__ import annotations

import tomllib
from typing import Any

import msgspec
import pytest

from gateway import derivation
from gateway.derivation.section import derive
from gateway.exposure import Kept
from gateway.model import Reading, SeriesInfo
from gateway.problems import Problem

CO = SeriesInfo("co", "carbon_monoxide", "[ppm]", 1, 0, 1000, 10.0, 0.1)


def told(text: str, **changes: Any) -> list[str]:
    problems: list[Problem] = []
    known: dict[str, SeriesInfo | None] = {"co": msgspec.structs.replace(CO, **changes)}
    derive(tomllib.loads(f'name = "x"\nfrom = "co"\n{text}'), "derived[0]", known, True, problems)
    return [str(problem) for problem in problems]


@pytest.mark.parametrize(
    ("text", "changes", "words"),
    [
        ('kind = "stel"', {"unit": "%{LEL}"}, "no concentration to breathe"),
        ('kind = "stel"', {"quantity": "oxygen", "unit": "%{vol}"}, "oxygen is no exposure"),
        ('kind = "stel"', {"period": 61.0}, "every 61 s, too seldom for a mean over 15 min"),
        ('kind = "stel"\nhold = "301 s"', {}, 'hold = "301 s": out of range; write "10 s" to "300 s"'),
        ('kind = "stel"\nhold = "9 s"', {}, "out of range"),
        ('kind = "twa"\nshift = "10 h"', {}, "a rolling mean has no shift"),
        ('kind = "twa"\nrule = "shift"\nshift = "25 h"', {}, "write 1 h to 24 h"),
        ('kind = "twa"\nrule = "shift"\nshift = "59 min"', {}, "write 1 h to 24 h"),
        ('kind = "twa"\nrule = "shift"\nshift = "3601 s"', {}, "in whole minutes"),
        ('kind = "twa"\nrule = "monthly"', {}, "rule"),
        ('kind = "stel"\ngive = "everything"', {}, "give"),
    ],
)
def test_what_would_mislead_is_refused(text: str, changes: dict[str, Any], words: str) -> None:
    (problem,) = told(text, **changes)
    assert words in problem


@pytest.mark.parametrize("text", ['kind = "stel"\nhold = "300 s"', 'kind = "stel"', 'kind = "twa"\nrule = "shift"\nshift = "12 h"', 'kind = "twa"'])
def test_what_is_fine_is_taken(text: str) -> None:
    assert told(text) == []
    assert told(text, unit="mg/m3") == []
    assert told(text, period=60.0) == []


@pytest.mark.parametrize(("kind", "figure"), [("stel", "mean"), ("twa", "lower_bound")])
def test_a_kind_keeps_its_ring_over_a_restart(kind: str, figure: str) -> None:
    family = derivation.load(kind)
    options = family.options(give=figure)
    first, second = (family.make(options, CO, {}) for _ in range(2))
    for second_ in range(0, 900, 10):
        first.take(Reading(0, second_ * 1000, None, 30.0), {})
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(first.keep()), type=Kept)  # type: ignore[attr-defined]
    second.restore(kept)  # type: ignore[attr-defined]
    second.take(Reading(0, 895_000, None, 30.0), {})
    assert second.take(Reading(0, 900_000, None, 30.0), {}).value == pytest.approx(30.0 if kind == "stel" else 30 / 32, rel=0.01)
