"""Check a configuration without touching any hardware: every mistake at once, each with its path, the value found, and what to write instead."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from gateway import cli, config

HELP = "check a configuration"


def configure(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("config", type=Path, nargs="?", default=Path("/etc/edge-gateway/gateway.toml"), help="gateway.toml (default: %(default)s)")


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
    for info in found.table().series:
        print(f"  {info.name}: {info.quantity} in {info.unit}, {info.low:g} to {info.high:g}, every {info.period:g} s")
    return cli.FINE
