"""Faults of the way between a chip and the node: garbled, repeated, late; the same for every chip, on every kind of bus, by seed and time alone."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from hardware.errors import Refused
from hardware.sim.faults import Garbled, Late
from hardware.sim.spoil import spoiled

SCENE = """
[signals.x]
kind = "ramps"
points = [[0, 1000.0], [1000, 2000.0]]
[signals.wet]
kind = "constant"
value = 1.0
[chips."serial:/dev/a"]
kind = "ultrasonic"
signal = "x"
[chips."i2c-1:0x74"]
kind = "dfrobot_multigas"
signal = "x"
[chips."gpio-5"]
kind = "contact"
signal = "wet"
level = 0.5
[chips.host]
kind = "raspberry_pi"
temperature = "x"
"""


def fault(kind: str, on: str, more: str = "") -> str:
    return f'{SCENE}[[faults]]\nkind = "{kind}"\non = "{on}"\nfrom = 10\nto = 20\n{more}\n'


@pytest.mark.parametrize(("shape", "like"), [("zeros", b"\0" * 4), ("ones", b"\xff" * 4)])
def test_a_shape_is_what_its_name_says(shape: str, like: bytes) -> None:
    assert spoiled(b"abcd", shape, Random(1)) == like
    assert spoiled(b"", shape, Random(1)) == b""


def test_a_cut_leaves_the_beginning_and_a_flip_turns_one_bit() -> None:
    for seed in range(50):
        cut, flipped = spoiled(b"abcd", "cut", Random(seed)), spoiled(b"abcd", "flipped", Random(seed))
        assert b"abcd".startswith(cut)
        assert 1 <= len(cut) < 4
        assert sum((one ^ other).bit_count() for one, other in zip(b"abcd", flipped, strict=True)) == 1
    assert len(spoiled(b"abcd", "random", Random(1))) == 4


def frames(buses: Any, clock: Any, seconds: float) -> bytes:
    port = buses.serial("/dev/a", baudrate=9600, timeout=0.01)
    port.reset_input_buffer()
    clock.advance(seconds)
    return bytes(port.read(port.in_waiting))


def test_a_serial_line_garbles_in_the_window_and_the_account_knows(simulate: Any, clock: Any, reads: Any) -> None:
    buses = simulate(fault("garbled", "serial:/dev/a", 'shape = "zeros"'))
    assert frames(buses, clock, 1.0)[0] == 0xFF
    counted = len(reads.read_text().splitlines())
    clock.advance(11 - clock.scenario())
    frames(buses, clock, 0.2)
    assert set(frames(buses, clock, 1.0)) == {0}
    assert len(reads.read_text().splitlines()) <= counted + 1, "what was garbled on the way was not held"
    clock.advance(21 - clock.scenario())
    frames(buses, clock, 0.2)
    assert 0xFF in frames(buses, clock, 1.0)


def test_a_repeated_frame_is_the_last_before_the_window(simulate: Any, clock: Any) -> None:
    buses = simulate(fault("repeated", "serial:/dev/a"))
    clock.advance(9.5)
    before = frames(buses, clock, 0.4)[-4:]
    clock.advance(12 - clock.scenario())
    frames(buses, clock, 0.5)
    after = frames(buses, clock, 2.0)
    said = after[after.index(0xFF) :][:4]
    assert said == before or abs(int.from_bytes(said[1:3]) - int.from_bytes(before[1:3])) <= 1  # one more may have come before the window
    assert after.count(said) >= 10


def test_late_words_come_late(simulate: Any, clock: Any) -> None:
    buses = simulate(fault("late", "serial:/dev/a", "seconds = 3"))
    port = buses.serial("/dev/a", baudrate=9600, timeout=0.01)
    clock.advance(10.2)
    port.reset_input_buffer()
    clock.advance(2.5)
    assert port.in_waiting == 0
    clock.advance(1.0)
    assert port.in_waiting > 0


def test_an_i2c_answer_is_garbled_as_long_as_it_was_and_only_where_asked(simulate: Any, clock: Any) -> None:
    buses = simulate(fault("garbled", "i2c-1:0x74", 'shape = "cut"\nonly = "00"'))
    bus = buses.i2c(1)
    clock.advance(11)
    answer = bus.transfer(0x74, b"\x00", 9)
    assert len(answer) == 9
    assert answer.endswith(b"\xff"), "nobody holds the wire after the cut"
    assert not bus.transfer(0x74, b"", 9).endswith(b"\xff"), "the answer to another question is left alone"


def test_a_pin_is_held_and_glitches_and_a_file_is_garbled(simulate: Any, clock: Any) -> None:
    buses = simulate(fault("garbled", "gpio-5", 'shape = "ones"') + '[[faults]]\nkind = "garbled"\non = "host"\nshape = "zeros"\nfrom = 10\n')
    from hardware.buses.gpio import Watch

    watch = Watch(5, "up", buses.pin(5, "test"), clock, "test")
    assert watch.look().level == 0
    clock.advance(11)
    look = watch.look()
    assert (look.level, len(look.edges)) == (1, 1)
    assert buses.host().read("/sys/class/thermal/thermal_zone0/temp").strip("\0") == ""


def test_a_glitch_is_two_edges_a_second(simulate: Any, clock: Any) -> None:
    buses = simulate(fault("garbled", "gpio-5", 'shape = "flipped"'))
    from hardware.buses.gpio import Watch

    watch = Watch(5, "up", buses.pin(5, "test"), clock, "test")
    clock.advance(15.5)
    look = watch.look()
    assert look.level == 0
    assert len(look.edges) == 2 * 6


def test_a_drill_may_add_faults_and_only_possible_ones(simulate: Any, clock: Any) -> None:
    world = simulate(SCENE).world
    world.suffer([Garbled(on="serial:/dev/a", start=0.0, shape="zeros")])
    assert world.fault("serial:/dev/a", Garbled)
    with pytest.raises(Refused, match="cannot suffer 'late'"):
        world.suffer([Late(on="gpio-5", seconds=1.0)])
    world.suffer([Garbled(on="gpio-5", start=0.0, end=1.0, shape="ones")])
    clock.advance(4000)
    world.suffer([])
    assert world.fault("gpio-5", Garbled, 0.5) is None, "forgotten an hour after its end"
    assert world.fault("serial:/dev/a", Garbled)
