"""The end of a node's parts: what feeds the others first, the outbox last, all of it within a given time.

Decision: a process that ends because something hangs protects nobody until it has begun again, so it waits for nothing that hangs, and for the disk
no longer than a second: what was recorded stands in the runtime directory, and the next start takes it from there. Only a person's stop has five.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.attention import SEAT
from gateway.clock import real
from gateway.supervisor import Errand

if TYPE_CHECKING:
    from gateway.app import App

STOP_WITHIN, HURRIED = 5.0, 1.0
"""Seconds for a stop that was asked for, and for one after which the process has to begin again at once."""
SPARE = {"uplink", "status", "control", "recall", SEAT}
"""Workers whose hanging keeps nothing from being recorded."""


def stopped(app: App, within: float) -> bool:
    """Stop everything; True where it ended cleanly."""
    end = real() + within
    buses = [sampler.bus for sampler in app.samplers]
    hanging = set(app.supervisor.stop([*buses, "guard", "recall", "recorder", "flusher", SEAT], 0.5 * within))
    hanging |= set(app.supervisor.stop(["uplink", "status", "control"], 0.2 * within if within > HURRIED else 0.0, app.forwarder.wake))
    if "guard" not in hanging:
        app.guard.step(app.clock.monotonic())
        app.guard.close()
        app.recall.close(app.care.appraiser())
    clean = hanging <= SPARE and not app.failed
    if "recorder" not in hanging:
        app.recorder.close()
        clean = _kept(app, hanging, clean, end - real()) and clean
    for sampler in app.samplers:
        if sampler.bus not in hanging:
            sampler.close()
    if "uplink" not in hanging:
        app.forwarder.close(max(0.1, end - real()))
    if not hanging & set(buses):
        app.machine.buses.close()
    if "control" not in hanging:
        app.door.close()
    return clean


def _kept(app: App, hanging: set[str], clean: bool, left: float) -> bool:
    """Let the disk have what waits for it; whether it took it in time."""
    if "flusher" in hanging:
        return False

    def close() -> None:
        if SEAT not in hanging:
            app.attention.box.close()
        app.outbox.close(clean)

    return Errand("closing", close).wait(max(0.5, left))
