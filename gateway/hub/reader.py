"""From bytes to a message that is right in itself, or a reason for the quarantine.

Who speaks is what the topic says, because the broker's access rules bind a node to its own topics; a payload that names somebody else is
refused. Numbers and texts are bounded here, so nothing behind this file meets a value its database cannot hold.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from gateway.contract.batch import MAX_INT, BadBatch, Batch, decode_message
from gateway.contract.messages import (
    Alarm,
    AnyEvent,
    Birth,
    BumpTest,
    Calibration,
    Clock,
    Configuration,
    Death,
    Gap,
    Health,
    Identity,
    Notice,
    decode,
)
from gateway.contract.topics import Address
from gateway.contract.unbatch import MAX_RAW, MAX_TEXT

MAX_JSON = 64 * 1024
MAX_HELD = 1024
KINDS: dict[str, Any] = {
    "gap": Gap, "clock": Clock, "configuration": Configuration, "notice": Notice, "calibration": Calibration, "bump": BumpTest,
}  # fmt: skip


class Other(Identity, frozen=True, kw_only=True):
    """An event of a kind that this version does not know: kept as it is, because a newer node is no reason to lose anything."""

    kind: str


Event = AnyEvent | Other
Said = Alarm | Event | Batch | Birth | Death | Health


class Unreadable(ValueError):
    """The payload is not a message of its class: what is wrong."""


def read(address: Address, payload: bytes) -> Said:
    """Decode and check one message of a node; Unreadable says why it is refused."""
    try:
        said = decode_message(payload) if address.cls == "batch" else _json(address.cls, payload)
    except (BadBatch, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(str(error)[:200]) from error
    if said.node != address.node:
        raise Unreadable(f"says it is of {said.node[:MAX_TEXT]!r}")
    if not isinstance(said, Batch):
        _check(said)
    return said


class _State(msgspec.Struct, frozen=True):
    up: bool


class _Kind(msgspec.Struct, frozen=True):
    kind: str


def _json(cls: str, payload: bytes) -> Alarm | Event | Birth | Death | Health:
    if len(payload) > MAX_JSON:
        raise Unreadable(f"{len(payload)} bytes; a {cls} has at most {MAX_JSON}")
    payload.decode()  # the whole of it is kept as text, also keys that no type here reads
    if cls == "alarm":
        return decode(Alarm, payload)
    if cls == "event":
        event: Event = decode(KINDS.get(decode(_Kind, payload).kind, Other), payload)
        return event
    if cls == "state":
        return decode(Birth, payload) if decode(_State, payload).up else decode(Death, payload)
    if cls == "health":
        return decode(Health, payload)
    raise Unreadable(f"class {cls} is not for this hub")


def _check(said: Alarm | Event | Birth | Death | Health) -> None:
    """What the types alone do not say."""
    _names(said.epoch, said.boot)
    if not isinstance(said, Death) and not 0 <= said.mono <= MAX_RAW / 1000:
        raise Unreadable(f"mono {said.mono} is no moment of a boot")
    if isinstance(said, Identity) and not 0 < said.seq < MAX_INT:
        raise Unreadable(f"sequence number {said.seq} is outside [1, 2^32)")
    if isinstance(said, Gap):
        _check_gap(said)
    elif isinstance(said, Clock):
        _names(said.of)
    elif isinstance(said, Birth):
        if len(said.held) > MAX_HELD:
            raise Unreadable(f"{len(said.held)} epochs held; at most {MAX_HELD}")
        _names(*(held.epoch for held in said.held))


def _names(*names: str) -> None:
    for name in names:
        if not 0 < len(name) <= MAX_TEXT:
            raise Unreadable(f"{name[:MAX_TEXT]!r} is no name: 1 to {MAX_TEXT} characters")


def _check_gap(gap: Gap) -> None:
    _names(gap.of)
    if (gap.first is None) != (gap.last is None):
        raise Unreadable("a gap with one end only")
    if gap.first is not None and gap.last is not None and not 0 < gap.first <= gap.last < MAX_INT:
        raise Unreadable(f"gap [{gap.first}, {gap.last}] is no range of numbers")


def essence(said: Alarm | Event, payload: bytes) -> bytes:
    """Digest of what a message says, without what is filled in when it is sent: a message sent again after the clock became known is the same."""
    if isinstance(said, Other):
        body = msgspec.json.decode(payload)
        for key in ("epoch", "seq", "volatile", "utc", "clock", "clock_error"):
            body.pop(key, None)
        return digest(msgspec.json.encode(body, order="sorted"))
    bare = msgspec.structs.replace(said, epoch="", seq=0, volatile=False, utc=None, clock="free", clock_error=None)
    return digest(msgspec.json.encode(bare))


def digest(data: bytes) -> bytes:
    """Eight bytes that stand for a content."""
    return hashlib.blake2b(data, digest_size=8).digest()
