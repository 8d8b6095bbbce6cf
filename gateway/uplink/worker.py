"""The forwarder as a worker of the node."""

from __future__ import annotations

from gateway.uplink.forwarder import Forwarder


class Uplink:
    """The forwarder on its thread: it waits for the network inside its step, so its seat must not wait besides."""

    def __init__(self, forwarder: Forwarder) -> None:
        self._forwarder = forwarder

    def step(self, now: float) -> float:
        """Let the forwarder work and wait; again at once."""
        self._forwarder.step(now)
        return now
