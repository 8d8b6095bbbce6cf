"""A state machine plays the node's log against a hub's ledger: crash, power cut, lost receipts, a hub restored from a copy, a clone's claim.

Whatever the order: no key has two contents, no reading is delivered twice in effect, everything appended is delivered or lies in a declared hole,
and no alarm or event whose flush returned is missing.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from gateway.model import Lane
from gateway.outbox import Outbox, VolatileDisk
from tests.gateway.outbox.rig import OTHER, TABLE, TINY, Files, Hub, drain, exactly_once, settle, undeclared

SMALL = TINY._replace(size=1 << 20, small=8192, alarms=200, events=200)


class NodeAndHub(RuleBasedStateMachine):
    """promised: messages whose flush returned, in this life or an earlier one; waiting: of this life, not yet flushed."""

    outbox: Outbox

    @initialize(seed=st.integers(0, 10_000))
    def begin(self, seed: int) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.files = Files(self.folder)
        self.volatile = VolatileDisk(self.folder / "state", seed)
        self.files.disk = self.volatile
        self.hub = Hub()
        self.copy = Hub()
        self.promised: set[bytes] = set()
        self.waiting: set[bytes] = set()
        self.count = 0
        self.outbox = self.files.open(SMALL)

    @rule(count=st.integers(1, 40))
    def append(self, count: int) -> None:
        self.files.append(self.outbox, count)

    @rule()
    def seal(self) -> None:
        self.outbox.seal()

    @rule()
    def flush(self) -> None:
        self.outbox.flush()
        self.promised |= self.waiting
        self.waiting.clear()

    @rule(lane=st.sampled_from((Lane.ALARM, Lane.EVENT)), size=st.integers(0, 300))
    def post(self, lane: Lane, size: int) -> None:
        self.count += 1
        payload = b"%s %d " % (lane.encode(), self.count) + b"x" * size
        self.outbox.post(lane, payload)
        self.waiting.add(payload)

    @rule(table=st.sampled_from((TABLE, OTHER)))
    def use_table(self, table: object) -> None:
        self.outbox.use_table(TABLE if table is TABLE else OTHER)

    @rule(receipts=st.booleans(), stop=st.integers(1, 30))
    def deliver(self, receipts: bool, stop: int) -> None:
        drain(self.outbox, self.hub, receipts, stop)

    @rule()
    def crash(self) -> None:
        self.waiting.clear()
        self.outbox = self.files.open(SMALL)
        self.promised |= self.waiting

    @rule()
    def power_cut(self) -> None:
        self.waiting.clear()
        self.volatile.cut()
        self.files.wipe_spool()
        self.outbox = self.files.open(SMALL)

    @rule()
    def stop(self) -> None:
        self.outbox.close()
        self.promised |= self.waiting
        self.waiting.clear()
        self.outbox = self.files.open(SMALL)

    @rule()
    def back_up_the_hub(self) -> None:
        self.copy = self.hub.copy()

    @rule()
    def restore_the_hub(self) -> None:
        """What it had is offered again, as long as it is still there; here the ring is large enough that it is."""
        self.hub = self.copy.copy()

    @rule(lane=st.sampled_from((Lane.ALARM, Lane.EVENT, Lane.BATCH)))
    def claim(self, lane: Lane) -> None:
        """The hub has a number of this lane that was never given: a clone is about."""
        self.flush()
        epoch, upto = self.outbox.epoch, self.outbox._s.rings[lane].next
        self.outbox.receipted(epoch, lane, upto)
        assert self.outbox.mark(epoch, lane) < upto
        assert self.outbox.disown(epoch, lane, upto)
        assert self.outbox.epoch != epoch

    def teardown(self) -> None:
        if not hasattr(self, "files"):
            return
        try:
            self._account()
        finally:
            self.files.close()
            self.volatile.close()
            shutil.rmtree(self.folder)

    def _account(self) -> None:
        settle(self.outbox, self.hub)
        missing = exactly_once(self.files, self.hub)
        assert undeclared(self.hub, missing) == set()
        assert not (self.promised | self.waiting) - self.hub.messages
        for epoch, lane, _, last in self.outbox.held():
            assert self.hub.upto(epoch, lane) >= last, f"{epoch} {lane}: something is neither there nor declared"


TestNodeAndHub = NodeAndHub.TestCase
TestNodeAndHub.settings = settings(
    max_examples=80, stateful_step_count=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
