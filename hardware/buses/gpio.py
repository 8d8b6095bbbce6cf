"""Pins by name of their owner, on a gpiozero pin factory that is named and never guessed.

gpiozero falls back silently from one pin library to the next; on a node that would mean a siren on a library nobody tested, so the factory is
built here by name or not at all. Left to itself, gpiozero turns every output into an input when the process ends, and opens an output low
before it sets it: a siren would fall silent, an active-low relay would pull. Here outputs open at their level and keep it.

An input is watched by its edges, because a bucket's tip or a short closure ends before anybody looks. The library only collects them, with its own
time stamps; gpiozero's `bounce_time` is never set: on lgpio it loses every closure shorter than itself (lgPthAlerts.c: only an edge that
stays is reported, and late by that time), and it means something else on every other library. Debounce is ours, on the edges' times.
"""

from __future__ import annotations

import atexit
import errno
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from hardware.buses.mapping import hardware_error
from hardware.errors import BusError, HardwareError, Refused

if TYPE_CHECKING:
    from hardware.driver import Clock

BCM = range(28)
"""The pins of the 40-pin header, by BCM number."""
EDGES = 4096
"""Edges kept between two looks: seconds of a contact that bounces as fast as it can, and a day of the heaviest rain."""
UNKNOWN = -1
"""The level before the first look."""
CROSSING = 0.01
"""Seconds by which the report of an edge may come after a look that saw it already (lgpio looks every 0.5 ms; threads wait for each other)."""


class Pins:
    """Who holds which pin. factory: builds the gpiozero pin factory, once, at the first reservation."""

    def __init__(self, factory: Callable[[], Any]) -> None:
        self._build = factory
        self._factory: Any = None
        self._owners: dict[int, str] = {}
        self._lock = threading.Lock()  # sensors and outputs ask from threads of their own, and there must be one factory

    def reserve(self, number: int, owner: str) -> Any:
        """Reserve a BCM pin and give the pin factory; the same owner may ask again. Refused, naming the holder, where it is taken."""
        if number not in BCM:
            raise Refused(f"{owner}: there is no pin GPIO{number}; BCM numbers go from {BCM.start} to {BCM.stop - 1}")
        with self._lock:
            holder = self._owners.get(number, owner)
            if holder != owner:
                raise Refused(f"{owner}: pin GPIO{number} is taken by {holder}; give one of them another pin")
            if self._factory is None:
                self._factory = self._build()
            self._owners[number] = owner
            return self._factory

    def close(self) -> None:
        """Give every pin back; outputs are left as they are."""
        self._owners.clear()
        if self._factory is not None:
            factory, self._factory = self._factory, None
            for info in [info for info, pin in factory.pins.items() if pin.function == "output"]:
                del factory.pins[info]  # a factory that closes makes inputs of the pins it knows
            factory.close()


@contextmanager
def pin_errors(where: str) -> Iterator[None]:
    """Tell what a pin library raises as an error of our tree; `where` names who uses which pin."""
    from gpiozero import GPIOZeroError

    lgpio = sys.modules.get("lgpio")  # its errors are no OSErrors; where it is not loaded it cannot raise
    try:
        yield
    except OSError as error:
        raise hardware_error(error, where) from error
    except (GPIOZeroError, getattr(lgpio, "error", GPIOZeroError)) as error:
        raise BusError(errno.EIO, f"{where}: the pin cannot be used ({error}); see what else uses it, and check the GPIO device") from error


def disarm() -> None:
    """Take gpiozero's exit handler away, so that outputs keep their last state when the process ends."""
    from gpiozero import devices

    atexit.unregister(devices._shutdown)


