"""The acts on a sensor that all others need: live values, maintenance, and what goes on between two requests.

Decision: everything a person begins here ends by itself: maintenance by guard's own timer, a bump test by its time-outs, a session with its
maintenance, or when its client says nothing any more. A maintenance belongs to who has its token, not to a login: two people may share one.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import msgspec

from gateway.calibration import COMPANION, Curve, curve_of
from gateway.calibrations import Store
from gateway.clock import real, stamp
from gateway.contract.messages import AnyEvent
from gateway.control.bump import RECOVER
from gateway.control.clearing import Clearing, Mark, beyond
from gateway.control.requests import Act, Actor, Live, Maintain, Refusal, Release, reasoned
from gateway.control.session import Session, Taken
from gateway.model import ChannelState, Flag, Instant, Quality, Reading, SeriesInfo, Table
from gateway.rules import Watch
from gateway.voice import Voice

SILENT = 60.0
"""Real seconds without a word of its client after which a session ends. A bump test at work goes on: it ends by itself."""


class Judge(Protocol):
    """What the acts need of guard."""

    @property
    def newest(self) -> dict[int, tuple[Reading, ChannelState]]:
        """The last reading and state of every series, by its place in the table."""

    @property
    def watches(self) -> list[Watch]:
        """The alarms at work."""

    def maintain(self, series: str, until: int) -> None:
        """Put a channel into maintenance until a moment (monotonic milliseconds); it ends then by itself."""

    def release(self, series: str) -> None:
        """End a channel's maintenance."""


class Parts(NamedTuple):
    """What the acts work with. base: the table as configured, of the sensors' own series; after: which series are derived from each; table: the one
    in force; tell: takes an event."""

    base: Mapping[str, SeriesInfo]
    after: Mapping[str, frozenset[str]]
    table: Callable[[], Table]
    judge: Judge
    store: Store
    voice: Voice
    utc: Callable[[Instant], tuple[float | None, str, float | None]]
    tell: Callable[[AnyEvent], None]


