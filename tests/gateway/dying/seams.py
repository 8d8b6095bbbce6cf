"""One step of an alarm, with a death after every single effect it has: the state file renamed, a journal written, a segment written, a disk synced, a
message taken by the hub. After each death the node starts again and the same things go on; what the hub has heard in the end is what the twin said.
"""

from __future__ import annotations

from pathlib import Path

from tests.gateway.dying.mortal import Death, Ground, Life
from tests.gateway.dying.rules import Case
from tests.gateway.dying.tour import Tour, heard, lines
from tests.gateway.dying.walk import HOLD, Step, deed, state_of


class Seams:
    """A node that stands where a step begins. said: what the twin says in that step, and stands at afterwards."""

    def __init__(self, folder: Path, case: Case, tour: Tour, step: Step) -> None:
        self.case, self.step, self.folder = case, step, folder
        self.held = tour.twin.held
        self.series = tour.twin.rule.series[0]
        self.rule = tour.twin.rule.name
        self.origin = tour.ground.copy(folder / "origin")
        self.begun = len(self.origin.ledger.told)
        self._effects: list[str] = []
        tour.do(step)
        self.said = [heard(alarm) for alarm in tour.ground.ledger.told[self.begun :]]
        self.after = tour.twin.state

    def effects(self) -> list[str]:
        """All that the step does outside the process, in order; found once."""
        if self._effects:
            return self._effects
        ground = self.origin.copy(self.folder / "whole")
        life = Life(ground)
        begun = len(life.gate.passed)
        self._happen(life)
        ground.close()
        self._effects = life.gate.passed[begun:]
        return self._effects

    def telling(self, words: tuple[str, ...] = ("run alarms", "run outputs", "alarm-0", "hub")) -> list[int]:
        """After how many effects a death is beside what guard leaves, the alarm lane, or the hub: all others are of readings and notes."""
        effects = self.effects()
        beside = [index for index, effect in enumerate(effects) if any(word in effect for word in words)]
        return sorted({count for index in beside for count in (index, index + 1)})

    def die_after(self, effects: int, how: Death) -> None:
        """Let the step happen, die after so many of its effects, start again, go on. AssertionError where something is heard twice, or never."""
        ground = self.origin.copy(self.folder / "dead")
        life = Life(ground)
        life.gate.left = effects
        self._happen(life)
        ground.dies(how)
        self.goes_on(ground, how)
        ground.close()

    def starting(self) -> list[str]:
        """All that a start does outside the process after a death in the step, in order."""
        ground = self._untold()
        started = Life(ground)
        started.settle()
        ground.close()
        return started.gate.passed

    def die_starting(self, effects: int, how: Death) -> None:
        """Die in the step as soon as guard has left its memory, then once more after so many effects of the start, and go on."""
        ground = self._untold()
        Life(ground, effects).settle()
        ground.dies(how)
        self.goes_on(ground, how)
        ground.close()

    def _untold(self) -> Ground:
        """A node that died when guard had left its memory of the step, and nothing was told yet."""
        ground = self.origin.copy(self.folder / "dead")
        life = Life(ground)
        life.gate.left = self.effects().index("run alarms.json") + 1
        self._happen(life)
        ground.dies("SIGKILL")
        return ground

    def goes_on(self, ground: Ground, how: Death) -> None:
        """The next life, with the same at the wire, and whoever acted looks again whether it is done. After a power cut the hub may never hear of a
        change that no sync had covered, where a later one of the same step happened to reach the medium: that one holds the whole state."""
        life = Life(ground)
        self._happen(life, again=True)
        found = [heard(alarm) for alarm in ground.ledger.told[self.begun :]]
        rest = iter(self.said)
        whole = found == self.said or (how == "power cut" and found[-1:] == self.said[-1:] and all(one in rest for one in found))
        assert whole, f"heard: {lines(found)}\nto be heard: {lines(self.said)}"
        assert state_of(life.watch.state, life.watch.fault) == self.after

    def _happen(self, life: Life, again: bool = False) -> None:
        """The step; again: what of it is not done yet. A delay that was running begins anew with the first reading after a start."""
        step = self.step
        sense = self.case.steps[step.name if step.sense is not None else self.held].sense
        assert sense is not None
        life.feel(sense.value, sense.fault)
        life.maintain(self.series, sense.maintained)
        if again and step.wait:
            life.read()
        done = again and state_of(life.watch.state, life.watch.fault) == self.after
        if not done:
            life.clock.advance(step.wait)
        if step.act is not None and not done:
            life.act(deed(step, self.rule))
        life.read(HOLD if step.sense is not None or again else 1)
        life.settle()
