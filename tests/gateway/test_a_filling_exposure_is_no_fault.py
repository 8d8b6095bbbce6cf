"""Promise: the alarm of an exposure is not at fault because its window fills after a start, however long the sensor warms up; one that never gets a
figure is at fault, and a sensor that fails is the fault of its own alarm at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway import derivation, rules
from gateway.config import ConfigError
from gateway.model import Flag, Quality, Reading, Reason
from gateway.rules import Change, Watch
from tests.gateway.post import read

SENSOR = """
[[sensor]]
name = "co"
driver = "loop_4_20ma"
period = "10 s"
quantity = "carbon_monoxide"
unit = "[ppm]"
low = 0.0
high = 500.0
[[alarm]]
name = "co"
series = "co"
a1 = 30.0
[[derived]]
name = "dose"
from = "co"
{keys}
[[alarm]]
name = "dose"
series = "dose"
a1 = 20.0
{more}
"""
STEL, TWA = 'kind = "stel"', 'kind = "twa"'
SHIFT = 'kind = "twa"\nrule = "shift"\nshift = "12 h"'
WARMING = (Quality.UNCERTAIN, int(Flag.WARM_UP), str(Reason.WARM_UP))
FINE = (Quality.GOOD, 0, "")


class Air:
    """A sensor, its exposure and the alarms on both, from a configuration as a person writes it."""

    def __init__(self, folder: Path, keys: str, more: str = "") -> None:
        config = read(SENSOR.format(keys=keys, more=more), folder)
        table = config.table()
        self.own, self.watch = (Watch(rule, rules.condition(rule, table)) for rule in config.alarms)
        made = config.derived[0]
        self._derive = derivation.load(made.kind).make(made.options, table.series[0], {})
        self.minute = 0.0

    def goes_on(self, minutes: float, value: float | None = 10.0, how: tuple[int, int, str] = FINE) -> list[str]:
        """What changes at the exposure's alarm in so many minutes; at the sensor's own it is prefixed."""
        changes: list[Change] = []
        own: list[Change] = []
        for step in range(round(minutes * 6)):
            ms = round(self.minute * 60_000) + step * 10_000
            reading = Reading(0, ms, None, value, *how)
            made = self._derive.take(reading, {})
            own += self.own.feed(reading)
            changes += self.watch.feed(Reading(1, ms, None, *made))
        self.minute += minutes
        return [f"own {change.what}" for change in own] + [change.what for change in changes]


KINDS = [(STEL, 0.5), (TWA, 7), (SHIFT, 10), (STEL + '\ngive = "so_far"', 0.1), (STEL + '\ngive = "lower_bound"', 0.1)]


@pytest.mark.parametrize(("keys", "hours"), KINDS)
@pytest.mark.parametrize("warm_up", [0, 25])
def test_a_start_is_no_fault(tmp_path: Path, keys: str, hours: float, warm_up: float) -> None:
    air = Air(tmp_path, keys)
    assert air.goes_on(warm_up, 10.0, WARMING) + air.goes_on(hours * 60) == []
    assert air.watch.demand is not None
    assert air.watch.demand.level == 0, "it judges by then"


def test_a_sensor_that_fails_is_the_fault_of_its_own_alarm_at_once(tmp_path: Path) -> None:
    air = Air(tmp_path, STEL)
    air.goes_on(30)
    assert air.goes_on(2, None, (Quality.BAD, 0, "timeout")) == ["own fault"]
    assert air.goes_on(50, None, (Quality.BAD, 0, "timeout")) == ["fault"], "in the end that of the exposure as well"
    assert "fault_cleared" in air.goes_on(20)


def test_one_that_never_gets_a_figure_is_at_fault(tmp_path: Path) -> None:
    air = Air(tmp_path, STEL)
    assert air.goes_on(45, 10.0, (Quality.UNCERTAIN, int(Flag.INDICATIVE), str(Reason.INDICATIVE))) == ["fault"]


def test_a_patience_that_ends_before_the_window_is_full_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="dose takes 21600 s to be ready, so the alarm would be at fault after every start"):
        Air(tmp_path, TWA, 'fault_after = "1 h"')
    assert Air(tmp_path, TWA, 'fault_after = "6 h"').watch.rule.fault_after == 21600
    assert Air(tmp_path, TWA + '\ngive = "lower_bound"').watch.rule.fault_after == 30.0, "a figure that stands at once needs no patience"
