"""The only place that joins the parts: `build(config, machine, ...)` gives an App whose parts know each other only by queues and ports.

Order of life. Start: the outputs show what they showed, the outbox is opened or given up within a second (its lock was taken before any bus), then
guard runs, then the buses, then recorder, flusher and status, and the uplink last, because protecting waits neither for the disk nor for the network.
Stop: gateway/ending.py.
"""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

import msgspec

from gateway.alarming import Alarming
from gateway.appraisal import Appraiser
from gateway.attention import SEAT, Attention
from gateway.clock import NodeClock, real, stamp
from gateway.config import Config
from gateway.contract.messages import Alarm
from gateway.early import restored
from gateway.ending import STOP_WITHIN, stopped
from gateway.flusher import Flusher
from gateway.guard import Guard
from gateway.hearing import Hearing
from gateway.inbox import Inbox
from gateway.model import GapCause, Instant, Labelled, Lane, Sampled
from gateway.outbox import Disk, GapFact, Limits, Outbox
from gateway.patience import SILENT, Patience, hold
from gateway.quarantine import LEFT_BEHIND, Joint, Quarantine, set_aside, stood_in
from gateway.recall import Recall
from gateway.recorder import Fact, HubTime, Inboxes, Recorder
from gateway.remembrance import RuntimeMemory, snapshot, standing
from gateway.sampler import Sampler
from gateway.status.report import Report
from gateway.status.snapshot import FILE, StatusWriter
from gateway.supervisor import RealTime, Seat, Supervisor
from gateway.uplink import Forwarder, Link, Settings, Uplink
from gateway.voice import Voice
from gateway.wiring import Care
from hardware.buses import OpenBuses

log = logging.getLogger("gateway")
READINGS, ROUNDS, FACTS, ORDERS = 20_000, 2_000, 2_000, 100
"""Capacity of the inboxes: about twenty minutes of sixteen readings a second, and far more alarms and orders than a node has."""


class Machine(NamedTuple):
    """What the node runs on, real or simulated. identity: which computer it is; link: makes a fresh Link to the
    hub's broker. window: monotonic seconds between which sensors are read (a scenario begins and ends). trace: file for a demonstration's notes.
    """

    identity: str
    clock: NodeClock
    buses: OpenBuses
    disk: Disk
    spool: Disk
    link: Callable[[], Link]
    simulated: bool = False
    window: tuple[float, float] = (float("-inf"), float("inf"))
    trace: Path | None = None


