"""The door of the running node: a Unix socket in its runtime directory. A worker like any other; it waits for its clients inside its step.

Decision: a socket in the file system, mode 0660, so that the machine's own users and groups say who may ask, and the kernel tells who asked. All of
it is bounded: clients, line length, answers, how long a client may say nothing. Whatever a client does costs only that client. What is asked for
is looked up by name, so other parts of the node can be reached through the same door.
"""

from __future__ import annotations

import logging
import os
import select
import socket
import struct
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from gateway.clock import real
from gateway.containment import contained
from gateway.control.requests import Act, Actor, Refusal, answer

log = logging.getLogger("gateway")
FILE = "control.sock"
CLIENTS = 8
LINE = 8 << 10
"""Bytes of the longest request."""
ANSWER = 1 << 20
"""Bytes that may wait for a client that does not read."""
SILENCE = 60.0
"""Seconds after which a client that asks nothing is let go."""
TURN, IDLE = 0.2, 1.0
"""Seconds a step waits for clients at most: so often the acts look at what they have begun, and where nothing is. A client ends the wait at once."""
AGAIN = 30.0
"""Seconds between two tries to open the door."""
SHUT = "calibration, bump test and what people do to alarms at the command line (acknowledge, silence, reset, shelve, test)"
"""What a node without its door cannot be asked for."""
_CREDENTIALS = struct.Struct("3i")


class Client:
    """One connection: what it sent that is no whole line yet, what it has not read yet."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.actor = Actor(_uid(connection))
        self.coming = b""
        self.going = b""
        self.heard = real()


class Door:
    """Answers requests. acts: by name; tick: called at every step, to go on with what requests have begun; says whether anything is."""

    def __init__(self, runtime: Path, acts: Mapping[str, Act], tick: Callable[[], bool]) -> None:
        self._runtime = runtime
        self.acts = acts
        self.tick = tick
        self._listening: socket.socket | None = None
        self._open_at = float("-inf")
        self._clients: dict[int, Client] = {}

    def step(self, now: float) -> float:
        """Serve whoever waits, for a moment; again at once. A runtime directory that refuses the socket is told in the log and tried again."""
        busy = self.tick()
        if self._listening is None:
            if real() < self._open_at:
                return now + 1.0
            self._open_at = real() + AGAIN
            self._listening = _listen(self._runtime)
            return now
        reads: list[int] = [self._listening.fileno(), *self._clients]
        writes = [number for number, client in self._clients.items() if client.going]
        readable, writable, _ = select.select(reads, writes, [], TURN if busy or self._clients else IDLE)
        if self._listening.fileno() in readable:
            self._accept(self._listening)
        for number in {*readable, *writable} & self._clients.keys():
            self._serve(self._clients[number])
        for client in list(self._clients.values()):
            if real() - client.heard > SILENCE:
                self._leave(client)
        return now

    def close(self) -> None:
        """Let everybody go and take the socket away."""
        for client in list(self._clients.values()):
            self._leave(client)
        if self._listening is not None:
            self._listening.close()
            self._listening = None
            with suppress(OSError):
                (self._runtime / FILE).unlink()

    def _accept(self, listening: socket.socket) -> None:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        connection.setblocking(False)
        client = Client(connection)
        self._clients[connection.fileno()] = client
        if len(self._clients) > CLIENTS:
            self._say(client, {"ok": False, "error": f"{CLIENTS} others are here already; try again"})
            self._leave(client)

    def _serve(self, client: Client) -> None:
        """Take what came, answer whole lines, send what it takes."""
        try:
            data = client.connection.recv(LINE)
        except BlockingIOError:
            data = None
        except OSError:
            data = b""
        if data == b"":
            self._leave(client)
            return
        if data:
            client.heard = real()
            client.coming += data
        while b"\n" in client.coming and client.connection.fileno() >= 0:
            line, _, client.coming = client.coming.partition(b"\n")
            self._say(client, self._answer(client, line))
        if len(client.coming) > LINE:
            self._say(client, {"ok": False, "error": f"a request has at most {LINE} bytes"})
            self._leave(client)
        elif client.going:
            self._send(client)

    def _answer(self, client: Client, line: bytes) -> dict[str, object]:
        def attempt() -> dict[str, object]:
            try:
                return {"ok": True, **answer(self.acts, client.actor, line)}
            except Refusal as refusal:
                return {"ok": False, "error": str(refusal)}

        def failed(error: Exception) -> dict[str, object]:
            return {"ok": False, "error": f"the node failed at it ({type(error).__name__}); its log tells more"}

        return contained("a request at the control door", attempt, failed)

    def _say(self, client: Client, said: dict[str, object]) -> None:
        client.going += msgspec.json.encode(said) + b"\n"
        if len(client.going) > ANSWER:
            self._leave(client)
        else:
            self._send(client)

    def _send(self, client: Client) -> None:
        try:
            sent = client.connection.send(client.going)
            client.going = client.going[sent:]
        except BlockingIOError:
            pass  # it goes on when the client reads
        except OSError:
            self._leave(client)

    def _leave(self, client: Client) -> None:
        self._clients.pop(client.connection.fileno(), None)
        client.connection.close()


def _uid(connection: socket.socket) -> int | None:
    try:
        packed = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    except OSError:
        return None
    return int(_CREDENTIALS.unpack(packed)[1])


def _listen(runtime: Path) -> socket.socket | None:
    """A listening socket; None, told, where the directory refuses it. It gets its name when it may be used by nobody but whom it is for; a name in
    `/proc/self/fd` because a socket's path has at most 107 bytes."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        folder = os.open(runtime, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fresh = f"{FILE}.new"
            with suppress(FileNotFoundError):
                os.unlink(fresh, dir_fd=folder)
            listening.bind(f"/proc/self/fd/{folder}/{fresh}")
            os.chmod(fresh, 0o660, dir_fd=folder)
            listening.listen(CLIENTS)
            listening.setblocking(False)
            os.replace(fresh, FILE, src_dir_fd=folder, dst_dir_fd=folder)
        finally:
            os.close(folder)
    except OSError as error:
        log.error("the control door cannot be opened in %s: %s; %s are not possible until it can", runtime, error, SHUT)
        listening.close()
        return None
    return listening
