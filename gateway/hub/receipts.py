"""Which node is owed a receipt, and what it says. A receipt only ever follows the commit of what it tells.

Alarms and events are answered after every commit; batches at most every 100 ms per node. A birth is answered at once, with the birth's own
stamp and every mark of every epoch it names: that is how a node learns that the hub is back, or came back with an older memory. Receipts are
cumulative: one that could not be sent is simply still owed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from gateway.contract.messages import VERSION, Birth, Mark, Receipt
from gateway.contract.topics import Address, topic
from gateway.hub.ledger import LaneMarks
from gateway.hub.sinks import Touched

PACE = 0.1
"""Seconds between two receipts for batches of one node."""
EXPIRY = 60
"""Seconds after which the broker may forget a receipt: the next one says more."""
MOST = 20_000
"""Nodes remembered at a time; one that is forgotten only loses its pace."""

Marks = Callable[[str, str], dict[str, LaneMarks]]


@dataclass
class Peer:
    """One node as the one to answer. re: [boot, mono] of the newest message whose sending time is known."""

    re: tuple[str, float] = ("", 0.0)
    owed: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    birth: Birth | None = None
    after: float = 0.0


class Receipts:
    """What is owed, and the sending of it.

    send: hands (topic, payload) to the broker, False where it cannot now. marks: (node, epoch) to the marks of its lanes. utc: the hub's clock,
    good for `error` seconds.
    """

    def __init__(self, send: Callable[[str, bytes], bool], marks: Marks, utc: Callable[[], float], error: float) -> None:
        self._send, self._marks, self._utc, self._error = send, marks, utc, error
        self._peers: dict[tuple[str, str], Peer] = {}
        self._owing: set[tuple[str, str]] = set()

    def _peer(self, address: Address) -> Peer:
        key = (address.site, address.node)
        if key not in self._peers and len(self._peers) >= MOST:
            self._peers = {owing: self._peers[owing] for owing in self._owing}
        return self._peers.setdefault(key, Peer())

    def saw(self, address: Address, boot: str, mono: float) -> None:
        """A message of the node was sent at this moment of its clock."""
        peer = self._peer(address)
        if boot != peer.re[0] or mono > peer.re[1]:
            peer.re = (boot, mono)

    def owe(self, touched: Touched) -> None:
        """A lane whose marks should be told; for anything but a batch at once."""
        peer = self._peer(touched.address)
        peer.owed[touched.epoch].add(touched.lane)
        if touched.lane != "batch":
            peer.after = 0.0
        self._owing.add((touched.address.site, touched.address.node))

    def owe_birth(self, address: Address, birth: Birth) -> None:
        """A birth to answer."""
        self._peer(address).birth = birth
        self._owing.add((address.site, address.node))

    def settle(self, now: float) -> float | None:
        """Send what is due; seconds until the next is due, None where nothing is owed."""
        wait: float | None = None
        for key in list(self._owing):
            peer = self._peers[key]
            if peer.birth is None and now < peer.after:
                wait = min(wait or PACE, peer.after - now)
            elif self._tell(key, peer):
                self._owing.discard(key)
                peer.after = now + PACE
            else:
                wait = min(wait or PACE, PACE)
        return wait

    def _tell(self, key: tuple[str, str], peer: Peer) -> bool:
        site, node = key
        epochs: dict[str, dict[str, Mark]] = {}
        if peer.birth is not None:
            epochs = self._all(node, peer.birth)
        for epoch, lanes in peer.owed.items():
            if epoch not in epochs:
                known = self._marks(node, epoch)
                epochs[epoch] = {lane: known[lane].mark() for lane in sorted(lanes) if lane in known}
        stamp = peer.re if peer.birth is None else (peer.birth.boot, peer.birth.mono)
        receipt = Receipt(VERSION, round(self._utc(), 3), self._error, stamp, epochs, peer.birth is not None)
        if not self._send(topic(site, node, "receipt"), msgspec.json.encode(receipt)):
            return False
        peer.owed.clear()
        peer.birth = None
        return True

    def _all(self, node: str, birth: Birth) -> dict[str, dict[str, Mark]]:
        """Every mark of every epoch the birth names, of its own too; what the node holds and the hub never saw counts as missing."""
        held: dict[str, dict[str, tuple[int, int]]] = {birth.epoch: {}} | {held.epoch: held.lanes for held in birth.held}
        epochs: dict[str, dict[str, Mark]] = {}
        for epoch, lanes in held.items():
            known = self._marks(node, epoch)
            epochs[epoch] = {lane: known.get(lane, LaneMarks()).mark(lanes.get(lane, (0, 0))[1]) for lane in sorted(known.keys() | lanes.keys())}
        return epochs

    def forget_connection(self) -> None:
        """The connection is gone: nothing needs to be told that the next births will not ask for."""
        self._owing.clear()
        for peer in self._peers.values():
            peer.owed.clear()
            peer.birth = None
