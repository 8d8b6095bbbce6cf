"""The part of a scenario file about copper: signals, chips with their inputs, faults. Typed, and anything unknown in it is refused.

    [signals.gas]                        a named function of scenario time (seconds)
    kind = "steps"                       constant, steps, ramps, noise, csv, sum or counter: hardware/sim/signals.py
    steps = [[0, 0.0], [600, 35.0]]

    [chips."i2c-1:0x48"]                 a chip on bus i2c-1 at address 0x48
    kind = "ads1115"                     a module of hardware.sim with the classes Wiring and Chip
    [chips."i2c-1:0x48".inputs.A0]       what is wired to its input A0
    kind = "loop"                        loop, cell, volts or code: hardware/sim/inputs.py
    signal = "gas"
    [chips."serial:/dev/serial0"]        a device behind a port
    [chips."gpio-5"]                     what is wired to pin GPIO5
    [chips.host]                         the computer itself

    [[faults]]                           what goes wrong, where and when: hardware/sim/faults.py
    kind = "nak"
    on = "i2c-1:0x48"                    a bus, a chip or an input (i2c-1:0x48/A0)
    from = 60
    to = 75

Tables of other names in the file (network, power, ...) belong to others and are not looked at here.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from hardware.errors import Refused
from hardware.sim.faults import AnyFault
from hardware.sim.signals import AnySignal

RECORDINGS = "EDGE_GATEWAY_RECORDINGS"
"""Environment variable that names the folder of recordings."""


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a world is built from. folder: where the file lies, the first place a recording is looked for."""

    signals: dict[str, AnySignal] = {}
    chips: dict[str, dict[str, Any]] = {}
    faults: tuple[AnyFault, ...] = ()
    folder: Path = Path()

    def recording(self, file: str) -> Path:
        """The path of a recording: beside the scenario file, else in the folder of recordings; Refused naming both where it is in neither."""
        places = [self.folder / file]
        if os.environ.get(RECORDINGS):
            places.append(Path(os.environ[RECORDINGS]) / file)
        for place in places:
            if place.is_file():
                return place
        hint = "" if len(places) > 1 else f"; set {RECORDINGS} to the folder of recordings"
        raise Refused(f"recording {file!r} is not at {' nor at '.join(str(place) for place in places)}{hint}")


def parse(data: Mapping[str, Any], folder: Path = Path()) -> Scenario:
    """The copper part of a parsed TOML file; Refused with path and reason where it is wrong."""
    mine = msgspec.to_builtins({key: data[key] for key in ("signals", "chips", "faults") if key in data})  # TOML times become text
    try:
        scenario = msgspec.convert(mine, Scenario)
    except msgspec.ValidationError as error:
        raise Refused(f"scenario: {error}") from error
    return msgspec.structs.replace(scenario, folder=folder)


def load(path: Path) -> Scenario:
    """Read a scenario file."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(f"scenario {path}: {error}") from error
    return parse(data, path.parent)
