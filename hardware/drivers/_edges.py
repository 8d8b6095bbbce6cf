"""What the edges of a contact mean: a debounce that loses no real closure, and the knowledge that a contact chatters. Pure: times are given.

Both work on the times of the edges and not on the moments of looking, so that a closure that began and ended between two looks is told, and told
with its own time. A change counts once it has lasted for its delay without another edge; with a delay of 0 every edge counts.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

WINDOW, MOST = 1.0, 32
"""Seconds, and the edges that a contact makes in them at most: more are a loose wire, a wet one or a contact that hovers, not a movement."""
STORMS = 128
"""Spells of chatter that are remembered: more do not fit into the edges of one look (hardware/buses/gpio.py, EDGES)."""
INSTANT = 1e-9
"""Seconds that are no time."""


class Change(NamedTuple):
    """From that monotonic second on it counts as active, or not."""

    at: float
    active: bool


class Debounce:
    """The state that counts. active, at: what is seen first, which counts at once: no edge will come of a contact that was closed before the node
    started. on_delay, off_delay: seconds that being active, and not being it, must last to count; every edge starts them anew."""

    def __init__(self, active: bool, at: float, on_delay: float, off_delay: float) -> None:
        self.active = active
        self._delays = (off_delay, on_delay)
        self._seen, self._since = active, at
        self._changes: list[Change] = []

    def edge(self, active: bool, at: float) -> None:
        """It was seen to become active, or not; later than everything before. Twice the same: what lay between was too short to be reported."""
        self._settle(at)
        self._seen, self._since = active, at

    def changes(self, now: float) -> list[Change]:
        """What has come to count since the last call, oldest first."""
        self._settle(now)
        found, self._changes = self._changes, []
        return found

    def _settle(self, now: float) -> None:
        delay = self._delays[self._seen]
        if self._seen != self.active and now - self._since >= delay - INSTANT:
            self.active = self._seen
            self._changes.append(Change(self._since + delay, self.active))


class Chatter:
    """Whether, and when, edges come faster than a contact can make them."""

    def __init__(self) -> None:
        self._edges: deque[float] = deque(maxlen=MOST + 1)
        self._storms: deque[tuple[float, float]] = deque(maxlen=STORMS)

    def edge(self, at: float) -> None:
        """There was one."""
        self._edges.append(at)
        if len(self._edges) > MOST and at - self._edges[0] <= WINDOW:
            begun = self._edges[0]
            if self._storms and begun <= self._storms[-1][1]:
                begun = self._storms.pop()[0]  # the same storm goes on
            self._storms.append((begun, at + WINDOW))

    def lost(self, at: float) -> None:
        """So many came that some were lost: nothing up to that second is certain."""
        self._storms.clear()
        self._storms.append((float("-inf"), at + WINDOW))

    def chatters(self, at: float) -> bool:
        """Whether it did at that second, from the first edge that was too many until WINDOW after the last."""
        return any(begun <= at <= until for begun, until in self._storms)
