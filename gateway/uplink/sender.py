"""What goes out next: alarms, then events, then batches, the oldest epoch first, as far as both windows allow.

Decision: one place hands messages to the Link, and after each it asks again for the most urgent, so nothing ever stands in front of an alarm
but bytes already written. Everything is bounded by the two windows; a step that finds nothing to send reads nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from gateway.contract.topics import topic
from gateway.model import GapCause, Lane
from gateway.uplink import envelope
from gateway.uplink.backoff import Backoff
from gateway.uplink.blame import Blame, Sentence
from gateway.uplink.ports import Frame, Link, LostRange, Message, Spool
from gateway.uplink.settings import Settings
from gateway.uplink.silence import Prober, Silence
from gateway.uplink.stream import Sent, Stream, add, has
from gateway.uplink.windows import BrokerWindow, Ceiling, hub_room

LANES = (Lane.ALARM, Lane.EVENT, Lane.BATCH)
HEAD = 1024
"""Room left for the head of a batch message when Blocks are read for it, bytes; what does not fit after all goes in the next message."""
Stamp = tuple[str, float]
Declare = Callable[[LostRange], None]
Note = tuple[Stream, Sent] | None
"""What a PUBLISH without PUBACK was: a stored message, or (None) the birth or the health."""


class Sender:
    """Streams, windows and patience of one node.

    declare: tells of numbers that never come, as a gap event. stamp: (boot, mono) now, on the node's clock.
    """

    def __init__(self, link: Link, store: Spool, settings: Settings, probe: Backoff, declare: Declare, stamp: Callable[[], Stamp]) -> None:
        self._link, self._store, self._settings = link, store, settings
        self._declare, self._stamp = declare, stamp
        self.streams: dict[tuple[str, Lane], Stream] = {}
        self.silence = {lane: Silence() for lane in LANES}
        self.pause = dict.fromkeys(LANES, 0.0)
        self.window: BrokerWindow[Note] = BrokerWindow(settings)
        self.ceiling = Ceiling(settings)
        self.prober = Prober(probe)
        self.blame = Blame()
        self.bytes_sent = 0
        self._topics = {lane: topic(settings.site, settings.node, lane.value) for lane in LANES}

    def open(self, receive_maximum: int, packet: int) -> None:
        """A new connection: nothing is under way, everything behind the marks is to be sent."""
        self.window.open(receive_maximum)
        self.ceiling.open(packet, Message(self._topics[Lane.BATCH], b"", envelope.CBOR).size)
        self.refresh()
        for stream in self.streams.values():
            stream.rewind()
        self.silence = {lane: Silence() for lane in LANES}
        self.pause = dict.fromkeys(LANES, 0.0)
        self.prober.disarm()

    def refresh(self) -> None:
        """Look at what the outbox holds now. Streams it no longer holds are forgotten once nothing of them is under way."""
        held = self._store.held()
        order: dict[tuple[str, Lane], Stream] = {}
        for epoch, lane, first, last in held:
            stream = self.streams.get((epoch, lane)) or self._new(epoch, lane)
            stream.first, stream.last = first, last
            order[epoch, lane] = stream
        for key, stream in self.streams.items():
            if key not in order and stream.flight:
                order[key] = stream
        self.streams = order

    def _new(self, epoch: str, lane: Lane) -> Stream:
        mark = self._store.mark(epoch, lane)
        return Stream(epoch, lane, mark=mark, cursor=mark, by_puback=self._settings.delivered == "puback")

    def of(self, lane: Lane) -> Iterator[Stream]:
        """The streams of one lane, oldest epoch first."""
        return (stream for stream in self.streams.values() if stream.lane is lane)

    def used(self, lane: Lane) -> int:
        """Bytes of a lane under way."""
        return sum(stream.used for stream in self.of(lane))

    def backlog(self) -> bool:
        """Whether stored messages wait to be sent."""
        return any(stream.due() is not None for stream in self.streams.values())

    def send(self, now: float, batches: bool) -> None:
        """Send what may go now. batches: whether batches may go at all."""
        while any(self._send_lane(lane, now) for lane in (LANES if batches else LANES[:2])):
            pass  # one message went out: ask again for the most urgent

    def _send_lane(self, lane: Lane, now: float) -> bool:
        """Send one message of a lane; False where none could go."""
        if now < self.pause[lane] or (lane is not Lane.ALARM and self.blame.careful(now) and len(self.window)):
            return False
        if lane is Lane.BATCH and (self.silence[lane].stalled or self._link.congested):
            return False
        used = self.used(lane)
        room = hub_room(self._settings, lane, used)
        if room == 0 or not self.window.room(min(room, self.ceiling.bytes), lane is not Lane.BATCH):
            return False
        for stream in self.of(lane):
            frames = self._read(stream, min(room, self.ceiling.bytes) if lane is Lane.BATCH else 1)
            if frames:
                return self._publish(stream, frames, now)
        return False

    def _read(self, stream: Stream, room: int) -> Sequence[Frame]:
        """The next frames of a stream that are not parked; passes over what is not held (any more)."""
        room -= min(HEAD, room // 4)
        while (due := stream.due()) is not None:
            after, upto = due
            frames = [frame for frame in self._store.read(stream.epoch, stream.lane, after, max(1, room)) if frame.seq <= upto]
            if not frames:
                if stream.wanted:
                    add(stream.asked, after + 1, upto)
                stream.passed(upto)
                continue
            if stream.wanted and frames[0].seq > after + 1:
                add(stream.asked, after + 1, frames[0].seq - 1)
            open_frames = [frame for frame in frames if not has(stream.parked, frame.seq)]
            if open_frames:
                return open_frames
            stream.passed(frames[-1].seq)
        return ()

    def _publish(self, stream: Stream, frames: Sequence[Frame], now: float, probe: bool = False) -> bool:
        """Send frames as one message, fewer where they do not fit. True where something changed: sent, or parked for good."""
        frames, payload = self._fit(stream, frames)
        if payload is None:
            return True
        kind = envelope.CBOR if stream.lane is Lane.BATCH else envelope.JSON
        message = Message(self._topics[stream.lane], payload, kind)
        token = self._link.publish(message)
        if token is None:
            return False
        first, last = frames[0].seq, frames[-1].seq
        sent = Sent(first, last, len(frames), sum(frame.readings for frame in frames), len(payload), now, token)
        sent.again = probe or bool(stream.wanted)
        if probe:
            stream.flight = [other for other in stream.flight if other.last < first or other.first > last]
            stream.flight.insert(0, sent)
        else:
            stream.passed(last)
            stream.flight.append(sent)
        self.bytes_sent += message.size
        self.window.take(token, message.size, now, (stream, sent))
        return True

    def _fit(self, stream: Stream, frames: Sequence[Frame]) -> tuple[Sequence[Frame], bytes | None]:
        """Build the message; drop frames from its end until it fits. None where one frame alone never fits or cannot be explained: parked."""
        while True:
            try:
                payload = self._build(frames)
            except envelope.Unreadable:
                if len(frames) == 1:
                    self.park(stream, frames[0], GapCause.CORRUPT)
                    return frames, None
                frames = frames[:1]
                continue
            if len(payload) <= self.ceiling.bytes or (len(frames) == 1 and len(payload) <= self.ceiling.hard):
                return frames, payload
            if len(frames) == 1:
                self.park(stream, frames[0], GapCause.REJECTED)
                return frames, None
            frames = frames[: max(1, min(len(frames) - 1, len(frames) * self.ceiling.bytes // len(payload)))]

    def _build(self, frames: Sequence[Frame]) -> bytes:
        if frames[0].lane is Lane.BATCH:
            return envelope.batch(self._settings.node, self._settings.simulated, self._store, self._stamp(), frames)
        return envelope.single(self._store, frames[0])

    def park(self, stream: Stream, frame: Frame, cause: GapCause) -> None:
        """This one never goes out: declare it and go on behind it. It stays in the outbox."""
        add(stream.parked, frame.seq, frame.seq)
        add(stream.declared, frame.seq, frame.seq)
        self._declare(LostRange(stream.epoch, stream.lane, cause, frame.seq, frame.seq, frame.readings))

    def failed(self, stream: Stream, sent: Sent, now: float, certain: bool) -> Sentence:
        """A message was refused (certain) or the link broke over it: send less, or park it."""
        sentence = self.blame.strike((stream.epoch, stream.lane, sent.first), sent.frames, certain)
        if sentence is Sentence.SMALLER:
            self.ceiling.halve(sent.size, now)
        elif sentence is Sentence.PARK:
            frames = self._store.read(stream.epoch, stream.lane, sent.first - 1, 1)
            if frames and frames[0].seq == sent.first:
                self.park(stream, frames[0], GapCause.REJECTED)
        return sentence

    def watch(self, now: float) -> None:
        """Notice lanes that get no receipts, and send the probe that is due."""
        for lane in LANES:
            flying = [sent.at for stream in self.of(lane) for sent in stream.flight if sent.acked]
            if self._settings.delivered == "receipt" and self.silence[lane].check(now, min(flying, default=None)):
                self.prober.arm(now)
        stalled = [lane for lane in LANES if self.silence[lane].stalled]
        if not stalled:
            self.prober.disarm()
        elif self.prober.at is None:
            self.prober.arm(now)
        elif now >= self.prober.at:
            self._probe(stalled, now)

    def listen_again(self, lane: Lane, now: float) -> None:
        """The hub took something of a lane: where it had stopped, it starts again behind its marks."""
        stalled = self.silence[lane].stalled
        self.silence[lane].progress(now)
        if stalled:
            self.rewind(lane)

    def rewind(self, lane: Lane) -> None:
        """Forget what of a lane is under way."""
        for stream in self.of(lane):
            stream.rewind()

    def _probe(self, stalled: list[Lane], now: float) -> None:
        """Send the first message without receipt of the most urgent stalled lane again, as small as it can be."""
        for lane in stalled:
            for stream in self.of(lane):
                if stream.flight and stream.flight[0].acked and self.window.room(0, True):
                    frames = self._store.read(stream.epoch, stream.lane, stream.flight[0].first - 1, 1)
                    if frames and self._publish(stream, frames[:1], now, probe=True):
                        self.prober.sent(now)
                        return
        self.prober.postpone(now)

    def explain(self) -> None:
        """Tell the hub at once what it asks for and we do not have; only when every event is receipted, for a gap may be on its way already."""
        if any(stream.due() is not None or stream.flight for stream in self.of(Lane.EVENT)):
            return
        for stream in self.streams.values():
            for first, last in stream.asked:
                if not has(stream.declared, first):
                    add(stream.declared, first, last)
                    self._declare(LostRange(stream.epoch, stream.lane, GapCause.EVICTED, first, last, None))
            stream.asked.clear()
