"""The hub's connection to its broker; the only file of the hub that knows paho.

Decision: the connection starts clean every time. What a broker would have kept for an absent hub is kept better by the nodes, which send again
whatever has no receipt; a stale queue would only come as duplicates. paho runs no thread here: whoever owns the receiver calls `pump`, which
waits on the socket, and hands every message over from there. A new client per connection, because nothing of an old one may leak into it.
"""

from __future__ import annotations

import logging
import select
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from gateway.contract.topics import EVERY_NODE
from gateway.hub.receipts import EXPIRY

log = logging.getLogger("gateway.hub")

KEEPALIVE = 30
MAX_PACKET = 1024 * 1024
BURST = 64
"""Packets read before whoever pumps gets a say again."""
MAX_WAITING = 1000
"""Receipts on their way to the broker; more stay owed."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class BadBroker(ValueError):
    """The address of the broker or what goes with it cannot be used: what, and what to do."""


@dataclass(frozen=True)
class Broker:
    """Where the broker is and how to be let in. Secrets are in files, read anew at each connection."""

    host: str
    port: int
    user: str = ""
    password: Path | None = None
    tls: bool = False
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    @classmethod
    def parse(cls, url: str, insecure: bool = False, **files: Path | None) -> Broker:
        """From `mqtt://[user@]host[:port]` or `mqtts://...`; BadBroker says what is wrong. Without TLS only to this machine unless insecure."""
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError as error:
            raise BadBroker(f"{url}: {error}") from error
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname or parts.password:
            raise BadBroker(f"{url}: write mqtt://host:1883 or mqtts://user@host:8883; a password comes from --password-file")
        tls = parts.scheme == "mqtts"
        if not tls and not insecure and parts.hostname not in LOOPBACK:
            raise BadBroker(f"{url}: without TLS only to this machine; use mqtts://, or say --insecure")
        return cls(parts.hostname, port or (8883 if tls else 1883), parts.username or "", tls=tls, **files)


class Receiver:
    """One connection at a time. on_message: (topic, payload, retained), called from `pump`."""

    def __init__(self, broker: Broker, on_message: Callable[[str, bytes, bool], None]) -> None:
        self._broker, self._on_message = broker, on_message
        self._client: mqtt.Client | None = None
        self._refused = False
        self.listening = False
        self.why = "not connected yet"

    def connect(self) -> bool:
        """Open a connection; `listening` tells when the broker has taken the subscription. False where there is no way; `why` says the reason."""
        self.close()
        self._refused = False
        client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        client.max_inflight_messages_set(0)
        client.max_queued_messages_set(MAX_WAITING)
        client.connect_timeout = 4.0
        client.on_connect, client.on_subscribe, client.on_disconnect = self._connected, self._subscribed, self._disconnected
        client.on_message = lambda _client, _userdata, message: self._on_message(message.topic, bytes(message.payload), message.retain)
        limits = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        limits.MaximumPacketSize = MAX_PACKET
        try:
            self._credentials(client)
            client.connect(self._broker.host, self._broker.port, KEEPALIVE, clean_start=True, properties=limits)
        except (OSError, ValueError) as error:
            self.why = f"{self._broker.host}:{self._broker.port}: {error}"
            return False
        self._client = client
        return True

    def _credentials(self, client: mqtt.Client) -> None:
        broker = self._broker
        if broker.user or broker.password:
            client.username_pw_set(broker.user, broker.password.read_text().strip() if broker.password else None)
        if broker.tls:
            context = ssl.create_default_context(cafile=str(broker.ca) if broker.ca else None)
            if broker.certificate:
                context.load_cert_chain(broker.certificate, broker.key)
            client.tls_set_context(context)

    def _connected(self, client: mqtt.Client, _data: object, _flags: object, reason: ReasonCode, _properties: object) -> None:
        if reason.is_failure:
            self._refused, self.why = True, f"{self._broker.host}:{self._broker.port}: the broker refuses: {reason}"
        else:
            client.subscribe(EVERY_NODE, qos=1)

    def _subscribed(self, _client: mqtt.Client, _data: object, _mid: int, reasons: list[ReasonCode], _properties: object) -> None:
        self.listening = not any(reason.is_failure for reason in reasons)
        if not self.listening:
            self._refused = True
            self.why = f"the broker does not let this hub subscribe to {EVERY_NODE}: {reasons[0]}"

    def _disconnected(self, _client: mqtt.Client, _data: object, _flags: object, reason: ReasonCode, _properties: object) -> None:
        if not self._refused:
            self.why = f"{self._broker.host}:{self._broker.port}: connection {'lost' if self.listening else 'closed before it was of use'}: {reason}"
        self.listening = False

    @property
    def alive(self) -> bool:
        """There is a socket."""
        return self._client is not None and self._client.socket() is not None

    def pump(self, timeout: float, wake: int | None, hungry: Callable[[], bool]) -> None:
        """Wait up to `timeout` seconds for the broker, or for the file descriptor `wake`; then read while `hungry`, write, keep alive."""
        client = self._client
        sock = None if client is None else client.socket()
        poll = select.poll()
        if wake is not None:
            poll.register(wake, select.POLLIN)
        if client is None or sock is None:
            poll.poll(timeout * 1000)
            return
        reading = hungry()
        poll.register(sock, (select.POLLIN if reading else 0) | (select.POLLOUT if client.want_write() else 0))
        events = dict(poll.poll(0 if reading and _buffered(sock) else timeout * 1000))
        for _ in range(BURST):
            if not reading or not (events.get(sock.fileno(), 0) & ~select.POLLOUT or _buffered(sock)):
                break
            if client.loop_read() != mqtt.MQTT_ERR_SUCCESS or client.socket() is None:
                return
            reading, events = hungry(), dict(poll.poll(0))
        if client.want_write():
            client.loop_write()
        client.loop_misc()

    def publish(self, topic: str, payload: bytes) -> bool:
        """Hand a receipt to the broker: QoS 1, not retained, forgotten by the broker after EXPIRY; False where it cannot be taken now."""
        if self._client is None or not self.listening:
            return False
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.MessageExpiryInterval = EXPIRY
        properties.ContentType = "application/json"
        properties.PayloadFormatIndicator = 1
        return self._client.publish(topic, payload, qos=1, properties=properties).rc == mqtt.MQTT_ERR_SUCCESS

    @property
    def waiting(self) -> bool:
        """Something handed over is not on the wire yet."""
        return self._client is not None and self._client.want_write()

    def close(self) -> None:
        """Say goodbye where there is somebody to say it to."""
        if self._client is not None:
            self._client.disconnect()
            self._client = None
        self.listening = False


def _buffered(sock: object) -> bool:
    """TLS may have decrypted more than was asked for: the socket is silent and yet there is something to read."""
    return isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
