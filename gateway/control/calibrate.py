"""The acts of a calibration: take points, show what they make, put it into force; and what was done before.

Decision: the preview and the act are the same code (`dry`), so what a person confirms is what happens. As-found is what the line in force says of the
mean raw number, as-left what the new one says of it.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import msgspec

from gateway.calibration import COMPANION, Curve, Fit, Unfit, curve_of, multipoint, power_law, span, zero
from gateway.calibrations import Unstored
from gateway.contract.care import CalibrationFact, Point, identified
from gateway.control.desk import Desk
from gateway.control.limits import Case, Objection, objections
from gateway.control.requests import Act, Actor, Calibrate, Capture, History, Refusal, reasoned
from gateway.control.session import Session, Still, stale
from gateway.model import SeriesInfo

DUE_DAYS = 182.0
"""Days until a calibration is to be done again, unless the person says otherwise: makers of fixed points ask for every six months."""
MOST_TOLD = 50
"""Calibrations and bump tests of a series that one answer holds."""
LONG, LONGEST = 2 * 366, 10 * 366
"""Days to a due date: beyond the first only with a reason, beyond the second never."""


class Calibrating:
    """The acts. apply: puts a calibration into force once it is stored; Unstored where it cannot be."""

    def __init__(self, desk: Desk, apply: Callable[[CalibrationFact], str]) -> None:
        self._desk = desk
        self._apply = apply

    def acts(self) -> dict[str, Act]:
        """What may be asked for."""
        return {"capture": Act(Capture, self.capture), "calibrate": Act(Calibrate, self.calibrate), "history": Act(History, self.history)}

    def capture(self, actor: Actor, ask: Capture) -> dict[str, Any]:
        """Take a point when the readings are stable; says what is missing while they are not."""
        session, info = self._desk.idle(ask.series, ask.token), self._desk.info(ask.series)
        if ask.begin:
            session.begin(self._desk.now(), ask.reference)
        still = self._still(session)
        told: dict[str, Any] = {"stable": not still.why, "why": still.why, "readings": still.readings}
        if not still.why:
            found = _value(info, self._desk.curve(info), still.raw)
            point = Point(ask.reference, round(still.raw, 4), still.spread, still.readings, found, found)
            session.points[ask.reference] = point
            told["point"] = msgspec.to_builtins(point)
        return told

    def _still(self, session: Session) -> Still:
        """What the session's readings say, and the newest of them is of now."""
        still, newest, now = session.still(), self._desk.newest(session.base.name), self._desk.now()
        if newest is not None and stale(session.base, newest.reading.ms, now):
            return Still(f"the newest reading is {(now - newest.reading.ms) / 1000:.0f} s old: does the sensor still answer?")
        return still

    def calibrate(self, actor: Actor, ask: Calibrate) -> dict[str, Any]:
        """Make a calibration of the points; Refusal for nonsense, unless it is only shown."""
        session, info = self._desk.idle(ask.series, ask.token), self._desk.info(ask.series)
        curved = self._desk.curve(info) is not None
        before = session.base if curved else info
        points = self._points(ask, session)
        pivot = self._pivot(ask.series, info)
        if ask.kind in ("multipoint", "power_law") and not curved:
            self._room(ask.series)
        try:
            fit = _fit(ask.kind, session.base, before, points, pivot)
        except Unfit as error:
            raise Refusal(str(error)) from error
        fact = self._fact(actor, ask, session, points, fit)
        case = Case(ask.kind, session.base, before, curved, fact.points, fit, pivot, self._desk.rules(ask.series))
        against = [*objections(case), *self._papers(ask, fact)]
        told = {"fact": msgspec.to_builtins(fact), "objections": [objection._asdict() for objection in against], "applied": False}
        if ask.dry:
            return told
        _refuse(against, ask.force)
        fact = identified(msgspec.structs.replace(fact, forced=ask.force if against else ""))
        try:
            table = self._apply(fact)
        except Unstored as error:
            raise Refusal(str(error)) from error
        session.points.clear()  # what they say of the line in force holds no longer
        return told | {"fact": msgspec.to_builtins(fact), "applied": True, "table": table}

    def _points(self, ask: Calibrate, session: Session) -> list[Point]:
        points = sorted(session.points.values(), key=lambda point: point.reference)
        if not points:
            raise Refusal("no point was taken; apply the reference and take it first")
        if ask.kind in ("zero", "span") and len(points) > 1:
            raise Refusal(f"{len(points)} points were taken; a {ask.kind} needs one: begin the maintenance anew, or use multipoint")
        return points

    def _room(self, series: str) -> None:
        """A curve needs a series of its own for the raw number."""
        if any(info.name == series + COMPANION for info in self._desk.parts.table().series):
            raise Refusal(
                f"{series + COMPANION} is another series already, where a curve would keep its raw number; rename that one in the configuration"
            )

    def _pivot(self, series: str, info: SeriesInfo) -> float:
        """The value that a span keeps: where the line in force was zeroed; 0 where it never was."""
        zeros = [fact for fact in self._desk.parts.store.calibrations.get(series, []) if fact.kind == "zero" and info.calibration]
        return zeros[-1].points[0].reference if zeros else 0.0

    def _fact(self, actor: Actor, ask: Calibrate, session: Session, points: list[Point], fit: Fit) -> CalibrationFact:
        """The fact, not identified yet, with what the points say by the new line."""
        parts, base = self._desk.parts, session.base
        earlier = parts.store.calibrations.get(ask.series, [])
        said = parts.voice.said()
        utc, source, error = self._desk.utc()
        fact = CalibrationFact(
            series=ask.series,
            unit=base.unit,
            gas=ask.gas,
            concentration=ask.concentration,
            certificate=ask.certificate,
            certificate_expires=ask.certificate_expires,
            who=ask.who,
            uid=actor.uid,
            boot=said["boot"],
            mono=said["mono"],
            utc=utc,
            clock=source,
            clock_error=error,
            note=ask.note,
            simulated=parts.voice.simulated,
            previous=earlier[-1].id if earlier else "",
            version=parts.store.version(ask.series),
            kind=ask.kind,
            base=(base.slope, base.intercept),
            points=points,
            slope=fit.slope,
            intercept=fit.intercept,
            factor=fit.factor,
            exponent=fit.exponent,
            due=ask.due or date_after(utc, ask.days or DUE_DAYS),
        )
        line = msgspec.structs.replace(base, slope=fit.slope, intercept=fit.intercept)
        left = [msgspec.structs.replace(point, as_left=_value(line, curve_of(fact, base), point.raw)) for point in points]
        return msgspec.structs.replace(fact, points=left)

    def _papers(self, ask: Calibrate, fact: CalibrationFact) -> list[Objection]:
        """What is wrong with certificate and dates: a day is only compared where the node knows today."""
        found: list[Objection] = []
        if ask.kind != "zero" and not ask.certificate:
            found.append(Objection("no certificate says what the reference is; give its number (--certificate)", False))
        for what, text in (("due date", ask.due), ("date of the certificate", ask.certificate_expires)):
            if text and not _day(text):
                found.append(Objection(f"{text!r} is no {what}; write it as 2027-01-31", True))
        if not fact.due:
            found.append(Objection("the node's clock is not set: it cannot tell when this is due; give a date (--due 2027-01-31)", True))
        today = date_after(fact.utc, 0.0)
        if today and _day(fact.due) and fact.due <= today:
            found.append(Objection(f"it would be due on {fact.due}, and today is {today}", True))
        for days, final in ((LONGEST, True), (LONG, False)):
            if fact.utc is not None and _day(fact.due) and fact.due > date_after(fact.utc, days):
                found.append(Objection(f"it would be due on {fact.due}, in more than {days // 366} years: no sensor stays right so long", final))
                break
        if today and _day(ask.certificate_expires) and ask.certificate_expires < today:
            found.append(Objection(f"the certificate expired on {ask.certificate_expires}, and today is {today}; use another gas", False))
        return found

    def history(self, actor: Actor, ask: History) -> dict[str, Any]:
        """The calibrations and bump tests of a series, or of all; which are in force, how many days are left."""
        store = self._desk.parts.store
        if ask.series:
            self._desk.info(ask.series)
        names = [ask.series] if ask.series else sorted({*store.calibrations, *store.bumps})
        told = {
            name: {
                "calibrations": msgspec.to_builtins(store.calibrations.get(name, [])[-MOST_TOLD:]),
                "bumps": msgspec.to_builtins(store.bumps.get(name, [])[-MOST_TOLD:] if ask.series else store.bumps.get(name, [])[-1:]),
            }
            for name in names
        }
        in_force = {info.name: info.calibration for info in self._desk.parts.table().series if info.calibration}
        return {"series": told, "in_force": in_force, "today": date_after(self._desk.utc()[0], 0.0), "damage": store.damage}


def _refuse(against: list[Objection], force: str) -> None:
    final = [objection.text for objection in against if objection.final]
    if final:
        raise Refusal("; ".join(final))
    if against and not reasoned(force):
        raise Refusal("; ".join(objection.text for objection in against) + " (it can be forced, with a reason of a few words)")


def _fit(kind: str, base: SeriesInfo, before: SeriesInfo, points: list[Point], pivot: float) -> Fit:
    if kind == "zero":
        return zero(before, points[0].raw, points[0].reference)
    if kind == "span":
        return span(before, points[0].raw, points[0].reference, pivot)
    pairs = [(point.raw, point.reference) for point in points]
    return multipoint(base, pairs) if kind == "multipoint" else power_law(base, pairs)


def _value(info: SeriesInfo, curve: Curve | None, raw: float) -> float:
    """One digit more than the series has: a person compares two of them."""
    return round(raw * info.slope + info.intercept if curve is None else curve.value(raw), info.decimals + 1)


def _day(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def date_after(utc: float | None, days: float) -> str:
    """The date (UTC) so many days after a moment; empty where the moment is not known."""
    if utc is None:
        return ""
    return datetime.datetime.fromtimestamp(utc + days * 86400, datetime.UTC).date().isoformat()
