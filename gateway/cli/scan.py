"""Find out what is connected: who answers on each I2C address and each serial port, the best guess which sensor it is, and the stanza to paste.

A scan listens, and asks for readings; it writes no setting and starts no measurement that changes a device. What a sensor says of itself on a bus
stands in the sensor's own file, so a new sensor is found without a change here. Not while the node runs, which its
configuration tells: two programs on one bus steal each other's answers. Pins and what hangs behind a converter say nothing of themselves: they are
for the person to name.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from gateway import cli
from gateway.claims import easy, slowest
from gateway.cli._copper import copper, place, state, untold
from gateway.cli.check import DEFAULT
from gateway.sections import SYSTEM_STATE, Sensor
from gateway.tomlfile import BadFile
from hardware import driver
from hardware.buses import OpenBuses
from hardware.driver import Clock, Family
from hardware.errors import HardwareError
from hardware.quantities import convert
from hardware.scout import Guess, OnI2C, OnSerial

HELP = "what answers on each bus, and the stanza to paste"
LISTEN = 2.5
"""Seconds to listen at each speed: the slowest talker says something once a second."""
SLICE = 0.1
"""Seconds after which a port gives what it has."""
MOST = 4096
"""Bytes of a port that are looked at; a line of noise ends there."""


class Found(NamedTuple):
    """A guess with its family and its place: the keys that say where it is."""

    family: Family
    guess: Guess
    place: dict[str, Any]


def configure(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("config", type=Path, nargs="?", help=f"gateway.toml of the node that may run here (default: {DEFAULT}, where there is one)")
    parser.add_argument("--sim", type=Path, metavar="SCENARIO", help="scan the simulated chips of a scenario instead")
    parser.add_argument("--i2c", action="store_true", help="only the I2C buses")
    parser.add_argument("--serial", action="store_true", help="only the serial ports")
    parser.add_argument("--port", action="append", metavar="PORT", help="only this serial port (may be given again)")


def run(arguments: argparse.Namespace) -> int:
    """Print what was found; 1 where nothing was, 75 where a node runs."""
    try:
        folder = None if arguments.sim else _state(arguments.config)
        with place(folder) as free:
            if not free:
                print(
                    f"a node runs on {folder}, and two would steal each other's answers; stop it first (systemctl stop edge-gateway)", file=sys.stderr
                )
                return cli.RUNNING
            opened = copper(arguments.sim)
            return cli.CONFIGURATION if opened is None else _scan(arguments, opened.make, opened.clock)
    except PermissionError as error:
        return untold(error)
    except BadFile as error:
        print(f"{arguments.config or DEFAULT}: {error.problem}", file=sys.stderr)
        return cli.CONFIGURATION


def _state(config: Path | None) -> Path:
    """Where the node that may run here keeps its things; the system's place where there is no configuration."""
    return state(config or DEFAULT) if config is not None or DEFAULT.exists() else Path(SYSTEM_STATE)


def _scan(arguments: argparse.Namespace, make: Callable[[], OpenBuses], clock: Clock) -> int:
    families = [driver.load(name) for name in driver.names()]
    buses = make()
    try:
        there = buses.present()
        found = 0
        for number in () if arguments.serial or arguments.port else there.i2c:
            found += _i2c(buses, number, families, clock)
    finally:
        buses.close()
    for port in () if arguments.i2c else arguments.port or there.serial:
        found += _serial(make, port, families, clock)
    if not found:
        print("nothing answered; check supply and wires, and that I2C and the serial port are enabled (raspi-config)", file=sys.stderr)
    return cli.FINE if found else cli.FAULT


def _i2c(buses: OpenBuses, number: int, families: list[Family], clock: Clock) -> int:
    """Print every address of a bus that answers; gives how many."""
    bus = buses.i2c(number)
    try:
        addresses = bus.scan()
    except HardwareError as error:
        print(f"i2c-{number}: {error}", file=sys.stderr)
        return 0
    for address in addresses:
        guesses = []
        for family in families:
            for signature in family.signatures:
                if isinstance(signature, OnI2C) and address in signature.addresses:
                    with suppress(HardwareError):
                        guess = signature.ask(bus, address, clock)
                        if guess is not None:
                            guesses.append(Found(family, guess, {"i2c": number, "address": address}))
        _tell(f"i2c-{number} address 0x{address:02x}", guesses, "answers, and nothing we know says so")
    return len(addresses)


