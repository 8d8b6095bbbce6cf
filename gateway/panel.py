"""The buttons on the spot: what a press asks of guard. Pure: guard calls it with each reading and does what it asks for.

Decision: a button is a person without a name and without words, on the spot. So it does only what needs neither: silence, acknowledge, the reset of
a latch whose readings have gone back, and the self-test of the outputs. It acts on what stood when the finger came down: an alarm that comes while
it is down is not touched. What is refused is told, because whoever pressed reads no answer.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from gateway.button import Pressing, Touch
from gateway.model import Flag, Reading
from gateway.rules import Act, Actor, Change, Refused, Watch
from gateway.rules.acts import What
from gateway.sections import Button

log = logging.getLogger("gateway")
DOWN, UP = 1.0, 0.0
HARMLESS = Flag.TIMING | Flag.CALIBRATION_EXPIRED | Flag.SIMULATED
"""What may be said of a reading whose 0 or 1 is beyond doubt all the same: a late look, and a calibration that no contact has (a node that could not
read its disk doubts every series). A contact that chatters and one in somebody's hands are no button."""
TROUBLE = {
    Touch.STUCK: ("button_stuck", "it is down for longer than anybody presses: see to it; it does nothing until it is released"),
    Touch.RESTLESS: ("button_restless", "it is pressed more often than anybody presses: see to its wire; it does nothing meanwhile"),
    Touch.FREED: ("button_works", "it is released"),
}


class Guarding(Protocol):
    """What a panel needs of guard, on guard's own thread."""

    watches: list[Watch]

    def do(self, what: Act, now_ms: int) -> list[Change]:
        """Do an act; Refused where it is not allowed."""

    def test(self, output: str) -> str:
        """Have an output show itself; why it does not, empty where it does."""


class Panel:
    """All buttons of a node. place: of each series in the table; outputs: names of all; tell: takes a notice (what, where, in words) and must not
    wait. now_ms: the newest moment that any reading told."""

    def __init__(self, buttons: Sequence[Button], place: Mapping[str, int], outputs: Sequence[str], tell: Callable[[str, str, str], None]) -> None:
        self._outputs, self._tell = list(outputs), tell
        self._keys = {place[found.series]: _Key(found) for found in buttons}
        self.now_ms = 0

    def take(self, reading: Reading, guard: Guarding) -> None:
        """Do what a reading asks for; those of other series tell the time only."""
        self.now_ms = max(self.now_ms, reading.ms)
        key = self._keys.get(reading.series)
        if key is None:
            return
        touch = key.button.feed(reading.ms, _down(reading))
        if touch is Touch.DOWN:
            key.seen = {watch.rule.name: (watch.state.occurrence, watch.state.level) for watch in guard.watches}
        elif touch in TROUBLE:
            what, words = TROUBLE[touch]
            (log.info if touch is Touch.FREED else log.warning)("button %s: %s", key.section.name, words)
            self._tell(what, key.section.name, words)
        elif touch is Touch.SHORT:
            self._each(key, key.section.press, guard)
        elif touch is Touch.HELD and key.section.hold == "reset":
            self._each(key, "reset", guard)
        elif touch is Touch.HELD:
            for output in self._outputs:
                self._tell("output_test", output, f"by {key.actor}: {guard.test(output) or 'it shows itself'}")

    def _each(self, key: _Key, what: What, guard: Guarding) -> None:
        """Do an act on every alarm that it is for."""
        for watch in list(guard.watches):
            if not _meant(watch, what):
                continue
            name = watch.rule.name
            occurrence, level = key.seen.get(name, (0, 0))
            try:
                guard.do(Act(what, name, occurrence, key.actor, level=level), self.now_ms)
            except Refused as refused:
                log.warning("button %s: %s", key.section.name, refused)
                self._tell("act_refused", name, f"by {key.actor}: {refused}")


class _Key:
    """A button with what stood when it was last pressed: occurrence and level by name of rule."""

    def __init__(self, section: Button) -> None:
        self.section = section
        self.button = Pressing(None if section.hold == "none" else float(section.hold_for))
        self.actor = Actor(section.name, "panel")
        self.seen: dict[str, tuple[int, int]] = {}


def _down(reading: Reading) -> bool | None:
    """Whether the button is down; None where the reading does not say it beyond doubt."""
    if reading.flags & ~HARMLESS or reading.value not in (DOWN, UP):
        return None
    return reading.value == DOWN


def _meant(watch: Watch, what: What) -> bool:
    """Whether an act of a button is for this alarm. Silence: also for one that is silent already, whose time begins anew."""
    state = watch.state
    if what == "silence":
        return (state.active or state.latched) and not state.shelved
    return not state.acked if what == "ack" else state.latched
