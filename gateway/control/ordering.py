"""A call that guard is to make between two samples, and its answer for who stands at the control door.

Decision: the door waits a short time only, because others ask there too. Whoever takes a call's claim first has it: where guard did not begin in
time the door takes it, so that what was said not to be done is not done later by a guard that comes back.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from gateway.appraisal import Appraiser
from gateway.control.requests import Refusal
from gateway.inbox import Inbox
from gateway.rules import Refused

T = TypeVar("T")
WITHIN = 2.0
"""Real seconds that the door waits for guard; it steps at least twice a second."""
Orders = Inbox[Callable[[Appraiser], None]]


def ordered(orders: Orders, call: Callable[[], T], within: float = WITHIN) -> T:
    """Have guard make a call; gives what the call gives. Refusal where it is refused, where it fails, and where guard does not answer in time: then
    the message says whether it may still happen."""
    claim, over = threading.Lock(), threading.Event()
    gave: list[T] = []
    refused: list[Refused] = []

    def order(appraiser: Appraiser) -> None:
        if not claim.acquire(blocking=False):
            return  # who asked has been told that it is not done
        try:
            gave.append(call())
        except Refused as error:
            refused.append(error)
        finally:
            over.set()

    orders.put(order)
    if not over.wait(within):
        if claim.acquire(blocking=False):
            raise Refusal(f"guard does not answer within {within:g} s: nothing was done; `edge-gateway status` tells how it is, then try again")
        raise Refusal(f"guard has begun and is not through within {within:g} s: it may still happen; look with `edge-gateway alarms` first")
    if refused:
        raise Refusal(str(refused[0])) from refused[0]
    if not gave:
        raise Refusal("the node failed at it, and part of it may be done; its log tells more, `edge-gateway alarms` how it stands")
    return gave[0]
