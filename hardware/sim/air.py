"""What stands before a converter's input on a board for gas in air: a cell's electrode, the board's thermometer, a heated metal oxide.

Written from how the parts work, each knows its own physics and nothing of the formula that undoes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hardware.sim.faults import Off, Open

if TYPE_CHECKING:
    from hardware.sim.world import World


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", kw_only=True):
    """signal: name of the signal it sees."""

    signal: str


class Electrode(Part, frozen=True, tag="electrode"):
    """One electrode of a four-electrode cell with its amplifier; the signal is the gas in ppb.

    electronic: output of the board alone, mV. zero: what the cell adds in clean air, mV. sensitivity: mV per ppb; 0 for an auxiliary electrode.
    rail: volts at which the amplifier ends.
    """

    electronic: float
    zero: float = 0.0
    sensitivity: float = 0.0
    rail: float = 3.3

    def volts(self, name: str, world: World, at: float) -> float:
        """Voltage at the output: 0 without supply, the board's own with the cell unplugged."""
        if world.fault(name, Off, at):
            return 0.0
        cell = 0.0 if world.fault(name, Open, at) else self.zero + self.sensitivity * world.sensed(name, self.signal, at)
        return min(self.rail, max(0.0, (self.electronic + cell) / 1000.0))


class Pt1000(Part, frozen=True, tag="pt1000"):
    """The board's thermometer; the signal is degrees Celsius. v20: volts at t20 degrees; 1 mV per degree from there. rail: volts when its wire is
    broken."""

    v20: float
    t20: float = 20.0
    rail: float = 3.3

    def volts(self, name: str, world: World, at: float) -> float:
        """Voltage at the output."""
        if world.fault(name, Off, at):
            return 0.0
        if world.fault(name, Open, at):
            return self.rail
        return self.v20 + 0.001 * (world.sensed(name, self.signal, at) - self.t20)


class MetalOxide(Part, frozen=True, tag="metal_oxide"):
    """A heated metal oxide between its supply and a load to ground; the signal is its resistance in ohms.

    supply: volts over both. load: ohms. top, bottom: ohms of a divider from the load to the pin and from the pin to ground, where there is one.
    """

    supply: float = 5.0
    load: float = 10_000.0
    top: float = 0.0
    bottom: float = 0.0

    def volts(self, name: str, world: World, at: float) -> float:
        """Voltage at the pin; 0 without supply, or with the sensor out of its socket."""
        if world.fault(name, Off, at) or world.fault(name, Open, at):
            return 0.0
        divider = self.top + self.bottom
        load = self.load * divider / (self.load + divider) if divider else self.load
        current = self.supply / (max(0.0, world.sensed(name, self.signal, at)) + load)
        return current * load * (self.bottom / divider if divider else 1.0)
