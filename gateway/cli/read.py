"""Read every configured sensor once and tell what it says: the raw number, the value, the quality in words. Nothing is recorded or sent.

Not while the node runs: two programs on one bus steal each other's answers.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import nullcontext
from pathlib import Path

from gateway import cli
from gateway.cli.check import DEFAULT, loaded
from gateway.config import Config, Mounted
from gateway.model import Quality, Sampled, SeriesInfo
from gateway.quality import judge
from hardware import driver
from hardware.buses import Buses
from hardware.driver import Clock
from hardware.errors import HardwareError, Refused
from hardware.sample import Sample, bad

HELP = "read every sensor once"


def configure(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("config", type=Path, nargs="?", help="gateway.toml (default: /etc/edge-gateway/gateway.toml, or the scenario's)")
    parser.add_argument("--sim", type=Path, metavar="SCENARIO", help="read the simulated chips of a scenario instead")


def run(arguments: argparse.Namespace) -> int:
    """Print a line per series; 1 where one gave no value."""
    from gateway.serve import AlreadyRunning, DirectoryLock

    copper = _copper(arguments.sim)
    if copper is None:
        return cli.CONFIGURATION
    path, buses, clock = copper
    try:
        config = loaded(arguments.config or path)
        if config is None:
            return cli.CONFIGURATION
        with DirectoryLock(Path(config.node.state)) if arguments.sim is None and Path(config.node.state).is_dir() else nullcontext():
            return _read(config, buses, clock)
    except AlreadyRunning as error:
        print(f"{error}; `edge-gateway status` tells what it reads", file=sys.stderr)
        return cli.RUNNING
    except PermissionError as error:
        print(f"{error.filename}: {error.strerror}; whether a node runs cannot be told: read as root or as the user of the service", file=sys.stderr)
        return cli.FAULT
    finally:
        buses.close()


def _copper(scenario: Path | None) -> tuple[Path, Buses, Clock] | None:
    """The default configuration, and the buses and clock to read with; None, told, where the scenario has a mistake."""
    if scenario is not None:
        from gateway.demo.scenario import BadScenario
        from gateway.demo.simulation import copper

        try:
            return copper(scenario)
        except (BadScenario, Refused) as error:
            print(error, file=sys.stderr)
            return None
    from gateway.clock import SystemClock
    from hardware.buses.linux import LinuxBuses

    return DEFAULT, LinuxBuses(), SystemClock()


def _read(config: Config, buses: Buses, clock: Clock) -> int:
    infos = {info.name: info for info in config.table().series}
    fine = True
    for mounted in config.sensors:
        for sample in _samples(mounted, buses, clock):
            line, good = describe(infos[mounted.series[sample.channel]], sample)
            fine = fine and good
            print(line)
    return cli.FINE if fine else cli.FAULT


def _samples(mounted: Mounted, buses: Buses, clock: Clock) -> list[Sample]:
    """What a sensor says; where it fails, a BAD sample per channel and the error in words on stderr."""
    try:
        opened = driver.load(mounted.sensor.driver).open(mounted.options, buses, clock)
        try:
            return list(opened.read())
        finally:
            opened.close()
    except HardwareError as error:
        print(f"{mounted.sensor.name}: {error}", file=sys.stderr)
        return [bad(name, error.reason) for name in mounted.series]


def describe(info: SeriesInfo, sample: Sample) -> tuple[str, bool]:
    """A series in words, and whether it gave a value."""
    reading = judge(info, Sampled(0, 0, sample))
    value = "no value" if reading.value is None else f"{reading.value:.{info.decimals}f} {info.unit}"
    raw = "nothing read" if reading.raw is None else f"raw {reading.raw}"
    why = f" ({reading.reason})" if reading.reason else ""
    return f"{info.name:24} {value:>16}  {raw:>14}  {Quality(reading.quality).name.lower()}{why}", reading.value is not None
