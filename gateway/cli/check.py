"""Check a configuration without touching any hardware: every mistake at once, each with its path, the value found, and what to write instead.

What this user cannot have and the service's user may is a warning, not a mistake.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from gateway import cli, config, regional

HELP = "check a configuration"
PRESSES = {"silence": "silences every alarm that sounds, for 60 s", "ack": "acknowledges every alarm"}
HOLDS = {"test": "has every output show itself", "reset": "resets every alarm that only its latch holds", "none": ""}
DEFAULT = Path("/etc/edge-gateway/gateway.toml")


def configure(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("config", type=Path, nargs="?", default=DEFAULT, help="gateway.toml (default: %(default)s)")


def loaded(path: Path) -> config.Config | None:
    """The configuration; None, after telling every mistake on stderr, where it cannot be used."""
    try:
        return config.load(path)
    except config.ConfigError as error:
        print(error, file=sys.stderr)
        count = len(error.problems)
        print(f"{count} mistake{'s' if count > 1 else ''}; nothing was started", file=sys.stderr)
        return None


def run(arguments: argparse.Namespace) -> int:
    """Tell what the configuration would run, or what is wrong with it."""
    found = loaded(arguments.config)
    if found is None:
        return cli.CONFIGURATION
    print(f"{arguments.config}: fine, node {found.node.name} of {found.node.site}, digest {found.digest}")
    derived = {item.info.name: f", {item.kind} from {item.source}" for item in found.derived}
    for info in found.table().series:
        of = derived.get(info.name, "")
        print(f"  {info.name}: {info.quantity} in {info.unit}, {info.low:g} to {info.high:g}, every {info.period:g} s{of}")
    for checks in found.checks:
        print(f"  quality of {checks.series}: {', '.join(checks.tests())}")
    for button in found.buttons:
        hold = HOLDS[button.hold]
        more = f"; held for {button.hold_for:g} s it {hold}" if hold else ""
        print(f"  button {button.name} on {button.series}: a press {PRESSES[button.press]}{more}")
    explain(found)
    for doubt in doubts(found):
        print(f"{arguments.config}: warning: {doubt}", file=sys.stderr)
    return cli.FINE


def explain(found: config.Config) -> None:
    """Print what each set point stands for in the region of the node, and what that warns of."""
    infos = {info.name: info for info in found.table().series}
    for alarm in found.alarms:
        for number, lines in regional.explained(found.node, alarm, infos):
            print(f"  alarm {alarm.name} {number}")
            for line in lines:
                print(f"    {line}")
    if found.alarms and not found.node.region:
        print('  no region is named: the set points are held against nobody\'s limits; write region = "KR" (or VN, US, EU) under [node]')


def doubts(found: config.Config) -> Iterator[str]:
    """What would not work for the user who asks, looked at without changing anything."""
    for key, path in (("node.state", Path(found.node.state)), ("node.runtime", Path(found.node.runtime))):
        wrong = _unusable(path)
        if wrong:
            yield f'{key} = "{path}": {wrong} for this user; the service has it made for its own, else make it or name another directory'
    infos = {info.name: info for info in found.table().series}
    origin = {item.info.name: item.source for item in found.derived}
    yield from (f"alarm {said.rule.name}.{said}" for said in regional.remarks(found.node, found.alarms, infos, origin))
    for key, file in found.hub.files():
        if not os.access(file, os.R_OK):
            yield f'hub.{key} = "{file}": not readable for this user; let the user of the service read it'


def _unusable(path: Path) -> str:
    """Why a directory cannot be used, or made, with the rights of this process; empty where it can."""
    there = next(folder for folder in (path, *path.absolute().parents) if os.path.lexists(folder))
    if not there.is_dir():
        return "no directory and cannot be made one" if there == path else f"cannot be made, {there} is no directory,"
    if os.access(there, os.W_OK | os.X_OK):
        return ""
    return "not writable" if there == path else f"not there and cannot be made in {there}"
