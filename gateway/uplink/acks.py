"""What a PUBACK does: free a slot, and nothing else unless its code says so.

Decision: a PUBACK is the broker's word, not the hub's (measured: 500 of 500 confirmed messages lost with a broker's default settings), so it
moves no mark. Code 0x10 is even proof of the contrary: nobody listens. Only where the node is told to go by PUBACKs, for hubs of ordinary tools,
does 0x00 count as delivery. A message that was refused is not lost either: it goes out again, later, smaller or never (parked, declared).
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.model import Lane
from gateway.uplink.backoff import Backoff
from gateway.uplink.blame import Sentence
from gateway.uplink.ports import Acknowledged, Source, Store
from gateway.uplink.reasons import TOLD, WAIT, Action, action
from gateway.uplink.sender import Sender
from gateway.uplink.settings import Settings
from gateway.uplink.stream import Sent, Stream


class Acks:
    """Applies PUBACKs to the sender. notice: (what, where, detail) for the operator, once per code until a message passes."""

    def __init__(self, sender: Sender, store: Store, settings: Settings, backoff: Backoff, notice: Callable[[str, str, str], None]) -> None:
        self._sender, self._store, self._settings, self._backoff, self._notice = sender, store, settings, backoff, notice
        self._told: set[int] = set()

    def take(self, event: Acknowledged, now: float) -> Action:
        """Apply one; returns the action of its code, of which RECONNECT is the caller's."""
        note = self._sender.window.free(event.token)
        todo = action(Source.PUBACK, event.code)
        if todo in TOLD and event.code not in self._told:
            self._told.add(event.code)
            self._notice("uplink", "broker", f"the broker answered a message with code 0x{event.code:02X}: {todo.value}")
        if note is None:
            return todo
        stream, sent = note
        if todo in (Action.GO_ON, Action.NOBODY):
            self._taken(stream, sent, todo, now)
        else:
            self._refused(stream, sent, todo, now)
        return todo

    def _taken(self, stream: Stream, sent: Sent, todo: Action, now: float) -> None:
        sent.acked, sent.nobody, sent.at = True, todo is Action.NOBODY, now
        self._sender.blame.forgive((stream.epoch, stream.lane, sent.first))
        if sent.nobody:
            self._sender.silence[stream.lane].stall()
            return
        self._told.clear()
        self._backoff.reset()
        mark = stream.confirmed() if stream.by_puback else None
        if mark is not None:
            self._sender.listen_again(stream.lane, now)
            if self._settings.delivered == "puback":
                self._store.receipted(stream.epoch, stream.lane, mark)

    def _refused(self, stream: Stream, sent: Sent, todo: Action, now: float) -> None:
        sentence = self._sender.failed(stream, sent, now, certain=True) if todo is Action.REJECT else Sentence.NOTHING
        if sentence is Sentence.NOTHING:
            self._pause(stream.lane, todo, now)
        if todo is Action.SLOW:
            self._sender.window.shrink(now)
        stream.again(sent.first, sent.last)

    def _pause(self, lane: Lane, todo: Action, now: float) -> None:
        wait = self._backoff.between(*WAIT[todo]) if todo in WAIT else self._backoff.next()
        self._sender.pause[lane] = now + wait
