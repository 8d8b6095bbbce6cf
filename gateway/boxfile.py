"""A file of the black box: what the drivers said around an alarm, sample by sample, readable by any CBOR library.

Decision: a CBOR sequence (RFC 8742). First a map, the head, that explains everything after it; then blocks of at most `BLOCK` samples, each a map of
columns; last a byte string of four bytes, the CRC-32 of everything before it. It is made and written piece by piece, because the interpreter serves
nobody else while one large thing is encoded. Times are milliseconds of the boot in the head. In memory a sample is `SIZE` bytes.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import cbor2
import msgspec

from gateway.contract.messages import Alarm
from gateway.model import Quality, Reason, Sampled, SeriesInfo

WHAT, VERSION = "edge-gateway black box", 1
FOLDER = "blackbox"
"""Where the files are, below the node's state."""
BLOCK = 256
"""Samples in one block."""
MOST = 4 << 20
"""Bytes: a file that is larger was not written here."""
NAME = re.compile(r"(\d{6,9})-([A-Za-z0-9_.-]{1,64})-(\d+)\.cbor")
"""Number, first rule, its occurrence. The number only grows, so that the oldest is known without a clock."""
_ROW, _WHERE = struct.Struct("<qHdqBBBB"), struct.Struct("<qH")
SIZE = _ROW.size
_REASONS = ("", *(str(reason) for reason in Reason))
_MARK = b"\x44"


class Unreadable(Exception):
    """The file is none of the black box, or it is damaged; the message says which file and why."""


class Told(msgspec.Struct, frozen=True):
    """One alarm that was raised or escalated within the file: what the alarm's message says of it. onset, mono: seconds of the boot."""

    rule: str
    occurrence: int
    change: str
    level: int
    series: str
    onset: float
    mono: float
    value: float | None
    limit: float | None
    unit: str


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What a file begins with. begin, end: of the first and the last sample, seconds of the boot; complete: whether it reaches to a minute after the
    last alarm; utc, clock, clock_error: the time of the first alarm, where it was known. series: by their place in the
    rows: name, unit, line and calibration in force, as the hub knows them."""

    what: str = WHAT
    v: int = VERSION
    node: str
    simulated: bool
    boot: str
    alarms: Annotated[list[Told], msgspec.Meta(min_length=1)]
    begin: float
    end: float
    complete: bool
    utc: float | None
    clock: str
    clock_error: float | None
    series: list[SeriesInfo]
    rows: int


class Row(NamedTuple):
    """One sample as the driver uttered it. series: place in the head's list. part: it is one of the measurements that the next sample of its series
    was made of (a ping), which is no reading of its own."""

    series: int
    ms: int
    raw: int | None
    value: float | None
    quality: int
    reason: str
    part: bool


class Box(NamedTuple):
    """A whole file."""

    head: Head
    rows: list[Row]


def told(alarm: Alarm) -> Told:
    """What the file says of an alarm."""
    return Told(**{name: getattr(alarm, name) for name in Told.__struct_fields__})


def pack(sampled: Sampled, part: bool) -> bytes:
    """A sample as it is held in memory, `SIZE` bytes."""
    sample = sampled.sample
    reason = 0 if sample.reason is None else _REASONS.index(sample.reason)
    raw = sample.raw
    return _ROW.pack(sampled.ms, sampled.series, sample.value or 0.0, raw or 0, int(sample.quality), reason, raw is not None, part)


def where(packed: bytes) -> tuple[int, int]:
    """Its time, ms, and its place in the node's table, without the rest."""
    ms, place = _WHERE.unpack_from(packed)
    return ms, place


def moment(packed: bytes) -> int:
    """Its time alone, ms."""
    return where(packed)[0]


def unpack(packed: bytes) -> Row:
    """The sample again."""
    ms, series, value, raw, quality, reason, read, part = _ROW.unpack(packed)
    return Row(series, ms, raw if read else None, None if quality == Quality.BAD else value, quality, _REASONS[reason], bool(part))


