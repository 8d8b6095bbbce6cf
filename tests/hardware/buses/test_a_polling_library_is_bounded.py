"""DeadlineI2C: polls are paced, counted and ended; nothing is sent outside an exchange; the bus belongs to one exchange at a time."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from hardware.buses import i2c
from hardware.buses.i2c import DeadlineI2C, SharedI2C
from hardware.errors import Refused, Timeout


class Instantly:
    """A wire without delay whose device is ready after some questions."""

    def __init__(self, ready_after: int) -> None:
        self.asked = 0
        self.ready_after = ready_after

    def transfer(self, address: int, out: bytes, count: int) -> bytes:
        self.asked += bool(count)
        assert self.asked < 10_000, "nobody ends this wait"
        return bytes([self.asked > self.ready_after]) * count

    def close(self) -> None:
        return None


def bus(ready_after: int = 10**9) -> tuple[SharedI2C, Instantly]:
    wire = Instantly(ready_after)
    return SharedI2C("i2c-1", lambda: wire), wire


def library(view: Any) -> None:
    view.writeto(0x48, b"\x01\xc3\x83")
    buffer = bytearray(1)
    while not buffer[0]:
        view.writeto_then_readfrom(0x48, b"\x01", buffer)


@pytest.mark.parametrize("pace", [0.0005, 0.001, 0.003, 0.1])
def test_a_wait_for_ever_ends_at_the_deadline_on_a_wire_without_delay(clock: Any, pace: float) -> None:
    shared, wire = bus()
    view = DeadlineI2C(shared, clock)
    begun = clock.monotonic()
    with pytest.raises(Timeout), view.within(0.02, settle=0.008, pace=pace):
        library(view)
    assert clock.monotonic() - begun == pytest.approx(0.02)
    assert wire.asked == view.polls + 1 <= 0.012 / pace + 3


def test_the_first_question_waits_for_the_conversion_and_the_next_ones_a_little(clock: Any, mocker: Any) -> None:
    shared, _ = bus(ready_after=3)
    view = DeadlineI2C(shared, clock)
    sleep = mocker.spy(clock, "sleep")
    with view.within(0.02, settle=0.008, pace=0.001):
        library(view)
    assert [call.args[0] for call in sleep.call_args_list] == pytest.approx([0.008, 0.001, 0.001, 0.001])


def test_nothing_is_sent_outside_an_exchange(clock: Any) -> None:
    shared, wire = bus()
    with pytest.raises(Refused, match="within"):
        DeadlineI2C(shared, clock).writeto(0x48, b"")
    assert wire.asked == 0


def test_a_part_of_a_buffer_is_filled_and_sent(clock: Any, mocker: Any) -> None:
    shared, wire = bus(ready_after=0)
    transfer = mocker.spy(wire, "transfer")
    view = DeadlineI2C(shared, clock)
    with view.within(1):
        for both in (shared, view):
            buffer = bytearray(4)
            both.writeto_then_readfrom(0x48, b"abc", buffer, out_start=1, out_end=2, in_start=1, in_end=3)
            assert transfer.call_args.args == (0x48, b"b", 2)
            assert buffer == b"\0\1\1\0"
            both.readfrom_into(0x48, buffer, start=3)
            assert buffer == b"\0\1\1\1"
            both.writeto(0x48, b"abc", end=2)
            assert transfer.call_args.args == (0x48, b"ab", 0)


def test_a_thread_that_keeps_the_bus_is_named_and_not_waited_for_for_ever(clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(i2c, "CLAIM", 0.01)
    shared, _ = bus()
    held, done = threading.Event(), threading.Event()

    def hang() -> None:
        with shared.claimed():
            held.set()
            done.wait(10)

    thread = threading.Thread(target=hang)
    thread.start()
    held.wait(10)
    assert not shared.try_lock()
    with pytest.raises(Timeout, match="another thread held the bus"), DeadlineI2C(shared, clock).within(1):
        pytest.fail("the bus was held by two")
    done.set()
    thread.join(10)
    assert shared.try_lock()
    shared.unlock()
