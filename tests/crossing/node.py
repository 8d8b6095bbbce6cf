"""`python -m tests.crossing.node FOLDER MEMORY SINCE FAULT...`: the node, with the named faults beneath it from scenario second SINCE on."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from gateway.app import App
from gateway.cli.check import loaded
from gateway.config import Config
from gateway.demo import handover
from gateway.demo.simulation import Simulation, simulation
from gateway.machine import broker_of
from gateway.patience import Patience
from gateway.serve import serve
from hardware.sim.pins import SimulatedPin
from tests.crossing.faults import CountedLink, SickChip, SickDisk, SickResolver
from tests.crossing.scene import HOST, SICK, Places
from tests.crossing.tally import Tally


def app(config: Config, scenario: Simulation, tally: Tally, since: float, faults: set[str], patience: Patience) -> App:
    """The App as it is, on a machine whose chips fall ill."""
    machine = scenario.machine(config)
    world = machine.buses.world  # type: ignore[attr-defined]
    for how in faults & SICK.keys():
        world.chips[SICK[how]] = SickChip(world.chips[SICK[how]], world, tally, since, how)
    return App(config, machine._replace(link=lambda: CountedLink(broker_of(config), config.node.name, tally)), patience)


def note_what_opens() -> None:
    """Have the level an output opens with noted too: in this process the simulated pin was low before, a real one is as the last process left it."""
    plain = SimulatedPin.output_with_state

    def opened(pin: SimulatedPin, state: int) -> None:
        plain(pin, state)
        if pin.factory.trace is not None:
            pin.factory.trace.output(f"gpio-{pin.number}", int(state))

    SimulatedPin.output_with_state = opened


def main(folder: str, memory: str, since: str, *faults: str) -> int:
    """Run until told to stop; the exit code is the node's."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(threadName)s %(message)s")
    places, wanted = Places(Path(folder), Path(memory)), set(faults)
    tally = Tally(places.tally)
    tally.note("start")
    origin = handover.load(places.handover).origin
    scenario = simulation(places.folder / "scenario.toml", 1.0, 1, places.handover)
    found = loaded(scenario.config)
    if found is None:
        return 78
    config = scenario.settle(found)
    note_what_opens()
    places.state.mkdir(parents=True, exist_ok=True)
    SickDisk(places.state, tally, origin + float(since), "fsync" in wanted, "full" in wanted).install()
    SickResolver(HOST, tally, origin + float(since) if "dns" in wanted else None).install()
    return serve(lambda patience: app(config, scenario, tally, float(since), wanted, patience), places.state, places.runtime)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
