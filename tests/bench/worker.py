"""The node's half of a drain, in a process of its own: `python -m tests.bench.worker build|drain|narrow JSON` prints one JSON object at its end.

`build` leaves an outbox with a backlog. `drain` hands it to a hub by the real Forwarder over the real MqttLink, with the threads a node has for it
(uplink, flusher), and may post an alarm every 100 ms beside it, as guard would. `narrow` does so on a slow link, for so many alarms.
"""

from __future__ import annotations

import json
import math
import os
import random
import resource
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from gateway.clock import SystemClock, real
from gateway.contract.messages import VERSION, Alarm, Birth, Held
from gateway.flusher import Flusher
from gateway.model import Lane
from gateway.outbox import Outbox, RealDisk
from gateway.supervisor import RealTime, Supervisor, Worker
from gateway.uplink import Broker, Forwarder, MqttLink, Settings, Uplink
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
    """Posts alarms as the recorder does when guard has raised one. every: seconds between two, by seed; most: so many. size: bytes of the largest."""

    def __init__(self, box: Outbox, every: tuple[float, float] = (ALARM_EVERY, ALARM_EVERY), most: float = math.inf, seed: int = 1) -> None:
        self._box, self._every, self._most = box, every, most
        self._rng = random.Random(seed)
        self.posted: dict[int, float] = {}
        self.size = 0
        self.done = threading.Event()

    def step(self, now: float) -> float:
        """One alarm."""
        if len(self.posted) >= self._most:
            self.done.set()
            return now + 60.0
        number = len(self.posted) + 1
        before: list[tuple[float, float | None]] = [(round(now - back, 3), 30.0 + back) for back in range(10)]
        said = Alarm(
            node=NODE, boot=BOOT, mono=round(now, 3), rule="co-high", series="co-1", change="raised", level=1, state="UNACK", active=True,
            acked=False, latched=False, silenced=False, shelved=False, inhibited=False, occurrence=number, value=41.5, unit="ppm", limit=35.0,
            quality="good", onset=round(now, 3), before=before, outputs=["siren"],
        )  # fmt: skip
        moment, payload = real(), msgspec.json.encode(said)
        self.size = max(self.size, len(payload))
        self.posted[self._box.post(Lane.ALARM, payload)] = moment
        return now + self._rng.uniform(*self._every)


class Receipts:
    """What the hub has receipted and when; `begun` once it has a Block, `done` once it has every one, of which `last` is the number of the last."""

    def __init__(self) -> None:
        self.last = 0
        self.begun = threading.Event()
        self.done = threading.Event()
        self.at: list[tuple[str, int, float]] = []

    def __call__(self, epoch: str, lane: Lane, upto: int) -> None:
        self.at.append((str(lane), upto, real()))
        if lane is Lane.BATCH:
            self.begun.set()
        if lane is Lane.BATCH and upto >= self.last > 0:
            self.done.set()


class Half:
    """The node's half of a drain, running: outbox, flusher and uplink. began: when the uplink started."""

    def __init__(self, state: str, spool: str, port: int, settings: Settings) -> None:
        self.supervisor, self.receipts = Supervisor(lambda seat: False), Receipts()
        self.forwarder: Forwarder | None = None
        self.box = outbox(
            RealDisk(Path(state)),
            Path(spool),
            SIXTEEN,
            on_synced=lambda: None if self.forwarder is None else self.forwarder.wake(),
            on_due=lambda: self.supervisor.seats["flusher"].wake.set() if "flusher" in self.supervisor.seats else None,
            on_receipt=self.receipts,
        )
        self.receipts.last = max(last for epoch, lane, first, last in self.box.held() if lane is Lane.BATCH)
        self.forwarder = _forwarder(self.box, port, settings)
        self.seat("flusher", Flusher(self.box, 5.0, real()), 60.0)
        self.began = real()
        self.seat("uplink", Uplink(self.forwarder), 180.0)

    def seat(self, name: str, worker: Worker, deadline: float) -> None:
        """Start a worker."""
        self.supervisor.start(self.supervisor.add(name, worker, RealTime(), deadline))

    def end(self, poster: Poster, done: float) -> dict[str, Any]:
        """Stop; how the alarms fared that were posted until then, and what was sent."""
        self.supervisor.stop(["poster"], 1.0)
        latencies = _latencies(poster.posted, self.receipts, done)
        usage = resource.getrusage(resource.RUSAGE_SELF)
        status = {} if self.forwarder is None else self.forwarder.status()
        self.supervisor.stop(["uplink", "flusher"], 5.0)
        self.box.close()
        found = {"began": self.began, "done": done, "cpu": usage.ru_utime + usage.ru_stime, "bytes": status["bytes_sent"]}
        return {**found, "reason": status["reason"], "alarm_bytes": poster.size, **latencies}


def drain(state: str, spool: str, port: int, alarms: bool) -> dict[str, Any]:
    """Everything to the hub. began: when the uplink started; done: when the receipt for the last Block came; latencies: of the alarms posted
    between the first receipt for a Block and the last, seconds from posting to the receipt in the node's hands."""
    half = Half(state, spool, port, Settings(SITE, NODE))
    poster = Poster(half.box)
    if alarms:
        half.seat("poster", poster, 60.0)
    finished = half.receipts.done.wait(PATIENCE)
    return {"finished": finished, **half.end(poster, real())}


def narrow(state: str, spool: str, port: int, alarms: int, every: tuple[float, float], seed: int) -> dict[str, Any]:
    """So many alarms while a backlog drains over a slow link, with the settings for one. finished: the backlog outlasted them. rate: bytes a second
    that were sent meanwhile."""
    half = Half(state, spool, port, Settings.slow(SITE, NODE))
    assert half.forwarder is not None
    begun = half.receipts.begun.wait(PATIENCE)
    poster = Poster(half.box, (every[0], every[1]), alarms, seed)
    before, since = half.forwarder.status()["bytes_sent"], real()
    half.seat("poster", poster, 60.0)
    posted = poster.done.wait(alarms * every[1] + PATIENCE)
    rate = (half.forwarder.status()["bytes_sent"] - before) / (real() - since)
    return {"finished": begun and posted and not half.receipts.done.is_set(), "rate": rate, **half.end(poster, real())}


def _forwarder(box: Outbox, port: int, settings: Settings) -> Forwarder:
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
        settings,
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
    verbs: dict[str, Callable[..., dict[str, Any]]] = {"build": build, "drain": drain, "narrow": narrow}
    print(json.dumps(verbs[sys.argv[1]](**words)), flush=True)
