"""Set the stage, let the conductor play, settle the account. The verb `demo` only calls this."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import IO, Any, NamedTuple

from gateway import config as configuration
from gateway.demo.broker import EmbeddedBroker
from gateway.demo.conductor import Broken, Broker, Conductor, Stage
from gateway.demo.result import Evidence, summary
from gateway.demo.scenario import BadScenario, load
from gateway.demo.view import Progress, table

__all__ = ["BadScenario", "Broken", "Played", "play"]
SHIPPED = Path(__file__).parent / "underpass.toml"


class Played(NamedTuple):
    """A finished run: its summary, the same as a table, and whether nothing was wrong."""

    summary: dict[str, Any]
    table: str
    clean: bool


def play(
    scenario: Path | None, speed: float | None, seed: int, keep: Path | None, url: str | None, out: IO[str], broker: Broker | None = None
) -> Played:
    """Play a scenario. BadScenario, also for its configuration, before anything starts; Broken where a process ends by itself. broker: one to use
    instead of the embedded."""
    path = (scenario or SHIPPED).resolve()
    plan, _ = load(path)
    try:
        config = configuration.load(path.parent / plan.config)
    except configuration.ConfigError as error:
        raise BadScenario(str(error)) from error
    folder = keep.resolve() if keep else Path(tempfile.mkdtemp(prefix="edge-gateway-"))
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise BadScenario(f"{folder} is not empty; name a new folder to keep this run in")
    try:
        stage = Stage(folder, path, path.parent / plan.config)
        own = broker or (None if url else EmbeddedBroker(folder))
        conductor = Conductor(plan, stage, speed or plan.speed, seed, own, url or "", Progress(out, float(plan.lasts)))
        carried = conductor.play()
        evidence = Evidence(config, stage, conductor.boots)
        account = evidence.account()
        result = summary(account, evidence, carried, conductor.drained, conductor.outages())
        return Played(result, table(plan.title, result), account.clean and conductor.drained)
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)
