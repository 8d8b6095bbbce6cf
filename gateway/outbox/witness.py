"""What was durable when a process died, told by a small file in the runtime directory.

Only what is durable may have been sent. After a death that left the machine running, the segments must therefore reach at least as far as this
says, else their end is damaged; and a journalled reading above `ordinal` stands in no Block that anybody has seen, so that it may be sealed anew.
"""

from __future__ import annotations

import struct
import zlib

import msgspec

from gateway.outbox.disk import Disk

NAME = "durable"
SIZE = 1024
_HEAD = struct.Struct("<HI")


class Witness(msgspec.Struct, frozen=True):
    """Of this epoch, the highest durable number of every lane, and the highest ordinal in a durable Block."""

    epoch: str
    numbers: dict[str, int]
    ordinal: int


def tell(runtime: Disk, witness: Witness) -> None:
    """Write it, in one write. OSError where the runtime directory refuses."""
    body = msgspec.msgpack.encode(witness)
    runtime.write(NAME, 0, _HEAD.pack(len(body), zlib.crc32(body)) + body)


def heard(runtime: Disk) -> Witness | None:
    """What the last process told; None after a power cut, or where it cannot be read."""
    try:
        data = runtime.read(NAME, 0, SIZE)
        length, crc = _HEAD.unpack_from(data.ljust(_HEAD.size, b"\0"))
        body = data[_HEAD.size : _HEAD.size + length]
        return msgspec.msgpack.decode(body, type=Witness) if length and zlib.crc32(body) == crc else None
    except (OSError, msgspec.DecodeError):
        return None
