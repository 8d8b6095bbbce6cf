"""The life of a connection: when to try, what to say first, what a loss means, how to leave.

Decision: the forwarder never asks why there is no connection; this file turns every loss into a moment for the next try, by the table of reasons
where the broker gave one, else by full jitter. A try counts as a success only once the hub has spoken or a minute has passed, so a broker that
takes us and throws us out is not hammered.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from gateway.contract.messages import Birth, Death
from gateway.contract.topics import topic
from gateway.uplink.backoff import Backoff
from gateway.uplink.envelope import JSON
from gateway.uplink.ports import Connected, Hello, Link, Lost, Message, Source, Token
from gateway.uplink.reasons import TOLD, WAIT, Action, action
from gateway.uplink.settings import Settings

STEADY_S = 60.0
"""A connection this old has succeeded, whether or not the hub spoke."""
SMALLEST_PACKET = 4096
"""A broker that takes less than this is configured wrongly: birth and gaps would not fit either."""


class Session:
    """One connection after the other. notice: (what, where, detail) for the operator. birth: made anew for each connection."""

    def __init__(self, link: Link, settings: Settings, birth: Callable[[], Birth], backoff: Backoff, notice: Callable[[str, str, str], None]) -> None:
        self._link, self._settings, self._birth, self._backoff, self._notice = link, settings, birth, backoff, notice
        self._state = topic(settings.site, settings.node, "state")
        self._hello = Hello(self._state, b"", tuple(topic(settings.site, settings.node, cls) for cls in settings.down))
        self.limits: Connected | None = None
        self.connecting = False
        self.since: float | None = None
        self.next_try = 0.0
        self.reason = "not connected yet"
        self.connections = 0
        self._told = ""

    @property
    def up(self) -> bool:
        """Whether the broker has taken us."""
        return self.limits is not None

    def connect(self, now: float) -> None:
        """Open a connection where it is time to."""
        if not self.up and not self.connecting and now >= self.next_try:
            self.connecting = True
            birth = self._birth()
            death = Death(birth.v, False, birth.node, birth.epoch, birth.boot)
            self._link.connect(self._hello._replace(will=msgspec.json.encode(death)))

    def connected(self, limits: Connected, now: float) -> bool:
        """The broker took us. False where it is of no use: its limits are too small."""
        self.connecting = False
        if limits.maximum_packet_size < SMALLEST_PACKET:
            self._link.close()
            words = f"the broker takes packets of {limits.maximum_packet_size} bytes only; allow {SMALLEST_PACKET} at least"
            self.lost(Lost(words, 0x95, Source.CONNACK), now)
            return False
        self.limits, self.since = limits, now
        self.connections += 1
        self.reason = ""
        return True

    def announce(self) -> tuple[Birth, Message, Token | None]:
        """Say the birth."""
        birth = self._birth()
        retain = self.limits is None or self.limits.retain_available
        message = Message(self._state, msgspec.json.encode(birth), JSON, retain)
        return birth, message, self._link.publish(message)

    def lost(self, lost: Lost, now: float) -> Action:
        """There is no connection: decide when to try again."""
        todo = action(lost.source, lost.code)
        wait = self._backoff.between(*WAIT[todo]) if todo in WAIT else self._backoff.next()
        self.limits, self.since, self.connecting = None, None, False
        self.next_try = now + wait
        self.reason = lost.reason
        if todo in TOLD and self._told != lost.reason:
            self._told = lost.reason
            self._notice("uplink", "broker", f"{lost.reason}: {todo.value}")
        return todo

    def worked(self) -> None:
        """The hub has spoken: the next loss starts with a short wait, and a refusal seen again is news again."""
        self._backoff.reset()
        self._told = ""

    def steady(self, now: float) -> None:
        """A connection that has stood for a minute has worked."""
        if self.since is not None and now - self.since >= STEADY_S and self._backoff.tries:
            self.worked()

    def farewell(self) -> Token | None:
        """Leave the word that we went on purpose."""
        birth = self._birth()
        death = Death(birth.v, False, birth.node, birth.epoch, birth.boot)
        retain = self.limits is None or self.limits.retain_available
        return self._link.publish(Message(self._state, msgspec.json.encode(death), JSON, retain))
