"""Promise: the driver test shown in the README is a test that runs, and every verb it names is there."""

import re
from pathlib import Path
from typing import Any

from gateway import cli
from hardware.sim.clock import SteppedClock

README = (Path(__file__).parents[2] / "README.md").read_text()


def test_the_shown_driver_test_passes(simulate: Any, clock: SteppedClock) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), names)
    names["test_the_transmitter_reads_what_the_gas_is"](simulate, clock)


def test_the_verbs_are_those_there_are() -> None:
    section = README.split("## Commands")[1].split("\n## ")[0]
    told = {row.split()[0].strip("`") for row in re.findall(r"^\| (`[a-z]+[^|]*)\|", section, re.MULTILINE)}
    assert told == set(cli.verbs())
