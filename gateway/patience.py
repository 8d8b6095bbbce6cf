"""The start never waits for the disk: it is asked on a thread of its own, and after one second in all the node starts without it.

Decision: a card that hangs in its first read would otherwise keep the siren silent for as long as it likes, and neither a signal nor a time-out ends
a read of a disk in the kernel. So who starts asks through here. Once the disk was late nothing in this process touches it any more, the late call
included: what it has in its hands is revoked, so it ends at its next operation and leaves the disk as a process does that dies there. That it came
back is how the node knows that the disk answers again; then it is started again and takes the outbox as at any start (gateway/serve.py).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from gateway.calibrations import Store
from gateway.clock import real
from gateway.outbox import AdriftSpool, Disk, NoDisk, Outbox
from gateway.supervisor import Errand

T = TypeVar("T")
log = logging.getLogger("gateway")
WITHIN = 1.0
"""Real seconds that a start has for its disk, in all."""
SILENT = (
    f"the disk did not answer within {WITHIN:g} s when the node started: alarms and outputs work, and readings are kept in memory for about an hour. "
    "The node starts again by itself as soon as the disk answers; if it does not, change the card"
)


class GivenUp(Exception):
    """Nobody waits for this any more. No OSError, so that it ends what it meets and is not taken for a fault of the disk."""


class Revocable:
    """A Disk that can be taken out of somebody's hands."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._revoked = False

    def revoke(self) -> None:
        """From now on every operation raises GivenUp. One that has begun ends as it will."""
        self._revoked = True

    def names(self) -> list[str]:
        """As the disk does."""
        return self._mine().names()

    def read(self, name: str, offset: int = 0, size: int = -1) -> bytes:
        """As the disk does."""
        return self._mine().read(name, offset, size)

    def write(self, name: str, offset: int, data: bytes) -> None:
        """As the disk does."""
        self._mine().write(name, offset, data)

    def sync(self, name: str) -> None:
        """As the disk does."""
        self._mine().sync(name)

    def _mine(self) -> Disk:
        if self._revoked:
            raise GivenUp
        return self._disk


class Patience:
    """What one start asks of its disk. within: real seconds from now, for all of it."""

    def __init__(self, within: float = WITHIN) -> None:
        self._end = real() + within
        self._begun: tuple[str, Errand[object]] | None = None
        self._late: Errand[object] | None = None

    @property
    def over(self) -> bool:
        """Whether the disk was too late: then this process does without it."""
        return self._late is not None

    def begin(self, name: str, call: Callable[[], object]) -> None:
        """Have the call done before whatever is asked first, and do not wait for it before that."""
        self._begun = (name, Errand(name, call))

    def ask(self, name: str, call: Callable[[], T]) -> Errand[T] | None:
        """The call, done; None where it did not come back in time, or an earlier one did not: then it was not even begun. Nothing but such a
        call may touch the disk before the node runs. Raises what a call raised that was only begun."""
        if self._begun is not None:
            begun, self._begun = self._begun, None
            if self._in_time(*begun):
                begun[1].taken()
        if self.over:
            return None
        errand = Errand(name, call)
        return errand if self._in_time(name, errand) else None

    def _in_time(self, name: str, errand: Errand[Any]) -> bool:
        if errand.wait(self._end - real()):
            return True
        log.error("the disk does not answer (%s): the node starts without it", name)
        self._late = errand
        return False

    def answers(self) -> bool:
        """Whether a disk that was late has answered since. AlreadyRunning, or what else the call raised, where it answered with that; not OSError:
        a disk that fails in the end answers too, and whoever opens it knows what to do with one that fails."""
        if self._late is None or not self._late.done:
            return False
        with suppress(OSError, GivenUp):
            self._late.taken()
        return True


class Held(NamedTuple):
    """What a node keeps on its disk. adrift: the disk did not answer, so this is what the node does without it."""

    outbox: Outbox
    store: Store
    adrift: bool


def hold(patience: Patience, disk: Disk, spool: Disk, state: Path, opened: Callable[[Disk, Disk], Outbox]) -> Held:
    """Open what is on the disk, in time or not at all. state: where the calibrations are; opened: opens an outbox on a disk and a spool."""
    ours, runtime = Revocable(disk), Revocable(spool)
    errand = patience.ask("outbox", lambda: Held(opened(ours, runtime), Store(state), False))
    if errand is not None:
        return errand.taken()
    for each in (ours, runtime):
        each.revoke()
    return Held(opened(NoDisk(), AdriftSpool(spool)), Store(state, unread=True), True)
