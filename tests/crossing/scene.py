"""The node that is measured, as its files: scenario, configuration, handover.

On bus i2c-1 the gas detector is read ten times a second, and two others, which stand before it, once a second: one does not acknowledge, one holds
the clock until the kernel gives up. On bus i2c-3 a fourth never returns from a transfer.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from gateway.demo.handover import Handover, save
from tests.crossing.plan import Crossing, steps

HOST, SITE, NODE, SIREN = "hub.crossing.test", "lab", "crossing", "gpio-17"
PERIOD = 0.1
"""Seconds between two samples of the gas."""
LOW, THRESHOLD, HIGH = 10.0, 30.0, 60.0
"""The gas below and above, and the set point, ppm."""
FULL_SCALE = 500.0
FOREVER = 1e6
"""Scenario seconds after which nobody samples."""
SHUNT, RANGE = 150.0, 4.096
CODE = round((4.0 + 16.0 * THRESHOLD / FULL_SCALE) * SHUNT / 1000.0 / RANGE * 32768)
"""What the converter gives at the set point."""
GAS = "i2c-1:0x4a"
SICK = {"nak": "i2c-1:0x48", "stretch": "i2c-1:0x49", "hang": "i2c-3:0x48"}
"""Chips by what happens to them."""

_SENSOR = """
[[sensor]]
name = "{name}"
driver = "loop_4_20ma"
period = "{period}"
i2c = {bus}
address = {address}
quantity = "carbon_monoxide"
unit = "[ppm]"
low = 0.0
high = {full:g}
"""
_CONFIG = """
[node]
site = "{site}"
name = "{node}"
state = "{state}"
runtime = "{runtime}"
{sensors}
[hub]
url = "mqtt://{host}:{port}"
insecure = true

[[output]]
name = "siren"
kind = "siren"
pin = 17

[[alarm]]
name = "gas"
series = "gas"
a1 = {threshold:g}
hysteresis = 3.0
outputs = ["siren"]
"""
_CHIP = """
[chips."{name}"]
kind = "ads1115"
[chips."{name}".inputs.A0]
kind = "loop"
signal = "{signal}"
lrv = 0.0
urv = {full:g}
"""


class Places(NamedTuple):
    """Where the files of a run are. state: on a disk; runtime, reads, trace, tally: in memory, as a node's runtime directory is."""

    folder: Path
    memory: Path

    @property
    def state(self) -> Path:
        """The node's state directory."""
        return self.folder / "state"

    @property
    def runtime(self) -> Path:
        """Its runtime directory."""
        return self.memory / "run"

    @property
    def handover(self) -> Path:
        """What the node is handed."""
        return self.folder / "handover.json"

    @property
    def reads(self) -> Path:
        """Every completed read of a chip."""
        return self.memory / "reads.jsonl"

    @property
    def trace(self) -> Path:
        """Every change of an output."""
        return self.memory / "trace.jsonl"

    @property
    def tally(self) -> Path:
        """What the disturbances did."""
        return self.memory / "tally.jsonl"


def _chip(name: str, signal: str) -> str:
    return _CHIP.format(name=name, signal=signal, full=FULL_SCALE)


def _sensor(name: str, chip: str, period: str) -> str:
    bus, _, address = chip.removeprefix("i2c-").partition(":")
    return _SENSOR.format(name=name, period=period, bus=bus, address=address, full=FULL_SCALE)


def write(places: Places, crossings: Sequence[Crossing], port: int, origin: float, boot: str, sick: Sequence[str]) -> None:
    """Write all files. port: of the broker. origin: real monotonic time of scenario time 0. sick: which of SICK are wired at all."""
    there = {how: chip for how, chip in SICK.items() if how in sick}
    chips = "".join(_chip(chip, "still") for chip in there.values()) + _chip(GAS, "gas")
    sensors = "".join(_sensor(how, chip, "1 s") for how, chip in there.items()) + _sensor("gas", GAS, f"{PERIOD * 1000:g} ms")
    points = json.dumps(steps(crossings, LOW, HIGH))
    (places.folder / "scenario.toml").write_text(
        'title = "Crossings"\nlasts = "1 d"\nconfig = "gateway.toml"\n'
        f'[signals.gas]\nkind = "steps"\nsteps = {points}\n[signals.still]\nkind = "constant"\nvalue = {LOW}\n{chips}'
    )
    (places.folder / "gateway.toml").write_text(
        _CONFIG.format(site=SITE, node=NODE, state=places.state, runtime=places.runtime, sensors=sensors, host=HOST, port=port, threshold=THRESHOLD)
    )
    handed = Handover(
        origin=origin,
        speed=1.0,
        seed=1,
        boot=boot,
        booted=0.0,
        until=FOREVER,
        state=str(places.state),
        runtime=str(places.runtime),
        broker="",
        reads=str(places.reads),
        trace=str(places.trace),
    )
    save(handed, places.handover)
