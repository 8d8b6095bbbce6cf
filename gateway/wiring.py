"""What people do to the sensors, joined to the running node: which calibrations are in force, and how a new one comes into force.

Decision: the order is: stored on the disk, then given to guard between two samples, then told. Each reading goes to the recorder with the table it
was judged by, so that the change needs no moment at which everything stands still, and a dropped reading cannot take it along. At every start the
newest calibration of each series is applied and told again; one that was lost, or was made upon another line than the configuration now
gives, is not used: its series starts with the configuration's line, is flagged, and the operator is told.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from gateway.appraisal import Appraiser
from gateway.calibration import Curve, curve_of, fits, in_force
from gateway.calibrations import Copy, Store, Unstored, leave, left
from gateway.clock import real, stamp
from gateway.config import Config
from gateway.contract.care import CalibrationFact
from gateway.contract.messages import AnyEvent
from gateway.control.bumping import Bumping
from gateway.control.calibrate import Calibrating, date_after
from gateway.control.desk import Desk, Parts
from gateway.control.door import Door
from gateway.control.requests import Act
from gateway.inbox import Inbox
from gateway.model import ChannelState, Instant, Labelled, Reading, SeriesInfo, Table
from gateway.rules import Watch
from gateway.voice import Voice

log = logging.getLogger("gateway")
LOOK_EVERY = 60.0
"""Seconds between two looks at due dates. The wall clock may only become known an hour after the start, so it is not asked once an hour."""
Orders = Inbox[Callable[[Appraiser], None]]


class Guarding(Protocol):
    """What is needed of guard: what it last saw, and its alarms."""

    newest: dict[int, tuple[Reading, ChannelState]]
    watches: list[Watch]


class Care:
    """The calibrations of a node. config: its configuration; known: the table of its last life, which tells what was calibrated; orders: of guard;
    put: takes a reading for the recorder; tell: an event; store: what was read of the disk, or could not be in time. table: in force."""

    def __init__(
        self,
        config: Config,
        known: Table | None,
        voice: Voice,
        utc: Callable[[Instant], tuple[float | None, str, float | None]],
        orders: Orders,
        put: Callable[[Labelled], None],
        tell: Callable[[AnyEvent], None],
        store: Store | None = None,
    ) -> None:
        self._base = config.table()
        self._own = _own(config)
        self._config = config
        self._voice, self._utc, self._orders, self._put, self._tell = voice, utc, orders, put, tell
        self._changed: Callable[[], None] = lambda: None
        self.store = store or Store(Path(config.node.state))
        self._runtime = Path(config.node.runtime)
        self._unnoted: list[str] = []
        self._facts: dict[str, CalibrationFact] = {}
        self._flagged: set[str] = set()
        self._expired: set[str] = set()
        self._looked = float("-inf")
        if self.store.unread:
            self._begin_without()
        else:
            self._begin(known)
            self._leave()
        self.table = in_force(self._base, self._facts)
        self._appraiser = _appraiser(config, self._facts)

    def _begin(self, known: Table | None) -> None:
        """Which calibrations to start with, and which series have lost theirs."""
        before = {info.name: info.calibration for info in known.series} if known is not None else {}
        for name, info in self._own.items():
            fact = self.store.newest(name)
            versions = {fact.id for fact in self.store.calibrations.get(name, [])}
            if name in self.store.lost or (before.get(name) and before[name] not in versions):
                self._set_aside(name, "calibration_lost", f"its calibration{' ' if before.get(name) else ''}{before.get(name, '')} cannot be read")
                self._unnoted.append(name)
            elif fact is not None and not fits(fact, info):
                self._set_aside(name, "calibration_set_aside", f"calibration {fact.id} was made upon another line than the configuration gives now")
            elif fact is not None:
                self._facts[name] = fact
        for damage in self.store.damage:
            log.error("%s", damage)
            self._tell(self._voice.notice("calibrations_damaged", "calibrations", damage))

    def _begin_without(self) -> None:
        """The disk did not answer: judge as the process before did on this boot. Where there was none, every value is uncertain, because it is not
        known which were calibrated."""
        copy = left(self._runtime)
        facts = [] if copy is None else [fact for fact in copy.facts if fact.series in self._own and fits(fact, self._own[fact.series])]
        self._facts = {fact.series: fact for fact in facts}
        self._flagged = set(self._own if copy is None else copy.doubtful) & self._own.keys()
        if copy is None:
            detail = (
                "the disk did not answer: the configuration's lines are used, and every value is uncertain until the node has started with its disk"
            )
            self._tell(self._voice.notice("calibrations_unread", "calibrations", detail))

    def _leave(self) -> None:
        leave(self._runtime, Copy(list(self._facts.values()), sorted(self._flagged)))

    def _set_aside(self, name: str, what: str, why: str) -> None:
        self._flagged.add(name)
        detail = f"{why}: the configuration's line is used and its values are uncertain until it is calibrated again"
        log.error("series %s: %s", name, detail)
        self._tell(self._voice.notice(what, name, detail))

    def _note_losses(self) -> None:
        """For the next start: the table in use does not name what was lost. On the control thread, which may wait for the disk."""
        while self._unnoted:
            try:
                self.store.lose(self._unnoted.pop())
            except Unstored as error:
                log.error("%s", error)

    def told(self) -> list[AnyEvent]:
        """The calibrations in force, for the start of a life."""
        return [self._voice.calibration(fact, self.table.id) for fact in self._facts.values()]

    def record(self, reading: Reading) -> None:
        """Guard's way to the recorder: the reading with the table it was judged by. On guard's thread."""
        self._put(Labelled(reading, self._appraiser.table))

    def apply(self, fact: CalibrationFact) -> str:
        """Store a calibration and put it into force; gives the table's id. Unstored where the disk refuses it: then nothing has changed."""
        self.store.add(fact)
        self._facts[fact.series] = fact
        self._flagged.discard(fact.series)
        self._leave()
        self.table = in_force(self._base, self._facts)
        self._use()
        self._tell(self._voice.calibration(fact, self.table.id))
        self._look(again=True)
        self._changed()
        return self.table.id

    def _use(self) -> None:
        """Have guard judge by the table in force, from the next sample on."""
        series, curves = self.table.series, _curves(self._facts, self._own)
        self._orders.put(lambda appraiser: appraiser.use(series, curves))

    def appraiser(self) -> Appraiser:
        """What guard judges with, calibrated; from then on only guard touches it."""
        return self._appraiser

    def door(
        self,
        guard: Guarding,
        changed: Callable[[], None],
        present: Callable[[], float] = real,
        more: Callable[[Desk], dict[str, Act]] = lambda desk: {},
    ) -> Door:
        """The door at which people ask. changed: called when another table came into force, to have it said; present: real seconds; more: what may be
        asked for besides, made on the same desk."""
        self._changed = changed
        judge = _Judge(guard, self._orders)
        desk = Desk(Parts(self._own, _after(self._config), lambda: self.table, judge, self.store, self._voice, self._utc, self._tell), present)
        acts = desk.acts() | Calibrating(desk, self.apply).acts() | Bumping(desk).acts() | more(desk)

        def tick() -> bool:
            self._look()
            self._note_losses()
            return desk.tick()

        return Door(Path(self._config.node.runtime), acts, tick)

    def _look(self, again: bool = False) -> None:
        """Flag the series whose calibration is past its date, where today is known, or was lost."""
        now = self._voice.clock.monotonic()
        if now - self._looked < LOOK_EVERY and not again:
            return
        self._looked = now
        today = date_after(self._utc(stamp(self._voice.clock))[0], 0.0)
        late = {name for name, fact in self._facts.items() if today and fact.due < today}
        for name in late - self._expired:
            due = self._facts[name].due
            self._tell(self._voice.notice("calibration_expired", name, f"was due on {due}: values are uncertain, alarms are not affected"))
        wanted = late | self._flagged
        for name in self._own:
            if (name in wanted) != (name in self._expired):
                self._orders.put(lambda appraiser, name=name, value=name in wanted: appraiser.expire(name, value))  # type: ignore[misc]
        self._expired = wanted