def lgpio_factory() -> Any:
    """gpiozero on the kernel's GPIO device through lgpio; Refused with the remedy where lgpio is missing or the stub of PyPI."""
    os.environ.setdefault("LG_WD", os.environ.get("RUNTIME_DIRECTORY", "/tmp"))  # lgpio drops a pipe into its working directory
    remedy = "install Raspberry Pi OS's own package: sudo apt install python3-lgpio"
    try:
        import lgpio
    except ImportError as error:
        raise Refused(f"the pin library lgpio is not installed; {remedy}") from error
    if not hasattr(lgpio, "gpiochip_open"):
        raise Refused(f"the pin library lgpio is an empty stub ({lgpio.__file__}); {remedy}")
    from gpiozero.pins.lgpio import LGPIOFactory, LGPIOPin

    class LevelPin(LGPIOPin):  # type: ignore[misc]  # gpiozero has no types
        """An output is claimed at its level in one call; gpiozero claims it low and then sets it."""

        def output_with_state(self, state: bool) -> None:
            lgpio.gpio_claim_output(self.factory._handle, self._number, int(state))

    disarm()
    try:
        factory = LGPIOFactory()
    except lgpio.error as error:
        raise Refused(f"the GPIO device cannot be opened ({error}); check /dev/gpiochip0 and the group gpio") from error
    factory.pin_class = LevelPin
    return factory


class Edge(NamedTuple):
    """The pin went to `level` (0 or 1) at that monotonic second of the node's clock."""

    at: float
    level: int


class Look(NamedTuple):
    """The pin at one moment. at: monotonic seconds. level: what it is, 0 or 1. edges: what it did since the look before, oldest first; none of them
    is later than `at`. lost: edges that did not fit and are gone."""

    at: float
    level: int
    edges: list[Edge]
    lost: int


class Watch:
    """An input pin with every edge between two looks. pull: `up` or `down`. factory: of gpiozero, from `Buses.pin`. where: who uses which pin.

    BusError or Refused where the pin cannot be had or read.
    """

    def __init__(self, number: int, pull: str, factory: Any, clock: Clock, where: str) -> None:
        from gpiozero import InputDevice

        self._factory = factory
        self._clock = clock
        self._where = where
        self._noted = self._taken = 0
        self._edges: deque[tuple[Any, int]] = deque(maxlen=EDGES)
        self._last: tuple[float, int] = clock.monotonic(), UNKNOWN
        with pin_errors(where):
            self._device = InputDevice(number, pull_up=pull == "up", pin_factory=factory)
            self._device.pin.when_changed = self._note

    def _note(self, ticks: Any, level: int) -> None:
        """Called by the library, on its own thread: it only keeps what it was told."""
        self._edges.append((ticks, level))
        self._noted += 1  # after the append, so that an edge is never taken for a lost one

    def look(self) -> Look:
        """The level now, and the edges since the last look."""
        began = self._clock.monotonic()
        with pin_errors(self._where):
            level = int(self._device.pin.state)
        lost, edges = self._drained()
        now = self._clock.monotonic()
        if edges and edges[-1].at >= began:
            level = edges[-1].level  # it changed after it was looked at
        self._last = now, level
        return Look(now, level, edges, lost)

    def _drained(self) -> tuple[int, list[Edge]]:
        """How many edges were lost, and those that were kept, in the order of time and between the last look and now."""
        ticks, now = self._factory.ticks(), self._clock.monotonic()
        since, known = self._last
        noted = [self._edges.popleft() for _ in range(len(self._edges))]
        lost = max(0, self._noted - self._taken - len(noted) - len(self._edges))
        self._taken += len(noted) + lost
        ages = [(self._factory.ticks_diff(ticks, tick), level) for tick, level in noted if level in (0, 1)]
        ages.sort(key=lambda edge: -edge[0])  # lgpio sorts its reports by a difference of 32 bits
        edges = []
        for age, level in ages:
            if level == known and now - age <= since + CROSSING:
                continue  # the last look saw it
            known = UNKNOWN  # only the first edges after a look can have been seen by it
            edges.append(Edge(min(now, max(now - age, since)), level))  # a time stamp of another clock is not believed beyond that
        return lost, edges

    def close(self) -> None:
        """Give the pin back; never raises, may be called twice."""
        with suppress(HardwareError), pin_errors(self._where):
            if not self._device.closed:
                self._device.pin.when_changed = None  # gpiozero's close leaves the library's callback standing
        with suppress(HardwareError), pin_errors(self._where):
            self._device.close()
