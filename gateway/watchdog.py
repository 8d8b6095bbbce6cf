"""The tie to systemd: READY, WATCHDOG, STOPPING and a status line, as datagrams to $NOTIFY_SOCKET (sd_notify(3)); silent where there is none.

One stroke of the watchdog needs every component within its own deadline; so a process that lost one thread is restarted, and a process that
merely lost the network is not.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping

from gateway.clock import real


class Watchdog:
    """Speaks to the service manager. environment: where NOTIFY_SOCKET and WATCHDOG_USEC stand."""

    def __init__(self, environment: Mapping[str, str] = os.environ, time: Callable[[], float] = real) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        self._time = time
        self._every = int(environment.get("WATCHDOG_USEC", "0") or 0) / 1e6 / 3
        self._stroked = float("-inf")

    def notify(self, text: str) -> None:
        """Send one message; a manager that does not listen is not an error."""
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            try:
                channel.sendto(text.encode(), socket.MSG_DONTWAIT, address)
            except OSError:
                return

    def ready(self, status: str) -> None:
        """The node protects: guard and outputs run, and every bus has spoken."""
        self.notify(f"READY=1\nSTATUS={status}")

    def stopping(self) -> None:
        """A clean stop has begun."""
        self.notify("STOPPING=1")

    def stroke(self, status: str) -> None:
        """Tell that all is well, three times per watchdog period at the most."""
        if self._every and self._time() - self._stroked >= self._every:
            self._stroked = self._time()
            self.notify(f"WATCHDOG=1\nSTATUS={status}")
