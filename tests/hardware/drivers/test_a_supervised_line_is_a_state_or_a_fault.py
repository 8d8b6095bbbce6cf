"""A supervised line: two resistances are states, everything else is a fault with its own name and no value."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hardware.driver import load
from hardware.errors import Nak
from hardware.quantities import convert
from hardware.sample import Quality, Reason, Sample

FAMILY = load("supervised_loop")
CIRCUIT = {"meaning": "alarm", "pull_up": 10_000, "end": 10_000, "alarm": 4_700}


def opened(buses: Any, clock: Any, **options: Any) -> Any:
    return FAMILY.open(msgspec.convert(CIRCUIT | options, FAMILY.options, dec_hook=convert), buses, clock)


def at_volts(volts: float) -> str:
    return f"""
[signals.v]
kind = "constant"
value = {volts}
[chips."i2c-1:0x48"]
kind = "ads1115"
inputs.A0 = {{ kind = "volts", signal = "v" }}
"""


def line(steps: str, wiring: str = "", faults: str = "") -> str:
    return f"""
[signals.s]
kind = "steps"
steps = {steps}
[chips."i2c-1:0x48"]
kind = "ads1115"
inputs.A0 = {{ kind = "supervised", signal = "s", level = 1.0{wiring} }}
{faults}
"""


GOLDEN = {"0.80 V": (1.0, None, 3200), "0.02 V": (None, Reason.SHORT_CIRCUIT, 61), "2.30 V": (None, Reason.WIRING, 23_000)}


def test_every_golden_voltage(vectors: Any, simulate: Any, clock: Any) -> None:
    rows = [row for row in vectors("contact") if row["params"].startswith("supervised loop")]
    circuit = "supervised loop: 3.3 V pull-up 10 kΩ, EOL 10 kΩ, alarm contact switches 4.7 kΩ in parallel"
    assert {row["input"]: row["params"] for row in rows} == dict.fromkeys(GOLDEN, circuit)
    for row in rows:
        value, reason, ohms = GOLDEN[row["input"]]
        state, resistance, volts = opened(simulate(at_volts(float(row["input"].split()[0]))), clock).read()
        assert (state.value, state.reason) == (value, reason), row
        assert resistance.value == pytest.approx(ohms, rel=0.01), row
        assert volts.value == pytest.approx(float(row["input"].split()[0]), abs=1e-4)


@pytest.mark.parametrize(
    ("volts", "told"),
    [
        (1.65, 0.0),  # 10 kilo-ohms
        (1.50, 0.0),
        (1.79, 0.0),
        (0.0, Reason.SHORT_CIRCUIT),
        (0.30, Reason.WIRING),  # 1 kilo-ohm: water in the junction box
        (1.10, Reason.WIRING),  # 5 kilo-ohms, between the states
        (3.29, Reason.DISCONNECTED),
        (3.30, Reason.DISCONNECTED),
        (3.25, Reason.DISCONNECTED),
    ],
)
def test_each_voltage_is_one_thing(simulate: Any, clock: Any, volts: float, told: float | Reason) -> None:
    state, resistance, _ = opened(simulate(at_volts(volts)), clock).read()
    assert (state.value if state.reason is None else state.reason) == told
    assert (resistance.value is None) == (told is Reason.DISCONNECTED)


@pytest.mark.parametrize("adds", ["parallel", "series"])
@pytest.mark.parametrize(("kind", "told"), [("open", Reason.DISCONNECTED), ("short", Reason.SHORT_CIRCUIT)])
def test_a_cut_and_a_shorted_cable_are_told_whatever_the_contact_does(simulate: Any, clock: Any, adds: str, kind: str, told: Reason) -> None:
    fault = f'[[faults]]\nkind = "{kind}"\non = "i2c-1:0x48/A0"\nfrom = 20\nto = 40\n'
    driver = opened(simulate(line("[[0, 0], [10, 1], [30, 0]]", f', adds = "{adds}", alarm = 10000', fault)), clock, adds=adds, alarm=10_000)
    seen = []
    for at in (5, 15, 25, 35, 45):
        clock.advance(at - clock.scenario())
        state = driver.read()[0]
        seen.append(state.reason or state.value)
    assert seen == [0, 1, told, told, 0]


def test_a_wet_cable_is_no_alarm(simulate: Any, clock: Any) -> None:
    driver = opened(simulate(line("[[0, 0]]", ", leak = 2000")), clock)
    assert driver.read()[0] == Sample("alarm", None, None, Quality.BAD, Reason.WIRING)


def test_what_it_is_comes_first_and_how_long_it_lasts_second(simulate: Any, clock: Any) -> None:
    fault = '[[faults]]\nkind = "open"\non = "i2c-1:0x48/A0"\nfrom = 31.5\nto = 32.5\n'
    driver = opened(simulate(line("[[0, 0], [10, 1], [11, 0], [20, 1], [25, 0], [30, 1], [40, 0]]", faults=fault)), clock, on_delay="3 s")
    seen = {}
    for at in range(1, 40):
        clock.advance(at - clock.scenario())
        seen[at] = driver.read()[0].value
    assert [at for at in seen if seen[at] == 1] == [23, 24, *range(36, 40)], "an open wire at 32 s begins the delay anew"
    assert [at for at in seen if seen[at] is None] == [32]


@pytest.mark.parametrize("fault", ['[[faults]]\nkind = "nak"\non = "i2c-1:0x48"\nfrom = 6.5\nto = 20.5\n', ""])
def test_time_in_which_nobody_looked_is_no_delay(simulate: Any, clock: Any, fault: str) -> None:
    driver = opened(simulate(line("[[0, 0], [5, 1]]", faults=fault)), clock, on_delay="10 s")
    seen = {}
    for at in (1, 4, 5.5, 6, *((7, 12) if fault else ()), 21, 22, 24, 27, 30, 31.5):
        clock.advance(at - clock.scenario())
        try:
            seen[at] = driver.read()[0].value
        except Nak:
            seen[at] = None
    assert [at for at, value in seen.items() if value == 1] == [31.5], "ten seconds of alarm that were seen"


def test_an_alarm_that_was_there_before_counts_at_once(simulate: Any, clock: Any) -> None:
    assert opened(simulate(line("[[0, 1]]")), clock, on_delay="60 s").read()[0].value == 1


def test_a_pin_at_the_end_of_its_range_gives_nothing(simulate: Any, clock: Any) -> None:
    samples = opened(simulate(at_volts(2.5)), clock, gain=2, source=2.0).read()
    assert {sample.reason for sample in samples} == {Reason.OVER_RANGE}
    assert samples[2].raw is not None


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"alarm": 100_000}, "told apart"),
        ({"alarm": 20_000, "tolerance": 0.3}, "told apart"),
        ({"pull_up": 10, "end": 10_000}, "codes apart"),
        ({"channel": "A0-A1"}, "pair"),
        ({"source": 5.0}, "source"),
        ({"gain": 4}, "source"),
        ({"end": 0}, "end"),
        ({"end": float("inf")}, "end = inf is no number"),
        ({"tolerance": float("nan")}, "tolerance"),
    ],
)
def test_a_circuit_that_cannot_work_is_refused(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=why):
        msgspec.convert(CIRCUIT | wrong, FAMILY.options, dec_hook=convert)
