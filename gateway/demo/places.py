"""Where a node on simulated chips keeps its things: never where a node of this machine does.

Decision: the places are named after scenario and node, so that a second run goes on with the outbox of the first.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import msgspec

from gateway.config import Config
from gateway.sections import SYSTEM_RUNTIME, SYSTEM_STATE


def apart(config: Config, scenario: Path, named: Path | None) -> Config:
    """The configuration with places of its own: below the directory that is named, else those it has, unless they are the system's."""
    node = config.node
    own = named or _home() / f"{scenario.stem}-{node.name}"
    state = str(own / "state") if named or _within(node.state, SYSTEM_STATE) else node.state
    runtime = str(own / "run") if named or _within(node.runtime, SYSTEM_RUNTIME) else node.runtime
    return msgspec.structs.replace(config, node=msgspec.structs.replace(node, state=state, runtime=runtime))


def _within(path: str, system: str) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(system))


def _home() -> Path:
    """The user's directory for what programs keep, else one below the directory for temporary files."""
    for variable, rest in (("XDG_STATE_HOME", ""), ("HOME", ".local/state")):
        folder = os.environ.get(variable, "")
        if os.path.isabs(folder):
            return Path(folder, rest, "edge-gateway-sim")
    return Path(tempfile.gettempdir(), f"edge-gateway-sim-{os.getuid()}")
