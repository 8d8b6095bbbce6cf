"""The uplink's worker: moves what the outbox holds to the hub, over any number of connections, each number once in effect.

Decision: one plain object with `step(now)`, one thread around it, no lock. The Link only reports events, Session decides about connections,
Sender about what goes out, Intake about what a receipt means; this file lets them take turns. Everything here runs on real time, whatever the
clock of a scenario does; only what is written into messages is on the node's clock.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import msgspec

from gateway.clock import NodeClock, real
from gateway.contract.messages import Birth, ClockFix, Health, Receipt, decode
from gateway.contract.topics import parse, topic
from gateway.model import Lane
from gateway.uplink import hubtime
from gateway.uplink.acks import Acks
from gateway.uplink.backoff import Backoff
from gateway.uplink.blame import BLAMED, CULPRIT_S
from gateway.uplink.envelope import JSON
from gateway.uplink.intake import Intake
from gateway.uplink.ports import Acknowledged, Connected, Link, LinkEvent, Lost, LostRange, Message, Received, Spool, Token
from gateway.uplink.reasons import Action
from gateway.uplink.sender import LANES, Sender, Stamp
from gateway.uplink.session import Session
from gateway.uplink.settings import BROKER_PATIENCE_S, HUB_PATIENCE_S, Settings

PROBE_PUBACK_S = 30.0
"""Ceiling between probes where PUBACKs decide: nobody answers a birth there."""
IDLE_S = 5.0
"""Longest time between two steps: a look at the outbox even if nobody rang."""
GOODBYE_S = 2.0
"""How long a clean close may take."""


class Forwarder:
    """See the file. Only the end of `step` waits, for the network, for `settings.wait` seconds, or for a `wake`.

    birth, health: make these messages now; health may be None where there is nothing to tell. on_hub_time: an anchor from the hub.
    declare: numbers that will never come. notice: (what, where, detail) for the operator. on_down: (class, payload) of the hub's other messages.
    """

    def __init__(
        self,
        link: Link,
        store: Spool,
        settings: Settings,
        *,
        birth: Callable[[], Birth],
        health: Callable[[], Health | None],
        clock: NodeClock,
        on_hub_time: Callable[[ClockFix], None],
        declare: Callable[[LostRange], None],
        rng: random.Random,
        notice: Callable[[str, str, str], None] = lambda what, where, detail: None,
        on_down: Callable[[str, bytes], None] = lambda cls, payload: None,
    ) -> None:
        self._link, self._settings, self._clock = link, settings, clock
        self._health, self._on_hub_time, self._on_down = health, on_hub_time, on_down
        self._session = Session(link, settings, birth, Backoff(rng, settings.reconnect), notice)
        probe = Backoff(rng, HUB_PATIENCE_S, PROBE_PUBACK_S) if settings.delivered == "puback" else Backoff(rng, HUB_PATIENCE_S)
        self._sender = Sender(link, store, settings, probe, declare, self._stamp)
        self._intake = Intake(self._sender, store)
        self._acks = Acks(self._sender, store, settings, Backoff(rng, HUB_PATIENCE_S), notice)
        self._events: list[LinkEvent] = []
        self._birth_token: Token | None = None
        self._accepted = False  # the birth of this connection has its PUBACK
        self._heard = False  # the hub has spoken on this connection
        self._hold = 0.0  # no batch before this moment
        self._announce = False
        self._health_topic = topic(settings.site, settings.node, "health")
        self._health_at = 0.0
        self._receipt_at: float | None = None
        self._bad = 0

    def step(self, now: float) -> float:
        """Do all that can be done now, then wait for the network as long as the settings say; the next moment (real time) at which there is
        something to do unasked."""
        upcoming = self._turn(now)
        self.wait(min(upcoming - now, self._settings.wait))
        return upcoming

    def _turn(self, now: float) -> float:
        self._events += self._link.poll(0.0)
        self._take_events(now)
        if not self._session.up:
            self._session.connect(now)
            self._events += self._link.poll(0.0)
            self._take_events(now)
        if not self._session.up:
            return now + 1.0 if self._session.connecting else self._session.next_try
        self._work(now)
        return self._next(now)

    def wait(self, seconds: float) -> None:
        """Wait for the network, a wake, or this long; what came is worked on by the next step."""
        if seconds > 0 and not self._events:
            self._events += self._link.poll(seconds)

    def wake(self) -> None:
        """There is something to send: end the wait. From any thread."""
        self._link.bell.ring()

    def listening(self) -> bool:
        """Whether the hub takes readings at present."""
        return self._session.up and not self._sender.silence[Lane.BATCH].stalled and (self._heard or self._settings.delivered == "puback")

    def announce(self) -> None:
        """The birth has changed (table, epoch, clock): say it again at the next step."""
        self._announce = True

    def close(self, within: float = GOODBYE_S) -> None:
        """Leave a death and disconnect, within so many seconds."""
        end = real() + within
        token = self._session.farewell() if self._session.up else None
        while token is not None and real() < end:
            for event in self._link.poll(max(0.0, end - real())):
                if isinstance(event, Lost) or (isinstance(event, Acknowledged) and event.token == token):
                    token = None
        self._link.close()

    def status(self) -> dict[str, Any]:
        """How the uplink is: for the snapshot. Ages in seconds of real time; `reason` says why there is no connection."""
        now, session, sender = real(), self._session, self._sender
        return {
            "connected": session.up,
            "since": None if session.since is None else round(now - session.since, 1),
            "receipt_age": None if self._receipt_at is None else round(now - self._receipt_at, 1),
            "in_flight": len(sender.window),
            "unreceipted": {lane.value: sender.used(lane) for lane in LANES},
            "silent": [lane.value for lane in LANES if sender.silence[lane].stalled],
            "bytes_sent": sender.bytes_sent,
            "probes": sender.prober.count,
            "connections": session.connections,
            "restored": self._intake.restored,
            "bad_receipts": self._bad,
            "reason": session.reason,
        }

    def _stamp(self) -> Stamp:
        return self._clock.boot, round(self._clock.monotonic(), 3)

    def _take_events(self, now: float) -> None:
        events, self._events = self._events, []
        for event in events:
            match event:
                case Connected():
                    self._connected(event, now)
                case Acknowledged():
                    self._acknowledged(event, now)
                case Received():
                    self._received(event, now)
                case Lost():
                    self._lost(event, now)

    def _connected(self, event: Connected, now: float) -> None:
        if not self._session.connected(event, now):
            return
        self._sender.open(event.receive_maximum, event.maximum_packet_size)
        self._accepted = self._heard = False
        self._hold = now if self._settings.delivered == "puback" else now + HUB_PATIENCE_S
        self._health_at = now + 1.0
        self._say_birth(now)

    def _say_birth(self, now: float) -> None:
        birth, message, token = self._session.announce()
        self._announce = token is None
        if token is not None:
            self._intake.born((birth.boot, birth.mono))
            self._birth_token = token
            self._sender.window.take(token, message.size, now, None)

    def _lost(self, lost: Lost, now: float) -> None:
        """The connection is gone: who broke it, and what is smaller next time."""
        todo = self._session.lost(lost, now)
        oldest = self._sender.window.oldest()
        if oldest is not None and oldest[1] is not None and self._accepted and lost.code in BLAMED and now - oldest[0] <= CULPRIT_S:
            stream, sent = oldest[1]
            if todo is Action.SPLIT and sent.frames > 1:
                self._sender.ceiling.halve(sent.size, now)
            if len(self._sender.window) == 1:  # with others beside it nobody can tell which one it was
                self._sender.failed(stream, sent, now, certain=False)
            self._sender.blame.suspect(now)
        if todo in (Action.SHRINK, Action.SLOW):
            self._sender.window.shrink(now)
        self._sender.window.open(self._settings.messages)

    def _acknowledged(self, event: Acknowledged, now: float) -> None:
        if event.token == self._birth_token:
            self._accepted = event.code < 0x80
        if self._acks.take(event, now) is Action.RECONNECT:
            self._give_up("the broker says that a packet id is in use", now)

    def _give_up(self, reason: str, now: float) -> None:
        self._link.close()
        self._lost(Lost(reason), now)

    def _received(self, event: Received, now: float) -> None:
        address = parse(event.topic)
        if address is None or address.cls != "receipt":
            if address is not None:
                self._on_down(address.cls, event.payload)
            return
        try:
            receipt = decode(Receipt, event.payload)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):  # wrong, not text, or nested beyond reason
            self._bad += 1
            return
        self._receipt_at = now
        self._session.worked()
        anchor = hubtime.fix(receipt, self._clock)
        if anchor is not None:
            self._on_hub_time(anchor)
        self._sender.refresh()
        self._intake.take(receipt, now)
        if self._intake.current(receipt):
            self._hold = now
            self._heard = True

    def _work(self, now: float) -> None:
        """Everything that is due on a standing connection; the most urgent first."""
        sender = self._sender
        self._session.steady(now)
        sender.window.heal(now)
        sender.ceiling.heal(now)
        sender.refresh()
        sender.send(now, now >= self._hold)
        sender.watch(now)
        sender.explain()
        if self._announce:
            self._say_birth(now)
        if now >= self._health_at:
            self._say_health(now)
        oldest = sender.window.oldest()
        if oldest is not None and now - oldest[0] > BROKER_PATIENCE_S:
            self._give_up(f"no PUBACK for {BROKER_PATIENCE_S:g} s", now)

    def _say_health(self, now: float) -> None:
        """How the node is, at once after connecting, then every minute; more often while a backlog drains: the hub sees the present first."""
        draining = self._sender.backlog() and not self._sender.silence[Lane.BATCH].stalled
        self._health_at = now + (self._settings.health_draining if draining else self._settings.health)
        health = self._health()
        if health is None:
            return
        message = Message(self._health_topic, msgspec.json.encode(health), JSON)
        if self._sender.window.room(message.size, False):
            token = self._link.publish(message)
            if token is not None:
                self._sender.window.take(token, message.size, now, None)

    def _next(self, now: float) -> float:
        """When to step again unasked. What the network, a sync or a wake brings does not wait for it."""
        if not self._session.up:
            return self._session.next_try
        sender = self._sender
        moments = [self._health_at, now + IDLE_S, *sender.pause.values()]
        if now < self._hold:
            moments.append(self._hold)
        if sender.prober.at is not None:
            moments.append(sender.prober.at)
        if len(sender.window) or any(stream.flight for stream in sender.streams.values()):
            moments.append(now + 1.0)
        return min(moment for moment in moments if moment > now)
