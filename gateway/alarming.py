"""The alarms of a node, joined: the rules of the configuration with the state they had, the outputs they drive, the words they are told in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from gateway.config import Config, Wired
from gateway.contract.messages import Alarm
from gateway.model import Reading, Table
from gateway.remembrance import RuntimeMemory, watches
from gateway.rules import Change, Watch
from gateway.voice import Voice
from hardware import output
from hardware.buses import Buses
from hardware.output import Output


class Alarming:
    """config, buses: what there is; table: gives the one in force; log: the alarm lane of the outbox; boots: the earlier ones. memory: where the
    state survives; watches: the alarms at work."""

    def __init__(
        self, config: Config, buses: Buses, voice: Voice, table: Callable[[], Table], log: Iterable[bytes], boots: Sequence[tuple[str, int]]
    ) -> None:
        self._config, self._buses, self._voice, self._table = config, buses, voice, table
        self.memory = RuntimeMemory(Path(config.node.runtime), voice.clock.boot)
        self.watches: list[Watch] = watches(config.alarms, table(), self.memory, log, boots)
        self._at_work = {watch.rule.name: watch for watch in self.watches}

    def outputs(self) -> dict[str, Callable[[int], Output]]:
        """By name, what opens each showing a level; guard tries again where that fails: a missing siren keeps no alarm from the hub."""
        spent = self.memory.spent()
        return {wired.output.name: self._opener(wired, wired.output.name in spent) for wired in self._config.outputs}

    def _opener(self, wired: Wired, spent: bool) -> Callable[[int], Output]:
        kind = output.load(wired.output.kind)
        return lambda level: kind.open(wired.options, self._buses, level, spent)

    def sounders(self) -> frozenset[str]:
        """The outputs that a silence is for."""
        return frozenset(wired.output.name for wired in self._config.outputs if output.load(wired.output.kind).sounder)

    def phrase(self, change: Change, before: Sequence[Reading], on: Sequence[str]) -> Alarm:
        """The message of a change, of the series whose reading decided."""
        series = self._table().series
        named = next(info for info in series if info.name == change.rule.series[0])
        info = named if change.reading is None else series[change.reading.series]
        return self._voice.alarm(change, info, before, on, self._at_work[change.rule.name].condition.keep())
