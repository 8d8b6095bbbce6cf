"""The only place that joins the parts: `build(config, machine, ...)` gives an App whose parts know each other only by queues and ports.

Order of life. Start: the outbox is opened (its lock was taken before any bus), then guard runs, then the buses, then recorder, flusher and
status, and the uplink last, because protecting does not wait for the network. Stop: the other way round, within five seconds, and the outbox
is closed last with the mark of a clean stop.
"""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from gateway.alarming import Alarming
from gateway.appraisal import Appraiser
from gateway.clock import NodeClock, real, stamp
from gateway.config import Config
from gateway.contract.messages import Alarm
from gateway.flusher import Flusher
from gateway.guard import Guard
from gateway.inbox import Inbox
from gateway.model import GapCause, Instant, Labelled, Lane, Sampled
from gateway.outbox import Disk, GapFact, Limits, Outbox
from gateway.recall import Recall
from gateway.recorder import Fact, HubTime, Inboxes, Recorder
from gateway.remembrance import standing
from gateway.sampler import Sampler, Sensor
from gateway.status.report import Report
from gateway.status.snapshot import FILE, StatusWriter
from gateway.supervisor import RealTime, Seat, Supervisor
from gateway.uplink import Forwarder, Link, Settings
from gateway.voice import Voice
from gateway.wiring import Care
from hardware import driver
from hardware.buses import OpenBuses

log = logging.getLogger("gateway")
READINGS, ROUNDS, FACTS, ORDERS = 20_000, 2_000, 2_000, 100
"""Capacity of the inboxes: about twenty minutes of sixteen readings a second, and far more alarms and orders than a node has."""
STOP_WITHIN = 5.0
SPARE = {"uplink", "status", "control", "recall"}
"""Workers whose hanging keeps nothing from being recorded."""


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


class Uplink:
    """The forwarder on its thread: it waits for the network inside its step, so its seat must not wait besides."""

    def __init__(self, forwarder: Forwarder) -> None:
        self._forwarder = forwarder

    def step(self, now: float) -> float:
        """Let the forwarder work and wait; again at once."""
        self._forwarder.step(now)
        return now


