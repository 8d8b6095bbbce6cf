"""Which message breaks the link.

Decision: a loss is suspicious when the peer ends a connection that was fine (it had taken the birth) within seconds of a message it has not
confirmed. The first one only makes us careful: for ten minutes one batch or event at a time is without a PUBACK, so the next loss names its
message for certain. Three such losses: send less at once. Six with one Block or event: park it, declared as rejected, and go on. A dying network
does not look like that six times running over the same message: one that nobody confirms for ten seconds is a dead line and blames nobody.
"""

from __future__ import annotations

from enum import Enum

from gateway.model import Lane

STRIKES = 3
CULPRIT_S = 10.0
"""How soon after sending a loss must come to blame the message, seconds."""
CAREFUL_S = 600.0
"""How long one message at a time goes out after a suspicious loss."""
BLAMED = frozenset({None, 0x80, 0x81, 0x82, 0x83, 0x95, 0x99})
"""Reason codes of a loss that may be a message's fault; the others name a cause of their own."""
MOST = 64
"""Suspects remembered; the oldest is forgotten."""

Key = tuple[str, Lane, int]


class Sentence(Enum):
    """What is to be done with a suspect."""

    NOTHING = "nothing"
    SMALLER = "send less at once"
    PARK = "park it"


class Blame:
    """Counts strikes by (epoch, lane, first number)."""

    def __init__(self) -> None:
        self._strikes: dict[Key, int] = {}
        self._until = float("-inf")

    def careful(self, now: float) -> bool:
        """Whether only one message may be without a PUBACK."""
        return now < self._until

    def suspect(self, now: float) -> None:
        """A suspicious loss: be careful."""
        self._until = now + CAREFUL_S

    def strike(self, key: Key, frames: int, certain: bool) -> Sentence:
        """One more failure of a message of this many frames. certain: it was refused by name (PUBACK), not by a loss that may have two causes."""
        strikes = self._strikes.pop(key, 0) + 1
        if strikes < (STRIKES if certain or frames > 1 else 2 * STRIKES):
            self._strikes[key] = strikes
            if len(self._strikes) > MOST:
                self.forgive(next(iter(self._strikes)))
            return Sentence.NOTHING
        return Sentence.SMALLER if frames > 1 else Sentence.PARK

    def forgive(self, key: Key) -> None:
        """It went through after all."""
        self._strikes.pop(key, None)
