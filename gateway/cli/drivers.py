"""List the sensor families and outputs this node knows, or show one: its physics and wiring, its options with their units, what it gives, and an
example."""

from __future__ import annotations

import argparse
import inspect
import sys
import textwrap
import tomllib

import msgspec

from gateway import cli
from gateway.cli import _options
from gateway.sections import Sensor
from hardware import driver, output
from hardware.errors import Refused
from hardware.quantities import convert

HELP = "list the drivers and outputs, or show one"


def configure(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("name", nargs="?", help="a driver or an output to show")


def run(arguments: argparse.Namespace) -> int:
    """Print the lists, or one page."""
    if arguments.name is None:
        _list("Sensors, under [[sensor]]", [(name, driver.load(name).doc) for name in driver.names()])
        _list("\nOutputs, under [[output]]", [(name, output.load(name).doc) for name in output.names()])
        return cli.FINE
    try:
        if arguments.name in output.names():
            _output(output.load(arguments.name))
        else:
            _sensor(driver.load(arguments.name))
    except Refused as error:
        print(error, file=sys.stderr)
        return cli.FAULT
    return cli.FINE


def _list(title: str, pages: list[tuple[str, str]]) -> None:
    print(title)
    for name, page in pages:
        print(f"{name:20} {page.strip().splitlines()[0]}")


def _sensor(family: driver.Family) -> None:
    print(family.doc.strip())
    _page(family.options)
    for key, names in family.choices.items():
        print(f"\nShipped for {key}: {', '.join(names())}")
    print(f"\nBeside these, of every sensor\n{inspect.cleandoc(Sensor.__doc__ or '')}\n")
    print("\n".join(_options.lines(Sensor)))
    print("\nGives (with the example above)\n")
    for channel in _example(family).channels():
        print(f"  {channel.name:16} {channel.quantity} in {channel.unit}, {channel.low:g} to {channel.high:g}")
    if family.signatures:
        print("\n`edge-gateway scan` knows it.")


def _output(kind: output.Kind) -> None:
    print(kind.doc.strip())
    _page(kind.options)


def _page(options: type) -> None:
    print(f"\nOptions\n{inspect.cleandoc(options.__doc__ or '')}\n")
    print("\n".join(_options.lines(options)))


def _example(family: driver.Family) -> driver.Options:
    """The options of the stanza that every driver's page ends with."""
    stanza = tomllib.loads(textwrap.dedent(f"[[sensor]]{family.doc.partition('[[sensor]]')[2]}"))["sensor"][0]
    shared = {field.encode_name for field in msgspec.structs.fields(Sensor)}
    options: driver.Options = msgspec.convert({k: v for k, v in stanza.items() if k not in shared}, family.options, dec_hook=convert)
    return options
