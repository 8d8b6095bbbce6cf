"""Playing a scenario in a drill: real processes, a real Mosquitto, and the account at the end."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from gateway.demo.play import Played, play
from tests.mosquitto import Mosquitto

SCENARIOS = Path(__file__).parents[1] / "scenarios"


def scenario(folder: Path, text: str, name: str = "one_channel") -> Path:
    """A shipped scenario with lines replaced or added: `text` is put before its first table, and its gateway.toml copied beside it."""
    source = (SCENARIOS / f"{name}.toml").read_text()
    top, _, tables = source.partition("\n[")
    keys = {line.split("=")[0].strip() for line in text.splitlines() if "=" in line and not line.startswith("[")}
    kept = [line for line in top.splitlines() if line.split("=")[0].strip() not in keys]
    scalars, _, added = text.partition("\n[")
    config = SCENARIOS / f"{name}.gateway.toml"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / config.name).write_text(config.read_text())
    path = folder / "scenario.toml"
    path.write_text("\n".join([*kept, scalars]) + f"\n[{tables}\n" + (f"[{added}\n" if added else ""))
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
