"""The Link over MQTT 5: the only file of the node that imports paho.

Decision: paho 2.2 keeps the protocol, we keep everything else. There is a new Client for every connection, so nothing of an earlier one is ever
queued, resent or answered on the next (measured: paho resends all it has at once after a reconnect, whatever the window); its loops are driven
from `poll`, so there is no thread of paho's; its callbacks only append an event. What paho ignores (Receive Maximum, Maximum Packet Size) is in
`Connected` for the forwarder to obey; what it notices late (no CONNACK, a silent peer after two keepalives) is noticed here after one and a half.
"""

from __future__ import annotations

import math
import select
import socket
import ssl
from collections.abc import Callable
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.exception import MQTTException
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from gateway.clock import real
from gateway.uplink.bell import Bell
from gateway.uplink.broker import Broker
from gateway.uplink.ports import Acknowledged, Connected, Hello, LinkEvent, Lost, Message, Received, Source, Token
from gateway.uplink.wire import dial, explain

SESSION_S = 7 * 86400
"""How long the broker keeps our subscriptions and what waits for us."""
WILL_DELAY_S = 20
"""Seconds the broker waits with the Will: a node that is back by then has not flapped."""
INCOMING = 256 * 1024
"""Largest packet we take, bytes; told to the broker, and enforced because paho does not."""
INCOMING_COUNT = 16
"""Receive Maximum we announce."""
_MALFORMED = (MQTTException, ValueError, LookupError, TypeError, AttributeError, AssertionError)


class _Client(Client):
    """paho's client on a socket of ours."""

    dial: Callable[[], socket.socket]

    def _create_socket(self) -> socket.socket:
        return self.dial()