class App:
    """One node, joined and not yet started. patience: what this start has left for its disk."""

    def __init__(self, config: Config, machine: Machine, patience: Patience | None = None) -> None:
        self.config = config
        self.machine = machine
        self.patience = patience or Patience()
        self.clock = machine.clock
        self.voice = Voice(config.node.name, machine.simulated, machine.clock)
        self.rounds: Inbox[list[Sampled]] = Inbox(ROUNDS, weigh=len)
        self.orders: Inbox[Callable[[Appraiser], None]] = Inbox(ORDERS)
        self.readings: Inbox[Labelled] = Inbox(READINGS)
        self.alarms: Inbox[Alarm] = Inbox(FACTS)
        self.facts: Inbox[Fact] = Inbox(FACTS)
        self._standing: Callable[[list[bytes]], list[bytes]] = lambda log: snapshot(standing(log))
        self.supervisor = Supervisor(self._late)
        self.failed: set[str] = set()
        self.hearing = Hearing()
        self._evicted, self._left_behind = Event(), 0
        self.quarantine = Quarantine(Path(config.node.runtime), self.clock.boot, real)
        self._outputs = restored(config, machine.buses, self.clock.boot)
        self.outbox, store, self.adrift = hold(self.patience, machine.disk, machine.spool, Path(config.node.state), self._open_outbox)
        self.care = Care(config, self.outbox.last_table, self.voice, self.outbox.clocks.utc, self.orders, self.readings.put, self.facts.put, store)
        self.outbox.use_table(self.care.table)
        self.recall = self._recall()
        self.attention = Attention(config, self.voice, lambda: self.care.table, self.outbox.clocks.utc, self.facts.put)
        self.guard = self._guard()
        self._readers: Callable[[], list[Sampler]] = lambda: self.attention.samplers(machine.buses, machine.clock, self.rounds.put, machine.window)
        self._joint = Joint(config, self.care.table.series, machine.clock, self.rounds.put, machine.window[1], self._notice)
        self.samplers = stood_in(self._readers(), self.quarantine, self._joint)
        self.recorder = self._recorder()
        self.report = Report(config, machine.clock, lambda: self.care.table, self.outbox, machine.simulated)
        self.recorder.standing.update(standing(self.outbox.alarm_log))
        self._standing = lambda log: snapshot(self.recorder.standing)
        self._epoch = self.outbox.epoch
        self.forwarder = self._forwarder()
        self.door = self.care.door(self.guard, lambda: self.forwarder.announce(), more=lambda desk: self.alarming.acts(desk, self.guard, self.orders))
        self.report.watch(self.guard, self.supervisor, lambda: self.forwarder.status(), lambda: all(s.resting for s in self.samplers))
        self._seat()
        self.facts.put(self.voice.configuration(config.digest, self.care.table.id))
        for told in self.care.told():
            self.facts.put(told)

    def _recorder(self) -> Recorder:
        return Recorder(
            self.outbox,
            Inboxes(self.readings, self.alarms, self.facts),
            self.outbox.clocks,
            self.voice,
            (self.config.outbox.seal, self.config.outbox.seal_offline),
            self._listening,
            self.outbox.boots,
            self.hearing.posted,
            self._evicted,
        )

    def _open_outbox(self, disk: Disk, spool: Disk) -> Outbox:
        return Outbox.open(
            disk,
            spool,
            machine=self.machine.identity,
            boot=self.clock.boot,
            now=lambda: stamp(self.clock),
            limits=Limits(size=self.config.outbox.size, flush_s=self.config.outbox.flush),
            declare=self._declare,
            on_synced=lambda: self._wake("uplink"),
            on_due=lambda: self._wake("flusher"),
            on_receipt=self._answered,
            snapshot=lambda log: self._standing(log),
        )

    def _recall(self) -> Recall:
        """What sums remember is there again before guard runs; where it is not, that is told."""
        made = Recall(Path(self.config.node.runtime), self.clock.boot, self.orders)
        anew = made.restore(self.care.appraiser(), stamp(self.clock).ms)
        if anew:
            detail = f"nothing of this boot is remembered of {', '.join(sorted(anew))}: partial until their windows are full"
            self._notice("memory_begins_anew", "derived series", detail)
        return made

    def _guard(self) -> Guard:
        """Guard with its alarms in the state they had; it opens the outputs showing it, before anything else starts."""
        lane = None if self.adrift else self.outbox.alarm_log
        made = self.alarming = Alarming(self.config, self.voice, lambda: self.care.table, lane, self.outbox.boots)
        for alarm in made.owed(lane):
            self.alarms.put(alarm)
            made.changes.note(alarm)
        if self.adrift:
            self._notice("disk_silent", "outbox", SILENT)
        made.resume(self.hearing, self.outbox)
        return Guard(
            self.care.appraiser(), self.rounds, self.care.record, made.phrase, self._told, made.watches, self._outputs,
            made.memory, self, self.orders, made.sounders(), self.hearing, look=self.attention.haste.look, pressed=made.panel(self._notice).take,
        )  # fmt: skip

    def _told(self, alarm: Alarm) -> None:
        self.alarms.put(alarm)
        self.attention.box.mark(alarm)
        self.alarming.changes.note(alarm)

    def _notice(self, what: str, where: str, detail: str) -> None:
        self.facts.put(self.voice.notice(what, where, detail))

    def output(self, name: str, error: str) -> None:
        """Guard's ear: the hub hears of an output that fails, and that it works again."""
        self._notice("output_fails" if error else "output_works", name, error or "works again")

    def lost(self, count: int, first: Sequence[Sampled], last: Sequence[Sampled]) -> None:
        """Guard's ear: rounds that guard never saw are declared."""
        begin, end = (Instant(self.clock.boot, round_[0].ms) if round_ else None for round_ in (first, last))
        self.facts.put(self.voice.gap(self.outbox.epoch, Lane.BATCH, GapCause.OVERFLOW, begin=begin, end=end, readings=count))

    def _declare(self, fact: GapFact) -> bytes:
        if fact.lane is Lane.ALARM and fact.cause is GapCause.EVICTED:
            self._evicted.set()
        return msgspec.json.encode(self.voice.gap(*fact))

    def _forwarder(self) -> Forwarder:
        hub, node = self.config.hub, self.config.node
        narrow = hub.window <= Settings.slow("", "").hub_window
        settings = Settings.slow(node.site, node.name, hub.delivered) if narrow else Settings(node.site, node.name, hub.delivered)
        return Forwarder(
            self.machine.link(),
            self.outbox,
            replace(settings, hub_window=hub.window, simulated=self.machine.simulated),
            birth=self.report.birth,
            health=self.report.health,
            clock=self.clock,
            on_hub_time=lambda fix: self.facts.put(HubTime(self.clock.boot, fix)),
            declare=lambda lost: self.facts.put(self.voice.gap(lost.of, lost.lane, lost.cause, lost.first, lost.last, readings=lost.readings)),
            notice=self._notice,
            rng=random.Random(),
        )

    def _seat(self) -> None:
        """Give every worker its seat and wire the wakes: what is put into an inbox wakes who drains it."""
        add, scaled = self.supervisor.add, self.clock
        self.rounds.wake = self.orders.wake = add("guard", self.guard, scaled, 2.0).wake.set
        for sampler in self.samplers:
            slowest = max(mounted.sensor.period for mounted in self.config.sensors if mounted.options.bus() == sampler.bus)
            add(sampler.bus, sampler, scaled, max(10.0, 3 * slowest))
        recorder = add("recorder", self.recorder, scaled, 60.0)
        self.readings.wake = self.alarms.wake = self.facts.wake = recorder.wake.set
        add("flusher", Flusher(self.outbox, self.config.outbox.flush, scaled.monotonic()), scaled, 60.0)
        add("recall", self.recall, scaled, 60.0)
        self.attention.seat(self.supervisor, scaled, [sampler.bus for sampler in self.samplers])
        add("control", self.door, RealTime(), 60.0)
        add("status", StatusWriter(Path(self.config.node.runtime) / FILE, self.report.snapshot), RealTime(), 30.0)
        add("uplink", Uplink(self.forwarder), RealTime(), 180.0)

    def _answered(self, epoch: str, lane: Lane, upto: int) -> None:
        """The hub has more of a lane. For a demonstration: when that of an alarm reached the node, real time."""
        self.hearing.receipt(epoch, lane, upto)
        if self.machine.trace is not None and lane is Lane.ALARM:
            with self.machine.trace.open("a") as file:
                file.write(json.dumps(["receipt", upto, real()]) + "\n")

    def _wake(self, name: str) -> None:
        seat = self.supervisor.seats.get(name)
        if seat is not None:
            seat.wake.set()
            if name == "uplink":
                if self._epoch != self.outbox.epoch:
                    self._epoch = self.outbox.epoch
                    self.forwarder.announce()
                self.forwarder.wake()

    def _listening(self) -> bool:
        return self.forwarder.listening()

    def start(self) -> None:
        """Start every thread, guard first and the uplink last."""
        for seat in list(self.supervisor.seats.values()):
            self.supervisor.start(seat)
        log.info("node %s runs, epoch %s, boot %s", self.config.node.name, self.outbox.epoch, self.clock.boot)

    def ready(self) -> bool:
        """Whether guard runs and every bus has given a sample or an error; a bus that hangs ends the process at its deadline instead."""
        return all(sampler.rounds > 0 for sampler in self.samplers) and self.supervisor.seats["guard"].steps > 0

    def _late(self, seat: Seat) -> bool:
        """A hanging uplink or status writer is replaced, a bus left out; the door and the black box wait for the card; else the process ends."""
        if seat.name in ("control", SEAT):
            self.supervisor.revive(seat)
            return True
        if seat.name in ("uplink", "status"):
            self.supervisor.abandon(seat)
            worker: Any = StatusWriter(Path(self.config.node.runtime) / FILE, self.report.snapshot)
            if seat.name == "uplink":
                self.forwarder = self._forwarder()
                worker = Uplink(self.forwarder)
            self.supervisor.start(self.supervisor.add(seat.name, worker, RealTime(), seat.deadline))
            return True
        buses = [sampler.bus for sampler in self.samplers]
        if seat.name in buses and not seat.spent and not self.supervisor.seats["guard"].late() and self._left_behind < LEFT_BEHIND:
            self._left_behind += 1
            self.supervisor.abandon(seat)
            self.machine.buses.forget(seat.name)
            self.samplers[buses.index(seat.name)] = stand_in = set_aside(self._readers(), seat.name, self.quarantine, self._joint)
            self.supervisor.start(self.supervisor.add(seat.name, stand_in, self.clock, seat.deadline))
            return True
        self.failed.add(seat.name)
        return False

    def revive(self) -> None:
        """Give what failed too often another thread."""
        for name in self.failed:
            self.supervisor.revive(self.supervisor.seats[name])

    def blame(self) -> None:
        """Before the process ends: count it against the buses that hang, unless guard hangs too: then it is not they that stopped everything."""
        for bus in self.failed & {sampler.bus for sampler in self.samplers} if "guard" not in self.failed else ():
            self.quarantine.hung(bus)

    def returns(self) -> bool:
        """Whether the disk, which was too late at the start, answers, and a new start would lose nothing that guard knows."""
        if not self.patience.answers():
            return False
        kept = RuntimeMemory(Path(self.config.node.runtime), self.clock.boot).load()
        return kept is not None or all(watch.state.normal for watch in self.guard.watches)

    def stop(self, within: float = STOP_WITHIN) -> bool:
        """Stop within so many seconds; True where it ended cleanly. Data already journalled survives in any case."""
        return stopped(self, within)

    def line(self) -> str:
        """One line for the service manager: what a person asks first."""
        link = "hub heard" if self.forwarder.listening() else "hub silent"
        broken = f", OUTPUTS FAIL: {', '.join(sorted(self.guard.failing))}" if self.guard.failing else ""
        broken += "".join(f", {bus} LEFT OUT" for bus in self.quarantine.out()) + (", NO DISK" if self.adrift else "")
        return f"{len(self.care.table.series)} series, {self.recorder.recorded} readings since start, {link}{broken}"
