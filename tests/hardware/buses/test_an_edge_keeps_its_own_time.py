"""Edges are kept with the library's own time stamps and told on the node's clock, in order, once, bounded, whatever the library's clock is."""

from __future__ import annotations

from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory, MockPin

from hardware.buses.gpio import EDGES, Watch
from hardware.errors import HardwareError, PortGone

WHERE = "switch on GPIO5"


class Sticky(MockPin):  # type: ignore[misc]  # gpiozero has no types
    """A pin that, like lgpio's, goes on calling back when it is closed."""

    def close(self) -> None:
        self.function = "input"


class Ticking(MockFactory):  # type: ignore[misc]  # gpiozero has no types
    """A pin library whose ticks are of a clock of their own and wrap around, as pigpio's do."""

    def __init__(self, clock: Any) -> None:
        super().__init__(pin_class=Sticky)
        self.clock = clock
        self.offset = 4290.0

    def ticks(self) -> int:
        return int((self.clock.monotonic() + self.offset) * 1e6) % 2**32

    @staticmethod
    def ticks_diff(later: int, earlier: int) -> float:
        diff = (later - earlier) % 2**32
        return (diff - 2**32 if diff > 2**31 else diff) / 1e6


@pytest.fixture
def factory(clock: Any) -> Ticking:
    return Ticking(clock)


def edge(factory: Ticking, watch: Watch, level: int, at: float | None = None) -> None:
    """What the library does on its thread: at: node's monotonic seconds of its time stamp."""
    ticks = factory.ticks() if at is None else int((at + factory.offset) * 1e6) % 2**32
    pin = factory.pin("GPIO5")
    pin._state = bool(level)
    watch._note(ticks, level)


def test_ticks_become_seconds_of_the_nodes_clock(factory: Ticking, clock: Any) -> None:
    watch = Watch(5, "up", factory, clock, WHERE)
    assert watch.look().edges == []
    for wait in (1.25, 3.5, 2.0):  # the library's clock wraps meanwhile
        clock.advance(wait)
        edge(factory, watch, int(not factory.pin("GPIO5")._state))
    clock.advance(5)
    look = watch.look()
    assert [round(e.at - 10, 5) for e in look.edges] == [1.25, 4.75, 6.75]
    assert [e.level for e in look.edges] == [0, 1, 0]
    assert (look.level, look.lost, look.at) == (0, 0, 21.75)
    assert watch.look().edges == []


def test_edges_that_a_library_tells_out_of_order_are_put_in_order(factory: Ticking, clock: Any) -> None:
    watch = Watch(5, "up", factory, clock, WHERE)
    watch.look()
    clock.advance(10)
    for at, level in ((13.0, 1), (12.0, 0), (16.0, 1), (15.0, 0)):
        edge(factory, watch, level, at)
    assert [(round(e.at, 5), e.level) for e in watch.look().edges] == [(12, 0), (13, 1), (15, 0), (16, 1)]


def test_an_edge_that_the_last_look_saw_is_not_told_again(factory: Ticking, clock: Any) -> None:
    watch = Watch(5, "up", factory, clock, WHERE)
    watch.look()
    clock.advance(1)
    factory.pin("GPIO5")._state = False  # it changed, and its report is still on its way
    assert watch.look()[1:] == (0, [], 0)
    edge(factory, watch, 0, 10.999)
    clock.advance(1)
    assert watch.look()[1:] == (0, [], 0)
    edge(factory, watch, 1, 11.5)
    edge(factory, watch, 0, 11.6)
    assert [e.level for e in watch.look().edges] == [1, 0]


def test_an_edge_after_the_look_is_newer_than_the_look(factory: Ticking, clock: Any, mocker: Any) -> None:
    watch = Watch(5, "up", factory, clock, WHERE)
    watch.look()
    real = type(factory.pin("GPIO5"))._get_state

    def changes_just_after(pin: Any) -> Any:
        level = real(pin)
        clock.advance(0.0001)
        edge(factory, watch, 0)
        return level

    mocker.patch.object(type(factory.pin("GPIO5")), "_get_state", changes_just_after)
    assert watch.look().level == 0


@pytest.mark.parametrize("error", [1.7e3, -1.0e3])
def test_a_time_stamp_of_another_clock_is_not_believed_and_the_edge_is_told(factory: Ticking, clock: Any, error: float) -> None:
    watch = Watch(5, "up", factory, clock, WHERE)
    watch.look()
    clock.advance(4)
    edge(factory, watch, 0, clock.monotonic() + error)
    [told] = watch.look().edges
    assert 10 <= told.at <= 14
    assert told.level == 0


def test_what_does_not_fit_is_counted(factory: Ticking, clock: Any) -> None:
    watch = Watch(5, "up", factory, clock, WHERE)
    watch.look()
    for n in range(EDGES + 100):
        clock.advance(0.001)
        edge(factory, watch, n % 2)
    look = watch.look()
    assert (len(look.edges), look.lost) == (EDGES, 100)
    assert watch.look().lost == 0


def test_it_never_asks_the_library_to_debounce(factory: Ticking, clock: Any) -> None:
    Watch(5, "up", factory, clock, WHERE)
    assert factory.pin("GPIO5").bounce is None


def test_a_watchdog_report_is_no_edge(factory: Ticking, clock: Any) -> None:
    watch = Watch(5, "up", factory, clock, WHERE)
    watch.look()
    watch._note(factory.ticks(), 2)
    assert watch.look()[1:] == (1, [], 0)


def test_closing_lets_go_of_the_callback_and_may_be_done_twice(factory: Ticking, clock: Any) -> None:
    watch = Watch(5, "up", factory, clock, WHERE)
    watch.close()
    watch.close()
    assert factory.pin("GPIO5").when_changed is None
    Watch(5, "up", factory, clock, WHERE).close()


def test_a_pin_that_fails_is_an_error_of_our_tree_and_can_be_closed(simulate: Any, clock: Any) -> None:
    buses = simulate(
        '[signals.s]\nkind = "constant"\nvalue = 0\n[chips.gpio-5]\nkind = "contact"\nsignal = "s"\nlevel = 1\n'
        '[[faults]]\nkind = "unplugged"\non = "gpio"\nfrom = 5\n'
    )
    watch = Watch(5, "up", buses.pin(5, WHERE), clock, WHERE)
    clock.advance(5)
    with pytest.raises(PortGone, match=WHERE):
        watch.look()
    watch.close()
    with pytest.raises(HardwareError):
        Watch(5, "up", buses.pin(5, WHERE), clock, WHERE).look()
