"""The current of a simulated pressure probe against the pascals on its two sides, worked out by hand; spoken to in bytes alone."""

from __future__ import annotations

from typing import Any

import pytest

from hardware.errors import Refused

SCENE = """
[signals.water]
kind = "constant"
value = {depth}
[signals.air]
kind = "constant"
value = {air}
[chips."i2c-1:0x48"]
kind = "ads1115"
[chips."i2c-1:0x48".inputs.A0]
kind = "probe"
signal = "water"
air = "air"
urv = 20
{more}
"""


def current(simulate: Any, clock: Any, depth: float, air: float, more: str = "") -> float:
    """mA, by a conversion of A0 at 4.096 V."""
    bus = simulate(SCENE.format(depth=depth, air=air, more=more)).i2c(1)
    bus.transfer(0x48, bytes.fromhex("01c383"), 0)
    clock.advance(0.02)
    return int.from_bytes(bus.transfer(0x48, b"\x00", 2), signed=True) * 125e-6 / 0.150


@pytest.mark.parametrize(
    ("depth", "air", "more", "expected"),
    [
        (5.0, 1013.25, "", 8.0),  # a quarter of 20 m
        (5.0, 950.0, "", 8.0),  # the vent lets the air behind the diaphragm
        (5.0, 1013.25, "density = 1025", 8.1),
        (0.0, 980.665, 'behind = "vacuum"', 12.0),  # 10 m of water weigh 98,066.5 Pa
        (5.0, 980.665, 'behind = "vacuum"', 16.0),
        (5.0, 980.665, 'behind = "sealed"\nsealed_at = 980.665', 8.0),
        (5.0, 1078.7315, 'behind = "sealed"\nsealed_at = 980.665', 8.8),  # 98.0665 hPa more are 1 m
        (-1.0, 1013.25, "", 3.8),
        (30.0, 1013.25, "", 20.5),
        (5.0, 1013.25, "floor = 3.9\nceiling = 7.0", 7.0),
    ],
)
def test_the_current(simulate: Any, clock: Any, depth: float, air: float, more: str, expected: float) -> None:
    assert current(simulate, clock, depth, air, more) == pytest.approx(expected, abs=0.001)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [('kind = "open"', 0.0), ('kind = "failed"', 1.0), ('kind = "wrong"\nfactor = 2', 12.0), ('kind = "wrong"\noffset = 5', 12.0)],
)
def test_its_faults(simulate: Any, clock: Any, fault: str, expected: float) -> None:
    assert current(simulate, clock, 5.0, 1000, f'[[faults]]\non = "i2c-1:0x48/A0"\n{fault}') == pytest.approx(expected, abs=0.001)


def test_air_that_is_not_declared_is_refused_at_once(simulate: Any) -> None:
    with pytest.raises(Refused, match="there is no signal 'weather'"):
        simulate(SCENE.format(depth=1, air=1000, more="").replace('air = "air"', 'air = "weather"'))
