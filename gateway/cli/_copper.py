"""The buses a verb reads on by itself: the machine's own, or those of a scenario; and never while the node reads on them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from gateway import cli, tomlfile
from gateway.cli.check import DEFAULT
from gateway.sections import SYSTEM_STATE
from hardware.buses import OpenBuses
from hardware.driver import Clock
from hardware.errors import Refused

Make = Callable[[], OpenBuses]
"""Opens the buses; they may be closed and opened again."""


class Copper(NamedTuple):
    """What to read on, and the configuration that belongs to it."""

    config: Path
    make: Make
    clock: Clock


def copper(scenario: Path | None) -> Copper | None:
    """The machine's own buses, or a scenario's; None, told, where the scenario has a mistake."""
    if scenario is None:
        from gateway.clock import SystemClock
        from hardware.buses.linux import LinuxBuses

        return Copper(DEFAULT, LinuxBuses, SystemClock())
    from gateway.demo.scenario import BadScenario
    from gateway.demo.simulation import copper as simulated

    try:
        return Copper(*simulated(scenario))
    except (BadScenario, Refused) as error:
        print(error, file=sys.stderr)
        return None


def state(path: Path) -> Path:
    """The directory whose holder is the node of a configuration; BadFile where that cannot be read. Its other mistakes are another verb's matter."""
    tree: dict[str, Any] = tomlfile.parse(tomlfile.read(path), lambda tree: tree)
    node = tree.get("node")
    told = node.get("state") if isinstance(node, dict) else None
    return Path(told if isinstance(told, str) else SYSTEM_STATE)


@contextmanager
def place(folder: Path | None) -> Iterator[bool]:
    """Hold the node's place while a verb reads, so that no node starts meanwhile; False where one runs. folder: the node's state directory; None, or
    one that is not there, needs no holding. PermissionError where nobody can tell whether a node runs: `untold` says so."""
    from gateway.serve import AlreadyRunning, DirectoryLock

    with ExitStack() as held:
        free = True
        try:
            if folder is not None and folder.is_dir():
                held.enter_context(DirectoryLock(folder))
        except AlreadyRunning:
            free = False
        yield free


def untold(error: PermissionError) -> int:
    """Tell that it cannot be told whether a node runs; gives the exit code."""
    print(f"{error.filename}: {error.strerror}; whether a node runs cannot be told: be root, or the user of the service", file=sys.stderr)
    return cli.FAULT
