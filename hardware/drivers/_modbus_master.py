"""One question, one answer, one deadline, on the node's clock.

Ours, because the known clients own their timing: with retries they block for seconds on a dead device, and they wait on the machine's clock, so a
simulated node could not run on them. Here a dead device costs one wait. There is no retry: the next poll is one.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from hardware.drivers._modbus import ASKED, CODES, ERROR, LONGEST, SHORTEST, Answers, Question, Traffic
from hardware.errors import HardwareError, NotReady, ProtocolError, Timeout
from hardware.sample import Reason

if TYPE_CHECKING:
    from hardware.buses.serial import SharedSerial
    from hardware.driver import Clock

POLL = 0.05
"""Seconds after which the port gives what it has, so that the deadline is looked at: the time-out to open a port with."""
BITS = 11
"""Bits on the line per byte at most: start, eight, parity or a second stop bit, stop."""
SILENCE, SHORTEST_SILENCE = 3.5, 0.00175
"""Quiet time before a question: characters, and seconds at least, which is what counts above 19200 baud (Modbus over serial line 1.02, 2.5.1.1)."""
ROUNDS = 8
"""After so many looks a line is never quiet; the question goes out all the same, and the parser finds its answer."""


IN_THE_AIR: WeakKeyDictionary[SharedSerial, dict[int, tuple[float, Reason]]] = WeakKeyDictionary()
"""By line and device: when a question was left without an answer, and why. Kept beside the line, because a driver that fails is opened anew."""


class Master:
    """port: opened with the time-out POLL. baud: bits per second. where: which device on which port, for messages."""

    def __init__(self, port: SharedSerial, clock: Clock, baud: int, where: str) -> None:
        self._port = port
        self._clock = clock
        self._byte = BITS / baud
        self._where = where
        self.answered = False  # whether the last question had its answer, be it a damaged one: then none can come late

    def ask(self, question: Question, wait: float) -> bytes:
        """The registers' bytes. wait: seconds the device may take until its answer begins; the time on the wire comes on top.

        Timeout where it did not answer, NotReady where it is busy, ProtocolError where what came is no answer to this question.
        """
        parser, heard = Answers(question), bytearray()
        with self._port.claimed():
            self._quiet()
            self._port.write(question.frame())
            deadline = self._clock.monotonic() + wait + self._byte * (ASKED + question.answer)
            while self._clock.monotonic() < deadline:
                data = self._port.read(parser.missing)
                heard += data[: LONGEST - len(heard)]
                if found := parser.feed(data):
                    self.answered = True
                    return self._data(question, found[0])
        self.answered = len(heard) == question.answer and heard.startswith(bytes((question.device, question.function)))
        raise self._failure(question, parser.fault, bytes(heard))

    def _quiet(self) -> None:
        """Forget what came without a question, and let 3.5 characters pass in which nothing comes: a device takes that for the end of a frame."""
        for _ in range(ROUNDS):
            self._port.reset_input_buffer()
            self._clock.sleep(max(SHORTEST_SILENCE, SILENCE * self._byte))
            if not self._port.in_waiting:
                return

    def _data(self, question: Question, frame: bytes) -> bytes:
        if not frame[1] & ERROR:
            return frame[3:-2]
        code = frame[2]
        told = f"{self._where}: answered exception {code} ({CODES.get(code, 'its own code')}) to {_asked(question)}"
        if code == 6:
            raise NotReady(f"{told}; give it a longer period")
        raise ProtocolError(Reason.EXCEPTION, f"{told}; check the profile, and the device where it says so")

    def _failure(self, question: Question, fault: Reason, heard: bytes) -> HardwareError:
        """Why there was no answer. Where only others were heard, this device was silent."""
        frames = [frame for frame in Traffic().feed(heard) if frame != question.frame()]
        others = sorted({frame[0] for frame in frames if len(frame) >= SHORTEST and frame[0] != question.device})
        if fault is Reason.TIMEOUT or (others and len(others) == len({frame[0] for frame in frames})):
            told = f"; only device {', '.join(map(str, others))} was heard" if others else "; only our own question came back" if heard else ""
            remedy = "check its address, its supply, the wires A and B, and the line's speed and parity"
            return Timeout(errno.ETIMEDOUT, f"{self._where}: no answer to {_asked(question)}{told}; {remedy}")
        remedy = "check speed, parity, termination, and that no two devices have one address"
        return ProtocolError(fault, f"{self._where}: no readable answer to {_asked(question)} ({fault}); {remedy}")


def _asked(question: Question) -> str:
    return f"function {question.function}, registers {question.address} to {question.address + question.span - 1} (as on the wire)"
