"""Promise: in maintenance a channel's readings are marked and its alarms stand still, whatever is done to it; it ends by itself, and orders that
break cost only themselves."""

from collections.abc import Sequence

import pytest

from gateway.appraisal import Appraiser
from gateway.contract.messages import Alarm
from gateway.derivation.section import derive
from gateway.guard import Guard
from gateway.inbox import Inbox
from gateway.model import ChannelState, Flag, Qartod, Quality, Reading, Reason, Sampled, SeriesInfo, qartod
from gateway.rules import Change, Watch
from hardware.sample import Sample, bad
from tests.gateway.watching import threshold
from tests.gateway.watching import watch as watch_of

CO = SeriesInfo("co", "carbon_monoxide", "[ppm]", 1, 0, 500, 1.0, 0.1)
LEVEL = SeriesInfo("level", "level", "mm", 0, 0, 5000, 1.0)
BOTH = Flag.MAINTENANCE | Flag.TEST


class House:
    """Guard on its own, with orders."""

    def __init__(self, watches: Sequence[Watch]) -> None:
        self.woken = 0
        known: dict[str, SeriesInfo | None] = {"co": CO, "level": LEVEL}
        rise = derive({"name": "rise", "kind": "rate", "from": "level", "window": "20 s"}, "derived", known, True, [])
        assert rise is not None
        self.appraiser = Appraiser([CO, LEVEL, rise.info], derived=[rise])
        self.inbox: Inbox[list[Sampled]] = Inbox(100)
        self.orders = Inbox(2, self._wake)  # type: ignore[var-annotated]
        self.readings: list[Reading] = []
        self.changes: list[Change] = []
        self.attended: list[Change] = []
        self.guard = Guard(self.appraiser, self.inbox, self.readings.append, self._phrase, lambda alarm: None, watches, orders=self.orders)

    def _wake(self) -> None:
        self.woken += 1

    def _phrase(self, change: Change, before: Sequence[Reading], on: Sequence[str]) -> Alarm:
        (self.attended if change.what in ("inhibited", "uninhibited") else self.changes).append(change)
        return None  # type: ignore[return-value]

    def feed(self, second: float, *samples: Sample) -> None:
        place = {"co": 0, "level": 1}
        self.inbox.put([Sampled(place[sample.channel], round(second * 1000), sample) for sample in samples])
        self.guard.step(second)


def gas(ppm: float) -> Sample:
    return Sample("co", round(ppm * 10), ppm)


def test_gas_that_a_person_brings_neither_raises_nor_faults() -> None:
    house = House([watch_of(threshold("co", "co", 30.0, fault_after=2.0))])
    house.orders.put(lambda appraiser: appraiser.maintain("co", 60_000))
    assert house.woken == 1
    for second in range(30):
        house.feed(second, gas(100.0) if second < 15 else bad("co", Reason.INHIBIT))
    assert not house.changes
    assert [change.what for change in house.attended] == ["inhibited"], "that it does not protect is told"
    assert all(Flag(r.flags) & BOTH == BOTH for r in house.readings)
    first, last = house.readings[0], house.readings[-1]
    assert (first.value, first.quality, first.reason) == (100.0, Quality.UNCERTAIN, "maintenance")
    assert (last.value, last.reason) == (None, Reason.INHIBIT)
    assert qartod(Quality(first.quality), first.raw, first.flags) is Qartod.NOT_EVALUATED
    assert house.guard.newest[0][1] is ChannelState.MAINTENANCE


def test_an_alarm_that_stands_is_not_cleared_by_clean_air_from_a_bottle() -> None:
    watch = watch_of(threshold("co", "co", 30.0))
    house = House([watch])
    house.feed(0, gas(50.0))
    house.orders.put(lambda appraiser: appraiser.maintain("co", 10_000))
    house.feed(1, gas(0.0))
    assert watch.state.level == 1
    house.feed(10, gas(0.0))
    assert [change.what for change in house.changes] == ["raised", "cleared"]
    assert [change.what for change in house.attended] == ["inhibited", "uninhibited"]
    assert house.changes[-1].reading.ms == 10_000


def test_it_ends_by_itself_and_by_release() -> None:
    house = House([])
    house.orders.put(lambda appraiser: appraiser.maintain("co", 5_000))
    for second in (4, 4.999, 5):
        house.feed(second, gas(1.0))
    assert [bool(r.flags) for r in house.readings] == [True, True, False]
    assert house.guard.newest[0][1] is ChannelState.NORMAL
    house.orders.put(lambda appraiser: appraiser.maintain("co", 100_000))
    house.feed(6, gas(1.0))
    house.orders.put(lambda appraiser: appraiser.release("co"))
    house.feed(7, gas(1.0))
    assert [bool(r.flags) for r in house.readings[3:]] == [True, False]


def test_other_channels_go_on_protecting() -> None:
    house = House([watch_of(threshold("level", "level", 150.0))])
    house.orders.put(lambda appraiser: appraiser.maintain("co", 60_000))
    house.feed(0, gas(400.0), Sample("level", 200, 200.0))
    assert [change.what for change in house.changes] == ["raised"]
    assert Flag(house.readings[1].flags) == Flag(0)


def test_what_is_derived_is_in_maintenance_too() -> None:
    house = House([watch_of(threshold("rise", "rise", 5.0, fault_after=0.0))])
    house.orders.put(lambda appraiser: appraiser.maintain("level", 60_000))
    for second in range(40):
        house.feed(second, Sample("level", 100 * second, 100.0 * second))
    assert not house.changes
    reading, state = house.guard.newest[2]
    assert (state, Flag(reading.flags) & BOTH) == (ChannelState.MAINTENANCE, BOTH)


def test_a_delay_that_began_before_begins_anew_after() -> None:
    house = House([watch_of(threshold("co", "co", 30.0, on_delay=5.0))])
    house.feed(0, gas(50.0))
    house.orders.put(lambda appraiser: appraiser.maintain("co", 10_000))
    house.feed(1, gas(50.0))
    for second in range(10, 15):
        house.feed(second, gas(50.0))
    assert not house.changes
    house.feed(15, gas(50.0))
    assert [change.what for change in house.changes] == ["raised"]


def test_an_order_that_breaks_costs_only_itself(caplog: pytest.LogCaptureFixture) -> None:
    house = House([watch_of(threshold("co", "co", 30.0))])
    house.orders.put(lambda appraiser: appraiser.maintain("no such", 1))
    house.orders.put(lambda appraiser: appraiser.expire("co", True))
    house.feed(0, gas(50.0))
    assert [change.what for change in house.changes] == ["raised"]
    assert Flag(house.readings[0].flags) == Flag.CALIBRATION_EXPIRED
    assert "order to guard" in caplog.text
