"""A bounded queue between two workers. `put` never waits: a full inbox drops its oldest and counts it, and the owner declares the loss."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Inbox(Generic[T]):
    """Many may put, one drains. wake is called after every put (outside the lock) and must not wait; weigh: how much an item counts when lost."""

    def __init__(self, capacity: int, wake: Callable[[], None] = lambda: None, weigh: Callable[[T], int] = lambda item: 1) -> None:
        self._items: deque[T] = deque()
        self._capacity = capacity
        self._lock = threading.Lock()
        self._dropped: list[T] = []
        self._dropped_count = 0
        self._weigh = weigh
        self.wake = wake

    def put(self, item: T) -> None:
        """Add an item; drops the oldest where there is no room."""
        with self._lock:
            if len(self._items) >= self._capacity:
                self._drop(self._items.popleft())
            self._items.append(item)
        self.wake()

    def _drop(self, item: T) -> None:
        """Remember the first and the last of what was dropped: the ends of the hole."""
        self._dropped_count += self._weigh(item)
        if len(self._dropped) < 2:
            self._dropped.append(item)
        else:
            self._dropped[1] = item

    def drain(self, most: int = 1 << 30) -> list[T]:
        """Take up to `most` items, oldest first."""
        with self._lock:
            count = min(most, len(self._items))
            return [self._items.popleft() for _ in range(count)]

    def lost(self) -> tuple[int, list[T]]:
        """How much was dropped since the last call, with the first and the last item of it; resets the count."""
        with self._lock:
            count, ends = self._dropped_count, self._dropped
            self._dropped_count, self._dropped = 0, []
        return count, ends

    def __len__(self) -> int:
        return len(self._items)
