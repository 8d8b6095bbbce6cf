"""A node's uplink without a network: an outbox in memory, a Link that records, a hub whose words the test writes. Time is a number."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from gateway.clock import ClockTable
from gateway.contract.batch import decode_message, encode_block
from gateway.contract.messages import Birth, ClockFix, Health, Held, Mark, Receipt
from gateway.contract.topics import topic
from gateway.model import Lane, Reading, SeriesInfo, Table
from gateway.uplink import Forwarder, Link, LostRange, Settings
from gateway.uplink.bell import Bell
from gateway.uplink.ports import Acknowledged, Connected, Hello, LinkEvent, Lost, Message, Received, Token

SITE, NODE, BOOT, EPOCH = "danang", "n-17", "b00700000001", "0001-9f3a2b1c44d0"
TABLE = Table((SeriesInfo("level", "level", "mm", 0, 0, 8000, 1.0),))
RECEIPT = topic(SITE, NODE, "receipt")


class MemoryFrame(NamedTuple):
    epoch: str
    lane: Lane
    seq: int
    payload: bytes
    table: str
    boot: str
    readings: int
    volatile: bool = False


class MemoryStore:
    """The outbox as far as the uplink knows it. `numbered`: highest number ever given, skipped ones too."""

    def __init__(self) -> None:
        self.clocks = ClockTable()
        self.frames: dict[tuple[str, Lane], list[MemoryFrame]] = {}
        self.marks: dict[tuple[str, Lane], int] = {}
        self.numbered: dict[tuple[str, Lane], int] = {}
        self.disowned: list[str] = []
        self.reads = 0

    def block(self, seq: int | None = None, epoch: str = EPOCH, pad: int = 10) -> int:
        seq = seq or self.numbered.get((epoch, Lane.BATCH), 0) + 1
        readings = [Reading(0, seq * 100_000 + n * 1000, (seq * 7919 + n * n * 104729) % 1_000_000_007, 1.0) for n in range(pad)]
        return self._add(MemoryFrame(epoch, Lane.BATCH, seq, encode_block(seq, TABLE.id, BOOT, readings), TABLE.id, BOOT, pad))

    def post(self, lane: Lane, epoch: str = EPOCH, seq: int | None = None, volatile: bool = False, **body: Any) -> int:
        seq = seq or self.numbered.get((epoch, lane), 0) + 1
        stored = {"v": 1, "node": NODE, "epoch": "", "seq": 0, "volatile": False, "boot": BOOT, "mono": 50.0, "utc": None, "clock": "free", **body}
        return self._add(MemoryFrame(epoch, lane, seq, msgspec.json.encode(stored), "", BOOT, 0, volatile))

    def _add(self, frame: MemoryFrame) -> int:
        self.frames.setdefault((frame.epoch, frame.lane), []).append(frame)
        self.numbered[frame.epoch, frame.lane] = frame.seq
        return frame.seq

    def evict(self, lane: Lane, upto: int, epoch: str = EPOCH) -> None:
        self.frames[epoch, lane] = [frame for frame in self.frames[epoch, lane] if frame.seq > upto]

    def table(self, id: str) -> Table | None:
        return TABLE if id == TABLE.id else None

    def held(self) -> list[tuple[str, Lane, int, int]]:
        return [(epoch, lane, frames[0].seq, frames[-1].seq) for (epoch, lane), frames in self.frames.items() if frames]

    def read(self, epoch: str, lane: Lane, after: int, max_bytes: int) -> list[MemoryFrame]:
        self.reads += 1
        out: list[MemoryFrame] = []
        for frame in self.frames.get((epoch, lane), []):
            if frame.seq > after:
                if out and sum(len(other.payload) for other in out) + len(frame.payload) > max_bytes:
                    break
                out.append(frame)
        return out

    def receipted(self, epoch: str, lane: Lane, upto: int) -> None:
        self.marks[epoch, lane] = max(upto, self.mark(epoch, lane))

    def mark(self, epoch: str, lane: Lane) -> int:
        return self.marks.get((epoch, lane), 0)

    def disown(self, epoch: str, lane: Lane, upto: int) -> bool:
        if upto <= self.numbered.get((epoch, lane), 0):
            return False
        self.disowned.append(epoch)
        return True


class FakeLink:
    """Takes everything, remembers it, and says what the test tells it to. auto: PUBACK code given at once, None for none."""

    def __init__(self, limits: Connected, auto: int | None) -> None:
        self.bell = Bell()
        self.limits, self.auto = limits, auto
        self.refuse: Lost | None = None
        self.congested = False
        self.events: list[LinkEvent] = []
        self.sent: list[tuple[Token, Message]] = []
        self.tries = 0
        self.up = False
        self.hello: Hello | None = None
        self.most = 0
        self.owed: dict[Token, None] = {}

    def connect(self, hello: Hello) -> None:
        self.tries += 1
        self.hello = hello
        self.up = self.refuse is None
        self.owed.clear()
        self.events.append(self.refuse or self.limits)

    def publish(self, message: Message) -> Token | None:
        if not self.up:
            return None
        token = Token(self.tries, len(self.sent) + 1)
        self.sent.append((token, message))
        self.owed[token] = None
        self.most = max(self.most, len(self.owed))
        if self.auto is not None:
            self.ack(token, self.auto)
        return token

    def ack(self, token: Token, code: int = 0) -> None:
        self.owed.pop(token, None)
        self.events.append(Acknowledged(token, code))

    def lose(self, lost: Lost | None = None) -> None:
        self.up = False
        self.events.append(lost or Lost("the connection broke"))

    def poll(self, timeout: float) -> list[LinkEvent]:
        assert timeout == 0.0
        events, self.events = self.events, []
        return events

    def close(self) -> None:
        self.up = False


class Clock:
    boot = BOOT
    speed = 1.0

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def wall(self) -> tuple[float, str]:
        return 0.0, "free"


class Rig:
    """A forwarder on a memory outbox and a recording Link. `go(seconds)` lets time pass the way the supervisor does: step by step."""

    def __init__(
        self, limits: Connected | None = None, auto: int | None = 0, seed: int = 7, health: bool = False, link: Link | None = None, **settings: Any
    ) -> None:
        self.store = MemoryStore()
        self.link = FakeLink(limits or Connected(), auto)
        self._real = link
        self.clock = Clock()
        self.fixes: list[ClockFix] = []
        self.lost: list[LostRange] = []
        self.notices: list[str] = []
        self.settings = Settings(SITE, NODE, wait=0.0, **settings)
        self.health = health
        self.forwarder = self.make(seed)

    def make(self, seed: int) -> Forwarder:
        return Forwarder(
            self._real or self.link,
            self.store,
            self.settings,
            birth=self.birth,
            health=self._health,
            clock=self.clock,
            on_hub_time=self.fixes.append,
            declare=self.lost.append,
            rng=random.Random(seed),
            notice=lambda what, where, detail: self.notices.append(detail),
        )

    @property
    def now(self) -> float:
        return self.clock.now

    def birth(self) -> Birth:
        held: dict[str, dict[str, tuple[int, int]]] = {}
        for epoch, lane, first, last in self.store.held():
            held.setdefault(epoch, {})[lane.value] = (first, last)
        listed = [Held(epoch, lanes) for epoch, lanes in held.items()]
        delivered = self.settings.delivered
        return Birth(1, True, SITE, NODE, EPOCH, BOOT, self.now, "test", "c", "", {}, delivered, True, False, TABLE.id, [], listed, None)

    def _health(self) -> Health | None:
        return Health(1, NODE, EPOCH, BOOT, self.now, None, 1.0, "free", None, {}, {}, {}, {}) if self.health else None

    def step(self) -> float:
        return self.forwarder.step(self.now)

    def go(self, seconds: float) -> int:
        """Let time pass; how many steps that took. Fails where a step asks to run again at once for ever."""
        end, steps = self.now + seconds, 0
        while True:
            upcoming = self.step()
            while self.link.events:
                upcoming = self.step()
            steps += 1
            assert steps < 20 + seconds * 20, "the forwarder spins"
            if upcoming >= end:
                break
            self.clock.now = max(self.now, upcoming)
        self.clock.now = end
        return steps

    def receipt(self, birth: bool = False, re: float | None = None, epochs: dict[str, dict[str, Mark]] | None = None, **marks: Any) -> None:
        """The hub speaks: batch=5, alarm=Mark(...). Answers what was said last unless told otherwise."""
        told = {lane: mark if isinstance(mark, Mark) else Mark(mark) for lane, mark in marks.items()}
        body = Receipt(1, 1_800_000_000.0, 0.01, (BOOT, self.now if re is None else re), epochs or {EPOCH: told}, birth)
        self.link.events.append(Received(RECEIPT, msgspec.json.encode(body)))

    def of(self, cls: str) -> list[Message]:
        return [message for _, message in self.link.sent if message.topic == topic(SITE, NODE, cls)]

    def seqs(self, cls: str = "batch", since: int = 0) -> list[int]:
        """Numbers sent on a class, in order of sending."""
        messages = self.of(cls)[since:]
        if cls == "batch":
            return [block.seq for message in messages for block in decode_message(message.payload).blocks]
        return [msgspec.json.decode(message.payload)["seq"] for message in messages]

    def classes(self) -> list[str]:
        return [message.topic.rsplit("/", 1)[1] for _, message in self.link.sent]


def sizes(messages: Sequence[Message]) -> int:
    return sum(len(message.payload) for message in messages)
