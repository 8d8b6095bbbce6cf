"""A link that can be cut: a TCP relay between node and broker, as a process of its own, told what to do on its standard input.

Commands, a line each: `up`, `down` (connections are reset and new ones refused), `stall` (nothing is read or written: a half-open link),
`slow N` (N bytes a second in each direction), `count` (answers with the bytes carried so far, up and down). It ends when its standard input does.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import socket
import struct
import sys
from dataclasses import dataclass, field
from typing import IO

from gateway.clock import real

CHUNK = 65536
TICK = 0.05
"""Seconds between two shares of a slow link."""


@dataclass(eq=False)
class Pair:
    """One relayed connection: the node's side, the broker's side, and what is read and not yet written on each."""

    near: socket.socket
    far: socket.socket
    pending: dict[socket.socket, bytearray] = field(default_factory=dict)

    def other(self, side: socket.socket) -> socket.socket:
        """The opposite side."""
        return self.far if side is self.near else self.near


class Relay:
    """Listens on loopback and relays to a broker. carried: bytes from the node, bytes to the node."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.state = "up"
        self.carried = {"up": 0, "down": 0}
        self._rate: int | None = None
        self._share: dict[socket.socket, int] = {}
        self._target = target
        self._pairs: set[Pair] = set()
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self.port = int(self._listener.getsockname()[1])

    def command(self, word: str) -> str | None:
        """Do what a line says; gives an answer where one is asked for."""
        if word == "count":
            return json.dumps(self.carried)
        verb, _, rate = word.partition(" ")
        if verb in ("up", "down", "stall", "slow"):
            self.state = "up" if verb == "slow" else verb
            self._rate = int(rate) if verb == "slow" else None
            if verb == "down":
                for pair in list(self._pairs):
                    self._reset(pair)
            for pair in self._pairs:
                self._watch(pair)
        return None

    def _accept(self) -> None:
        near, _ = self._listener.accept()
        if self.state == "down":
            _abort(near)
            return
        try:
            far = socket.create_connection(self._target, timeout=5)
        except OSError:
            _abort(near)
            return
        pair = Pair(near, far)
        for side in (near, far):
            side.setblocking(False)
            side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pair.pending[side] = bytearray()
            self._selector.register(side, selectors.EVENT_READ, pair)
        self._pairs.add(pair)
        self._watch(pair)

    def _watch(self, pair: Pair) -> None:
        """Read a side only while its counterpart has room; while stalled, neither read nor write."""
        for side in (pair.near, pair.far):
            events = 0
            if self.state != "stall":
                events |= selectors.EVENT_READ if len(pair.pending[pair.other(side)]) < 4 * CHUNK else 0
                events |= selectors.EVENT_WRITE if pair.pending[side] and self._room(side) else 0
            if side in self._selector.get_map():
                self._selector.unregister(side)
            if events:
                self._selector.register(side, events, pair)

    def _room(self, side: socket.socket) -> int:
        """Bytes that may be written to a side now."""
        return CHUNK if self._rate is None else self._share.get(side, 0)

    def _replenish(self, seconds: float) -> None:
        """Give every side its share of a slow link for the time that has passed; what was not used is gone."""
        for pair in self._pairs:
            for side in (pair.near, pair.far):
                self._share[side] = max(1, round((self._rate or 0) * min(seconds, 2 * TICK)))
            self._watch(pair)

    def _carry(self, pair: Pair, side: socket.socket, events: int) -> None:
        try:
            if events & selectors.EVENT_READ:
                data = side.recv(CHUNK)
                if not data:
                    return self._reset(pair)
                self.carried["up" if side is pair.near else "down"] += len(data)
                pair.pending[pair.other(side)] += data
            for end in (pair.near, pair.far):
                if pair.pending[end] and self._room(end):
                    with contextlib.suppress(BlockingIOError):
                        sent = end.send(pair.pending[end][: self._room(end)])
                        del pair.pending[end][:sent]
                        self._share[end] = self._room(end) - sent
        except OSError:
            return self._reset(pair)
        return self._watch(pair)

    def _reset(self, pair: Pair) -> None:
        self._pairs.discard(pair)
        for side in (pair.near, pair.far):
            self._share.pop(side, None)
        for side in (pair.near, pair.far):
            if side in self._selector.get_map():
                self._selector.unregister(side)
            _abort(side)

    def serve(self, commands: int, answers: IO[str]) -> None:
        """Relay until the commands end. commands: a file descriptor with a command on every line."""
        self._selector.register(commands, selectors.EVENT_READ)
        text, shared = b"", 0.0
        while True:
            found = self._selector.select(1.0 if self._rate is None else TICK)
            if self._rate is not None and (passed := real() - shared) >= TICK:
                shared += passed
                self._replenish(passed)
            for key, events in found:
                if key.fileobj == commands:
                    chunk = os.read(commands, CHUNK)
                    if not chunk:
                        return
                    *lines, text = (text + chunk).split(b"\n")
                    for answer in filter(None, (self.command(line.decode().strip()) for line in lines)):
                        answers.write(answer + "\n")
                        answers.flush()
                elif key.fileobj is self._listener:
                    self._accept()
                elif key.data in self._pairs:
                    self._carry(key.data, key.fileobj, events)  # type: ignore[arg-type]


def _abort(side: socket.socket) -> None:
    """Close with a reset, as a link that breaks does."""
    with contextlib.suppress(OSError):
        side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    side.close()


def main() -> None:
    """`python -m gateway.demo.link HOST PORT`: prints the port it listens on, then relays."""
    relay = Relay((sys.argv[1], int(sys.argv[2])))
    sys.stdout.write(f"{relay.port}\n")
    sys.stdout.flush()
    relay.serve(sys.stdin.fileno(), sys.stdout)


if __name__ == "__main__":
    main()
