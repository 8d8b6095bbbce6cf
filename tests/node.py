"""A node process of its own on simulated chips, for tests that need a real one: started, watched through its files, signalled, ended."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gateway.clock import real

CONFIG = """
[node]
site = "daegu"
name = "n0001"
state = "{folder}/state"
runtime = "{folder}/run"

[hub]
url = "{url}"

[[sensor]]
name = "co"
driver = "loop_4_20ma"
period = "200 ms"
quantity = "carbon_monoxide"
unit = "[ppm]"
low = 0.0
high = 500.0
"""
SCENARIO = """
title = "A node for a test"
lasts = "1 h"
config = "gateway.toml"
[signals.co]
kind = "constant"
value = 20.0
[chips."i2c-1:0x48"]
kind = "ads1115"
[chips."i2c-1:0x48".inputs.A0]
kind = "loop"
signal = "co"
lrv = 0.0
urv = 500.0
"""


class Node:
    """A running node. folder: where its files are; url: of a broker, by default one that nobody listens at; runtime: where the node leaves its
    snapshot, if that is not below the folder; speed: scenario seconds per second; extra: further arguments; scenario: what it runs on."""

    def __init__(
        self,
        folder: Path,
        url: str = "mqtt://127.0.0.1:9",
        environment: dict[str, str] | None = None,
        config: str = CONFIG,
        runtime: Path | None = None,
        speed: float = 1.0,
        extra: Sequence[str] = (),
        scenario: str = SCENARIO,
    ) -> None:
        self.folder = folder
        self.runtime = runtime or folder / "run"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "gateway.toml").write_text(config.format(folder=folder, url=url))
        (folder / "scenario.toml").write_text(scenario)
        command = [sys.executable, "-m", "gateway", "run", "--sim", str(folder / "scenario.toml"), "--speed", str(speed), *extra]
        self.log = folder / "log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **(environment or {})})

    def status(self) -> dict[str, Any] | None:
        """The snapshot it left, if there is one of this process."""
        try:
            shot: dict[str, Any] = json.loads((self.runtime / "status.json").read_text())
        except (OSError, ValueError):
            return None
        return shot

    def wait_for(self, condition: Callable[[dict[str, Any]], bool], within: float = 30.0) -> dict[str, Any]:
        """Wait until the snapshot fulfils a condition; AssertionError with the log where it does not, or the process ended."""
        end = real() + within
        while real() < end and self.process.poll() is None:
            shot = self.status()
            if shot is not None and condition(shot):
                return shot
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.05)
        raise AssertionError(f"the node did not get there; exit {self.process.poll()}\n{self.log.read_text()[-3000:]}\n{self.status()}")

    def sampling(self) -> dict[str, Any]:
        """Wait until it has readings."""
        return self.wait_for(lambda shot: shot["series"]["co"]["value"] is not None)

    def end(self, how: signal.Signals = signal.SIGTERM, within: float = 10.0) -> int:
        """Send a signal and give the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(within)
