"""Promise: from chip to alarm and back to the chip: while an alarm stands on what a sensor measures, or on what is derived from it, the sensor is
read at its event period; that begins within one event period and ends a minute after the event; nothing is flagged for it."""

from __future__ import annotations

import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from gateway.config import ConfigError, build
from gateway.haste import HOLD, behind
from hardware.sim.clock import SteppedClock
from tests.gateway.stepped import Node

CO = """
[[sensor]]
name = "co"
driver = "loop_4_20ma"
period = "1 s"
event_period = "0.2 s"
quantity = "carbon_monoxide"
unit = "[ppm]"
low = 0.0
high = 500.0
[[sensor]]
name = "calm"
driver = "loop_4_20ma"
channel = "A1"
period = "1 s"
event_period = "0.2 s"
quantity = "carbon_monoxide"
unit = "[ppm]"
low = 0.0
high = 500.0
[[alarm]]
name = "co"
series = "co"
a1 = 30.0
a2 = 100.0
hysteresis = 3.0
"""
SCENE = """
[signals.co]
kind = "steps"
steps = [[0, 5.0], [20.5, 50.0], [30.5, 5.0]]
[signals.calm]
kind = "constant"
value = 5.0
[chips."i2c-1:0x48"]
kind = "ads1115"
[chips."i2c-1:0x48".inputs.A0]
kind = "loop"
signal = "co"
lrv = 0.0
urv = 500.0
[chips."i2c-1:0x48".inputs.A1]
kind = "loop"
signal = "calm"
lrv = 0.0
urv = 500.0
"""
WATER = """
[[sensor]]
name = "distance"
driver = "ultrasonic_ff4"
model = "sen0754"
low = 100
high = 5000
port = "/dev/serial0"
period = "1 min"
event_period = "10 s"
series = { distance = "distance" }
[[derived]]
name = "depth"
kind = "depth"
from = "distance"
mount_height = 2500.0
survey_date = 2026-05-12
[[alarm]]
name = "water"
kind = "ladder"
series = "depth"
n = 1
m = 1
on_delay = "25 s"
off_delay = "40 s"
"""
FLOOD = """
[signals.distance]
kind = "steps"
steps = [[0, 2500.0], [100, 2300.0], [200, 2500.0]]
[chips."serial:/dev/serial0"]
kind = "ultrasonic"
model = "sen0754"
near = 100.0
far = 5000.0
signal = "distance"
"""


def test_it_begins_at_once_and_ends_a_minute_after(tmp_path: Path) -> None:
    node = Node(tmp_path, CO, SCENE, SteppedClock())
    node.until(120.0)
    assert node.changes() == [("co", "raised", 21.0), ("co", "cleared", 30.6)]
    times = node.read("co")
    before = [at for at in times if at <= 21.0]
    event = [at for at in times if 21.0 <= at <= 30.6 + HOLD]
    after = [at for at in times if at > 30.6 + HOLD + 1.0]
    assert before == [float(second) for second in range(22)]
    assert [round(later - earlier, 3) for earlier, later in pairwise(event)] == [0.2] * (len(event) - 1)
    assert event[1] == 21.2, "within one event period"
    assert event[-1] == pytest.approx(90.6, abs=0.21), "a minute after it cleared"
    assert after == [float(second) for second in range(92, 120)], "on its own grid again"
    assert node.read("calm") == [float(second) for second in range(120)], "nobody else"
    assert {reading.flags for reading in node.readings} == {0}, "early is not late, and not out of step"


def test_a_sensor_read_once_a_minute_is_hurried_by_what_is_derived_from_it(tmp_path: Path) -> None:
    node = Node(tmp_path, WATER, FLOOD, SteppedClock())
    node.until(500.0)
    assert node.changes() == [("water", "raised", 150.597), ("water", "cleared", 240.597)], "and not a minute later, as without a closer look"
    minutes, event, after = (0.597, 60.597), range(120, 301, 10), (360.597, 420.597, 480.597)
    assert node.read("distance") == [*minutes, *(second + 0.597 for second in event), *after], "from the first high reading, while the delay runs"
    assert {reading.reason for reading in node.readings} == {""}


def test_a_restart_in_the_event_goes_on_in_it(tmp_path: Path) -> None:
    clock = SteppedClock()
    first = Node(tmp_path, CO, SCENE, clock)
    first.until(25.0)
    assert first.app.stop()
    second = Node(tmp_path, CO, SCENE, clock)
    second.until(27.0)
    times = second.read("co")
    assert len(times) >= 9, "five a second from its first reading on"


