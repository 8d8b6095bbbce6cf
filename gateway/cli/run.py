"""Run the node: read the configuration, take the outbox, protect, record, tell the hub, until SIGTERM.

With --sim the buses are those of a scenario, and the drivers, the alarms, the outbox and the uplink are the real ones.
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from gateway import cli
from gateway.cli.check import loaded

HELP = "run the node"


def configure(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("config", type=Path, nargs="?", help="gateway.toml (default: /etc/edge-gateway/gateway.toml, or the scenario's)")
    parser.add_argument("--sim", type=Path, metavar="SCENARIO", help="run on the simulated chips of a scenario (TOML)")
    parser.add_argument("--speed", type=float, default=1.0, help="scenario seconds per second (with --sim)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the scenario's randomness (with --sim)")
    parser.add_argument("--handover", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--verbose", action="store_true", help="say more in the log")


def run(arguments: argparse.Namespace) -> int:
    """Run until told to stop."""
    from gateway.app import App
    from gateway.machine import linux
    from gateway.serve import AlreadyRunning, serve

    logging.basicConfig(level=logging.DEBUG if arguments.verbose else logging.INFO, format="%(levelname)s %(threadName)s %(message)s")
    scenario = None
    if arguments.sim:
        from gateway.demo.scenario import BadScenario
        from gateway.demo.simulation import simulation

        try:
            scenario = simulation(arguments.sim, arguments.speed, arguments.seed, arguments.handover)
        except BadScenario as error:
            print(error, file=sys.stderr)
            return cli.CONFIGURATION
    default = scenario.config if scenario else Path("/etc/edge-gateway/gateway.toml")
    config = loaded(arguments.config or default)
    if config is None:
        return cli.CONFIGURATION
    config = scenario.settle(config) if scenario else config
    make = (lambda: App(config, scenario.machine(config))) if scenario else (lambda: App(config, linux(config)))
    try:
        return serve(make, Path(config.node.state), Path(config.node.runtime))
    except AlreadyRunning as error:
        print(error, file=sys.stderr)
        return cli.RUNNING