def encode(head: Head, rows: Sequence[bytes], places: Sequence[int]) -> Iterator[bytes]:
    """The file in pieces. rows: packed; places: in the node's table, in the order of the head's series."""
    place = {found: index for index, found in enumerate(places)}
    piece = cbor2.dumps(msgspec.to_builtins(head))
    crc = zlib.crc32(piece)
    yield piece
    for first in range(0, len(rows), BLOCK):
        piece = cbor2.dumps(_block([unpack(packed) for packed in rows[first : first + BLOCK]], place))
        crc = zlib.crc32(piece, crc)
        yield piece
    yield _MARK + crc.to_bytes(4, "big")


def _block(rows: Sequence[Row], places: Mapping[int, int]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {name: [getattr(row, name) for row in rows] for name in Row._fields}
    return columns | {"series": [places[row.series] for row in rows]}


def read(path: Path) -> Box:
    """A file, whole. Unreadable where it is not one of ours, torn or damaged; OSError where it cannot be opened."""
    items = _items(path)
    head = _head(path, items)
    rows = [row for item in items for row in _rows(path, item, len(head.series))]
    if len(rows) != head.rows:
        raise Unreadable(f"{path}: {len(rows)} samples, and its head says {head.rows}")
    return Box(head, rows)


def peek(path: Path) -> Head:
    """Only the head of a file, which is checked whole. Raises as `read` does."""
    return _head(path, _items(path))


def number_of(path: Path) -> int:
    """The number in the name of a file."""
    return int(path.name.partition("-")[0])


def files(folder: Path) -> list[Path]:
    """The files of a folder that have a name of ours, oldest first; none where there is no such folder. Whatever else lies there is nobody's."""
    try:
        found = [path for path in folder.iterdir() if NAME.fullmatch(path.name) and path.is_file()]
    except OSError:
        return []
    return sorted(found, key=number_of)


def _items(path: Path) -> Iterator[Any]:
    """The items of the sequence, once the sum is right."""
    with path.open("rb") as file:
        data = file.read(MOST + 1)
    if len(data) > MOST or len(data) < len(_MARK) + 4 or data[-5:] != _MARK + zlib.crc32(data[:-5]).to_bytes(4, "big"):
        raise Unreadable(f"{path}: torn, damaged, or no file of the black box")
    body = io.BytesIO(data[:-5])
    decoder = cbor2.CBORDecoder(body)
    try:
        while True:
            yield decoder.decode()
    except cbor2.CBORDecodeEOF:
        return
    except (cbor2.CBORError, ValueError, RecursionError, OverflowError) as error:
        raise Unreadable(f"{path}: not CBOR: {error}") from error


def _head(path: Path, items: Iterator[Any]) -> Head:
    try:
        head = msgspec.convert(next(items, None), Head)
    except msgspec.ValidationError as error:
        raise Unreadable(f"{path}: no file of the black box: {error}") from error
    if (head.what, head.v) != (WHAT, VERSION):
        raise Unreadable(f"{path}: {head.what} of version {head.v}, and this program knows {WHAT} of version {VERSION}")
    return head


def _rows(path: Path, item: Any, series: int) -> list[Row]:
    try:
        columns = msgspec.convert(item, _Columns)
    except msgspec.ValidationError as error:
        raise Unreadable(f"{path}: a block that is none: {error}") from error
    try:
        rows = [Row(*row) for row in zip(*(getattr(columns, name) for name in Row._fields), strict=True)]
    except ValueError as error:
        raise Unreadable(f"{path}: a block whose columns are not equally long") from error
    if any(not 0 <= row.series < series for row in rows):
        raise Unreadable(f"{path}: a sample of a series that the head does not have")
    return rows


class _Columns(msgspec.Struct):
    series: list[int]
    ms: list[int]
    raw: list[int | None]
    value: list[float | None]
    quality: list[int]
    reason: list[str]
    part: list[bool]
