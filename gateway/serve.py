"""The life of a node process: lock, build, start, READY, strokes of the watchdog until a signal or a dead worker, stop.

Signals are waited for, not handled: they are blocked before any thread exists and taken with sigtimedwait, so no code ever runs in a handler. A
process that has to begin again because something hangs leaves at once, past everything the interpreter would tidy up, which might hang as well.
"""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from gateway.app import App
from gateway.bootnote import BootNote
from gateway.clock import real
from gateway.ending import HURRIED, STOP_WITHIN
from gateway.outbox import AlreadyRunning, DirectoryLock, RuntimeLock
from gateway.patience import Patience
from gateway.watchdog import Watchdog

__all__ = ["AlreadyRunning", "Brake", "DirectoryLock", "Patience", "serve"]
log = logging.getLogger("gateway")
LOOK = 0.5
"""Seconds between two looks at the heartbeats."""
ONCE_AN_HOUR = 3600.0
RETURNS = 3
"""Restarts within an hour for a disk that answers again: one that always takes longer than a start waits must not silence the siren for ever."""
RECORDING = {"recorder", "flusher"}
SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Brake:
    """Lets one cause restart the process only so often in an hour: a dead card must not silence the siren every minute.

    The times of the restarts stand in the runtime directory, on this boot's monotonic clock. most: restarts within an hour.
    """

    def __init__(self, runtime: Path, boot: str, now: Callable[[], float], cause: str = "recording", most: int = 1) -> None:
        self._note = BootNote(runtime / "restarts.json", boot, dict[str, list[float]])
        self._now = now
        self._cause = cause
        self._most = most

    def may_restart(self) -> bool:
        """Whether there were fewer restarts of this cause within the last hour; if so another is noted."""
        found, now = self._note.read() or {}, self._now()
        recent = [at for at in found.get(self._cause, []) if now - at < ONCE_AN_HOUR]
        if len(recent) >= self._most:
            return False
        self._note.write({**found, self._cause: [*recent, now]})
        return True


def serve(
    make: Callable[[Patience], App], state: Path, runtime: Path, watchdog: Watchdog | None = None, leave: Callable[[int], None] = os._exit
) -> int:
    """Run a node until it is told to stop; 0 after a clean stop, 1 where a worker died. AlreadyRunning where another process has the outbox. make:
    builds the node, with what is left of a second for its disk; leave: ends the process where something in it hangs."""
    watchdog = watchdog or Watchdog()
    runtime.mkdir(parents=True, exist_ok=True)
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    patience = Patience()
    with RuntimeLock(runtime), ExitStack() as held:
        patience.begin("lock", lambda: _take(state, held))
        app = make(patience)
        app.start()
        asked = _watch(app, watchdog, runtime)
        app.blame()
        watchdog.stopping()
        clean = app.stop(STOP_WITHIN if asked else HURRIED)
        log.info("stopped %s", "cleanly" if clean else f"without {', '.join(sorted(app.failed)) or 'a worker that hangs'}")
        if not clean:
            logging.shutdown()
            leave(1)
    return 0 if asked and clean else 1


def _take(state: Path, held: ExitStack) -> None:
    """The outbox is ours; AlreadyRunning where it is somebody else's. Where the disk does not say in time, this process leaves it alone."""
    state.mkdir(parents=True, exist_ok=True)
    held.enter_context(DirectoryLock(state, patient=True))


def _watch(app: App, watchdog: Watchdog, runtime: Path) -> bool:
    """Until a signal (True), a worker that cannot be helped, or a disk that is back (False)."""
    brake = Brake(runtime, app.clock.boot, real)
    returning = Brake(runtime, app.clock.boot, real, "disk", RETURNS)
    ready = False
    while True:
        if signal.sigtimedwait(SIGNALS, LOOK) is not None:
            return True
        if not look(app, watchdog, brake):
            return False
        if app.returns() and returning.may_restart():
            log.error("the disk answers again: the node starts again to have its outbox")
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