def _serial(make: Callable[[], OpenBuses], port: str, families: list[Family], clock: Clock) -> int:
    """Print what answers on a port, at the first speed at which something does; gives how many."""
    signatures = [(family, signature) for family in families for signature in family.signatures if isinstance(signature, OnSerial)]
    heard: dict[str, int] = {}
    for settings in _speeds([signature for _, signature in signatures]):
        print(f"{port}: listening at {_words(settings)} ...", file=sys.stderr)
        buses = make()
        try:
            mine = [(family, signature) for family, signature in signatures if dict(signature.settings) == settings]
            guesses, count = _at(buses, port, settings, mine, clock)
        except HardwareError as error:
            print(f"{port}: {error}", file=sys.stderr)
            return 0
        finally:
            buses.close()
        if guesses:
            _tell(f"{port} at {_words(settings)}", guesses, "")
            return 1
        if count:
            heard[_words(settings)] = count
    told = "; ".join(f"{count} bytes at {speed}" for speed, count in heard.items())
    if told:
        print(f"{port}: something talks, and nothing we know talks so ({told})")
    return int(bool(told))


def _speeds(signatures: list[OnSerial]) -> Iterator[dict[str, Any]]:
    """The settings to try, those that most sensors have first."""
    counted: dict[str, int] = {}
    for signature in signatures:
        key = json.dumps(dict(signature.settings), sort_keys=True)
        counted[key] = counted.get(key, 0) + 1
    for key in sorted(counted, key=lambda key: (-counted[key], key)):
        yield json.loads(key)


def _words(settings: dict[str, Any]) -> str:
    return f"{settings.get('baudrate', 9600)} baud {settings.get('bytesize', 8)}{settings.get('parity', 'N')}{settings.get('stopbits', 1)}"


def _at(buses: OpenBuses, port: str, settings: dict[str, Any], signatures: list[tuple[Family, OnSerial]], clock: Clock) -> tuple[list[Found], int]:
    """What talks on its own, else what answers a question, and how many bytes were heard."""
    line = buses.serial(port, timeout=SLICE, **settings)
    with line.claimed():
        line.reset_input_buffer()
        said = _hear(line.read, clock, LISTEN, lambda data: False)
        found = [Found(family, guess, {"port": port}) for family, signature in signatures if (guess := signature.tell(said))]
        for family, signature in signatures if not found else ():
            if not signature.question:
                continue
            line.reset_input_buffer()
            line.write(signature.question)
            answer = _hear(line.read, clock, signature.wait, lambda data, tell=signature.tell: tell(data) is not None)  # type: ignore[misc]
            said += answer
            if guess := signature.tell(answer):
                found.append(Found(family, guess, {"port": port}))
    sure = [one for one in found if one.guess.sure]
    return sure or found, len(said)


def _hear(read: Callable[[int], bytes], clock: Clock, seconds: float, enough: Callable[[bytes], bool]) -> bytes:
    """What comes in that time, up to MOST bytes or until it is enough."""
    end = clock.monotonic() + seconds
    data = b""
    while clock.monotonic() < end and len(data) < MOST and not enough(data):
        data += read(256)
    return data


def _tell(where: str, found: list[Found], unknown: str) -> None:
    if not found:
        print(f"{where}: {unknown}")
    for one in found:
        print(f"{where}: {one.guess.what}{'' if one.guess.sure else ' (a guess: other devices answer so, too)'}\n")
        print("\n".join(f"    {line}" for line in stanza(one)) + "\n")


def stanza(found: Found) -> list[str]:
    """The lines to paste; what only the person can know stands there as a comment."""
    options = {**found.place, **found.guess.options}
    fields = {field.encode_name: field for field in msgspec.structs.fields(found.family.options)}  # type: ignore[arg-type]
    lines = ["[[sensor]]", f'name = "{found.family.name.replace("_", "-")}"', f'driver = "{found.family.name}"']
    lines += [f"{key} = {_toml(key, value)}" for key, value in options.items() if key in fields]
    wanted = [name for name, field in fields.items() if field.required and name not in options]
    if wanted:
        return lines + [f"# {name} =    to be filled in: edge-gateway drivers {found.family.name}" for name in wanted]
    try:
        made = msgspec.convert({key: value for key, value in options.items() if key in fields}, found.family.options, dec_hook=convert)
    except msgspec.ValidationError as error:
        return [*lines, f"# to be filled in: {error}"]
    if (least := slowest(made)) > Sensor("", "").period:
        lines.insert(3, f'period = "{easy(least):g} s"')
    return lines


def _toml(key: str, value: Any) -> str:
    if key == "address" and isinstance(value, int):
        return f"0x{value:02x}"
    return json.dumps(value, ensure_ascii=False)
