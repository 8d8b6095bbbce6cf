"""The hub is the clock where no other is: a receipt carries its UTC, and the message it answers bounds how old that is.

Decision: the hub read its clock at some moment between our stamp `re` and the arrival. The middle of the two is the best guess and half of the
way the most it can be wrong, beside what the hub says of its own clock. That holds however long the message lay anywhere.
"""

from __future__ import annotations

from gateway.clock import NodeClock
from gateway.contract.messages import ClockFix, Receipt


def fix(receipt: Receipt, clock: NodeClock) -> ClockFix | None:
    """The anchor a receipt gives this boot; None where it answers something said by another boot."""
    arrived = clock.monotonic()
    boot, sent = receipt.re
    if boot != clock.boot or sent > arrived:
        return None
    half = (arrived - sent) / 2
    return ClockFix(mono=round(arrived - half, 3), utc=receipt.at, source="hub", error=round(half + abs(receipt.error) + 0.001, 3))
