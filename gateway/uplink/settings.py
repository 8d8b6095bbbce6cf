"""The numbers of the uplink in one place. Each is a bound: on memory, on bytes an alarm may have to wait for, or on how often we knock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

KIB = 1024
HUB_PATIENCE_S = 5.0
"""Silence of the hub after which a lane stops, and how long a new connection waits for its first receipt."""
BROKER_PATIENCE_S = 120.0
"""How long the oldest PUBACK may be owed before the connection is given up."""


@dataclass(frozen=True)
class Settings:
    """How one node sends. Bytes and seconds.

    delivered: what frees a message, `receipt` of the hub or `puback` of the broker. message: largest payload of a batch. hub_window: batch bytes
    without a receipt; urgent_window: the same for alarms and for events, each. messages, mqtt_window: PUBLISHes and bytes without a PUBACK.
    down: classes to subscribe to. reconnect: first ceiling of the back-off between connections. health, health_draining: between two healths.
    wait: the longest a step waits for the network at its end; 0 never waits.
    """

    site: str
    node: str
    delivered: Literal["receipt", "puback"] = "receipt"
    simulated: bool = False
    message: int = 64 * KIB
    hub_window: int = 256 * KIB
    urgent_window: int = 64 * KIB
    messages: int = 16
    mqtt_window: int = 256 * KIB
    down: tuple[str, ...] = ("receipt",)
    reconnect: float = 1.0
    health: float = 60.0
    health_draining: float = 10.0
    wait: float = 1.0

    @classmethod
    def slow(cls, site: str, node: str, delivered: Literal["receipt", "puback"] = "receipt") -> Settings:
        """For metered and narrow links: an alarm waits for 16 KiB at most (1.3 s at 100 kbit/s)."""
        return cls(site, node, delivered, message=4 * KIB, hub_window=16 * KIB, urgent_window=16 * KIB, mqtt_window=16 * KIB)
