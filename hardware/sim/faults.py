"""What can go wrong with a chip, its wire or its input, each with a window of scenario time.

A fault names where (`on`): a bus (`i2c-1`), a chip (`i2c-1:0x48`) or an input (`i2c-1:0x48/A0`). A chip tells which it can suffer; a scenario
that names another is refused, so that no drill passes because its fault did nothing.
"""

from __future__ import annotations

import math
from typing import Literal

import msgspec


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", kw_only=True):
    """on: bus, chip or input. from, to: window in scenario seconds, the end excluded."""

    on: str
    start: float = msgspec.field(name="from", default=0.0)
    end: float = msgspec.field(name="to", default=math.inf)

    def active(self, at: float) -> bool:
        """Whether it is on at that scenario time."""
        return self.start <= at < self.end


class Nak(Fault, frozen=True, tag="nak"):
    """Chip: acknowledges nothing."""


class Off(Fault, frozen=True, tag="off"):
    """Chip: without supply; acknowledges and says nothing, and comes back with its registers reset. Input: the stage before it is unpowered."""


class Hang(Fault, frozen=True, tag="hang"):
    """Chip: a conversion begun in the window does not end before the window does; a chip that talks on its own is silent."""


class Garbage(Fault, frozen=True, tag="garbage"):
    """Chip: answers, or says, random bytes."""


class Slow(Fault, frozen=True, tag="slow"):
    """Chip: a conversion takes `factor` times as long."""

    factor: float = 1.5


class Intermittent(Fault, frozen=True, tag="intermittent"):
    """Chip: a loose contact; acknowledges nothing in a `share` of the stretches of `period` seconds, by seed."""

    share: float = 0.5
    period: float = 1.0


class Jam(Fault, frozen=True, tag="jam"):
    """Bus: something holds a wire low; every transfer ends by the kernel's time-out."""


class Unplugged(Fault, frozen=True, tag="unplugged"):
    """Bus, serial chip: the adapter or port is not there."""


class Speed(Fault, frozen=True, tag="speed"):
    """Serial chip: talks and listens at `baud` bits per second, whatever the port was opened with."""

    baud: int


class Garbled(Fault, frozen=True, tag="garbled"):
    """Serial or I2C chip, pin, host: the line spoils a `share` of what it carries, whatever is behind it: bytes become `random`, all `zeros` or all
    `ones`, the end is `cut`, or one bit is `flipped` (hardware/sim/spoil.py). only: hexadecimal; only what answers a question that begins so. A chip
    with `garbage` does so itself, and knows it."""

    shape: Literal["random", "zeros", "ones", "cut", "flipped"]
    share: float = 1.0
    only: str = ""


class Late(Fault, frozen=True, tag="late"):
    """Serial chip: what it says arrives `seconds` later."""

    seconds: float


class Repeated(Fault, frozen=True, tag="repeated"):
    """Serial or I2C chip, host: says again what it last said before the window, to the same question; frozen from the last byte to the first."""


class Stuck(Fault, frozen=True, tag="stuck"):
    """Input: stays at what it was when the window began."""


class Delayed(Fault, frozen=True, tag="delayed"):
    """Input: follows the signal `seconds` late."""

    seconds: float


class Wrong(Fault, frozen=True, tag="wrong"):
    """Input: tells `signal * factor + offset`."""

    factor: float = 1.0
    offset: float = 0.0


class Open(Fault, frozen=True, tag="open"):
    """Input: broken wire."""


class Short(Fault, frozen=True, tag="short"):
    """Input: its two wires touch."""


class Failed(Fault, frozen=True, tag="failed"):
    """Input: the transmitter reports its own failure."""


class Inhibited(Fault, frozen=True, tag="inhibited"):
    """Input: the transmitter is in maintenance or calibration."""


AnyFault = (
    Nak
    | Off
    | Hang
    | Garbage
    | Garbled
    | Slow
    | Late
    | Intermittent
    | Jam
    | Unplugged
    | Speed
    | Stuck
    | Repeated
    | Delayed
    | Wrong
    | Open
    | Short
    | Failed
    | Inhibited
)

ON_SIGNALS: tuple[type[Fault], ...] = (Stuck, Delayed, Wrong)
"""Faults of what an input sees; the world itself applies them, whatever the chip."""
BUS_FAULTS: dict[str, tuple[type[Fault], ...]] = {"i2c": (Jam, Unplugged), "serial": (Unplugged,), "gpio": (Unplugged,), "host": (Unplugged,)}
"""Faults of a bus, by its kind."""
LINE_FAULTS: dict[str, tuple[type[Fault], ...]] = {
    "i2c": (Garbled, Repeated),
    "serial": (Speed, Garbled, Late, Repeated),
    "gpio": (Garbled,),
    "host": (Garbled, Repeated),
}
"""Faults of the way to a chip, by the kind of its bus: the bus applies them, whatever the chip."""
