"""What is broken beneath the node's ports, from one moment on, each counted.

Decision: the disk and the resolver are spoiled where Python calls the operating system, below the port to the disk and below the MQTT client; the
chips where the wire reaches them. So all code of the node is the real one. Syncs that last five seconds, writes that are refused, a resolver that
does not answer and a chip that holds its wire keep the calling thread as the kernel would keep it: without the interpreter's lock.
What is not seen here: SQLite calls the kernel by itself; the node writes with it only when a person calibrates.
"""

from __future__ import annotations

import errno
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gateway.clock import SystemClock, real
from gateway.contract.topics import DOWN
from gateway.uplink import Broker, MqttLink
from gateway.uplink.ports import Connected, Hello, LinkEvent, Lost, Received
from hardware.sim.buses import JAMMED
from hardware.sim.world import World
from tests.crossing.tally import Tally

STALL = 5.0
"""Seconds that each sync takes."""
FULL = (10.0, 20.0)
"""The disk is full for so many seconds out of so many: in the others its syncs are reached, and stall."""
HUNG_RESOLVER = 30.0
"""Seconds until the resolver answers."""
Rest = SystemClock().sleep


class SickDisk:
    """The files below a folder: every fsync and fdatasync stalls, and for half of the time no write finds room. since: real time it begins."""

    def __init__(self, folder: Path, tally: Tally, since: float, stall: bool, full: bool) -> None:
        self._folder = str(folder.resolve()) + "/"
        self._tally, self._since = tally, since
        self._stall, self._full = stall, full

    def install(self) -> None:
        """Stand between Python and the kernel, for this process."""
        for name in ("fsync", "fdatasync"):
            setattr(os, name, self._synced(getattr(os, name)))
        for name in ("pwrite", "write"):
            setattr(os, name, self._written(getattr(os, name)))
        os.open = self._opened(os.open)

    def _synced(self, call: Callable[[int], None]) -> Callable[[int], None]:
        def sync(descriptor: int) -> None:
            if self._stall and real() >= self._since and self._ours(descriptor):
                self._tally.note("fsync", STALL)
                Rest(STALL)
            call(descriptor)

        return sync

    def _written(self, call: Callable[..., int]) -> Callable[..., int]:
        def write(descriptor: int, *rest: Any) -> int:
            if self._room() or not self._ours(descriptor):
                return call(descriptor, *rest)
            raise self._refused()

        return write

    def _opened(self, call: Callable[..., int]) -> Callable[..., int]:
        def opened(path: Any, flags: int, *rest: Any, **named: Any) -> int:
            new = flags & os.O_CREAT and str(path).startswith(self._folder) and not os.path.exists(path)
            if new and not self._room():
                raise self._refused()
            return call(path, flags, *rest, **named)

        return opened

    def _room(self) -> bool:
        now = real()
        return not self._full or now < self._since or (now - self._since) % FULL[1] >= FULL[0]

    def _refused(self) -> OSError:
        self._tally.note("refused")
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _ours(self, descriptor: int) -> bool:
        try:
            return (os.readlink(f"/proc/self/fd/{descriptor}") + "/").startswith(self._folder)
        except OSError:
            return False


class SickResolver:
    """One host name is 127.0.0.1; since `since` (real time; None: never) the answer takes HUNG_RESOLVER seconds."""

    def __init__(self, host: str, tally: Tally, since: float | None) -> None:
        self._host, self._tally, self._since = host, tally, since

    def install(self) -> None:
        """Stand between Python and the C library's resolver, for this process."""
        plain = socket.getaddrinfo

        def resolve(host: Any, *rest: Any, **named: Any) -> Any:
            if host != self._host:
                return plain(host, *rest, **named)
            if self._since is not None and real() >= self._since:
                self._tally.note("dns begins")
                Rest(HUNG_RESOLVER)
                self._tally.note("dns", HUNG_RESOLVER)
            return plain("127.0.0.1", *rest, **named)

        socket.getaddrinfo = resolve


class SickChip:
    """A chip on an I2C bus, sound until `since` (scenario time), then: `nak` (does not acknowledge), `stretch` (holds the clock until the kernel
    gives up on the transfer), `hang` (the transfer never returns, as one in a kernel driver that is stuck)."""

    def __init__(self, chip: Any, world: World, tally: Tally, since: float, how: str) -> None:
        self.faults = chip.faults
        self._chip, self._world, self._tally, self._since, self._how = chip, world, tally, since, how

    def transfer(self, out: bytes, count: int) -> bytes:
        """The chip's own transfer, or what became of it."""
        if self._world.now() < self._since:
            answer: bytes = self._chip.transfer(out, count)
            return answer
        self._tally.note(self._how)
        if self._how == "hang":
            threading.Event().wait()
        if self._how == "stretch":
            self._world.sleep(JAMMED)
            raise OSError(errno.ETIMEDOUT, "Connection timed out")
        raise OSError(errno.EREMOTEIO, "Remote I/O error")


class CountedLink(MqttLink):
    """The real link, which also counts what reaches the node, and listens to all of the node's own topics: also to those whose messages only a node
    with signed commands listens to."""

    def __init__(self, broker: Broker, client_id: str, tally: Tally) -> None:
        super().__init__(broker, client_id)
        self._tally = tally

    def connect(self, hello: Hello) -> None:
        """Connect, and subscribe to every class."""
        own = hello.subscribe[0].rpartition("/")[0]
        super().connect(hello._replace(subscribe=tuple(f"{own}/{cls}" for cls in DOWN)))

    def poll(self, timeout: float) -> list[LinkEvent]:
        """What happened, counted."""
        events = super().poll(timeout)
        for cls in DOWN:
            count = sum(isinstance(event, Received) and event.topic.endswith(f"/{cls}") for event in events)
            if count:
                self._tally.note(f"garbage {cls}", count)
        for event in events:
            if isinstance(event, Connected | Lost):
                self._tally.note("connected" if isinstance(event, Connected) else "lost")
        return events
