"""A relay acts by giving its coil power or, fail-safe, by taking it away, so that lost power acts too; a test moves it only where that is allowed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from hardware.output import load
from tests.hardware.outputs.bench import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path / "trace.jsonl")
    yield bench
    bench.buses.close()


@pytest.mark.parametrize(
    ("fail_safe", "active", "rest", "acting"), [(True, "high", 1, 0), (True, "low", 0, 1), (False, "high", 0, 1), (False, "low", 1, 0)]
)
def test_the_coil_has_power_at_rest_only_where_it_is_fail_safe(bench: Bench, fail_safe: bool, active: str, rest: int, acting: int) -> None:
    relay = bench.open("relay", fail_safe=fail_safe, active=active, from_level=3)
    shown = []
    for level in (0, 2, 3, 9, 0):
        relay.set(level)
        shown.append(bench.level())
    assert shown == [rest, rest, acting, acting, rest]
    without_power = int(active == "low")  # the resistor pulls the board's input to the coil without power
    assert (acting == without_power) == fail_safe, "with the pin released, a fail-safe relay acts and any other rests"


@pytest.mark.parametrize("fail_safe", [True, False])
def test_which_it_is_has_no_default(fail_safe: bool) -> None:
    with pytest.raises(msgspec.ValidationError, match="fail_safe"):
        msgspec.convert({"pin": 17}, load("relay").options)
    msgspec.convert({"pin": 17, "fail_safe": fail_safe}, load("relay").options)


@pytest.mark.parametrize("fail_safe", [True, False])
def test_a_self_test_moves_it_for_a_second_and_only_where_allowed(bench: Bench, fail_safe: bool) -> None:
    barrier = bench.open("relay", fail_safe=fail_safe)
    rest, before = bench.level(), len(bench.noted())
    assert not barrier.self_test()
    assert barrier.step(1.0) == math.inf
    barrier.close()
    horn = bench.open("relay", fail_safe=fail_safe, testable=True)
    assert len(bench.noted()) == before
    assert horn.self_test()
    assert list(bench.run(horn, 100)) == [(0.0, 1 - rest), (1.0, rest)]


def test_it_acts_for_as_long_as_the_alarm(bench: Bench) -> None:
    relay = bench.open("relay", level=1, fail_safe=False)
    assert relay.step(0.0) == math.inf
    assert relay.step(1e9) == math.inf
    assert bench.level() == 1
