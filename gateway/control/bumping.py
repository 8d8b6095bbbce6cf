"""The act of a bump test: begin it, let it go on in the channel's maintenance, keep and tell what it showed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from gateway.calibrations import Unstored
from gateway.contract.care import BumpFact
from gateway.control.bump import LEAST_WAY, Bump, Settings
from gateway.control.desk import Desk
from gateway.control.requests import Act, Actor, BumpAsk, Refusal
from gateway.control.session import Taken, stale, unusable

log = logging.getLogger("gateway")
MARGIN = 10.0
"""Seconds that the maintenance lasts beyond the test's own time-outs, so that the test ends it and not the other way round."""


class Bumping:
    """The act."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def acts(self) -> dict[str, Act]:
        """What may be asked for."""
        return {"bump": Act(BumpAsk, self.bump)}

    def bump(self, actor: Actor, ask: BumpAsk) -> dict[str, Any]:
        """Begin a test on a channel in maintenance, from its newest reading."""
        desk = self._desk
        session, info, taken = desk.idle(ask.series, ask.token), desk.info(ask.series), desk.newest(ask.series)
        if taken is None or taken.reading.value is None or unusable(taken):
            raise Refusal(f"the newest reading {'is missing' if taken is None else unusable(taken)}: a test begins with a good one")
        if stale(info, taken.reading.ms, desk.now()):
            raise Refusal(f"the newest reading is {(desk.now() - taken.reading.ms) / 1000:.0f} s old: does the sensor still answer?")
        if not info.low <= ask.concentration <= info.high:
            raise Refusal(f"{ask.concentration:g} {info.unit} is outside the measuring range {info.low:g} to {info.high:g}; use another gas")
        baseline = taken.reading.value
        if abs(ask.concentration - baseline) < LEAST_WAY * (info.high - info.low):
            raise Refusal(f"the channel shows {baseline:.{info.decimals}f} {info.unit} already: {ask.concentration:g} could not be told from it")
        settings = Settings(ask.share, ask.within, ask.recover)
        test = Bump(info, desk.rules(ask.series), baseline, ask.concentration, desk.now(), settings)
        session.applied = True
        session.work = _Work(test, lambda: self._keep(actor, ask, test))
        desk.extend(ask.series, desk.now() + round((ask.within + ask.recover + MARGIN) * 1000))
        return {"baseline": round(baseline, info.decimals), "within": ask.within, "recover": ask.recover}

    def _keep(self, actor: Actor, ask: BumpAsk, test: Bump) -> None:
        """Store and tell the result; one that the disk refuses is told all the same."""
        parts = self._desk.parts
        said = parts.voice.said()
        utc, source, error = self._desk.utc()
        fact = test.fact(
            BumpFact(
                series=ask.series,
                unit=test.info.unit,
                gas=ask.gas,
                concentration=ask.concentration,
                certificate=ask.certificate,
                who=ask.who,
                uid=actor.uid,
                boot=said["boot"],
                mono=said["mono"],
                utc=utc,
                clock=source,
                clock_error=error,
                note=ask.note,
                simulated=parts.voice.simulated,
                result=test.result,
                baseline=test.baseline,
                peak=test.peak,
                share=ask.share,
                within=ask.within,
            )
        )
        try:
            parts.store.add_bump(fact)
        except Unstored as refused:
            log.error("%s", refused)
            self._desk.notice("bump_not_stored", ask.series, str(refused))
        parts.tell(parts.voice.bump(fact))


class _Work:
    """A bump test in a session. keep: called once, when it is over."""

    def __init__(self, test: Bump, keep: Callable[[], None]) -> None:
        self._test = test
        self._keep = keep
        self._done = False

    def feed(self, taken: Taken) -> None:
        """A new reading."""
        self._test.feed(taken)

    def look(self, ms: int) -> bool:
        """Go on; True, and kept, when it is over."""
        self._test.look(ms)
        self._kept()
        return self._test.state == "over"

    def _kept(self) -> None:
        """Once, when it is over."""
        if self._test.state == "over" and not self._done:
            self._done = True
            self._keep()

    def break_off(self, ms: int, now: bool) -> bool:
        """The person ends it: kept as what it is, at once or when the gas has gone."""
        self._test.break_off(ms, now)
        self._kept()
        return self._test.state != "over"

    def told(self) -> dict[str, Any]:
        """How it goes."""
        test = self._test
        part = round(test.part(test.peak), 3)
        return {"bump": {"state": test.state, "result": test.result, "peak": test.peak, "response": test.response, "part": part}}
