"""What to do about every reason code of MQTT 5 (OASIS MQTT 5.0, table 2-6 and sections 3.2.2.2, 3.4.2.1, 3.9.3, 3.14.2.1).

Decision: one table, one action each, complete by test. A code nobody knows (a newer broker, a broken one) is treated by its half: below 0x80
success, above it a plain back-off. No code ever deletes anything.
"""

from __future__ import annotations

from enum import Enum

from gateway.uplink.ports import Source


class Action(Enum):
    """What the forwarder does: with the message a PUBACK answers, or with the connection for every other packet."""

    GO_ON = "go on"
    NOBODY = "nobody listens: keep it, count the lane as silent, probe"
    RETRY = "back off, then again"
    SLOW = "back off a minute, smaller windows"
    SHRINK = "back off, smaller windows"
    SPLIT = "the message is too large: send less at once, then back off"
    REJECT = "the content is refused: split it, at last park it with a gap"
    FORBIDDEN = "not allowed: a notice, and a quarter of an hour"
    CONFIGURATION = "a fault of configuration: a notice, and a quarter of an hour"
    TAKEN_OVER = "somebody else uses our name: a notice, and at least a minute"
    NOTICE = "an operator did it: a notice, then back off"
    RECONNECT = "open a new connection at once"


_A = Action

CODES: dict[Source, dict[int, Action]] = {
    Source.CONNACK: {
        0x00: _A.GO_ON, 0x80: _A.RETRY, 0x81: _A.CONFIGURATION, 0x82: _A.CONFIGURATION, 0x83: _A.RETRY, 0x84: _A.CONFIGURATION,
        0x85: _A.FORBIDDEN, 0x86: _A.FORBIDDEN, 0x87: _A.FORBIDDEN, 0x88: _A.RETRY, 0x89: _A.RETRY, 0x8A: _A.FORBIDDEN, 0x8C: _A.CONFIGURATION,
        0x90: _A.CONFIGURATION, 0x95: _A.CONFIGURATION, 0x97: _A.SLOW, 0x99: _A.CONFIGURATION, 0x9A: _A.CONFIGURATION, 0x9B: _A.CONFIGURATION,
        0x9C: _A.CONFIGURATION, 0x9D: _A.CONFIGURATION, 0x9F: _A.RETRY,
    },
    Source.PUBACK: {
        0x00: _A.GO_ON, 0x10: _A.NOBODY, 0x80: _A.RETRY, 0x83: _A.RETRY, 0x87: _A.FORBIDDEN, 0x90: _A.CONFIGURATION, 0x91: _A.RECONNECT,
        0x97: _A.SLOW, 0x99: _A.REJECT,
    },
    Source.SUBACK: {
        0x00: _A.GO_ON, 0x01: _A.GO_ON, 0x02: _A.GO_ON, 0x80: _A.RETRY, 0x83: _A.RETRY, 0x87: _A.FORBIDDEN, 0x8F: _A.CONFIGURATION,
        0x91: _A.RECONNECT, 0x97: _A.SLOW, 0x9E: _A.CONFIGURATION, 0xA1: _A.CONFIGURATION, 0xA2: _A.CONFIGURATION,
    },
    Source.DISCONNECT: {
        0x00: _A.RETRY, 0x04: _A.RETRY, 0x80: _A.RETRY, 0x81: _A.REJECT, 0x82: _A.RETRY, 0x83: _A.RETRY, 0x87: _A.FORBIDDEN, 0x89: _A.RETRY,
        0x8B: _A.RETRY, 0x8C: _A.CONFIGURATION, 0x8D: _A.RETRY, 0x8E: _A.TAKEN_OVER, 0x8F: _A.CONFIGURATION, 0x90: _A.CONFIGURATION,
        0x93: _A.SHRINK, 0x94: _A.CONFIGURATION, 0x95: _A.SPLIT, 0x96: _A.SLOW, 0x97: _A.SLOW, 0x98: _A.NOTICE, 0x99: _A.REJECT,
        0x9A: _A.CONFIGURATION, 0x9B: _A.CONFIGURATION, 0x9C: _A.CONFIGURATION, 0x9D: _A.CONFIGURATION, 0x9E: _A.CONFIGURATION, 0x9F: _A.RETRY,
        0xA0: _A.RECONNECT, 0xA1: _A.CONFIGURATION, 0xA2: _A.CONFIGURATION,
    },
}  # fmt: skip
"""0x9C and 0x9D (use another server) are not followed: a broker may not send a node to a host that its configuration does not name.
0x84: MQTT 3.1.1 is not tried on its own account; there a forbidden publish is answered as a success and vanishes."""


def action(source: Source, code: int | None) -> Action:
    """The action for a code; a loss without a code is a RETRY."""
    if code is None:
        return Action.RETRY
    known = CODES.get(source, {}).get(code)
    if known is not None:
        return known
    return Action.RETRY if code >= 0x80 or source in (Source.DISCONNECT, Source.TRANSPORT) else Action.GO_ON


WAIT: dict[Action, tuple[float, float]] = {
    Action.SLOW: (30.0, 90.0),
    Action.FORBIDDEN: (600.0, 1200.0),
    Action.CONFIGURATION: (600.0, 1200.0),
    Action.TAKEN_OVER: (60.0, 120.0),
    Action.RECONNECT: (0.0, 5.0),
}
"""Seconds to wait, between and between, for the actions that do not follow the ordinary back-off."""

TOLD = frozenset({Action.FORBIDDEN, Action.CONFIGURATION, Action.TAKEN_OVER, Action.NOTICE, Action.REJECT})
"""Actions an operator hears about."""
