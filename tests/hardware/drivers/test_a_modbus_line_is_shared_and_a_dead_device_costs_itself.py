"""Several Modbus devices on one line: a fault of one, or of the line, gives no number, costs the others nothing, and passes."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from hardware.errors import HardwareError, NotReady, PortGone, ProtocolError, Refused, Timeout
from hardware.sample import Sample
from tests.hardware.modbus import GAS, LINE, PROBE, RADAR, SCENE, device, fault, opened, options

# Several devices


def test_devices_share_a_line_and_one_may_close(simulate: Any, clock: Any) -> None:
    buses = simulate(SCENE)
    probe, gas = opened(buses, clock, **PROBE), opened(buses, clock, **GAS)
    assert probe.read() + gas.read() == [Sample("level", 2345, 2.345), Sample("gas", 35, 35.0)]
    probe.close()
    probe.close()
    assert gas.read() == [Sample("gas", 35, 35.0)]
    assert options(**PROBE).bus() == options(**GAS).bus() == LINE
    assert options(**PROBE).claims() == (f"{LINE}/1",)
    with pytest.raises(Refused, match="need the same settings"):
        opened(buses, clock, **(RADAR | {"parity": "even"}))


def test_a_dead_device_costs_its_own_time_only(simulate: Any, clock: Any) -> None:
    buses = simulate(SCENE + fault("off"))
    probe, gas = opened(buses, clock, **PROBE), opened(buses, clock, **GAS)
    probe.read()
    clock.advance(10 - clock.scenario())
    for _ in range(30):
        begun = clock.scenario()
        with pytest.raises(Timeout):
            probe.read()
        assert clock.scenario() - begun < 0.4
        begun = clock.scenario()
        assert gas.read() == [Sample("gas", 35, 35.0)]
        assert clock.scenario() - begun < 0.15
        clock.advance(1)
    clock.advance(63 - clock.scenario())
    assert probe.read()[0].value == 2.345


# Faults, by the simulated line


@pytest.mark.parametrize(
    ("kind", "more", "error"), [("off", "", Timeout), ("hang", "", Timeout), ("slow", "factor = 100", Timeout), ("garbage", "", HardwareError)]
)
def test_a_fault_gives_no_number_and_passes(simulate: Any, clock: Any, kind: str, more: str, error: type[HardwareError]) -> None:
    driver = opened(simulate(SCENE + fault(kind, more=more)), clock, **PROBE)
    assert driver.read()[0].value == 2.345
    clock.advance(10 - clock.scenario())
    for _ in range(25):
        with pytest.raises(error):
            driver.read()
        clock.advance(1)
    clock.advance(100 - clock.scenario())
    assert driver.read()[0].value == 3.0


@pytest.mark.parametrize(("on", "kind"), [(LINE, "unplugged"), ("serial", "unplugged"), (LINE, "off")])
def test_without_its_line_every_device_is_silent_and_back_after(simulate: Any, clock: Any, on: str, kind: str) -> None:
    buses = simulate(SCENE + fault(kind, on))
    drivers = [opened(buses, clock, **PROBE), opened(buses, clock, **GAS)]
    clock.advance(11)
    for driver in drivers:
        with pytest.raises(PortGone if kind == "unplugged" else Timeout):
            driver.read()
    clock.advance(60 - clock.scenario())
    assert all(driver.read()[0].value is not None for driver in drivers)


@pytest.mark.parametrize("baud", [1200, 2400, 4800, 19200, 38400, 57600, 115200])
def test_another_speed_gives_no_number(simulate: Any, clock: Any, baud: int) -> None:
    driver = opened(simulate(SCENE + fault("speed", LINE, more=f"baud = {baud}")), clock, **PROBE)
    clock.advance(10)
    for _ in range(5):
        with pytest.raises(HardwareError):
            driver.read()
        clock.advance(3)


def test_a_device_with_the_wrong_address_or_an_exception_is_told(simulate: Any, clock: Any) -> None:
    with pytest.raises(Timeout, match="only device 9 was heard"):
        opened(simulate(device("1", "answers_as = 9")), clock, **PROBE).read()
    with pytest.raises(NotReady, match="busy"):
        opened(simulate(device("1", "exception = 6")), clock, **PROBE).read()
    absent = SCENE.replace('4 = { signal = "level", scale = 1000, type = "i16" }', "")
    with pytest.raises(ProtocolError, match=r"exception 2 \(illegal data address.*registers 2 to 4 \(as on the wire\)"):
        opened(simulate(absent), clock, **PROBE).read()


def test_what_the_driver_got_is_what_the_device_wrote_down(simulate: Any, clock: Any, reads: Path) -> None:
    driver = opened(simulate(SCENE + fault("garbage") + fault("intermittent", start=70)), clock, **PROBE)
    got: list[int] = []
    while clock.scenario() < 130:
        with suppress(HardwareError):
            got += [sample.raw for sample in driver.read()]
        clock.advance(1)
    lines = [line.split(",") for line in reads.read_text().splitlines()]
    assert {(line[0], line[1]) for line in lines} == {(f'["{LINE}"', ' "1"')}
    assert got == [int(line[2]) for line in lines]
    assert len(got) > 20
