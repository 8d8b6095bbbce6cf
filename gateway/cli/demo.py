"""Play a scenario from the chip to the hub and account for every reading: a broker, a hub, a node and a link that can be cut, each a process of
its own. Without --scenario: a flash flood in an underpass with a release of carbon monoxide, the hub out of reach for a while, the node killed
once. Exit code 1 if anything was lost, duplicated, out of order, wrong, or not delivered in time, or if nothing was read at all.
"""

from __future__ import annotations

import argparse
import json
import math
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gateway import cli

if TYPE_CHECKING:
    from gateway.demo.play import Played

HELP = "play a scenario end to end and account for every reading"


def configure(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("--scenario", type=Path, metavar="FILE", help="a scenario (TOML); default: the one shipped")
    parser.add_argument("--speed", type=_speed, help="scenario seconds per second; default: the scenario's")
    parser.add_argument("--seed", type=int, default=1, help="seed of everything random (default: %(default)s)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep databases, outbox, logs and accounts there")
    parser.add_argument("--broker", metavar="URL", help="use this broker instead of the embedded one")
    parser.add_argument("--json", action="store_true", help="the last line of the output is the result as one object")


def _speed(text: str) -> float:
    """A speed at which a scenario comes to an end."""
    try:
        speed = float(text)
    except ValueError:
        speed = math.nan
    if not 0 < speed < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number greater than 0")
    return speed


class Ended(Exception):
    """SIGTERM or SIGINT came: which."""


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Raise Ended where SIGTERM or SIGINT comes, also where they were ignored; only the first, because ending must not be interrupted."""
    numbers = (signal.SIGTERM, signal.SIGINT)

    def end(number: int, _frame: object) -> None:
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        raise Ended(signal.Signals(number).name)

    old = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


def run(arguments: argparse.Namespace) -> int:
    """Play it and show the result."""
    from gateway.demo.play import BadScenario, Broken, play

    try:
        with ended_by_signals():
            played = play(arguments.scenario, arguments.speed, arguments.seed, arguments.keep, arguments.broker, sys.stderr)
    except BadScenario as error:
        print(error, file=sys.stderr)
        return cli.CONFIGURATION
    except (Broken, Ended) as error:
        print(f"demo: ended by {error}" if isinstance(error, Ended) else error, file=sys.stderr)
        return cli.FAULT
    return show(played, arguments.json)


def show(played: Played, as_json: bool) -> int:
    """Tell the result; gives the exit code that it deserves."""
    print(played.table)
    if as_json:
        print(json.dumps(played.summary))
    return cli.FINE if played.clean else cli.FAULT
