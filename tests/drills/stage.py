"""Playing a scenario in a drill: real processes, a real Mosquitto, and the account at the end."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from gateway.demo.play import Played, play
from tests.mosquitto import Mosquitto

SCENARIOS = Path(__file__).parents[1] / "scenarios"


def compose(folder: Path, top: str, tables: str = "", config: str = "") -> Path:
    """The scenario of one counted channel with other scalars (`top`), with tables added, and with lines added to its gateway.toml."""
    source = (SCENARIOS / "one_channel.toml").read_text()
    head, _, world = source.partition("\n[")
    replaced = {line.split("=")[0].strip() for line in top.splitlines()}
    kept = [line for line in head.splitlines() if line.split("=")[0].strip() not in replaced]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "one_channel.gateway.toml").write_text((SCENARIOS / "one_channel.gateway.toml").read_text() + config)
    path = folder / "scenario.toml"
    path.write_text("\n".join([*kept, top]) + f"\n[{world}\n{tables}\n")
    return path


def drill(path: Path, keep: Path, broker: Mosquitto | None, seed: int = 1, speed: float | None = None) -> Played:
    """Play it and print what came of it, so that a failure can be read and replayed."""
    out = io.StringIO()
    played = play(path, speed, seed, keep, None, out, broker)
    print(f"seed {seed}, kept in {keep}\n{out.getvalue()}{played.table}")
    return played


def heard(file: Path) -> list[dict[str, Any]]:
    """What mosquitto_sub wrote: one object per message, its JSON payload decoded where it is JSON."""
    messages = []
    for line in file.read_text(errors="replace").splitlines():
        message = json.loads(line)
        try:
            message["body"] = json.loads(message["payload"])
        except ValueError:
            message["body"] = None
        messages.append(message)
    return messages
