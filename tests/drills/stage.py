"""Playing a scenario in a drill: real processes, a real Mosquitto, the account at the end, and the alarms that the world caused."""

from __future__ import annotations

import io
import json
import sqlite3
from pathlib import Path
from typing import Any, NamedTuple

from gateway.demo.play import Played, play
from gateway.demo.record import Stage
from hardware.sim.clock import BOOT_OFFSET
from tests.mosquitto import Mosquitto

SCENARIOS = Path(__file__).parents[1] / "scenarios"


def compose(folder: Path, top: str, tables: str = "", config: str = "", clock: str = "") -> Path:
    """The counted scenario with other scalars (`top`), with tables added, with lines added to its gateway.toml, and with another clock."""
    source = (SCENARIOS / "counted.toml").read_text()
    if clock:
        source = source.replace('ntp_after = "60 s"', clock)
    head, _, world = source.partition("\n[")
    replaced = {line.split("=")[0].strip() for line in top.splitlines()}
    kept = [line for line in head.splitlines() if line.split("=")[0].strip() not in replaced]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "counted.gateway.toml").write_text((SCENARIOS / "counted.gateway.toml").read_text() + config)
    path = folder / "scenario.toml"
    path.write_text("\n".join([*kept, top]) + f"\n[{world}\n{tables}\n")
    return path


def drill(path: Path, keep: Path, broker: Mosquitto | None, seed: int = 1, speed: float | None = None) -> Played:
    """Play it and print what came of it, so that a failure can be read and replayed."""
    out = io.StringIO()
    played = play(path, speed, seed, keep, None, out, broker)
    print(f"seed {seed}, kept in {keep}\n{out.getvalue()}{played.table}")
    return played


class Change(NamedTuple):
    """One change of the counted scenario's alarm, in scenario seconds."""

    what: str
    occurrence: int
    at: float


def caused(keep: Path) -> list[Change]:
    """The changes that the world caused, from the codes that the chip gave: a rule of its own, not the node's."""
    changes: list[Change] = []
    level, occurrence = 0, 0
    for line in (keep / "reads.jsonl").read_text().splitlines():
        _, channel, raw, at, *_ = json.loads(line)
        if channel != "A1":
            continue
        metres = (raw * 4.096 / 32768 / 150.0 * 1000.0 - 4.0) / 16.0 * 5.0
        wanted = 2 if metres >= 2.0 or (level == 2 and metres >= 1.9) else 1 if metres >= 1.0 or (level >= 1 and metres >= 0.9) else 0
        if wanted != level:
            occurrence += level == 0
            what = ("raised" if level == 0 else "escalated") if wanted > level else ("eased" if wanted else "cleared")
            changes.append(Change(what, occurrence, at))
            level = wanted
    return changes


def told(keep: Path) -> list[Change]:
    """The changes that stand at the hub, twins of a volatile epoch aside."""
    began = {boot.boot: boot.began for boot in Stage(keep).load().boots}
    query = "SELECT change, occurrence, boot, mono FROM alarms WHERE twin = 0 ORDER BY epoch, seq"
    return [Change(what, occurrence, mono - BOOT_OFFSET + began[boot]) for what, occurrence, boot, mono in rows(keep, query)]


def rows(keep: Path, query: str) -> list[tuple[Any, ...]]:
    """What the hub's database of a kept run answers."""
    database = sqlite3.connect(f"file:{keep / 'hub.sqlite'}?mode=ro", uri=True)
    try:
        return database.execute(query).fetchall()
    finally:
        database.close()


def every_alarm_once(played: Played, keep: Path, fewest: int, late: float = 2.5) -> None:
    """Each change of the alarm that the world caused stands at the hub once, in order, at most `late` scenario seconds after the read that caused
    it; each one raised sounded the siren and was receipted."""
    assert played.summary["bad"] == 0, "the world has no faults"
    expected, found = caused(keep), told(keep)
    assert len(expected) >= fewest
    assert [change[:2] for change in found] == [change[:2] for change in expected], (found, expected)
    assert all(-0.5 <= there.at - here.at <= late for here, there in zip(expected, found)), (found, expected)
    raised = [alarm for alarm in played.summary["alarms"] if alarm["change"] == "raised"]
    assert raised
    assert all(alarm["output"] in ("switched", "already on") for alarm in raised), raised
    assert raised[0]["output"] == "switched"
    assert all(alarm["receipt_ms"] is not None for alarm in played.summary["alarms"])


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