class Desk:
    """The acts, and the sessions by name of series that all acts share. present: real seconds, which a client lives in."""

    def __init__(self, parts: Parts, present: Callable[[], float] = real) -> None:
        self.parts = parts
        self._present = present
        self.sessions: dict[str, Session] = {}

    def acts(self) -> dict[str, Act]:
        """What may be asked for."""
        return {"live": Act(Live, self.live), "maintain": Act(Maintain, self.maintain), "release": Act(Release, self.release)}

    def now(self) -> int:
        """Milliseconds of the node's clock."""
        return stamp(self.parts.voice.clock).ms

    def utc(self) -> tuple[float | None, str, float | None]:
        """UTC seconds, source and error bound of this moment; None where the node does not know it."""
        return self.parts.utc(stamp(self.parts.voice.clock))

    def info(self, name: str) -> SeriesInfo:
        """A series of the table in force; Refusal where there is none."""
        found = {info.name: info for info in self.parts.table().series}
        if name not in found:
            raise Refusal(f"there is no series {name!r}; there are: {', '.join(sorted(found))}")
        return found[name]

    def session(self, name: str, token: str) -> Session:
        """What its owner is doing with a channel; Refusal where it is not in maintenance, or in somebody else's."""
        session = self.sessions.get(name)
        if session is None:
            self.info(name)
            raise Refusal(f"{name} is not in maintenance (or its time is over); put it into maintenance first")
        if session.token != token:
            raise Refusal(f"{name} is {self._taken(session)}: only who began that can go on with it")
        session.heard = self._present()
        return session

    def idle(self, name: str, token: str) -> Session:
        """A session in which nothing is at work; Refusal where something is."""
        session = self.session(name, token)
        if session.work is not None:
            raise Refusal(f"a bump test of {name} is at work, or waits for its gas to go; wait for it, or give the channel back")
        return session

    def _taken(self, session: Session) -> str:
        return f"in maintenance by {session.who}, for {(session.until - self.now()) / 1000:.0f} s more"

    def rules(self, name: str) -> list[Mark]:
        """The set points on a series."""
        return [Mark(watch.rule.name, point) for watch in self.parts.judge.watches for point in watch.rule.on(name)]

    def newest(self, name: str) -> Taken | None:
        """The newest reading of a series with the sensor's own raw number."""
        places = {info.name: place for place, info in enumerate(self.parts.table().series)}
        found = self.parts.judge.newest.get(places[name])
        if found is None:
            return None
        raw = found[0].raw
        if name + COMPANION in places and self.curve(self.info(name)) is not None:
            beside = self.parts.judge.newest.get(places[name + COMPANION])
            raw = beside[0].raw if beside is not None and beside[0].ms == found[0].ms else None
        return Taken(found[0], raw, found[1])

    def curve(self, info: SeriesInfo) -> Curve | None:
        """The curve in force of a series; None where a line is."""
        base = self.parts.base.get(info.name)
        found = [fact for fact in self.parts.store.calibrations.get(info.name, []) if fact.id == info.calibration]
        return curve_of(found[-1], base) if found and base is not None else None

    def live(self, actor: Actor, ask: Live) -> dict[str, Any]:
        """The newest of the series that are asked for. Who watches with a session's token is still there."""
        for session in self.sessions.values():
            if ask.token and session.token == ask.token:
                session.heard = self._present()
        names = ask.series or [info.name for info in self.parts.table().series]
        return {"mono": self.now() / 1000, "series": {name: self._shown(self.info(name)) for name in names}}

    def _shown(self, info: SeriesInfo) -> dict[str, Any]:
        taken, base = self.newest(info.name), self.parts.base.get(info.name)
        shown: dict[str, Any] = {"unit": info.unit, "decimals": info.decimals, "low": info.low, "high": info.high, "calibration": info.calibration}
        shown |= {"period": info.period, "age": None, "state": "warm_up", "quality": "missing", "reason": "", "flags": []}
        shown |= {"value": None, "raw": None, "uncorrected": None}
        if taken is not None:
            reading = taken.reading
            uncorrected = None if taken.raw is None or base is None else round(taken.raw * base.slope + base.intercept, info.decimals)
            shown |= {
                "value": None if reading.value is None else round(reading.value, info.decimals),
                "raw": taken.raw,
                "uncorrected": uncorrected,
                "quality": Quality(reading.quality).name.lower(),
                "reason": reading.reason,
                "flags": [str(flag.name).lower() for flag in Flag if flag & reading.flags],
                "state": str(taken.state),
                "age": (self.now() - reading.ms) / 1000,
            }
        passed = [] if shown["value"] is None else beyond(self.rules(info.name), shown["value"])
        shown["alarming"] = sorted({name for name, _, _ in passed})
        session = self.sessions.get(info.name)
        if session is not None:
            left = (session.until - self.now()) / 1000
            shown["maintenance"] = {"left": left, "who": session.who, "points": msgspec.to_builtins(list(session.points.values()))}
            shown |= {} if session.work is None else session.work.told()
        return shown

    def maintain(self, actor: Actor, ask: Maintain) -> dict[str, Any]:
        """Put a channel into maintenance, or begin its maintenance anew."""
        self.info(ask.series)
        if ask.series not in self.parts.base:
            raise Refusal(f"{ask.series} is computed from other series; calibrate and test those")
        other = self.sessions.get(ask.series)
        if other is not None and other.token != ask.token and not reasoned(ask.force):
            raise Refusal(f"{ask.series} is {self._taken(other)}; it can be taken over by force, with a reason of a few words")
        touched = {ask.series, *self.parts.after.get(ask.series, ())}
        active = [w.rule.name for w in self.parts.judge.watches if touched & {*w.rule.series} and w.state.active]
        if active and not reasoned(ask.despite_alarm) and other is None:
            raise Refusal(
                f"alarm {', '.join(active)} is active on {ask.series}: maintenance would silence it; see to it first, or say why it is right "
                "despite the alarm (--despite-alarm), in a few words"
            )
        whys = [ask.why, f"although {', '.join(active)} is active: {ask.despite_alarm}" if active and ask.despite_alarm else ""]
        whys.append(f"taken over from {other.who}: {ask.force}" if other is not None and other.token != ask.token else "")
        return self._begin(ask, other, "; ".join(why for why in whys if why))

    def _begin(self, ask: Maintain, other: Session | None, why: str) -> dict[str, Any]:
        """Begin a session. other: the one it replaces, whose gas may still be there."""
        self.end(ask.series, "begun anew", tell=False)
        until, taken = self.now() + round(ask.seconds * 1000), self.newest(ask.series)
        before = 0.0 if taken is None or taken.reading.value is None else taken.reading.value
        session = Session(self.parts.base[ask.series], ask.who, ask.token or secrets.token_hex(8), self.now(), until, before, self._present())
        session.applied = other is not None and other.applied
        self.sessions[ask.series] = session
        self.parts.judge.maintain(ask.series, until)
        self.notice("maintenance", ask.series, f"by {ask.who}, for at most {ask.seconds:.0f} s: not protecting{'; ' if why else ''}{why}")
        return {"until": until / 1000, "seconds": ask.seconds, "token": session.token}

    def release(self, actor: Actor, ask: Release) -> dict[str, Any]:
        """Give a channel back; what is at work in its maintenance is broken off, and gas that was applied has its time to go."""
        self.info(ask.series)
        if ask.series not in self.sessions:
            return {"was": False, "clearing": False}
        session = self.session(ask.series, ask.token)
        if not ask.now and self._clears(session):
            return {"was": True, "clearing": True, "seconds": (session.until - self.now()) / 1000}
        self.end(ask.series, "given back")
        return {"was": True, "clearing": False}

    def _clears(self, session: Session) -> bool:
        """Whether a session that is given back goes on until the gas has gone."""
        if session.work is not None:
            return session.work.break_off(self.now(), False)
        name = session.base.name
        taken = self.newest(name)
        if not session.applied or taken is None or taken.reading.value is None or not beyond(self.rules(name), taken.reading.value):
            return False
        until = self.now() + round(RECOVER * 1000)
        session.work = Clearing(self.rules(name), until)
        self.extend(name, until + 1000)
        return True

    def end(self, series: str, how: str, tell: bool = True) -> None:
        """End a session, if there is one, and what is at work in it."""
        session = self.sessions.pop(series, None)
        if session is None:
            return
        if session.work is not None:
            session.work.break_off(self.now(), True)
        if tell:
            self.parts.judge.release(series)
            self.notice("maintenance_over", series, f"{how}: protecting again")

    def extend(self, series: str, until: int) -> None:
        """Let a maintenance last until another moment."""
        self.sessions[series].until = until
        self.parts.judge.maintain(series, until)

    def notice(self, what: str, where: str, detail: str) -> None:
        """Tell the operator."""
        self.parts.tell(self.parts.voice.notice(what, where, detail))

    def tick(self) -> bool:
        """Go on with what was begun: note new readings, let work go on, end what is over. Whether anything is begun."""
        for series, session in list(self.sessions.items()):
            taken = self.newest(series)
            if taken is not None and self._whole(taken) and session.take(taken) and session.work is not None:
                session.work.feed(taken)
            if session.work is not None and session.work.look(self.now()):
                session.work = None
                self.end(series, "what was done is over")
            elif self.now() >= session.until:
                self.end(series, "its time is over")
            elif session.work is None and self._present() - session.heard > SILENT and not self._clears(session):
                self.end(series, "who did it says nothing any more")
        return bool(self.sessions)

    def _whole(self, taken: Taken) -> bool:
        """Whether a curve's reading has its raw number: guard judges that a moment later. It is noted when it is there."""
        info = self.parts.table().series[taken.reading.series]
        return taken.raw is not None or taken.reading.raw is None or self.curve(info) is None
