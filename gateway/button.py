"""What a finger does to one button: short press, hold, or nothing a person does. Pure: time comes with the readings.

Decision: only what was seen from its beginning counts. A button that was down already when the node came to look (a start, a wire that failed and
came back) does nothing until it was released; neither does one that is down for longer than anybody presses, nor one that is pressed more often
than anybody presses: a shorted or a loose wire must not keep a siren silent. A press acts when it ends, a hold as soon as it has lasted, so that
the finger feels that it has been understood.
"""

from __future__ import annotations

from collections import deque
from enum import StrEnum

STUCK = 30.0
"""Seconds after which a button that is down is stuck."""
PRESSES, SPELL = 20, 60.0
"""So many presses within so many seconds are still those of a person, however frightened."""


class Touch(StrEnum):
    """What a reading of the button says."""

    NOTHING = ""
    DOWN = "down"  # a press begins; what it will be is not known yet
    SHORT = "short"
    HELD = "held"
    STUCK = "stuck"
    RESTLESS = "restless"  # pressed more often than a person presses; told once
    FREED = "freed"  # released after it was stuck


class Pressing:
    """One button. hold_for: seconds from which a press is a hold; None where every press is a short one."""

    def __init__(self, hold_for: float | None) -> None:
        self._hold = hold_for
        self._down: int | None = None
        self._known = False
        self._armed = False
        self._presses: deque[int] = deque(maxlen=PRESSES)
        self.stuck = False
        self.restless = False

    def feed(self, ms: int, down: bool | None) -> Touch:
        """One reading, in the order of time. down: None where nobody can say: then nothing follows from it, nor from the press it is in."""
        if down is None:
            self._down, self._known, self._armed = None, False, False
            return Touch.NOTHING
        if not down:
            return self._released(ms)
        return self._pressed(ms) if self._down is None else self._lasting(ms, self._down)

    def _pressed(self, ms: int) -> Touch:
        often = len(self._presses) == PRESSES and ms - self._presses[0] <= SPELL * 1000
        was, self.restless = self.restless, often
        self._presses.append(ms)
        self._down, self._armed = ms, self._known and not often
        if often:
            return Touch.NOTHING if was else Touch.RESTLESS
        return Touch.DOWN if self._armed else Touch.NOTHING

    def _lasting(self, ms: int, since: int) -> Touch:
        lasts = ms - since
        if self.stuck:
            return Touch.NOTHING
        if lasts > STUCK * 1000:
            self.stuck, self._armed = True, False
            return Touch.STUCK
        if not self._armed or self._hold is None or lasts < self._hold * 1000:
            return Touch.NOTHING
        self._armed = False
        return Touch.HELD

    def _released(self, ms: int) -> Touch:
        since, armed = self._down, self._armed
        self._down, self._known, self._armed = None, True, False
        if self.stuck:
            self.stuck = False
            return Touch.FREED
        if since is None or not armed or ms - since > STUCK * 1000:
            return Touch.NOTHING
        return Touch.SHORT if self._hold is None or ms - since < self._hold * 1000 else Touch.HELD
