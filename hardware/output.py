"""The door of every output: one module in `hardware.outputs` with two classes, `Options` and `Output`. Dropping the file in is all it takes.
Its docstring ends with an example to paste.

`Output(options, buses, level, spent)` opens the actuator already showing the level it is to show, because the node has just started and an alarm
may be standing: a restart never lets a siren fall silent, and never sounds one. From then on it is the guard's: `set` is called with the
level that is wanted, again and again, `step` whenever the output wants it (pulses, a siren that stops by itself, the self-test), and `close` leaves
the actuator showing its alarm. No output has a thread or a clock: the time comes with the step. What the actuator does while no node runs (stopped,
crashed, restarting, without power) is stated in each file's docstring, because a technician has to wire for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from hardware import doors

if TYPE_CHECKING:
    from hardware.buses import Buses

PACKAGE = "hardware.outputs"


class Options(Protocol):
    """What a person configures for one output of this kind."""

    def claims(self) -> tuple[str, ...]:
        """What nobody else may use (`gpio-17`), in the words drivers use for theirs."""


class Output(Protocol):
    """An open output. sounder: a fact of the kind: whether `silence` is for it; a light or a relay is never silenced."""

    sounder: bool

    @property
    def spent(self) -> bool:
        """Whether it has stopped by itself although the level goes on; to be remembered, and given at the next start."""

    def set(self, level: int, again: bool = False) -> None:
        """Show an alarm level: 0 off, 1 for A1, 2 for A2, up to 9 on a ladder; again: something new happened at the level it shows already, so that
        one that has stopped by itself begins anew, as it does at a higher level. HardwareError where it cannot be shown. Never waits."""

    def step(self, now: float) -> float:
        """Do what is due at `now`, monotonic seconds; gives the time of the next step at the latest: infinite where nothing is to come by itself, and
        never less than 1 ms away. The time of a `set` is that of the step after it. HardwareError where it cannot be shown. Never waits."""

    def self_test(self) -> bool:
        """Show oneself shortly, from the next step on, then show again what is wanted; an alarm that comes meanwhile ends it. False, and nothing
        happens, where an alarm is shown or where the actuator may not be moved by a test."""

    def close(self) -> None:
        """Let go of the hardware, which goes on showing the alarm that stands, or rests; never raises, may be called twice."""


class Opener(Protocol):
    """Opens an output showing a level at once; spent: it had stopped by itself at that level before the restart. HardwareError where it cannot."""

    def __call__(self, options: Any, buses: Buses, level: int, spent: bool = False) -> Output:
        """The open output."""


@dataclass(frozen=True)
class Kind:
    """What `load` hands out: the two classes of an output file. sounder: whether `silence` is for it, known before one is opened."""

    name: str
    options: type[Options]
    open: Opener
    doc: str
    sounder: bool = False


def names() -> list[str]:
    """The kinds of output there are: the files in `hardware/outputs`, without importing any."""
    return doors.names(PACKAGE)


def load(name: str) -> Kind:
    """Import `hardware.outputs.<name>`; Refused with the list of names where there is none, or where a door is missing."""
    module = doors.load(PACKAGE, "output", name, ("Options", "Output"), "hardware/output.py")
    return Kind(name, module.Options, module.Output, module.__doc__ or "", bool(module.Output.sounder))
