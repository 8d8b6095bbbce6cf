"""Full-jitter back-off: wait anything between nothing and a ceiling that doubles.

Decision: the whole wait is random (not a fixed wait plus some noise), so that ten thousand nodes that lost the same broker do not come back
in waves. The random generator is a parameter: a test replays from its seed.
"""

from __future__ import annotations

import random

CAP = 300.0
"""Longest ceiling, seconds."""


class Backoff:
    """Waits between tries. base: first ceiling, seconds; cap: last ceiling, seconds."""

    def __init__(self, rng: random.Random, base: float, cap: float = CAP) -> None:
        self._rng, self._base, self._cap = rng, base, cap
        self.tries = 0

    def next(self) -> float:
        """Seconds to wait before the next try; every call doubles the ceiling."""
        ceiling = min(self._cap, self._base * 2.0 ** min(self.tries, 32))
        self.tries += 1
        return self._rng.uniform(0.0, ceiling)

    def between(self, low: float, high: float) -> float:
        """A random wait in a range, for codes that ask for a wait of their own; does not count as a try."""
        return self._rng.uniform(low, high)

    def reset(self) -> None:
        """It worked: start from the first ceiling again."""
        self.tries = 0
