"""Set the stage, let the conductor play, settle the account. The verb `demo` only calls this.

The verdict is made from the run's folder alone, so a run that was kept can be judged again.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from gateway import config as configuration
from gateway.demo import scenario as scenarios
from gateway.demo.broker import Broker, EmbeddedBroker
from gateway.demo.conductor import Conductor
from gateway.demo.processes import Broken
from gateway.demo.record import Stage
from gateway.demo.result import Evidence
from gateway.demo.scenario import BadScenario, Plan
from gateway.demo.verdict import faults, summary
from gateway.demo.view import Progress, table

__all__ = ["BadScenario", "Broken", "Played", "play", "verdict"]
SHIPPED = Path(__file__).parent / "underpass.toml"


class Played(NamedTuple):
    """A finished run: its summary, the same as a table, and whether nothing was wrong."""

    summary: dict[str, Any]
    table: str
    clean: bool


def play(
    scenario: Path | None, speed: float | None, seed: int, keep: Path | None, url: str | None, out: IO[str], broker: Broker | None = None
) -> Played:
    """Play a scenario. BadScenario, also for its world and its configuration, before anything starts; Broken where a process ends by itself.
    broker: one to use instead of the embedded."""
    path = (scenario or SHIPPED).resolve()
    plan = _checked(path, seed, broker, url)
    with _folder(keep) as folder:
        own = broker or (None if url else EmbeddedBroker(folder))
        stage, pace = Stage(folder), plan.speed if speed is None else speed
        conductor = Conductor(plan, stage, path, pace, seed, own, url or "", Progress(out, float(plan.lasts)))
        stage.save(conductor.play())
        return verdict(folder)


def verdict(folder: Path) -> Played:
    """Settle the account of a finished run from its folder."""
    stage = Stage(folder)
    record = stage.load()
    evidence = Evidence(configuration.load(Path(record.config)), stage, record)
    result = summary(evidence.account(), evidence, record)
    wrong = faults(result)
    return Played(result, table(record.title, result, wrong), not wrong)


def _checked(path: Path, seed: int, broker: Broker | None, url: str | None) -> Plan:
    """The scenario's plan, when all of it can be played: its times, its world, its configuration, and what its broker has to suffer."""
    plan, _ = scenarios.load(path)
    scenarios.check_world(path, seed)
    for outage in plan.outage:
        if outage.what in ("broker", "frozen") and url:
            raise BadScenario(f"{path}: outage {outage.what!r} needs a broker that the conductor starts itself; play it without --broker")
        if outage.what == "frozen" and broker is None:
            raise BadScenario(f"{path}: the embedded broker cannot be frozen; play this scenario in a test with a broker that can")
    try:
        configuration.load(path.parent / plan.config)
    except configuration.ConfigError as error:
        raise BadScenario(str(error)) from error
    return plan


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Where the run's files go; gone afterwards unless it is to be kept."""
    if keep is None:
        temporary = Path(tempfile.mkdtemp(prefix="edge-gateway-"))
        try:
            yield temporary
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        return
    folder = keep.resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        full = any(folder.iterdir())
    except OSError as error:
        raise BadScenario(f"{folder}: {error.strerror}; name a new folder to keep this run in") from error
    if full:
        raise BadScenario(f"{folder} is not empty; name a new folder to keep this run in")
    yield folder
