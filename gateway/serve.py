"""The life of a node process: lock, build, start, READY, strokes of the watchdog until a signal or a dead worker, stop.

Signals are waited for, not handled: they are blocked before any thread exists and taken with sigtimedwait, so no code ever runs in a handler.
"""

from __future__ import annotations

import json
import logging
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from gateway.app import App
from gateway.clock import real
from gateway.outbox import AlreadyRunning, DirectoryLock
from gateway.watchdog import Watchdog

__all__ = ["AlreadyRunning", "Brake", "DirectoryLock", "serve"]
log = logging.getLogger("gateway")
LOOK = 0.5
"""Seconds between two looks at the heartbeats."""
ONCE_AN_HOUR = 3600.0
RECORDING = {"recorder", "flusher"}
SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Brake:
    """Lets a dead recorder or flusher restart the process at most once an hour: a dead card must not silence the siren every minute.

    The time of the last restart stands in the runtime directory, on this boot's monotonic clock.
    """

    def __init__(self, runtime: Path, boot: str, now: Callable[[], float]) -> None:
        self._path = runtime / "restarts.json"
        self._boot = boot
        self._now = now

    def may_restart(self) -> bool:
        """Whether an hour has passed since the last restart of this kind; if so it is noted."""
        try:
            boot, last = json.loads(self._path.read_text())
            if boot == self._boot and self._now() - float(last) < ONCE_AN_HOUR:
                return False
        except (OSError, ValueError, TypeError):
            pass  # no note, or one that cannot be read, is no reason to keep a dead worker
        with suppress(OSError):  # without a note it may restart again sooner, which is better than never
            self._path.write_text(json.dumps([self._boot, self._now()]))
        return True


def serve(make: Callable[[], App], state: Path, runtime: Path, watchdog: Watchdog | None = None) -> int:
    """Run a node until it is told to stop; 0 after a clean stop, 1 where a worker died. AlreadyRunning where another process has the outbox."""
    watchdog = watchdog or Watchdog()
    state.mkdir(parents=True, exist_ok=True)
    runtime.mkdir(parents=True, exist_ok=True)
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    with DirectoryLock(state):
        app = make()
        app.start()
        asked = _watch(app, watchdog, Brake(runtime, app.clock.boot, real))
        watchdog.stopping()
        clean = app.stop()
    log.info("stopped %s", "cleanly" if clean else f"without {', '.join(sorted(app.failed)) or 'a worker that hangs'}")
    return 0 if asked and clean else 1


def _watch(app: App, watchdog: Watchdog, brake: Brake) -> bool:
    """Until a signal (True) or a worker that cannot be helped (False)."""
    ready = False
    while True:
        if signal.sigtimedwait(SIGNALS, LOOK) is not None:
            return True
        if not look(app, watchdog, brake):
            return False
        if not ready and app.ready():
            ready = True
            watchdog.ready(app.line())


def look(app: App, watchdog: Watchdog, brake: Brake) -> bool:
    """One look at the heartbeats, and a stroke where all is well; False where the process has to be started again.

    When nothing but the recorder or the flusher is at fault, guard and siren work: then the process ends at most once an hour for it. It never
    ends for a flusher that only waits: the disk holds it in the kernel, and would hold the next start as well, before the siren.
    """
    app.failed.clear()
    if app.supervisor.check():
        watchdog.stroke(app.line())
        return True
    stalled = app.failed == {"flusher"} and not app.supervisor.seats["flusher"].spent
    if stalled or (app.failed <= RECORDING and not brake.may_restart()):
        app.revive()
        watchdog.stroke(f"{app.line()}; {', '.join(sorted(app.failed))} at fault: alarms work, recording does not")
        return True
    return False