def test_a_latched_alarm_that_only_waits_for_a_person_hurries_nobody(tmp_path: Path) -> None:
    node = Node(tmp_path, CO.replace("hysteresis = 3.0", "hysteresis = 3.0\nlatching = [1]"), SCENE, SteppedClock())
    node.until(130.0)
    (watch,) = node.app.guard.watches
    assert watch.state.latched
    assert node.app.attention.haste.places == frozenset()
    assert [at for at in node.read("co") if at > 100.0] == [float(second) for second in range(101, 130)]


def config(alarms: str, sensors: str = "") -> dict[str, frozenset[str]]:
    """By rule, the names of the series behind it."""
    tree = tomllib.loads(f'[node]\nsite = "daegu"\nname = "n1"\n{WATER.partition("[[alarm]]")[0]}{sensors}{alarms}')
    made = build(tree, Path("gateway.toml"), "00000000")
    names = [info.name for info in made.table().series]
    found = behind(made.alarms, made.sensors, made.derived, made.table())
    return {rule: frozenset(names[place] for place in places) for rule, places in found.items()}


SWITCH = '[[sensor]]\nname = "float"\ndriver = "float_switch"\npin = 5\nnormal = "open"\n'
RATE = '[[derived]]\nname = "rise"\nkind = "rate"\nfrom = "depth"\nwindow = "5 min"\nunit = "mm/min"\n'


def test_every_sensor_of_a_rule_counts_whatever_its_kind() -> None:
    found = config(
        RATE
        + '[[alarm]]\nname = "a"\nkind = "rise"\nseries = "rise"\ndepth = "depth"\na1 = 5.0\nfault_after = "10 min"\n'
        + '[[alarm]]\nname = "b"\nkind = "vote"\nneed = 1\npolicy = "degrade"\n'
        + 'members = [{ series = "depth", a1 = 100.0 }, { series = "float", a1 = 1.0 }]\n'
        + '[[alarm]]\nname = "c"\nseries = "float"\na1 = 1.0\n',
        SWITCH,
    )
    sonar = frozenset({"distance", "distance.jitter"})
    assert found["a"] == sonar
    assert found["b"] == sonar | {"float"}
    assert found["c"] == {"float"}


def problems(sensor: str, more: str = "") -> list[str]:
    tree = tomllib.loads(f'[node]\nsite = "daegu"\nname = "n1"\n[[sensor]]\nname = "s"\nport = "/dev/serial0"\n{sensor}\n{more}')
    try:
        build(tree, Path("gateway.toml"), "00000000")
    except ConfigError as error:
        return [str(problem) for problem in error.problems]
    return []


SONAR = 'driver = "ultrasonic_ff4"\nmodel = "a02yyuw"\n'


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ('period = "2 s"\nevent_period = "2 s"', 's.event_period = "2 s": not shorter than the period'),
        ('period = "2 s"\nevent_period = "0.01 s"', "20 ms to 1 d"),
        ('period = "4 s"\nevent_period = "1 s"', "up to 1.8 s from one reading to the next"),
        ('period = "1 s"\nevent_period = "0.5 s"\npings = 1', ""),
        ('period = "4 s"\nevent_period = "1.8 s"', ""),
    ],
)
def test_an_event_period_that_cannot_be_is_refused(keys: str, told: str) -> None:
    found = problems(SONAR + keys)
    assert bool(found) == bool(told), found
    assert all("event_period" in problem for problem in found)
    assert told.partition(": ")[2] in "".join(found)


def test_a_test_of_even_steps_and_an_event_period_contradict_each_other() -> None:
    quality = '[[quality]]\nseries = "{0}"\njitter = "0.1 s"\n'
    fast = SONAR + 'period = "4 s"\nevent_period = "2 s"\n'
    assert "differs on purpose" in "".join(problems(fast, quality.format("s.distance")))
    derived = '[[derived]]\nname = "depth"\nkind = "depth"\nfrom = "s.distance"\nmount_height = 2500.0\nsurvey_date = 2026-05-12\n'
    assert "differs on purpose" in "".join(problems(fast, derived + quality.format("depth")))
    assert not problems(SONAR + 'period = "4 s"\n', quality.format("s.distance"))
