"""A scripted broker with a node's uplink on it, and a real Mosquitto."""

from __future__ import annotations

import os
import select
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.clock import real
from gateway.uplink import Broker, MqttLink
from tests.gateway.uplink.broker import ScriptedBroker
from tests.gateway.uplink.rig import NODE, Rig

MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"


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


class Mosquitto:
    """A real broker on a port of its own."""

    def __init__(self, folder: Path, lines: str, port: int) -> None:
        self.port = port
        self._config = folder / "mosquitto.conf"
        self._config.write_text(f"{lines}\n".replace("PORT", str(port)))
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen([MOSQUITTO, "-c", str(self._config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = real() + 10.0
        while real() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
                select.select([], [], [], 0.02)
        pytest.fail("mosquitto does not start")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """Start a Mosquitto: mosquitto(lines of its configuration)."""
    if not Path(MOSQUITTO).exists():
        if os.environ.get("CI") == "true":
            pytest.fail("install mosquitto")
        pytest.skip("install mosquitto")
    started: list[Mosquitto] = []

    def start(lines: str = "listener PORT 127.0.0.1\nallow_anonymous true") -> Mosquitto:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        started.append(Mosquitto(tmp_path, lines, port))
        return started[-1]

    yield start
    for broker in started:
        broker.kill()
