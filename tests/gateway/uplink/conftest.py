"""A scripted broker with a node's uplink on it, and a real Mosquitto."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.uplink import Broker, MqttLink
from tests.gateway.uplink.broker import ScriptedBroker
from tests.gateway.uplink.rig import NODE, Rig
from tests.mosquitto import Mosquitto


class Bench:
    """A node on a scripted broker, in lock-step on a clock that only the test moves."""

    def __init__(self, **settings: object) -> None:
        self.broker = ScriptedBroker()
        self.time = 0.0
        self.link = MqttLink(Broker("127.0.0.1", self.broker.port), NODE, keepalive=30, now=lambda: self.rig.now)
        self.rig = Rig(link=self.link, **settings)  # type: ignore[arg-type]

    def go(self, seconds: float = 0.0, until: Callable[[], bool] | None = None) -> None:
        """Let time pass in small steps, until something holds or for as long as said; the sockets are worked on at each."""
        end = self.rig.now + seconds
        while True:
            for _ in range(6):
                self.broker.pump()
                self.rig.step()
                if until is not None and until():
                    return
            if self.rig.now >= end:
                break
            self.rig.clock.now = min(end, self.rig.now + max(0.1, seconds / 400))
        assert until is None, "it did not happen"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    made = Bench()
    monkeypatch.setattr("paho.mqtt.client.time_func", lambda: made.rig.now)
    yield made
    made.link.close()
    made.broker.close()


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """Start a Mosquitto: mosquitto(lines of its configuration)."""
    started: list[Mosquitto] = []

    def start(lines: str = "listener PORT 127.0.0.1\nallow_anonymous true") -> Mosquitto:
        started.append(Mosquitto(tmp_path, lines))
        started[-1].start()
        return started[-1]

    yield start
    for broker in started:
        broker.kill()
