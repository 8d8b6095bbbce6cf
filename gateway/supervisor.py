"""Threads: few, named, owned here, each with a heartbeat, a stop event, a deadline and a restart budget.

A worker is a plain object with `step(now) -> next time`; a thread is only the loop around it. A thread cannot be killed, so a worker past its
deadline is not waited for: the owner is told and decides (for most, make durable what there is and let the process be restarted; an uplink is
abandoned and replaced, because being offline is not a fault). A step that raises is contained and the worker goes on, until its budget of
failures is spent. What has to be asked of something that may never answer, outside of any worker, is an Errand. This file is the only one that
creates threads; the libraries here start none of their own on the node.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from gateway.clock import NodeClock, real
from gateway.containment import contained, outcome

T = TypeVar("T")
log = logging.getLogger("gateway")
BUDGET = (5, 60.0)
"""So many failed steps within so many real seconds; one more and the worker counts as dead."""
PAUSE = 1.0
"""Seconds a worker rests after a failed step."""
AT_ONCE = 0.05
"""Seconds for a thread to end that has nothing left to do."""


class Worker(Protocol):
    """Something that does a little work without waiting."""

    def step(self, now: float) -> float:
        """Do what is due at `now` (seconds of the worker's clock); gives the time of the next step at the latest."""


class RealTime:
    """The clock of workers that live on real time whatever the scenario's clock does."""

    speed = 1.0

    def monotonic(self) -> float:
        """Seconds of the machine's monotonic clock."""
        return real()


class Ticks(Protocol):
    """What a seat needs of a clock."""

    speed: float

    def monotonic(self) -> float:
        """Seconds."""


class Errand(Generic[T]):
    """One call on a thread of its own, for somebody who can only wait so long. A call that hangs is left to itself: its thread is daemonic."""

    def __init__(self, name: str, call: Callable[[], T]) -> None:
        self._outcome: T | Exception | None = None
        self._done = threading.Event()
        self._call = call
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def _run(self) -> None:
        self._outcome = outcome(self._call)
        self._done.set()

    @property
    def done(self) -> bool:
        """Whether the call has returned, or raised."""
        return self._done.is_set()

    def wait(self, within: float) -> bool:
        """Wait up to so many real seconds; whether the call is done."""
        return self._done.wait(max(0.0, within))

    def taken(self) -> T:
        """What the call gave, or the exception it raised. Only when it is done."""
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome  # type: ignore[return-value]


@dataclass
class Seat:
    """A worker's place: its thread and what is known of it. deadline: real seconds a step may take, waits included."""

    name: str
    worker: Worker
    clock: NodeClock | Ticks
    deadline: float
    wake: threading.Event = field(default_factory=threading.Event)
    stop: threading.Event = field(default_factory=threading.Event)
    beat: float = field(default_factory=real)
    steps: int = 0
    failures: deque[float] = field(default_factory=lambda: deque(maxlen=BUDGET[0]))
    spent: bool = False
    told: bool = False
    thread: threading.Thread | None = None

    def run(self) -> None:
        """The loop around the worker; ends at the stop event or when the budget is spent."""
        while not self.stop.is_set() and not self.spent:
            self.wake.clear()
            now = self.clock.monotonic()
            upcoming = contained(f"worker {self.name}", lambda now=now: self.worker.step(now), self._failed)  # type: ignore[misc]
            self.steps += 1
            self.beat = real()
            wait = (upcoming - self.clock.monotonic()) / self.clock.speed
            self.wake.wait(min(max(wait, 0.0), self.deadline / 2))

    def _failed(self, error: Exception) -> float:
        now = real()
        self.failures.append(now)
        self.spent = len(self.failures) == BUDGET[0] and now - self.failures[0] < BUDGET[1]
        return self.clock.monotonic() + PAUSE * self.clock.speed

    def late(self) -> bool:
        """Whether the worker missed its deadline or spent its budget."""
        return self.spent or real() - self.beat > self.deadline


class Supervisor:
    """Owns the threads. late: called by `check` with a seat that missed its deadline; says whether the seat was dealt with."""

    def __init__(self, late: Callable[[Seat], bool]) -> None:
        self.seats: dict[str, Seat] = {}
        self._late = late

    def add(self, name: str, worker: Worker, clock: NodeClock | Ticks, deadline: float) -> Seat:
        """Give a worker a seat; its thread starts with `start`."""
        seat = Seat(name, worker, clock, deadline)
        self.seats[name] = seat
        return seat

    def start(self, seat: Seat) -> None:
        """Start the thread of a seat. Daemonic: a thread that cannot end must not keep a process that wants to."""
        seat.beat = real()
        seat.thread = threading.Thread(target=seat.run, name=seat.name, daemon=True)
        seat.thread.start()

    def check(self) -> bool:
        """Look at every heartbeat; True when every seat is in time or was dealt with: only then may the watchdog be stroked."""
        fine = True
        for seat in list(self.seats.values()):
            if not seat.late():
                seat.told = False
                continue
            if not seat.told:
                log.error("worker %s %s", seat.name, "failed too often" if seat.spent else f"missed its deadline of {seat.deadline:.0f} s")
                seat.told = True
            fine = self._late(seat) and fine
        return fine

    def revive(self, seat: Seat) -> None:
        """Give a worker that failed too often, and whose thread has ended, another thread; one that hangs is left to itself."""
        if seat.spent and (seat.thread is None or not seat.thread.is_alive()):
            seat.failures.clear()
            seat.spent = False
            self.start(seat)

    def abandon(self, seat: Seat) -> None:
        """Leave a thread that hangs to itself; it ends if it ever comes back."""
        seat.stop.set()
        self.seats.pop(seat.name, None)

    def stop(self, names: list[str], within: float, rouse: Callable[[], None] = lambda: None) -> list[str]:
        """Ask the named seats to end, then wait for them in this order, all within `within` real seconds; gives those that did not end.

        rouse: ends the wait of a worker that waits for something else than its seat. One that is past its deadline already is not waited for:
        until the process has ended and begun again nothing protects.
        """
        end = real() + within
        asked = [self.seats[name] for name in names if name in self.seats]
        hanging = {seat.name for seat in asked if seat.late()}
        for seat in asked:
            seat.stop.set()
            seat.wake.set()
        rouse()
        for seat in asked:
            if seat.thread is not None:
                seat.thread.join(AT_ONCE if seat.name in hanging else max(AT_ONCE, end - real()))
        return [seat.name for seat in asked if seat.thread is not None and seat.thread.is_alive()]
