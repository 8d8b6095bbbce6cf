"""What may be asked at the control door: one JSON object a line, `do` names the act, every text and number is bounded by its type.

Decision: a request is a typed struct, so that an act never sees a wrong type, and whoever asks for something that is not there is told what there is.
The answer is one JSON object a line: `{"ok": true, ...}`, or `{"ok": false, "error": "what, and what to do"}`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, NamedTuple

import msgspec

from gateway.contract.care import Kind
from gateway.control.bump import RECOVER, SHARE, WITHIN

Text = Annotated[str, msgspec.Meta(max_length=200)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Who = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"\S")]
Gas = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"\S")]
Token = Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{16,64})?$")]
"""Names one maintenance: whoever has it goes on with it, nobody else does."""
Date = Annotated[str, msgspec.Meta(pattern=r"^(\d{4}-\d{2}-\d{2})?$")]
Number = Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)]
MAINTENANCE = 20 * 60.0
"""Seconds a channel is in maintenance unless the person says otherwise."""
LONGEST = 60 * 60.0
LEAST_REASON = 5
"""Letters of a reason, for whatever is done against a refusal."""


class Refusal(Exception):
    """The act is not done: the message says why, and what to do."""


class Actor(NamedTuple):
    """Who asks, as the kernel knows it. uid: of the other end's process."""

    uid: int | None


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What every request is."""

    do: str


class Live(Ask, frozen=True):
    """The newest of the named series, of all where none is named. token: of a maintenance whose client is still there."""

    series: Annotated[list[Name], msgspec.Meta(max_length=256)] = []
    token: Token = ""


class Maintain(Ask, frozen=True, kw_only=True):
    """Put a channel into maintenance for so many seconds: it does not protect. token: names it from now on, so that a client can end it although the
    answer was lost; the node makes one up where none is given. despite_alarm: why, although an alarm is active on it. force: why a maintenance
    of somebody else is taken over."""

    series: Name
    who: Who
    seconds: Annotated[float, msgspec.Meta(gt=0, le=LONGEST)] = MAINTENANCE
    why: Text = ""
    token: Token = ""
    despite_alarm: Text = ""
    force: Text = ""


class Release(Ask, frozen=True, kw_only=True):
    """End a channel's maintenance, and what was being done in it. Where a reference was applied and is still beyond an alarm threshold the node waits
    for it to go, for a bounded time. now: without that, the person knows that the gas is away, or that it is no test gas."""

    series: Name
    token: Token = ""
    now: bool = False


class Capture(Ask, frozen=True, kw_only=True):
    """Take a point: the reference, in the series' unit, is applied. begin: from now on; without it the readings since then are looked at again."""

    series: Name
    reference: Number
    token: Token = ""
    begin: bool = False


class Calibrate(Ask, frozen=True, kw_only=True):
    """Make a calibration of the points taken. gas: or other reference, in words; due: date; days: or so many from now; dry: only show it; force: why
    limits are overridden. concentration: of the gas where it is not the reference itself."""

    series: Name
    kind: Kind
    who: Who
    gas: Gas
    token: Token = ""
    concentration: Annotated[float, msgspec.Meta(ge=0, le=1e9)] | None = None
    certificate: Text = ""
    certificate_expires: Date = ""
    due: Date = ""
    days: Annotated[float, msgspec.Meta(gt=0, le=3660)] | None = None
    note: Text = ""
    force: Text = ""
    dry: bool = False


class BumpAsk(Ask, frozen=True, kw_only=True):
    """Begin a bump test now: gas of a concentration (in the series' unit) is applied. within, recover: seconds; share: part of the way. The channel
    must be in maintenance; its maintenance lasts as long as the test, and ends with it."""

    series: Name
    who: Who
    gas: Gas
    concentration: Number
    token: Token = ""
    share: Annotated[float, msgspec.Meta(gt=0.1, le=1.0)] = SHARE
    within: Annotated[float, msgspec.Meta(gt=0, le=LONGEST / 2)] = WITHIN
    recover: Annotated[float, msgspec.Meta(ge=0, le=LONGEST / 2)] = RECOVER
    certificate: Text = ""
    note: Text = ""


class History(Ask, frozen=True, kw_only=True):
    """The calibrations and bump tests of a series, of all where none is named, newest last."""

    series: Annotated[str, msgspec.Meta(max_length=64)] = ""


class Act(NamedTuple):
    """One thing that may be asked: its request's type, and what does it. do: gives the answer's content; Refusal where it is not done."""

    ask: type[Ask]
    do: Callable[[Actor, Any], dict[str, Any]]


def answer(acts: Mapping[str, Act], actor: Actor, line: bytes) -> dict[str, Any]:
    """Do what a line asks for. Refusal where it is not JSON, not known, or not done."""
    try:
        name = msgspec.json.decode(line, type=_Named).do
        if name not in acts:
            raise Refusal(f"{name[:64]!r} cannot be asked for; known: {', '.join(sorted(acts))}")
        act = acts[name]
        ask = msgspec.json.decode(line, type=act.ask)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(f"not a request: {error}") from error
    return act.do(actor, _tidied(ask))


def _tidied(ask: Ask) -> Ask:
    """The request with every text on one line and without blanks at its ends: it goes into facts and notices."""
    texts = {name: " ".join(value.split()) for name in ask.__struct_fields__ if isinstance(value := getattr(ask, name), str)}
    return msgspec.structs.replace(ask, **texts)


def reasoned(text: str) -> bool:
    """Whether a reason is one."""
    return len(text.strip()) >= LEAST_REASON


class _Named(msgspec.Struct):
    do: str
