"""The verbs' way to the running node: one request, one answer, on the control socket in its runtime directory.

Decision: a connection for each request, with one deadline for all of it, so that a verb never waits for a node that hangs and a person who thinks for
long keeps no place at the door.
"""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

from gateway.clock import real

SOCKET = "control.sock"
WITHIN = 15.0
"""Seconds for one answer: the node answers at once, a stalled card may hold it up when it stores something."""
MOST = 2 << 20


class Unreachable(Exception):
    """No node answers: the message says what to do."""


class Refused(Exception):
    """The node does not do it: the message is the node's own."""


class RunningNode:
    """The node whose runtime directory this is."""

    def __init__(self, runtime: Path, within: float = WITHIN) -> None:
        self._runtime = runtime
        self._within = within

    def ask(self, do: str, **content: Any) -> dict[str, Any]:
        """Ask for something. Unreachable where nobody answers in time, Refused where the node refuses."""
        line = json.dumps({"do": do, **content}).encode() + b"\n"
        end = real() + self._within
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            try:
                self._connect(connection)
                connection.settimeout(self._within)
                connection.sendall(line)
                data = b""
                while not data.endswith(b"\n") and len(data) < MOST:
                    connection.settimeout(max(0.01, end - real()))
                    part = connection.recv(1 << 16)
                    if not part:
                        break
                    data += part
                found = json.loads(data)
            except PermissionError as error:
                raise Unreachable(f"{self._runtime / SOCKET}: you may not ask this node; be root, or in the group of its service") from error
            except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError) as error:
                raise Unreachable(
                    f"no node runs here: nobody answers at {self._runtime / SOCKET}. Start it (`systemctl start edge-gateway`, or "
                    "`edge-gateway run`), or name its runtime directory with --runtime"
                ) from error
            except (OSError, ValueError) as error:
                raise Unreachable(f"the node at {self._runtime / SOCKET} does not answer ({error}); `edge-gateway status` tells how it is") from error
        if not isinstance(found, dict) or not found.get("ok"):
            raise Refused(str(found.get("error")) if isinstance(found, dict) else "an answer of another version")
        return found

    def _connect(self, connection: socket.socket) -> None:
        """By a name in `/proc/self/fd`, because a socket's path has at most 107 bytes."""
        folder = os.open(self._runtime, os.O_RDONLY | os.O_DIRECTORY)
        try:
            connection.settimeout(self._within)
            connection.connect(f"/proc/self/fd/{folder}/{SOCKET}")
        finally:
            os.close(folder)
