"""Readings that are not in a Block yet, in two files used in turn.

The same code keeps the *spool* (in the runtime directory, one write for every reading: a process that dies loses nothing) and the *journal* (on
the outbox's disk, one write and one sync for every flush: a power cut costs at most that). Each turn of a file begins with a header that names
its salt, boot and series table, the table itself with it, so that what is found after a death can be sealed as what it was. An entry has its CRC
and its ordinal in the epoch. A file's turn may only begin when everything in it stands in a synced Block. Between the entries stands up to which
ordinal that was so when they were written.
"""

from __future__ import annotations

import secrets
import struct
import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from gateway.model import Quality, Reading, SeriesInfo, Table
from gateway.outbox.disk import Disk

SIZE = 64 << 10
_LENGTH = struct.Struct("<HI")


class Context(NamedTuple):
    """What entries need to become a Block: epoch they were counted in, boot whose clock stamped them, their series table."""

    epoch: str
    boot: str
    table: Table


class Entry(NamedTuple):
    """A journalled reading with its ordinal."""

    ordinal: int
    reading: Reading


class Turn(NamedTuple):
    """What one file held. durable: highest ordinal that stood in a synced Block by then."""

    context: Context
    entries: list[Entry]
    durable: int


class Journal:
    """Two files on a disk. stem: begins their names. missed: entries for which there was no room."""

    def __init__(self, disk: Disk, stem: str, size: int = SIZE) -> None:
        self._disk = disk
        self._names = (f"{stem}-0", f"{stem}-1")
        self._size = size
        self._current = 0
        self._context: Context | None = None
        self._salt = 0
        self._used = size
        self._last = [0, 0]
        self._told = 0
        self._turn_wanted = True
        self.missed = 0

    @property
    def name(self) -> str:
        """The file in use."""
        return self._names[self._current]

    def prepare(self) -> None:
        """Write the files with zeros, so that later writes change no size; keeps files that are there."""
        for name in self._names:
            size = len(self._disk.read(name))
            if size < self._size:
                self._disk.write(name, size, bytes(self._size - size))
                self._disk.sync(name)

    def recover(self) -> list[Turn]:
        """What the two files hold, in the order of their entries; damaged entries end a file. Until `hold` neither file is used."""
        turns = [_parse(self._read(name)) for name in self._names]
        self._last = [turn.entries[-1].ordinal if turn and turn.entries else 0 for turn in turns]
        return sorted((turn for turn in turns if turn is not None and turn.entries), key=lambda turn: turn.entries[0].ordinal)

    def _read(self, name: str) -> bytes:
        try:
            return self._disk.read(name, 0, self._size)
        except OSError:
            return b""

    def hold(self, above: int, upto: int) -> None:
        """After a recovery: entries above and up to these ordinals were sealed anew; their files may be used when that is synced."""
        self._last = [min(last, upto) if last > above else 0 for last in self._last]
        self._current = 0 if self._last[0] > self._last[1] else 1

    def turn(self) -> None:
        """A Block was sealed: the next entry goes to the other file, as soon as that one is free."""
        self._turn_wanted = True

    def write(self, entries: Sequence[Entry], context: Context, durable: int) -> bool:
        """Add entries in one write. durable: highest ordinal in a synced Block. False where there is no room: then nothing was written.

        OSError where the disk refuses; the entries may be written again.
        """
        body = self._body(entries, self._salt, durable if durable > self._told else 0)
        if self._turn_wanted or context != self._context or self._used + len(body) > self._size:
            other = 1 - self._current
            if self._last[other] > durable:
                if context != self._context or self._used + len(body) > self._size:
                    self.missed += len(entries)
                    return False
            else:
                return self._begin(other, entries, context, durable)
        self._disk.write(self.name, self._used, body)
        self._used += len(body)
        self._told = durable
        self._last[self._current] = entries[-1].ordinal
        return True

    def _body(self, entries: Sequence[Entry], salt: int, durable: int) -> bytes:
        return (_record(durable, salt) if durable else b"") + b"".join(_pack(entry, salt) for entry in entries)

    def _begin(self, file: int, entries: Sequence[Entry], context: Context, durable: int) -> bool:
        salt = secrets.randbits(32)
        data = _head(salt, context) + self._body(entries, salt, durable)
        if len(data) > self._size:
            self.missed += len(entries)
            return False
        self._disk.write(self._names[file], 0, data)
        self._current, self._salt, self._context, self._used = file, salt, context, len(data)
        self._last[file] = entries[-1].ordinal
        self._told = durable
        self._turn_wanted = False
        return True


def _record(content: object, salt: int = 0) -> bytes:
    body = msgspec.msgpack.encode(content)
    return _LENGTH.pack(len(body), zlib.crc32(body, salt)) + body


def _head(salt: int, context: Context) -> bytes:
    return _record((salt, context.epoch, context.boot, context.table.series))


def _pack(entry: Entry, salt: int) -> bytes:
    r = entry.reading
    return _record((entry.ordinal, r.series, r.ms, r.raw, r.quality, r.flags, r.reason), salt)


def _next(data: bytes, offset: int, salt: int) -> tuple[Any, int] | None:
    """The record at an offset and where the next begins; None where there is no whole one."""
    if offset + _LENGTH.size > len(data):
        return None
    length, crc = _LENGTH.unpack_from(data, offset)
    body = data[offset + _LENGTH.size : offset + _LENGTH.size + length]
    if not length or len(body) < length or zlib.crc32(body, salt) != crc:
        return None
    return msgspec.msgpack.decode(body), offset + _LENGTH.size + length


def _parse(data: bytes) -> Turn | None:
    """The entries of a file's newest turn; None where its header is not whole, or another version wrote it."""
    found = _next(data, 0, 0)
    if found is None:
        return None
    try:
        (salt, epoch, boot, series), offset = found
        context = Context(epoch, boot, Table(msgspec.convert(series, tuple[SeriesInfo, ...])))
        entries: list[Entry] = []
        durable = 0
        while (found := _next(data, offset, salt)) is not None:
            content, offset = found
            if isinstance(content, int):
                durable = content
            else:
                entries.append(_entry(content, context.table))
    except (ValueError, TypeError, IndexError):
        return None
    return Turn(context, entries, durable)


def _entry(content: Any, table: Table) -> Entry:
    ordinal, index, ms, raw, quality, flags, reason = content
    value = None if quality == Quality.BAD or raw is None else table.series[index].value(raw)
    return Entry(ordinal, Reading(index, ms, raw, value, quality, flags, reason))
