"""The embedded broker of the demonstration: rumqttd (by `iotcore`) in a process of its own, MQTT 5, on loopback only.

Good for a demonstration, no proof of a protocol rule: it ignores session expiry and Receive Maximum, announces no limits, and forgets the
oldest 100 MiB for an absent subscriber. Rules are tested on Mosquitto and a scripted broker.
"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Protocol

from gateway.demo.scenario import BadScenario

TOML = """\
id = 0
[router]
id = 0
max_connections = 100
max_outgoing_packet_count = 200
max_segment_size = 104857600
max_segment_count = 10
[v5.1]
name = "v5-1"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1
[v5.1.connections]
connection_timeout_ms = 60000
max_payload_size = 1048576
max_inflight_count = 100
dynamic_filters = true
"""


def free_port() -> int:
    """A port on loopback that nobody uses at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Broker(Protocol):
    """A broker that the conductor may start and stop; `port` on loopback."""

    port: int

    def start(self) -> None:
        """Start it and wait until it listens."""

    def stop(self) -> None:
        """End it at once."""

    def freeze(self, frozen: bool) -> None:
        """Stop it without closing anything, or let it go on."""


class EmbeddedBroker:
    """Started and stopped by the conductor; `port` is where it listens."""

    def __init__(self, folder: Path) -> None:
        from iotcore import Broker

        self.port = free_port()
        settings = folder / "broker.toml"
        settings.write_text(TOML.format(port=self.port))
        self._broker = Broker(config_path=str(settings))

    def start(self) -> None:
        """Start the child process; returns when it listens."""
        self._broker.start()

    def stop(self) -> None:
        """End it and free the port."""
        self._broker.stop()

    def freeze(self, frozen: bool) -> None:
        """The embedded broker hides its process."""
        raise BadScenario("the embedded broker cannot be frozen; play this scenario with an outside one")
