"""An ultrasonic distance sensor that speaks four bytes, `FF high low sum`, over a serial line: DFRobot A02YYUW and its many relatives.

The sensors talk all the time and a frame carries no time, so what lies in the buffer may be minutes old: each reading forgets it, waits for a
quiet line, and takes the next whole frame. There is no such thing as the last distance here: without a new frame there is no value.

A frame is known by its header, its sum and a distance that is possible at all; where four bytes are none, the search goes on one byte later,
because the header's FF also occurs inside frames. The numbers of each model are data at the end of this file, from the makers' pages.

Wiring: 5 V sensors need a divider to 3.3 V at the Pi's RX; leave the sensor's own RX open (processed values). The serial console must be off.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from hardware.errors import HardwareError, NotReady, ProtocolError, Timeout
from hardware.sample import Channel, Reason, Sample, bad

if TYPE_CHECKING:
    from hardware.buses import Buses
    from hardware.driver import Clock

HEADER, LENGTH = 0xFF, 4
NO_DISTANCE = 0x8000
"""Numbers from here on are no distance of any model (33 m): four bytes that say so are the middle of something, unless the model means it."""
PATIENCE = 0.1
"""Seconds after which the port gives what it has, so that the deadline is looked at."""
GAP, ROUNDS = 3, 8
"""The line is quiet when nothing came for so many bytes' time; after so many looks it never is, and the search finds the frames."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """port: device path or pyserial URL; prefer the path by-path or by-id, which does not change. model: a02yyuw, a01nyub, me007ys, jsn_sr04t
    (automatic mode), aj_sr04m (automatic mode), sen0627 (asked each time: period of 3 s or more) or sen0754. low, high: nearest and farthest
    distance it can measure, in mm, where the model's own do not fit; sen0627 and sen0754 have none here, write those of the data sheet.
    """

    port: str
    model: str
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise ValueError(f"there is no model {self.model!r}; use one of {', '.join(sorted(MODELS))}")
        low, high = self.range()
        if low is None or high is None:
            raise ValueError(f"model {self.model} needs low and high; write the nearest and farthest distance of its data sheet, in mm")
        if not 0 < low < high:
            raise ValueError(f"low ({low:g}) must be above 0 and below high ({high:g}); both are distances in mm")

    def range(self) -> tuple[float | None, float | None]:
        """Nearest and farthest distance, mm."""
        model = MODELS[self.model]
        return (model.low if self.low is None else self.low, model.high if self.high is None else self.high)

    def bus(self) -> str:
        """The port: one sensor, one line."""
        return f"serial:{self.port}"

    def claims(self) -> tuple[str, ...]:
        """The whole port."""
        return (f"serial:{self.port}",)

    def channels(self) -> tuple[Channel, ...]:
        """The distance in mm; `raw` is the number in the frame."""
        low, high = self.range()
        return (Channel("distance", "distance", "mm", 0, float(low or 0), float(high or 0), MODELS[self.model].scale),)


class Parser:
    """Bytes in, numbers of good frames out; keeps what may be the beginning of the next one. Pure: no port, no clock."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._window = bytearray()
        self._fault = Reason.TIMEOUT

    @property
    def missing(self) -> int:
        """Bytes that would complete the window: reading no more than these never takes a part of the next frame."""
        return LENGTH - len(self._window)

    @property
    def fault(self) -> Reason:
        """Why there is no frame yet: nothing came, what came is no frame, a frame ended early, a sum was wrong."""
        return Reason.SHORT if self._fault is Reason.TIMEOUT and self._window else self._fault

    def feed(self, data: bytes) -> list[int]:
        """Take bytes, in pieces of any size; gives the numbers of the frames they complete."""
        found = []
        for byte in data:
            self._window.append(byte)
            if len(self._window) == LENGTH and self._good():
                found.append(self._window[1] << 8 | self._window[2])
                self._window.clear()
            while self._window and (self._window[0] != HEADER or len(self._window) == LENGTH):
                self._note(Reason.CHECKSUM if len(self._window) == LENGTH else Reason.SYNTAX)
                del self._window[0]
        return found

    def _good(self) -> bool:
        header, high, low, total = self._window
        number = high << 8 | low
        known = number < NO_DISTANCE or number in self._model.sentinels
        return known and total == (high + low + (header if self._model.header_counts else 0)) & 0xFF

    def _note(self, fault: Reason) -> None:
        if self._fault is not Reason.CHECKSUM:
            self._fault = fault


