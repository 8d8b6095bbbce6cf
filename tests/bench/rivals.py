"""The same readings as others put them on the wire: ThingsBoard's gateway API and SenML JSON, and back, to prove that they say the same.

Both are given every advantage: no blanks, one ThingsBoard record for all series of a round, SenML base fields once per series. Neither has a
place for quality, epoch, boot or the clock's error.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from gateway.model import senml_unit
from tests.bench.workloads import NODE, SIX, Point

UNITS = {name: senml_unit(unit) for name, unit, _ in SIX}


def thingsboard(points: Sequence[Point]) -> bytes:
    """Payload of `v1/gateway/telemetry`: {device: [{ts, values: {key: value}}]}."""
    records = []
    for at, same in groupby(sorted(points, key=lambda point: point.at), key=lambda point: point.at):
        records.append({"ts": at, "values": {point.series: point.value for point in same}})
    return _compact({NODE: records})


def from_thingsboard(payload: bytes) -> set[Point]:
    """What a ThingsBoard payload says."""
    (records,) = json.loads(payload).values()
    return {Point(key, record["ts"], value) for record in records for key, value in record["values"].items()}


def senml(points: Sequence[Point]) -> bytes:
    """A SenML pack (RFC 8428, units of RFC 8798: bver 26), base fields in the first record of each series."""
    pack: list[dict[str, Any]] = []
    for name in UNITS:
        mine = [point for point in points if point.series == name]
        base = mine[0].at
        for point in mine:
            record: dict[str, Any] = {"t": (point.at - base) / 1000, "v": point.value}
            if point is mine[0]:
                record = {"bn": f"{NODE}/{name}", "bt": base / 1000, "bu": UNITS[name], "v": point.value}
            pack.append(record)
    pack[0] = {"bver": 26, **pack[0]}
    return _compact(pack)


def from_senml(payload: bytes) -> set[Point]:
    """What a SenML pack says, its base fields resolved."""
    found: set[Point] = set()
    base: dict[str, Any] = {}
    for record in json.loads(payload):
        base |= {key: value for key, value in record.items() if key.startswith("b")}
        found.add(Point(base["bn"].rpartition("/")[2], round((base["bt"] + record.get("t", 0)) * 1000), record["v"]))
    return found


def _compact(said: Any) -> bytes:
    return json.dumps(said, separators=(",", ":"), allow_nan=False).encode()
