"""Notes: what a segment needs to be understood on its own. A series table, a boot's clock anchor, or the state of an alarm that is not normal.

Every new segment begins with the notes in force, so that letting go of an old segment never takes away what a newer one needs.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from gateway.clock import ClockTable
from gateway.contract.messages import ClockFix
from gateway.model import SeriesInfo, Table
from gateway.outbox.frames import Frame, Kind

MOST_BOOTS = 64
"""Boots whose anchors are repeated: those of a backlog; older ones are only of interest to what is long receipted."""


class Notes:
    """The tables and anchors known, and as frames."""

    def __init__(self, alarms: Callable[[list[bytes]], list[bytes]]) -> None:
        self.tables: dict[str, Table] = {}
        self.clocks = ClockTable()
        self.boots: dict[str, int] = {}  # earlier boots in their order, with the newest moment (ms) known of each
        self.current: Table | None = None
        self.last = ""  # id of the table that was noted last
        self.found: list[bytes] = []  # while an outbox is opened: what its alarm lane holds
        self._alarms = alarms

    def take(self, payload: bytes) -> bytes | None:
        """Learn from a note found in a segment; gives an alarm's state where it is one."""
        kind, name, body = msgspec.msgpack.decode(payload)
        if kind == "table":
            # Known by the name it was given: a limit written as 4 comes back as 4.0, and the id follows from the bytes.
            self.tables[name] = Table(msgspec.convert(body, tuple[SeriesInfo, ...]))
            self.last = name
        elif kind == "clock":
            self.clocks.fixes[name] = msgspec.convert(body, ClockFix)
        elif kind == "boot":
            self.boots[name] = int(body)
        elif kind == "alarm":
            return bytes(body)
        return None

    def learn(self, payload: bytes) -> None:
        """Learn from a note of an old segment, which never replaces what a newer one said."""
        kind, name, _ = msgspec.msgpack.decode(payload)
        if (kind == "table" and name not in self.tables) or (kind == "clock" and name not in self.clocks.fixes):
            last = self.last
            self.take(payload)
            self.last = last

    def for_batches(self) -> list[Frame]:
        """The table in force, the anchors of the newest boots, and in which order boots came."""
        anchors = [clock_note(boot, fix) for boot, fix in list(self.clocks.fixes.items())[-MOST_BOOTS:]]
        boots = [boot_note(boot, ms) for boot, ms in list(self.boots.items())[-MOST_BOOTS:]]
        return ([table_note(self.current)] if self.current else []) + anchors + boots

    def for_alarms(self) -> list[Frame]:
        """The state of every alarm that is not normal."""
        return [Frame(Kind.NOTE, 0, msgspec.msgpack.encode(("alarm", "", state))) for state in self._alarms(self.found)]


def table_note(table: Table) -> Frame:
    """A table as a frame."""
    return Frame(Kind.NOTE, 0, msgspec.msgpack.encode(("table", table.id, table.series)))


def clock_note(boot: str, fix: ClockFix) -> Frame:
    """An anchor as a frame."""
    return Frame(Kind.NOTE, 0, msgspec.msgpack.encode(("clock", boot, fix)))


def boot_note(boot: str, ms: int) -> Frame:
    """An earlier boot as a frame, with the newest moment known of it."""
    return Frame(Kind.NOTE, 0, msgspec.msgpack.encode(("boot", boot, ms)))
