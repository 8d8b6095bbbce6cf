"""The door of every output: one module in `hardware.outputs` with two classes, `Options` and `Output`. Dropping the file in is all it takes.

`Output(options, buses, level)` opens the actuator already showing the level it is to show, because the node has just started and an alarm
may be standing: a restart never lets a siren fall silent, and never sounds one. From then on it is the guard's: `set` is called with the
level that is wanted, again and again, and `close` changes nothing at the actuator. What the actuator does while no node runs (stopped,
crashed, restarting, without power) is stated in each file's docstring, because a technician has to wire for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from hardware import doors

if TYPE_CHECKING:
    from hardware.buses import Buses

PACKAGE = "hardware.outputs"


class Options(Protocol):
    """What a person configures for one output of this kind."""

    def claims(self) -> tuple[str, ...]:
        """What nobody else may use (`gpio-17`), in the words drivers use for theirs."""


class Output(Protocol):
    """An open output."""

    def set(self, level: int) -> None:
        """Show an alarm level: 0 off, 1 for A1, 2 for A2; HardwareError where it cannot be shown. Never waits."""

    def close(self) -> None:
        """Let go of the hardware without changing what it shows; never raises, may be called twice."""


@dataclass(frozen=True)
class Kind:
    """What `load` hands out: the two classes of an output file. open: (options, buses, level it is to show at once)."""

    name: str
    options: type[Options]
    open: Callable[[Options, Buses, int], Output]
    doc: str


def names() -> list[str]:
    """The kinds of output there are: the files in `hardware/outputs`, without importing any."""
    return doors.names(PACKAGE)


def load(name: str) -> Kind:
    """Import `hardware.outputs.<name>`; Refused with the list of names where there is none, or where a door is missing."""
    module = doors.load(PACKAGE, "output", name, ("Options", "Output"), "hardware/output.py")
    return Kind(name, module.Options, module.Output, module.__doc__ or "")
