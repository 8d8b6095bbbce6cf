"""A signal is a function of scenario time: same seed and time, same value, in any order of asking."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.errors import Refused
from hardware.sim.signals import Noise, noise, ramps, steps

SCENE = """
[signals.base]
kind = "constant"
value = 10
[signals.steps]
kind = "steps"
steps = [[0, 1], [10, 5.5], [20, 1]]
[signals.ramps]
kind = "ramps"
points = [[0, 0], [10, 100], [20, 0]]
[signals.noise]
kind = "noise"
sigma = 2.0
period = 0.5
[signals.all]
kind = "sum"
of = ["base", "steps", "noise"]
[signals.counter]
kind = "counter"
start = 100
stop = 102
"""


@pytest.mark.parametrize(
    ("name", "at", "value"),
    [
        *(("steps", at, value) for at, value in ((-5, 1), (0, 1), (9.99, 1), (10, 5.5), (99, 1))),
        *(("ramps", at, value) for at, value in ((-1, 0), (2.5, 25), (10, 100), (15, 50), (30, 0))),
        ("base", 3, 10),
    ],
)
def test_values_at_and_between_the_points(simulate: Any, name: str, at: float, value: float) -> None:
    assert simulate(SCENE).world.signal(name, at) == pytest.approx(value)


def test_a_sum_is_the_sum_of_its_parts(simulate: Any) -> None:
    world = simulate(SCENE, seed=3).world
    assert world.signal("all", 12.3) == pytest.approx(10 + 5.5 + world.signal("noise", 12.3))


def test_a_counter_counts_reads_and_not_time(simulate: Any) -> None:
    world = simulate(SCENE).world
    assert [world.signal("counter", 7.0, count) for count in range(5)] == [100, 101, 102, 100, 101]


@given(seed=st.integers(), times=st.lists(st.floats(0, 1e6), min_size=1, max_size=20))
def test_noise_is_the_same_whatever_was_asked_before(seed: int, times: list[float]) -> None:
    one, other = (noise(Noise(sigma=1.0, period=0.5), (seed, "x")) for _ in range(2))
    forward = {at: one(at, 0) for at in times}
    assert forward == {at: other(at, 0) for at in reversed(times)}


def test_noise_differs_by_seed_and_has_its_sigma() -> None:
    drawn = [[noise(Noise(sigma=2.0), (seed, "x"))(at, 0) for at in range(2000)] for seed in (1, 2)]
    assert drawn[0] != drawn[1]
    assert (sum(value**2 for value in drawn[0]) / 2000) ** 0.5 == pytest.approx(2.0, rel=0.1)


@pytest.mark.parametrize("points", [(), ((0.0, 1.0), (0.0, 2.0)), ((5.0, 1.0), (4.0, 2.0))])
def test_points_that_make_no_function_are_refused(points: Any) -> None:
    for kind in (steps, ramps):
        with pytest.raises(Refused, match="times that only grow"):
            kind(points)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[signals.a]\nkind = "sum"\nof = ["b"]', "'b' is not declared"),
        ('[signals.a]\nkind = "sum"\nof = ["a"]', "contains itself"),
        ('[signals.a]\nkind = "sine"', "Invalid value 'sine'.*signals"),
        ('[signals.a]\nkind = "constant"\nvalue = 1\nunit = "mm"', "unknown field `unit`"),
        ('[chips."i2c-1:0x48"]\nkind = "ads1299"', "no simulated chip 'ads1299'"),
        ('[chips."i2c-1:0x48"]\nkind = "world"', "no simulated chip 'world'"),
        ('[chips."i2c-1:0x48"]\nkind = "ads1115"\nvolt = 3', "i2c-1:0x48: .*unknown field `volt`"),
        ('[chips."i2c-1:0x48"]\nkind = "ads1115"\n[chips."i2c-1:0x48".inputs.A0]\nkind = "volts"\nsignal = "x"', "no signal 'x'"),
        ('[[faults]]\nkind = "nak"\non = "i2c-1:0x48"', "nothing called 'i2c-1:0x48'"),
        ('[chips."i2c-1:0x48"]\nkind = "ads1115"\n[[faults]]\nkind = "wrong"\non = "i2c-1:0x48"', "cannot suffer 'wrong'; it can: nak, off"),
        ('[[faults]]\nkind = "nak"\non = "x"\nfactor = 2', "unknown field `factor`"),
    ],
)
def test_a_mistake_in_a_scenario_is_refused_with_its_place(simulate: Any, text: str, told: str) -> None:
    with pytest.raises(Refused, match=told):
        simulate(text)
