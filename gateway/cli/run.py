"""Run the node: read the configuration, take the outbox, protect, record, tell the hub, until SIGTERM.

With --sim the buses are those of a scenario, and the drivers, the alarms, the outbox and the uplink are the real ones; what such a node keeps is
kept apart from a node of this machine.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from gateway import cli
from gateway.cli.check import DEFAULT, loaded

if TYPE_CHECKING:
    from gateway.app import App
    from gateway.config import Config
    from gateway.serve import Patience

HELP = "run the node"
FASTEST = 100_000.0
log = logging.getLogger("gateway")


class Unplayable(Exception):
    """The chips of a scenario are wrong, which shows when they are made, after the outbox was taken."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("config", type=Path, nargs="?", help=f"gateway.toml (default: {DEFAULT}, or the scenario's)")
    parser.add_argument("--sim", type=Path, metavar="SCENARIO", help="run on the simulated chips of a scenario (TOML)")
    parser.add_argument("--speed", type=speed, metavar="X", default=1.0, help="scenario seconds per second (with --sim)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the scenario's randomness (with --sim)")
    parser.add_argument("--state", type=Path, metavar="DIR", help="where the simulated node keeps its things; a second run goes on with them")
    parser.add_argument("--handover", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--verbose", action="store_true", help="say more in the log")


def speed(text: str) -> float:
    """A speed a scenario can be played at; ValueError, which is a mistake in usage, for anything else."""
    number = float(text)
    if not 0 < number <= FASTEST:  # not a number fails this too
        raise argparse.ArgumentTypeError(f"{text} is no speed; write a number above 0, at most {FASTEST:g}")
    return number


def run(arguments: argparse.Namespace) -> int:
    """Run until told to stop."""
    from gateway.serve import AlreadyRunning, serve

    logging.basicConfig(level=logging.DEBUG if arguments.verbose else logging.INFO, format="%(levelname)s %(threadName)s %(message)s")
    if arguments.state and not arguments.sim:
        print("--state is for --sim; a node on real chips has its places in its configuration, under [node]", file=sys.stderr)
        return cli.USAGE
    ready = _simulated(arguments) if arguments.sim else _real(arguments)
    if ready is None:
        return cli.CONFIGURATION
    config, make = ready
    try:
        return serve(make, Path(config.node.state), Path(config.node.runtime))
    except AlreadyRunning as error:
        print(error, file=sys.stderr)
        return cli.RUNNING
    except Unplayable as error:
        print(error, file=sys.stderr)
        return cli.CONFIGURATION
    except OSError as error:
        log.debug("where it failed", exc_info=True)
        where = f" {error.filename}:" if error.filename else ""
        print(
            f"the node cannot run:{where} {error.strerror or error}; "
            f"it needs {config.node.state} and {config.node.runtime}: make them for this user, or name others under [node]",
            file=sys.stderr,
        )
        return cli.FAULT


def _real(arguments: argparse.Namespace) -> tuple[Config, Callable[[Patience], App]] | None:
    from gateway.app import App
    from gateway.machine import linux

    config = loaded(arguments.config or DEFAULT)
    return None if config is None else (config, lambda patience: App(config, linux(config), patience))


def _simulated(arguments: argparse.Namespace) -> tuple[Config, Callable[[Patience], App]] | None:
    from gateway.app import App
    from gateway.demo.places import apart
    from gateway.demo.scenario import BadScenario
    from gateway.demo.simulation import simulation

    try:
        scenario = simulation(arguments.sim, arguments.speed, arguments.seed, arguments.handover)
    except BadScenario as error:
        print(error, file=sys.stderr)
        return None
    found = loaded(arguments.config or scenario.config)
    if found is None:
        return None
    config = apart(scenario.settle(found), arguments.sim, arguments.state)

    def make(patience: Patience) -> App:
        try:
            return App(config, scenario.machine(config), patience)
        except BadScenario as error:
            raise Unplayable(str(error)) from error

    print(f"simulated: state in {config.node.state}, `edge-gateway status --runtime {config.node.runtime}` tells how it is", file=sys.stderr)
    return config, make
