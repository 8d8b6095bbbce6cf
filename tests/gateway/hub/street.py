"""A street for the hub: a real Mosquitto, the hub as a process that can be killed, and a node of a few lines. Waiting is always for a condition,
with a deadline."""

from __future__ import annotations

import json
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

PATIENCE = 30.0


def until(condition: Callable[[], bool], step: Callable[[], object], what: str) -> None:
    """Do `step`, which waits a little for something to happen, until the condition holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen within {PATIENCE:g} s"
        step()


class HubProcess:
    """`edge-gateway hub` as a process; ready when it listens."""

    def __init__(self, port: int, db: Path, *options: str, ready: bool = True) -> None:
        command = [sys.executable, "-m", "gateway", "hub", "--broker", f"mqtt://127.0.0.1:{port}", "--db", str(db), *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if ready:
            assert "listening" in self.line()

    def line(self) -> str:
        """The next line it prints."""
        assert self.process.stdout is not None
        assert select.select([self.process.stdout], [], [], PATIENCE)[0], "the hub says nothing"
        return self.process.stdout.readline()

    def stop(self, how: signal.Signals = signal.SIGKILL) -> int:
        """End it; its exit code."""
        self.process.send_signal(how)
        code = self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


class Node:
    """Publishes what it is told and keeps the receipts."""

    def __init__(self, port: int, node: str = "n1") -> None:
        self.node = node
        self.receipts: list[dict[str, Any]] = []
        self.properties: list[dict[str, Any]] = []
        self.expiry: list[int] = []
        self._subscribed = False
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.max_inflight_messages_set(0)
        self._client.on_message = self._message
        self._client.on_subscribe = self._granted
        self._client.connect("127.0.0.1", port)
        self._client.subscribe(f"edge/v1/city/{node}/down/#", qos=1)
        self.wait(lambda: self._subscribed, "the subscription")

    def _granted(self, *_: object) -> None:
        self._subscribed = True

    def _message(self, _client: object, _data: object, message: mqtt.MQTTMessage) -> None:
        assert message.topic == f"edge/v1/city/{self.node}/down/receipt"
        assert not message.retain
        assert message.qos == 1
        self.receipts.append(json.loads(message.payload))
        self.expiry.append(getattr(message.properties, "MessageExpiryInterval", 0))

    def say(self, cls: str, *payloads: bytes, retain: bool = False) -> None:
        for payload in payloads:
            self._client.publish(f"edge/v1/city/{self.node}/up/{cls}", payload, qos=1, retain=retain)
            self._client.loop(0.001)

    def upto(self, lane: str, epoch: str) -> int:
        return max((receipt["epochs"].get(epoch, {}).get(lane, {}).get("upto", 0) for receipt in self.receipts), default=0)

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        until(condition, lambda: self._client.loop(0.05), what)

    def close(self) -> None:
        self._client.disconnect()