def offline(config: Config) -> Appraiser:
    """What the node of a configuration would judge with, for who reads its sensors while it does not run. Changes nothing on the disk."""
    own, store = _own(config), Store(Path(config.node.state), mend=False)
    newest = {name: fact for name in own if (fact := store.newest(name)) is not None}
    facts = {name: fact for name, fact in newest.items() if fits(fact, own[name])}
    made = _appraiser(config, facts)
    for name in (newest.keys() - facts.keys()) | (store.lost & own.keys()):
        made.expire(name, True)
    return made


def _own(config: Config) -> dict[str, SeriesInfo]:
    """The sensors' own series, which can be calibrated, as configured."""
    names = {name for mounted in config.sensors for name in mounted.series.values()}
    return {info.name: info for info in config.table().series if info.name in names}


def _after(config: Config) -> dict[str, frozenset[str]]:
    """Which series are derived from each, one from another as well: they stand in an order in which each comes after its source."""
    found: dict[str, frozenset[str]] = {}
    for derived in reversed(config.derived):
        found[derived.source] = found.get(derived.source, frozenset()) | {derived.info.name} | found.get(derived.info.name, frozenset())
    return found


def _curves(facts: Mapping[str, CalibrationFact], own: Mapping[str, SeriesInfo]) -> dict[str, Curve]:
    found = ((name, curve_of(fact, own[name])) for name, fact in facts.items())
    return {name: curve for name, curve in found if curve is not None}


def _appraiser(config: Config, facts: Mapping[str, CalibrationFact]) -> Appraiser:
    made = Appraiser(config.table().series, config.checks, config.derived)
    made.use(in_force(config.table(), facts).series, _curves(facts, _own(config)))
    return made


class _Judge:
    """Guard, as the acts see it: they order it between two samples only."""

    def __init__(self, guard: Guarding, orders: Orders) -> None:
        self._guard = guard
        self._orders = orders

    @property
    def newest(self) -> dict[int, tuple[Reading, ChannelState]]:
        return self._guard.newest

    @property
    def watches(self) -> list[Watch]:
        return self._guard.watches

    def maintain(self, series: str, until: int) -> None:
        self._orders.put(lambda appraiser: appraiser.maintain(series, until))

    def release(self, series: str) -> None:
        self._orders.put(lambda appraiser: appraiser.release(series))
