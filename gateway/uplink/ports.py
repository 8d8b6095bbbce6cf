"""What the forwarder needs of the world: a Link to a broker, and a Store that keeps what is sent.

Decision: the forwarder sees neither paho nor the disk. A Link is one MQTT connection at a time that only reports events; a Store is the
outbox seen from the uplink. Both are Protocols, so that every rule of the forwarder is tested without a socket and without a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple, Protocol

from gateway.clock import ClockTable
from gateway.model import GapCause, Lane, Table
from gateway.uplink.bell import Bell


class Source(Enum):
    """Who said a reason code; the same number asks for another action in another packet."""

    CONNACK = "connack"
    PUBACK = "puback"
    SUBACK = "suback"
    DISCONNECT = "disconnect"
    TRANSPORT = "transport"  # no packet said it: resolver, TCP, TLS, a time-out of ours


class Token(NamedTuple):
    """Which publish a PUBACK answers. The number of the connection is part of it: packet ids start again on every connection."""

    connection: int
    mid: int


class Hello(NamedTuple):
    """What a connection opens with: the Will (retained, QoS 1) and the topics to subscribe to."""

    will_topic: str
    will: bytes
    subscribe: tuple[str, ...]


class Message(NamedTuple):
    """One PUBLISH of QoS 1. content_type: MIME type of the payload."""

    topic: str
    payload: bytes
    content_type: str
    retain: bool = False

    @property
    def size(self) -> int:
        """Bytes of the whole PUBLISH packet at most: topic, payload, properties, fixed header."""
        return len(self.topic) + len(self.payload) + len(self.content_type) + ENVELOPE


ENVELOPE = 20
"""Upper bound of a PUBLISH around topic, payload and content type (MQTT 5: 1 + 4 fixed, 2 topic length, 2 packet id, 2 + 5 properties)."""


class Connected(NamedTuple):
    """The broker took us. Limits of its CONNACK: messages without PUBACK, bytes of one packet, seconds of keepalive, session and retain."""

    receive_maximum: int = 65535
    maximum_packet_size: int = 268_435_455
    server_keep_alive: int = 30
    session_present: bool = False
    retain_available: bool = True


class Acknowledged(NamedTuple):
    """A PUBACK with its reason code: below 0x80 the broker took the message, which frees a slot and proves nothing more."""

    token: Token
    code: int


class Received(NamedTuple):
    """A message from the hub."""

    topic: str
    payload: bytes


class Lost(NamedTuple):
    """There is no connection (any more). reason: words for a person. code: MQTT 5 reason code where a packet of the broker said one."""

    reason: str
    code: int | None = None
    source: Source = Source.TRANSPORT


LinkEvent = Connected | Acknowledged | Received | Lost


class Link(Protocol):
    """One connection to a broker at a time. Nothing here retries, queues or decides. bell: ends a waiting `poll`, from any thread."""

    bell: Bell

    @property
    def congested(self) -> bool:
        """Whether bytes handed over still wait for the socket; only an alarm may be added then."""

    def connect(self, hello: Hello) -> None:
        """Open a connection; name resolution, TCP and TLS may wait up to the time-out. The outcome comes as Connected or Lost."""

    def publish(self, message: Message) -> Token | None:
        """Send now. None: not taken (no connection, or no packet id free); nothing was sent."""

    def poll(self, timeout: float) -> list[LinkEvent]:
        """Read, write and keep alive; wait up to `timeout` seconds for the first event. 0 never waits."""

    def close(self) -> None:
        """Say DISCONNECT where that is possible at once and drop the connection; gives no Lost."""


class Frame(Protocol):
    """One stored message or Block, as the outbox hands it out; `volatile`: of an epoch that never was on disk."""

    @property
    def epoch(self) -> str:
        """Identity of the outbox it stands in."""

    @property
    def lane(self) -> Lane:
        """Which stream."""

    @property
    def seq(self) -> int:
        """Its number in (epoch, lane)."""

    @property
    def payload(self) -> bytes:
        """A sealed Block, or a JSON message with blanks."""

    @property
    def table(self) -> str:
        """Id of the series table a Block needs; empty elsewhere."""

    @property
    def boot(self) -> str:
        """The boot whose clock stamps it."""

    @property
    def readings(self) -> int:
        """How many readings it holds."""

    @property
    def volatile(self) -> bool:
        """Never was on disk."""


class Store(Protocol):
    """The outbox as the uplink sees it; thread-safe, and never waits for a sync."""

    def held(self) -> Sequence[tuple[str, Lane, int, int]]:
        """(epoch, lane, first, last) of what may be sent, oldest epoch first."""

    def read(self, epoch: str, lane: Lane, after: int, max_bytes: int) -> Sequence[Frame]:
        """Frames with seq > after in order, payloads together at most max_bytes, at least one where there is one."""

    def receipted(self, epoch: str, lane: Lane, upto: int) -> None:
        """The hub has everything up to here: it may go when its place is needed."""

    def disown(self, epoch: str, lane: Lane, upto: int) -> bool:
        """The hub claims more of this lane than `held` tells. Where that is also more than was ever numbered (skipped numbers count as
        numbered) the epoch is not ours alone: the store goes on in a new one, and says True. Called again and again without harm."""


class Context(Protocol):
    """What the outbox knows beside the frames: what a batch's head is made of, and what was heard before this process started."""

    @property
    def clocks(self) -> ClockTable:
        """Which anchor each boot has."""

    def mark(self, epoch: str, lane: Lane) -> int:
        """Up to where the hub has this lane, as far as was heard and kept; 0 where nothing is known."""

    def table(self, id: str) -> Table | None:
        """The series table of this id; None where it is not known (any more)."""


class Spool(Store, Context, Protocol):
    """Both sides of the outbox that the uplink uses."""


class LostRange(NamedTuple):
    """A range of numbers that will never reach the hub, to be declared as a gap event. readings: how many were in it, None if unknown."""

    of: str
    lane: Lane
    cause: GapCause
    first: int
    last: int
    readings: int | None
