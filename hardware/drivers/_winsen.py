"""The frames of nine bytes that Winsen's gas modules, and DFRobot's after them, speak on a serial line: `FF kind ... sum`, 9600 8N1.

The sum is `-(byte 1 + ... + byte 7) & 0xFF`: without the mask a sum of zero is never met, which published libraries get wrong. One byte of sum
is little, so a frame counts only when it is of the kind that was waited for, and a line is searched for a bounded number of bytes (Line).

What else was heard is told too, by its kind, because it says what is wrong: our own question (an echo), frames that nobody asked for (the module
has lost its mode), another gas. A frame carries no time: every exchange forgets what lies in the buffer first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from hardware.drivers._frames import Window
from hardware.drivers._line import PATIENCE, Line, rare
from hardware.errors import ProtocolError, Timeout
from hardware.sample import Channel, Quality, Reason, Sample, bad

if TYPE_CHECKING:
    from hardware.buses import Buses
    from hardware.driver import Clock

BAUD, LENGTH, HEADER = 9600, 9, b"\xff"
ECHO, MODE, REPLY = 0x01, 0x78, 0x86
"""Kinds of frame: what a node sends, a change of mode and its acknowledgement, a reply to the question for the concentration."""
ANSWER = 1.0
"""Seconds in which a module answers."""
PAUSE = 0.2
"""Seconds left to a module to take a new mode, in which its acknowledgement comes and is forgotten."""
FARTHEST = 1.2
"""Times the end of its range up to which a module's number is one: beyond it a byte is wrong that the sum cannot tell, or the cell."""
Check = Callable[[bytes], Reason | None]


class Gas(NamedTuple):
    """A gas a module can measure. key: what a person writes; quantity: its name on a channel."""

    key: str
    quantity: str


GASES: dict[int, Gas] = {
    0x02: Gas("nh3", "ammonia"),
    0x03: Gas("h2s", "hydrogen_sulfide"),
    0x04: Gas("co", "carbon_monoxide"),
    0x05: Gas("o2", "oxygen"),
    0x06: Gas("h2", "hydrogen"),
    0x08: Gas("c2hx", "c2_hydrocarbons"),
    0x17: Gas("ch2o", "formaldehyde"),
    0x2A: Gas("o3", "ozone"),
    0x2B: Gas("so2", "sulfur_dioxide"),
    0x2C: Gas("no2", "nitrogen_dioxide"),
    0x2E: Gas("hcl", "hydrogen_chloride"),
    0x31: Gas("cl2", "chlorine"),
    0x33: Gas("hf", "hydrogen_fluoride"),
    0x34: Gas("eto", "ethylene_oxide"),
    0x45: Gas("ph3", "phosphine"),
}
"""By the code that a frame carries: Winsen's list for ZE03, which DFRobot's modules share."""
CODES = {gas.key: code for code, gas in GASES.items()}
"""The code of a gas, by its key."""


def checksum(frame: bytes, end: int = 8) -> int:
    """The sum over the bytes from 1 up to `end`, which is not included."""
    return -sum(frame[1:end]) & 0xFF


def command(code: int, *data: int) -> bytes:
    """A frame for a module."""
    frame = bytes([0xFF, ECHO, code, *data]).ljust(8, b"\x00")
    return frame + bytes([checksum(frame)])


READ = command(REPLY)
"""The question for the concentration; changes nothing."""


def sound(frame: bytes) -> Reason | None:
    """CHECKSUM where the last byte is not the sum of the seven before it."""
    return None if checksum(frame) == frame[8] else Reason.CHECKSUM


def frames() -> Window:
    """A fresh parser of every sound frame."""
    return Window(HEADER, LENGTH, sound)


def word(frame: bytes, at: int) -> int:
    """The two bytes of a frame from `at` on, the higher first."""
    return frame[at] << 8 | frame[at + 1]


def beyond(channel: Channel, raw: int) -> Sample | None:
    """The sample of a number at or above the end of the range: up to FARTHEST it is kept and uncertain, beyond it is no value, and an alarm on rising
    gas counts both. None where it lies below the end."""
    end = round(channel.high / channel.slope)
    if raw > FARTHEST * end:
        return bad(channel.name, Reason.OVER_RANGE, raw)
    return Sample(channel.name, raw, channel.value(raw), Quality.UNCERTAIN, Reason.OVER_RANGE) if raw >= end else None


class Kind:
    """A parser of the sound frames of one kind. seen: the newest of every other kind of sound frame, of which there are at most 256."""

    def __init__(self, kind: int, check: Check = sound) -> None:
        self.seen: dict[int, bytes] = {}
        self._kind = kind
        self._window = Window(HEADER, LENGTH, check)

    @property
    def missing(self) -> int:
        """Bytes that would complete the window."""
        return self._window.missing

    @property
    def held(self) -> int:
        """Bytes in the window."""
        return self._window.held

    @property
    def fault(self) -> Reason:
        """Why there is no such frame yet; TIMEOUT also where only others came."""
        return self._window.fault

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes; gives the frames of this kind that they complete."""
        found = self._window.feed(data)
        self.seen.update((frame[1], frame) for frame in found if frame[1] != self._kind)
        return [frame for frame in found if frame[1] == self._kind]


class Module:
    """One module on a line of its own. check: why a window is no frame. seen: the other frames heard in the last exchange, by kind. rare: whether the
    frames that it sends on its own came further apart than they should."""

    def __init__(self, buses: Buses, port: str, clock: Clock, where: str, check: Check = sound) -> None:
        self.seen: dict[int, bytes] = {}
        self.rare = False
        self.where = where
        self._clock = clock
        self._check = check
        self._heard: float | None = None  # when the last frame was heard, of a module that talks on its own
        self._thrown = 0
        self._line = Line(buses.serial(port, baudrate=BAUD, timeout=PATIENCE), clock, BAUD, where)

    def tell(self, order: bytes) -> None:
        """Send what has no answer to rely on, and give it time."""
        self._heard = None
        with self._line.port.claimed():
            self._line.port.write(order)
            self._clock.sleep(PAUSE)

    def ask(self, question: bytes) -> bytes:
        """The reply to a question, which has the question's code for its kind, within ANSWER seconds and what the line needs to be quiet."""
        return self._exchange(question[2], question, ANSWER)

    def listen(self, kind: int, wait: float, period: float) -> bytes:
        """The next frame of a kind that the module sends on its own every `period` seconds, within `wait` seconds. What had come before it tells, by
        its length, how many frames there were since the last one that was heard: `rare` is whether they were too few."""
        before, self._heard = self._heard, None
        frame = self._exchange(kind, b"", wait)
        self._heard = self._clock.monotonic()
        self.rare = before is not None and rare(self._heard - before, self._thrown, LENGTH, period)
        return frame

    def _exchange(self, kind: int, question: bytes, wait: float) -> bytes:
        parser = Kind(kind, self._check)
        self.seen = parser.seen
        with self._line.port.claimed():
            self._thrown = self._line.forget()
            if question:
                self._line.port.write(question)
            try:
                return self._line.next(parser, wait)
            except Timeout as error:
                if not parser.seen.keys() - {ECHO, MODE}:
                    raise
                kinds = ", ".join(f"0x{seen:02x}" for seen in sorted(parser.seen))
                raise ProtocolError(
                    Reason.SYNTAX, f"{self.where}: only frames of kind {kinds} in {wait:.1f} s, none of 0x{kind:02x}; check model and mode"
                ) from error

    def close(self) -> None:
        """Close the port: nobody else is on it, and a module that failed gets a fresh one."""
        self._line.port.close()
