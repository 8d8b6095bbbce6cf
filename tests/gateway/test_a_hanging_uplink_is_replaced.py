"""Promise: an uplink past its deadline is abandoned and replaced and never ends the process; being offline is not a fault. A joined node runs its
whole way on stepped time: chip, driver, guard, recorder, outbox."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from gateway.app import App, Machine
from gateway.config import load
from gateway.machine import broker_of
from gateway.outbox import RealDisk
from gateway.uplink import MqttLink
from hardware.sim.buses import SimBuses
from hardware.sim.clock import SteppedClock
from hardware.sim.scenario import parse
from hardware.sim.world import World

SCENARIOS = Path(__file__).parents[1] / "scenarios"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """A joined node that is not started: the test steps its parts."""
    config = load(SCENARIOS / "gas_chilbolton_ch4.gateway.toml")
    config = msgspec.structs.replace(config, node=msgspec.structs.replace(config.node, state=str(tmp_path / "state"), runtime=str(tmp_path / "run")))
    clock = SteppedClock()
    scenario = tomllib.loads("""
[signals.ch4]
kind = "steps"
steps = [[0, 2.0], [30, 20.0], [60, 2.0]]
[chips."i2c-1:0x48"]
kind = "ads1115"
[chips."i2c-1:0x48".inputs.A0]
kind = "loop"
signal = "ch4"
lrv = 0.0
urv = 100.0
""")
    buses = SimBuses(World(parse(scenario), clock))
    disks = RealDisk(tmp_path / "state"), RealDisk(tmp_path / "run")
    joined = App(config, Machine("m", clock, buses, *disks, lambda: MqttLink(broker_of(config), "n"), simulated=True))
    yield joined
    joined.stop()


def test_it_is_abandoned_and_another_takes_its_seat(app: App) -> None:
    hanging = app.supervisor.seats["uplink"]
    hanging.beat -= 181.0
    others = {seat.name: seat for seat in app.supervisor.seats.values() if seat.name != "uplink"}
    assert app.supervisor.check(), "it is dealt with: the watchdog may be stroked"
    replaced = app.supervisor.seats["uplink"]
    assert replaced is not hanging
    assert hanging.stop.is_set()
    assert replaced.thread is not None
    assert replaced.thread.is_alive()
    assert {seat.name: seat for seat in app.supervisor.seats.values() if seat.name != "uplink"} == others
    assert app.failed == set()


def test_a_dead_recorder_is_no_business_of_the_uplink(app: App) -> None:
    app.supervisor.seats["recorder"].beat -= 3600.0
    assert not app.supervisor.check()
    assert app.failed == {"recorder"}


def test_the_parts_carry_a_reading_and_an_alarm_to_the_outbox(app: App) -> None:
    clock = app.clock
    assert isinstance(clock, SteppedClock)
    (sampler,) = app.samplers
    while clock.monotonic() < 130.0:
        upcoming = sampler.step(clock.monotonic())
        for worker in (app.guard, app.recorder):
            worker.step(clock.monotonic())
        app.outbox.flush()
        clock.advance(max(0.0, upcoming - clock.monotonic()))
    held = {(lane.value, last) for _, lane, _, last in app.outbox.held()}
    changes = [msgspec.json.decode(offer.payload)["change"] for offer in app.outbox.read(app.outbox.epoch, "alarm", 0, 1 << 20)]  # type: ignore[arg-type]
    assert changes == ["raised", "cleared"]
    assert ("alarm", 2) in held
    assert app.recorder.recorded == 40
    assert app.guard.shown == {}
