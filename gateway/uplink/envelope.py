"""From stored frames to the bytes of one message.

Decision: what is stored is not touched. A Block goes out byte for byte behind a head that explains it with what is known now; an alarm or event
gets its identity and its UTC at sending, so what happened before the clock was set leaves with the right time once it is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from gateway.contract.batch import encode_message
from gateway.model import Instant
from gateway.uplink.ports import Context, Frame

CBOR = "application/cbor"
JSON = "application/json"


class Unreadable(ValueError):
    """A stored frame that cannot be explained to the hub: its table is not known, or it is not JSON."""


def batch(node: str, simulated: bool, context: Context, sent: tuple[str, float], frames: Sequence[Frame]) -> bytes:
    """One message of Blocks of one epoch. Unreadable where a table is missing."""
    tables = {}
    for name in dict.fromkeys(frame.table for frame in frames):
        table = context.table(name)
        if table is None:
            raise Unreadable(f"series table {name!r} is not known")
        tables[name] = table
    clocks = {}
    for boot in dict.fromkeys(frame.boot for frame in frames):
        fix = context.clocks.fix(boot)
        if fix is not None:
            clocks[boot] = fix
    return encode_message(node, frames[0].epoch, sent, tables, clocks, [frame.payload for frame in frames], simulated)


def single(context: Context, frame: Frame) -> bytes:
    """An alarm or event with what only the sending knows filled in. Any kind passes: a kind of a newer version is not ours to judge."""
    try:
        body: dict[str, Any] = msgspec.json.decode(frame.payload, type=dict[str, Any])
        instant = Instant(str(body["boot"]), round(float(body["mono"]) * 1000))
    except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"not a stored message: {error}") from error
    utc, source, bound = context.clocks.utc(instant)
    body.update(epoch=frame.epoch, seq=frame.seq, volatile=frame.volatile, clock=source, clock_error=bound)
    body["utc"] = None if utc is None else round(utc, 3)
    return msgspec.json.encode(body)
