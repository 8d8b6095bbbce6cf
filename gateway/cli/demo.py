"""Play a scenario from the chip to the hub and account for every reading: a broker, a hub, a node and a link that can be cut, each a process of
its own. Without --scenario: a flash flood in an underpass with a release of carbon monoxide, the hub out of reach for a while, the node killed
once. Exit code 1 if anything was lost, duplicated, out of order, or not delivered in time.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from gateway import cli

HELP = "play a scenario end to end and account for every reading"


def configure(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("--scenario", type=Path, metavar="FILE", help="a scenario (TOML); default: the one shipped")
    parser.add_argument("--speed", type=float, help="scenario seconds per second; default: the scenario's")
    parser.add_argument("--seed", type=int, default=1, help="seed of everything random (default: %(default)s)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep databases, outbox, logs and accounts there")
    parser.add_argument("--broker", metavar="URL", help="use this broker instead of the embedded one")
    parser.add_argument("--json", action="store_true", help="the last line of the output is the result as one object")


def run(arguments: argparse.Namespace) -> int:
    """Play it and show the result."""
    from gateway.demo.play import BadScenario, Broken, play

    try:
        result = play(arguments.scenario, arguments.speed, arguments.seed, arguments.keep, arguments.broker, sys.stderr)
    except BadScenario as error:
        print(error, file=sys.stderr)
        return cli.CONFIGURATION
    except Broken as error:
        print(error, file=sys.stderr)
        return cli.FAULT
    print(result.table)
    if arguments.json:
        print(json.dumps(result.summary))
    return cli.FINE if result.clean else cli.FAULT
