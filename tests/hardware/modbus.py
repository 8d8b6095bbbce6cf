"""A scene of Modbus devices on one line, and a device that says exactly what it is given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from hardware.driver import load
from hardware.drivers._modbus import sealed
from hardware.quantities import convert

PORT = "/dev/ttyUSB0"
LINE = f"serial:{PORT}"
FAMILY = load("modbus_rtu")
PROBE = {"port": PORT, "device": 1, "profile": "level_probe", "ranges": {"level": [0, 5]}}
RADAR = {"port": PORT, "device": 2, "profile": "geolux_lx80", "parity": "none"}
GAS = {"port": PORT, "device": 5, "profile": "copeland_c", "baud": 9600, "parity": "none", "stop_bits": 1, "ranges": {"gas": [0, 1000]}}
SCENE = f"""
[signals.level]
kind = "steps"
steps = [[0, 2.345], [100, 3.0]]
[signals.gas]
kind = "constant"
value = 35
[chips."{LINE}"]
kind = "rs485"
[chips."{LINE}".devices.1.holding]
0 = 1
1 = 3
2 = 7
3 = 3
4 = {{ signal = "level", scale = 1000, type = "i16" }}
[chips."{LINE}".devices.5]
failed = {{ 101 = 2 }}
[chips."{LINE}".devices.5.input]
100 = {{ signal = "gas" }}
101 = 0
102 = 1000
105 = 5
116 = 2
"""
OWN = """
title = "Own"
source = "test"
baud = 9600
parity = "none"
stop_bits = 1
[channels.x]
address = 0
quantity = "level"
unit = "m"
decimals = 3
scale = 0.001
low = 0
high = 66
"""


def options(**given: Any) -> Any:
    return msgspec.convert(given, FAMILY.options, dec_hook=convert)


def opened(buses: Any, clock: Any, **given: Any) -> Any:
    return FAMILY.open(options(**given), buses, clock)


def device(name: str, keys: str, scene: str = SCENE) -> str:
    """The scene with more keys of a device's own table."""
    return scene.replace(f'[chips."{LINE}".devices.{name}', f'[chips."{LINE}".devices.{name}.DEVICE', 1).replace(
        f'[chips."{LINE}".devices.{name}.DEVICE', f'[chips."{LINE}".devices.{name}]\n{keys}\n[chips."{LINE}".devices.{name}', 1
    )


def fault(kind: str, on: str = f"{LINE}/1", start: float = 10, end: float = 60, more: str = "") -> str:
    return f'[[faults]]\nkind = "{kind}"\non = "{on}"\nfrom = {start}\nto = {end}\n{more}\n'


class Script:
    """A device that says exactly what it is given to each question: pairs of seconds after it and bytes."""

    def __init__(self, *answers: list[tuple[float, bytes]]) -> None:
        self.answers = list(answers)
        self.asked: list[bytes] = []
        self.at: list[float] = []
        self.coming: list[tuple[float, bytes]] = []

    def heard(self, data: bytes, at: float) -> None:
        self.asked.append(data)
        self.at.append(at)
        if self.answers:
            self.coming += [(at + after, said) for after, said in self.answers.pop(0)]

    def say(self, until: float) -> list[tuple[float, bytes]]:
        due = sorted(item for item in self.coming if item[0] <= until)
        self.coming = [item for item in self.coming if item[0] > until]
        return due

    def taken(self, data: bytes) -> None:
        pass


def answer(*registers: int, device: int = 1, function: int = 3) -> bytes:
    return sealed(bytes([device, function, 2 * len(registers)]) + b"".join(register.to_bytes(2, "big") for register in registers))


def scripted(simulate: Any, clock: Any, folder: Path, *answers: list[tuple[float, bytes]], profile: str = OWN, **given: Any) -> tuple[Any, Script]:
    """A driver with a profile of its own on a scripted device; without more, one register at address 0 of device 1."""
    path = folder / f"own{len(list(folder.glob('*.toml')))}.toml"
    path.write_text(profile)
    buses = simulate("")
    script = buses.world.chips[LINE] = Script(*answers)
    return opened(buses, clock, **({"port": PORT, "device": 1, "profile": str(path)} | given)), script