class App:
    """One node, joined and not yet started."""

    def __init__(self, config: Config, machine: Machine) -> None:
        self.config = config
        self.machine = machine
        self.clock = machine.clock
        self.voice = Voice(config.node.name, machine.simulated, machine.clock)
        self.rounds: Inbox[list[Sampled]] = Inbox(ROUNDS, weigh=len)
        self.orders: Inbox[Callable[[Appraiser], None]] = Inbox(ORDERS)
        self.readings: Inbox[Labelled] = Inbox(READINGS)
        self.alarms: Inbox[Alarm] = Inbox(FACTS)
        self.facts: Inbox[Fact] = Inbox(FACTS)
        self._standing: Callable[[list[bytes]], list[bytes]] = lambda log: list(standing(log).values())
        self.supervisor = Supervisor(self._late)
        self.failed: set[str] = set()
        self.outbox = self._open_outbox()
        self.care = Care(config, self.outbox.last_table, self.voice, self.outbox.clocks.utc, self.orders, self.readings.put, self.facts.put)
        self.outbox.use_table(self.care.table)
        self.recall = self._recall()
        self.guard = self._guard()
        self.samplers = self._samplers()
        self.recorder = Recorder(
            self.outbox,
            Inboxes(self.readings, self.alarms, self.facts),
            self.outbox.clocks,
            self.voice,
            (config.outbox.seal, config.outbox.seal_offline),
            self._listening,
            self.outbox.boots,
        )
        self.report = Report(config, machine.clock, lambda: self.care.table, self.outbox, machine.simulated)
        self.recorder.standing.update(standing(self.outbox.alarm_log))
        self._standing = lambda log: list(self.recorder.standing.values())
        self._epoch = self.outbox.epoch
        self.forwarder = self._forwarder()
        self.door = self.care.door(self.guard, lambda: self.forwarder.announce())
        self.report.watch(self.guard, self.supervisor, lambda: self.forwarder.status(), lambda: all(s.resting for s in self.samplers))
        self._seat()
        self.facts.put(self.voice.configuration(config.digest, self.care.table.id))
        for told in self.care.told():
            self.facts.put(told)

    def _open_outbox(self) -> Outbox:
        return Outbox.open(
            self.machine.disk,
            self.machine.spool,
            machine=self.machine.identity,
            boot=self.clock.boot,
            now=lambda: stamp(self.clock),
            limits=Limits(size=self.config.outbox.size, flush_s=self.config.outbox.flush),
            declare=self._declare,
            on_synced=lambda: self._wake("uplink"),
            on_due=lambda: self._wake("flusher"),
            on_receipt=self._trace_receipt,
            snapshot=lambda log: self._standing(log),
        )

    def _recall(self) -> Recall:
        """What sums remember is there again before guard runs; where it is not, that is told."""
        made = Recall(Path(self.config.node.runtime), self.clock.boot, self.orders)
        anew = made.restore(self.care.appraiser(), stamp(self.clock).ms)
        if anew:
            detail = f"nothing of this boot is remembered of {', '.join(sorted(anew))}: partial until their windows are full"
            self.facts.put(self.voice.notice("memory_begins_anew", "derived series", detail))
        return made

    def _guard(self) -> Guard:
        """Guard with its alarms in the state they had; it opens the outputs showing it, before anything else starts."""
        made = Alarming(self.config, self.machine.buses, self.voice, lambda: self.care.table, self.outbox.alarm_log, self.outbox.boots)
        for alarm in made.memory.untold(self.outbox.alarm_log, self.clock.boot):
            self.alarms.put(alarm)
        return Guard(
            self.care.appraiser(), self.rounds, self.care.record, made.phrase, self.alarms.put,
            made.watches, made.outputs(), made.memory, self, self.orders, made.sounders(),
        )  # fmt: skip

    def output(self, name: str, error: str) -> None:
        """Guard's ear: the hub hears of an output that fails, and that it works again."""
        self.facts.put(self.voice.notice("output_fails" if error else "output_works", name, error or "works again"))

    def lost(self, count: int, first: Sequence[Sampled], last: Sequence[Sampled]) -> None:
        """Guard's ear: rounds that guard never saw are declared."""
        begin, end = (Instant(self.clock.boot, round_[0].ms) if round_ else None for round_ in (first, last))
        self.facts.put(self.voice.gap(self.outbox.epoch, Lane.BATCH, GapCause.OVERFLOW, begin=begin, end=end, readings=count))

    def _declare(self, fact: GapFact) -> bytes:
        return msgspec.json.encode(self.voice.gap(*fact))

    def _samplers(self) -> list[Sampler]:
        """One per bus, with its sensors in the order of the configuration."""
        place = {info.name: index for index, info in enumerate(self.care.table.series)}
        per_bus: dict[str, list[Sensor]] = {}
        for mounted in self.config.sensors:
            series = {channel: place[name] for channel, name in mounted.series.items()}
            family = driver.load(mounted.sensor.driver)
            sensor = Sensor(mounted.sensor.name, family, mounted.options, float(mounted.sensor.period), series)
            per_bus.setdefault(mounted.options.bus(), []).append(sensor)
        return [Sampler(bus, sensors, self.machine.buses, self.clock, self.rounds.put, self.machine.window) for bus, sensors in per_bus.items()]

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
            notice=lambda what, where, detail: self.facts.put(self.voice.notice(what, where, detail)),
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
        add("control", self.door, RealTime(), 60.0)
        add("status", StatusWriter(Path(self.config.node.runtime) / FILE, self.report.snapshot), RealTime(), 30.0)
        add("uplink", Uplink(self.forwarder), RealTime(), 180.0)

    def _trace_receipt(self, lane: Lane, upto: int) -> None:
        """For a demonstration: when the hub's receipt for an alarm reached the node, real time."""
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
        """An uplink or a status writer that hangs is replaced; a control door waits for the card and may; anything else ends the process, which is
        started again."""
        if seat.name == "control":
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
        self.failed.add(seat.name)
        return False

    def revive(self) -> None:
        """Give what failed too often another thread."""
        for name in self.failed:
            self.supervisor.revive(self.supervisor.seats[name])

    def stop(self) -> bool:
        """Stop within five seconds; True where it ended cleanly. Data already journalled survives in any case."""
        end = real() + STOP_WITHIN
        buses = [sampler.bus for sampler in self.samplers]
        hanging = self.supervisor.stop(
            [*buses, "guard", "recall", "control", "uplink", "status", "recorder", "flusher"], STOP_WITHIN - 1.5, self.forwarder.wake
        )
        if "guard" not in hanging:
            self.guard.step(self.clock.monotonic())
            self.guard.close()
            self.recall.close(self.care.appraiser())
        if "recorder" not in hanging and "flusher" not in hanging:
            self.recorder.close()
            self.outbox.close(clean=set(hanging) <= SPARE and not self.failed)
        for sampler in self.samplers:
            if sampler.bus not in hanging:
                sampler.close()
        if "uplink" not in hanging:
            self.forwarder.close(max(0.1, end - real()))
        self.machine.buses.close()
        if "control" not in hanging:
            self.door.close()
        return set(hanging) <= SPARE and not self.failed

    def line(self) -> str:
        """One line for the service manager: what a person asks first."""
        link = "hub heard" if self.forwarder.listening() else "hub silent"
        broken = f", OUTPUTS FAIL: {', '.join(sorted(self.guard.failing))}" if self.guard.failing else ""
        return f"{len(self.care.table.series)} series, {self.recorder.recorded} readings since start, {link}{broken}"
