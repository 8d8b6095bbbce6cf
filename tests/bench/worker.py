"""The node's half of a drain, in a process of its own: `python -m tests.bench.worker build|drain JSON` prints one JSON object at its end.

`build` leaves an outbox with a backlog. `drain` hands it to a hub by the real Forwarder over the real MqttLink, with the threads a node has for it
(uplink, flusher), and may post an alarm every 100 ms beside it, as guard would.
"""

from __future__ import annotations

import json
import os
import random
import resource
import sys
import threading
from pathlib import Path
from typing import Any

import msgspec

from gateway.app import Uplink
from gateway.clock import SystemClock, real
from gateway.contract.messages import VERSION, Alarm, Birth, Held
from gateway.flusher import Flusher
from gateway.model import Lane
from gateway.outbox import Outbox, RealDisk
from gateway.supervisor import RealTime, Supervisor
from gateway.uplink import Broker, Forwarder, MqttLink, Settings
from tests.bench.setting import memory_kb
from tests.bench.store import CountingDisk, outbox
from tests.bench.workloads import BOOT, FIX, NODE, SITE, SIXTEEN, sixteen

SEAL = 60 * 16
"""Readings of a minute: what is sealed into a Block while nobody listens."""
ALARM_EVERY = 0.1
PATIENCE = 90.0
AFTERWARDS = 3.0
"""Seconds that alarms of the last moment still wait for their receipts."""


def build(state: str, spool: str, seed: int, readings: int) -> dict[str, Any]:
    """An outbox with so many readings, sealed every 60 s of theirs; bytes: of their frames, headers of segments included."""
    disk = CountingDisk(Path(state))
    box = outbox(disk, Path(spool), SIXTEEN)
    before = 0
    for number, reading in enumerate(sixteen(seed, readings // 16), 1):
        box.append(reading)
        if number % SEAL == 0:
            box.seal()
            box.flush()
        if number == readings // 2:
            before = memory_kb(os.getpid())
    box.seal()
    box.flush()
    grown = memory_kb(os.getpid()) - before
    box.close()
    written = sum(size for name, size in disk.data.items() if name.startswith("batch"))
    files = sum(path.stat().st_size for path in Path(state).glob("batch*"))
    return {"readings": readings // 16 * 16, "bytes": written, "files": files, "grown_kb": grown}


class Poster:
    """Posts an alarm every 100 ms, as the recorder does when guard has raised one."""

    def __init__(self, box: Outbox) -> None:
        self._box = box
        self.posted: dict[int, float] = {}

    def step(self, now: float) -> float:
        """One alarm."""
        number = len(self.posted) + 1
        before: list[tuple[float, float | None]] = [(round(now - back, 3), 30.0 + back) for back in range(10)]
        said = Alarm(
            node=NODE, boot=BOOT, mono=round(now, 3), rule="co-high", series="co-1", change="raised", level=1, state="UNACK", active=True,
            acked=False, latched=False, silenced=False, shelved=False, inhibited=False, occurrence=number, value=41.5, unit="ppm", limit=35.0,
            quality="good", onset=round(now, 3), before=before, outputs=["siren"],
        )  # fmt: skip
        moment = real()
        self.posted[self._box.post(Lane.ALARM, msgspec.json.encode(said))] = moment
        return now + ALARM_EVERY


class Receipts:
    """What the hub has receipted and when; `done` once it has every Block, of which `last` is the number of the last."""

    def __init__(self) -> None:
        self.last = 0
        self.done = threading.Event()
        self.at: list[tuple[str, int, float]] = []

    def __call__(self, lane: Lane, upto: int) -> None:
        self.at.append((str(lane), upto, real()))
        if lane is Lane.BATCH and upto >= self.last > 0:
            self.done.set()


def drain(state: str, spool: str, port: int, alarms: bool) -> dict[str, Any]:
    """Everything to the hub. began: when the uplink started; done: when the receipt for the last Block came; latencies: of the alarms posted
    between the first receipt for a Block and the last, seconds from posting to the receipt in the node's hands."""
    disk = RealDisk(Path(state))
    supervisor = Supervisor(lambda seat: False)
    receipts = Receipts()
    forwarders: list[Forwarder] = []
    box = outbox(
        disk,
        Path(spool),
        SIXTEEN,
        on_synced=lambda: forwarders[0].wake() if forwarders else None,
        on_due=lambda: supervisor.seats["flusher"].wake.set() if "flusher" in supervisor.seats else None,
        on_receipt=receipts,
    )
    receipts.last = max(last for epoch, lane, first, last in box.held() if lane is Lane.BATCH)
    forwarder = _forwarder(box, port)
    forwarders.append(forwarder)
    clock = RealTime()
    supervisor.start(supervisor.add("flusher", Flusher(box, 5.0, real()), clock, 60.0))
    poster = Poster(box)
    began = real()
    supervisor.start(supervisor.add("uplink", Uplink(forwarder), clock, 180.0))
    if alarms:
        supervisor.start(supervisor.add("poster", poster, clock, 60.0))
    finished = receipts.done.wait(PATIENCE)
    done = real()
    supervisor.stop(["poster"], 1.0)
    latencies = _latencies(poster.posted, receipts, done)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    status = forwarder.status()
    supervisor.stop(["uplink", "flusher"], 5.0)
    box.close()
    found = {"finished": finished, "began": began, "done": done, "cpu": usage.ru_utime + usage.ru_stime, "bytes": status["bytes_sent"]}
    return {**found, "reason": status["reason"], **latencies}


def _forwarder(box: Outbox, port: int) -> Forwarder:
    clock = SystemClock()

    def birth() -> Birth:
        held: dict[str, dict[str, tuple[int, int]]] = {}
        for epoch, lane, first, last in box.held():
            held.setdefault(epoch, {})[str(lane)] = (first, last)
        return Birth(
            v=VERSION, up=True, site=SITE, node=NODE, epoch=box.epoch, boot=BOOT, mono=round(clock.monotonic(), 3), software="bench", challenge="0",
            name="", place={}, delivered="receipt", insecure=False, simulated=True, table=SIXTEEN.id, series=[],
            held=[Held(epoch, lanes) for epoch, lanes in held.items()], clock=FIX,
        )  # fmt: skip

    return Forwarder(
        MqttLink(Broker("127.0.0.1", port), NODE),
        box,
        Settings(SITE, NODE),
        birth=birth,
        health=lambda: None,
        clock=clock,
        on_hub_time=lambda fix: None,
        declare=lambda lost: None,
        rng=random.Random(1),
    )


def _latencies(posted: dict[int, float], receipts: Receipts, done: float) -> dict[str, Any]:
    """Of every alarm that was posted while the backlog drained; `missing` counts those without a receipt even afterwards."""
    first = next((at for lane, _, at in receipts.at if lane == "batch"), done)
    wanted = {seq: at for seq, at in posted.items() if first <= at <= done}
    end = real() + AFTERWARDS
    while real() < end and wanted and max((upto for lane, upto, _ in receipts.at if lane == "alarm"), default=0) < max(wanted):
        SystemClock().sleep(0.01)
    got = {}
    for seq, at in wanted.items():
        heard = next((moment for lane, upto, moment in list(receipts.at) if lane == "alarm" and upto >= seq), None)
        if heard is not None:
            got[seq] = heard - at
    return {"latencies": list(got.values()), "missing": len(wanted) - len(got)}


if __name__ == "__main__":
    words = json.loads(sys.argv[2])
    print(json.dumps(build(**words) if sys.argv[1] == "build" else drain(**words)), flush=True)
