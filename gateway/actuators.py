"""The outputs as guard drives them: each opened showing its level, changed when the alarms ask for it, stepped when its pattern is due.

An output that fails is told once, tried again at every step, and stops no other: a missing siren keeps neither the beacon from flashing nor the
alarm from the hub. What one has stopped by itself (a siren after its longest time) is remembered, so that a restart does not sound it again.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Collection, Mapping

from gateway.containment import contained
from hardware.errors import HardwareError
from hardware.output import Output

log = logging.getLogger("gateway")
Opener = Callable[[int], Output]
"""Opens one output showing a level."""


class Actuators:
    """openers: by name. told: hears of one that fails, and that it works again (no error); must not wait. shown: the level each shows; failing: why
    one cannot."""

    def __init__(self, openers: Mapping[str, Opener], levels: Mapping[str, int], told: Callable[[str, str], None]) -> None:
        self._openers = dict(openers)
        self._open: dict[str, Output] = {}
        self._told = told
        self.shown: dict[str, int] = dict(levels)
        self.failing: dict[str, str] = {}
        for name in self._openers:
            self._do(name, lambda output: None, levels.get(name, 0))

    def show(self, wanted: Mapping[str, int], again: Collection[str] = ()) -> None:
        """Make every output show its level, 0 where none is wanted; again: those at which something new happened, even at the same level."""
        before, self.shown = self.shown, dict(wanted)
        for name in self._openers:
            level = wanted.get(name, 0)
            if level != before.get(name, 0) or name in self.failing or name in again:
                self._do(name, lambda output, level=level, name=name: output.set(level, again=name in again), level)  # type: ignore[misc]

    def step(self, now: float) -> float:
        """Let every output that works do what is due; gives when the next one is, infinite where none is. One that fails is for `show` to mend."""
        due = [math.inf]
        for name in self._open.keys() - self.failing.keys():
            self._do(name, lambda output: due.append(output.step(now)), self.shown.get(name, 0))
        return min(due)

    def test(self, name: str) -> str:
        """Have an output show itself shortly; gives why it does not, empty where it does."""
        if name not in self._openers:
            return f"there is no output {name}; there are: {', '.join(sorted(self._openers)) or 'none'}"
        if name in self.failing or name not in self._open:
            return f"output {name} fails: {self.failing.get(name, 'not open')}"
        tested: list[bool] = []
        self._do(name, lambda output: tested.append(output.self_test()), self.shown.get(name, 0))
        if name in self.failing:
            return f"output {name} fails: {self.failing[name]}"
        return "" if tested == [True] else f"output {name} is not tested: an alarm is shown, or its kind may not be moved by a test"

    def spent(self) -> dict[str, bool]:
        """Which outputs have stopped by themselves although their level goes on."""
        return {name: output.spent for name, output in self._open.items()}

    def close(self) -> None:
        """Let go of all; each goes on showing the alarm that stands."""
        for output in self._open.values():
            contained("closing an output", output.close, lambda error: None)

    def _do(self, name: str, act: Callable[[Output], None], level: int) -> None:
        """Open the output in the state it is to have, or act on it; whatever it raises is told and tried again."""
        error = contained(f"output {name}", lambda: self._try(name, act, level), lambda error: f"{type(error).__name__}: {error}")
        if error == self.failing.get(name, ""):
            return
        if error:
            log.error("output %s: %s", name, error)
            self.failing[name] = error
        else:
            self.failing.pop(name, None)
        self._told(name, error)

    def _try(self, name: str, act: Callable[[Output], None], level: int) -> str:
        try:
            if name in self._open:
                act(self._open[name])
            else:
                self._open[name] = self._openers[name](level)
        except HardwareError as error:
            return str(error)
        return ""
