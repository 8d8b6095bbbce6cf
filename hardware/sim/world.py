"""The simulated world: signals, faults and the account of what was read, on a scenario's time.

The world keeps no state of its own beside the number of reads an input has completed; and that is found again in the account file when a
node's process was killed and starts anew, so that a counter goes on where it was.
"""

from __future__ import annotations

import importlib
import json
import os
import re
from collections import Counter as Tally
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec

from hardware.errors import Refused
from hardware.sim import signals
from hardware.sim.clock import ScenarioClock, real
from hardware.sim.faults import BUS_FAULTS, LINE_FAULTS, ON_SIGNALS, Delayed, Fault, Stuck, Wrong
from hardware.sim.recordings import points
from hardware.sim.scenario import Scenario

F = TypeVar("F", bound=Fault)
FORGOTTEN = 3600.0
"""Seconds after its end at which a fault is forgotten when others are added: longer than any sensor goes unread."""


class Chip(Protocol):
    """What every simulated chip tells the world, beside the door of its bus (hardware/sim/buses.py)."""

    faults: dict[str, tuple[type[Fault], ...]]
    """The faults it can suffer, by name of the chip and of each of its inputs."""


class World:
    """A scenario come alive.

    scenario: see hardware/sim/scenario.py. clock: gives scenario time. seed: of everything random. reads: file to which every completed read
    is appended as one line of JSON, or None: [chip, input or "", raw, scenario time, real monotonic time]. Chip and input are what a driver
    claims: `<chip>/<input>`, or `<chip>` where it has only one.
    """

    def __init__(self, scenario: Scenario, clock: ScenarioClock, seed: int = 0, reads: Path | None = None) -> None:
        self.seed = seed
        self._clock = clock
        self._faults = _by_place(scenario.faults)
        self._counts: Tally[str] = Tally()
        self._reads: int | None = None
        if reads is not None:
            self._counts = _tally(reads)
            self._reads = os.open(reads, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self._signals = signals.build(scenario.signals, seed, lambda csv: points(scenario.recording(csv.file), csv))
        self.chips: dict[str, Any] = {name: self._chip(name, dict(wiring)) for name, wiring in scenario.chips.items()}
        self._check_faults(scenario.faults)

    def now(self) -> float:
        """Scenario time, seconds."""
        return self._clock.scenario()

    @property
    def faultless(self) -> bool:
        """Whether nothing goes wrong here at any time, as far as is known now."""
        return not self._faults

    def sleep(self, seconds: float) -> None:
        """Let scenario time pass: what a wire or a hanging chip does."""
        self._clock.sleep(seconds)

    def signal(self, name: str, at: float, count: int = 0) -> float:
        """A signal's value at a scenario time, for an input that has completed `count` reads."""
        if name not in self._signals:
            raise Refused(f"there is no signal {name!r}; there are: {', '.join(sorted(self._signals))}")
        return self._signals[name](at, count)

    def sensed(self, on: str, name: str, at: float) -> float:
        """The signal as the input `on` sees it: late, stuck or wrong where a fault says so."""
        if delayed := self.fault(on, Delayed, at):
            at -= delayed.seconds
        if stuck := self.fault(on, Stuck, at):
            at = stuck.start
        value = self.signal(name, at, self._counts[on])
        wrong = self.fault(on, Wrong, at)
        return value * wrong.factor + wrong.offset if wrong else value

    def fault(self, on: str, kind: type[F], at: float | None = None) -> F | None:
        """The fault of this kind that `on` suffers, now or at a scenario time."""
        suffered = self._faults.get(on)
        if not suffered:
            return None  # asked for every byte of a month
        moment = self.now() if at is None else at
        return next((fault for fault in suffered if isinstance(fault, kind) and fault.active(moment)), None)

    def suffered(self, on: str, kind: type[F], since: float) -> bool:
        """Whether a fault of this kind was on at any time between `since` and now."""
        now = self.now()
        return any(isinstance(fault, kind) and fault.start <= now and fault.end > since for fault in self._faults.get(on, ()))

    def suffer(self, faults: Sequence[Fault]) -> None:
        """More faults than the scenario has, for a drill that decides as it goes; Refused where one cannot happen. Those that were over for FORGOTTEN
        seconds are forgotten."""
        self._check_faults(faults)
        since = self.now() - FORGOTTEN
        kept = [fault for place in self._faults.values() for fault in place if fault.end > since]
        self._faults = _by_place([*kept, *faults])

    def completed(self, on: str, raw: int, at: float | None = None) -> None:
        """A read of the input `on` has reached the bus master: count it, and write it down in one write, which a kill cannot tear. at: scenario time
        it stands for, where that is not now (an edge that is heard of later)."""
        self._counts[on] += 1
        if self._reads is not None:
            chip, _, channel = (on, "", "") if on in self.chips else on.rpartition("/")  # the name of a serial chip has slashes of its own
            line = [chip, channel, raw, round(self.now() if at is None else at, 6), round(real(), 6)]
            os.write(self._reads, json.dumps(line).encode() + b"\n")

    def close(self) -> None:
        """Close the account file."""
        if self._reads is not None:
            os.close(self._reads)
            self._reads = None

    def _chip(self, name: str, wiring: dict[str, Any]) -> Chip:
        """The chip of a scenario: its kind is a module of hardware.sim with Wiring and Chip."""
        kind = str(wiring.pop("kind", ""))
        try:
            module = importlib.import_module(f"hardware.sim.{kind}") if kind.isidentifier() else None
        except ModuleNotFoundError:
            module = None
        if not hasattr(module, "Wiring") or not hasattr(module, "Chip"):
            raise Refused(f"scenario chips.{name}: there is no simulated chip {kind!r}; a chip is a file hardware/sim/<kind>.py")
        try:
            wired = msgspec.convert(wiring, module.Wiring)  # type: ignore[union-attr]
        except msgspec.ValidationError as error:
            raise Refused(f"scenario chips.{name}: {error}") from error
        chip: Chip = module.Chip(name, wired, self)  # type: ignore[union-attr]
        return chip

    def _check_faults(self, faults: Sequence[Fault]) -> None:
        """A fault must be able to happen where it is put."""
        able: dict[str, tuple[type[Fault], ...]] = {}
        for name in self.chips:
            bus = name.partition(":")[0]
            kind = bus.partition("-")[0]
            able[kind if kind == "gpio" else bus] = BUS_FAULTS.get(kind, ())  # all pins are one bus; i2c-1 and i2c-2 are two
        for name, chip in self.chips.items():
            able |= {on: (*able.get(on, ()), *kinds, *(ON_SIGNALS if on != name else ())) for on, kinds in chip.faults.items()}
            able[name] = (*able.get(name, ()), *LINE_FAULTS.get(re.split("[:-]", name)[0], ()))  # `host` is a bus and its only chip
        for fault in faults:
            if fault.on not in able:
                raise Refused(f"scenario faults: there is nothing called {fault.on!r}; there are: {', '.join(sorted(able))}")
            if not isinstance(fault, able[fault.on]):
                names = ", ".join(str(kind.__struct_config__.tag) for kind in able[fault.on])
                raise Refused(f"scenario faults: {fault.on} cannot suffer {fault.__struct_config__.tag!r}; it can: {names}")


def _by_place(faults: Sequence[Fault]) -> dict[str, list[Fault]]:
    """The faults by what they are on, in their order."""
    found: dict[str, list[Fault]] = {}
    for fault in faults:
        found.setdefault(fault.on, []).append(fault)
    return found


def _tally(reads: Path) -> Tally[str]:
    """How many reads each input has completed before this process began."""
    counts: Tally[str] = Tally()
    if reads.exists():
        with reads.open(encoding="utf-8") as file:
            for line in file:
                chip, channel, *_ = json.loads(line)
                counts[f"{chip}/{channel}" if channel else chip] += 1
    return counts
