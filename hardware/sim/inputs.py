"""What is wired to an input of a converter: a signal and the transducer that makes volts of it.

Written from how a transmitter works, not from how a driver undoes it, so that a mistake in a driver's formula cannot hide in the same mistake
here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hardware.sim.air import Electrode, MetalOxide, Pt1000
from hardware.sim.faults import Failed, Fault, Inhibited, Off, Open, Short
from hardware.sim.probe import Probe
from hardware.sim.supervised import Supervised

if TYPE_CHECKING:
    from hardware.sim.world import World


class Input(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", kw_only=True):
    """signal: name of the signal it sees."""

    signal: str


class Volts(Input, frozen=True, tag="volts"):
    """The signal is the voltage at the pin."""

    def volts(self, name: str, world: World, at: float) -> float:
        """Voltage at the pin; 0 with a broken wire."""
        return 0.0 if world.fault(name, Open, at) else world.sensed(name, self.signal, at)


class Loop(Input, frozen=True, tag="loop"):
    """A 4-20 mA transmitter with a shunt at the pin.

    lrv, urv: the signal's values at 4 and 20 mA. shunt: ohms. floor, ceiling: mA at which the transmitter stops following (NE 43: 3.8 and
    20.5). failed, inhibited: mA it gives in those states.
    """

    lrv: float
    urv: float
    shunt: float = 150.0
    floor: float = 3.8
    ceiling: float = 20.5
    failed: float = 1.0
    inhibited: float = 3.4

    def volts(self, name: str, world: World, at: float) -> float:
        """Voltage across the shunt."""
        return self._current(name, world, at) * self.shunt / 1000.0

    def _current(self, name: str, world: World, at: float) -> float:
        if world.fault(name, Open, at):
            return 0.0
        if world.fault(name, Failed, at):
            return self.failed
        if world.fault(name, Inhibited, at):
            return self.inhibited
        percent = 100.0 * (world.sensed(name, self.signal, at) - self.lrv) / (self.urv - self.lrv)
        return min(self.ceiling, max(self.floor, 4.0 + 0.16 * percent))


class Cell(Input, frozen=True, tag="cell"):
    """An electrochemical cell with its amplifier; the signal is the gas in ppm.

    sensitivity: nA per ppm. resistance: ohms of the feedback. bias: volts at the output without current. rail: the amplifier's supply, volts.
    """

    sensitivity: float
    resistance: float
    bias: float
    rail: float = 3.3

    def volts(self, name: str, world: World, at: float) -> float:
        """Voltage at the amplifier's output: 0 without supply, the bias alone with the cell unplugged (which looks like clean air)."""
        if world.fault(name, Off, at):
            return 0.0
        microamperes = 0.0 if world.fault(name, Open, at) else world.sensed(name, self.signal, at) * self.sensitivity / 1000.0
        return min(self.rail, max(0.0, self.bias + microamperes * self.resistance / 1e6))


class Code(Input, frozen=True, tag="code"):
    """The signal is the converter's code itself: for accounts, where each read has a code of its own."""


AnyInput = Volts | Loop | Cell | Code | Probe | Electrode | Pt1000 | MetalOxide | Supervised


def faults_of(wired: AnyInput) -> tuple[type[Fault], ...]:
    """The faults this kind of input can suffer, beside those of its signal."""
    match wired:
        case Volts():
            return (Open,)
        case Loop():
            return (Open, Failed, Inhibited)
        case Probe():
            return (Open, Failed)
        case Cell() | Electrode() | Pt1000() | MetalOxide():
            return (Open, Off)
        case Supervised():
            return (Open, Short)
        case Code():
            return ()


def signals_of(wired: AnyInput) -> tuple[str, ...]:
    """The names of the signals it sees."""
    return (wired.signal, wired.air) if isinstance(wired, Probe) else (wired.signal,)
