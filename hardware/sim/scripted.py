"""A simulated serial device that says exactly the bytes it is told to: for golden vectors, captured lines and frames that no real sensor would send.

[chips."serial:/dev/serial0"]
kind = "scripted"
said = [[0.05, "FF 07 A1 A7"]]                     scenario seconds at which it begins to send, and the bytes in hexadecimal
answers = { "42 4D E2 00 00 01 71" = "42 4D ..." } what it sends after a question; a list is used up answer by answer
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hardware.sim.faults import Fault
from hardware.sim.talking import SILENCING, late, silent

if TYPE_CHECKING:
    from hardware.sim.world import World


class Wiring(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """said: pairs of scenario seconds and bytes. answers: by question; a text is the answer each time, a list has one for each time. delay: seconds
    from a question to its answer."""

    said: tuple[tuple[float, str], ...] = ()
    answers: dict[str, str | list[str]] = {}
    delay: float = 0.02


class Chip:
    """One device. name: `serial:<port>`. heard_bytes: what the node sent, with the time; read: what the node holds whole."""

    def __init__(self, name: str, wiring: Wiring, world: World) -> None:
        self.faults: dict[str, tuple[type[Fault], ...]] = {name: SILENCING}
        self.heard_bytes: list[tuple[float, bytes]] = []
        self.read: list[bytes] = []
        self._name = name
        self._world = world
        self._delay = wiring.delay
        self._saying = [(at, bytes.fromhex(text)) for at, text in wiring.said]
        self._answers = {bytes.fromhex(key): texts for key, texts in wiring.answers.items()}
        self._given: dict[bytes, int] = {}

    def heard(self, data: bytes, at: float) -> None:
        """Answer, where there is an answer to that question."""
        self.heard_bytes.append((at, data))
        texts = self._answers.get(data, "")
        given = self._given[data] = self._given.get(data, -1) + 1
        text = texts if isinstance(texts, str) else texts[given] if given < len(texts) else ""
        if text:
            self._saying.append((late(self._world, self._name, at, self._delay), bytes.fromhex(text)))

    def say(self, until: float) -> list[tuple[float, bytes]]:
        """What was due since the last call."""
        due = sorted(item for item in self._saying if item[0] <= until)
        self._saying = [item for item in self._saying if item[0] > until]
        return [(at, data) for at, data in due if not silent(self._world, self._name, at)]

    def taken(self, data: bytes) -> None:
        """The node holds all of it."""
        self.read.append(data)
