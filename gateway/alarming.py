"""The alarms of a node, joined: the rules of the configuration with the state they had, the words they are told in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from gateway.clock import stamp
from gateway.config import Config
from gateway.contract.messages import Alarm
from gateway.control.alarming import AlarmDesk, Guarding
from gateway.control.changes import Changes
from gateway.control.desk import Desk
from gateway.control.ordering import Orders
from gateway.control.requests import Act
from gateway.hearing import Hearing
from gateway.model import Lane, Reading, Table
from gateway.panel import Panel
from gateway.remembrance import RuntimeMemory, ended, orphans, watches
from gateway.rules import Change, Watch
from gateway.voice import Voice
from hardware import output


class AlarmLane(Protocol):
    """What is needed of the outbox to know what the hub has."""

    def held(self) -> list[tuple[str, Lane, int, int]]:
        """What may be sent: epoch, lane, first and last number."""

    def mark(self, epoch: str, lane: Lane) -> int:
        """Up to where the hub has this lane."""


class Alarming:
    """config: what there is; table: gives the one in force; log: the alarm lane of the outbox, None where it could not be read in time; boots: the
    earlier ones. memory: where the state survives; watches: the alarms at work; changes: the newest, for who asks."""

    def __init__(
        self, config: Config, voice: Voice, table: Callable[[], Table], log: Iterable[bytes] | None, boots: Sequence[tuple[str, int]]
    ) -> None:
        self._config, self._voice, self._table = config, voice, table
        self.memory = RuntimeMemory(Path(config.node.runtime), voice.clock.boot)
        self.watches: list[Watch] = watches(config.alarms, table(), self.memory, log, boots)
        self.changes = Changes(log or ())
        self._at_work = {watch.rule.name: watch for watch in self.watches}

    def owed(self, lane: Sequence[bytes] | None) -> list[Alarm]:
        """What has to be told before anything else: what was about to be told when the process died, and the end of what stands although its rule is
        configured no more. lane: of the outbox, None where it could not be read in time."""
        if lane is None:
            return []
        said = {**self._voice.said(), "onset": stamp(self._voice.clock).ms / 1000}
        return self.memory.untold(lane, self._voice.clock.boot) + [ended(alarm, said) for alarm in orphans(lane, self._at_work)]

    def resume(self, hearing: Hearing, lane: AlarmLane) -> None:
        """Wait again for the receipt of what stands and the hub does not have; what has waited too long already goes on doing so."""
        unanswered = [(epoch, last) for epoch, of, _, last in lane.held() if of is Lane.ALARM and last > lane.mark(epoch, of)]
        now = stamp(self._voice.clock).ms
        for watch in self.watches if unanswered else ():
            if not watch.state.acked:
                waited = round(watch.rule.escalate_after * 1000) if watch.state.unheard else 0
                hearing.resume([watch.rule.name], now - waited, *unanswered[-1])

    def panel(self, tell: Callable[[str, str, str], None]) -> Panel:
        """The buttons on the spot. tell: takes a notice."""
        place = {info.name: index for index, info in enumerate(self._config.table().series)}
        return Panel(self._config.buttons, place, self._names(), tell)

    def acts(self, desk: Desk, guard: Guarding, orders: Orders) -> dict[str, Act]:
        """What people at the control door may ask for."""
        return AlarmDesk(desk, guard, orders, self.changes, self._names(), self.sounders()).acts()

    def _names(self) -> list[str]:
        return [wired.output.name for wired in self._config.outputs]

    def sounders(self) -> frozenset[str]:
        """The outputs that a silence is for."""
        return frozenset(wired.output.name for wired in self._config.outputs if output.load(wired.output.kind).sounder)

    def phrase(self, change: Change, before: Sequence[Reading], on: Sequence[str]) -> Alarm:
        """The message of a change, of the series whose reading decided."""
        series = self._table().series
        named = next(info for info in series if info.name == change.rule.series[0])
        info = named if change.reading is None else series[change.reading.series]
        return self._voice.alarm(change, info, before, on, self._at_work[change.rule.name].condition.keep())
