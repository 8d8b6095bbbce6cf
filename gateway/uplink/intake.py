"""What a receipt does.

Decision: a receipt can only ever move things forward, with one exception: the answer to the birth of this very connection is the hub's whole truth,
and a lower mark in it means a hub that was restored from an older copy; then what is still held goes out again. Nothing is believed about epochs
that are not held, and a mark above what was ever numbered here makes the store give the epoch up instead of deleting by it.
"""

from __future__ import annotations

from gateway.contract.messages import Mark, Receipt
from gateway.model import Lane
from gateway.uplink.ports import Store
from gateway.uplink.sender import LANES, Sender
from gateway.uplink.stream import Stream, add

RESEND_S = 5.0
"""What may still be on its way is not sent again within this, however often the hub names it, seconds."""


class Intake:
    """Applies receipts to the sender's streams. birth: stamp of the birth of this connection, and the epochs it named."""

    def __init__(self, sender: Sender, store: Store) -> None:
        self._sender, self._store = sender, store
        self.birth: tuple[str, float] = ("", 0.0)
        self.named: set[tuple[str, Lane]] = set()
        self.restored = 0
        self.foreign = 0

    def born(self, stamp: tuple[str, float]) -> None:
        """A birth goes out: only a receipt that answers it may move a mark back."""
        self.birth = stamp
        self.named = set(self._sender.streams)

    def current(self, receipt: Receipt) -> bool:
        """Whether it answers something said on this connection, and did not wait at the broker since an earlier one."""
        return receipt.re[0] == self.birth[0] and receipt.re[1] >= self.birth[1] - 0.0005

    def take(self, receipt: Receipt, now: float) -> None:
        """Apply one receipt."""
        whole = receipt.birth and self.current(receipt)
        moved: set[Lane] = set()
        for (epoch, lane), stream in self._sender.streams.items():
            mark = receipt.epochs.get(epoch, {}).get(lane.value)
            if mark is None and whole and (epoch, lane) in self.named:
                mark = Mark(0)
            if mark is not None and not stream.by_puback and self._apply(stream, mark, whole, now):
                moved.add(lane)
        self.foreign += sum(all(key[0] != epoch for key in self._sender.streams) for epoch in receipt.epochs)
        for lane in LANES:
            self._listen_again(lane, lane in moved, whole, now)

    def _apply(self, stream: Stream, mark: Mark, whole: bool, now: float) -> bool:
        """One stream's mark; True where the hub has something new of it."""
        if mark.upto > stream.last and self._store.disown(stream.epoch, stream.lane, mark.upto):
            stream.by_puback = True  # what is held of it goes out once more; nothing is deleted on the word of a receipt
            stream.rewind(0)
            return False
        if mark.upto < stream.mark:
            if whole:
                self.restored += 1
                stream.rewind(mark.upto)
                self._missing_head(stream)
            return whole
        news = stream.covered(mark.upto)
        if news:
            self._store.receipted(stream.epoch, stream.lane, mark.upto)
        if whole:
            self._missing_head(stream)
        for first, last in mark.missing:
            self._missing(stream, first, min(last, stream.last), whole, now)
        return news

    def _missing_head(self, stream: Stream) -> None:
        """What lies between the hub's mark and the first number held is gone."""
        if stream.mark + 1 < stream.first:
            add(stream.asked, stream.mark + 1, stream.first - 1)

    def _missing(self, stream: Stream, first: int, last: int, whole: bool, now: float) -> None:
        """The hub does not have these. It saw later ones, and one broker keeps the order of a topic, so they are lost, unless they went out again
        since; the answer to a birth names also what it never saw, which may still be on its way."""
        if first > last or last <= stream.mark:
            return
        busy = [sent for sent in stream.flight if sent.first <= last and sent.last >= first]
        if any((whole or sent.again) and now - sent.at < RESEND_S for sent in busy):
            return
        if any(low <= first and last <= high for low, high in stream.declared):
            return
        stream.again(first, last)

    def _listen_again(self, lane: Lane, moved: bool, whole: bool, now: float) -> None:
        """The hub is there: a lane that had stopped starts again behind the mark."""
        if moved or whole:
            self._sender.listen_again(lane, now)
        elif self._sender.silence[lane].heard(now):
            self._sender.rewind(lane)