class Driver:
    """One sensor on its own line."""

    def __init__(self, options: Options, buses: Buses, clock: Clock) -> None:
        self.channels = options.channels()
        self._model = MODELS[options.model]
        self._where = f"{options.model} on {options.port}"
        self._clock = clock
        self._asked = float("-inf")
        self._port = buses.serial(options.port, baudrate=self._model.baud, timeout=PATIENCE)

    def read(self) -> list[Sample]:
        """The next frame. HardwareError where none comes in time, or none that can be read."""
        with self._port.claimed():
            number = self._frame()
        channel = self.channels[0]
        reason = self._refused(channel, number)
        return [bad(channel.name, reason, number) if reason else Sample(channel.name, number, channel.value(number))]

    def _frame(self) -> int:
        wait = 2 * self._model.slowest + PATIENCE
        deadline = self._clock.monotonic() + wait
        self._forget()
        self._ask()
        parser = Parser(self._model)
        while self._clock.monotonic() < deadline:
            if found := parser.feed(self._port.read(parser.missing)):
                return found[0]
        raise self._failure(parser.fault, wait)

    def _forget(self) -> None:
        """Throw away what lies in the buffer, up to the end of a frame that is just coming: its rest must not be taken for a beginning."""
        for _ in range(ROUNDS):
            self._port.reset_input_buffer()
            self._clock.sleep(GAP * 10 / self._model.baud)
            if not self._port.in_waiting:
                return

    def _ask(self) -> None:
        if not self._model.trigger:
            return
        now = self._clock.monotonic()
        if now - self._asked < self._model.rest:
            raise NotReady(f"{self._where}: asked again within {self._model.rest:g} s; give the sensor a longer period")
        self._asked = now
        self._port.write(self._model.trigger)

    def _refused(self, channel: Channel, number: int) -> Reason | None:
        """Why a number of a good frame is no distance."""
        if number in self._model.sentinels:
            return self._model.sentinels[number]
        if number == 0:
            return Reason.NO_ECHO
        if channel.value(number) <= channel.low:
            return Reason.OBSTRUCTED
        return Reason.RANGE if channel.value(number) > channel.high else None

    def _failure(self, fault: Reason, wait: float) -> HardwareError:
        if fault is Reason.TIMEOUT:
            return Timeout(errno.ETIMEDOUT, f"{self._where}: silent for {wait:.1f} s; check its supply and the wire to RX")
        return ProtocolError(fault, f"{self._where}: no readable frame in {wait:.1f} s ({fault}); check the model, the ground wire and the levels")

    def close(self) -> None:
        """Close the port: nobody else is on it, and a sensor that failed gets a fresh one."""
        self._port.close()


class Model(NamedTuple):
    """What differs between the relatives.

    scale: mm per count. low, high: mm; None where no sheet was at hand. slowest: seconds from frame to frame, or from question to answer.
    baud: bits per second. header_counts: the sum includes the header. sentinels: numbers that are a message. trigger: bytes that ask for a
    measurement; rest: seconds between questions.
    """

    scale: float
    low: float | None
    high: float | None
    slowest: float
    baud: int = 9600
    header_counts: bool = True
    sentinels: Mapping[int, Reason] = MappingProxyType({})
    trigger: bytes = b""
    rest: float = 0.0


MODELS: dict[str, Model] = {
    "a02yyuw": Model(1, 30, 4500, 0.3),
    "a01nyub": Model(1, 280, 7500, 0.3),
    "me007ys": Model(1, 280, 4500, 0.3),
    "jsn_sr04t": Model(1, 200, 6000, 0.2),
    "aj_sr04m": Model(1, 200, 4500, 0.2, header_counts=False),
    # One byte of zeros holds the sensor's RX low for 0.94 ms at 9600 baud: the falling edge and the 10 us to 2 ms it asks for.
    "sen0627": Model(10, None, None, 1.2, trigger=b"\x00", rest=2.5),
    "sen0754": Model(1, None, None, 0.1, baud=115200, sentinels={0xFFFD: Reason.NO_TARGET, 0xFFFE: Reason.INTERFERENCE}),
}
"""By model: DFRobot SEN0311 (a02yyuw), SEN0313 (a01nyub), SEN0312 (me007ys), SEN0627, SEN0754; JSN-SR04T; AJ-SR04M."""
