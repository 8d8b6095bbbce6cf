"""`edge-gateway scan` finds every sensor that a bus can tell of, says no more than the answer proves, and what it prints can be pasted.

The sensors are those of the drivers' own examples: a new driver with a signature is scanned here without a change.
"""

from __future__ import annotations

import re
import textwrap
import tomllib
from pathlib import Path

import pytest

from gateway import cli, config
from gateway.cli import main
from hardware.driver import load, names
from hardware.scout import OnI2C, OnSerial
from tests.hardware.transcripts import EXAMPLES

HEAD = 'title = "x"\nlasts = "60 s"\nconfig = "none.toml"\n'
KNOWN = [name for name in names() if load(name).signatures]
UNTOLD = {
    "benewake_lidar.asked": "switched to answer only its own trigger, which is a command and not a question",
    "modbus_rtu.copeland_c": "its address is not among those that are asked: asking all 247 would take minutes",
    "ultrasonic_ff4.sen0627": "it only measures when its line falls, and a scan sends nothing to a sensor that it does not know",
}
"""Examples that a scan cannot find, and why."""


def examples() -> list[Path]:
    return [path for path in sorted(EXAMPLES.glob("*.toml")) if path.stem.partition(".")[0] in KNOWN]


def scanned(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    path = tmp_path / "scenario.toml"
    path.write_text(HEAD + re.sub(r"(?m)^(uncertain|settle) = .*$", "", text).replace("[options]", "[drop]").partition("[drop]")[0] + _copper(text))
    code = main(["scan", "--sim", str(path)])
    return code, capsys.readouterr().out


def _copper(text: str) -> str:
    """The signals and chips of an example; its options belong to nobody here."""
    tables = re.split(r"(?m)^(?=\[)", text)
    return "".join(table for table in tables if table.startswith(("[signals", "[chips", "[[faults")))


@pytest.mark.parametrize("path", examples(), ids=lambda path: path.stem)
def test_a_sensor_is_found_by_what_it_says(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = path.stem.partition(".")[0]
    bus = tomllib.loads(path.read_text())["chips"]
    kinds = {OnI2C if chip.startswith("i2c") else OnSerial for chip in bus}
    if not any(isinstance(signature, tuple(kinds)) for signature in load(name).signatures):
        pytest.skip("nothing on this bus tells of it")
    code, out = scanned(tmp_path, path.read_text(), capsys)
    if path.stem in UNTOLD:
        assert "[[sensor]]" not in out
        return
    assert code == cli.FINE
    assert f'driver = "{name}"' in out or "adc_voltage" in out, out


@pytest.mark.parametrize("path", examples(), ids=lambda path: path.stem)
def test_what_is_printed_can_be_pasted(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out = scanned(tmp_path, path.read_text(), capsys)
    for number, block in enumerate(re.findall(r"(?m)(^    \[\[sensor\]\]\n(?:    .*\n)+)", out)):
        stanza = textwrap.dedent(block)
        tree = tomllib.loads(f'[node]\nsite = "a"\nname = "b"\n{stanza}')
        assert load(tree["sensor"][0]["driver"]).signatures, number
        if "to be filled in" not in stanza:
            config.build(tree, tmp_path, "")


def test_an_empty_bus_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text(HEAD)
    assert main(["scan", "--sim", str(path)]) == cli.FAULT
    assert "nothing answered" in capsys.readouterr().err


def test_a_stranger_is_told_as_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Something that talks in a language nobody here speaks is not taken for a sensor."""
    text = '[chips."serial:/dev/ttyUSB0"]\nkind = "ultrasonic"\nsignal = "d"\n[signals.d]\nkind = "constant"\nvalue = 1953.0\n'
    text += '[[faults]]\nkind = "garbage"\non = "serial:/dev/ttyUSB0"\n'
    _, out = scanned(tmp_path, "[options]\n" + text, capsys)
    assert "nothing we know talks so" in out
    assert "[[sensor]]" not in out
