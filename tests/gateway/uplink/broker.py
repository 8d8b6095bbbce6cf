"""A broker that does what a test says: a real socket on the loopback, its own MQTT 5 packets, no thread. `pump` does what has come."""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Callable
from typing import NamedTuple

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, PINGREQ, PINGRESP, DISCONNECT = 1, 2, 3, 4, 8, 9, 12, 13, 14


class Published(NamedTuple):
    topic: str
    payload: bytes
    mid: int
    dup: bool
    retain: bool


def varint(number: int) -> bytes:
    out = bytearray()
    while True:
        number, digit = divmod(number, 128)
        out.append(digit | (0x80 if number else 0))
        if not number:
            return bytes(out)


def packet(kind: int, body: bytes, flags: int = 0) -> bytes:
    return bytes([kind << 4 | flags]) + varint(len(body)) + body


def connack(code: int = 0, receive_maximum: int | None = None, packet_size: int | None = None, keep_alive: int | None = None) -> bytes:
    properties = b""
    if receive_maximum is not None:
        properties += b"\x21" + struct.pack("!H", receive_maximum)
    if packet_size is not None:
        properties += b"\x27" + struct.pack("!I", packet_size)
    if keep_alive is not None:
        properties += b"\x13" + struct.pack("!H", keep_alive)
    return packet(CONNACK, bytes([0, code]) + varint(len(properties)) + properties)


def read_varint(data: bytes, at: int) -> tuple[int, int] | None:
    number, shift = 0, 0
    while at < len(data):
        number |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if not data[at - 1] & 128:
            return number, at
    return None


class ScriptedBroker:
    """connack: answer to CONNECT, None for none. puback: code for a PUBLISH, None to withhold it. pings: whether PINGREQ is answered."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        self._client: socket.socket | None = None
        self._buffer = b""
        self.connack: bytes | None = connack()
        self.puback: Callable[[Published], int | None] = lambda published: 0
        self.suback = 1
        self.pings = True
        self.connects: list[bytes] = []
        self.published: list[Published] = []
        self.subscribed: list[bytes] = []
        self.kinds: list[int] = []
        self.owed = self.most = 0

    def pump(self) -> None:
        """Take a new connection, read what is there, answer it."""
        try:
            client, _ = self._listener.accept()
            client.setblocking(False)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.drop()
            self._client, self._buffer, self.owed = client, b"", 0
        except BlockingIOError:
            pass
        while self._client is not None:
            try:
                data = self._client.recv(65536)
            except BlockingIOError:
                break
            except OSError:
                data = b""
            self._buffer += data
            while (whole := self._next()) is not None:
                self._handle(*whole)
            if not data:
                self.drop()

    def _next(self) -> tuple[int, int, bytes] | None:
        size = read_varint(self._buffer, 1) if len(self._buffer) > 1 else None
        if size is None or len(self._buffer) < size[1] + size[0]:
            return None
        head, body = self._buffer[0], self._buffer[size[1] : size[1] + size[0]]
        self._buffer = self._buffer[size[1] + size[0] :]
        return head >> 4, head & 15, body

    def _handle(self, kind: int, flags: int, body: bytes) -> None:
        self.kinds.append(kind)
        if kind == CONNECT:
            self.connects.append(body)
            self.send(self.connack or b"")
        elif kind == SUBSCRIBE:
            self.subscribed.append(body)
            self.send(packet(SUBACK, body[:2] + b"\0" + bytes([self.suback])))
        elif kind == PINGREQ and self.pings:
            self.send(packet(PINGRESP, b""))
        elif kind == PUBLISH:
            self._take(flags, body)

    def _take(self, flags: int, body: bytes) -> None:
        length = struct.unpack_from("!H", body)[0]
        mid = struct.unpack_from("!H", body, 2 + length)[0]
        size = read_varint(body, 4 + length)
        assert size is not None
        published = Published(body[2 : 2 + length].decode(), body[size[1] + size[0] :], mid, bool(flags & 8), bool(flags & 1))
        self.published.append(published)
        self.owed += 1
        self.most = max(self.most, self.owed)
        code = self.puback(published)
        if code is not None:
            self.ack(mid, code)

    def ack(self, mid: int, code: int = 0) -> None:
        self.owed -= 1
        self.send(packet(PUBACK, struct.pack("!H", mid) + (bytes([code, 0]) if code else b"")))

    def publish(self, topic: str, payload: bytes) -> None:
        """Something for the node, QoS 0."""
        self.send(packet(PUBLISH, struct.pack("!H", len(topic)) + topic.encode() + b"\0" + payload))

    def send(self, data: bytes) -> None:
        if self._client is not None and data:
            with contextlib.suppress(ConnectionError):
                self._client.sendall(data)

    def disconnect(self, code: int) -> None:
        """Say DISCONNECT and close."""
        self.send(packet(DISCONNECT, bytes([code, 0])))
        self.drop()

    def reset(self) -> None:
        """Cut the connection with a TCP RST."""
        if self._client is not None:
            self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.drop()

    def drop(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client, self._buffer = None, b""

    def close(self) -> None:
        self.drop()
        self._listener.close()

    def of(self, cls: str) -> list[Published]:
        return [published for published in self.published if published.topic.endswith("/" + cls)]
