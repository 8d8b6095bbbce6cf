"""List the sensor families this node knows, or show one: its options with their units, its wiring, its data sheet."""

from __future__ import annotations

import argparse
import sys

import msgspec

from gateway import cli
from hardware import driver
from hardware.errors import Refused

HELP = "list the drivers, or show one"


def configure(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("name", nargs="?", help="a driver to show")


def run(arguments: argparse.Namespace) -> int:
    """Print the list, or one driver's page."""
    if arguments.name is None:
        for name in driver.names():
            print(f"{name:20} {driver.load(name).doc.strip().splitlines()[0]}")
        return cli.FINE
    try:
        family = driver.load(arguments.name)
    except Refused as error:
        print(error, file=sys.stderr)
        return cli.FAULT
    print(family.doc.strip())
    print(f"\nOptions\n{(family.options.__doc__ or '').strip()}\n")
    for field in msgspec.structs.fields(family.options):  # type: ignore[arg-type]
        default = "required" if field.required else f"default {field.default!r}"
        print(f"  {field.encode_name:16} {default}")
    return cli.FINE
