"""Where a hub keeps what it receives; one file per database behind one small port.

A sink stores a group of messages in one transaction, rows and marks together, and says whose marks to tell. What it has told in a receipt it
must have after a power cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from gateway.contract.topics import Address
from gateway.hub.ledger import LaneMarks
from gateway.hub.reader import Said


class Refused(NamedTuple):
    """A message for the quarantine, and why."""

    reason: str


class Entry(NamedTuple):
    """One message to store: whose, what it says (or why it is refused), its bytes, the hub's UTC at its arrival, and whether the broker had
    kept it as retained (then the node may be gone)."""

    address: Address
    said: Said | Refused
    payload: bytes
    at: float
    retained: bool = False


class Touched(NamedTuple):
    """A lane whose marks a receipt should tell, because a message of it was stored or was a duplicate."""

    address: Address
    epoch: str
    lane: str


class SinkDown(Exception):
    """The database cannot store now (disk full, locked, gone). Nothing of the group was stored; the same group may be tried again."""


class Sink(Protocol):
    """A database of the hub."""

    def store(self, entries: Sequence[Entry]) -> list[Touched]:
        """Store a group in one transaction and commit it durably; SinkDown where the database cannot, any other exception is a defect and
        leaves nothing stored either."""

    def marks(self, node: str, epoch: str) -> dict[str, LaneMarks]:
        """The marks of every lane of an epoch; empty where it is unknown."""

    def close(self) -> None:
        """Let go of the database."""
