"""A real Mosquitto on a port of its own, and its own clients, for tests. Missing: failed under CI, else skipped, saying what to install."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest

SETTINGS = """\
listener PORT 127.0.0.1
allow_anonymous true
persistence true
persistence_location FOLDER/
autosave_on_changes true
autosave_interval 1
max_queued_messages 0
max_inflight_messages 100
log_dest file FOLDER/mosquitto.log
"""


def program(name: str) -> str:
    """Path of a program of Mosquitto's; fails or skips where it is not installed."""
    path = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin"
    found = shutil.which(name, path=path)
    if found is None:
        package = "mosquitto" if name == "mosquitto" else "mosquitto-clients"
        message = f"{name} is not installed: sudo apt install {package}"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    return found


class Mosquitto:
    """A broker that may be started, stopped, killed and frozen; it keeps its port and its persistent state.

    settings: its configuration, with PORT and FOLDER in their places.
    """

    def __init__(self, folder: Path, settings: str = SETTINGS) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = int(probe.getsockname()[1])
        (folder / "mosquitto.conf").write_text(settings.replace("PORT", str(self.port)).replace("FOLDER", str(folder)) + "\n")
        self._program = program("mosquitto")
        self._process: subprocess.Popen[bytes] | None = None
        self._clients: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it; returns when it takes connections."""
        command = [self._program, "-c", str(self._folder / "mosquitto.conf")]
        if os.geteuid() == 0:  # then it runs as its own user, who needs to write here
            self._folder.chmod(0o777)
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(500):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=0.2):
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0.02)
        raise AssertionError(f"mosquitto does not start with {self._folder / 'mosquitto.conf'}")

    def stop(self) -> None:
        """SIGKILL: what a broker's crash is."""
        for client in self._clients:
            client.kill()
            client.wait(10)
        self._clients = []
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def kill(self) -> None:
        """SIGKILL of the broker alone; its clients notice by themselves."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def freeze(self, frozen: bool) -> None:
        """SIGSTOP: connections stay and nothing answers; SIGCONT: it goes on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP if frozen else signal.SIGCONT)

    def listen(self, topic: str, into: Path, shape: str = "%j") -> None:
        """Let mosquitto_sub write every message of a topic, one JSON object a line (payload as it came), into a file."""
        command = [program("mosquitto_sub"), "-p", str(self.port), "-V", "5", "-q", "1", "-t", topic, "-F", shape]
        with into.open("wb") as out:
            self._clients.append(subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL))

    def tap(self, topic: str, into: Path) -> None:
        """The same with payloads as hexadecimal digits, one a line."""
        self.listen(topic, into, "%x")
