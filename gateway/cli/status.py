"""Tell what the node is doing: its sensors in words, alarms, outbox, hub and clock, from the snapshot it leaves in its runtime directory.

Exit code 1 where no node left one, where the node has stopped, and where a sensor, an alarm, an output, the disk or a thread is at fault.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from gateway import cli
from gateway.clock import real
from gateway.sections import SYSTEM_RUNTIME
from gateway.status.snapshot import FILE, load
from gateway.status.words import faults, lines, silence, understood

HELP = "tell what the node is doing"


def configure(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("--runtime", type=Path, default=Path(SYSTEM_RUNTIME), help="the node's runtime directory (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="the snapshot itself")


def run(arguments: argparse.Namespace) -> int:
    """Print it; 1 where no node left a snapshot, it is a dead node's, or something in it is at fault."""
    found = load(arguments.runtime)
    if found is None:
        print(f"no node has left a snapshot in {arguments.runtime}; is it running? `systemctl status edge-gateway` tells", file=sys.stderr)
        return cli.FAULT
    if arguments.json:
        print(json.dumps(found))
    try:
        shot = understood(found)
    except ValueError as error:
        print(f"{arguments.runtime / FILE} is another version's: {error}; --json shows it as it is", file=sys.stderr)
        return cli.FAULT
    silent = silence(shot, real())
    if silent:
        print(f"node {shot.node}: {silent}", file=sys.stderr)
    if not arguments.json:
        print("\n".join(lines(shot)))
    return cli.FAULT if silent or faults(shot) else cli.FINE
