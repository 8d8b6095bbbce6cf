"""The hub without a network: what arrives is sorted, stored in portions, and answered. One thread, one portion per step.

Decision: no second thread. Reading is cheap and storing is not, so between two portions (bounded in rows and in time) whoever runs this reads
all that has arrived, and the urgent part of it is stored first. An alarm waits for at most one portion, however long the backlog.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable

from gateway.containment import contained
from gateway.contract.batch import Batch
from gateway.contract.messages import Birth, Health
from gateway.hub.inlet import Arrival, Inlet
from gateway.hub.reader import Said, Unreadable, read
from gateway.hub.receipts import PACE, Receipts
from gateway.hub.sinks import Entry, Refused, Sink, SinkDown, Touched

log = logging.getLogger("gateway.hub")

GATHER = 0.05
"""Seconds that batches wait for company, so that many nodes share one commit."""
PLENTY = 64 * 1024
"""Waiting bytes with which no more company is needed."""
PORTION_ROWS = 20_000
PORTION_SECONDS = 0.05
PORTION_FACTS = 200
RETRY = 1.0
"""Seconds before a database that could not store is asked again."""


class Hub:
    """Receives, stores and answers.

    sink: the database. send: hands (topic, payload) to the broker. utc: the hub's clock, good for `error` seconds. now: real monotonic seconds.
    """

    def __init__(self, sink: Sink, send: Callable[[str, bytes], bool], utc: Callable[[], float], error: float, now: Callable[[], float]) -> None:
        self.inlet = Inlet()
        self.receipts = Receipts(send, sink.marks, utc, error)
        self._sink, self._utc, self._now = sink, utc, now
        self._since: float | None = None
        self._retry_at = 0.0

    def receive(self, topic: str, payload: bytes, retained: bool = False) -> None:
        """One message from the broker: only sorted."""
        self.inlet.put(topic, payload, self._utc(), retained)

    def step(self) -> float:
        """Store one portion and send what is owed; seconds until there is something to do again, as far as it is known (at most 1)."""
        now = self._now()
        if now < self._retry_at:
            return self._retry_at - now
        if self.inlet.urgent or self.inlet.health:
            self._facts()
        if self.inlet.batches:
            self._since = now if self._since is None else self._since
            if self.inlet.backlog >= PLENTY or now - self._since >= GATHER:
                self._batches()
        wait = self.receipts.settle(self._now())
        return min(1.0 if wait is None else wait, self._patience())

    def _patience(self) -> float:
        """Seconds that what has arrived may still wait."""
        now = self._now()
        if now < self._retry_at:
            return self._retry_at - now
        if self.inlet.urgent or self.inlet.health:
            return 0.0
        if not self.inlet.batches:
            return 1.0
        return 0.0 if self._since is None else max(0.0, self._since + GATHER - now)

    def drain(self, until: float) -> bool:
        """Store and answer all that has arrived, at the latest until this moment; whether nothing is left."""
        while (self.inlet.urgent or self.inlet.health or self.inlet.batches) and self._now() < until and self._now() >= self._retry_at:
            self._facts()
            self._batches()
        self.receipts.settle(self._now() + PACE)
        return not (self.inlet.urgent or self.inlet.health or self.inlet.batches)

    def _facts(self) -> None:
        arrivals = [self.inlet.take(self.inlet.urgent) for _ in range(min(PORTION_FACTS, len(self.inlet.urgent)))]
        if not arrivals:
            arrivals, self.inlet.health = list(self.inlet.health.values()), {}
        if arrivals:
            self._portion(self.inlet.urgent, arrivals, [self._entry(arrival) for arrival in arrivals])
            self.receipts.settle(self._now())

    def _batches(self) -> None:
        start, rows = self._now(), 0
        arrivals: list[Arrival] = []
        entries: list[Entry] = []
        while self.inlet.batches and rows < PORTION_ROWS and self._now() - start < PORTION_SECONDS:
            arrivals.append(self.inlet.take(self.inlet.batches))
            entry = self._entry(arrivals[-1])
            rows += sum(block.size for block in entry.said.blocks) if isinstance(entry.said, Batch) else 1
            entries.append(entry)
        self._portion(self.inlet.batches, arrivals, entries)
        self._since = self._now() - GATHER if self.inlet.batches else None

    def _entry(self, arrival: Arrival) -> Entry:
        said = contained("hub: reading", lambda: _said(arrival), lambda error: Refused(f"{type(error).__name__}: {error}"[:200]))
        return Entry(arrival.address, said, arrival.payload, arrival.at, arrival.retained)

    def _portion(self, lane: deque[Arrival], arrivals: list[Arrival], entries: list[Entry]) -> None:
        """Store a group; where a defect stops it, one message after the other, so that only the one that cannot be stored is set aside."""
        if not entries:
            return
        try:
            touched = self._stored(entries)
            if touched is None:
                touched = [found for entry in entries for found in self._alone(entry)]
        except SinkDown as error:
            log.error("hub: the database cannot store: %s; %d messages wait, trying again in %g s", error, len(arrivals), RETRY)
            self.inlet.put_back(lane, arrivals)
            self._retry_at = self._now() + RETRY
            return
        for entry in entries:
            self._answerable(entry)
        for lane_touched in touched:
            self.receipts.owe(lane_touched)

    def _stored(self, entries: list[Entry]) -> list[Touched] | None:
        """What the database made of a group; None after a defect, when nothing of it is stored."""

        def attempt() -> list[Touched] | SinkDown | None:
            try:
                return self._sink.store(entries)
            except SinkDown as error:
                return error

        found = contained("hub: storing", attempt, lambda error: None)
        if isinstance(found, SinkDown):
            raise found
        return found

    def _alone(self, entry: Entry) -> list[Touched]:
        found = self._stored([entry])
        if found is None:
            self._stored([entry._replace(said=Refused("it cannot be stored: a defect of this hub"))])
        return found or []

    def _answerable(self, entry: Entry) -> None:
        """Births are owed an answer; births, batches and health tell when they were sent."""
        said = entry.said
        if isinstance(said, Batch):
            self.receipts.saw(entry.address, *said.sent)
        elif isinstance(said, Birth | Health):
            self.receipts.saw(entry.address, said.boot, said.mono)
            if isinstance(said, Birth):
                self.receipts.owe_birth(entry.address, said)


def _said(arrival: Arrival) -> Said | Refused:
    try:
        return read(arrival.address, arrival.payload)
    except Unreadable as error:
        return Refused(str(error))