class MqttLink:
    """A Link. keepalive: seconds between pings on an idle connection; timeout: seconds for TCP, TLS and CONNACK each; now: real time."""

    def __init__(self, broker: Broker, client_id: str, keepalive: int = 30, timeout: float = 10.0, now: Callable[[], float] = real) -> None:
        self._broker, self._id = broker, client_id
        self._keepalive, self._timeout, self._now = keepalive, timeout, now
        self._client: Client | None = None
        self._events: list[LinkEvent] = []
        self._connection = 0
        self._up = False
        self._opened = self._heard = 0.0
        self.bell = Bell()

    @property
    def congested(self) -> bool:
        """Whether bytes handed over still wait for the socket."""
        return self._client is not None and self._client.want_write()

    def connect(self, hello: Hello) -> None:
        """Open a connection: resolver, TCP and TLS wait here. Connected or Lost comes from a later poll."""
        self._drop()
        self._connection += 1
        try:
            client = self._make(hello)
            opened = dial(self._broker, self._timeout)  # first: paho counts its keepalive from `connect` on, and a resolver may take longer than that
            client.dial = lambda: opened
            self._client = client
            self._opened = self._heard = self._now()
            client.connect(self._broker.host, self._broker.port, self._keepalive, clean_start=False, properties=_connect_properties())
        except (OSError, ValueError) as error:
            self._lose(Lost(explain(error, self._broker)))

    def publish(self, message: Message) -> Token | None:
        """Send now; None where there is no connection or no packet id is free."""
        if self._client is None or not self._up:
            return None
        properties = _properties(PacketTypes.PUBLISH)
        properties.ContentType = message.content_type
        info = self._client.publish(message.topic, message.payload, 1, message.retain, properties)
        return Token(self._connection, info.mid) if info.rc is MQTTErrorCode.MQTT_ERR_SUCCESS else None

    def poll(self, timeout: float) -> list[LinkEvent]:
        """Drive the connection; waits up to `timeout` seconds where nothing has happened yet."""
        if self._client is None:
            if not self._events:
                self._wait([], [], timeout)
            return self._taken()
        try:
            self._drive(self._client, 0.0 if self._events else timeout)
        except _MALFORMED as error:
            self._lose(Lost(f"the broker sent something that is not MQTT 5: {error}", 0x81))
        self._watch()
        return self._taken()

    def close(self) -> None:
        """Say DISCONNECT, give it one chance to leave, and drop the connection. Gives no Lost."""
        self._events.clear()
        client = self._client
        if client is not None and self._up:
            _deafen(client)
            client.disconnect()
            client.loop_write()
        self._drop()

    def _make(self, hello: Hello) -> _Client:
        client = _Client(CallbackAPIVersion.VERSION2, self._id, protocol=MQTTProtocolVersion.MQTTv5, reconnect_on_failure=False)
        client.max_inflight_messages = 0
        if self._broker.username:
            client.username_pw_set(self._broker.username, self._broker.password())
        will = _properties(PacketTypes.WILLMESSAGE)
        will.WillDelayInterval = WILL_DELAY_S
        client.will_set(hello.will_topic, hello.will, 1, True, will)
        self._listen(client, self._connection, hello.subscribe)
        return client

    def _listen(self, client: Client, number: int, topics: tuple[str, ...]) -> None:
        def on_connect(_c: Client, _u: Any, flags: Any, code: Any, properties: Properties | None) -> None:
            if code.value >= 0x80:
                self._lose(Lost(f"the broker refused the connection: {code}", code.value, Source.CONNACK))
                return
            self._up = True
            self._events.append(_limits(properties, flags.session_present, client.keepalive))
            if topics:
                client.subscribe([(topic, 1) for topic in topics])

        def on_subscribe(_c: Client, _u: Any, _mid: int, codes: list[Any], _p: Any) -> None:
            for code in codes:
                if code.value >= 0x80:
                    self._lose(Lost(f"the broker refused a subscription of {', '.join(topics)}: {code}", code.value, Source.SUBACK))

        def on_publish(_c: Client, _u: Any, mid: int, code: Any, _p: Any) -> None:
            self._events.append(Acknowledged(Token(number, mid), code.value))

        def on_message(_c: Client, _u: Any, message: MQTTMessage) -> None:
            self._events.append(Received(message.topic, bytes(message.payload)))

        def on_disconnect(_c: Client, _u: Any, flags: Any, code: Any, _p: Any) -> None:
            said = flags.is_disconnect_packet_from_server
            words = f"the broker closed the connection: {code}" if said else "the connection broke"
            self._lose(Lost(words, code.value, Source.DISCONNECT) if said else Lost(words))

        client.on_connect, client.on_subscribe, client.on_publish = on_connect, on_subscribe, on_publish
        client.on_message, client.on_disconnect = on_message, on_disconnect

    def _drive(self, client: Client, timeout: float) -> None:
        sock: Any = client.socket()
        if sock is None:
            return
        if not (isinstance(sock, ssl.SSLSocket) and sock.pending()):
            readable = self._wait([sock], [sock] if client.want_write() else [], min(timeout, self._patience(client)))
        else:
            readable = True
        if readable:
            self._heard = self._now()
            self._read(client, sock)
        if self._client is client and client.want_write():
            client.loop_write()
        if self._client is client:
            client.loop_misc()

    def _read(self, client: Client, sock: Any) -> None:
        """Read packets until the socket is empty, but not for ever: a flood leaves time for the rest."""
        for _ in range(64):
            client.loop_read()
            if self._client is not client:
                return
            if client._in_packet["remaining_length"] > INCOMING:
                self._lose(Lost("the broker sent a packet larger than we take", 0x95))
                return
            if not (sock.pending() if isinstance(sock, ssl.SSLSocket) else _ready([sock], [], 0.0)):
                return

    def _wait(self, readers: list[Any], writers: list[Any], timeout: float) -> bool:
        """Wait for the socket or the bell; True where the socket can be read."""
        ready = _ready([self.bell, *readers], writers, timeout)
        if self.bell.fileno() in ready:
            self.bell.hush()
        return any(reader.fileno() in ready for reader in readers)

    def _patience(self, client: Client) -> float:
        """Seconds that may pass without a look at the connection."""
        return self._timeout / 4 if not self._up else max(0.5, client.keepalive / 4) if client.keepalive else 60.0

    def _watch(self) -> None:
        client = self._client
        if client is None:
            return
        silent = self._now() - self._heard
        if not self._up and self._now() - self._opened > self._timeout:
            self._lose(Lost(f"no CONNACK within {self._timeout:g} s"))
        elif self._up and client.keepalive and silent > 1.5 * client.keepalive:
            self._lose(Lost(f"the broker has been silent for {silent:.0f} s"))

    def _lose(self, lost: Lost) -> None:
        """One Lost per connection, whatever paho says after it."""
        if self._client is not None or lost.source is Source.TRANSPORT:
            self._events.append(lost)
        self._drop()

    def _drop(self) -> None:
        client, self._client, self._up = self._client, None, False
        if client is None:
            return
        _deafen(client)
        sock: Any = client.socket()
        if sock is not None:
            sock.close()

    def _taken(self) -> list[LinkEvent]:
        events, self._events = self._events, []
        return events


def _deafen(client: Client) -> None:
    """Whatever this connection still says, nobody hears."""
    client.on_connect = client.on_subscribe = client.on_publish = client.on_message = client.on_disconnect = None


def _properties(packet: int) -> Properties:
    return Properties(packet)  # type: ignore[no-untyped-call]


def _ready(readers: list[Any], writers: list[Any], timeout: float) -> set[int]:
    """Descriptors with something to read (or an end to notice). poll, because select cannot wait for descriptors above 1023."""
    poll = select.poll()
    for reader in readers:
        poll.register(reader, select.POLLIN)
    for writer in writers:
        poll.register(writer, select.POLLOUT | (select.POLLIN if writer in readers else 0))
    found = poll.poll(math.ceil(max(0.0, timeout) * 1000))
    return {descriptor for descriptor, events in found if events & ~select.POLLOUT}


def _connect_properties() -> Properties:
    properties = _properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = SESSION_S
    properties.ReceiveMaximum = INCOMING_COUNT
    properties.MaximumPacketSize = INCOMING
    return properties


def _limits(properties: Properties | None, session_present: bool, keepalive: int) -> Connected:
    """The limits of a CONNACK; what is not in it has the standard's default."""
    return Connected(
        receive_maximum=getattr(properties, "ReceiveMaximum", 65535),
        maximum_packet_size=getattr(properties, "MaximumPacketSize", 268_435_455),
        server_keep_alive=keepalive,
        session_present=session_present,
        retain_available=bool(getattr(properties, "RetainAvailable", 1)),
    )
