"""What ends a wait for the network: a file descriptor, so that another thread can reach somebody who waits in select."""

from __future__ import annotations

import contextlib
import os


class Bell:
    """Any thread may ring; the one that waits includes it in its select and hushes it. Gives its descriptor back when it is forgotten."""

    def __init__(self) -> None:
        self._descriptor = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def __del__(self) -> None:
        os.close(self._descriptor)

    def ring(self) -> None:
        """End the wait, or the next one."""
        with contextlib.suppress(BlockingIOError):  # rung often enough already
            os.eventfd_write(self._descriptor, 1)

    def fileno(self) -> int:
        """What to select on."""
        return self._descriptor

    def hush(self) -> None:
        """Heard."""
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._descriptor)
