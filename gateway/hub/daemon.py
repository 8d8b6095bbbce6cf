"""The hub as a process: connection, database and signals around `service`.

SIGTERM stores and answers what has arrived, then goes. SIGKILL at any time loses nothing that was receipted: the database committed first.
"""

from __future__ import annotations

import contextlib
import logging
import os
import random
import signal
from collections.abc import Callable, Iterator

from gateway.hub.receiver import Receiver
from gateway.hub.service import Hub
from gateway.hub.sinks import Sink

log = logging.getLogger("gateway.hub")

CONNACK_WAIT = 10.0
STOP_WAIT = 4.0
BACKOFF = (0.2, 5.0)


class Stop:
    """Whether SIGTERM or SIGINT came, and a file descriptor that becomes readable when it does."""

    def __init__(self, wake: int) -> None:
        self.wake = wake
        self.asked = False

    def ask(self, *_: object) -> None:
        """Stop soon."""
        self.asked = True


@contextlib.contextmanager
def stop_on_signals() -> Iterator[Stop]:
    """Turn SIGTERM and SIGINT into a Stop while this lasts."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    stop = Stop(read)
    old = {number: signal.signal(number, stop.ask) for number in (signal.SIGTERM, signal.SIGINT)}
    old_fd = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    try:
        yield stop
    finally:
        signal.set_wakeup_fd(old_fd)
        for number, handler in old.items():
            signal.signal(number, handler)
        os.close(read)
        os.close(write)


class Daemon:
    """Joins them: reconnects with full jitter, reads while there is room, steps the hub in between. ready is called at each subscription."""

    def __init__(
        self, sink: Sink, receiver_of: Callable[[Callable[[str, bytes, bool], None]], Receiver], utc: Callable[[], float], error: float,
        now: Callable[[], float], ready: Callable[[], None],
    ) -> None:  # fmt: skip
        self._receiver = receiver_of(lambda topic, payload, retained: self._hub.receive(topic, payload, retained))
        self._hub = Hub(sink, self._receiver.publish, utc, error, now)
        self._sink, self._now, self._ready = sink, now, ready
        self._attempts = 0
        self._next_attempt = 0.0
        self._deadline = 0.0
        self._was_listening = False
        self._trying = False

    def run(self, stop: Stop) -> None:
        """Until asked to stop."""
        while not stop.asked:
            self._connection()
            wait = self._hub.step()
            if not self._receiver.alive:
                wait = min(wait, max(0.0, self._next_attempt - self._now()))
            self._receiver.pump(wait, stop.wake, lambda: not self._hub.inlet.full)
        self._stop()

    def _connection(self) -> None:
        """Notice what became of the connection; open one where it is time to."""
        receiver, now = self._receiver, self._now()
        if receiver.listening and not self._was_listening:
            self._attempts = 0
            self._ready()
        elif self._was_listening and not receiver.listening:
            self._hub.receipts.forget_connection()
        self._was_listening = receiver.listening
        if receiver.alive and not receiver.listening and now >= self._deadline:
            receiver.close()
        if not receiver.alive and self._trying:
            self._trying = False
            log.warning("hub: %s", receiver.why)
        if receiver.alive or now < self._next_attempt:
            return
        self._attempts += 1
        first, most = BACKOFF
        self._next_attempt = now + random.uniform(first / 4, min(most, first * 2**self._attempts))
        self._deadline = now + CONNACK_WAIT
        self._trying = True
        receiver.connect()

    def _stop(self) -> None:
        """Store what has arrived, send the receipts, say goodbye."""
        until = self._now() + STOP_WAIT
        if not self._hub.drain(until):
            log.warning("hub: stopped before everything was stored; without a receipt the nodes send it again")
        while self._receiver.alive and self._receiver.waiting and self._now() < until:
            self._receiver.pump(0.05, None, lambda: True)
        self._receiver.close()
        self._sink.close()
