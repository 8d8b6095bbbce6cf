"""When to believe that the hub does not listen, and when to knock again.

Decision: silence is judged lane by lane (a hub that takes alarms but cannot store batches must not get the whole window every five seconds), and a
knock is one small message: the first that no receipt covers, at random moments that grow rarer, up to five minutes apart.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.uplink.backoff import Backoff
from gateway.uplink.settings import HUB_PATIENCE_S


@dataclass(slots=True)
class Silence:
    """One lane's patience. stalled: nothing new of it goes out; fruitless: how often it stalled since the hub last took something of it."""

    stalled: bool = False
    fruitless: int = 0
    since: float = 0.0

    def check(self, now: float, oldest: float | None) -> bool:
        """Look at the oldest message that the broker took (when it did) and no receipt covers; True where the lane stalls now."""
        if self.stalled or oldest is None or now - max(oldest, self.since) < HUB_PATIENCE_S:
            return False
        return self.stall()

    def stall(self) -> bool:
        """Nobody listens: stop the lane. True where that is news."""
        news = not self.stalled
        self.stalled = True
        self.fruitless += news
        return news

    def progress(self, now: float) -> None:
        """The hub took something of this lane."""
        self.stalled, self.fruitless, self.since = False, 0, now

    def heard(self, now: float) -> bool:
        """The hub is there, but said nothing about this lane. A first stall ends with that (True); a repeated one waits for its own probe."""
        if not self.stalled or self.fruitless > 1:
            return False
        self.stalled, self.since = False, now
        return True


class Prober:
    """When the next probe is due. Counts them."""

    def __init__(self, backoff: Backoff) -> None:
        self._backoff = backoff
        self.at: float | None = None
        self.count = 0

    def arm(self, now: float) -> None:
        """A lane stalls: set the first probe, unless one is set."""
        if self.at is None:
            self.at = now + self._backoff.next()

    def sent(self, now: float) -> None:
        """A probe went out: the next one later."""
        self.count += 1
        self.at = now + self._backoff.next()

    def postpone(self, now: float) -> None:
        """Nothing could be sent: look again in a second."""
        self.at = now + 1.0

    def disarm(self) -> None:
        """Nothing is stalled."""
        self.at = None
        self._backoff.reset()
