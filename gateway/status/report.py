"""What the node says of itself: birth, death, health and the snapshot, all read from the running parts and never stored."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import msgspec

from gateway import __version__
from gateway.clock import ClockTable, NodeClock, stamp
from gateway.config import Config
from gateway.contract import messages
from gateway.model import ChannelState, Instant, Lane, Quality, Reading, SeriesInfo, Table, senml_unit
from gateway.quarantine import Isolated
from gateway.rules import Watch
from gateway.status.host import host
from gateway.supervisor import Seat, Supervisor


class Store(Protocol):
    """What a report needs of the outbox."""

    @property
    def epoch(self) -> str:
        """Identity of the outbox."""

    @property
    def clocks(self) -> ClockTable:
        """The anchors of every boot that is known."""

    def held(self) -> list[tuple[str, Lane, int, int]]:
        """What is still held: epoch, lane, first and last number."""

    def status(self) -> dict[str, Any]:
        """Depth, age, bytes and faults of the outbox."""


class Judge(Protocol):
    """What a report needs of guard."""

    newest: dict[int, tuple[Reading, ChannelState]]
    watches: list[Watch]

    @property
    def shown(self) -> dict[str, int]:
        """The level each output shows."""

    @property
    def failing(self) -> dict[str, str]:
        """Why an output cannot show its level."""


class Report:
    """Makes the node's own words. table: gives the one in force. `watch` is called once the parts exist."""

    def __init__(self, config: Config, clock: NodeClock, table: Callable[[], Table], store: Store, simulated: bool) -> None:
        self._config = config
        self._clock = clock
        self._table = table
        self._store = store
        self._simulated = simulated
        self._challenge = secrets.token_hex(8)
        self._started = clock.monotonic()

    def watch(self, guard: Judge, supervisor: Supervisor, link: Callable[[], dict[str, Any]], resting: Callable[[], bool]) -> None:
        """Name the parts that a snapshot looks at."""
        self._guard = guard
        self._supervisor = supervisor
        self._link = link
        self._resting = resting

    def birth(self) -> messages.Birth:
        """What the node says when a connection begins."""
        node, hub, table = self._config.node, self._config.hub, self._table()
        held: dict[str, dict[str, tuple[int, int]]] = {}
        for epoch, lane, first, last in self._store.held():
            held.setdefault(epoch, {})[str(lane)] = (first, last)
        return messages.Birth(
            v=messages.VERSION,
            up=True,
            site=node.site,
            node=node.name,
            epoch=self._store.epoch,
            boot=self._clock.boot,
            mono=stamp(self._clock).ms / 1000,
            software=f"edge-gateway {__version__}",
            challenge=self._challenge,
            name=node.title,
            place=msgspec.to_builtins(node.place),
            delivered=hub.delivered,
            insecure=hub.insecure,
            simulated=self._simulated,
            table=table.id,
            series=[_series(info) for info in table.series],
            held=[messages.Held(epoch, lanes) for epoch, lanes in held.items()],
            clock=self._store.clocks.fix(self._clock.boot),
        )

    def death(self) -> messages.Death:
        """What the Will says for a node that can no longer speak."""
        return messages.Death(messages.VERSION, False, self._config.node.name, self._store.epoch, self._clock.boot)

    def health(self) -> messages.Health:
        """How the node is now, for the hub."""
        shot = self.snapshot()
        newest = {name: (s["mono"], s["value"], s["quality"], s["reason"]) for name, s in shot["series"].items() if s["mono"] is not None}
        keys = ("epoch", "boot", "mono", "utc", "uptime", "clock", "clock_error", "outbox", "threads", "host", "alarms", "outputs")
        return messages.Health(v=messages.VERSION, node=self._config.node.name, newest=newest, **{key: shot[key] for key in keys})

    def snapshot(self) -> dict[str, Any]:
        """Everything a person or a page asks for, as plain values."""
        now = stamp(self._clock)
        utc, source, error = self._store.clocks.utc(now)
        seats, outbox = self._supervisor.seats.values(), self._store.status()
        return {
            "node": self._config.node.name,
            "site": self._config.node.site,
            "epoch": self._store.epoch,
            "boot": now.boot,
            "mono": now.ms / 1000,
            "utc": utc,
            "clock": source,
            "clock_error": error,
            "uptime": round(now.ms / 1000 - self._started, 3),
            "simulated": self._simulated,
            "resting": self._resting(),
            "series": {info.name: self._newest(index, info, now) for index, info in enumerate(self._table().series)},
            "alarms": {watch.rule.name: _alarm(watch) for watch in self._guard.watches},
            "outputs": {**self._guard.shown, **{name: f"fails: {error}" for name, error in list(self._guard.failing.items())}},
            "outbox": outbox,
            "hub": self._link(),
            "threads": {seat.name: _thread(seat) for seat in seats},
            "host": host(None if outbox["adrift"] else Path(self._config.node.state)),
        }

    def _newest(self, index: int, info: SeriesInfo, now: Instant) -> dict[str, Any]:
        found = self._guard.newest.get(index)
        if found is None:
            nothing = {"mono": None, "value": None, "quality": "missing", "reason": "", "state": "warm_up", "age": None}
            return nothing | {"unit": info.unit, "quantity": info.quantity}
        reading, state = found
        return {
            "mono": reading.ms / 1000,
            "value": None if reading.value is None else round(reading.value, info.decimals),
            "unit": info.unit,
            "quantity": info.quantity,
            "quality": Quality(reading.quality).name.lower(),
            "reason": reading.reason,
            "state": str(state),
            "age": (now.ms - reading.ms) / 1000,
        }


def _alarm(watch: Watch) -> dict[str, Any]:
    """One alarm: its combined state, and what is done about it; degraded, note: of one that is at fault, whether it judges with what is left."""
    state = watch.state
    done = [key for key in ("latched", "over_range", "silenced", "shelved", "inhibited") if getattr(state, key)]
    told = {"state": state.name, "level": state.level, "fault": watch.fault, "occurrence": state.occurrence, "marks": done}
    if watch.fault and watch.demand is not None:
        told |= {"degraded": watch.demand.level is not None, "note": watch.demand.note}
    return told


def _thread(seat: Seat) -> dict[str, Any]:
    """One thread; left_out: seconds until a bus in quarantine is tried again."""
    left = seat.worker.left if isinstance(seat.worker, Isolated) else 0.0
    return {"steps": seat.steps, "late": seat.late()} | ({"left_out": round(left)} if left else {})


def _series(info: SeriesInfo) -> messages.Series:
    return messages.Series(
        info.name, info.quantity, senml_unit(info.unit), info.decimals, info.low, info.high, info.period, info.calibration, info.datum
    )
