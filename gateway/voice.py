"""Who speaks: the messages of this node, with what each of them carries filled in. Pure but for the stamp of the node's clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from gateway.clock import NodeClock, stamp
from gateway.contract.care import BumpFact, CalibrationFact
from gateway.contract.messages import Alarm, BumpTest, Calibration, Configuration, Gap, Notice
from gateway.model import GapCause, Instant, Quality, Reading, SeriesInfo
from gateway.rules import Change

FLAGS = ("active", "acked", "latched", "silenced", "shelved", "inhibited", "over_range", "returned", "unheard")
STATES = (*FLAGS, "level", "occurrence", "latch")
TIMES = ("silenced_until", "shelved_until")
"""What an alarm's message takes over from its state."""


class Voice(NamedTuple):
    """This node, on this clock."""

    node: str
    simulated: bool
    clock: NodeClock

    def said(self) -> dict[str, Any]:
        """What every message carries, said now."""
        return {"node": self.node, "boot": self.clock.boot, "mono": stamp(self.clock).ms / 1000, "simulated": self.simulated}

    def gap(
        self,
        of: str,
        lane: str,
        cause: GapCause,
        first: int | None = None,
        last: int | None = None,
        begin: Instant | None = None,
        end: Instant | None = None,
        readings: int | None = None,
    ) -> Gap:
        """A declared hole."""
        said = self.said()
        said |= {"begin": _moment(begin), "end": _moment(end)}
        return Gap(**said, of=of, lane=lane, cause=cause, first=first, last=last, readings=readings)

    def notice(self, what: str, where: str, detail: str) -> Notice:
        """A fact for the operator."""
        return Notice(**self.said(), what=what, where=where, detail=detail)

    def configuration(self, digest: str, table: str) -> Configuration:
        """Which configuration is in force."""
        return Configuration(**self.said(), digest=digest, table=table)

    def calibration(self, fact: CalibrationFact, table: str) -> Calibration:
        """A calibration is in force, from the readings of this table on."""
        return Calibration(**self.said(), fact=fact, table=table)

    def bump(self, fact: BumpFact) -> BumpTest:
        """A bump test ended."""
        return BumpTest(**self.said(), fact=fact)

    def alarm(self, change: Change, info: SeriesInfo, before: Sequence[Reading], outputs: Sequence[str], memory: Any = None) -> Alarm:
        """One change of one alarm, with its whole state and the readings that led to it. info: the series of the reading that decided; before: its
        readings; memory: what the rule has learned, None for nothing."""
        state, reading, rule = change.state, change.reading, change.rule
        told = {key: getattr(state, key) for key in STATES}
        told |= {key: until / 1000 for key in TIMES if (until := getattr(state, key)) is not None}
        worst = max(0 if reading is None else reading.quality, 0 if change.demand is None else change.demand.quality)
        return Alarm(
            **{**self.said(), "mono": change.ms / 1000},
            **told,
            rule=rule.name,
            kind=rule.kind,
            series=info.name,
            change=change.what,
            state=state.name,
            fault=change.fault,
            value=None if reading is None else _value(info, reading),
            unit=info.unit,
            limit=rule.limit(max(state.level, 1), info.name),
            quality="missing" if reading is None else Quality(worst).name.lower(),
            reason="" if reading is None else reading.reason,
            note="" if change.demand is None else change.demand.note,
            actor=change.actor,
            why=change.why,
            memory=msgspec.UNSET if memory is None else memory,
            onset=change.onset / 1000,
            before=[(earlier.ms / 1000, _value(info, earlier)) for earlier in before],
            outputs=list(outputs),
        )


def _value(info: SeriesInfo, reading: Reading) -> float | None:
    return None if reading.value is None else round(reading.value, info.decimals)


def _moment(instant: Instant | None) -> tuple[str, float] | None:
    return None if instant is None else (instant.boot, instant.ms / 1000)
